"""What the trainee did against what the scenario expects. Pure: a scenario and the record of a run in, rows out.

Latency counts from the moment at which something could first be seen on the screen (an alarm was raised, or a set time), never from
the hidden start. The targets are training goals, no clinical standards. What ran faster than real time is not scored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from config.models.errors import ConfigError
from config.models.scenario import Scenario, effect_of
from config.models.training import OF_EVENTS, ExpectedAction
from dashboard.session.chain import Stored
from dashboard.session.closing import lived
from dashboard.session.events import (
    SYSTEM,
    AlarmEscalated,
    AlarmRaised,
    Event,
    InfusionRateChanged,
    InfusionStarted,
    OxygenChanged,
    RunPaced,
    SessionClosed,
    TraineeActed,
    TrainingEvent,
    type_name,
)
from dashboard.training.called_for import Called, called_for
from simulators.story import deed

Verdict = Literal["not yet", "waiting", "done", "late", "missed", "harmful", "avoided", "not scored"]

#: Whose name stands at what the scenario itself charts.
SCENARIO = "Scenario"
#: A right thing done so shortly before it could be seen that it was needed counts as done: somebody looked at the patient.
EARLY_S = 120.0
#: For so long after its cue a scenario may need an action that would be harm for another reason.
NEEDED_S = 300.0
#: A run that falls back to real time by itself (`dashboard.training.due`) does so within this, in its own seconds: at 20x the engine's tick,
#: the record's and the room's turn take about three. The cue then counts from when real time is back.
FALLS_BACK_S = 5.0


@dataclass(frozen=True, slots=True)
class Fast:
    """A stretch of the run above real time; `speed`: its highest, times real time."""

    from_s: float
    to_s: float
    speed: float


@dataclass(frozen=True, slots=True)
class Deed:
    """`name`: a hand's, or the type of the entry that a person recorded."""

    t_s: float
    name: str
    by: str


@dataclass(frozen=True, slots=True)
class ActionScore:
    """`cue_s`: when the need could first be seen; `done_s`: when it was done; `latency_s` below 0: before it could be seen.
    `part_s`: of an action that needs two things one was done then, and the other never. `fast`: why it is
    not scored. `injected_s`: when that was injected which called for it; None: the scenario did."""

    action: ExpectedAction
    verdict: Verdict
    cue_s: float | None = None
    done_s: float | None = None
    by: str = ""
    part_s: float | None = None
    fast: tuple[Fast, ...] = ()
    injected_s: float | None = None

    @property
    def latency_s(self) -> float | None:
        return None if self.cue_s is None or self.done_s is None else self.done_s - self.cue_s


def deeds(record: Sequence[Stored]) -> list[Deed]:
    """What was done by people, in order: what the trainer tapped as the trainee's, and what was recorded at the bed. Not what the end of
    the run wrote itself."""
    found: list[Deed] = []
    rate_mg_h: float | None = None
    for stored in lived(record):
        event = stored.event
        if isinstance(event, TraineeActed):
            if (name := hand(event)) is not None:
                found.append(Deed(event.t_s, name, event.by))
        elif not isinstance(event, TrainingEvent) and event.by not in (SYSTEM, SCENARIO):
            names = (type_name(event), *_of_event(event, rate_mg_h))
            found += [Deed(event.t_s - event.back_s, name, event.by) for name in names]
        if isinstance(event, InfusionStarted | InfusionRateChanged):
            rate_mg_h = event.rate_mg_h
    return sorted(found, key=lambda one: one.t_s)


def _of_event(event: Event, before_mg_h: float | None) -> tuple[str, ...]:
    """What else an entry counts as. `before_mg_h`: the rate recorded last, None: none was."""
    if isinstance(event, OxygenChanged):
        return ("oxygen" if event.flow_l_min > 0 else "oxygen_off",)
    if isinstance(event, InfusionRateChanged) and before_mg_h is not None and event.rate_mg_h < before_mg_h:
        return OF_EVENTS
    return ()


@dataclass(frozen=True, slots=True)
class _Run:
    """What every line is held against."""

    done: Sequence[Deed]
    fast: Sequence[Fast]
    now_s: float
    over: bool


def score(scenario: Scenario, record: Sequence[Stored], now_s: float) -> list[ActionScore]:
    """One row for each expected action, in the scenario's order. `now_s`: how far the run is; a closed run has missed what it lacks.
    What an injection called for is no harm."""
    return _scripted(scenario, record, _run(record, now_s), called_for(record))


def _scripted(scenario: Scenario, record: Sequence[Stored], run: _Run, called: Sequence[Called]) -> list[ActionScore]:
    alarms, spared = _raised(stored.event for stored in record), _spared(run, called, ())
    return [
        _one(one, one.cue.at_s if one.cue.alarm is None else alarms.get(one.cue.alarm), spared if one.harmful else run)
        for one in scenario.actions
    ]


def score_sheet(scenario: Scenario, record: Sequence[Stored], now_s: float) -> list[ActionScore]:
    """As `score`, and then one row for each thing that an injection called for, in their order. An alarm that the scenario has lines for
    is answered by those."""
    run, called = _run(record, now_s), called_for(record)
    scripted = _scripted(scenario, record, run, called)
    spared = _spared(run, called, scripted)
    asked = [(one.action.cue.alarm, one.cue_s) for one in scripted if one.cue_s is not None]
    injected = [
        replace(_one(one.action, one.cue_s, spared if one.action.harmful else run, one.from_s), injected_s=one.from_s)
        for one in called
        if not any(rule in one.rules and one.from_s <= cue_s <= one.until_s for rule, cue_s in asked)
    ]
    return [*scripted, *injected]


def _spared(run: _Run, called: Sequence[Called], scripted: Sequence[ActionScore]) -> _Run:
    """Without what was needed for something else: a bag is no harm to a patient without a probe who does not breathe either."""
    needed = [(one.action, one.from_s, one.until_s) for one in called if not one.action.harmful]
    needed += [
        (one.action, one.cue_s, one.cue_s + NEEDED_S)
        for one in scripted
        if one.cue_s is not None and not one.action.harmful
    ]
    return replace(
        run,
        done=[
            deed
            for deed in run.done
            if not any(
                from_s <= deed.t_s <= to_s and deed.name in (*action.done, *action.also)
                for action, from_s, to_s in needed
            )
        ],
    )


def _run(record: Sequence[Stored], now_s: float) -> _Run:
    over = any(isinstance(stored.event, SessionClosed) for stored in record)
    return _Run(deeds(record), fast_stretches(record, now_s), now_s, over)


def _one(action: ExpectedAction, cue_s: float | None, run: _Run, not_before_s: float = float("-inf")) -> ActionScore:
    done, fast, now_s, over = run.done, run.fast, run.now_s, run.over
    if cue_s is None or cue_s > now_s:
        return ActionScore(action, "not yet")  # also of a run that ended first: nobody can miss what was not to be seen
    cue_s = next((one.to_s for one in fast if one.from_s <= cue_s < one.to_s <= cue_s + FALLS_BACK_S), cue_s)
    early_s = 0.0 if action.harmful else EARLY_S
    since_s = max(cue_s - early_s, not_before_s)
    mine = _first(done, action.done, since_s)
    part_s = None if mine is None or not action.also else mine.t_s
    if action.also:
        other = _first(done, action.also, since_s)
        part_s = part_s if other is None else other.t_s if part_s is None else None
        mine = None if mine is None or other is None else max(mine, other, key=lambda one: one.t_s)
    until_s = mine.t_s if mine is not None else min(now_s, cue_s + action.within_s)
    if fast_then := tuple(one for one in fast if one.from_s < until_s and one.to_s > cue_s):
        return ActionScore(action, "not scored", cue_s, None if mine is None else mine.t_s, fast=fast_then)
    in_time = mine is not None and mine.t_s <= cue_s + action.within_s
    if action.harmful:
        if mine is not None and in_time:
            return ActionScore(action, "harmful", cue_s, mine.t_s, mine.by)
        return ActionScore(action, "avoided" if over or now_s > cue_s + action.within_s else "not yet", cue_s)
    if mine is None:
        if not over:
            return ActionScore(action, "waiting", cue_s, part_s=part_s)
        # A run that was ended or rewound while there was still time has missed nothing.
        verdict: Verdict = "missed" if now_s >= cue_s + action.within_s else "not yet"
        return ActionScore(action, verdict, cue_s, part_s=part_s)
    return ActionScore(action, "done" if in_time else "late", cue_s, mine.t_s, mine.by)


def _first(done: Sequence[Deed], names: Sequence[str], since_s: float) -> Deed | None:
    return next((one for one in done if one.name in names and one.t_s >= since_s), None)


def hand(event: TraineeActed) -> str | None:
    """The name under which a tap is scored; None for what the model does not know."""
    if event.effect is None:
        return None
    try:
        return deed(effect_of(event.effect))
    except ConfigError:
        return None  # of a version that knew an effect which this one does not


def _raised(events: Iterable[Event]) -> dict[str, float]:
    """Rule -> when it was first on the screen."""
    first: dict[str, float] = {}
    for event in events:
        if isinstance(event, AlarmRaised | AlarmEscalated):
            first.setdefault(event.rule, event.t_s)
    return first


def fast_stretches(record: Iterable[Stored], now_s: float) -> list[Fast]:
    """Stretches of the run that went by faster than real time, in order; changes of a pace above it do not part them."""
    out: list[Fast] = []
    since: Fast | None = None
    for stored in record:
        event = stored.event
        if not isinstance(event, RunPaced):
            continue
        if event.speed > 1:
            since = Fast(
                event.t_s if since is None else since.from_s, now_s, max(event.speed, since.speed if since else 0.0)
            )
        elif since is not None:
            out.append(replace(since, to_s=event.t_s))
            since = None
    return out if since is None else [*out, since]
