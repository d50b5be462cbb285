"""What an injection calls for: it befalls the patient whatever the scenario, so its lines join the scenario's own on the score sheet.

Actions and times are those of the scenario library (ketamine-pkpd, section 5.2, [D]): training goals, no clinical standards. What
no control of the trainer's page and no entry at the bed can tell is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.models.training import ExpectedAction, Visible
from dashboard.session.chain import Stored
from dashboard.session.events import (
    AlarmCleared,
    AlarmEscalated,
    AlarmRaised,
    AlarmReset,
    Event,
    Injected,
)
from dashboard.training.clock import clock
from dashboard.training.lasting import ENDED

#: An alarm counts as an injection's when it comes while that lasts, or so long afterwards: delays, the probe's lag and the cuff's turn.
AFTERWARDS_S = 60.0
#: Of what happens once and has no duration of its own: a cuff every five minutes must have had its turn.
AT_ONCE_S = 360.0


@dataclass(frozen=True, slots=True)
class CalledFor:
    """As `ExpectedAction`, counted from the first alarm of `rules` after the injection, or without rules from `after_s` after it."""

    id: str
    text: str
    done: tuple[str, ...]
    within_s: float
    rules: tuple[str, ...] = ()
    after_s: float = 0.0
    also: tuple[str, ...] = ()
    harmful: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """One line of one injection. `cue_s` None: nothing could be seen yet. Its alarms, of `rules`, are looked for from `from_s` to `until_s`;
    nothing that was done before `from_s` was done for it."""

    rules: tuple[str, ...]
    action: ExpectedAction
    cue_s: float | None
    from_s: float
    until_s: float


_STOPPED = ("stop_pump", "infusion_stopped", "infusion_paused")
_HELP = ("call_help", "emergency_declared")
_NO_BREATH, _LOW_RATE = ("APNOEA",), ("RR_LOW_1", "RR_LOW_2")
_PRESSURE = ("SBP_HIGH", "SBP_CRIT", "DBP_HIGH", "DBP_CRIT")
_LOOK = ("look", "consciousness_assessed", "stimulate")

CALLED_FOR: Mapping[str, tuple[CalledFor, ...]] = {
    "Apnoea": (  # S02
        CalledFor("stop-ketamine", "No more ketamine", _STOPPED, 30, _NO_BREATH),
        CalledFor("stimulate", "Calls by name, stimulates", ("stimulate",), 30, _NO_BREATH),
        CalledFor("open-airway", "Opens the airway", ("open_airway",), 30, _NO_BREATH),
        CalledFor("breaths", "Oxygen on and a breath by bag and mask", ("ventilate",), 60, _NO_BREATH, also=("oxygen",)),
        CalledFor("call-help", "Calls for help", _HELP, 60, _NO_BREATH),
    ),
    "Obstruction": (  # S12
        CalledFor("open-airway", "Opens the airway", ("open_airway",), 30, _NO_BREATH),
        CalledFor("oxygen", "Oxygen or CPAP", ("oxygen", "cpap"), 60, _NO_BREATH),
        CalledFor("wake", "Wakes the patient", ("stimulate",), 60, _NO_BREATH),
    ),
    "Laryngospasm": (  # S03; the first that the screen tells of it is the flat trace
        CalledFor("suction", "Stops the infusion and suctions", ("suction",), 20, _NO_BREATH, also=_STOPPED),
        CalledFor("jaw-thrust-and-cpap", "Jaw thrust and oxygen by CPAP", ("cpap",), 40, _NO_BREATH, also=("open_airway",)),
        CalledFor("call-help", "Calls for help", _HELP, 30, _NO_BREATH),
    ),
    "Slow breathing": (  # S11
        CalledFor("recognise", "Looks at the patient, stimulates or checks consciousness", _LOOK, 120, _LOW_RATE),
        CalledFor("rouse", "Stimulates or opens the airway", ("stimulate", "open_airway"), 150, _LOW_RATE),
        CalledFor("pause", "Pauses the infusion", _STOPPED, 180, _LOW_RATE),
    ),
    "Vomiting": (  # S10
        CalledFor("suction", "Suction", ("suction",), 20),
        CalledFor("pause", "Pauses the infusion", _STOPPED, 60),
        CalledFor("antiemetic", "Records a drug given (an antiemetic)", ("drug_given",), 180),
    ),
    "Agitation": (  # S05
        CalledFor("ground", "Speaks calmly", ("reassure",), 60),
        CalledFor("look-first", "Looks at the patient", ("look",), 60),
        CalledFor("pause", "Pauses the infusion", _STOPPED, 120),
    ),
    "BP surge": (  # S04
        CalledFor("repeat", "Repeats the measurement", ("cuff", "manual_vitals"), 120, _PRESSURE),
        CalledFor("assess", "Looks at the patient, or records the level or a complaint", ("look", "consciousness_assessed", "side_effect"), 120, _PRESSURE),
        CalledFor("reduce", "Lowers the rate or pauses", (*_STOPPED, "infusion_rate_lowered"), 180, _PRESSURE),
    ),
    "Vasovagal": (  # S09
        CalledFor("flat", "Flat, legs up", ("legs_up",), 20, ("HR_LOW_1", "HR_LOW_2")),
        CalledFor("cuff-now", "Measures the pressure now", ("cuff", "manual_vitals"), 30, ("HR_LOW_1", "HR_LOW_2")),
    ),
    "Probe off": (  # S06
        CalledFor("look", "Looks at the patient or checks consciousness", ("look", "consciousness_assessed"), 15, ("SPO2_LOST",)),
        CalledFor("re-site", "Puts the probe back", ("fix_spo2",), 60, ("SPO2_LOST",)),
        CalledFor("oxygen-for-a-probe", "Oxygen or bag and mask for a probe", ("oxygen", "ventilate"), 300, harmful=True),
    ),
    "CO₂ line off": (  # S13
        CalledFor("look", "Looks and listens, stimulates or checks consciousness", _LOOK, 15, _NO_BREATH),
        CalledFor("fix", "Puts the sample line right", ("fix_co2",), 60, _NO_BREATH),
        CalledFor("bag", "Bag and mask or CPAP on a breathing patient", ("ventilate", "cpap"), 300, harmful=True),
    ),
    "ECG off": (CalledFor("look", "Looks at the patient or checks consciousness", ("look", "consciousness_assessed"), 15, ("HR_LOST",)),),
    "Cable out": (  # as a probe, of all of them
        CalledFor("look", "Looks at the patient or checks consciousness", ("look", "consciousness_assessed"), 15, ("LINK_LOST",)),
        CalledFor("fix", "Puts the cable back", ("fix_cable",), 60, ("LINK_LOST",)),
    ),
    "Cuff reads high": (CalledFor("repeat", "Repeats the measurement", ("cuff", "manual_vitals"), 120, _PRESSURE),),  # S14
    "Cuff fails": (CalledFor("by-hand", "Starts the cuff again or measures by hand", ("cuff", "manual_vitals"), 300, ("NIBP_STALE",)),),  # S14
    "Drug line off": (  # S07: nothing alarms; three minutes on it can be told at the patient
        CalledFor("question", "Looks at the patient, or records the level, a complaint or a note", ("look", "consciousness_assessed", "side_effect", "note"), 300, after_s=180),
        CalledFor("stop-pump", "Stops the pump", _STOPPED, 360, after_s=180),
        CalledFor("catch-up", "A bolus to catch up", ("bolus_given",), 1500, harmful=True),
    ),
    "Pump at ×10": (  # S08
        CalledFor("recognise", "Looks, writes a note, or lowers or stops the rate", ("look", "note", "infusion_rate_lowered", *_STOPPED), 60, after_s=30),
        CalledFor("stop", "Stops the pump", _STOPPED, 90, after_s=30),
    ),
    "Motion": (  # S05
        CalledFor("look-first", "Looks at the patient", ("look",), 60),
        CalledFor("bag-an-artefact", "Ventilates on an artefact", ("ventilate", "cpap"), 120, harmful=True),
    ),
}  # fmt: skip


def called_for(record: Sequence[Stored]) -> list[Called]:
    """The lines of every injection of the record, in order."""
    events = [stored.event for stored in record]
    found: list[Called] = []
    for number, event in enumerate((one for one in events if isinstance(one, Injected)), 1):
        if event.label.endswith(ENDED):
            continue
        lasts_s = event.effect.get("duration_s")
        until_s = event.t_s + (AT_ONCE_S if lasts_s is None else float(lasts_s) + AFTERWARDS_S)
        ended_s = next(
            (one.t_s for one in events if isinstance(one, Injected) and one.label == event.label + ENDED and one.t_s >= event.t_s),
            None,
        )  # fmt: skip
        for line in CALLED_FOR.get(event.label, ()):
            if line.rules:
                cue_s = _alarmed(events, line.rules, event.t_s, until_s)
            else:
                cue_s = event.t_s + line.after_s
                if line.after_s and ended_s is not None and ended_s < cue_s:
                    continue  # over before anybody could tell
            found.append(Called(line.rules, _action(line, number, event, cue_s), cue_s, event.t_s, until_s))
    return found


def _action(line: CalledFor, number: int, event: Injected, cue_s: float | None) -> ExpectedAction:
    return ExpectedAction(
        id=f"injected-{number}-{line.id}",
        text=f"{event.label} {clock(event.t_s)} · {line.text}",
        done=line.done,
        also=line.also,
        cue=Visible(alarm=line.rules[0]) if line.rules else Visible(at_s=cue_s),
        within_s=line.within_s,
        harmful=line.harmful,
    )


def _alarmed(events: Sequence[Event], rules: tuple[str, ...], from_s: float, until_s: float) -> float | None:
    """When one of them was first on the screen: at once if it stood there already."""
    standing: set[int] = set()
    for event in events:
        if isinstance(event, AlarmRaised | AlarmEscalated) and event.rule in rules:
            if event.t_s >= from_s:
                return from_s if standing else event.t_s if event.t_s <= until_s else None
            standing.add(event.occurrence)
        elif isinstance(event, AlarmCleared | AlarmReset) and event.t_s < from_s:
            standing.discard(event.occurrence)
    return from_s if standing else None
