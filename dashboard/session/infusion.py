"""What has run into the patient, from what was recorded: exact at any instant, whatever the order of entry.

Entries are replayed in the order in which they happened, so that one entered late or back-dated counts from its own time.
A pump knows nothing of the bag: after a bag change it keeps its mL/h, so mg/h follows the concentration until a rate is
recorded. A rate recorded during a pause is the rate at which the pump will resume.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.session.events import (
    BagChanged,
    BolusGiven,
    Event,
    EventError,
    InfusionPaused,
    InfusionRateChanged,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
)

State = Literal["not_started", "running", "paused", "stopped"]
INFUSION_EVENTS = (
    InfusionStarted, InfusionRateChanged, BolusGiven, BagChanged, InfusionPaused, InfusionResumed, InfusionStopped,
)  # fmt: skip
S_PER_H = 3600.0


@dataclass(frozen=True, slots=True)
class Segment:
    """From `from_s` (session clock) until the next segment the pump delivered `rate_mg_h`; 0 while it stood. `set_rate_mg_h` is
    what it was set to all the while; `seq`: the entry that began it."""

    seq: int
    from_s: float
    rate_mg_h: float
    set_rate_mg_h: float
    concentration_mg_ml: float
    state: State

    @property
    def rate_ml_h(self) -> float:
        return self.rate_mg_h / self.concentration_mg_ml if self.concentration_mg_ml > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Bolus:
    t_s: float
    dose_mg: float
    concentration_mg_ml: float


@dataclass(frozen=True, slots=True)
class Infusion:
    """All that was delivered. `set_rate_mg_h`: what the pump runs at, or will resume at;
    `changed_s`: last change of what the patient gets, the same drug in a new bag apart; `ignored`: numbers of entries that
    make no sense where they stand (a pause of what does not run), kept in the record but without effect here."""

    state: State = "not_started"
    set_rate_mg_h: float = 0.0
    concentration_mg_ml: float = 0.0
    source: str = "entered"
    started_s: float | None = None
    stopped_s: float | None = None
    paused_s: float | None = None
    changed_s: float | None = None
    segments: tuple[Segment, ...] = ()
    boluses: tuple[Bolus, ...] = ()
    ignored: tuple[int, ...] = ()

    @property
    def rate_mg_h(self) -> float:
        """What runs now: 0 unless running."""
        return self.set_rate_mg_h if self.state == "running" else 0.0

    @property
    def rate_ml_h(self) -> float:
        return self.rate_mg_h / self.concentration_mg_ml if self.concentration_mg_ml > 0 else 0.0

    def segment_at(self, t_s: float) -> Segment | None:
        """The segment in effect at `t_s` (right-continuous); None before the start."""
        index = bisect_right(self.segments, t_s, key=lambda segment: segment.from_s)
        return self.segments[index - 1] if index else None

    def state_at(self, t_s: float) -> State:
        segment = self.segment_at(t_s)
        return segment.state if segment else "not_started"

    def rate_at(self, t_s: float) -> float:
        """mg/h delivered at `t_s`."""
        segment = self.segment_at(t_s)
        return segment.rate_mg_h if segment else 0.0

    def set_before(self, seq: int) -> float | None:
        """What the pump was set to before entry `seq` changed it; None when nothing was, or `seq` is no such entry."""
        index = next((i for i, segment in enumerate(self.segments) if segment.seq == seq), 0)
        return self.segments[index - 1].set_rate_mg_h if index else None

    def given_mg(self, t_s: float) -> float:
        """Everything delivered up to and including `t_s`, boluses too."""
        run = (seconds * segment.rate_mg_h / S_PER_H for segment, seconds in self._run(t_s))
        return math.fsum((*run, *(bolus.dose_mg for bolus in self.boluses if bolus.t_s <= t_s)))

    def given_ml(self, t_s: float) -> float:
        run = (seconds * segment.rate_ml_h / S_PER_H for segment, seconds in self._run(t_s))
        pushed = (
            bolus.dose_mg / bolus.concentration_mg_ml
            for bolus in self.boluses
            if bolus.t_s <= t_s and bolus.concentration_mg_ml > 0
        )
        return math.fsum((*run, *pushed))

    def _run(self, t_s: float) -> Iterable[tuple[Segment, float]]:
        """Each segment begun by `t_s` and for how many seconds of it."""
        for index, segment in enumerate(self.segments):
            if segment.from_s >= t_s:
                return
            last = index + 1 == len(self.segments)
            yield segment, (t_s if last else min(t_s, self.segments[index + 1].from_s)) - segment.from_s


@dataclass(frozen=True, slots=True)
class Happened:
    """An infusion entry at the time at which it took effect."""

    t_s: float
    seq: int
    event: Event


def infusion_of(entries: Iterable[Happened], concentration_mg_ml: float) -> Infusion:
    """The infusion after `entries`, which come in order of (`t_s`, `seq`). An entry that cannot be is ignored, by number."""
    state = Infusion(concentration_mg_ml=concentration_mg_ml)
    for entry in entries:
        try:
            state = step(state, entry)
        except EventError:
            state = replace(state, ignored=(*state.ignored, entry.seq))
    return state


def problems(entries: Iterable[Happened], concentration_mg_ml: float) -> dict[int, str]:
    """The entries that cannot be where they stand, number -> why."""
    state, out = Infusion(concentration_mg_ml=concentration_mg_ml), {}
    for entry in entries:
        try:
            state = step(state, entry)
        except EventError as error:
            out[entry.seq] = str(error)
    return out


def step(state: Infusion, entry: Happened) -> Infusion:
    """One entry further. EventError when it does not fit the state: pausing what does not run, starting twice."""
    t_s, event = entry.t_s, entry.event
    match event:
        case InfusionStarted():
            _refuse(state.state in ("running", "paused"), "the infusion has been started already")
            state = replace(
                state,
                state="running",
                set_rate_mg_h=event.rate_mg_h,
                concentration_mg_ml=event.concentration_mg_ml,
                source=event.source,
                started_s=t_s if state.started_s is None else state.started_s,
                stopped_s=None,
            )
        case InfusionRateChanged():
            _refuse_unless_begun(state)
            state = replace(
                state,
                set_rate_mg_h=event.rate_mg_h,
                concentration_mg_ml=event.concentration_mg_ml,
                source=event.source,
            )
        case InfusionPaused():
            _refuse_unless_begun(state)
            _refuse(state.state == "paused", "the infusion is paused already")
            state = replace(state, state="paused", paused_s=t_s)
        case InfusionResumed():
            _refuse(state.state != "paused", "the infusion is not paused")
            rate = state.set_rate_mg_h if event.rate_mg_h is None else event.rate_mg_h
            state = replace(state, state="running", set_rate_mg_h=rate, paused_s=None, source=event.source)
        case InfusionStopped():
            _refuse(state.state == "stopped", "the infusion has been stopped already")
            _refuse(state.state == "not_started", "the infusion has not been started")
            state = replace(state, state="stopped", stopped_s=t_s, paused_s=None)
        case BagChanged():
            old, new = state.concentration_mg_ml, event.concentration_mg_ml
            follows = new / old if old > 0 else 1.0
            state = replace(state, concentration_mg_ml=new, set_rate_mg_h=state.set_rate_mg_h * follows)
        case BolusGiven():
            bolus = Bolus(t_s, event.dose_mg, state.concentration_mg_ml)
            return replace(state, boluses=(*state.boluses, bolus), changed_s=t_s)
        case _:
            return state
    if state.state == "not_started":  # a bag hung before the start
        return state
    segment = Segment(entry.seq, t_s, state.rate_mg_h, state.set_rate_mg_h, state.concentration_mg_ml, state.state)
    before = state.segments[-1] if state.segments else None
    same_drug = isinstance(event, BagChanged) and before and before.concentration_mg_ml == event.concentration_mg_ml
    changed_s = state.changed_s if same_drug else t_s
    return replace(state, segments=(*state.segments, segment), changed_s=changed_s)


def _refuse_unless_begun(state: Infusion) -> None:
    _refuse(state.state == "not_started", "the infusion has not been started")
    _refuse(state.state == "stopped", "the infusion has been stopped")


def _refuse(condition: bool, reason: str) -> None:
    if condition:
        raise EventError(reason)
