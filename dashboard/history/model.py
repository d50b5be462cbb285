"""One session's alarms as a reviewer sees them, without its samples. Pure values, made from a folded session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from dashboard.figures.occurrences import Occurrence
from dashboard.figures.record import RuleText
from dashboard.session.state import Session

Word = Literal["true", "nuisance", "technical"]
#: What else bears on an alarm history: times in which sound, a rule, a device, a screen or the program itself was not there,
#: and limits that were other than the profile's.
PeriodKind = Literal[
    "audio paused", "alarm off", "device lost", "screen lost", "program away", "limit changed", "no data"
]
PERIODS: tuple[PeriodKind, ...] = (
    "audio paused", "alarm off", "device lost", "screen lost", "program away", "limit changed", "no data",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reviewer's last word on an occurrence. `at_s`: on the session's clock, which stands still once the session is closed;
    `at`: when it was said; `signed`: the reviewer has signed since."""

    occurrence: int
    word: Word
    by: str
    at_s: float
    note: str = ""
    signed: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From `from_s` to `to_s` on the session clock. `what`: rule, device, screen or change, in words; `why`: the reason given;
    `rule`: the id of the rule that it is about, if it is about one."""

    kind: PeriodKind
    from_s: float
    to_s: float
    what: str = ""
    by: str = ""
    why: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class SessionAlarms:
    """`start_s` to `end_s`: the time that was watched, on the session clock. `occurrences` in order of onset. `verdicts`: occurrence
    number -> last words, in order of saying. `actions`: occurrence number -> what was done; those in `noted` a person wrote about
    that very alarm, the others are what was recorded around it. `utc_offset_s`: of the clinic's clock when the session opened.
    `approved`: the site had approved the profile version that was in force; `rules`: how that version's rules read."""

    id: str
    bed: str
    bed_title: str
    patient: str
    protocol: str
    profile: str
    profile_version: str
    opened_at: datetime
    utc_offset_s: float
    start_s: float
    end_s: float
    state: Literal["open", "closed", "signed"]
    simulation: bool
    scenario: str
    approved: bool
    occurrences: tuple[Occurrence, ...]
    verdicts: Mapping[int, tuple[Verdict, ...]] = field(default_factory=dict)
    actions: Mapping[int, str] = field(default_factory=dict)
    noted: frozenset[int] = frozenset()
    periods: tuple[Period, ...] = ()
    signed_by: tuple[str, ...] = ()
    rules: Mapping[str, RuleText] = field(default_factory=dict, repr=False, compare=False)
    folded: Session = field(default_factory=Session, repr=False, compare=False)

    @property
    def patient_hours(self) -> float:
        """Hours watched: what a rate of alarms is counted against."""
        return max(0.0, self.end_s - self.start_s) / 3600

    def agreed(self, occurrence: int) -> Word | None:
        """The verdict that all reviewers of an occurrence share; None where nobody judged it or they differ."""
        words = {one.word for one in self.verdicts.get(occurrence, ())}
        return words.pop() if len(words) == 1 else None

    def at_of(self, t_s: float) -> datetime:
        """UTC at `t_s` on the session clock."""
        opened = self.folded.opened
        return self.opened_at + timedelta(seconds=t_s - (opened.t_s if opened else 0.0))

    def wall(self, t_s: float) -> datetime:
        """What the clinic's clock on the wall showed, without a zone."""
        return (self.at_of(t_s) + timedelta(seconds=self.utc_offset_s)).replace(tzinfo=None)
