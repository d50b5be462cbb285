"""The set-up form as plain values in, a checked plan or one clear line for each wrong field out. No Dash, no clock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.models.protocols import Band, DoseGuard, Protocol
from dashboard.pages.services import Answered, SessionPlan
from dashboard.session.numbers import num
from dashboard.session.prescreen import ANSWERS, RISKS, Suggestion, differs, suggestions

#: Field -> what the form calls it, in the order of the form.
LABELS: dict[str, str] = {
    "patient": "Patient initials",
    "age": "Age",
    "weight": "Weight",
    "weight_again": "Weight again",
    "protocol": "Protocol",
    "planned_mg": "Planned dose",
    "planned_min": "Planned time",
    "concentration": "Concentration",
    "concentration_again": "Concentration again",
    "depth": "Intended depth",
    "profile": "Alarm profile",
    "profile_reason": "Reason",
    "scale": "Consciousness scale",
    "by": "Opened by",
}
OPTIONAL = {"age", "depth", "profile_reason"}
DEPTHS = ("minimal", "moderate")
#: Adults: paediatric dosing is out of scope of the sources.
AGE_Y = (18.0, 120.0)
WEIGHT_KG = (25.0, 300.0)
PLANNED_MG = (0.1, 5_000.0)
#: Up to four days (CRPS-4D).
PLANNED_MIN = (1.0, 5_760.0)
#: The label: ketamine 100 mg/mL must never be given undiluted; 50 mg/mL is the strongest that a pump may hold.
CONCENTRATION_MG_ML = (0.05, 50.0)
#: Checklist item under which the choice of a profile is recorded where another one, or this one, was suggested.
PROFILE_CHOSEN = "profile_chosen"
LB_PER_KG = 2.204_622_6


@dataclass(frozen=True, slots=True)
class Dose:
    """What the plan asks of the pump if it runs evenly."""

    rate_mg_h: float
    rate_mg_kg_h: float
    rate_ml_h: float
    band: Band


@dataclass(frozen=True, slots=True)
class Checked:
    """`plan` only when nothing is wrong. `errors`: field -> one line; `missing`: required fields still empty; `warnings`: what
    deserves a second look but blocks nothing; `suggested`: profiles that the risks suggest."""

    plan: SessionPlan | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    dose: Dose | None = None
    suggested: tuple[Suggestion, ...] = ()


def check(
    form: Mapping[str, Any],
    guard: DoseGuard,
    profiles: Collection[str],
    scales: Collection[str],
    people: Collection[str],
    risks: Mapping[str, str | None] | None = None,
) -> Checked:
    """Judge the form as it stands. Numbers may be typed with a point or a decimal comma. `risks`: item of the pre-screen -> its
    answer, or None where nobody answered."""
    errors: dict[str, str] = {}
    words = {name: str(form.get(name) or "").strip() for name in LABELS}
    patient = words["patient"]
    if len(patient) > 12:
        errors["patient"] = "Patient initials: at most 12 characters, initials or a made-up name only"
    numbers = {
        name: _number(name, words[name], unit, low, high, errors)
        for name, unit, (low, high) in (
            ("age", "years", AGE_Y),
            ("weight", "kg", WEIGHT_KG),
            ("weight_again", "kg", WEIGHT_KG),
            ("planned_mg", "mg", PLANNED_MG),
            ("planned_min", "min", PLANNED_MIN),
            ("concentration", "mg/mL", CONCENTRATION_MG_ML),
            ("concentration_again", "mg/mL", CONCENTRATION_MG_ML),
        )
    }
    _twice("weight", "kg", numbers, errors)
    _twice("concentration", "mg/mL", numbers, errors)
    for name, known in (("profile", profiles), ("scale", scales)):
        if words[name] and words[name] not in known:
            errors[name] = f"{LABELS[name]}: {words[name]!r} is not one of {', '.join(known)}"
    if people and words["by"] and words["by"] not in people:
        errors["by"] = f"Opened by: {words['by']!r} is not a person of this station"
    if words["depth"] and words["depth"] not in DEPTHS:
        errors["depth"] = f"Intended depth: {words['depth']!r} is not one of {', '.join(DEPTHS)}"
    risks = risks or {}
    found = suggestions(risks, numbers["age"])
    if words["profile"] and differs(found, words["profile"]) and not words["profile_reason"]:
        errors["profile_reason"] = "Reason: another profile is suggested; say why this one is chosen"
    missing = tuple(name for name in LABELS if name not in OPTIONAL and not words[name])
    dose = _dose(numbers, guard, errors)
    plan = None
    if not errors and not missing:
        plan = SessionPlan(
            patient=patient, weight_kg=_sure(numbers["weight"]), age_y=numbers["age"], protocol=words["protocol"],
            planned_mg=_sure(numbers["planned_mg"]), planned_min=_sure(numbers["planned_min"]),
            concentration_mg_ml=_sure(numbers["concentration"]), profile=words["profile"], scale=words["scale"],
            intended_depth=words["depth"] or "minimal",
            answers=_answers(risks, found, words["profile"], words["profile_reason"]),
        )  # fmt: skip
    asked = [one for one in risks.values() if one is None]
    unanswered = (f"Risks: {len(asked)} not answered; not asked is not no",) if asked else ()
    return Checked(plan, errors, missing, (*_warnings(numbers, guard, dose, errors), *unanswered), dose, found)


def _answers(
    risks: Mapping[str, str | None], found: Sequence[Suggestion], profile: str, reason: str
) -> tuple[Answered, ...]:
    """What is recorded after the opening: each answer that was given, and the choice where a profile was suggested."""
    out = [Answered(risk.id, answer) for risk in RISKS if (answer := risks.get(risk.id) or "") in ANSWERS]
    if found:
        why = "; ".join(f"{one.profile} suggested for {', '.join(one.because)}" for one in found)
        out.append(Answered(PROFILE_CHOSEN, profile, f"{why}; {reason}" if differs(found, profile) else why))
    return tuple(out)


def parse(text: str) -> float | None:
    """A number as people type it: `0.5`, `0,5`; None for anything else. `1,000` could be either and is refused."""
    text = text.strip()
    if "," in text:
        whole, _, decimals = text.partition(",")
        if "," in decimals or "." in text or len(decimals) == 3 or not whole:
            return None
        text = f"{whole}.{decimals}"
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None


def fill(protocol: Protocol | None, weight: str) -> tuple[str, str] | None:
    """Planned dose (mg) and minutes to put into the form; None where the prescriber enters them or no weight is known yet."""
    weight_kg = parse(weight)
    if protocol is None or weight_kg is None or not WEIGHT_KG[0] <= weight_kg <= WEIGHT_KG[1]:
        return None
    plan = protocol.plan(weight_kg)
    return None if plan is None else (num(plan.planned_mg, 1), num(plan.planned_min, 0))


def pounds(weight: str) -> str:
    """The weight in the other unit, so that a mix-up shows: `62 kg = 137 lb`."""
    weight_kg = parse(weight)
    return "" if weight_kg is None or weight_kg <= 0 else f"{num(weight_kg, 1)} kg = {weight_kg * LB_PER_KG:.0f} lb"


def _number(name: str, text: str, unit: str, low: float, high: float, errors: dict[str, str]) -> float | None:
    if not text:
        return None
    value = parse(text)
    if value is None:
        errors[name] = f"{LABELS[name]}: {text!r} is not a number in {unit}"
    elif value <= 0:
        errors[name] = f"{LABELS[name]}: must be more than 0 {unit}"
    elif not low <= value <= high:
        errors[name] = f"{LABELS[name]}: {num(value)} {unit} is outside {num(low)} to {num(high)} {unit}"
    else:
        return value
    return None


def _twice(name: str, unit: str, numbers: Mapping[str, float | None], errors: dict[str, str]) -> None:
    again = f"{name}_again"
    first, second = numbers[name], numbers[again]
    if first is None or second is None or first == second:
        return
    ratio = max(first, second) / min(first, second)
    tenfold = abs(ratio / 10 - 1) < 0.02
    why = "a factor of ten: read the label again" if tenfold else "check and type it again"
    errors[again] = f"{LABELS[name]}: the two entries differ, {num(first)} and {num(second)} {unit}; {why}"


def _dose(numbers: Mapping[str, float | None], guard: DoseGuard, errors: Mapping[str, str]) -> Dose | None:
    mg, minutes, weight_kg, strength = (numbers[n] for n in ("planned_mg", "planned_min", "weight", "concentration"))
    if mg is None or minutes is None or weight_kg is None or strength is None:
        return None
    if "concentration_again" in errors or "weight_again" in errors:
        return None  # a rate from a number that may be wrong is worse than none
    rate_mg_h = mg / minutes * 60
    per_kg = rate_mg_h / weight_kg
    return Dose(rate_mg_h, per_kg, rate_mg_h / strength, guard.band(per_kg))


def _warnings(
    numbers: Mapping[str, float | None], guard: DoseGuard, dose: Dose | None, errors: Mapping[str, str]
) -> tuple[str, ...]:
    out = []
    weight_kg, strength = numbers["weight"], numbers["concentration"]
    low, high = guard.usual_weight_kg
    if weight_kg is not None and not low <= weight_kg <= high:
        out.append(
            f"Weight {num(weight_kg, 1)} kg is unusual ({num(low, 0)} to {num(high, 0)} kg): kilograms, not pounds?"
        )
    if strength is not None and strength not in guard.usual_mg_ml:
        usual = ", ".join(num(one) for one in guard.usual_mg_ml)
        out.append(f"Concentration {num(strength)} mg/mL is not a usual infusion strength ({usual} mg/mL)")
    if dose is not None and dose.band.priority is not None:
        out.append(f"Dose rate {num(dose.rate_mg_kg_h)} mg/kg/h: {dose.band.text}")
    return tuple(out)


def _sure(value: float | None) -> float:
    assert value is not None
    return value
