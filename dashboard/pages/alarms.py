"""The alarm history: what alarmed, what was in force, who answered how fast, and what reviewers make of it.

The address says everything that is shown, so that it can be sent to a colleague and the back button works. The browser reads it
and asks for the sessions once; filtering, selecting and judging need no further round trip (`assets/alarms*.js`).
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from anyio import to_thread
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from config.models import DashboardError
from dashboard import ids
from dashboard.analytics.kpi import kpis
from dashboard.analytics.past import earlier, reference
from dashboard.history.model import SessionAlarms
from dashboard.pages import _alarms_export, _alarms_stats, _alarms_strip, _alarms_trends, _alarms_whatif, _csv
from dashboard.pages._alarms_rows import rows_of
from dashboard.pages._alarms_scope import ALL, Shown, find
from dashboard.pages._alarms_strip import EMPTY_FIGURE, line, picked_of
from dashboard.pages._alarms_table import csv_parts, table, toggle
from dashboard.pages._alarms_verdicts import reviewer, sign_button, sign_dialog
from dashboard.pages._nav import attrs, mark, not_approved, page
from dashboard.pages.services import Services

log = logging.getLogger(__name__)

PATH = "/alarms"


def layout(services: Services) -> html.Div:
    return page(
        "Alarms",
        [
            dcc.Store(id=ids.ALARMS_BOOT, data=1),
            dcc.Store(id=ids.ALARMS_ASK),
            dcc.Store(id=ids.ALARMS_SCOPE),
            dcc.Store(id=ids.ALARMS_ROWS),
            dcc.Store(id=ids.ALARMS_SHOWN),
            dcc.Store(id=ids.ALARMS_PICK),
            dcc.Store(id=ids.ALARMS_THEME, data="dark"),
            _head(services),
            html.Div(id=ids.ALARMS_PROBLEMS, className="alarms-problems", role="alert"),
            html.Div(className="alarms-failed", role="alert", hidden=True, **attrs({"data-el": "failed"})),
            html.Div(id=ids.ALARMS_TOP, className="alarms-top"),
            html.Div([table(), _alarms_strip.strip()], className="alarms"),
            _alarms_whatif.layout(services),
            _alarms_trends.layout(),
            sign_dialog(),
        ],
        right=[html.Div(id=ids.ALARMS_HEAD, className="alarms-marks"), reviewer(services.people())],
        name="alarms-page",
    )


def _head(services: Services) -> html.Div:
    stores = html.Div(
        [toggle("store", "live", "Patients"), toggle("store", "simulation", "Simulations")], className="toggles"
    )
    return html.Div(
        [
            html.H1("Alarms"),
            stores,
            html.Select(
                [html.Option("…", value="")],
                id=ids.ALARMS_SESSION,
                className="pick pick-wide",
                **attrs({"aria-label": "Session"}),
            ),
            html.Select(
                [html.Option("All beds", value="")], id=ids.ALARMS_BED, className="pick", **attrs({"aria-label": "Bed"})
            ),
            html.Div(className="alarms-dates", **attrs({"data-el": "dates"})),  # the script puts the fields in
            html.Div([*csv_parts(), sign_button()], className="head-marks"),
        ],
        className="sheet-head alarms-head",
    )


def head_marks(shown: Shown) -> list[Component]:
    marks: list[Component] = [mark("simulation" if shown.store == "simulation" else "live")]
    if any(not one.approved for one in shown.histories):
        marks.append(not_approved())
    return marks


def session_options(shown: Shown) -> list[html.Option]:
    """The sessions by name, newest first; the one that is shown always among them."""
    offered = list(shown.offered)
    if shown.session and all(one.id != shown.session for one in offered):
        offered.extend(shown.histories)
    return [
        html.Option("All sessions", value=ALL),
        *(html.Option(_named(one), value=one.id) for one in offered),
    ]


def _named(one: SessionAlarms) -> str:
    count = len(one.occurrences)
    alarms = "no alarms" if not count else f"{count} alarm{'' if count == 1 else 's'}"
    return f"{one.wall(one.start_s):%Y-%m-%d %H:%M} · {one.bed_title} · {one.patient} · {alarms}"


def bed_options(services: Services, shown: Shown) -> list[html.Option]:
    wanted = shown.store == "simulation"
    beds = {bed.id: bed.title for bed in services.beds() if bed.simulation is wanted}
    beds |= {one.bed: one.bed_title for one in (*shown.offered, *shown.histories) if one.bed not in beds}
    if shown.bed:
        beds.setdefault(shown.bed, shown.bed)
    return [html.Option("All beds", value=""), *(html.Option(title, value=bed) for bed, title in beds.items())]


def rule_options(shown: Shown) -> list[html.Option]:
    """Rules that alarmed, by their words; rules of several steps may share them."""
    named: dict[str, str] = {}
    for one in shown.histories:
        for occurrence in one.occurrences:
            text = one.rules.get(occurrence.rule)
            words = text.label if text else occurrence.rule
            named.setdefault(occurrence.rule, f"{words} ({occurrence.priority})")
    ordered = sorted(named.items(), key=lambda pair: pair[1])
    return [html.Option("All rules", value=""), *(html.Option(words, value=rule) for rule, words in ordered)]


def rows_data(shown: Shown) -> str:
    """What the browser needs to know, as JSON text: thousands of rows are encoded here, in a thread, and not by the framework on the
    loop that alarms go out from. `sessions`: id -> who has signed, and whether it can be signed."""
    data = {
        "rows": rows_of(shown.histories),
        "several": len(shown.histories) != 1,
        "scope": {
            "store": shown.store,
            "session": shown.session,
            "bed": shown.bed,
            "from": shown.since,
            "to": shown.until,
        },
        "offered": len(shown.offered),
        "sessions": {
            one.id: {"signed_by": list(one.signed_by), "closed": one.state != "open", "name": _named(one)}
            for one in shown.histories
        },
    }
    return orjson.dumps(data).decode()


def _read(services: Services, ask: Mapping[str, Any]) -> tuple[Any, ...]:
    now = services.now()
    here: datetime = now if now.tzinfo is not None else now.astimezone()
    try:
        shown = find(services.histories(), ask, here)
    except DashboardError as error:
        log.warning("alarm history: %s", error)
        shown = Shown("live", problems=(f"The sessions could not be read: {error}",))
    except Exception:  # whatever it is, the page must say so rather than wait for ever
        log.exception("alarm history")
        shown = Shown("live", problems=("The sessions could not be read; the program's log says why.",))
    scope = {"store": shown.store, "sessions": [one.id for one in shown.histories]}
    past = reference(earlier(shown.histories, shown.offered))
    top = _alarms_stats.tiles(kpis(shown.histories), past) if shown.histories else None
    return (
        rows_data(shown), scope, top, head_marks(shown), [html.P(words) for words in shown.problems], session_options(shown),
        bed_options(services, shown), rule_options(shown),
    )  # fmt: skip


def _export(services: Services, scope: Mapping[str, Any], keys: list[str]) -> tuple[str, str]:
    histories = services.histories()
    found = [one for one in (histories.one(str(name)) for name in scope["sessions"]) if one is not None]
    return _alarms_export.csv(found, keys), _alarms_export.name(found, str(scope["store"]))


def register(app: Dash, services: Services) -> None:
    _alarms_whatif.register(app, services)
    _alarms_trends.register(app, services)
    app.clientside_callback(
        ClientsideFunction("alarms", "boot"), Output(ids.ALARMS_ASK, "data"), Input(ids.ALARMS_BOOT, "data")
    )
    app.clientside_callback(
        ClientsideFunction("alarms", "show"), Output(ids.ALARMS_SHOWN, "data"), Input(ids.ALARMS_ROWS, "data")
    )

    @app.callback(
        Output(ids.ALARMS_ROWS, "data"),
        Output(ids.ALARMS_SCOPE, "data"),
        Output(ids.ALARMS_TOP, "children"),
        Output(ids.ALARMS_HEAD, "children"),
        Output(ids.ALARMS_PROBLEMS, "children"),
        Output(ids.ALARMS_SESSION, "children"),
        Output(ids.ALARMS_BED, "children"),
        Output(ids.ALARMS_RULE, "children"),
        Input(ids.ALARMS_ASK, "data"),
        prevent_initial_call=True,
    )
    async def read(ask: dict[str, Any] | None) -> Any:
        return await to_thread.run_sync(_read, services, ask if isinstance(ask, dict) else {})

    @app.callback(
        Output(ids.ALARMS_STRIP, "figure"),
        Output(ids.ALARMS_LINE, "children"),
        Input(ids.ALARMS_PICK, "data"),
        Input(ids.ALARMS_THEME, "data"),
        prevent_initial_call=True,
    )
    async def strip(data: Any, theme: str) -> Any:
        picked = picked_of(data)
        if picked is None:
            return EMPTY_FIGURE, line(None, None)
        try:
            return await to_thread.run_sync(_alarms_strip.show, services, picked, theme)
        except DashboardError as error:
            return EMPTY_FIGURE, line(None, None, f"This alarm could not be shown: {error}")

    @app.callback(
        Output(ids.ALARMS_CSV_FILE, "data"),
        Input(ids.ALARMS_CSV_ASK, "data"),
        State(ids.ALARMS_SCOPE, "data"),
        prevent_initial_call=True,
    )
    async def save(ask: Any, scope: dict[str, Any] | None) -> Any:
        if not isinstance(ask, dict) or not scope:
            return no_update
        keys = [str(key) for key in ask.get("keys", [])]
        text, name = await to_thread.run_sync(_export, services, scope, keys)
        return _csv.download(text, name)
