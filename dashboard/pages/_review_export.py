"""The alarm history of a reviewed session as a file: one row an alarm, plain numbers with their units in the names."""

from collections.abc import Callable
from typing import Any

from anyio import to_thread
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import ids
from dashboard.figures.occurrences import occurrences
from dashboard.figures.record import SessionRecord
from dashboard.history.actions import derived, noted
from dashboard.history.build import verdicts
from dashboard.pages import _csv


def parts() -> list[Any]:
    """The button and what it hands the file to."""
    return [
        html.Button("Alarms CSV", id=ids.REVIEW_CSV, type="button", className="btn"),
        dcc.Download(id=ids.REVIEW_CSV_FILE),
    ]


COLUMNS = (
    "simulation", "session", "limits_site_approved", "onset", "onset_s", "rule", "priority", "kind", "message", "value", "limit_in_force",
    "lasted_s", "acknowledged_after_s", "acknowledged_by", "action", "state", "verdicts",
)  # fmt: skip


def alarm_csv(record: SessionRecord) -> str:
    """One row an alarm in order of onset. `simulation` stands in every row: no file of a simulated session may pass for a
    patient's. Times on the session clock in seconds, and onset on the clinic's wall clock; what did not happen is empty."""
    alarms = occurrences(record.session.alarms)
    actions = {**derived(record.session, alarms, record.end_s), **noted(record.session)}
    said = verdicts(record.session)
    rows = (
        {
            "simulation": record.session.simulation,
            "session": record.session.id,
            "limits_site_approved": record.approved,
            "onset": record.clock(one.onset_s),
            "onset_s": one.onset_s,
            "rule": one.rule,
            "priority": one.priority,
            "kind": one.kind,
            "message": one.message,
            "value": one.value,
            "limit_in_force": one.limit,
            "lasted_s": one.lasted_s(record.end_s),
            "acknowledged_after_s": one.waited_s,
            "acknowledged_by": one.acknowledged_by,
            "action": actions.get(one.number, ""),
            "state": one.state,
            "verdicts": "; ".join(f"{v.by}: {v.word}" for v in said.get(one.number, ())),
        }
        for one in alarms
    )
    return _csv.table(COLUMNS, rows)


def register(app: Dash, held: Callable[[str], SessionRecord | None]) -> None:
    @app.callback(
        Output(ids.REVIEW_CSV_FILE, "data"),
        Input(ids.REVIEW_CSV, "n_clicks"),
        State(ids.REVIEW_SESSION, "data"),
        prevent_initial_call=True,
    )
    async def save(_: int, session: str) -> Any:
        record = await to_thread.run_sync(held, session)
        if record is None:
            return no_update
        text = await to_thread.run_sync(alarm_csv, record)
        mark = "SIMULATION-" if record.session.simulation else ""
        return _csv.download(text, f"{mark}alarms-{session}.csv")
