"""All runs of the training room, and how each target was met over them: places only; `assets/train-runs.js` fills them."""

from dash import html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.pages._grid import grid
from dashboard.pages._nav import attrs, empty, page
from dashboard.pages._train_nav import train_right
from dashboard.pages._train_runs_rows import columns
from dashboard.pages.services import Services

HINT = "Tick two runs to compare them · a click on a date opens the debrief"
ABOUT = (
    "Seconds count from when something could first be seen on the screen. Targets are training goals, no clinical standards. "
    "What ran faster than real time is not scored, and never counts as missed. A fork is a run of its own: what it repeats from the "
    "run it was forked from is carried over and counts there."
)


def layout(services: Services) -> html.Div:
    if services.training_bed() is None:
        return page("Training", [empty("No training room", "This program was started without one.")], name="train")
    return page(
        "Training",
        [
            html.Div(
                [
                    _head(),
                    html.Div(className="runs-problems", role="alert", hidden=True, **attrs({"data-el": "problems"})),
                    html.Div(
                        [
                            html.Div(
                                grid(
                                    ids.TRAIN_RUNS_GRID,
                                    columns(None),
                                    [],
                                    "No runs here",
                                    rowSelection={
                                        "mode": "multiRow",
                                        "checkboxes": True,
                                        "headerCheckbox": False,
                                        "enableClickSelection": False,
                                    },
                                    rowHeight=40,
                                    headerHeight=52,
                                ),
                                className="grid-box",
                            ),
                            html.Div(
                                [
                                    html.Span("reading the runs …", role="status", **attrs({"data-el": "count"})),
                                    html.Span(HINT, className="alarms-hint"),
                                ],
                                className="table-foot runs-foot",
                            ),
                        ],
                        className="plate runs-table",
                    ),
                    html.P(ABOUT, className="runs-about"),
                    html.Div(className="runs-cohorts", **attrs({"data-el": "cohorts"})),
                ],
                className="runs",
                id="train-runs",
                **attrs({"data-state": "loading", "data-grid": ids.TRAIN_RUNS_GRID}),
            )
        ],
        right=train_right("Runs"),
        name="train",
    )


def _head() -> html.Div:
    controls: list[Component] = [
        html.H1("Runs"),
        html.Select(
            [html.Option("All scenarios", value="")],
            className="pick pick-wide",
            **attrs({"aria-label": "Scenario", "data-el": "scenario"}),
        ),
        html.Div(className="alarms-dates", **attrs({"data-el": "dates"})),  # the script puts the fields in
        html.Button(
            "First attempts only",
            type="button",
            className="toggle",
            title="Without runs that were forked or restarted from another one",
            **attrs({"data-do": "first", "aria-pressed": "false"}),
        ),
        html.Div(
            [
                html.Button("Compare", type="button", className="btn btn-primary", disabled=True, **attrs({"data-do": "compare"})),
                html.Button("CSV", type="button", className="btn", title="What the table shows, as a file", **attrs({"data-do": "csv"})),
                html.A("Training room", href="/train", className="btn"),
            ],
            className="head-marks",
        ),
    ]  # fmt: skip
    return html.Div(controls, className="sheet-head runs-head")
