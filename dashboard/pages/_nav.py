"""The bar on top of every page but the live one, and marks that more than one page shows."""

from collections.abc import Sequence
from typing import Any, Literal

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.header import theme_toggle

#: Pages that exist, in the order of the bar.
PAGES: tuple[tuple[str, str], ...] = (
    ("Rooms", "/"),
    ("Sessions", "/sessions"),
    ("Alarms", "/alarms"),
    ("Training", "/train"),
)

MARKS = {"simulation": ("SIMULATION", "mark mark-simulation"), "live": ("LIVE", "mark mark-live")}


def page(active: str, children: Sequence[Component], right: Sequence[Component] = (), name: str = "") -> html.Div:
    """A whole page: bar, then `children`. `active` is the label of the bar's entry to underline."""
    return html.Div(
        [
            html.A("Skip to content", href="#content", className="skip-link"),
            nav(active, right),
            html.Main(list(children), id="content", className=f"sheet-body {name}".strip(), tabIndex=-1),
        ],
        className="sheet",
    )


def nav(active: str, right: Sequence[Component] = ()) -> html.Header:
    links = [
        html.A(label, href=path, className="topbar-link topbar-link-active", **attrs({"aria-current": "page"}))
        if label == active
        else dcc.Link(label, href=path, className="topbar-link")
        for label, path in PAGES
    ]
    return html.Header(
        [
            html.Span("Infusion Dashboard", className="topbar-brand"),
            html.Nav(links, className="topbar-links", **attrs({"aria-label": "Pages"})),
            html.Div([*right, theme_toggle()], className="topbar-right"),
        ],
        className="topbar",
    )


def attrs(names: dict[str, str]) -> dict[str, Any]:
    """`data-` and `aria-` attributes, whose names no keyword argument can have."""
    return dict(names)


def mark(kind: Literal["simulation", "live"]) -> html.Span:
    text, name = MARKS[kind]
    return html.Span(text, className=name)


def not_approved(hidden: bool = False) -> html.Span:
    """Stands wherever limits apply that no responsible clinician of the site has approved."""
    return html.Span("LIMITS NOT SITE APPROVED", className="mark mark-limits", hidden=hidden)


def empty(title: str, text: str, link: Component | None = None) -> html.Div:
    """What a page shows when it has nothing to show."""
    return html.Div([html.H2(title), html.P(text), *([link] if link else [])], className="blank")
