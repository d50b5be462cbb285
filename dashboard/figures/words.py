"""Entries of the record in the few words that fit beside a mark; `session.describe` has the whole line."""

from dashboard.session import events as ev
from dashboard.session.events import Event, type_name
from dashboard.session.numbers import num

#: Marks worth a label on the chart, the most important first.
MARKED: tuple[type[Event], ...] = (
    ev.EmergencyDeclared, ev.InfusionStarted, ev.InfusionStopped, ev.InfusionPaused, ev.InfusionResumed, ev.InfusionRateChanged,
    ev.BolusGiven, ev.BagChanged, ev.DrugGiven, ev.SideEffect, ev.OxygenChanged, ev.EmergencyEnded, ev.DeviceLost, ev.ServiceResumed,
    ev.LimitChanged, ev.Handover, ev.Note, ev.PhaseChanged,
)  # fmt: skip


def short(event: Event) -> str:
    """A few words for a mark."""
    match event:
        case ev.InfusionStarted():
            return f"▶ start {num(event.rate_mg_h, 1)} mg/h"
        case ev.InfusionRateChanged():
            return f"{num(event.rate_mg_h, 1)} mg/h"
        case ev.InfusionPaused():
            return "pause"
        case ev.InfusionResumed():
            return "resume"
        case ev.InfusionStopped():
            return "■ stop"
        case ev.BolusGiven():
            return f"bolus {num(event.dose_mg)} mg"
        case ev.BagChanged():
            return f"bag {num(event.concentration_mg_ml)} mg/mL"
        case ev.DrugGiven():
            return f"{event.drug} {num(event.dose)} {event.unit}"
        case ev.OxygenChanged():
            return f"O₂ {num(event.flow_l_min)} L" if event.flow_l_min else "room air"
        case ev.SideEffect():
            return event.effect
        case ev.EmergencyDeclared():
            return "EMERGENCY"
        case ev.EmergencyEnded():
            return "emergency over"
        case ev.DeviceLost():
            return f"{event.device} lost"
        case ev.ServiceResumed():
            return f"not recorded {num(event.gap_s, 0)} s"
        case ev.LimitChanged():
            return f"limit {event.rule}"
        case ev.Handover():
            return f"handover to {event.to}"
        case ev.Note():
            return event.text if len(event.text) <= 24 else event.text[:23] + "…"
        case ev.PhaseChanged():
            return event.phase
    return type_name(event).replace("_", " ")
