"""What was done at the pump in a run, recorded or only tapped by the trainer, and when help was called. Pure.

The two ways stand beside each other with their times, so that what was done at the pump and never recorded can be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.session.chain import Stored
from dashboard.session.closing import lived
from dashboard.session.corrections import happened_s
from dashboard.session.describe import row
from dashboard.session.describe import text as words_of
from dashboard.session.events import (
    BolusGiven,
    Correction,
    EmergencyDeclared,
    InfusionPaused,
    InfusionRateChanged,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    TraineeActed,
)
from dashboard.session.fold import fold
from dashboard.training.score import SCENARIO, hand

PUMP_EVENTS = (InfusionStarted, InfusionRateChanged, BolusGiven, InfusionPaused, InfusionResumed, InfusionStopped)
#: Hands at the pump, its syringe and its line.
PUMP_HANDS = ("stop_pump", "flush", "relieve_pressure", "fix_drug_line")


@dataclass(frozen=True, slots=True)
class Handled:
    """`t_s`: when it was done, on the scenario's clock. `tapped`: the trainer saw it done; `recorded`: it was entered at the bed; `corrected`:
    such an entry was mended."""

    t_s: float
    text: str
    by: str
    how: Literal["recorded", "corrected", "tapped"]

    @property
    def tapped(self) -> bool:
        return self.how == "tapped"


def at_the_pump(record: Sequence[Stored], from_s: float) -> list[Handled]:
    """By people from `from_s` on, in order of time. The stop that only closes the run is left out: nobody did it."""
    session = fold(record)
    out = []
    for stored in lived(record):
        event = stored.event
        at_s = happened_s(event)
        if at_s < from_s or event.by == SCENARIO:
            continue
        if isinstance(event, TraineeActed):
            if hand(event) in PUMP_HANDS:
                out.append(Handled(at_s, f"at the pump, tapped: {event.action}", event.by, "tapped"))
        elif isinstance(event, PUMP_EVENTS):
            struck = " (corrected since)" if stored.seq in session.struck else ""
            out.append(Handled(at_s, f"recorded: {row(session, stored)['text']}{struck}", event.by, "recorded"))
        elif _corrects_pump(event, record):
            out.append(Handled(at_s, f"recorded: {row(session, stored)['text']}", event.by, "corrected"))
    return sorted(out, key=lambda one: one.t_s)


def calls(record: Sequence[Stored]) -> list[Handled]:
    """Help called, as the trainer tapped it, and emergencies declared at the bed; in order of time."""
    out = []
    for stored in record:
        event = stored.event
        if isinstance(event, TraineeActed) and hand(event) == "call_help":
            out.append(Handled(happened_s(event), event.action, event.by, "tapped"))
        elif isinstance(event, EmergencyDeclared) and event.by != SCENARIO:
            out.append(Handled(happened_s(event), words_of(event), event.by, "recorded"))
    return sorted(out, key=lambda one: one.t_s)


def _corrects_pump(event: object, record: Sequence[Stored]) -> bool:
    return (
        isinstance(event, Correction)
        and 1 <= event.of <= len(record)
        and isinstance(record[event.of - 1].event, PUMP_EVENTS)
    )
