"""The right side of the bar on the pages of the training room: its own pages stand there on each of them."""

from typing import Literal

from dash import html
from dash.development.base_component import Component

from dashboard.pages._nav import attrs, mark

Page = Literal["Scenarios", "Runs", "Compare", ""]
PAGES: tuple[tuple[Page, str], ...] = (
    ("Scenarios", "/train/scenarios"),
    ("Runs", "/train/runs"),
    ("Compare", "/train/compare"),
)


def train_right(active: Page = "") -> list[Component]:
    """`active`: the one to underline; none in the room itself and on a debrief."""
    return [_link(label, path, label == active) for label, path in PAGES] + [mark("simulation")]


def _link(label: str, path: str, active: bool) -> html.A:
    if active:
        return html.A(label, href=path, className="topbar-link topbar-link-active", **attrs({"aria-current": "page"}))
    return html.A(label, href=path, className="topbar-link")
