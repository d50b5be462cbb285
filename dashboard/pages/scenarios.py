"""Scenarios: the list of what can be trained, and an editor of one. Python lays out the places, `assets/train-scenario.js` fills them."""

import json

from dash import html
from dash.development.base_component import Component

from dashboard.pages._nav import attrs, empty, page
from dashboard.pages._train_nav import train_right
from dashboard.pages.services import Services
from dashboard.training.library import Entry, LibraryError, Text
from dashboard.training.preview import LONGEST_S

PATH = "/train/scenarios"


def layout(services: Services, scenario: str = "") -> html.Div:
    """The list, or with `scenario` the editor of that one."""
    if services.training_bed() is None:
        return _sheet([empty("No training room", "This program was started without one.")])
    if not scenario:
        return _sheet([_list(services.scenarios().entries())])
    try:
        return _sheet([_editor(services.scenarios().read(scenario))])
    except LibraryError as error:
        back = html.A("All scenarios", href=PATH, className="btn")
        return _sheet([empty("This scenario cannot be opened", f"{error}.", back)])


def _sheet(children: list[Component]) -> html.Div:
    return page("Training", children, right=train_right("Scenarios"), name="train")


# -- the list ---------------------------------------------------------------------------------------------------------


def _list(entries: list[Entry]) -> html.Div:
    own = [one for one in entries if one.own]
    return html.Div(
        [
            html.Div(
                [
                    html.H1("Scenarios"),
                    html.P(
                        "To make one of your own, begin with the one that comes nearest. Shipped ones stay as they are: "
                        "what you change is saved under another id."
                    ),
                    html.A("Training room", href="/train", className="btn"),
                ],
                className="train-panel scenarios-head",
            ),
            _group("Your own", own, "None yet. Choose “New from this” at one of the shipped ones."),
            _group("Shipped", [one for one in entries if not one.own], "There are none."),
        ],
        className="scenarios",
        id="scenarios",
    )


def _group(title: str, entries: list[Entry], none: str) -> html.Section:
    rows: list[Component] = [_row(one) for one in entries] or [html.P(none)]
    return html.Section([html.H2(title), *rows], className="train-panel")


def _row(one: Entry) -> html.Div:
    about: Component
    if one.scenario is None:
        about = html.Span(one.problem, className="scenarios-problem")
        title = one.id
    else:
        who = one.scenario.patient
        about = html.Span(
            f"{one.id} · {who.age_y:g} y · {who.sex} · {who.weight_kg:g} kg · {one.scenario.duration_s / 60:.0f} min · {one.scenario.profile}"
        )
        title = one.scenario.title
    links = [html.A("New from this", href=f"{PATH}/{one.id}#new" if one.own else f"{PATH}/{one.id}", className="btn")]
    if one.own:
        links.insert(0, html.A("Edit", href=f"{PATH}/{one.id}", className="btn"))
    return html.Div(
        [html.Div([html.B(title), about], className="scenarios-about"), html.Div(links, className="scenarios-links")],
        className="scenarios-row",
        **attrs({"data-scenario": one.id, "data-broken": str(bool(one.problem)).lower()}),
    )


# -- the editor -------------------------------------------------------------------------------------------------------


def _editor(found: Text) -> html.Div:
    config = {"id": found.id, "own": found.own, "text": found.text, "digest": found.digest, "longest_s": LONGEST_S}
    return html.Div(
        [
            html.Div(
                [
                    html.A("‹ All scenarios", href=PATH, className="btn"),
                    _place("id"),
                    _button("Save", "save", "btn btn-primary"),
                    _button("Try it", "try"),
                    *([_button("Delete", "delete")] if found.own else []),
                    html.Span(className="scenario-said", role="status", **attrs({"data-el": "said"})),
                    html.A("Training room", href="/train", className="btn scenario-back"),
                ],
                className="train-panel scenario-bar",
            ),
            html.Section(
                [
                    html.Div(className="scenario-text", **attrs({"data-el": "text"})),
                    html.Div(className="scenario-problems", role="status", **attrs({"data-el": "problems"})),
                ],
                className="train-panel scenario-left",
            ),
            html.Section(
                [
                    html.Div(
                        [
                            html.H2("When nobody acts"),
                            html.Span("thick: true · thin: on the monitor · C: thick effect site, thin plasma"),
                            html.Span(className="scenario-fresh", **attrs({"data-el": "fresh"})),
                        ],
                        className="train-head",
                    ),
                    html.Div(
                        className="scenario-plot",
                        role="img",
                        **attrs({"data-el": "plot", "aria-label": "The patient's course when nobody acts"}),
                    ),
                    html.Div(className="scenario-lane", **attrs({"data-el": "lane"})),
                    html.H2("Expected alarms"),
                    html.Div(className="scenario-expected", **attrs({"data-el": "expected"})),
                ],
                className="train-panel scenario-right",
            ),
        ],
        className="scenario",
        id="scenario",
        **attrs({"data-config": json.dumps(config), "data-state": "loading"}),
    )  # fmt: skip


def _place(name: str) -> html.Div:
    return html.Div(className=f"scenario-{name}", **attrs({"data-el": name}))


def _button(words: str, do: str, name: str = "btn") -> html.Button:
    return html.Button(words, className=name, type="button", **attrs({"data-do": do}))
