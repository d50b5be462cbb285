"""What every event of a session carries, and how one is refused. Times: see `dashboard.session.events`."""

from dataclasses import dataclass
from datetime import datetime

from config.models import DashboardError

SYSTEM = "system"


class EventError(DashboardError):
    """An entry that cannot be recorded; the message says which field and what was expected. `field` names it again for
    the form, or is None when the entry as a whole does not fit."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: datetime
    by: str
    t_s: float
    back_s: float = 0.0
