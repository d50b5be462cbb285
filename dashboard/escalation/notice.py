"""What a contact outside is told of an unanswered alarm: which bed, which rule, how urgent, since when. Nothing of the patient.

The message leaves the building by ways that nobody here controls. So it holds no initials, no weight and no measured value, also
none that stands in a rule's words: only the bed's title and the rule's label, both written before there was a patient.
"""

from dataclasses import dataclass
from datetime import datetime

MARKS = {"high": "***", "medium": "**"}


@dataclass(frozen=True, slots=True)
class Notice:
    """`label`: the rule's own, as in its table; `since`: UTC."""

    bed: str
    label: str
    priority: str
    since: datetime
    unanswered_s: float

    @property
    def title(self) -> str:
        return f"{self.bed}: {MARKS.get(self.priority, '*')} {self.priority} alarm unanswered"

    @property
    def body(self) -> str:
        minutes, seconds = divmod(round(self.unanswered_s), 60)
        since = self.since.astimezone()
        return (
            f"{self.bed}: {MARKS.get(self.priority, '*')} {self.label}, unanswered for {minutes}:{seconds:02d} min "
            f"since {since:%H:%M:%S %Z}. Go to the bed."
        )


def trial(bed: str, at: datetime) -> Notice:
    """What a trial run sends in its place, so that nobody runs."""
    return Notice(bed, "trial of the alarm contacts, no alarm", "medium", at, 0.0)
