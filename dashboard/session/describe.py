"""Entries in words: one log line each, as screens, reports and exports print them."""

from collections.abc import Mapping
from typing import Any

from config.models.scales import Scale, shipped_scales
from dashboard.session.chain import Stored
from dashboard.session.corrections import corrected, happened_s
from dashboard.session.events import (
    AlarmActionNoted,
    AlarmEvent,
    AlarmJudged,
    AlarmOff,
    AlarmOn,
    AlarmReviewSigned,
    AudioPaused,
    AudioResumed,
    BagChanged,
    BaselineTaken,
    BolusGiven,
    ChecklistAnswered,
    ConsciousnessAssessed,
    Correction,
    DeviceConnected,
    DeviceLost,
    DischargeScored,
    DrugGiven,
    EmergencyDeclared,
    EmergencyEnded,
    EscalationSent,
    Event,
    EventError,
    Handover,
    InfusionPaused,
    InfusionRateChanged,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    LimitChanged,
    ManualVitals,
    Note,
    OxygenChanged,
    PhaseChanged,
    ScreenBack,
    ScreenLost,
    ServiceResumed,
    SessionClosed,
    SessionOpened,
    SessionSigned,
    SideEffect,
    SoundConfirmed,
    type_name,
)
from dashboard.session.gates import NAMES, NEWS2_SCALE, OVERRIDE, WITHOUT
from dashboard.session.numbers import num
from dashboard.session.prescreen import RISKS
from dashboard.session.state import Session
from dashboard.session.training_events import (
    HIDDEN,
    CueShown,
    Injected,
    RunForked,
    RunJoined,
    RunMarked,
    RunPaced,
    RunRemarked,
    RunSlowed,
    ScenarioNoted,
    TraineeActed,
    TraineeNamed,
    TrainerCommented,
)
from devices.signals import SIGNALS

STARS = {"high": "***", "medium": "**", "low": "*"}
_SCORES = {"aldrete": "Aldrete", "padss": "PADSS"}
_DERIVED = {"rate": "HR", "sbp": "SBP", "dbp": "DBP", "map": "MAP", "rr": "RR"}
_SETTINGS = {"value": "limit", "delay_s": "delay s", "hysteresis": "hysteresis"}
#: What a screen that warns nobody is.
_LOST = {"hidden": "is hidden or asleep", "silent": "cannot sound", "gone": "no longer answers"}
_PAIRS = (
    ("NIBP", "nibp_sys", "nibp_dia", "nibp_map"),
    ("ABP", "abp_sys", "abp_dia", "abp_map"),
    ("BP", "sbp", "dbp", "map"),
)


def text(event: Event, *, set_before_mg_h: float | None = None, corrects: Event | None = None, alarm: str = "") -> str:
    """One line, without time and name. `set_before_mg_h`: the rate that a change of rate replaced; `corrects`: the entry that a
    correction is about; `alarm`: what the alarm says that is passed on. A back-dated entry says so."""
    words = _passed_on(event, alarm) if isinstance(event, EscalationSent) else _words(event, set_before_mg_h, corrects)
    line = " ".join(words.split())
    if event.back_s >= 60:
        return f"{line} (back-dated {num(event.back_s / 60, 0)} min)"
    return f"{line} (back-dated {num(event.back_s, 0)} s)" if event.back_s > 0 else line


def row(session: Session, stored: Stored) -> dict[str, Any]:
    """One `log` row of the live protocol. `at` and `t_s`: when it happened; `priority` for alarms only; `struck`: corrected
    since, so that it stands no more."""
    event = stored.event
    corrects = session.entry(event.of) if isinstance(event, Correction) else None
    happened_at = session.at_of(happened_s(event)) if event.back_s else event.at
    line = text(
        event,
        set_before_mg_h=session.infusion.set_before(stored.seq) if isinstance(event, InfusionRateChanged) else None,
        corrects=corrects.event if corrects else None,
        alarm=_alarm_said(session, event.occurrence) if isinstance(event, EscalationSent) else "",
    )
    return {
        "seq": stored.seq,
        "at": (happened_at or event.at).isoformat(timespec="milliseconds"),
        "t_s": happened_s(event),
        "type": type_name(event),
        "text": line,
        "by": event.by,
        "priority": event.priority if isinstance(event, AlarmEvent) else None,
        "struck": stored.seq in session.struck,
    }


def log_rows(session: Session, last: int | None = 50) -> list[dict[str, Any]]:
    """The last entries, newest first, in order of entry; None: all of them. Without what a trainer keeps from the trainee."""
    entries = [stored for stored in session.record if not isinstance(stored.event, HIDDEN)]
    shown = entries if last is None else entries[-last:] if last > 0 else ()
    return [row(session, stored) for stored in reversed(shown)]


def scale_title(scale: str, scales: Mapping[str, Scale] | None = None) -> str:
    known = shipped_scales() if scales is None else scales
    return known[scale].title if scale in known else scale


def _words(event: Event, set_before_mg_h: float | None, corrects: Event | None) -> str:
    match event:
        case AlarmEvent():
            return _alarm(event)
        case Correction():
            return _correction(event, corrects)
        case InfusionStarted(rate_mg_h=rate, concentration_mg_ml=strength):
            return _with(
                f"infusion started {num(rate)} mg/h · {num(strength)} mg/mL{_pump(event.source)}", event.reason
            )
        case InfusionRateChanged(rate_mg_h=rate):
            old = "" if set_before_mg_h is None else f"{num(set_before_mg_h)} → "
            return _with(f"rate {old}{num(rate)} mg/h{_pump(event.source)}", event.reason)
        case BolusGiven():
            return _with(f"bolus {num(event.dose_mg)} mg{_pump(event.source)}", event.reason)
        case BagChanged():
            volume = "" if event.volume_ml is None else f" · {num(event.volume_ml)} mL"
            return _with(f"bag changed {num(event.concentration_mg_ml)} mg/mL{volume}", event.reason)
        case InfusionPaused():
            return _with(f"infusion paused{_pump(event.source)}", event.reason)
        case InfusionResumed():
            rate_text = "" if event.rate_mg_h is None else f" {num(event.rate_mg_h)} mg/h"
            return _with(f"infusion resumed{rate_text}{_pump(event.source)}", event.reason)
        case InfusionStopped():
            return _with(f"infusion stopped{_pump(event.source)}", event.reason)
    return _patient(event) or _alarm_care(event) or _training(event) or _session(event)


def _patient(event: Event) -> str:
    match event:
        case ConsciousnessAssessed():
            more = "" if event.dissociation is None else f" · dissociation {event.dissociation}"
            return _with(f"{scale_title(event.scale)} {event.level}{more}", event.note)
        case OxygenChanged(flow_l_min=0):
            return "O₂ off, room air"
        case OxygenChanged():
            return f"O₂ {num(event.flow_l_min)} L/min {event.device}"
        case DrugGiven():
            return _with(f"{event.drug} {num(event.dose)} {event.unit} {event.route}", event.note)
        case SideEffect():
            return _with(f"{event.effect} {event.severity}", event.note)
        case ManualVitals():
            return _with(f"by hand: {_vitals(event.values)}", event.note)
        case BaselineTaken():
            return _with(f"baseline: {_vitals(event.values)}", event.reason)
        case Note():
            return event.text
        case ChecklistAnswered():
            return _with(_item(event), event.note)
        case DischargeScored():
            return f"{_SCORES.get(event.scale, event.scale)} {event.score}"
    return ""


def _alarm_care(event: Event) -> str:
    match event:
        case AlarmOff():
            return _with(f"alarm {event.rule} off for {_span(event.duration_s)}", event.reason)
        case AlarmOn():
            return _with(f"alarm {event.rule} on again", event.reason)
        case AlarmActionNoted():
            return f"alarm {event.occurrence}: done: {event.action}"
        case AlarmJudged(verdict=""):
            return _with(f"alarm {event.occurrence}: verdict taken back", event.note)
        case AlarmJudged():
            return _with(f"alarm {event.occurrence}: judged {event.verdict}", event.note)
        case AlarmReviewSigned():
            return _with("alarm review signed", event.statement)
        case ScreenLost():
            return f"screen {event.screen[:4]} {_LOST.get(event.reason, event.reason)}{_of(event.person)}"
        case ScreenBack():
            return f"screen {event.screen[:4]} warns again{_of(event.person)}"
    return ""


def _passed_on(event: EscalationSent, alarm: str) -> str:
    to = "other screens" if event.channel == "screens" else event.channel
    simulated = event.detail.startswith("simulated")
    outcome = "told" if event.ok else "not told" if simulated else "NOT TOLD"
    return _with(f"unanswered: {to} {outcome}: {alarm or event.rule}", event.detail)


def _alarm_said(session: Session, occurrence: int) -> str:
    said = (entry.event.message for entry in reversed(session.alarms) if entry.event.occurrence == occurrence)
    return next((message for message in said if message), "")


def _training(event: Event) -> str:
    match event:
        case RunJoined():
            return f"the trainee takes over at {_span(event.joined_s)}"
        case TraineeNamed():
            return f"{event.person} is at the bed"
        case ScenarioNoted():
            return f"content of the scenario noted: {event.digest[:12]}"
        case RunForked():
            return f"run goes on from {_span(event.from_t_s)} of an earlier one"
        case RunPaced(speed=0):
            return "run paused by the trainer"
        case RunPaced():
            return f"run at {num(event.speed)}x"
        case RunSlowed():
            return f"back to 1x: {event.reason}"
        case Injected():
            return f"trainer: {event.label}"
        case TraineeActed():
            return f"trainee: {event.action}"
        case CueShown():
            return f"{event.cue}: {event.text}"
        case RunMarked():
            return f"★ {event.label}" if event.label else "★"
        case TrainerCommented():
            return f"comment: {event.text}"
        case RunRemarked():
            about = f"remark on {event.about or 'the run'}"
            return f"{about}: {event.text}" if event.text.strip() else f"{about} taken back"
    return ""


def _session(event: Event) -> str:
    match event:
        case SessionOpened():
            return (
                f"session opened · {event.patient} · {num(event.weight_kg)} kg · plan {num(event.planned_mg)} mg in "
                f"{num(event.planned_min)} min · {num(event.concentration_mg_ml)} mg/mL · profile {event.profile}"
            )
        case Handover():
            return _with(f"handover to {event.to}", event.note)
        case EmergencyDeclared():
            return _with("EMERGENCY", event.reason)
        case EmergencyEnded():
            return _with("emergency over", event.summary)
        case AudioPaused():
            return f"audio paused {num(event.duration_s)} s"
        case AudioResumed():
            return "audio on again"
        case SoundConfirmed():
            return f"alarm sound heard · screen {event.screen[:4]}" if event.screen else "alarm sound heard"
        case LimitChanged():
            return _with(f"limit {event.rule}: {_settings(event)}", event.reason)
        case DeviceConnected():
            return f"{event.device} connected"
        case DeviceLost():
            return _with(f"{event.device} lost", event.reason)
        case PhaseChanged():
            return f"phase: {event.phase}"
        case ServiceResumed():
            return f"recording resumed after a gap of {_span(event.gap_s)}"
        case SessionClosed():
            return _with("session closed", event.summary)
        case SessionSigned():
            return _with("session signed", event.statement)
    return type_name(event).replace("_", " ")


def _alarm(event: AlarmEvent) -> str:
    """As the screen said it; without a message, rule and value."""
    what = event.message.strip() or f"{event.rule} {_value(event.value)}".strip()
    change = type_name(event).removeprefix("alarm_")
    if change not in ("raised", "escalated", "demoted"):
        return f"{what} · {change}"
    limit = _value(event.limit)
    what = what if not limit or limit in what else f"{what} ({limit})"
    return f"{STARS.get(event.priority, '')} {what}{' · demoted' if change == 'demoted' else ''}"


def _correction(event: Correction, original: Event | None) -> str:
    old = f"“{text(original)}”" if original is not None else "it"
    if event.replacement is None:
        return _with(f"entry {event.of} struck: {old}", event.reason)
    try:
        new = None if original is None else corrected(original, event)
    except EventError:
        new = None
    return _with(f"entry {event.of} corrected: {old} → {'' if new is None else f'“{text(new)}”'}", event.reason)


def _with(line: str, more: str) -> str:
    return f"{line.strip()} · {more.strip()}" if more.strip() else line.strip()


def _pump(source: str) -> str:
    return " (read from the pump)" if source == "pump" else ""


def _of(person: str) -> str:
    return f" ({person})" if person else ""


def _value(value: float | str | None) -> str:
    return "" if value is None else value if isinstance(value, str) else num(value)


def _vitals(values: Mapping[str, float]) -> str:
    """Pressures as systolic/diastolic (mean), the rest by label, in the order of the vocabulary."""
    rest, out = dict(values), []
    for label, sys, dia, mean in _PAIRS:
        if sys in rest and dia in rest:
            tail = f" ({num(rest.pop(mean))})" if mean in rest else ""
            out.append(f"{label} {num(rest.pop(sys))}/{num(rest.pop(dia))}{tail}")
    order = list(SIGNALS)
    for name in sorted(rest, key=lambda n: order.index(n) if n in SIGNALS else -1):
        label = SIGNALS[name].label if name in SIGNALS else _DERIVED.get(name, name)
        out.append(f"{label} {num(rest[name])}")
    return ", ".join(out)


def _settings(event: LimitChanged) -> str:
    parts = []
    for name, new in event.new.items():
        old = f"{num(event.old[name])} → " if name in event.old else ""
        parts.append(f"{_SETTINGS.get(name, name)} {old}{num(new)}")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{num(seconds, 0)} s"
    return f"{num(seconds / 60, 1)} min" if seconds < 3600 else f"{num(seconds / 3600, 1)} h"


def _item(event: ChecklistAnswered) -> str:
    if event.item.startswith(WITHOUT) and event.answer == OVERRIDE:
        signal = event.item.removeprefix(WITHOUT)
        return f"start without {NAMES.get(signal, signal)}, a physician's decision"
    if event.item == NEWS2_SCALE:
        return f"NEWS2 SpO₂ scale {event.answer}"
    return f"{_RISKS.get(event.item, event.item.replace('_', ' '))}: {event.answer}"


_RISKS = {risk.id: risk.label for risk in RISKS}
