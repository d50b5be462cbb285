"""What the table of the alarm history shows, as a file: one row an alarm or period, plain numbers with their units in the names."""

from collections.abc import Sequence
from typing import Any

from dashboard.figures.occurrences import Occurrence
from dashboard.history.model import Period, SessionAlarms
from dashboard.pages import _csv
from dashboard.pages._alarm_words import label
from dashboard.pages._alarms_rows import PERIODS

COLUMNS = (
    "simulation", "session", "bed", "profile", "profile_version", "limits_site_approved", "onset", "onset_s", "kind", "rule", "label",
    "priority", "message", "value", "limit_in_force", "lasted_s", "spells", "acknowledged_after_s", "acknowledged_by", "action",
    "action_noted", "repeat", "of", "state", "verdict", "verdicts", "signed_by",
)  # fmt: skip


def csv(histories: Sequence[SessionAlarms], shown: Sequence[str]) -> str:
    """`shown`: ids of the table's rows, in its order (`SESSION:3`, `SESSION:p1`); those that are not there any more are left out.
    `simulation` stands in every row: no file of a simulated session may pass for a patient's."""
    sessions = {one.id: one for one in histories}
    alarms = {(one.id, str(o.number)): o for one in histories for o in one.occurrences}
    periods = {(one.id, f"p{i}"): p for one in histories for i, p in enumerate(one.periods, start=1)}
    rows = []
    for key in shown:
        session, _, number = key.rpartition(":")
        if (alarm := alarms.get((session, number))) is not None:
            rows.append(_head(sessions[session]) | _alarm(sessions[session], alarm))
        elif (period := periods.get((session, number))) is not None:
            rows.append(_head(sessions[session]) | _period(sessions[session], period))
    return _csv.table(COLUMNS, rows)


def name(histories: Sequence[SessionAlarms], store: str) -> str:
    mark = "SIMULATION-" if store == "simulation" else ""
    which = histories[0].id if len(histories) == 1 else f"{len(histories)}-sessions"
    return f"{mark}alarms-{which}.csv"


def _head(session: SessionAlarms) -> dict[str, Any]:
    return {
        "simulation": session.simulation, "session": session.id, "bed": session.bed_title, "profile": session.profile,
        "profile_version": session.profile_version, "limits_site_approved": session.approved,
    }  # fmt: skip


def _alarm(session: SessionAlarms, one: Occurrence) -> dict[str, Any]:
    said = session.verdicts.get(one.number, ())
    return {
        "onset": f"{session.wall(one.onset_s):%Y-%m-%d %H:%M:%S}",
        "onset_s": one.onset_s,
        "kind": one.kind,
        "rule": one.rule,
        "label": label(session.rules, one),
        "priority": one.priority,
        "message": one.message,
        "value": one.value,
        "limit_in_force": one.limit,
        "lasted_s": one.lasted_s(session.end_s),
        "spells": len(one.spells) or 1,
        "acknowledged_after_s": one.waited_s,
        "acknowledged_by": one.acknowledged_by,
        "action": session.actions.get(one.number, ""),
        "action_noted": one.number in session.noted,
        "repeat": one.nth,
        "of": one.of,
        "state": one.state,
        "verdict": session.agreed(one.number) or ("differ" if said else ""),
        "verdicts": "; ".join(f"{v.by}: {v.word}" for v in said),
        "signed_by": "; ".join(v.by for v in said if v.signed),
    }


def _period(session: SessionAlarms, one: Period) -> dict[str, Any]:
    return {
        "onset": f"{session.wall(one.from_s):%Y-%m-%d %H:%M:%S}",
        "onset_s": one.from_s,
        "kind": one.kind,
        "rule": one.rule,
        "label": PERIODS.get(one.kind, one.kind),
        "message": one.what,
        "lasted_s": one.to_s - one.from_s,
        "acknowledged_by": one.by,
        "action": one.why,
    }
