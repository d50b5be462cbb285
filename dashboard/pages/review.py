"""One session, whole: figure, alarm history, log. Selecting an alarm moves the figure to five minutes either side of it."""

from collections import OrderedDict
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from anyio import to_thread
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboard import ids
from dashboard.figures.occurrences import STARS, occurrences
from dashboard.figures.record import SessionRecord
from dashboard.figures.session import Focus, session_figure
from dashboard.figures.summary import Chip, summary
from dashboard.pages import _review_export, _review_news2
from dashboard.pages._alarms_table import VERDICT_CELLS
from dashboard.pages._grid import grid, said
from dashboard.pages._nav import attrs, empty, mark, not_approved, page
from dashboard.pages._review_rows import alarm_rows, log_rows
from dashboard.pages._review_view import WHOLE, cause_of, next_view, picked_id, view_of
from dashboard.pages.services import Services
from dashboard.session.numbers import num

PATH = "/review/<session>"

WINDOWS = (("all", "Whole"), ("7200", "2 h"), ("3600", "1 h"), ("900", "15 min"))
ALARM_COLUMNS: list[dict[str, Any]] = [
    {"field": "onset_s", "headerName": "Onset", "width": 76, "cellClass": "cell-time", **said("onset")},
    {"field": "rank", "headerName": "", "headerTooltip": "Priority", "width": 40, "cellClassRules": {f"cell-{p}": f"params.data.priority == '{p}'" for p in STARS}, **said("stars")},
    {"field": "label", "headerName": "Alarm", "minWidth": 114, "flex": 1, "cellClass": "cell-two-lines", "tooltipField": "message", "cellClassRules": {"cell-technical": "params.data.technical"}},
    {"field": "value", "headerName": "Value", "width": 50},
    {"field": "trigger", "headerName": "Trigger", "headerTooltip": "What triggered, as it was in force then", "width": 68},
    {"field": "lasted_s", "headerName": "Lasted", "width": 66, "type": "rightAligned", **said("lasted")},
    {"field": "waited_s", "headerName": "To ack.", "width": 56, "type": "rightAligned", **said("waited")},
    {"field": "by", "headerName": "By", "width": 46, "tooltipField": "by_name"},
    {"field": "action", "headerName": "Action", "width": 60, "tooltipField": "action", "headerTooltip": "As noted; else what was recorded from the onset to two minutes after the end"},
    {"field": "verdict", "headerName": "Verdict", "width": 72, "tooltipField": "who", "cellClassRules": VERDICT_CELLS},
    {"field": "nth", "headerName": "Repeat", "width": 58, "tooltipField": "spells", **said("repeats")},
    {"field": "state", "headerName": "State", "width": 76},
]  # fmt: skip
LOG_COLUMNS: list[dict[str, Any]] = [
    {"field": "seq", "headerName": "No.", "width": 62, "type": "rightAligned"},
    {"field": "t_s", "headerName": "Time", "width": 84, "cellClass": "cell-time", **said("at")},
    {
        "field": "text", "headerName": "Entry", "minWidth": 200, "flex": 1, "wrapText": True, "autoHeight": True, "sortable": False,
        "cellClassRules": {"cell-struck": "params.data.struck", "cell-correction": "params.data.correction"} | {f"cell-{p}": f"params.data.priority == '{p}'" for p in STARS},
    },
    {"field": "by", "headerName": "By", "width": 100, "tooltipField": "by"},
    {"field": "entered", "headerName": "Entered", "width": 88, "headerTooltip": "When a back-dated entry was typed"},
]  # fmt: skip


class _Recent:
    """The last few records read, so that moving the window draws the same record again without reading it anew."""

    def __init__(self, services: Services, size: int = 4) -> None:
        self._services, self._size = services, size
        self._held: OrderedDict[str, SessionRecord] = OrderedDict()
        self._lock = Lock()

    def read(self, session: str) -> SessionRecord | None:
        record = self._services.record(session)
        if record is not None:
            with self._lock:
                self._held[session] = record
                self._held.move_to_end(session)
                while len(self._held) > self._size:
                    self._held.popitem(last=False)
        return record

    def held(self, session: str) -> SessionRecord | None:
        with self._lock:
            record = self._held.get(session)
        return record if record is not None else self.read(session)


_recent: dict[int, _Recent] = {}


def _records(services: Services) -> _Recent:
    return _recent.setdefault(id(services), _Recent(services))


def layout(services: Services, session: str) -> html.Div:
    record = _records(services).read(session)
    if record is None or record.session.opened is None:
        back = html.A("All sessions", href="/sessions", className="btn btn-primary")
        return page("Sessions", [empty("No such session", f"There is no session {session!r} on this computer.", back)])
    alarms = occurrences(record.session.alarms)
    return page(
        "Sessions",
        [
            dcc.Store(id=ids.REVIEW_SESSION, data=session),
            dcc.Store(id=ids.REVIEW_VIEW, data=view_of(record, (record.start_s, record.end_s))),
            dcc.Store(id=ids.REVIEW_THEME, data="dark"),
            dcc.Store(id=ids.REVIEW_AT),
            dcc.Store(id=ids.REVIEW_ROWS, data=alarm_rows(record, alarms)),
            _head(record),
            html.Div([_chip(chip) for chip in summary(record, alarms)], className="chips-row"),
            html.Div([_tables(record, len(alarms)), _chart(record)], className="review"),
            _review_news2.layout(),
        ],
        name=f"review-page{' pane-simulation' if record.session.simulation else ''}",
    )


def _head(record: SessionRecord) -> html.Div:
    opened = record.session.opened
    assert opened is not None
    scenario = opened.scenario if record.scenario is None else record.scenario
    what = [f"{num(opened.weight_kg, 1)} kg", opened.protocol, record.profile_title or opened.profile, scenario]
    who = [opened.patient, "" if opened.age_y is None else f"{num(opened.age_y, 0)} y", *what]
    words = " · ".join(one for one in who if one)
    broken = record.broken
    chain = html.Span(
        "record intact" if broken is None else f"RECORD BROKEN at entry {broken.seq}",
        className=f"mark {'mark-intact' if broken is None else 'mark-broken'}",
        title="Every entry carries the hash of the one before; all were checked." if broken is None else str(broken),
    )
    day = f"{_local(record, record.start_s):%Y-%m-%d %H:%M} – {_local(record, record.end_s):%H:%M}"
    return html.Div(
        [
            mark("simulation" if record.session.simulation else "live"),
            html.H1(record.bed_title),
            html.Span(words, className="head-who", title=words),
            html.Span(day, className="hushed"),
            html.Span(_state(record), className="mark mark-live"),
            html.Div([chain, *([] if record.approved else [not_approved()])], className="head-marks"),
        ],
        className="sheet-head",
    )


def _state(record: SessionRecord) -> str:
    session = record.session
    if session.signed is not None:
        return f"signed by {session.signed.by}"
    return "closed" if session.closed is not None else "still open"


def _local(record: SessionRecord, t_s: float) -> datetime:
    return datetime.fromtimestamp(record.wall_ms(t_s) / 1000, UTC)


def _chip(chip: Chip) -> html.Div:
    bar: list[Component] = []
    if chip.parts:
        steps = [
            html.Span(style={"width": f"{100 * share:.2f}%"}, className=f"band band-{i}", title=words)
            for i, (words, share) in enumerate(chip.parts)
            if share > 0
        ]
        bar = [
            html.Div(
                steps,
                className="bands",
                role="img",
                **attrs({"aria-label": ", ".join(words for words, _ in chip.parts)}),
            )
        ]
    return html.Div(
        [
            html.Div(chip.title, className="stat-title"),
            html.Div(
                [
                    html.Span(chip.value, className=f"stat-value {f'tone-{chip.tone}' if chip.tone else ''}"),
                    html.Span(chip.note, className="stat-note"),
                ]
            ),
            *bar,
        ],
        className="plate stat",
    )


def _tables(record: SessionRecord, alarms: int) -> html.Div:
    tabs = dcc.RadioItems(
        id=ids.REVIEW_TABS,
        options=[
            {"value": "alarms", "label": f"Alarms {alarms}"},
            {"value": "log", "label": f"Log {len(record.session.record)}"},
        ],
        value="alarms",
        className="segments",
    )
    filters = html.Div(
        [
            _filter(ids.REVIEW_PRIORITY, [("high", "***"), ("medium", "**"), ("low", "*")], "Priority"),
            _filter(ids.REVIEW_FLAGS, [("unacknowledged", "Unacknowledged"), ("technical", "Technical")], "Only"),
        ],
        className="filters",
        id=f"{ids.REVIEW_ALARMS}-filters",
    )
    return html.Div(
        [
            html.Div([tabs, filters], className="table-head"),
            html.Div(
                [
                    html.Div(grid(ids.REVIEW_ALARMS, ALARM_COLUMNS, [], "No alarms"), className="grid-box"),
                    html.Div(
                        [html.Div(id=ids.REVIEW_SHOWN, className="table-foot", role="status"), *_review_export.parts()],
                        className="foot-row",
                    ),
                ],
                id=f"{ids.REVIEW_ALARMS}-pane",
                className="table-pane",
            ),
            html.Div(
                html.Div(id=f"{ids.REVIEW_LOG}-slot", className="grid-box"),
                id=f"{ids.REVIEW_LOG}-pane",
                className="table-pane",
                hidden=True,
            ),
        ],
        className="plate review-tables",
    )


def _filter(element: str, options: list[tuple[str, str]], label: str) -> dcc.Checklist:
    return dcc.Checklist(
        id=element,
        options=[{"value": value, "label": html.Span(text, className=f"word-{value}")} for value, text in options],
        value=[],
        className="segments",
    )


def _chart(record: SessionRecord) -> html.Div:
    windows = dcc.RadioItems(
        id=ids.REVIEW_WINDOW,
        options=[{"value": value, "label": label} for value, label in WINDOWS],
        value="all",
        className="segments",
    )
    graph = dcc.Graph(
        id=ids.REVIEW_CHART,
        figure=session_figure(record),
        config={
            "displayModeBar": False,
            "displaylogo": False,
            "doubleClick": "reset",
            "responsive": True,
            "scrollZoom": False,
        },
        className="review-chart",
        style={"height": "100%"},
    )
    legend = "gap: no data · dotted: limit · dashed: planned or predicted · drag to zoom, double-click: whole"
    return html.Div(
        [
            html.Div([html.H2(WHOLE, id=ids.REVIEW_TITLE), windows], className="table-head"),
            html.Div(graph, className="chart-box"),
            html.Div(legend, className="table-foot"),
        ],
        className="plate review-figure",
    )


def register(app: Dash, services: Services) -> None:
    records = _records(services)
    _review_export.register(app, records.held)
    _review_news2.register(app, records.held)

    @app.callback(
        Output(ids.REVIEW_CHART, "figure"),
        Output(ids.REVIEW_TITLE, "children"),
        Output(ids.REVIEW_VIEW, "data"),
        Output(ids.REVIEW_WINDOW, "value"),
        Input(ids.REVIEW_ALARMS, "selectedRows"),
        Input(ids.REVIEW_WINDOW, "value"),
        Input(ids.REVIEW_CHART, "relayoutData"),
        Input(ids.REVIEW_THEME, "data"),
        Input(ids.REVIEW_AT, "data"),
        State(ids.REVIEW_VIEW, "data"),
        State(ids.REVIEW_SESSION, "data"),
        prevent_initial_call=True,
    )
    async def move(
        picked: Any, width: str | None, drag: Any, theme: str, at: Any, old: dict[str, Any], session: str
    ) -> Any:
        record = await to_thread.run_sync(records.held, session)
        if record is None:
            return no_update
        cause = cause_of(set(ctx.triggered_prop_ids.values()), picked, old)
        view = old if cause == ids.REVIEW_THEME else next_view(record, old, cause, picked, width, drag, at)
        if view is None and theme == old.get("theme", "dark"):
            return no_update
        stays = view is None or cause in (ids.REVIEW_WINDOW, ids.REVIEW_THEME)
        view = {**(old if view is None else view), "theme": theme, "picked": picked_id(picked)}
        focus = Focus(**view["focus"]) if view["focus"] else None
        window = (float(view["from_s"]), float(view["to_s"]))
        figure = await to_thread.run_sync(lambda: session_figure(record, window, theme, focus))
        whole = view["title"] == WHOLE
        pressed = "all" if whole else width if stays else None
        return figure, view["title"], view, pressed

    @app.callback(
        Output(f"{ids.REVIEW_LOG}-slot", "children"),
        Input(ids.REVIEW_TABS, "value"),
        State(f"{ids.REVIEW_LOG}-slot", "children"),
        State(ids.REVIEW_SESSION, "data"),
        prevent_initial_call=True,
    )
    async def open_log(tab: str, there: Any, session: str) -> Any:
        # Thousands of entries are sent only when someone asks to read them.
        record = await to_thread.run_sync(records.held, session) if tab == "log" and not there else None
        if record is None:
            return no_update
        rows = await to_thread.run_sync(log_rows, record)
        return grid(ids.REVIEW_LOG, LOG_COLUMNS, rows, "Nothing recorded")

    app.clientside_callback(
        ClientsideFunction("review", "filter"),
        Output(ids.REVIEW_ALARMS, "rowData"),
        Output(ids.REVIEW_SHOWN, "children"),
        Input(ids.REVIEW_ROWS, "data"),
        Input(ids.REVIEW_PRIORITY, "value"),
        Input(ids.REVIEW_FLAGS, "value"),
    )
    app.clientside_callback(
        ClientsideFunction("review", "tab"),
        Output(f"{ids.REVIEW_ALARMS}-pane", "hidden"),
        Output(f"{ids.REVIEW_LOG}-pane", "hidden"),
        Output(f"{ids.REVIEW_ALARMS}-filters", "hidden"),
        Input(ids.REVIEW_TABS, "value"),
    )
