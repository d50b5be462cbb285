"""Who reviews, and the act of signing. Keys, saving and undo are in the browser (`assets/alarms-verdicts.js`)."""

import json
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.pages._nav import attrs

MEANS = (
    "From then on your verdicts on this session's alarms stand: neither you nor anybody else can change them here. "
    "Other reviewers may still agree or differ, and both words stay side by side. This signs the review of the alarms, not the session."
)


def reviewer(people: Sequence[str]) -> html.Label:
    return html.Label(
        [
            html.Span("Reviewer", className="alarms-label"),
            html.Select(
                [html.Option("choose …", value=""), *(html.Option(name, value=name) for name in people)],
                className="pick",
                **attrs({"data-el": "reviewer", "data-people": json.dumps(list(people))}),
            ),
        ],
        className="alarms-reviewer",
    )


def sign_button() -> html.Button:
    return html.Button("Sign …", type="button", className="btn", disabled=True, **attrs({"data-do": "sign"}))


def sign_dialog() -> Component:
    dialog: Component = html.Dialog(
        [
            html.H2("Sign the review of the alarms"),
            html.P("", **attrs({"data-el": "sign-what"}), className="sign-what"),
            html.P(MEANS),
            html.P("", className="sign-error", role="alert", **attrs({"data-el": "sign-error"})),
            html.Div(
                [
                    html.Button("Cancel", type="button", className="btn", **attrs({"data-do": "sign-cancel"})),
                    html.Button("Sign", type="button", className="btn btn-primary", **attrs({"data-do": "sign-now"})),
                ],
                className="sign-acts",
            ),
        ],
        className="sign",
        **attrs({"data-el": "sign", "aria-label": "Sign the review of the alarms"}),
    )
    return dialog
