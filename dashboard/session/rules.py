"""Which entries can be recorded at all (`check`), and which deserve a second look (`warnings`).

Hard limits are for what cannot be meant: no number, a negative rate, a concentration beyond the strongest vial. Everything
clinical warns and never blocks (dose guard, `config/protocols/dose_guard.toml`).
"""

from collections.abc import Mapping
from dataclasses import replace

from config.models.protocols import DoseGuard, shipped_dose_guard
from config.models.scales import Scale, shipped_scales
from dashboard.session.corrections import corrected, happened_s, insert_happened
from dashboard.session.events import (
    AlarmActionNoted,
    AlarmJudged,
    AlarmReviewSigned,
    BagChanged,
    BaselineTaken,
    BolusGiven,
    ChecklistAnswered,
    ConsciousnessAssessed,
    Correction,
    DischargeScored,
    DrugGiven,
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    EventError,
    Handover,
    InfusionPaused,
    InfusionRateChanged,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    ManualVitals,
    Note,
    OxygenChanged,
    RunRemarked,
    SessionClosed,
    SessionOpened,
    SessionSigned,
    SideEffect,
    TrainingEvent,
    type_name,
)
from dashboard.session.fields import check_fields
from dashboard.session.infusion import INFUSION_EVENTS, Happened, Infusion, problems
from dashboard.session.numbers import num
from dashboard.session.state import Session

#: What a correction may strike or replace: what a person entered about the patient. Alarms, devices, limits and phases are
#: what the system did then, and stay.
CORRECTABLE = (
    SessionOpened, BaselineTaken, ChecklistAnswered, InfusionStarted, InfusionRateChanged, BolusGiven, BagChanged,
    InfusionPaused, InfusionResumed, InfusionStopped, ConsciousnessAssessed, OxygenChanged, SideEffect, DrugGiven,
    ManualVitals, Note, Handover, DischargeScored,
)  # fmt: skip


def check(session: Session, event: Event, scales: Mapping[str, Scale] | None = None) -> None:
    """EventError when `event` cannot be the next entry: the message says why, `field` which field. `scales`: those that the
    site has enabled; default the shipped ones."""
    _check_place(session, event)
    check_fields(event, shipped_scales() if scales is None else scales)
    if isinstance(event, Correction):
        _check_correction(session, event, scales)
        return
    opened = session.opened
    if opened is not None and happened_s(event) < opened.t_s:
        raise EventError("back_s: that is before the session was opened", "back_s")
    if isinstance(event, INFUSION_EVENTS):
        _check_timeline(session, event, session.seq + 1, session.happened)


def _check_place(session: Session, event: Event) -> None:
    """Whether this kind of entry can come now."""
    if isinstance(event, SessionOpened):
        if session.opened is not None:
            raise EventError("the session is open already")
        return
    if session.opened is None:
        raise EventError("no session is open: open one first")
    if isinstance(event, AlarmJudged | AlarmReviewSigned | AlarmActionNoted):
        _check_review(session, event)
        return
    if isinstance(event, TrainingEvent) and not session.opened.simulation:
        raise EventError("this is a patient's session: trainers' entries belong to simulated ones")
    if isinstance(event, RunRemarked):
        if session.closed is None:
            raise EventError("the run is still going on: remarks belong to one that is over")
        return
    if session.closed is not None:
        if not isinstance(event, SessionSigned):
            raise EventError("the session is closed: nothing more can be entered")
        if session.signed is not None:
            raise EventError("the session is signed already")
        return
    match event:
        case SessionSigned():
            raise EventError("the session is not closed: close it before signing")
        case SessionClosed() if session.infusion.state in ("running", "paused"):
            raise EventError(f"the infusion is {session.infusion.state}: record its stop before closing")
        case EmergencyDeclared() if session.emergency is not None:
            raise EventError("the emergency is on already")
        case EmergencyEnded() if session.emergency is None:
            raise EventError("no emergency is on")


def _check_review(session: Session, event: AlarmJudged | AlarmReviewSigned | AlarmActionNoted) -> None:
    """Alarms are reviewed during the session and after it was closed; who has signed a review changes it no more."""
    if any(entry.by == event.by for entry in session.review_signatures) and not isinstance(event, AlarmActionNoted):
        raise EventError(f"{event.by} has signed this review already: the verdicts stand")
    if isinstance(event, AlarmReviewSigned):
        if session.closed is None:
            raise EventError("the session is not closed: its alarms are not all known yet")
        return
    if all(entry.event.occurrence != event.occurrence for entry in session.alarms):
        raise EventError(f"occurrence: this session has no alarm {event.occurrence}", "occurrence")


def _check_timeline(session: Session, event: Event, seq: int, others: tuple[Happened, ...]) -> None:
    """The infusion as it would be with `event` among `others`: it must fit, and so must all that came after it."""
    new = insert_happened(others, Happened(happened_s(event), seq, event))
    _refuse_new_problems(session, new, seq, None)


def _refuse_new_problems(
    session: Session, entries: tuple[Happened, ...], seq: int | None, field: str | None, start: float | None = None
) -> None:
    concentration = _start_concentration(session) if start is None else start
    for bad_seq, reason in problems(entries, concentration).items():
        if bad_seq in session.infusion.ignored:
            continue
        if bad_seq == seq:
            raise EventError(reason, field)
        stored = session.entry(bad_seq)
        name = type_name(stored.event).replace("_", " ") if stored else "a later entry"
        raise EventError(f"entry {bad_seq} ({name}) would then not fit: {reason}; correct that one first", field)


def _start_concentration(session: Session) -> float:
    return session.opened.concentration_mg_ml if session.opened else 0.0


def _check_correction(session: Session, event: Correction, scales: Mapping[str, Scale] | None) -> None:
    stored = session.entry(event.of)
    if stored is None:
        raise EventError(f"of: there is no entry {event.of}", "of")
    if not isinstance(stored.event, CORRECTABLE):
        name = type_name(stored.event).replace("_", " ")
        raise EventError(f"of: entry {event.of} ({name}) is what happened and cannot be corrected; add a note", "of")
    try:
        new = corrected(stored.event, event)
        if new is not None:
            check_fields(new, shipped_scales() if scales is None else scales)
    except EventError as error:
        raise EventError(f"replacement: {error}", "replacement") from None
    _check_replacement(session, stored.event, new, event)
    others = tuple(entry for entry in session.happened if entry.seq != event.of)
    start = new.concentration_mg_ml if isinstance(new, SessionOpened) else None
    if new is not None and isinstance(new, INFUSION_EVENTS):
        others = insert_happened(others, Happened(happened_s(new), event.of, new))
    _refuse_new_problems(session, others, event.of, "replacement", start)


def _check_replacement(session: Session, old: Event, new: Event | None, event: Correction) -> None:
    if isinstance(old, SessionOpened):
        if not isinstance(new, SessionOpened):
            raise EventError("replacement: the opening of the session can be corrected, not struck", "replacement")
        if (new.simulation, new.bed, new.t_s, new.at) != (old.simulation, old.bed, old.t_s, old.at):
            raise EventError(
                "replacement: bed, time and simulation mark of a session cannot be corrected", "replacement"
            )
        return
    if new is None:
        return
    if not isinstance(new, CORRECTABLE) or isinstance(new, SessionOpened):
        raise EventError(f"replacement: {type_name(new)} cannot stand in place of {type_name(old)}", "replacement")
    if new.t_s > event.t_s:
        raise EventError("replacement: t_s lies in the future", "replacement")
    if session.opened is not None and happened_s(new) < session.opened.t_s:
        raise EventError("replacement: t_s lies before the opening of the session", "replacement")


def warnings(session: Session, event: Event, guard: DoseGuard | None = None) -> list[str]:
    """What a person should look at twice before, or after, recording `event`; empty when nothing stands out. `session` is the
    state before it. Each text is one line."""
    guard = shipped_dose_guard() if guard is None else guard
    if isinstance(event, Correction):
        stored = session.entry(event.of)
        try:
            new = corrected(stored.event, event) if stored else None
        except EventError:  # `check` says what is wrong with it
            new = None
        if new is None:
            return []
        others = tuple(entry for entry in session.happened if entry.seq != event.of)
        return warnings(replace(session, happened=others), new, guard)
    out = [] if not event.back_s else [f"back-dated by {_span(event.back_s)}"]
    infusion, weight_kg = session.infusion, session.weight_kg
    match event:
        case SessionOpened():
            out += _opening_warnings(event, guard)
        case InfusionStarted() | InfusionRateChanged():
            out += _concentration_warnings(infusion.concentration_mg_ml, event.concentration_mg_ml, guard)
            out += _rate_warnings(event.rate_mg_h, weight_kg, guard)
            out += _jump_warnings(session, event, guard)
        case InfusionResumed():
            rate = infusion.set_rate_mg_h if event.rate_mg_h is None else event.rate_mg_h
            out += _rate_warnings(rate, weight_kg, guard)
        case BagChanged():
            out += _concentration_warnings(infusion.concentration_mg_ml, event.concentration_mg_ml, guard)
            out += _bag_warnings(infusion, event, weight_kg, guard)
        case BolusGiven():
            out += _bolus_warnings(session, event, guard)
    return out


def notices(session: Session, t_s: float, guard: DoseGuard | None = None) -> list[tuple[str, str]]:
    """What stands while it is so, as (priority, text): the band of the running rate, and the dose against the plan."""
    guard = shipped_dose_guard() if guard is None else guard
    out: list[tuple[str, str]] = []
    rate_mg_h = session.infusion.rate_at(t_s)
    if session.weight_kg > 0:
        band = guard.band(rate_mg_h / session.weight_kg)
        if band.priority is not None:
            out.append((band.priority, f"{num(rate_mg_h / session.weight_kg)} mg/kg/h: {band.text}"))
    pct = _percent_of_plan(session, session.given_mg(t_s))
    if pct >= guard.dose_exceeded_pct:
        out.append(("medium", _of_plan(session, session.given_mg(t_s))))
    elif pct >= guard.dose_reached_pct:
        out.append(("low", _of_plan(session, session.given_mg(t_s))))
    return out


def _opening_warnings(event: SessionOpened, guard: DoseGuard) -> list[str]:
    out = []
    low, high = guard.usual_weight_kg
    if not low <= event.weight_kg <= high:
        out.append(f"weight {num(event.weight_kg)} kg is unusual for an adult: check it, doses per kg follow from it")
    strength = event.concentration_mg_ml
    usual = [c for c in guard.usual_mg_ml if c > 0]
    if strength > max(usual) or strength < min(usual):
        out.append(
            f"{num(strength)} mg/mL is not a usual infusion strength ({', '.join(num(c) for c in usual)} mg/mL): "
            "a factor of ten? check with a second person"
        )
    return out + _rate_warnings(event.planned_mg / event.planned_min * 60, event.weight_kg, guard, "planned ")


def _rate_warnings(rate_mg_h: float, weight_kg: float, guard: DoseGuard, which: str = "") -> list[str]:
    if weight_kg <= 0:
        return []
    band = guard.band(rate_mg_h / weight_kg)
    return [f"{which}{num(rate_mg_h / weight_kg)} mg/kg/h: {band.text}"] if band.priority is not None else []


def _concentration_warnings(old: float, new: float, guard: DoseGuard) -> list[str]:
    if old <= 0 or old == new:
        return []
    text = f"concentration {num(old)} → {num(new)} mg/mL: check with a second person"
    if max(old, new) / min(old, new) >= guard.factor_suspected:
        text += "; a factor of ten is the classic slip"
    return [text]


def _jump_warnings(session: Session, event: InfusionStarted | InfusionRateChanged, guard: DoseGuard) -> list[str]:
    opened, new = session.opened, event.rate_mg_h
    before = session.infusion.set_rate_mg_h
    if isinstance(event, InfusionStarted) and opened is not None and opened.planned_min > 0:
        before = opened.planned_mg / opened.planned_min * 60
    if min(before, new) <= 0 or max(before, new) / min(before, new) < guard.factor_suspected:
        return []
    return [f"{num(new)} mg/h against {num(before)} mg/h: a factor of ten? check pump and concentration"]


def _bag_warnings(infusion: Infusion, event: BagChanged, weight_kg: float, guard: DoseGuard) -> list[str]:
    old, new = infusion.concentration_mg_ml, event.concentration_mg_ml
    if infusion.state not in ("running", "paused") or old == new or old <= 0:
        return []
    rate_mg_h = infusion.set_rate_mg_h * new / old
    text = f"at an unchanged {num(infusion.set_rate_mg_h / old)} mL/h the dose becomes {num(rate_mg_h)} mg/h: record the rate set"
    return [text, *_rate_warnings(rate_mg_h, weight_kg, guard)]


def _bolus_warnings(session: Session, event: BolusGiven, guard: DoseGuard) -> list[str]:
    out = []
    if session.weight_kg > 0 and round(event.dose_mg / session.weight_kg, 9) > guard.bolus_mg_kg:
        out.append(
            f"bolus {num(event.dose_mg / session.weight_kg)} mg/kg: above {num(guard.bolus_mg_kg)} mg/kg, "
            "the ceiling without intensive monitoring"
        )
    total = session.given_mg(happened_s(event)) + event.dose_mg
    if _percent_of_plan(session, total) > guard.dose_reached_pct:
        out.append(_of_plan(session, total))
    return out


def _percent_of_plan(session: Session, given_mg: float) -> float:
    return round(given_mg / session.planned_mg * 100, 9) if session.planned_mg > 0 else 0.0


def _of_plan(session: Session, given_mg: float) -> str:
    pct = _percent_of_plan(session, given_mg)
    return f"{num(given_mg, 1)} mg given: {num(pct, 0)} % of the planned {num(session.planned_mg, 1)} mg"


def _span(seconds: float) -> str:
    return f"{num(seconds / 60, 1)} min" if seconds >= 60 else f"{num(seconds, 0)} s"
