"""The table of the alarm history, its filters, and its file. What is filtered is filtered in the browser (`assets/alarms.js`)."""

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.figures.occurrences import STARS
from dashboard.pages._grid import grid, said
from dashboard.pages._nav import attrs

#: How a verdict is coloured; words differ where reviewers do.
VERDICT_CELLS = {
    "cell-true": "params.data.verdict.startsWith('true') && !params.data.differ",
    "cell-nuisance": "params.data.verdict.startsWith('nuisance') && !params.data.differ",
    "cell-differ": "params.data.differ",
    "cell-saving": "params.data.saving",
}
COLUMNS: list[dict[str, Any]] = [
    {"field": "at_ms", "headerName": "Onset", "width": 82, "cellClass": "cell-time cell-two-lines", "sort": "desc", "tooltipField": "date", **said("onset")},
    {"field": "bed", "headerName": "Bed", "width": 70, "hide": True, "cellClass": "cell-two-lines", "tooltipField": "bed"},
    {"field": "rank", "headerName": "", "headerTooltip": "Priority", "width": 40, "cellClassRules": {f"cell-{p}": f"params.data.priority == '{p}'" for p in STARS}, **said("stars")},
    {
        "field": "label", "headerName": "Alarm", "minWidth": 114, "flex": 4, "cellClass": "cell-two-lines", "tooltipField": "message",
        "cellClassRules": {"cell-technical": "params.data.technical", "cell-also": "params.data.kind != 'alarm'"},
    },
    {"field": "value", "headerName": "Value", "width": 58},
    {"field": "trigger", "headerName": "Limit then", "headerTooltip": "What triggered, as it was in force then", "width": 76},
    {"field": "lasted_s", "headerName": "Lasted", "width": 82, "type": "rightAligned", "tooltipField": "spells", **said("lasted")},
    {"field": "waited_s", "headerName": "To ack", "headerTooltip": "From the onset of the step that was acknowledged", "width": 62, "type": "rightAligned", **said("waited")},
    {"field": "by", "headerName": "By", "width": 50, "tooltipField": "by_name"},
    {
        "field": "action", "headerName": "Action", "minWidth": 60, "flex": 3, "cellClass": "cell-two-lines", "tooltipField": "action",
        "headerTooltip": "As noted; else what was recorded from the onset to two minutes after the end", "cellClassRules": {"cell-derived": "!params.data.noted"},
    },
    {
        "field": "verdict", "headerName": "Verdict", "width": 84, "tooltipField": "who",
        "cellClassRules": VERDICT_CELLS,
    },
    {"field": "nth", "headerName": "Repeat", "width": 58, **said("repeats")},
    {"field": "state", "headerName": "State", "width": 104, "cellClassRules": {"cell-open": "params.value == 'active'"}},
]  # fmt: skip

PRIORITIES = (("high", "***", "High priority"), ("medium", "**", "Medium priority"), ("low", "*", "Low priority"))
FLAGS = (("unacknowledged", "Unacknowledged"), ("nuisance", "Nuisance only"), ("technical", "Technical"))


def filters() -> html.Div:
    """Toggles: none pressed filters nothing; what is pressed must hold."""
    rules = html.Select(
        [html.Option("All rules", value="")],
        id=ids.ALARMS_RULE,
        className="pick",
        **attrs({"aria-label": "Rule"}),
    )
    return html.Div(
        [
            html.Div(
                [toggle("priority", value, text, words) for value, text, words in PRIORITIES], className="toggles"
            ),
            rules,
            html.Div([toggle("only", value, text) for value, text in FLAGS], className="toggles"),
            html.Button(
                "Worst",
                type="button",
                className="btn",
                title="Select the worst alarm shown",
                **attrs({"data-do": "worst"}),
            ),
        ],
        className="alarms-filters",
    )


def toggle(name: str, value: str, text: str, title: str = "") -> html.Button:
    return html.Button(
        text,
        type="button",
        className=f"toggle word-{value}",
        title=title or None,
        **attrs({"data-filter": name, "data-value": value, "aria-pressed": "false"}),
    )


def table() -> html.Div:
    return html.Div(
        [
            filters(),
            html.Div(
                [
                    grid(ids.ALARMS_GRID, COLUMNS, [], "No alarms"),
                    html.Div("Reading the sessions …", className="alarms-wait", **attrs({"data-el": "wait"})),
                    html.Div(className="alarms-none", hidden=True, **attrs({"data-el": "none"})),
                ],
                className="grid-box",
            ),
            html.Div(
                [
                    html.Span("…", role="status", **attrs({"data-el": "count"})),
                    toggle("also", "1", "+ pauses, limits, off, gaps", "Show what else bears on the alarms"),
                    html.Span(HINT, className="alarms-hint"),
                ],
                className="table-foot",
            ),
        ],
        className="plate alarms-table",
    )


HINT = "↑↓ select · Enter jumps to the session · verdict with T / N / X, undo with U, signed at the end"


def csv_parts() -> list[Component]:
    """The button, what it asks for, and what it hands the file to."""
    return [
        html.Button(
            "CSV", type="button", className="btn", title="What the table shows, as a file", **attrs({"data-do": "csv"})
        ),
        dcc.Store(id=ids.ALARMS_CSV_ASK),
        dcc.Download(id=ids.ALARMS_CSV_FILE),
    ]
