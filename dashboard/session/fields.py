"""Every field of an entry against what it can be: type, range, length. One table for all types of event."""

import math
from collections.abc import Mapping
from datetime import datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from config.models.scales import Scale
from config.models.training import PatientCue
from dashboard.session.events import (
    TYPES,
    BaselineTaken,
    ConsciousnessAssessed,
    DischargeScored,
    Event,
    EventError,
    LimitChanged,
    ManualVitals,
    SessionOpened,
    type_name,
)
from devices.signals import DERIVED, SIGNALS

MAX_TEXT = 2_000
MAX_BACK_S = 600.0  # back-dating is allowed up to 10 min and flagged
PHASES = ("setup", "titration", "steady", "recovery", "discharge", "emergency")

#: (type, field) -> lowest, highest, and whether the lowest itself is allowed. Beyond these nothing can be meant.
#: 100 mg/mL is the strongest vial; 1000 mg/h more than 2 mg/kg/h for anyone; 500 mg the largest vial.
RANGES: dict[tuple[str, str], tuple[float, float, bool]] = {
    ("session_opened", "weight_kg"): (0, 400, False),
    ("session_opened", "concentration_mg_ml"): (0, 100, False),
    ("session_opened", "planned_mg"): (0, 10_000, False),
    ("session_opened", "planned_min"): (0, 14 * 1440, False),
    ("session_opened", "age_y"): (0, 130, True),
    ("infusion_started", "rate_mg_h"): (0, 1000, False),
    ("infusion_started", "concentration_mg_ml"): (0, 100, False),
    ("infusion_rate_changed", "rate_mg_h"): (0, 1000, True),
    ("infusion_rate_changed", "concentration_mg_ml"): (0, 100, False),
    ("infusion_resumed", "rate_mg_h"): (0, 1000, True),
    ("bolus_given", "dose_mg"): (0, 500, False),
    ("bag_changed", "concentration_mg_ml"): (0, 100, False),
    ("bag_changed", "volume_ml"): (0, 5000, False),
    ("consciousness_assessed", "dissociation"): (0, 4, True),
    ("oxygen_changed", "flow_l_min"): (0, 100, True),
    ("drug_given", "dose"): (0, 1_000_000, False),
    ("audio_paused", "duration_s"): (0, 600, False),
    ("alarm_off", "duration_s"): (0, 3600, False),
    ("escalation_sent", "step"): (2, 3, True),
    ("service_resumed", "gap_s"): (0, math.inf, True),
    ("discharge_scored", "score"): (0, 100, True),
    ("run_paced", "speed"): (0, 60, True),
    ("run_forked", "from_t_s"): (0, math.inf, True),
    ("run_joined", "joined_s"): (0, math.inf, True),
}
#: Texts that must say something.
REQUIRED = {
    ("session_opened", "bed"), ("session_opened", "patient"), ("session_opened", "profile"), ("note", "text"),
    ("checklist_answered", "item"), ("checklist_answered", "answer"), ("side_effect", "effect"), ("drug_given", "drug"),
    ("drug_given", "unit"), ("handover", "to"), ("emergency_ended", "summary"), ("limit_changed", "rule"),
    ("limit_changed", "reason"), ("correction", "reason"), ("alarm_off", "rule"), ("alarm_off", "reason"), ("alarm_on", "rule"),
    ("alarm_action_noted", "action"), ("escalation_sent", "channel"), ("screen_lost", "screen"), ("screen_back", "screen"),
    ("injected", "label"), ("trainee_acted", "action"), ("cue_shown", "cue"), ("cue_shown", "text"), ("trainer_commented", "text"),
    ("run_forked", "from_session"), ("scenario_noted", "digest"), ("trainee_named", "person"),
    ("run_slowed", "reason"),
}  # fmt: skip
#: Texts that are one of a few words.
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("session_opened", "intended_depth"): ("minimal", "moderate"),
    ("phase_changed", "phase"): PHASES,
    ("alarm_judged", "verdict"): ("true", "nuisance", "technical", ""),
    ("screen_lost", "reason"): ("hidden", "silent", "gone"),
    ("cue_shown", "cue"): get_args(PatientCue.model_fields["kind"].annotation),
    **{
        (name, "source"): ("entered", "pump")
        for name in (
            "infusion_started", "infusion_rate_changed", "bolus_given", "infusion_paused", "infusion_resumed", "infusion_stopped",
        )
    },
}  # fmt: skip
_ABOVE = ("nibp_sys", "nibp_dia"), ("abp_sys", "abp_dia"), ("sbp", "dbp")
#: Derived name -> raw signal whose range holds for it.
_RANGE_OF = {"rate": "hr", "sbp": "nibp_sys", "dbp": "nibp_dia", "map": "nibp_map", "rr": "rr_co2"}
_HINTS: dict[type[Event], dict[str, Any]] = {cls: get_type_hints(cls) for cls in TYPES.values()}


def check_fields(event: Event, scales: Mapping[str, Scale]) -> None:
    """EventError names the first field that cannot be."""
    name = type_name(event)
    for field, hint in _HINTS[type(event)].items():
        value = getattr(event, field)
        if value is None and type(None) in _options(hint):
            continue
        _check_type(field, value, hint)
        if isinstance(value, str):
            _check_text(field, value, (name, field) in REQUIRED or field == "by")
            if (choices := CHOICES.get((name, field))) and value not in choices:
                raise _error(field, f"expected one of {', '.join(choices)}", value)
        elif (limits := RANGES.get((name, field))) is not None:
            _check_range(field, value, *limits)
    if event.at.tzinfo is None:
        raise _error("at", "expected a time with its zone", event.at)
    _check_range("t_s", event.t_s, 0, math.inf, True)
    _check_range("back_s", event.back_s, 0, MAX_BACK_S, True)
    _check_special(event, scales)


def _check_special(event: Event, scales: Mapping[str, Scale]) -> None:
    match event:
        case SessionOpened():
            _scale(event.scale, scales)
        case ConsciousnessAssessed():
            scale = _scale(event.scale, scales)
            if event.level not in scale.codes:
                raise _error("level", f"{scale.title} has {', '.join(scale.codes)}", event.level)
        case BaselineTaken() | ManualVitals():
            _check_vitals(event.values, DERIVED if isinstance(event, BaselineTaken) else ())
        case LimitChanged():
            _check_settings(event)
        case DischargeScored():
            _check_score(event)


def _scale(name: str, scales: Mapping[str, Scale]) -> Scale:
    if name not in scales:
        raise _error("scale", f"expected one of {', '.join(scales)}", name)
    return scales[name]


def _check_vitals(values: Mapping[str, float], also: tuple[str, ...]) -> None:
    if not values:
        raise EventError("values: nothing was entered", "values")
    for name, value in values.items():
        row = SIGNALS.get(_RANGE_OF.get(name, name) if name in also else name)
        if row is None or row.kind != "numeric":
            raise EventError(f"values: no such vital sign {name!r}", "values")
        if not row.low <= value <= row.high:
            raise _error("values", f"{row.label} lies between {row.low:g} and {row.high:g} {row.unit}", value)
    for upper, lower in _ABOVE:
        if upper in values and lower in values and values[upper] <= values[lower]:
            raise EventError(
                f"values: {upper} must be above {lower} (got {values[upper]:g}/{values[lower]:g})", "values"
            )


def _check_settings(event: LimitChanged) -> None:
    for field, settings in (("old", event.old), ("new", event.new)):
        if unknown := sorted(set(settings) - {"value", "delay_s", "hysteresis"}):
            raise EventError(f"{field}: no such setting {', '.join(unknown)}", field)
    if not event.new:
        raise EventError("new: nothing is changed", "new")
    if not 0 <= event.new.get("delay_s", 0) <= 600:
        raise _error("new", "delay_s lies between 0 and 600", event.new["delay_s"])
    if event.new.get("hysteresis", 0) < 0:
        raise _error("new", "hysteresis is 0 or more", event.new["hysteresis"])


def _check_score(event: DischargeScored) -> None:
    if event.scale in ("aldrete", "padss") and event.score > 10:
        raise _error("score", "expected 0 to 10", event.score)
    if event.items and sum(event.items.values()) != event.score:
        raise EventError(f"score: the items add up to {sum(event.items.values())}, not {event.score}", "score")


def _check_type(field: str, value: Any, hint: Any) -> None:
    """The type that the dataclass declares; a number is a finite one, and true is not a number."""
    options = [get_origin(option) or option for option in _options(hint)]
    if not any(_is(value, option) for option in options):
        words = " or ".join(_WORD[option] for option in options if option in _WORD)
        raise _error(field, f"expected {words}", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise _error(field, "expected a number", value)
    if isinstance(value, dict):
        _check_dict(field, value, hint)


def _options(hint: Any) -> tuple[Any, ...]:
    """The members of a union; a plain type is its own one."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


_WORD = {str: "text", int: "a whole number", float: "a number", bool: "yes or no", dict: "a table", datetime: "a time"}


def _is(value: Any, wanted: Any) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return wanted is Any or isinstance(value, wanted)


def _check_dict(field: str, value: dict[Any, Any], hint: Any) -> None:
    if len(value) > 100:
        raise EventError(f"{field}: more than 100 entries", field)
    inner = next((get_args(h)[1] for h in _options(hint) if get_origin(h) is dict), Any)
    for key, item in value.items():
        if not isinstance(key, str):
            raise _error(field, "expected text as a name", key)
        _check_text(field, key, True)
        if inner is not Any:
            _check_type(field, item, inner)
        elif isinstance(item, str):
            _check_text(field, item, False)
        elif isinstance(item, float) and not math.isfinite(item):
            raise _error(field, "expected a number", item)


def _check_text(field: str, value: str, required: bool) -> None:
    if required and not value.strip():
        raise EventError(f"{field}: nothing was entered", field)
    if len(value) > MAX_TEXT:
        raise EventError(f"{field}: at most {MAX_TEXT:,} characters (got {len(value):,})", field)
    if any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise EventError(f"{field}: contains a character that cannot be recorded", field)


def _check_range(field: str, value: float, low: float, high: float, low_allowed: bool) -> None:
    if not math.isfinite(value):
        raise _error(field, "expected a number", value)
    if value < low or value > high or (value == low and not low_allowed):
        least = f"{low:g} or more" if low_allowed else f"more than {low:g}"
        most = "" if high == math.inf else f" and at most {high:g}"
        raise _error(field, f"expected {least}{most}", value)


def _error(field: str, expected: str, got: object) -> EventError:
    text = repr(got)
    return EventError(f"{field}: {expected} (got {text if len(text) <= 40 else text[:39] + '…'})", field)
