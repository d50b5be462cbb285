"""Sessions with alarms, made by hand for the tests of the figures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from dashboard.figures.occurrences import Occurrence
from dashboard.history.model import Period, SessionAlarms, Verdict

OPENED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def alarm(
    number: int,
    onset_s: float,
    lasted_s: float | None = 20.0,
    *,
    rule: str = "SPO2_LOW_2",
    priority: str = "medium",
    kind: str = "physiological",
    after_s: float | None = None,
) -> Occurrence:
    """`lasted_s` None: still on. `after_s`: acknowledged that long after its onset."""
    acknowledged_s = None if after_s is None else onset_s + after_s
    ended_s = None if lasted_s is None else onset_s + lasted_s
    state = "active" if ended_s is None else "cleared"
    return Occurrence(
        number=number, rule=rule, priority=priority, kind=kind, message=rule, onset_s=onset_s, value=88.0, limit=89.0,
        acknowledged_s=acknowledged_s, acknowledged_by="R. Nurse" if acknowledged_s is not None else "", ended_s=ended_s, state=state,
    )  # fmt: skip


def session(
    occurrences: Sequence[Occurrence] = (),
    *,
    name: str = "s1",
    hours: float = 4.0,
    days: float = 0.0,
    state: Literal["open", "closed", "signed"] = "closed",
    simulation: bool = False,
    version: str = "0.1.0",
    periods: Sequence[Period] = (),
    actions: Mapping[int, str] | None = None,
    verdicts: Mapping[int, tuple[Verdict, ...]] | None = None,
    utc_offset_s: float = 0.0,
    **more: Any,
) -> SessionAlarms:
    fields: dict[str, Any] = {
        "id": name, "bed": "bed-1", "bed_title": "Room 1", "patient": "T. B.", "protocol": "START-80-2H", "profile": "A-standard-adult",
        "profile_version": version, "opened_at": OPENED + timedelta(days=days), "utc_offset_s": utc_offset_s, "start_s": 0.0,
        "end_s": hours * 3600, "state": state, "simulation": simulation, "scenario": "", "approved": False,
        "occurrences": tuple(sorted(occurrences, key=lambda one: (one.onset_s, one.number))), "periods": tuple(periods),
        "actions": dict(actions or {}), "noted": frozenset(actions or {}), "verdicts": dict(verdicts or {}), **more,
    }  # fmt: skip
    return SessionAlarms(**fields)


def said(occurrence: int, word: Any, by: str = "A. Physician") -> Verdict:
    return Verdict(occurrence=occurrence, word=word, by=by, at_s=20_000.0)
