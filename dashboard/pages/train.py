"""The training room: a trainer steers a simulated run. Python lays out the places, `assets/train.js` writes what lives."""

import json
from collections.abc import Sequence

from dash import Dash, html
from dash.development.base_component import Component

from dashboard.pages import _train_compare, _train_runs, _train_sheet
from dashboard.pages._nav import attrs, empty, page
from dashboard.pages._train_nav import train_right
from dashboard.pages.services import Services
from dashboard.training.catalogue import ACTIONS, CUES, INJECTIONS, LEVEL_CUE, OVERRIDES, Choice
from dashboard.training.library import Library

PATH = "/train"
#: The trainee's page below it: the live page of a bed that is no room of the station.
TRAINEE = "trainee"
SPEEDS = ("0.5", "1", "5", "20")
#: For somebody who opens the room for the first time; shown until a run begins.
STEPS = (
    "Say who the trainer is, top right.",
    "Choose a scenario. What the patient went through before is made first, in a few seconds.",
    "Open the trainee's page on the trainee's screen: the live page, marked SIMULATION.",
    "Inject what goes wrong, tell what no monitor shows, tap what the trainee does.",
    "Mark moments worth going back to; a rewind makes a new run and keeps the old one.",
    "End and debrief: what was done when, against the targets, and what the patient really went through.",
)


def layout(services: Services, session: str = "") -> html.Div:
    """The room; with `session` the debrief of that run; all runs; or two of them beside each other."""
    if session == "runs":
        return _train_runs.layout(services)
    if session == "compare":
        return _train_compare.layout(services)
    if session:
        return _train_sheet.layout(session, services.people())
    bed = services.training_bed()
    if bed is None:
        return page("Training", [empty("No training room", "This program was started without one.")], name="train")
    config = {"bed": bed, "people": list(services.people()), "scenarios": _scenarios(services.scenarios())}
    return page(
        "Training",
        [
            html.Div(
                [_left(), _middle(), _right()],
                className="train-room",
                id="train",
                **attrs({"data-config": json.dumps(config), "data-state": "loading"}),
            )
        ],
        right=[
            *train_right(),
            html.Span(className="train-person", **attrs({"data-el": "person"})),
        ],
        name="train",
    )


def register(app: Dash, services: Services) -> None:
    """Nothing to do: what lives comes from `/train/api`."""


def _scenarios(library: Library) -> list[dict[str, object]]:
    found = []
    for entry in library.entries():
        one = entry.scenario
        if one is None or entry.problem:
            continue  # the list of scenarios says what is wrong in it; the others can be run
        found.append(
            {
                "id": one.id, "title": one.title, "profile": one.profile, "seed": one.seed,
                "minutes": round(one.duration_s / 60), "from_s": one.live_from_s, "own": entry.own,
                "about": f"{one.patient.age_y:g} y · {one.patient.sex} · {one.patient.weight_kg:g} kg",
            }
        )  # fmt: skip
    return found


def _panel(title: str, children: Sequence[Component], name: str) -> html.Section:
    return html.Section([html.H2(title), *children], className=f"train-panel train-{name}")


def _scrolls(children: Sequence[Component]) -> html.Div:
    """The part of a column that scrolls; what stands beside it in the column never moves."""
    return html.Div(children, className="train-scroll")


def _el(name: str, text: str = "") -> html.Div:
    return html.Div(text, className=f"train-{name}", **attrs({"data-el": name}))


def _button(words: str, do: str, name: str = "btn", **data: str) -> html.Button:
    extra = {f"data-{key.replace('_', '-')}": value for key, value in data.items()}
    return html.Button(words, className=name, type="button", disabled=True, **attrs({"data-do": do, **extra}))


def _choices(choices: Sequence[Choice], do: str) -> html.Div:
    buttons = [
        _button(
            one.label,
            do,
            "btn train-choice",
            effect=json.dumps(dict(one.effect)) if one.effect else "",
            label=one.label,
        )
        for one in choices
    ]
    return html.Div(buttons, className="train-choices")


def _left() -> html.Div:
    pins = [
        html.Div(
            [
                html.Span(label, className="train-pin-label"),
                html.Span("model", className="train-pin-now tabular", **attrs({"data-el": f"pin-{signal}"})),
                html.Span(className="train-pin-place", **attrs({"data-pin-place": signal, "data-words": f"{label} shown, {unit}"})),
                _button("pin", "pin", "btn train-pin", signal=signal),
            ],
            className="train-pin-row",
        )
        for signal, label, unit in OVERRIDES
    ]  # fmt: skip
    return html.Div(
        [
            html.Section([_el("scenario"), _el("script")], className="train-panel train-about"),
            _scrolls(
                [
                    _panel("Inject now", [_el("why"), _choices(INJECTIONS, "inject")], "inject"),
                    _panel("What the monitor shows", pins, "pins"),
                ]
            ),
        ],
        className="train-column",
    )


def _middle() -> html.Div:
    controls = html.Div(
        [
            _el("clock", "––:––"),
            _button("Pause", "pace", "btn btn-primary train-pause"),
            *(_button(f"{speed}x", "speed", "btn train-speed", speed=speed) for speed in SPEEDS),
            _button("★ Mark", "mark"),
            _button("⟲ Back", "rewind", "btn train-back"),
            html.Span(className="train-muted", **attrs({"data-el": "muted"})),
        ],
        className="train-panel train-controls",
    )
    return html.Div(
        [
            controls,
            html.Section(
                _el("waves"), className="train-panel train-strip", **attrs({"aria-label": "The patient's waves"})
            ),
            html.Section(
                [
                    html.Div(
                        [
                            html.H2("Truth (hidden from the trainee)"),
                            html.Span(className="train-untouched", **attrs({"data-el": "untouched"})),
                            html.Span("as the monitor shows it: thin"),
                        ],
                        className="train-head",
                    ),
                    html.Div(
                        className="train-plot",
                        role="img",
                        **attrs({"data-el": "plot", "aria-label": "Truth and monitor"}),
                    ),
                    _el("now"),
                ],
                className="train-panel train-truth",
            ),
            html.Section(
                [
                    html.Div(
                        [
                            html.H2("Trainee against the script"),
                            html.Span(_train_sheet.COUNTED, className="train-counted"),
                            html.Span(className="train-unscored", **attrs({"data-el": "unscored"})),
                        ],
                        className="train-head",
                    ),
                    _el("score"),
                ],
                className="train-panel train-against",
            ),
            _panel("What happened", [_el("rows")], "record"),
        ],
        className="train-column train-wide",
    )


def _right() -> html.Div:
    cues = [
        html.Div(
            [
                html.Span(
                    "answers (level)" if kind == LEVEL_CUE else kind,
                    className="train-cue-kind",
                    title="What a check of consciousness (MOAA/S) finds" if kind == LEVEL_CUE else "",
                ),
                *(_button(text, "cue", "btn train-choice", cue=kind, text=text) for text in texts),
            ],
            className="train-cue",
        )
        for kind, texts in CUES.items()
    ]
    screen = html.Section(
        [
            html.Div(
                [
                    html.H2("Trainee's screen"),
                    html.Span(
                        className="train-by",
                        title="unwatched: nobody has the trainee's page before them",
                        **attrs({"data-el": "watched"}),
                    ),
                    html.A("open it", href=f"{PATH}/{TRAINEE}", target="_blank", className="train-open"),
                ],
                className="train-head",
            ),
            _el("mirror"),
        ],
        className="train-panel train-trainee",
    )
    return html.Div(
        [
            _scrolls(
                [
                    _panel("Trainee did (acts on the patient)", [_choices(ACTIONS, "act")], "acts"),
                    screen,
                    _panel("How a run goes", [html.Ol([html.Li(step) for step in STEPS])], "how"),
                    _panel("Patient cues (told to the trainee)", [html.Div(cues, className="train-cues")], "cues-panel"),
                    _panel("Marks and comments", [_el("marks")], "marks-panel"),
                ]
            ),
            html.Section(
                [
                    html.Div([html.H2("To be told now", **attrs({"data-el": "tell-head"})), _el("cues-now")], className="train-tell"),
                    _el("comment-place"),
                    _button("End and debrief", "end", "btn btn-primary"),
                    _button("Restart patient", "restart"),
                ],
                className="train-panel train-end",
            ),
        ],
        className="train-column",
    )  # fmt: skip
