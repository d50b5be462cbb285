"""Alarm transitions of a record, gathered into occurrences: one row of the alarm history each."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.session.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmDemoted,
    AlarmEscalated,
    AlarmEvent,
    AlarmLatched,
    AlarmRaised,
    AlarmReset,
)
from dashboard.session.state import Entry

RANK = {"high": 0, "medium": 1, "low": 2}
STARS = {"high": "***", "medium": "**", "low": "*"}

#: (t_s, rule, priority, value, limit) of the moment from which on that step spoke.
Step = tuple[float, str, str, float | str | None, float | str | None]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """From raised to cleared (or, for one that latches, reset). `rule`, `priority`, `value` and `limit` are those of its
    worst moment: what stood in red is what a reviewer looks for. `asked_s`: since when that step asked for a person. `nth`/`of`:
    which of how many of that rule. `spells`: the stretches out of limits, the last one with an end of None while it goes on: a
    latched alarm that nobody accepted and that came back has several. `steps`: what spoke, and from when."""

    number: int
    rule: str
    priority: str
    kind: str
    message: str
    onset_s: float
    value: float | str | None
    limit: float | str | None
    acknowledged_s: float | None = None
    acknowledged_by: str = ""
    ended_s: float | None = None
    state: str = "active"
    nth: int = 1
    of: int = 1
    asked_s: float | None = None
    spells: tuple[tuple[float, float | None], ...] = ()
    steps: tuple[Step, ...] = ()

    def lasted_s(self, now_s: float) -> float:
        """Seconds out of limits, all spells together: until cleared, or until now."""
        spells = self.spells or ((self.onset_s, self.ended_s),)
        return sum(max(0.0, (now_s if to_s is None else to_s) - from_s) for from_s, to_s in spells)

    @property
    def waited_s(self) -> float | None:
        """Seconds from the onset of the step that was acknowledged until somebody did; None: nobody has."""
        if self.acknowledged_s is None:
            return None
        return max(0.0, self.acknowledged_s - (self.onset_s if self.asked_s is None else self.asked_s))


def occurrences(alarms: Iterable[Entry[AlarmEvent]]) -> list[Occurrence]:
    """In order of onset."""
    found: dict[int, _Row] = {}
    for entry in alarms:
        event = entry.event
        row = found.get(event.occurrence)
        if row is not None:
            row.hear(entry)
        elif isinstance(event, AlarmRaised | AlarmEscalated | AlarmDemoted):
            found[event.occurrence] = _Row(entry)
        # else its onset is before the record begins: nothing to show a row for
    rows = sorted(found.values(), key=lambda row: (row.onset_s, row.number))
    total: dict[str, int] = {}
    for row in rows:
        row.nth = total[row.worst.event.rule] = total.get(row.worst.event.rule, 0) + 1
    return [row.made(total[row.worst.event.rule]) for row in rows]


class _Row:
    """One occurrence while its transitions are read. `worst`: the transition of its worst moment."""

    def __init__(self, entry: Entry[AlarmEvent]) -> None:
        self.number, self.onset_s, self.nth = entry.event.occurrence, entry.t_s, 1
        self.worst, self.state = entry, "active"
        self.spells: list[tuple[float, float | None]] = [(entry.t_s, None)]
        self.steps: list[Step] = [_step(entry)]
        self.acknowledged_s: float | None = None
        self.acknowledged_by = ""
        self.ended_s: float | None = None

    def hear(self, entry: Entry[AlarmEvent]) -> None:
        event = entry.event
        match event:
            case AlarmRaised():
                # A latched one that nobody has accepted is out of limits again: it still waits since it first asked.
                self.ended_s, self.state = None, "active"
                self.spells.append((entry.t_s, None))
                self._speaks(entry)
            case AlarmEscalated():
                self._speaks(entry)
            case AlarmDemoted():
                self.steps.append(_step(entry))
            case AlarmAcknowledged():
                self._seen(entry)
                self.state = "acknowledged"
            case AlarmLatched():
                self._over(entry.t_s, "latched")
            case AlarmCleared():
                self._over(entry.t_s, "cleared")
            case AlarmReset():
                self._seen(entry)
                self._over(entry.t_s if self.ended_s is None else self.ended_s, "reset")

    def _speaks(self, entry: Entry[AlarmEvent]) -> None:
        self.steps.append(_step(entry))
        if RANK[entry.event.priority] < RANK[self.worst.event.priority]:
            # A worse step asks for a new look: what was acknowledged before it is not acknowledged now.
            self.worst, self.state = entry, "active"
            self.acknowledged_s, self.acknowledged_by = None, ""

    def _seen(self, entry: Entry[AlarmEvent]) -> None:
        if self.acknowledged_s is None:
            self.acknowledged_s = entry.t_s
        self.acknowledged_by = self.acknowledged_by or entry.event.by

    def _over(self, t_s: float, state: str) -> None:
        from_s, to_s = self.spells[-1]
        self.spells[-1] = (from_s, t_s if to_s is None else to_s)
        self.ended_s, self.state = t_s, state

    def made(self, of: int) -> Occurrence:
        worst = self.worst.event
        return Occurrence(
            number=self.number, rule=worst.rule, priority=worst.priority, kind=worst.kind, message=worst.message, onset_s=self.onset_s,
            value=worst.value, limit=worst.limit, acknowledged_s=self.acknowledged_s, acknowledged_by=self.acknowledged_by,
            ended_s=self.ended_s, state=self.state, nth=self.nth, of=of, asked_s=self.worst.t_s, spells=tuple(self.spells),
            steps=tuple(self.steps),
        )  # fmt: skip


def _step(entry: Entry[AlarmEvent]) -> Step:
    event = entry.event
    return (entry.t_s, event.rule, event.priority, event.value, event.limit)
