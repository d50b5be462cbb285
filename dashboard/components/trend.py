"""The place of the live charts: one panel per quantity on one time axis. `live-charts.js` draws over it."""

from dash import html

from dashboard.components.header import part

#: Panel name -> label, share of the height.
PANELS: dict[str, tuple[str, float]] = {
    "hr": ("HR", 1.0),
    "spo2": ("SpO₂", 1.0),
    "bp": ("BP", 1.2),
    "co2": ("EtCO₂", 0.85),
    "rr": ("RR", 0.75),
    "ketamine": ("Ketamine mg/h", 1.3),
    "loc": ("LOC", 0.8),
    "alarms": ("Alarms", 0.45),
    "events": ("Events", 0.45),
}
#: Minutes shown; 0 is the whole session.
WINDOWS: dict[int, str] = {15: "15 min", 60: "1 h", 120: "2 h", 0: "session"}
LEGEND = "gap: no data · dotted: alarm limit · dashed: predicted or planned · hollow: due"


def _panel(name: str, label: str, share: float) -> html.Div:
    words = [part("panel-label", "panel-label", label)]
    if name == "ketamine":
        words += [part("prediction-text", "prediction-text tabular"), part("right-unit", "right-unit", "ng/mL")]
    return html.Div(words, className=f"panel panel-{name}", style={"flexGrow": share}, **{"data-panel": name})


def trend() -> html.Section:
    windows = [
        html.Button(
            label, className="window", **{"data-window": str(minutes), "type": "button", "aria-pressed": "false"}
        )
        for minutes, label in WINDOWS.items()
    ]
    area = html.Div(
        [
            html.Div([_panel(name, *row) for name, row in PANELS.items()], className="panels"),
            part("plot", "plot", kind=html.Div),
            part("crosshair", "crosshair", kind=html.Div, hidden="hidden"),
            part("readout", "readout tabular", kind=html.Div, hidden="hidden"),
            part("chart-message", "chart-message", "Loading the session so far …", kind=html.Div),
        ],
        className="chart-area",
        role="img",
        **{"data-el": "chart-area", "aria-label": "Trends of this session on one time axis"},
    )
    foot = html.Div(
        [
            html.Div(windows, className="windows", role="group", **{"aria-label": "Time shown"}),
            html.Span(LEGEND, className="legend"),
        ],
        className="chart-foot",
    )
    return html.Section([area, foot], className="trend")
