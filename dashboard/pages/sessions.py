"""The list of sessions. Patients and simulations are two lists behind two tabs: they are never mixed."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from dash import Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from dashboard import ids
from dashboard.pages._grid import grid, said
from dashboard.pages._nav import empty, mark, page
from dashboard.pages.services import Services, SessionRow, StoreName
from dashboard.session.numbers import num

PATH = "/sessions"

COLUMNS: list[dict[str, Any]] = [
    {"field": "opened_ms", "headerName": "Date", "width": 146, "sort": "desc", **said("opened")},
    {"field": "bed", "headerName": "Bed", "width": 92},
    {"field": "patient", "headerName": "Patient", "width": 84, "cellClass": "cell-strong"},
    {"field": "protocol", "headerName": "Protocol", "minWidth": 118, "flex": 1},
    {"field": "duration_s", "headerName": "Duration", "width": 90, "type": "rightAligned", **said("duration")},
    {"field": "given_mg", "headerName": "Given of planned", "width": 142, "type": "rightAligned", **said("dose")},
    {"field": "high", "headerName": "*** high", "width": 80, "type": "rightAligned", "cellClassRules": {"cell-high": "params.value > 0"}},
    {"field": "medium", "headerName": "** medium", "width": 94, "type": "rightAligned", "cellClassRules": {"cell-medium": "params.value > 0"}},
    {"field": "low", "headerName": "* low", "width": 68, "type": "rightAligned", "cellClassRules": {"cell-low": "params.value > 0"}},
    {"field": "limits", "headerName": "Limits", "width": 116, "cellClassRules": {"cell-warn": "params.value != 'approved'"}},
    {"field": "state", "headerName": "State", "width": 84, "cellClassRules": {"cell-open": "params.value == 'open'"}},
]  # fmt: skip


def layout(services: Services) -> html.Div:
    live, simulated = list(services.sessions("live")), list(services.sessions("simulation"))
    # Somebody who only trains finds the training at once; whoever has patients always sees the patients first.
    first: StoreName = "live" if live or not simulated else "simulation"
    zone = services.now().tzinfo
    titles = services.titles()
    return page(
        "Sessions",
        [
            dcc.Location(id=ids.SESSIONS_GO, refresh="callback-nav"),
            html.Div(
                [
                    html.H1("Sessions"),
                    dcc.RadioItems(
                        id=ids.SESSIONS_TABS,
                        options=[
                            {"value": "live", "label": f"Patients {len(live)}"},
                            {"value": "simulation", "label": f"Simulations {len(simulated)}"},
                        ],
                        value=first,
                        className="segments",
                    ),
                    html.Span("Select a session to review it.", className="hushed head-note"),
                ],
                className="sheet-head",
            ),
            _list("live", ids.SESSIONS_LIVE_GRID, live, first != "live", zone, titles),
            _list("simulation", ids.SESSIONS_SIM_GRID, simulated, first != "simulation", zone, titles),
        ],
        name="sessions-page",
    )


def _list(
    store: StoreName, grid_id: str, rows: list[SessionRow], hidden: bool, zone: tzinfo | None, titles: Mapping[str, str]
) -> html.Div:
    children: list[Component] = []
    if store == "simulation":
        children.append(
            html.Div(
                [mark("simulation"), html.Span("Training sessions. No patient is in this list.")], className="sim-band"
            )
        )
    columns = (
        COLUMNS
        if store == "live"
        else [
            *COLUMNS[:4],
            {"field": "scenario", "headerName": "Scenario", "minWidth": 130, "flex": 1, "cellClass": "cell-two-lines"},
            *COLUMNS[4:],
        ]
    )
    children.append(
        html.Div(
            grid(grid_id, columns, [_row(one, zone, titles) for one in rows], "No sessions yet"),
            className="grid-box",
            hidden=not rows,
        )
    )
    if not rows:
        children.append(
            empty(
                "No simulated sessions yet", "Sessions of simulated beds are kept here, apart from those of patients."
            )
            if store == "simulation"
            else empty(
                "No sessions yet",
                "A session is listed here from the moment it is opened.",
                html.A("Go to the rooms", href="/", className="btn btn-primary"),
            )
        )
    return html.Div(
        children,
        id=f"{grid_id}-pane",
        hidden=hidden,
        className=f"plate sessions-pane{' pane-simulation' if store == 'simulation' else ''}",
    )


def _row(one: SessionRow, zone: tzinfo | None, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "opened_ms": one.opened_at.timestamp(),
        "opened": f"{one.opened_at.astimezone(zone):%Y-%m-%d %H:%M}",
        "bed": titles.get(one.bed, one.bed),
        "patient": one.patient,
        "protocol": one.protocol or "–",
        "scenario": one.scenario or "–",
        "duration_s": one.duration_s,
        "duration": span(one.duration_s),
        "given_mg": one.given_mg,
        "dose": f"{num(one.given_mg, 1)} of {num(one.planned_mg, 1)} mg",
        "high": one.high,
        "medium": one.medium,
        "low": one.low,
        "limits": "approved" if one.approved else "not approved",
        "state": one.state,
    }


def span(seconds: float) -> str:
    """`1 h 12`, `45 min`, `2 d 3 h`."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d}"
    return f"{hours // 24} d {hours % 24} h"


def register(app: Dash, services: Services) -> None:
    @app.callback(
        Output(f"{ids.SESSIONS_LIVE_GRID}-pane", "hidden"),
        Output(f"{ids.SESSIONS_SIM_GRID}-pane", "hidden"),
        Input(ids.SESSIONS_TABS, "value"),
    )
    async def show(tab: str) -> tuple[bool, bool]:
        return tab != "live", tab != "simulation"

    @app.callback(
        Output(ids.SESSIONS_GO, "href"),
        Input(ids.SESSIONS_LIVE_GRID, "selectedRows"),
        Input(ids.SESSIONS_SIM_GRID, "selectedRows"),
        prevent_initial_call=True,
    )
    async def go(live: list[dict[str, Any]] | None, simulated: list[dict[str, Any]] | None) -> Any:
        chosen = (live or []) + (simulated or [])
        return f"/review/{chosen[0]['id']}" if chosen else no_update
