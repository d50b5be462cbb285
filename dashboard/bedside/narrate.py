"""Alarm transitions in the record's words, and what cleared a moment ago."""

from collections.abc import Iterable
from typing import Any

from config.models.alarms import Profile
from dashboard import alarms
from dashboard.alarms.values import Change

#: A medium alarm that has cleared stays as a chip for this long (alarm facts 1.4).
RECENT_S = 60.0


def fields_of(profile: Profile, change: Change) -> dict[str, Any]:
    """The fields of the event that a transition becomes. Its words carry the numbers while it is so, and are the bare name of
    the rule once it is over."""
    so = change.change in ("raised", "escalated", "demoted")
    return {
        "rule": change.rule,
        "occurrence": change.occurrence,
        "priority": change.priority,
        "kind": change.kind,
        "value": change.value,
        "limit": change.limit,
        "message": alarms.message(profile, change) if so else profile.rule(change.rule).label,
    }


class Recent:
    """Medium alarms that cleared within the last minute."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def hear(self, profile: Profile, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.change == "cleared" and change.priority == "medium":
                words = profile.rule(change.rule).label
                row = {"occurrence": change.occurrence, "rule": change.rule, "priority": "medium", "text": words}
                self._rows.append({**row, "cleared_t_s": change.t_s})

    def rows(self, t_s: float) -> list[dict[str, Any]]:
        self._rows = [row for row in self._rows if t_s - row["cleared_t_s"] < RECENT_S]
        return self._rows
