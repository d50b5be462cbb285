"""The pre-screen on the set-up page: risks asked for, and the profile that they suggest. The person chooses."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.pages._nav import attrs
from dashboard.pages.services import ProfileInfo
from dashboard.session.prescreen import ANSWERS, RISKS, Suggestion


def risk_id(risk: str) -> str:
    return f"{ids.SETUP_RISK}-{risk}"


def questions() -> html.Fieldset:
    """Nothing is preselected: a question that nobody asked is not a no."""
    rows = [
        html.Div(
            [
                html.Span(risk.label, id=f"{risk_id(risk.id)}-label", className="risk-label"),
                html.Div(
                    dcc.RadioItems(
                        id=risk_id(risk.id),
                        options=[{"value": one, "label": "?" if one == "unknown" else one} for one in ANSWERS],
                        value=None,
                        className="segments risk-answers",
                    ),
                    role="group",
                    **attrs({"aria-labelledby": f"{risk_id(risk.id)}-label"}),
                ),
            ],
            className="risk",
        )
        for risk in RISKS
    ]
    return html.Fieldset(
        [html.Legend("Risks"), html.Div(rows, className="risks"), html.P(id=ids.SETUP_SUGGESTED, className="suggested")],
        className="plate setup-section",
    )  # fmt: skip


def suggested(
    found: Sequence[Suggestion], profiles: Sequence[ProfileInfo], chosen: str | None
) -> list[Component | str]:
    """What the answers suggest and why, and whether that is what is chosen."""
    if not found:
        return [html.Span("Nothing here suggests another profile than the clinic's own.", className="hushed")]
    titles = {one.id: one.title for one in profiles}
    out: list[Component | str] = []
    for one in found:
        mine = one.profile == chosen
        out += [
            html.B(f"{'✓ ' if mine else ''}{titles.get(one.profile, one.profile)} suggested"),
            f": {', '.join(one.because)}. ",
        ]
    if len(found) > 1:
        out.append(html.Span("They cannot be combined: choose the one for the greater risk.", className="hushed"))
    return out
