"""The panel "What if …" at the bottom of /alarms: other limits, and what they would have done to the sessions shown.

`layout(services)` is the panel, `register(app, services)` ties it to the sessions that the page shows (`ids.ALARMS_SCOPE`, holding
`{"store": "live"|"simulation", "sessions": [ids]}`). Everything a person does in it stays in the browser (`assets/whatif.js`), which
asks the server by the routes of `_whatif_api`: typing must not wait for a round trip of a page's callbacks.
"""

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.pages import _profiles
from dashboard.pages._nav import attrs
from dashboard.pages.services import Services

#: The rows of the chart: what the answers of the server call it, and what stands beside it.
BARS = (("high", "high"), ("medium", "medium"), ("low", "low"), ("short", "shorter than 15 s"))


def layout(services: Services) -> html.Section:
    return html.Section(
        [
            dcc.Store(id=ids.WHATIF_SCOPE),
            _head(),
            html.Div(
                "No sessions are shown: choose some above, and this asks what other limits would have done to them.",
                className="wi-empty", hidden=True, **attrs({"data-el": "wi-empty"}),
            ),
            html.Div([_limits(), _bars(), _changes()], className="wi-body", **attrs({"data-el": "wi-body"})),
            _items_dialog(),
            _propose_dialog(),
            _profiles.dialog(),
        ],
        className="plate whatif", **attrs({"data-el": "whatif", "aria-label": "What if"}),
    )  # fmt: skip


def _head() -> html.Div:
    return html.Div(
        [
            html.H2("What if …"),
            html.Span("", className="hushed wi-about", **attrs({"data-el": "wi-about"})),
            html.Div(
                [
                    html.Select([], className="pick", hidden=True, **attrs({"data-el": "wi-profile", "aria-label": "Profile"})),
                    html.Div(
                        [_toggle("all", "All shown"), _toggle("one", "One session")],
                        className="toggles", hidden=True, **attrs({"data-el": "wi-which", "role": "group", "aria-label": "Sessions"}),
                    ),
                    _profiles.button(),
                ],
                className="wi-head-right",
            ),
        ],
        className="wi-head",
    )  # fmt: skip


def _toggle(value: str, text: str) -> html.Button:
    return html.Button(text, type="button", className="toggle", **attrs({"data-which": value, "aria-pressed": "false"}))


def _limits() -> html.Div:
    return html.Div(
        [
            html.Div([], className="wi-rows", **attrs({"data-el": "wi-rows"})),
            html.Div(
                [
                    html.Select([], className="pick", **attrs({"data-el": "wi-add", "aria-label": "Add a rule"})),
                    _button("plain", "Without delay and hysteresis"),
                    _button("reset", "Reset"),
                ],
                className="wi-acts",
            ),
            html.P("", className="wi-error", role="alert", **attrs({"data-el": "wi-error"})),
            html.Div(
                [
                    html.Button("Re-run", type="button", className="btn btn-primary wi-run", disabled=True, **attrs({"data-do": "run"})),
                    html.Button("Propose …", type="button", className="btn", disabled=True, **attrs({"data-do": "propose"})),
                ],
                className="wi-acts",
            ),
            html.Div(
                [
                    html.Progress(value="0", max="1", **attrs({"data-el": "wi-bar", "aria-label": "Sessions re-run"})),
                    html.Span("", **attrs({"data-el": "wi-progress", "role": "status"})),
                    _button("off", "Stop"),
                ],
                className="wi-progress", **attrs({"data-el": "wi-running"}),
            ),
        ],
        className="wi-limits",
    )  # fmt: skip


def _bars() -> html.Div:
    rows = [
        html.Div(
            [
                html.Span(words, className="wi-bar-name"),
                html.Div([_bar("before"), _bar("after")], className="wi-pair"),
            ],
            className="wi-bar-row", **attrs({"data-bar": key}),
        )
        for key, words in BARS
    ]  # fmt: skip
    key = html.Div(
        [
            html.Span([html.I(className="wi-key wi-before"), "now"]),
            html.Span([html.I(className="wi-key wi-after"), "new limits"]),
        ],
        className="wi-keys",
    )
    return html.Div(
        [
            html.H3(["Alarms per hour", key]),
            *rows,
            html.P("", className="wi-short", **attrs({"data-el": "wi-short"})),
        ],
        className="wi-chart",
    )


def _bar(run: str) -> html.Div:
    return html.Div([html.I(className=f"wi-fill wi-{run}"), html.B("–")], className="wi-one", **attrs({"data-run": run}))  # fmt: skip


def _changes() -> html.Div:
    return html.Div(
        [
            html.H3("What changes"),
            html.Div([], className="wi-lines", **attrs({"data-el": "wi-lines", "aria-live": "polite"})),
            html.P("", className="wi-notes hushed", **attrs({"data-el": "wi-notes"})),
        ],
        className="wi-changes",
    )


def _items_dialog() -> Component:
    dialog: Component = html.Dialog(
        [
            html.H2("", **attrs({"data-el": "wi-items-title"})),
            html.Div([], className="wi-items", **attrs({"data-el": "wi-items"})),
            html.Div([_button("items-close", "Close")], className="sign-acts"),
        ],
        className="sign wi-dialog", **attrs({"data-el": "wi-items-dialog", "aria-label": "Moments"}),
    )  # fmt: skip
    return dialog


def _propose_dialog() -> Component:
    dialog: Component = html.Dialog(
        [
            html.H2("", **attrs({"data-el": "wi-propose-title"})),
            html.P(
                "A proposal changes no patient's limits. It waits until a physician approves it; new sessions then start with it. What the panel "
                "found is kept with it.",
            ),
            html.Div([], className="wi-items", **attrs({"data-el": "wi-propose-what"})),
            html.Label(["Proposed by", html.Select([], className="pick", **attrs({"data-el": "wi-by"}))], className="wi-field"),
            html.Label(
                ["Reason", dcc.Input(type="text", maxLength=500, className="pick", placeholder="why these limits", id="whatif-reason")],
                className="wi-field",
            ),
            html.P("", className="sign-error", role="alert", **attrs({"data-el": "wi-propose-error"})),
            html.Div(
                [
                    _button("propose-cancel", "Cancel"),
                    html.Button("Propose", type="button", className="btn btn-primary", **attrs({"data-do": "propose-now"})),
                ],
                className="sign-acts",
            ),
        ],
        className="sign wi-dialog", **attrs({"data-el": "wi-propose-dialog", "aria-label": "Propose a profile version"}),
    )  # fmt: skip
    return dialog


def _button(do: str, text: str) -> html.Button:
    return html.Button(text, type="button", className="btn", **attrs({"data-do": do}))


def register(app: Dash, services: Services) -> None:
    """Nothing is computed here: the browser hears which sessions are shown."""
    app.clientside_callback(
        ClientsideFunction("whatif", "scope"), Output(ids.WHATIF_SCOPE, "data"), Input(ids.ALARMS_SCOPE, "data")
    )
