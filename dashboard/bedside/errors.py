"""What a bed answers when it cannot do what it was asked."""

from config.models import DashboardError


class EntryRefused(DashboardError):
    """A request of a person that cannot be done; the message says why, `field` which field, `status` its HTTP meaning."""

    def __init__(self, message: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.field = field
        self.status = status
