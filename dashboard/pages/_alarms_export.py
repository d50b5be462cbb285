"""What the table of the alarm history shows, as a file: one row an alarm or period, plain numbers with their units in the names."""

from collections.abc import Sequence
from typing import Any

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
    by_id = {one.id: one for one in histories}
    rows = []
    for key in shown:
        session, _, number = key.rpartition(":")
        if (one := by_id.get(session)) is not None and (row := _row(one, number)) is not None:
            rows.append(row)
    return _csv.table(COLUMNS, rows)


def name(histories: Sequence[SessionAlarms], store: str) -> str:
    mark = "SIMULATION-" if store == "simulation" else ""
    which = histories[0].id if len(histories) == 1 else f"{len(histories)}-sessions"
    return f"{mark}alarms-{which}.csv"


def _row(session: SessionAlarms, number: str) -> dict[str, Any] | None:
    base = {
        "simulation": session.simulation, "session": session.id, "bed": session.bed_title, "profile": session.profile,
        "profile_version": session.profile_version, "limits_site_approved": session.approved,
    }  # fmt: skip
    if number.startswith("p"):
        found = (
            session.periods[int(number[1:]) - 1]
            if number[1:].isdigit() and 0 < int(number[1:]) <= len(session.periods)
            else None
        )
        return None if found is None else base | _period(session, found)
    one = next((o for o in session.occurrences if str(o.number) == number), None)
    if one is None:
        return None
    said = session.verdicts.get(one.number, ())
    return base | {
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
