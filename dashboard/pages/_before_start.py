"""Between opening and start: what is missing, the baseline, and what a physician may waive. Each button records one entry."""

from collections.abc import Mapping, Sequence
from typing import Any

from anyio import to_thread
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from config.models.alarms import Gate
from dashboard import ids
from dashboard.bedside.before_start import Preparation
from dashboard.bedside.errors import EntryRefused
from dashboard.pages import _plan
from dashboard.pages._nav import attrs, mark, not_approved, page
from dashboard.pages.services import BedInfo, Services
from dashboard.session.gates import NAMES, NEWS2_SCALE, OVERRIDE, WITHOUT, Inside, overridden
from dashboard.session.numbers import num
from dashboard.session.prescreen import RISKS

#: Derived signal -> what stands over its field, and its unit.
VITALS = {
    "rate": ("HR", "/min"), "sbp": ("Systolic", "mmHg"), "dbp": ("Diastolic", "mmHg"), "spo2": ("SpO₂", "%"),
    "etco2": ("EtCO₂", "mmHg"), "rr": ("RR", "/min"), "temp": ("Temperature", "°C"),
}  # fmt: skip
REFRESH_MS = 3_000


def layout(services: Services, info: BedInfo, made: Preparation) -> html.Div:
    opened = made.session.opened
    patient = opened.patient if opened else ""
    go = html.A("Go to the bed", href=f"/live/{info.id}", className="btn btn-primary")
    head = html.Div(
        [
            html.H1("After the start" if made.started else "Before the start"),
            mark("simulation" if info.simulation else "live"),
            html.Span(not_approved(), hidden=made.profile.approved),
            html.Span(f"{info.title} · {patient} · {made.profile.title}", className="head-who"),
            html.Div(go, className="head-marks"),
        ],
        className="sheet-head",
    )
    people = list(services.physicians() if made.started else services.people())
    return page(
        "Rooms",
        [
            dcc.Store(id=ids.BEFORE_BED, data=info.id),
            dcc.Interval(id=ids.BEFORE_EVERY, interval=REFRESH_MS),
            head,
            html.Div(id=ids.BEFORE_SAID, className="before-said", role="status", **attrs({"aria-live": "polite"})),
            html.Div(
                [
                    html.Div([_baseline(made, people), _waive(services, made)], className="before-main"),
                    _side(made),
                ],
                className="before",
            ),
        ],
        name="setup-page before-page",
    )


def _side(made: Preparation) -> html.Div:
    return html.Div(
        [
            html.H2("What is missing"),
            html.Ul(needs(made), id=ids.BEFORE_NEEDS, className="needs"),
            html.Div(inside(made), id=ids.BEFORE_INSIDE, **attrs({"aria-live": "polite"})),
        ],
        className="plate setup-side",
    )


# -- what is missing ------------------------------------------------------------------------------------------------


def needs(made: Preparation) -> list[html.Li]:
    """Each thing that a start should not do without: there or missing; in red what stops the start."""
    session = made.session
    out = [
        _need(False, f"{NAMES.get(name, name)}: the infusion will not start without it", "stop") for name in made.absent
    ]
    for name in ("spo2", "rate", "etco2"):
        if name in made.absent:
            continue
        words = f"{NAMES[name]} is measured"
        if name not in made.seen:
            words = "No CO₂: no apnoea detection" if name == "etco2" else f"{NAMES[name]} is not measured"
            if overridden(session, name):
                words = f"Start without {NAMES[name]} decided by {session.checklist[f'{WITHOUT}{name}'].by}"
        out.append(_need(name in made.seen, words))
    values = made.baseline
    out.append(
        _need(bool(values), f"Baseline: {_said(values)}" if values else "No baseline: limits in percent stay silent")
    )
    if values and "sbp" not in values:
        out.append(_need(False, "Baseline without a blood pressure"))
    assessed = session.last_assessment
    out.append(_need(assessed is not None, "Consciousness assessed" if assessed else "Consciousness not assessed"))
    out.append(
        _need(bool(session.oxygen_log), "Oxygen recorded" if session.oxygen_log else "Oxygen or room air not recorded")
    )
    out.append(_need(bool(session.sounds), "Alarm sound heard" if session.sounds else "Alarm sound not confirmed"))
    asked = sum(risk.id in session.checklist for risk in RISKS)
    out.append(_need(asked == len(RISKS), f"Risks: {asked} of {len(RISKS)} answered"))
    for gate in made.profile.gates:
        if gate.id == "co2_line":  # said above, from the signal itself
            continue
        if gate.sbp_below is not None:
            out.append(_pressure(gate, values))
            continue
        done = session.checklist.get(gate.id)
        there = done is not None and done.event.answer == "yes"
        out.append(_need(there, gate.text, gate="" if there else gate.id))
    return out  # fmt: skip


def _pressure(gate: Gate, values: Mapping[str, float]) -> html.Li:
    """Judged by the baseline: nobody ticks off a number."""
    if "sbp" not in values:
        return _need(False, f"{gate.text}: no baseline pressure yet")
    high = values["sbp"] >= (gate.sbp_below or 0) or values.get("dbp", 0) >= (gate.dbp_below or float("inf"))
    return _need(not high, f"{gate.text}: baseline {_said({k: values[k] for k in ('sbp', 'dbp') if k in values})}")


def _need(there: bool, words: str, tone: str = "", gate: str = "") -> html.Li:
    tick: list[Component] = []
    if gate:
        tick = [
            html.Button(
                "Done", id={"type": "before-gate", "gate": gate}, n_clicks=0, type="button", className="btn need-done"
            )
        ]
    sign = "✓" if there else "✕" if tone == "stop" else "!"
    kind = "there" if there else tone or "missing"
    return html.Li(
        [html.Span(sign, className="need-sign", **attrs({"aria-hidden": "true"})), html.Span(words), *tick],
        className=f"need need-{kind}",
        **attrs({"aria-label": f"{'there' if there else 'missing'}: {words}"}),
    )  # fmt: skip


def inside(made: Preparation) -> list[Component]:
    """A baseline in a low step: said, and one point further out offered. Never moved by itself."""
    if not made.inside:
        return []
    return [html.H2("Baseline inside a low step"), *(_offer(one) for one in made.inside)]


def _offer(one: Inside) -> html.Div:
    unit = VITALS.get(one.signal, ("", ""))[1]
    said = f"{one.label}: the baseline of {num(one.value)} {unit} lies inside the low step {one.operator} {num(one.limit)}: it would alarm all the time."
    if one.offered is None:
        return html.Div(
            html.P(f"{said} It cannot be moved from here; a clinician decides in the limits at the bed."),
            className="inside",
        )
    rest = "" if one.helps else " The baseline would still lie inside."
    return html.Div(
        [
            html.P(f"{said}{rest}"),
            html.Button(
                f"Use {one.operator} {num(one.offered)} for this patient",
                id={"type": "before-lower", "rule": one.rule}, n_clicks=0, type="button", className="btn",
            ),
        ],
        className="inside",
    )  # fmt: skip


# -- forms ----------------------------------------------------------------------------------------------------------


def _baseline(made: Preparation, people: Sequence[str]) -> html.Fieldset:
    fields = [_number(name, label, unit, made.baseline.get(name)) for name, (label, unit) in VITALS.items()]
    frozen = html.Div(
        [
            html.P("Frozen since the start of the infusion: only a physician changes it, with a reason.", className="hushed"),
            _line(ids.BEFORE_REASON, "Reason"),
        ],
        hidden=not made.started,
    )  # fmt: skip
    return html.Fieldset(
        [
            html.Legend("Baseline"),
            html.Div(fields, className="fields"),
            html.P(
                "From the monitor: the mean of the last two stable readings. No limit for SpO₂, EtCO₂ or RR follows from them.",
                className="hushed before-note",
            ),
            frozen,
            html.Div([html.Div("Recorded by", className="field-label"), _people(ids.BEFORE_BY, people)], className="field"),
            html.Div(
                [
                    html.Button("Take from the monitor", id=ids.BEFORE_TAKE, className="btn", type="button", n_clicks=0),
                    html.Button("Record baseline", id=ids.BEFORE_RECORD, className="btn btn-primary", type="button", n_clicks=0),
                ],
                className="before-buttons",
            ),
        ],
        className="plate setup-section",
    )  # fmt: skip


def _waive(services: Services, made: Preparation) -> html.Fieldset:
    """A physician's decisions: a start without what the profile requires, and SpO2 scale 2 of NEWS2."""
    doctors = list(services.physicians())
    words = " and ".join(NAMES.get(name, name) for name in made.absent)
    return html.Fieldset(
        [
            html.Legend("A physician decides"),
            html.Div(
                [
                    html.P(f"Start without {words}", id=f"{ids.BEFORE_WAIVE}-words", className="waive-words"),
                    _line(ids.BEFORE_WAIVE_REASON, "Reason"),
                    html.Button("Record: start without it", id=ids.BEFORE_WAIVE_RECORD, className="btn", type="button", n_clicks=0),
                ],
                id=ids.BEFORE_WAIVE,
                className="waive",
                hidden=not made.absent,
            ),
            html.Div([html.Div("Physician", className="field-label"), _people(f"{ids.BEFORE_WAIVE}-by", doctors)], className="field"),
            html.Div(
                [
                    html.Span("Known hypercapnic failure, target 88–92 %: NEWS2 scores SpO₂ on scale 2 in the review.", className="hushed"),
                    html.Button("Set SpO₂ scale 2", id=ids.BEFORE_NEWS2, className="btn", type="button", n_clicks=0),
                ],
                className="waive-row",
            ),
        ],
        className="plate setup-section",
    )  # fmt: skip


def _number(name: str, label: str, unit: str, value: float | None) -> html.Div:
    box = dcc.Input(
        id={"type": ids.BEFORE_VALUE, "signal": name}, type="text", inputMode="decimal", autoComplete="off", maxLength=6,
        value="" if value is None else num(value), className="field-input",
    )  # fmt: skip
    return html.Div(
        html.Label([html.Span(label, className="field-label"), html.Div([box, html.Span(unit, className="field-unit")], className="field-line")]),
        className="field",
    )  # fmt: skip


def _line(element: str, label: str) -> html.Div:
    box = dcc.Input(id=element, type="text", autoComplete="off", maxLength=200, value="", className="field-input")
    return html.Div(
        html.Label([html.Span(label, className="field-label"), html.Div(box, className="field-line")]), className="field"
    )  # fmt: skip


def _people(element: str, people: Sequence[str]) -> Any:
    if not people:
        return html.Div([html.Span("This station has no physician.", className="hushed"), dcc.Store(id=element)])
    return dcc.RadioItems(
        id=element, options=[{"value": one, "label": html.B(one, className="pill-text")} for one in people], value=None, className="pills"
    )  # fmt: skip


def _said(values: Mapping[str, float]) -> str:
    shown = [
        f"{label} {num(values[name])}"
        for name, (label, _) in VITALS.items()
        if name in values and name not in ("sbp", "dbp")
    ]
    if "sbp" in values:
        shown.insert(0, f"BP {num(values['sbp'])}/{num(values['dbp']) if 'dbp' in values else '–'}")
    return " · ".join(shown)


# -- what is recorded -----------------------------------------------------------------------------------------------


def baseline_entry(typed: Mapping[str, str | None], by: str | None, reason: str = "") -> dict[str, Any] | str:
    """The entry, or one line that says what is wrong. A mean pressure follows from the two others (a third of the way up)."""
    values: dict[str, float] = {}
    for name, text in typed.items():
        if not (text or "").strip():
            continue
        value = _plan.parse(str(text))
        if value is None:
            return f"{VITALS[name][0]}: {text!r} is not a number"
        values[name] = value
    if not values:
        return "Nothing was entered"
    if "sbp" in values and "dbp" in values:
        values["map"] = float(round(values["dbp"] + (values["sbp"] - values["dbp"]) / 3))
    return {"type": "baseline_taken", "by": by or "", "values": values, "reason": reason.strip()}


def lower_entry(one: Inside, by: str | None) -> dict[str, Any]:
    """The low step one point further out, with why."""
    assert one.offered is not None
    return {
        "type": "limit_changed", "by": by or "", "rule": one.rule, "old": {"value": one.limit}, "new": {"value": one.offered},
        "reason": one.reason,
    }  # fmt: skip


def waive_entries(made: Preparation, by: str | None, reason: str) -> list[dict[str, Any]]:
    return [
        {"type": "checklist_answered", "by": by or "", "item": f"{WITHOUT}{name}", "answer": OVERRIDE, "note": reason.strip()}
        for name in made.absent
    ]  # fmt: skip


def register(app: Dash, services: Services) -> None:
    values = {"type": ids.BEFORE_VALUE, "signal": ALL}

    @app.callback(
        Output(ids.BEFORE_NEEDS, "children"),
        Output(ids.BEFORE_INSIDE, "children"),
        Output(ids.BEFORE_WAIVE, "hidden"),
        Input(ids.BEFORE_EVERY, "n_intervals"),
        Input(ids.BEFORE_SAID, "children"),
        State(ids.BEFORE_BED, "data"),
        prevent_initial_call=True,
    )
    async def look(_: Any, __: Any, bed: str) -> Any:
        made = await to_thread.run_sync(services.preparation, bed)
        return no_update if made is None else (needs(made), inside(made), not made.absent)

    @app.callback(
        Output(values, "value"),
        Output(ids.BEFORE_SAID, "children", allow_duplicate=True),
        Input(ids.BEFORE_TAKE, "n_clicks"),
        State(values, "value"),
        State(values, "id"),
        State(ids.BEFORE_BED, "data"),
        prevent_initial_call=True,
    )
    async def take(clicks: int, typed: list[str], names: list[dict[str, str]], bed: str) -> Any:
        made = await to_thread.run_sync(services.preparation, bed) if clicks else None
        if made is None:
            return no_update
        found = made.readings
        filled = [
            num(found.values[one["signal"]]) if one["signal"] in found.values else old
            for one, old in zip(names, typed, strict=True)
        ]
        lacking = [f"{VITALS[name][0]}: {why}" for name, why in found.why_not.items()]
        said = ["Taken from the monitor: look at it, then record it.", *lacking]
        return filled, [html.P(line, className="setup-warning" if i else "") for i, line in enumerate(said)]

    @app.callback(
        Output(ids.BEFORE_SAID, "children"),
        Input(ids.BEFORE_RECORD, "n_clicks"),
        Input(ids.BEFORE_WAIVE_RECORD, "n_clicks"),
        Input(ids.BEFORE_NEWS2, "n_clicks"),
        Input({"type": "before-lower", "rule": ALL}, "n_clicks"),
        Input({"type": "before-gate", "gate": ALL}, "n_clicks"),
        State(values, "value"),
        State(values, "id"),
        State(ids.BEFORE_BY, "value"),
        State(f"{ids.BEFORE_WAIVE}-by", "value"),
        State(ids.BEFORE_WAIVE_REASON, "value"),
        State(ids.BEFORE_REASON, "value"),
        State(ids.BEFORE_BED, "data"),
        prevent_initial_call=True,
    )
    async def act(*args: Any) -> Any:
        typed, names, by, doctor, why, reason, bed = args[5:]
        pressed = ctx.triggered_id
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update  # a button that has only just appeared
        made = await to_thread.run_sync(services.preparation, bed)
        if made is None:
            return html.P("The session is no longer open.", className="setup-error")
        form = {one["signal"]: text for one, text in zip(names, typed, strict=True)}
        entries = _entries(made, pressed, form, by, doctor, why or "", reason or "")
        if isinstance(entries, str):
            return html.P(f"Not recorded: {entries}", className="setup-error")
        try:
            lines = [
                await to_thread.run_sync(services.enter, bed, {**entry, "session": made.session.id})
                for entry in entries
            ]
        except EntryRefused as refused:
            return html.P(f"Not recorded: {refused}", className="setup-error")
        return [html.P(f"Recorded · {line}", className="before-good") for line in lines]


def _entries(
    made: Preparation, pressed: Any, form: Mapping[str, str], by: str | None, doctor: str | None, why: str, reason: str
) -> list[dict[str, Any]] | str:
    """What the pressed button records, or why nothing."""
    if pressed == ids.BEFORE_RECORD:
        entry = baseline_entry(form, by, reason)
        return entry if isinstance(entry, str) else [entry]
    if pressed == ids.BEFORE_WAIVE_RECORD:
        return waive_entries(made, doctor, why) or "nothing is missing that the profile requires"
    if pressed == ids.BEFORE_NEWS2:
        return [{"type": "checklist_answered", "by": doctor or "", "item": NEWS2_SCALE, "answer": "2"}]
    if isinstance(pressed, dict) and pressed.get("type") == "before-gate":
        return [{"type": "checklist_answered", "by": by or "", "item": str(pressed["gate"]), "answer": "yes"}]
    rule = pressed.get("rule") if isinstance(pressed, dict) else None
    offered = [one for one in made.inside if one.rule == rule and one.offered is not None]
    return [lower_entry(one, by) for one in offered] or "that step has been moved already"
