"""NEWS2 on the review page: folded away until somebody asks for it, for review only."""

from collections.abc import Callable
from typing import Any

from anyio import to_thread
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from config.models.scales import shipped_scales
from dashboard import ids
from dashboard.analytics.news2 import ACKNOWLEDGEMENT, LABELS, Course, Minute, course
from dashboard.figures.news2 import news2_figure
from dashboard.figures.record import SessionRecord
from dashboard.pages._grid import grid
from dashboard.session.numbers import num

#: Column -> parameter, what stands over it, and decimals of its value.
VALUES = (
    ("rr", "RR", 0), ("spo2", "SpO₂", 0), ("oxygen", "O₂", 0), ("sbp", "SBP", 0), ("pulse", "Pulse", 0), ("consciousness", "LOC", 0),
    ("temp", "Temp", 1),
)  # fmt: skip
COLUMNS: list[dict[str, Any]] = [
    {"field": "at", "headerName": "Time", "width": 62, "cellClass": "cell-time"},
    {
        "field": "total", "headerName": "NEWS2", "width": 72, "type": "rightAligned", "tooltipField": "missing",
        "cellClass": "cell-strong ag-right-aligned-cell", "headerTooltip": "With consciousness; ≥ where something is missing",
        "valueFormatter": {"function": "params.data.said"},
    },
    {
        "field": "without", "headerName": "w/o LOC", "width": 76, "type": "rightAligned", "tooltipField": "missing",
        "headerTooltip": "Without the points for consciousness, which ketamine alone can bring",
        "valueFormatter": {"function": "params.data.said_without"},
    },
    *(
        {
            "field": name, "headerName": title, "minWidth": 58, "flex": 1, "type": "rightAligned",
            "headerTooltip": f"{LABELS[name]}: value, and its points in brackets",
        }
        for name, title, _ in VALUES
    ),
]  # fmt: skip
NOTE = "Scored each minute from what was recorded. For review only: nothing here alarms. Under ketamine confusion and a higher pressure are often the drug's effect."


def layout() -> html.Details:
    """Folded; the first look computes it."""
    return html.Details(
        [
            html.Summary(
                [html.H2("NEWS2"), html.Span("for review only, with and without consciousness", className="hushed")],
                id=ids.REVIEW_NEWS2_ASK,
                n_clicks=0,
            ),
            html.Div(
                html.P("Scoring …", className="hushed news2-wait"), id=ids.REVIEW_NEWS2, className="news2-body", role="status"
            ),
        ],
        className="plate news2",
    )  # fmt: skip


def register(app: Dash, held: Callable[[str], SessionRecord | None]) -> None:
    @app.callback(
        Output(ids.REVIEW_NEWS2, "children"),
        Input(ids.REVIEW_NEWS2_ASK, "n_clicks"),
        Input(ids.REVIEW_THEME, "data"),
        State(ids.REVIEW_SESSION, "data"),
        prevent_initial_call=True,
    )
    async def show(clicks: int, theme: str, session: str) -> Any:
        if not clicks:
            return no_update
        record = await to_thread.run_sync(held, session)
        return no_update if record is None else await to_thread.run_sync(body, record, theme)


def body(record: SessionRecord, theme: str) -> list[Component]:
    made = course(record, record.intervals, shipped_scales())
    graph = dcc.Graph(
        id=ids.REVIEW_NEWS2_CHART,
        figure=news2_figure(record, made, theme),
        config={"displayModeBar": False, "responsive": True},
        style={"height": "100%"},
    )
    table = grid(f"{ids.REVIEW_NEWS2}-minutes", COLUMNS, rows(record, made), "No minute was recorded", rowHeight=34)
    return [
        html.P(words(record, made), className="news2-words"),
        html.Div(
            [html.Div(graph, className="news2-chart"), html.Div(table, className="grid-box news2-grid")], className="news2-pair"
        ),
        html.P([NOTE, " ", html.Span(ACKNOWLEDGEMENT, className="news2-credit")], className="table-foot"),
    ]  # fmt: skip


def words(record: SessionRecord, made: Course) -> list[Component | str]:
    """The worst minute in a sentence, and what no minute had: `no temperature` above all."""
    worst = made.worst
    if worst is None:
        return ["Nothing was recorded that NEWS2 could be made of."]
    least = "at least " if worst.score.partial else ""
    out: list[Component | str] = [
        html.B(f"Highest {least}{worst.score.total}"),
        f" at {record.clock(worst.t_s)[:5]} ({least}{worst.score.without_consciousness} without consciousness)",
    ]
    if made.never:
        named = ["temperature" if name == "temp" else LABELS[name] for name in made.never]
        out.append(html.Span(f"Partial: no {', no '.join(named)}", className="news2-partial"))
    scale = "SpO₂ scale 2, set by a clinician" if made.spo2_scale == 2 else "SpO₂ scale 1"
    out.append(html.Span(scale, className="hushed"))
    return out


def rows(record: SessionRecord, made: Course) -> list[dict[str, Any]]:
    """Newest last, one a minute."""
    return [_row(record, number, one) for number, one in enumerate(made.minutes)]


def _row(record: SessionRecord, number: int, one: Minute) -> dict[str, Any]:
    score, least = one.score, "≥ " if one.score.partial else ""
    known = bool(score.points)
    row: dict[str, Any] = {
        "id": str(number),
        "at": record.clock(one.t_s)[:5],
        "total": score.total if known else None,
        "said": f"{least}{score.total}" if known else "–",
        "without": score.without_consciousness if known else None,
        "said_without": f"{least}{score.without_consciousness}" if known else "–",
        "missing": f"missing: {', '.join(LABELS[name] for name in score.missing)}" if score.missing else "complete",
    }
    for name, _, decimals in VALUES:
        value = getattr(one.seen, name)
        text = "–" if value is None else value if isinstance(value, str) else num(value, decimals)
        if name == "oxygen" and value is not None:
            text = "oxygen" if value else "air"
        points = score.points.get(name)
        row[name] = text if points is None else f"{text} ({points})"
    return row
