"""The alarm history of a reviewed session as a file: one row an alarm, plain numbers with their units in the names."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import ids
from dashboard.figures.occurrences import occurrences
from dashboard.figures.record import SessionRecord

if TYPE_CHECKING:
    from pandas import DataFrame


def parts() -> list[Any]:
    """The button and what it hands the file to."""
    return [
        html.Button("Alarms CSV", id=ids.REVIEW_CSV, type="button", className="btn"),
        dcc.Download(id=ids.REVIEW_CSV_FILE),
    ]


def alarm_frame(record: SessionRecord) -> "DataFrame":
    """One row an alarm in order of onset. `simulation` stands in every row: no file of a simulated session may pass for a
    patient's. Times on the session clock in seconds, and onset on the clinic's wall clock; what did not happen is empty."""
    from pandas import DataFrame  # costs a third of a second: only who exports pays

    rows = [
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
            "acknowledged_after_s": None if one.acknowledged_s is None else one.acknowledged_s - one.onset_s,
            "acknowledged_by": one.acknowledged_by,
            "state": one.state,
        }
        for one in occurrences(record.session.alarms)
    ]
    columns = list(rows[0]) if rows else ["simulation", "session", "onset", "rule", "priority"]
    return DataFrame(rows, columns=columns)


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
        frame = await to_thread.run_sync(alarm_frame, record)
        mark = "SIMULATION-" if record.session.simulation else ""
        return dcc.send_data_frame(frame.to_csv, f"{mark}alarms-{session}.csv", index=False)
