"""Alarm transitions of a record, gathered into occurrences: one row of the alarm history each."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

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
    found: dict[int, Occurrence] = {}
    for entry in alarms:
        event = entry.event
        before = found.get(event.occurrence)
        if before is None:
            if not isinstance(event, AlarmRaised | AlarmEscalated | AlarmDemoted):
                continue  # its onset is before the record begins: nothing to show a row for
            found[event.occurrence] = Occurrence(
                number=event.occurrence, rule=event.rule, priority=event.priority, kind=event.kind, message=event.message,
                onset_s=entry.t_s, value=event.value, limit=event.limit, asked_s=entry.t_s, spells=((entry.t_s, None),),
                steps=(_step(entry),),
            )  # fmt: skip
        else:
            found[event.occurrence] = _next(before, entry)
    rows = sorted(found.values(), key=lambda o: (o.onset_s, o.number))
    total: dict[str, int] = {}
    for row in rows:
        total[row.rule] = total.get(row.rule, 0) + 1
    count: dict[str, int] = {}
    out = []
    for row in rows:
        count[row.rule] = count.get(row.rule, 0) + 1
        out.append(replace(row, nth=count[row.rule], of=total[row.rule]))
    return out


def _next(row: Occurrence, entry: Entry[AlarmEvent]) -> Occurrence:
    event = entry.event
    match event:
        case AlarmRaised():
            return _again(row, entry)
        case AlarmEscalated() if RANK[event.priority] < RANK[row.priority]:
            return replace(_worse(row, entry), state="active", steps=(*row.steps, _step(entry)))
        case AlarmEscalated() | AlarmDemoted():
            return replace(row, steps=(*row.steps, _step(entry)))
        case AlarmAcknowledged():
            return replace(
                row,
                acknowledged_s=entry.t_s if row.acknowledged_s is None else row.acknowledged_s,
                acknowledged_by=row.acknowledged_by or event.by,
                state="acknowledged",
            )
        case AlarmLatched():
            return _over(row, entry.t_s, "latched")
        case AlarmCleared():
            return _over(row, entry.t_s, "cleared")
        case AlarmReset():
            ended = row if row.ended_s is not None else _over(row, entry.t_s, "reset")
            acknowledged_s = entry.t_s if row.acknowledged_s is None else row.acknowledged_s
            by = row.acknowledged_by or event.by
            return replace(ended, acknowledged_s=acknowledged_s, acknowledged_by=by, state="reset")
    return row


def _again(row: Occurrence, entry: Entry[AlarmEvent]) -> Occurrence:
    """A latched one that nobody has accepted is out of limits again: it still waits since it first asked."""
    again = replace(
        row, ended_s=None, state="active", spells=(*row.spells, (entry.t_s, None)), steps=(*row.steps, _step(entry))
    )
    return _worse(again, entry) if RANK[entry.event.priority] < RANK[row.priority] else again


def _worse(row: Occurrence, entry: Entry[AlarmEvent]) -> Occurrence:
    """A worse step asks for a new look: what was acknowledged before it is not acknowledged now."""
    event = entry.event
    return replace(
        row, rule=event.rule, priority=event.priority, kind=event.kind, message=event.message, value=event.value,
        limit=event.limit, acknowledged_s=None, acknowledged_by="", asked_s=entry.t_s,
    )  # fmt: skip


def _over(row: Occurrence, t_s: float, state: str) -> Occurrence:
    *before, (from_s, to_s) = row.spells
    return replace(row, ended_s=t_s, state=state, spells=(*before, (from_s, t_s if to_s is None else to_s)))


def _step(entry: Entry[AlarmEvent]) -> Step:
    event = entry.event
    return (entry.t_s, event.rule, event.priority, event.value, event.limit)
