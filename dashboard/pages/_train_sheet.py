"""The debrief page of one run: places only; `assets/train-debrief.js` fills them from `/train/api/debrief`."""

import json
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.pages._nav import attrs, page
from dashboard.pages._train_nav import train_right

LEGEND = (
    "thick: true · thin: as the monitor showed it · dashed: alarm · green: the trainee did · violet, dotted: injected · "
    "numbers: as under “What happened”"
)


def layout(session: str, people: Sequence[str]) -> html.Div:
    """`people`: who may comment."""
    return page(
        "Training",
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H1("Debrief", className="debrief-title", **attrs({"data-el": "title"})),
                            html.P("loading …", className="debrief-about", **attrs({"data-el": "about"})),
                            html.P(className="debrief-notice", role="status", hidden=True, **attrs({"data-el": "notice"})),
                            html.Div(
                                [
                                    html.A("Sheet as CSV", href=f"/train/api/debrief.csv?session={session}", className="btn"),
                                    html.A("Sheet as PDF", href=f"/train/api/debrief.pdf?session={session}", className="btn"),
                                    html.A("The whole record", href=f"/review/{session}", className="btn"),
                                    html.Span(className="debrief-again", **attrs({"data-el": "again"})),
                                    html.A("Training room", href="/train", className="btn btn-primary"),
                                ],
                                className="debrief-links",
                            ),
                        ],
                        className="train-panel debrief-head",
                    ),
                    _scores(),
                    _panel("Truth, what the monitor showed, alarms and what was done", "figure", wide=True),
                    _panel("What the patient went through, and what was done", "outcome"),
                    _panel("Alarms and who answered", "alarms"),
                    _panel("At the pump: recorded, and seen done", "pump"),
                    _panel("Help called", "calls"),
                    _panel("What happened, with the trainer's marks and comments", "happened"),
                    _panel("To talk about", "points"),
                ],
                className="debrief",
                id="debrief",
                **attrs({"data-config": json.dumps({"session": session, "people": list(people)})}),
            )
        ],
        right=train_right(),
        name="train",
    )  # fmt: skip


#: What the two times of a line are, and its seconds.
COUNTED = "from when it could be seen → to when it was done"


def _scores() -> html.Section:
    """The sheet's lines, each with a place to comment on it, and one for the run as a whole."""
    head = [
        html.H2("Trainee against the script"),
        html.Span(COUNTED, className="train-counted"),
        html.Span(className="debrief-who", **attrs({"data-el": "who"})),
    ]
    return html.Section(
        [
            html.Div(head, className="debrief-sheet-head"),
            html.Div(className="debrief-scores", **attrs({"data-el": "scores"})),
            html.Div(className="debrief-whole", **attrs({"data-el": "whole"})),
        ],
        className="train-panel debrief-panel",
    )


def _panel(title: str, name: str, *, wide: bool = False) -> html.Section:
    legend = [html.P(LEGEND)] if wide else []
    body: Sequence[Component] = [
        html.H2(title),
        *legend,
        html.Div(className=f"debrief-{name}", **attrs({"data-el": name})),
    ]
    return html.Section(list(body), className=f"train-panel debrief-panel{' debrief-wide' if wide else ''}")
