"""The debrief of a run: what was expected and done, what the patient went through, what was checked, changed and called. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.models.scenario import Scenario
from dashboard.alarms.course import RANKS
from dashboard.session.chain import Stored
from dashboard.session.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmDemoted,
    AlarmEscalated,
    AlarmRaised,
    AlarmReset,
    Event,
    SessionOpened,
)
from dashboard.session.fold import fold
from dashboard.training.handled import Handled, at_the_pump, calls
from dashboard.training.retrace import Truth, joined_s
from dashboard.training.score import ActionScore, score_sheet

#: Areas and times below count each second of the run once; a hole in the truth counts nothing.
LOW, VERY_LOW, HIGH_SBP = 90.0, 85.0, 180.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """From the trainee's coming to the end. Saturation is the true one, arterial: what the probe made of it comes later."""

    lowest_sao2: float
    below_90_s: float
    below_85_s: float
    area_below_90: float  # %·s
    sbp_above_180_s: float
    lowest_level: int
    given_mg: float
    planned_mg: float
    over_plan_mg: float


@dataclass(frozen=True, slots=True)
class Answered:
    """One alarm of the run, in the words of its worst step: when it was first raised, and how it was answered; `waited_s` None: nobody
    acknowledged it. `beside`: the words of another alarm, by acknowledging which it was answered."""

    occurrence: int
    rule: str
    priority: str
    text: str
    t_s: float
    waited_s: float | None
    by: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Debrief:
    scores: tuple[ActionScore, ...]
    outcome: Outcome | None
    alarms: tuple[Answered, ...]
    pump: tuple[Handled, ...]
    calls: tuple[Handled, ...]
    recorded_mg: float
    planned_mg: float
    from_s: float
    to_s: float


def debrief(scenario: Scenario | None, record: Sequence[Stored], truth: Truth) -> Debrief:
    """`scenario` None: it is not here any more, or a recording was replayed: then there is neither a score nor an outcome, as nobody knows
    the truth. `recorded_mg`: given by the record alone, whatever the pump did."""
    from_s, to_s = joined_s(record), record[-1].event.t_s
    mine = [one.event for one in record if one.event.t_s >= from_s]
    return Debrief(
        scores=() if scenario is None else tuple(score_sheet(scenario, record, to_s)),
        outcome=None if scenario is None else _outcome(record, [row for row in truth if row[0] >= from_s]),
        alarms=tuple(_answered(mine)),
        pump=tuple(at_the_pump(record, from_s)),
        calls=tuple(calls(record)),
        recorded_mg=fold(record).infusion.given_mg(to_s),
        planned_mg=_planned_mg(record),
        from_s=from_s,
        to_s=to_s,
    )


def _outcome(record: Sequence[Stored], truth: Truth) -> Outcome:
    def column(name: str) -> NDArray[np.float64]:
        return np.array([values.get(name, np.nan) for _, values in truth], dtype=np.float64)

    sao2, sbp, level = column("sao2"), column("sbp"), column("moaas")
    planned_mg = _planned_mg(record)
    given_mg = float(truth[-1][1]["given_mg"]) if truth else fold(record).infusion.given_mg(record[-1].event.t_s)
    return Outcome(
        lowest_sao2=float(np.nanmin(sao2)) if sao2.size else float("nan"),
        below_90_s=float(np.sum(sao2 < LOW)),
        below_85_s=float(np.sum(sao2 < VERY_LOW)),
        area_below_90=float(np.nansum(np.clip(LOW - sao2, 0.0, None))),
        sbp_above_180_s=float(np.sum(sbp > HIGH_SBP)),
        lowest_level=int(np.nanmin(level)) if level.size else 5,
        given_mg=given_mg,
        planned_mg=planned_mg,
        over_plan_mg=max(0.0, given_mg - planned_mg),
    )


def _planned_mg(record: Sequence[Stored]) -> float:
    opened = record[0].event
    return opened.planned_mg if isinstance(opened, SessionOpened) else 0.0


def _answered(events: Sequence[Event]) -> list[Answered]:
    """People acknowledge the alarm that they look at: that answers each other one, of medium or high priority, which stands beside it."""
    raised_s: dict[int, float] = {}
    worst: dict[int, AlarmRaised | AlarmEscalated] = {}
    heard: dict[int, tuple[AlarmAcknowledged, str]] = {}
    standing: dict[int, str] = {}
    for event in events:
        if isinstance(event, AlarmRaised | AlarmEscalated | AlarmDemoted):
            standing[event.occurrence] = event.priority
        if isinstance(event, AlarmRaised | AlarmEscalated):
            raised_s.setdefault(event.occurrence, event.t_s)
            before = worst.get(event.occurrence)
            if before is None or RANKS[event.priority] > RANKS[before.priority]:
                worst[event.occurrence] = event
        elif isinstance(event, AlarmCleared | AlarmReset):
            standing.pop(event.occurrence, None)
        elif isinstance(event, AlarmAcknowledged):
            heard.setdefault(event.occurrence, (event, ""))
            if standing.get(event.occurrence, "low") != "low":
                for other in [one for one, priority in standing.items() if priority != "low"]:
                    heard.setdefault(other, (event, event.message or event.rule))
    out = []
    for occurrence, t_s in raised_s.items():
        event = worst[occurrence]
        answer, beside = heard.get(occurrence, (None, ""))
        waited_s = None if answer is None else answer.t_s - t_s
        by = "" if answer is None else answer.by
        out.append(Answered(occurrence, event.rule, event.priority, event.message, t_s, waited_s, by, beside))
    return out
