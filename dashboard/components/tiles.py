"""The numbers of the live page. Boxes are fixed; digits, limits and ages are written into them by `live-tiles.js`."""

from dash import html

from dashboard.components.header import part

#: Tile name -> label, unit.
TILES: dict[str, tuple[str, str]] = {
    "hr": ("HR", "/min"),
    "spo2": ("SpO₂", "%"),
    "bp": ("NIBP", "mmHg"),
    "co2": ("EtCO₂", "mmHg"),
    "rr": ("RR", "/min"),
    "loc": ("LOC", ""),
}


def _tile(name: str, label: str, unit: str) -> html.Div:
    # Modified limits, or an alarm that is off; blood pressure has its room at the foot.
    badge = [part("badge", "tile-badge", hidden="hidden")]
    above = name != "bp"
    head = html.Div(
        [
            part("label", "tile-label", label),
            *(badge if above else ()),
            part("unit", "tile-unit", unit),
            part("alarm", "tile-alarm"),
        ],
        className="tile-head",
    )
    limits = part("limits", "tile-limits tabular")
    foot = html.Div([part("source", "tile-source"), *(() if above else badge), limits], className="tile-foot")
    return html.Div(
        [head, part("value", "tile-value tabular", "––"), foot],
        className=f"tile tile-{name}",
        **{"data-tile": name, "data-dead": "true"},
    )


def _ketamine() -> html.Div:
    head = html.Div(
        [
            part("label", "tile-label", "Ketamine"),
            part("origin", "ketamine-origin"),
            part("alarm", "tile-alarm"),
            part("value", "ketamine-rate tabular", "––"),
        ],
        className="ketamine-head",
    )
    dose = html.Div(
        [
            part("given", "ketamine-given tabular", "–"),
            html.Span(part("bar", "bar-fill"), className="bar", **{"aria-hidden": "true"}),
            part("left", "ketamine-left tabular"),
        ],
        className="ketamine-dose",
    )
    return html.Div(
        [
            head,
            part("detail", "ketamine-line tabular", "–", kind=html.Div),
            dose,
            html.Div("this screen does not control the pump", className="ketamine-line"),
            html.Button(
                html.Kbd("K"),
                className="tile-open",
                title="Predicted concentration, dose to go, what a pause now would do",
                **{"type": "button", "data-open": "prediction", "aria-label": "Ketamine: prediction and dose to go"},
            ),
        ],
        className="tile tile-ketamine",
        **{"data-tile": "ketamine"},
    )


def tiles() -> html.Section:
    return html.Section(
        [*(_tile(name, *row) for name, row in TILES.items()), _ketamine()],
        className="tiles",
        **{"aria-label": "Numbers now"},
    )
