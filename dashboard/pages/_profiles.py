"""Versions of the alarm profiles: what was proposed, by whom and why, what differs, and the site's approval. A dialog, opened from /alarms;
what it shows and sends is in `assets/whatif-profiles.js`."""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages._nav import attrs

MEANS = (
    "New sessions then start with these limits, and their screens no longer say LIMITS NOT SITE APPROVED. Sessions that run keep the limits "
    "they were opened with. An approval is recorded with your name and cannot be taken back: propose another version instead."
)


def button() -> html.Button:
    return html.Button("Profile versions …", type="button", className="btn", **attrs({"data-do": "profiles"}))


def dialog() -> Component:
    made: Component = html.Dialog(
        [
            html.Div(
                [
                    html.H2("Alarm profiles"),
                    html.Select([], className="pick", **attrs({"data-el": "pv-profile", "aria-label": "Profile"})),
                ],
                className="pv-head",
            ),
            html.Div(
                [
                    html.Div([], className="pv-list", role="group", **attrs({"data-el": "pv-list", "aria-label": "Versions"})),
                    html.Div([], className="pv-one", **attrs({"data-el": "pv-one"})),
                ],
                className="pv-body",
            ),
            html.Div(
                [
                    html.P(MEANS),
                    html.Label(["Approved by", html.Select([], className="pick", **attrs({"data-el": "pv-by"}))], className="wi-field"),
                    html.Label(
                        ["Note", dcc.Input(type="text", maxLength=300, className="pick", placeholder="optional", id="profiles-note")],
                        className="wi-field",
                    ),
                    html.Div(
                        [
                            html.Button("Cancel", type="button", className="btn", **attrs({"data-do": "pv-cancel"})),
                            html.Button("Approve", type="button", className="btn btn-primary", **attrs({"data-do": "pv-approve-now"})),
                        ],
                        className="sign-acts",
                    ),
                ],
                className="pv-approve", hidden=True, **attrs({"data-el": "pv-approve"}),
            ),
            html.P("", className="sign-error", role="alert", **attrs({"data-el": "pv-error"})),
            html.Div(
                [
                    html.Button("Close", type="button", className="btn", **attrs({"data-do": "pv-close"})),
                    html.Button("Approve …", type="button", className="btn", disabled=True, **attrs({"data-do": "pv-approve"})),
                ],
                className="sign-acts", **attrs({"data-el": "pv-foot"}),
            ),
        ],
        className="sign wi-dialog pv", **attrs({"data-el": "pv", "aria-label": "Alarm profiles"}),
    )  # fmt: skip
    return made
