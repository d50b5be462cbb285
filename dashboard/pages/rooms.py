"""All beds at a glance. Python lays out one card per bed, at its fixed place; `assets/rooms.js` writes what lives."""

import math
from collections.abc import Sequence

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.components.icons import icon
from dashboard.pages._nav import attrs, empty, mark, page
from dashboard.pages.services import BedInfo, Services

PATH = "/"

#: Label, key in rooms.js, and class of colour of each number on a card, row by row.
NUMBERS: tuple[tuple[str, str, str], ...] = (
    ("HR", "rate", "c-hr"),
    ("SpO₂", "spo2", "c-spo2"),
    ("NIBP", "bp", "c-bp"),
    ("EtCO₂", "etco2", "c-co2"),
    ("RR", "rr", "c-co2"),
    ("LOC", "loc", "c-loc"),
)


def layout(services: Services) -> html.Div:
    # Simulated beds stand apart, after the patients; within each group the station file's order is the place.
    beds = sorted(services.beds(), key=lambda bed: bed.simulation)
    columns = columns_for(len(beds))
    return page(
        "Rooms",
        [
            html.Div(
                [
                    html.Span(
                        "NOT LIVE: no contact with the server. The numbers below are old.",
                        role="alert",
                        **attrs({"data-role": "not-live-words"}),
                    ),
                    html.Button("Pause audio 2:00", className="btn", type="button", **attrs({"data-role": "pause"})),
                ],
                className="rooms-not-live",
                hidden=True,
                **attrs({"data-role": "not-live"}),
            ),
            _banner(),
            html.Div(
                [card(bed) for bed in beds],
                className="rooms-grid",
                style={"--columns": columns, "--rows": max(math.ceil(len(beds) / columns), 1)},
            )
            if beds
            else empty("No beds", "The station file lists no beds yet. Add one, then start the program again."),
        ],
        right=_station(),
        name="rooms",
    )


def register(app: Dash, services: Services) -> None:
    """Nothing to do: no one fills in anything here, and what lives comes over the WebSocket."""


def columns_for(beds: int) -> int:
    """Columns of the grid, so that up to 16 cards fit one screen without scrolling."""
    return 1 if beds <= 1 else 2 if beds <= 4 else 3 if beds <= 6 or beds == 9 else 4


def _station() -> Sequence[Component]:
    return [
        html.Span(
            "LIMITS NOT SITE APPROVED", className="mark mark-limits", hidden=True, **attrs({"data-role": "limits"})
        ),
        html.Span("", className="topbar-note", **attrs({"data-role": "recording"}), hidden=True),
        html.Span("", className="topbar-note note-warn", **attrs({"data-role": "contacts"}), hidden=True),
        html.Button(
            [icon("sound"), html.Span("SOUND NOT CONFIRMED")],
            className="rooms-sound",
            type="button",
            **attrs({"data-role": "sound", "data-state": "blocked"}),
        ),
        html.Span("connecting …", className="topbar-note", **attrs({"data-role": "links"})),
        html.Span("--:--:--", className="topbar-clock", **attrs({"data-role": "clock"})),
    ]


def _banner() -> html.Div:
    return html.Div(
        [
            html.Div("Waiting for the monitors …", className="rooms-banner-lines", **attrs({"data-role": "lines"})),
            html.Div("rooms keep their place · alarms here, worst first", className="rooms-banner-hint"),
        ],
        className="rooms-banner",
        id=ids.ROOMS,
        role="status",
        **attrs({"aria-live": "polite", "data-role": "banner"}),
    )


def card(bed: BedInfo) -> html.A:
    """One bed. Every box has its final size from the start: nothing moves when a number or an alarm arrives."""
    return html.A(
        [
            html.Div(
                [
                    html.Span(bed.title, className="bed-title"),
                    mark("simulation" if bed.simulation else "live"),
                    html.Span("", className="bed-patient", **attrs({"data-role": "patient"})),
                    html.Span("", className="bed-phase", **attrs({"data-role": "phase"})),
                    html.Span("", className="bed-clock", **attrs({"data-role": "clock"})),
                ],
                className="bed-head",
            ),
            html.Div("", className="bed-alarm", **attrs({"data-role": "alarm"})),
            html.Div([_number(*row) for row in NUMBERS], className="bed-numbers"),
            html.Div(
                [
                    html.Canvas(**attrs({"data-role": "strip", "aria-hidden": "true"})),
                    html.Span("", **attrs({"data-role": "scale"})),
                    html.Span("", className="bed-screens", **attrs({"data-role": "screens"})),
                ],
                className="bed-strip",
            ),
            html.Div(
                [
                    html.Div(html.Div(className="bed-bar-fill", **attrs({"data-role": "fill"})), className="bed-bar"),
                    html.Span("", className="bed-rate", **attrs({"data-role": "rate"})),
                ],
                className="bed-infusion",
            ),
            html.Div(
                [html.Span("free"), html.Span("set up a session", className="bed-free-link")],
                className="bed-free",
                hidden=True,
                **attrs({"data-role": "free"}),
            ),
        ],
        href=f"/live/{bed.id}",
        className=f"bed-card bed-loading{' bed-simulation' if bed.simulation else ''}",
        **attrs({"data-bed": bed.id, "data-title": bed.title, "data-simulation": "1" if bed.simulation else "0"}),
    )


def _number(label: str, key: str, colour: str) -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.Span(label, className=f"bed-number-label {colour}"),
                    html.Span("", className="bed-number-note", **attrs({"data-role": "note"})),
                ],
                className="bed-number-head",
            ),
            html.Div("–", className=f"bed-number-value {colour}", **attrs({"data-role": "value"})),
        ],
        className="bed-number",
        **attrs({"data-number": key}),
    )
