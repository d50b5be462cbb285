"""What the pages need from the program, and no more: the application hands in one object that answers this.

Every method may block (it reads the store or a file): pages call them from `layout`, which runs in a thread, or through
`anyio.to_thread.run_sync`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from typing import Protocol as Interface

from config.models import DashboardError
from config.models.protocols import Protocol
from dashboard.bedside.before_start import Preparation
from dashboard.figures.record import SessionRecord
from dashboard.history.model import SessionAlarms
from dashboard.plain_limits import Progress
from dashboard.store.profiles import ProfileBook
from dashboard.training.cases import Cases
from dashboard.training.library import Library
from dashboard.training.preview import Previews
from dashboard.whatif.jobs import WhatIf

StoreName = Literal["live", "simulation"]


class PlanError(DashboardError):
    """A session cannot be opened as asked; `field` is the form field to mend, or None when it is none of them."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class BedInfo:
    """One fixed place. `simulation`: its monitors are simulated. `open_session`: id of the session that runs there."""

    id: str
    title: str
    simulation: bool = False
    open_session: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """A set of alarm limits; `approved_by` empty means that the site has not approved it. `differs`: how, from the standard one, in a
    line; `training`: for simulated patients alone."""

    id: str
    title: str
    version: str
    approved_by: str = ""
    differs: str = ""
    training: bool = False

    @property
    def approved(self) -> bool:
        return bool(self.approved_by)


@dataclass(frozen=True, slots=True)
class ScaleInfo:
    """A consciousness scale; `levels`: code and what it means, in the scale's order."""

    id: str
    title: str
    levels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """One item of the checklist as it is recorded."""

    item: str
    answer: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """A checked form: what `open_session` records as the opening of a session, and right after it the `answers`."""

    patient: str
    weight_kg: float
    age_y: float | None
    protocol: str
    planned_mg: float
    planned_min: float
    concentration_mg_ml: float
    profile: str
    scale: str
    intended_depth: str = "minimal"
    answers: tuple[Answered, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One line of the list of sessions. `state`: `open`, `closed` or `signed`."""

    id: str
    bed: str
    patient: str
    protocol: str
    opened_at: datetime
    duration_s: float
    given_mg: float
    planned_mg: float
    high: int
    medium: int
    low: int
    state: str
    approved: bool
    scenario: str = ""


class Histories(Interface):
    """The alarm histories of both stores (`dashboard.history.reader.HistoryReader`)."""

    def sessions(
        self,
        store: StoreName,
        *,
        bed: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = 1_000,
    ) -> list[SessionAlarms]:
        """Newest first, of one store; those that ran at any time between `since` and `until`."""
        ...

    def one(self, session_id: str) -> SessionAlarms | None: ...


class Services(Interface):
    def now(self) -> datetime: ...

    def station_name(self) -> str: ...

    def beds(self) -> Sequence[BedInfo]: ...

    def titles(self) -> Mapping[str, str]:
        """Of every bed by its id, the training room's too."""
        ...

    def people(self) -> Sequence[str]: ...

    def training_bed(self) -> str | None:
        """Id of the bed that trainees watch; None without a training room."""
        ...

    def scenarios(self) -> Library:
        """What can be trained here."""
        ...

    def cases(self) -> Cases:
        """Recordings that can be replayed in the training room."""
        ...

    def previews(self) -> Previews: ...

    def physicians(self) -> Sequence[str]:
        """Those of the people who may decide what is a physician's to decide."""
        ...

    def protocols(self) -> Sequence[Protocol]: ...

    def profiles(self) -> Sequence[ProfileInfo]: ...

    def default_profile(self) -> str: ...

    def scales(self) -> Sequence[ScaleInfo]: ...

    def sessions(self, store: StoreName) -> Sequence[SessionRow]:
        """Newest first. Live and simulated sessions come from two stores and are never mixed."""
        ...

    def record(self, session: str) -> SessionRecord | None:
        """The whole record of a session of either store, its chain checked; None when there is no such session."""
        ...

    def open_session(self, bed: str, plan: SessionPlan, by: str) -> str:
        """Opens a session and returns its id. Raises PlanError, for instance when the bed is taken meanwhile."""
        ...

    def histories(self) -> Histories: ...

    def window(self, session: str, from_s: float, to_s: float) -> SessionRecord | None:
        """The record of a session with the samples of a stretch alone, its chain unchecked: quick, for a strip."""
        ...

    def whatif(self) -> WhatIf: ...

    def profile_book(self, store: StoreName) -> ProfileBook:
        """The alarm profiles of that store. StoreError when it cannot be read."""
        ...

    def approvers(self) -> Sequence[str]:
        """Who may approve alarm limits for the site."""
        ...

    def approve(self, store: StoreName, profile: str, version: str, by: str, note: str) -> None:
        """The site approves a profile version; running sessions with it show it at once. Raises EntryRefused for somebody who may
        not, ConfigError when there is no such version or it is approved already."""
        ...

    def review(self, session: str, fields: Mapping[str, Any], request_id: str) -> SessionAlarms:
        """Adds a verdict, a note on an action or a signature to the session's record; durable when it returns. The same
        `request_id` again adds nothing. Raises EntryRefused."""
        ...

    def preparation(self, bed: str) -> Preparation | None:
        """What an open session of the bed still lacks before its start; None without one."""
        ...

    def enter(self, bed: str, entry: Mapping[str, Any]) -> str:
        """Records an entry of a person at the bed, and returns its line in the record. Raises EntryRefused."""
        ...

    def plain_limits(self, sessions: Sequence[str]) -> Progress:
        """The sessions' alarms beside what the same limits give without delay and hysteresis, as far as that is worked out."""
        ...
