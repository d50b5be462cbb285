"""Entries of the record as a person reads them: short for a mark on the chart, whole for the log."""

from typing import Any

from dashboard.session import events as ev
from dashboard.session.events import Event, to_dict, type_name

#: Marks worth a label on the chart, the most important first.
MARKED: tuple[type[Event], ...] = (
    ev.EmergencyDeclared, ev.InfusionStarted, ev.InfusionStopped, ev.InfusionPaused, ev.InfusionResumed, ev.InfusionRateChanged,
    ev.BolusGiven, ev.BagChanged, ev.DrugGiven, ev.SideEffect, ev.OxygenChanged, ev.EmergencyEnded, ev.DeviceLost, ev.ServiceResumed,
    ev.LimitChanged, ev.Handover, ev.Note, ev.PhaseChanged,
)  # fmt: skip

#: Field -> unit, and fields that say nothing to a reader.
_UNITS = {
    "rate_mg_h": "mg/h", "concentration_mg_ml": "mg/mL", "dose_mg": "mg", "volume_ml": "mL", "flow_l_min": "L/min", "gap_s": "s", "duration_s": "s",
    "weight_kg": "kg", "age_y": "y", "planned_mg": "mg planned", "planned_min": "min planned",
}  # fmt: skip
_SILENT = {
    "type",
    "at",
    "by",
    "t_s",
    "back_s",
    "rule",
    "occurrence",
    "kind",
    "seed",
    "simulation",
    "profile_version",
    "intended_depth",
}


def number(value: float, decimals: int = 2) -> str:
    """Without trailing zeros: 0.5, 5, 21.7."""
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(event: Event) -> str:
    """A few words for a mark."""
    match event:
        case ev.InfusionStarted():
            return f"▶ start {number(event.rate_mg_h, 1)} mg/h"
        case ev.InfusionRateChanged():
            return f"{number(event.rate_mg_h, 1)} mg/h"
        case ev.InfusionPaused():
            return "pause"
        case ev.InfusionResumed():
            return "resume"
        case ev.InfusionStopped():
            return "■ stop"
        case ev.BolusGiven():
            return f"bolus {number(event.dose_mg)} mg"
        case ev.BagChanged():
            return f"bag {number(event.concentration_mg_ml)} mg/mL"
        case ev.DrugGiven():
            return f"{event.drug} {number(event.dose)} {event.unit}"
        case ev.OxygenChanged():
            return f"O₂ {number(event.flow_l_min)} L" if event.flow_l_min else "room air"
        case ev.SideEffect():
            return event.effect
        case ev.EmergencyDeclared():
            return "EMERGENCY"
        case ev.EmergencyEnded():
            return "emergency over"
        case ev.DeviceLost():
            return f"{event.device} lost"
        case ev.ServiceResumed():
            return f"not recorded {number(event.gap_s, 0)} s"
        case ev.LimitChanged():
            return f"limit {event.rule}"
        case ev.Handover():
            return f"handover to {event.to}"
        case ev.Note():
            return event.text if len(event.text) <= 24 else event.text[:23] + "…"
        case ev.PhaseChanged():
            return event.phase
    return type_name(event).replace("_", " ")


def whole(event: Event) -> str:
    """One line with everything the entry says."""
    name = type_name(event).replace("_", " ")
    if isinstance(event, ev.AlarmEvent):
        limit = "" if event.limit is None else f" (limit {_plain(event.limit)})"
        return f"{name}: {event.message or event.rule}{limit}"
    if isinstance(event, ev.Correction):
        return f"correction of entry {event.of}: {event.reason}"
    return describe(name, to_dict(event))


def describe(name: str, data: dict[str, Any]) -> str:
    parts = []
    for key, value in data.items():
        if key in _SILENT or value is None or value == "" or value == {}:
            continue
        if isinstance(value, dict):
            parts.append(", ".join(f"{k} {_plain(v)}" for k, v in value.items()))
        elif (unit := _UNITS.get(key)) is not None:
            parts.append(f"{_plain(value)} {unit}")
        elif key in (
            "reason",
            "note",
            "text",
            "summary",
            "statement",
            "effect",
            "drug",
            "phase",
            "to",
            "device",
            "patient",
            "unit",
            "route",
            "level",
            "scale",
        ):
            parts.append(_plain(value))
        else:
            parts.append(f"{key.replace('_', ' ')} {_plain(value)}")
    return f"{name}: {' · '.join(parts)}" if parts else name


def _plain(value: Any) -> str:
    return number(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
