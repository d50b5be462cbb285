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


@dataclass(frozen=True, slots=True)
class Occurrence:
    """From raised to cleared (or, for one that latches, reset). `rule`, `priority`, `value` and `limit` are those of its
    worst moment: what stood in red is what a reviewer looks for. `nth`/`of`: which of how many of that rule."""

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

    def lasted_s(self, now_s: float) -> float:
        """Seconds out of limits: until cleared, or until now."""
        return max(0.0, (now_s if self.ended_s is None else self.ended_s) - self.onset_s)


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
                onset_s=entry.t_s, value=event.value, limit=event.limit,
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
        case AlarmEscalated() if RANK[event.priority] < RANK[row.priority]:
            # A worse step asks for a new look: what was acknowledged before it is not acknowledged now.
            return replace(
                row, rule=event.rule, priority=event.priority, kind=event.kind, message=event.message, value=event.value,
                limit=event.limit, acknowledged_s=None, acknowledged_by="", state="active",
            )  # fmt: skip
        case AlarmAcknowledged():
            return replace(
                row,
                acknowledged_s=entry.t_s if row.acknowledged_s is None else row.acknowledged_s,
                acknowledged_by=row.acknowledged_by or event.by,
                state="acknowledged",
            )
        case AlarmLatched():
            return replace(row, ended_s=entry.t_s, state="latched")
        case AlarmCleared():
            return replace(row, ended_s=entry.t_s, state="cleared")
        case AlarmReset():
            ended_s = entry.t_s if row.ended_s is None else row.ended_s
            acknowledged_s = entry.t_s if row.acknowledged_s is None else row.acknowledged_s
            by = row.acknowledged_by or event.by
            return replace(row, ended_s=ended_s, acknowledged_s=acknowledged_s, acknowledged_by=by, state="reset")
    return row
