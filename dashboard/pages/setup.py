"""Opening a session: who, how much, which limits. Checked as it is typed; nothing is recorded before "Open session"."""

from typing import Any

from anyio import to_thread
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from config.models.protocols import shipped_dose_guard
from dashboard import ids
from dashboard.pages import _before_start, _plan
from dashboard.pages._nav import attrs, empty, mark, not_approved, page
from dashboard.pages._prescreen import questions, risk_id, suggested
from dashboard.pages.services import PlanError, ProfileInfo, Services
from dashboard.session.numbers import num
from dashboard.session.prescreen import RISKS, differs

PATH = "/setup/<bed>"

#: Field of the form -> id of what it is typed into.
FIELDS: dict[str, str] = {
    "patient": ids.SETUP_PATIENT,
    "age": ids.SETUP_AGE,
    "weight": ids.SETUP_WEIGHT,
    "weight_again": ids.SETUP_WEIGHT_AGAIN,
    "protocol": ids.SETUP_PROTOCOL,
    "planned_mg": ids.SETUP_PLANNED_MG,
    "planned_min": ids.SETUP_PLANNED_MIN,
    "concentration": ids.SETUP_CONCENTRATION,
    "concentration_again": ids.SETUP_CONCENTRATION_AGAIN,
    "depth": ids.SETUP_DEPTH,
    "profile": ids.SETUP_PROFILE,
    "profile_reason": ids.SETUP_PROFILE_REASON,
    "scale": ids.SETUP_SCALE,
    "by": ids.SETUP_BY,
}


DEPTHS = [
    ("minimal", "Minimal", "answers to voice as usual"),
    ("moderate", "Moderate", "answers to voice or light touch"),
]


def error_id(field: str) -> str:
    return f"{FIELDS[field]}-error"


def layout(services: Services, bed: str) -> html.Div:
    info = next((one for one in services.beds() if one.id == bed), None)
    if info is None:
        rooms = html.A("Back to the rooms", href="/", className="btn")
        return page("Rooms", [empty("No such bed", f"This station has no bed {bed!r}.", rooms)])
    if info.open_session is not None:
        prepared = services.preparation(bed)
        if prepared is not None:
            return _before_start.layout(services, info, prepared)
        go = html.A("Go to the bed", href=f"/live/{bed}", className="btn btn-primary")
        return page("Rooms", [empty(info.title, "A session is open at this bed already.", go)])
    profiles = list(services.profiles())
    head = html.Div(
        [
            html.H1(["Set up ", info.title]),
            mark("simulation" if info.simulation else "live"),
            html.Span(
                not_approved(), id=f"{ids.SETUP_PROFILE}-mark", hidden=_approved(profiles, services.default_profile())
            ),
            html.Span("A name or initials stay in the record: no birth date, no number.", className="hushed head-note"),
        ],
        className="sheet-head",
    )
    return page(
        "Rooms",
        [
            dcc.Store(id=ids.SETUP_BED, data=bed),
            dcc.Location(id=ids.SETUP_GO, refresh=True),
            head,
            html.Div([_form(services, profiles, info.simulation), _side()], className="setup"),
        ],
        name="setup-page",
    )


def _form(services: Services, profiles: list[ProfileInfo], simulation: bool) -> html.Form:
    people = [(name, name, "") for name in services.people()]
    protocols = [(one.code, one.title, one.indication) for one in services.protocols()]
    limits = [(p.id, p.title, _about(p)) for p in profiles if simulation or not p.training]
    scales = [(one.id, one.title, "") for one in services.scales()]
    by = _choice("by", "Opened by", people, None) if people else _text("by", "Opened by", hint="your name")
    patient: list[Component] = [
        _text("patient", "Initials", hint="or a made-up name"),
        _text("age", "Age", "years", hint="optional", number=True),
        _text("weight", "Weight", "kg", number=True),
        _text("weight_again", "Weight again", "kg", hint="a second time", number=True),
    ]
    plan: list[Component] = [
        _choice("protocol", "Protocol", protocols, None, wide=True),
        _text("planned_mg", "Planned dose", "mg", hint="from protocol", number=True),
        _text("planned_min", "Planned time", "min", hint="from protocol", number=True),
        _text("concentration", "Concentration", "mg/mL", hint="see the bag", number=True),
        _text("concentration_again", "Concentration again", "mg/mL", number=True),
    ]
    watching: list[Component] = [
        _choice("profile", "Alarm profile", limits, services.default_profile(), wide=True),
        html.Div(
            _text("profile_reason", "Why not the suggested profile", hint="recorded", long=True),
            id=f"{ids.SETUP_PROFILE_REASON}-row",
            className="field-wide",
            hidden=True,
        ),
        _choice("depth", "Intended depth", DEPTHS, "minimal"),
        _choice("scale", "Consciousness scale", scales, "moaas"),
        by,
    ]
    return html.Form(
        [_section("Patient", patient), _section("Plan", plan), questions(), _section("Watching", watching)],
        id=ids.SETUP_FORM,
        className="setup-form",
        autoComplete="off",
    )


def _side() -> html.Div:
    return html.Div(
        [
            html.H2("The plan as an even pump rate"),
            html.Div(_no_dose(), id=ids.SETUP_DOSE, className="dose", **attrs({"aria-live": "polite"})),
            html.P(
                "This program does not control the pump. Set the pump, then record its rate at the bed.",
                className="hushed",
            ),
            html.Div(id=ids.SETUP_ERRORS, className="setup-errors", role="status", **attrs({"aria-live": "polite"})),
            html.Button(
                "Open session", id=ids.SETUP_OPEN, className="btn btn-primary setup-open", type="button", n_clicks=0
            ),
        ],
        className="plate setup-side",
    )


def _section(title: str, children: list[Component]) -> html.Fieldset:
    return html.Fieldset([html.Legend(title), html.Div(children, className="fields")], className="plate setup-section")


def _about(profile: ProfileInfo) -> str:
    approved = f"approved by {profile.approved_by}" if profile.approved else "not site approved"
    return f"{profile.differs} · {approved}" if profile.differs else approved


def _text(field: str, label: str, unit: str = "", hint: str = "", number: bool = False, long: bool = False) -> html.Div:
    box = dcc.Input(
        id=FIELDS[field], type="text", className="field-input", debounce=0.15, autoComplete="off", maxLength=200 if long else 40, spellCheck=False,
        inputMode="numeric" if number else "latin",
    )  # fmt: skip
    title = html.Span([label, html.Span(hint, className="field-hint")] if hint else label, className="field-label")
    line = html.Div([box, html.Span(unit, className="field-unit")] if unit else box, className="field-line")
    return html.Div(
        [html.Label([title, line]), html.Div(id=error_id(field), className="field-error", role="alert")],
        className="field",
        id=f"{FIELDS[field]}-box",
    )


def _choice(
    field: str, label: str, options: list[tuple[str, str, str]], value: str | None, wide: bool = False
) -> html.Div:
    return _labelled(field, label, _radio(field, options, value, wide), wide)


def _radio(field: str, options: list[tuple[str, str, str]], value: str | None, wide: bool = False) -> dcc.RadioItems:
    """Every choice in sight and as large as a finger; `options`: value, title, small print."""
    shown = [
        {
            "value": code,
            "label": html.Span([html.B(title), html.Small(note)] if note else html.B(title), className="pill-text"),
        }
        for code, title, note in options
    ]
    return dcc.RadioItems(
        id=FIELDS[field],
        options=shown,
        value=value,
        className="pills pills-wide" if wide else "pills",
    )


def _labelled(field: str, label: str, child: Component, wide: bool = False) -> html.Div:
    return html.Div(
        [
            html.Div(label, className="field-label", id=f"{FIELDS[field]}-label"),
            html.Div(child, role="group", **attrs({"aria-labelledby": f"{FIELDS[field]}-label"})),
            html.Div(id=error_id(field), className="field-error", role="alert"),
        ],
        className="field field-wide" if wide else "field field-choice",
        id=f"{FIELDS[field]}-box",
    )


def register(app: Dash, services: Services) -> None:
    guard = shipped_dose_guard()
    _before_start.register(app, services)

    @app.callback(
        Output(ids.SETUP_PLANNED_MG, "value"),
        Output(ids.SETUP_PLANNED_MIN, "value"),
        Input(ids.SETUP_PROTOCOL, "value"),
        Input(ids.SETUP_WEIGHT, "value"),
        prevent_initial_call=True,
    )
    async def compute(protocol: str | None, weight: str | None) -> tuple[Any, Any]:
        known = {one.code: one for one in await to_thread.run_sync(services.protocols)}
        filled = _plan.fill(known.get(protocol or ""), weight or "")
        return filled if filled is not None else (no_update, no_update)

    @app.callback(
        *(Output(error_id(name), "children") for name in FIELDS),
        Output(ids.SETUP_DOSE, "children"),
        Output(ids.SETUP_ERRORS, "children"),
        Output(f"{ids.SETUP_PROFILE}-mark", "hidden"),
        Output(ids.SETUP_GO, "href"),
        Output(ids.SETUP_SUGGESTED, "children"),
        Output(f"{ids.SETUP_PROFILE_REASON}-row", "hidden"),
        Input(ids.SETUP_OPEN, "n_clicks"),
        *(Input(element, "value") for element in FIELDS.values()),
        *(Input(risk_id(risk.id), "value") for risk in RISKS),
        State(ids.SETUP_BED, "data"),
        prevent_initial_call=True,
    )
    async def judge(clicks: int, *typed: Any) -> Any:
        *values, bed = typed
        form = dict(zip(FIELDS, values[: len(FIELDS)], strict=True))
        risks = dict(zip((risk.id for risk in RISKS), values[len(FIELDS) :], strict=True))
        profiles, scales, people = await to_thread.run_sync(
            lambda: (list(services.profiles()), list(services.scales()), list(services.people()))
        )
        checked = _plan.check(form, guard, [p.id for p in profiles], [s.id for s in scales], people, risks)
        pressed = ctx.triggered_id == ids.SETUP_OPEN and clicks > 0
        errors = dict(checked.errors)
        if not pressed:
            errors.pop("profile_reason", None)  # the field has only just appeared
        else:
            errors |= {name: f"{_plan.LABELS[name]}: still empty" for name in checked.missing}
        said: list[Component] = [html.P(line, className="setup-warning") for line in checked.warnings]
        href: Any = no_update
        if pressed and checked.plan is not None:
            try:
                plan = checked.plan
                await to_thread.run_sync(lambda: services.open_session(bed, plan, str(form["by"])))
                href = f"/setup/{bed}?opened"  # another address, or the browser would stay where it is
            except PlanError as refusal:
                if refusal.field in FIELDS:
                    errors[refusal.field] = str(refusal)
                said.append(html.P(f"Not opened: {refusal}", className="setup-error"))
        elif pressed:
            count = len(errors)
            said.append(
                html.P(
                    f"Not opened: {count} {'field needs' if count == 1 else 'fields need'} attention.",
                    className="setup-error",
                )
            )
        approved = _approved(profiles, str(form["profile"] or ""))
        shown = [errors.get(name, _note(name, form)) for name in FIELDS]
        told = suggested(checked.suggested, profiles, form["profile"])
        kept = not differs(checked.suggested, str(form["profile"] or ""))
        return *shown, _dose(checked.dose), said, approved, href, told, kept


def _note(field: str, form: dict[str, Any]) -> Any:
    """Under the weight: the same in pounds, so that a mix-up is seen while typing."""
    words = _plan.pounds(str(form["weight"] or "")) if field == "weight" else ""
    return html.Span(words, className="field-note") if words else ""


def _approved(profiles: list[ProfileInfo], profile: str) -> bool:
    return any(one.id == profile and one.approved for one in profiles)


def _no_dose() -> list[Component]:
    return [
        html.Div([html.B("–"), html.Span(unit)], className="dose-row dose-none") for unit in ("mL/h", "mg/h", "mg/kg/h")
    ]


def _dose(dose: _plan.Dose | None) -> list[Component]:
    """All three units together: a tenfold slip shows in at least one."""
    if dose is None:
        return _no_dose()
    rows = ((dose.rate_ml_h, 1, "mL/h"), (dose.rate_mg_h, 1, "mg/h"), (dose.rate_mg_kg_h, 2, "mg/kg/h"))
    band = html.P(dose.band.text, className="setup-warning" if dose.band.priority else "dose-band")
    return [
        *(
            html.Div([html.B(num(value, decimals)), html.Span(unit)], className="dose-row")
            for value, decimals, unit in rows
        ),
        band,
    ]
