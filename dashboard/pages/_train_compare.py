"""Two runs beside each other: places only; `assets/train-compare.js` reads the two from the address and fills them."""

from dash import html

from dashboard.pages._nav import attrs, empty, page
from dashboard.pages._train_nav import train_right
from dashboard.pages.services import Services

LEGEND = (
    "bars: alarms in the colour of their priority, the worst on top; an upright stroke: acknowledged · green: the trainee did · "
    "violet: put in by trainer or scenario, told, paced · A filled, B hollow"
)


def layout(services: Services) -> html.Div:
    if services.training_bed() is None:
        return page("Training", [empty("No training room", "This program was started without one.")], name="train")
    return page(
        "Training",
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Div(
                                [
                                    html.H1("Two runs", className="debrief-title", **attrs({"data-el": "title"})),
                                    html.Div(
                                        [
                                            html.A("All runs", href="/train/runs", className="btn"),
                                            html.A("Training room", href="/train", className="btn btn-primary"),
                                        ],
                                        className="debrief-links",
                                    ),
                                ],
                                className="compare-top",
                            ),
                            html.Div("loading …", className="compare-sides", role="status", **attrs({"data-el": "sides"})),
                            html.P(className="compare-say", hidden=True, **attrs({"data-el": "say"})),
                        ],
                        className="train-panel debrief-head",
                    ),
                    html.Section(
                        [
                            html.H2("Both on the scenario's clock"),
                            html.P(LEGEND, className="compare-legend"),
                            html.Div(className="compare-figure", **attrs({"data-el": "figure"})),
                        ],
                        className="train-panel debrief-wide compare-hidden",
                    ),
                    html.Section(
                        [html.H2("Scores side by side"), html.Div(**attrs({"data-el": "pairs"}))],
                        className="train-panel debrief-wide compare-scores compare-hidden",
                    ),
                    *(
                        html.Section(
                            [html.H2(f"{side.upper()}: alarms, what the trainee did, what was put in and told"), html.Div(**attrs({"data-el": f"acts-{side}"}))],
                            className="train-panel compare-scores compare-hidden",
                        )
                        for side in ("a", "b")
                    ),
                ],
                className="debrief compare",
                id="train-compare",
                **attrs({"data-state": "loading"}),
            )
        ],
        right=train_right("Compare"),
        name="train",
    )  # fmt: skip
