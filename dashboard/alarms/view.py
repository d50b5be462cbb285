"""What screens read from the engine's state. Nothing here changes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from config.models.alarms import Kind, Priority, Profile
from dashboard.alarms.ladder import Alarm, Phase
from dashboard.alarms.plan import INF, Plan, Watch
from dashboard.alarms.sounding import audible, paused
from dashboard.alarms.state import EngineState
from dashboard.alarms.values import Change
from dashboard.alarms.words import (
    advice_of,
    limit_of,
    number,
    printed,
    text_of,
    trigger_text,
    unit_of,
    value_of,
    watch_of,
)

_TURN = {"active": 0, "latched": 1, "acknowledged": 2}
_PRIORITIES: dict[int, Priority] = {3: "high", 2: "medium", 1: "low"}


@dataclass(frozen=True, slots=True)
class ActiveAlarm:
    """One occurrence as a screen shows it, from `onset_t_s` on; the step that speaks now, since `since_t_s`. `value`: the last
    known one, or the worst once the last lies inside its limit again (`recovering`: not yet far or long enough to clear);
    `trigger`: what triggers, such as `≤ 84`; `group`: alarms that may be shown together; `off_until_s`: its rule is off until then
    (of a latched alarm only: one that is active ends when its rule is switched off)."""

    occurrence: int
    rule: str
    priority: Priority
    kind: Kind
    signal: str
    label: str
    text: str
    value: float | str | None
    unit: str
    limit: float | str | None
    trigger: str
    advice: str
    onset_t_s: float
    since_t_s: float
    recovering: bool
    phase: Literal["active", "acknowledged", "latched"]
    acknowledged_by: str = ""
    acknowledged_t_s: float | None = None
    prompt_repeat: bool = False
    group: str = ""
    off_until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """`sounding`: the priority that sounds now; `burst` rises when a sound must start at once, through a pause too; `reminder` when a
    short chirp is due because sound has stayed paused, or a rule off, for long."""

    paused_until_s: float | None
    sounding: Priority | None
    burst: int
    reminder: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """When the next cuff reading and assessment are due, and at which interval; None before the infusion starts."""

    nibp_due_s: float | None = None
    nibp_interval_s: float | None = None
    loc_due_s: float | None = None
    loc_interval_s: float | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """One printed limit: `≤ 84` with its number, priority and rule."""

    text: str
    value: float
    priority: Priority
    rule: str


def active(profile: Profile, state: EngineState, t_s: float) -> list[ActiveAlarm]:
    """Every occurrence that is not over, the worst first. Of one priority what is so now and unanswered comes before what is over
    and unseen, and that before what somebody has answered; of these the newest first. A low breathing rate only follows from no
    breath, and comes right after it where it would come before."""
    plan = state.plan
    order = sorted(state.alarms, key=partial(_place, plan, state.alarms))
    shown = []
    for alarm in order:
        step = plan.steps[alarm.step]
        value = value_of(plan, step, state.conditions, state.memory, state.course)
        watch = watch_of(plan, step, state.conditions)
        inside = isinstance(value, float | int) and (value - watch.trigger) * watch.sense < 0
        recovering = inside and alarm.phase is not Phase.LATCHED
        if isinstance(value, float | int) and (inside or alarm.phase is Phase.LATCHED):
            # What must be seen is how bad it was: the last number is a good one again.
            value = state.conditions[watch.index].worst
        limit = limit_of(plan, step, state.conditions, state.course)
        shown.append(
            ActiveAlarm(
                occurrence=alarm.occurrence,
                rule=step.rule.id,
                priority=step.priority,
                kind=step.rule.kind,
                signal=step.rule.signals[0],
                label=step.rule.label,
                text=text_of(plan, step, value, limit, state.course, state.memory),
                value=value,
                unit=unit_of(step.rule),
                limit=limit,
                trigger=trigger_text(step, watch_of(plan, step, state.conditions).sense, limit),
                advice=advice_of(plan, step.rule, value),
                onset_t_s=alarm.onset_t_s,
                since_t_s=alarm.step_t_s,
                recovering=recovering,
                phase=_phase(alarm.phase.value),
                acknowledged_by=alarm.acknowledged_by,
                acknowledged_t_s=alarm.acknowledged_t_s,
                prompt_repeat=step.rule.prompt_repeat,
                group=step.rule.group,
                off_until_s=next((one.until_s for one in state.off if one.rule == step.rule.id), None),
            )
        )
    return shown


def _place(plan: Plan, alarms: Iterable[Alarm], alarm: Alarm) -> tuple[int, int, float, bool, int]:
    """What an alarm is sorted by."""
    rank, turn, newest_s = plan.steps[alarm.step].rank, _TURN[_phase(alarm.phase.value)], alarm.step_t_s
    follows = False
    if _says(plan, alarm, "<=", "rr"):
        for other in alarms:
            level = (plan.steps[other.step].rank, _TURN[_phase(other.phase.value)])
            if level == (rank, turn) and _says(plan, other, "absent_s", "breath"):
                newest_s, follows = min(newest_s, other.step_t_s), True
    return -rank, turn, -newest_s, follows, -alarm.turn


def _says(plan: Plan, alarm: Alarm, operator: str, signal: str) -> bool:
    rule = plan.steps[alarm.step].rule
    return (rule.operator, rule.signals[0]) == (operator, signal)


def _phase(name: str) -> Literal["active", "acknowledged", "latched"]:
    return "active" if name == "active" else "acknowledged" if name == "acknowledged" else "latched"


def breathless_since(state: EngineState) -> float | None:
    """When the silence began that the no-breath alarm counts; None while there is breath, or nobody looks for it."""
    since_s = state.memory.silent_s
    return None if since_s is None or since_s == INF else since_s


def sound(profile: Profile, state: EngineState, t_s: float) -> Sound:
    ranks = [state.plan.steps[alarm.step].rank for alarm in audible(state, t_s)]
    until_s = state.audio.paused_until_s if paused(state.audio, t_s) else None
    return Sound(until_s, _PRIORITIES[max(ranks)] if ranks else None, state.audio.burst, state.audio.reminder)


def due(profile: Profile, state: EngineState) -> Due:
    timers = dict(zip(state.plan.profile.intervals, state.course.timers, strict=True))
    nibp, loc = timers.get("nibp"), timers.get("loc")
    if state.course.phase == "discharge":
        return Due()
    return Due(
        nibp_due_s=nibp.due_s if nibp else None,
        nibp_interval_s=nibp.interval_s if nibp else None,
        loc_due_s=loc.due_s if loc else None,
        loc_interval_s=loc.interval_s if loc else None,
    )


def limits(profile: Profile, state: EngineState) -> dict[str, dict[str, tuple[Trigger, ...]]]:
    """Derived signal -> `low`, `high` -> what triggers, the nearest to normal first; percent limits with this baseline."""
    out: dict[str, dict[str, tuple[Trigger, ...]]] = {}
    plan = state.plan
    for step in plan.steps:
        first = step.rule.signals[0]
        watches = [w for w in (plan.watches[i] for i in step.watches) if not w.confirm and abs(w.trigger) < INF]
        if not watches or not (step.rule.limits or (step.rule.operator == "absent_s" and first == "breath")):
            continue
        nearest: Watch = min(watches, key=lambda w: w.trigger * w.sense)
        sides = out.setdefault(first, {"low": (), "high": ()})
        side = "high" if nearest.sense > 0 else "low"
        shown = Trigger(
            f"{'≥' if nearest.sense > 0 else '≤'} {printed(nearest.trigger, nearest.sense, step.rule)}",
            nearest.trigger,
            step.priority,
            step.rule.id,
        )
        rows = (*sides[side], shown)
        sides[side] = tuple(sorted(rows, key=lambda row: row.value * nearest.sense))
    return out


def message(profile: Profile | None, change: Change) -> str:
    """What the screen said at a change, from its own numbers; the rule's id where the profile does not know the rule."""
    rule = next((r for r in profile.rules if r.id == change.rule), None) if profile is not None else None
    if rule is None:
        return change.rule
    return rule.message.format(value=number(change.value, rule), limit=number(change.limit, rule))
