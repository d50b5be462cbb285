"""The alarm engine: `step` once a second, `tell` for session events between ticks. Pure: state in, state and changes out.

Decisions where the design leaves room (docs/decisions/0010-alarm-engine.md): a cuff reading is judged when it arrives and stands
until the next one; a changed limit is judged from the next value on; a latched alarm that is violated again is raised again as
the same occurrence, unless the new violation is of lower priority, which then is an occurrence of its own beside it.
"""

from collections.abc import Mapping
from dataclasses import replace

from config.models.alarms import Profile
from config.models.errors import ConfigError
from dashboard.alarms import checks, conditions, gauges, ladder
from dashboard.alarms.conditions import OFF, Condition, judge, over
from dashboard.alarms.course import RANKS, Course, Timer, baseline_of, learn
from dashboard.alarms.ladder import NEXT, Alarm, Stimulus
from dashboard.alarms.plan import Plan, Step, Watch, make_plan
from dashboard.alarms.sounding import HIGH, pause, reminded, sounded, unpause
from dashboard.alarms.state import EngineState, Off
from dashboard.alarms.values import Change, Fact, Tick
from dashboard.alarms.words import limit_of, value_of

_OFF, _ON = conditions.Phase.OFF, conditions.Phase.ON
#: A single reading stands while these wait for time to pass.
_WAITING = (conditions.Phase.PENDING, conditions.Phase.CLEARING)


def start(profile: Profile, baseline: Mapping[str, float] | None = None) -> EngineState:
    """`baseline`: by derived or raw name; percent limits of signals without one are silent."""
    pairs = baseline_of(baseline or {})
    plan = make_plan(profile, dict(pairs))
    course = Course(baseline=pairs, timers=(Timer(),) * len(profile.intervals))
    return EngineState(plan, profile, gauges.fresh(plan), course, (OFF,) * len(plan.watches))


def step(profile: Profile, state: EngineState, tick: Tick) -> tuple[EngineState, tuple[Change, ...]]:
    """One second. `tick.t_s` rises from call to call; seconds may be left out. `profile` is the one of `start`: the state
    carries it, made ready and with the session's own limits."""
    plan = state.plan
    memory, course, values = gauges.read(plan, state.memory, state.course, tick)
    busy, found, touched = state.busy, None, set(state.stirred)
    for group in plan.groups:
        value = values[group.gauge]
        if not busy & group.bit and (value is None or group.low < value < group.high):
            continue
        if found is None:
            found = list(state.conditions)
        stirred = False
        for watch in group.watches:
            old = found[watch.index]
            judged = value
            if value is None and watch.standing and memory.standing and old.phase in _WAITING:
                judged = memory.seen[group.gauge]
            if old.phase is _OFF and (judged is None or not over(watch, judged)):
                continue
            held_back = old.phase < _ON and (
                tick.t_s < memory.settle_until_s[group.gauge] or _held_back(plan, found, watch, judged, tick.t_s)
            )
            new = found[watch.index] = judge(watch, old, judged, tick.t_s, held_back=held_back)
            stirred = stirred or new.phase is not _OFF
            if (new.phase >= _ON) != (old.phase >= _ON):
                touched.add(plan.steps[watch.step].ladder)
        busy = busy | group.bit if stirred else busy & ~group.bit
    off, audio = state.off, state.audio
    if off:
        off, back = _returned(plan, off, tick.t_s)
        touched |= back
    if off or audio.quiet_since_s is not None:
        audio = reminded(audio, off, plan.profile.reminder_s, tick.t_s)
    now = EngineState(
        plan,
        state.default_profile,
        memory,
        course,
        state.conditions if found is None else tuple(found),
        busy,
        state.alarms,
        audio,
        state.count,
        off,
    )
    return _settled(now, touched, tick.t_s) if touched else (now, ())


def _returned(plan: Plan, off: tuple[Off, ...], t_s: float) -> tuple[tuple[Off, ...], set[int]]:
    """What is still off, and the ladders of the rules that are back."""
    kept = tuple(one for one in off if t_s < one.until_s)
    back = {one.rule for one in off if t_s >= one.until_s}
    return kept, {step.ladder for step in plan.steps if step.rule.id in back}


def _held_back(plan: Plan, found: list[Condition], watch: Watch, value: float | None, t_s: float) -> bool:
    """A low or medium rule rests after clearing, unless the value is worse than it was; a high one never does."""
    own = plan.steps[watch.step]
    if value is None or own.rank == HIGH:
        return False
    rested_s = t_s - plan.profile.rearm_s
    parts = [found[index] for index in own.watches]
    if all(part.off_s <= rested_s for part in parts) or any(part.phase >= _ON for part in parts):
        return False
    return all(part.worst is None or (value - part.worst) * watch.sense <= 0 for part in parts)


def _settled(state: EngineState, touched: set[int], t_s: float) -> tuple[EngineState, tuple[Change, ...]]:
    """The occurrences after conditions went on or off."""
    changes: list[Change] = []
    silent = {one.rule for one in state.off}
    for number in sorted(touched):
        steps = state.plan.ladders[number]
        on = [s for s in steps if s.rule.id not in silent and any(state.conditions[w].phase >= _ON for w in s.watches)]
        mine = [a for a in state.alarms if state.plan.steps[a.step].ladder == number]
        live = next((a for a in mine if a.phase is not ladder.Phase.LATCHED), None)
        if live is None:
            state = _raised(state, mine, on[0], t_s, changes) if on else state
        elif not on:
            off = state.plan.steps[live.step].rule.id in silent  # who switched it off has seen it
            stimulus = Stimulus.GONE_LATCHING if live.latches and not off else Stimulus.GONE
            state = _befall(state, live, stimulus, t_s, changes)
        else:
            speaks = state.plan.steps[live.step]
            if on[0].rank != speaks.rank or speaks not in on:
                stimulus = Stimulus.WORSE if on[0].rank > speaks.rank else Stimulus.LESS
                state = _befall(state, replace(live, step=on[0].index), stimulus, t_s, changes)
            elif not live.latches and _latches(state, speaks):  # another level of the same priority
                kept = (replace(a, latches=True) if a is live else a for a in state.alarms)
                state = replace(state, alarms=tuple(kept))
    return state, tuple(changes)


def _latches(state: EngineState, speaking: Step) -> bool:
    return speaking.rule.latch or (speaking.rule.operator == "level_table" and state.course.loc_latches)


def _raised(state: EngineState, latched: list[Alarm], worst: Step, t_s: float, changes: list[Change]) -> EngineState:
    same = [a for a in latched if state.plan.steps[a.step].rank <= worst.rank]
    if same:
        alarm = replace(same[-1], step=worst.index, onset_t_s=t_s, ended_s=None)
    else:
        alarm = Alarm(state.count + 1, worst.index, ladder.Phase.NORMAL, t_s, t_s)
        state = replace(state, count=alarm.occurrence)
    return _befall(state, alarm, Stimulus.HOLDS, t_s, changes)


def _befall(
    state: EngineState, alarm: Alarm, stimulus: Stimulus, t_s: float, changes: list[Change], by: str = ""
) -> EngineState:
    """One occurrence through the table: the new state, and the change appended."""
    phase, name = NEXT[alarm.phase, stimulus]
    others = tuple(a for a in state.alarms if a.occurrence != alarm.occurrence)
    speaking = state.plan.steps[alarm.step]
    changes.append(
        Change(
            t_s,
            speaking.rule.id,
            speaking.priority,
            speaking.rule.kind,
            name,
            value_of(state.plan, speaking, state.conditions, state.memory, state.course),
            limit_of(state.plan, speaking, state.conditions, state.course),
            alarm.occurrence,
            by,
        )
    )
    alarm = replace(alarm, phase=phase)
    if name in ("raised", "escalated", "demoted"):
        alarm = replace(alarm, step_t_s=t_s, latches=_latches(state, speaking))
    audio = state.audio
    match name:
        case "raised" | "escalated":
            audio, alarm = sounded(replace(state, alarms=others), alarm, name == "escalated", t_s)
            alarm = replace(alarm, acknowledged_by="", acknowledged_t_s=None)
        case "acknowledged":
            alarm = replace(alarm, acknowledged_by=by, acknowledged_t_s=t_s)
        case "latched":
            alarm = replace(alarm, ended_s=t_s)
    if phase is ladder.Phase.NORMAL:
        return replace(state, alarms=others, audio=audio)
    kept = tuple(sorted((*others, alarm), key=lambda a: a.occurrence))
    return replace(state, alarms=kept, audio=audio)


def tell(profile: Profile, state: EngineState, fact: Fact) -> tuple[EngineState, tuple[Change, ...]]:
    """A session event. Only an acknowledgement changes an alarm at once; the rest counts from the next tick on.

    Never raises: what does not fit (an unknown rule, an impossible limit) changes nothing. `checks.check_fact` says why.
    """
    data, t_s = fact.data, fact.t_s
    match fact.type:
        case "alarm_acknowledged" | "alarm_reset":  # in a record the acknowledgement of a latched alarm is its reset
            return _acknowledged(state, fact)
        case "audio_paused":
            lasts_s = float(data.get("duration_s") or state.plan.profile.audio_pause_s)
            return replace(state, audio=pause(state.audio, t_s, lasts_s)), ()
        case "audio_resumed":
            return replace(state, audio=unpause(state.audio)), ()
        case "alarm_off" | "alarm_on":
            return _switched(state, fact), ()
        case "limit_changed":
            try:
                changed = state.plan.profile.with_limit(str(data.get("rule")), data.get("new") or {})
            except ConfigError:
                return state, ()
            return replace(state, plan=make_plan(changed, dict(state.course.baseline))), ()
        case "service_resumed":
            return replace(state, memory=state.memory._replace(resumed=True)), ()
        case "manual_vitals":
            kept = gauges.by_hand(state.memory, data.get("values") or {})
            return replace(state, memory=state.memory._replace(by_hand=kept)), ()
    course = learn(state.plan.profile, state.course, fact)
    if course.assessments is not state.course.assessments:
        state = replace(state, stirred=_ladders(state, "loc"))
    if course.baseline != state.course.baseline:
        state = replace(state, plan=make_plan(state.plan.profile, dict(course.baseline)))
    return (state if course is state.course else replace(state, course=course)), ()


def _switched(state: EngineState, fact: Fact) -> EngineState:
    """A rule off for a while, or on again; its ladder is looked at in the next tick."""
    try:
        checks.check_off(state.plan.profile, fact)
    except ConfigError:
        return state
    rule, data = str(fact.data["rule"]), fact.data
    off = tuple(one for one in state.off if one.rule != rule)
    if fact.type == "alarm_off":
        until_s = fact.t_s + float(data["duration_s"])
        off = (*off, Off(rule, fact.t_s, until_s, str(data.get("by") or ""), str(data.get("reason") or "")))
    return replace(state, off=off, stirred=_ladders(state, state.plan.profile.rule(rule).signals[0]))


def _ladders(state: EngineState, signal: str) -> tuple[int, ...]:
    """What was stirred already, and the ladders of a signal."""
    found = {step.ladder for step in state.plan.steps if step.rule.signals[0] == signal}
    return tuple(sorted({*state.stirred, *found}))


def _acknowledged(state: EngineState, fact: Fact) -> tuple[EngineState, tuple[Change, ...]]:
    """By `occurrence`, by `rule`, or both. A rule stands for its occurrence only while nothing worse than that rule speaks:
    who accepts a medium alarm has not seen the high one that replaced it a moment ago."""
    wanted, rule = fact.data.get("occurrence"), fact.data.get("rule")
    named = [s for s in state.plan.steps if s.rule.id == rule]
    seen_rank = RANKS.get(str(fact.data.get("priority")), max((s.rank for s in named), default=0))
    fitting = [
        a
        for a in state.alarms
        if (wanted is None or a.occurrence == wanted)
        and (rule is None or state.plan.steps[a.step].ladder in {s.ladder for s in named})
        and (rule is None or state.plan.steps[a.step].rank <= seen_rank)
        and a.phase is not ladder.Phase.ACKNOWLEDGED
    ]
    if not fitting or (wanted is None and rule is None):
        return state, ()
    chosen = max(fitting, key=lambda a: (a.phase is ladder.Phase.ACTIVE, a.occurrence))
    changes: list[Change] = []
    state = _befall(state, chosen, Stimulus.ACK, fact.t_s, changes, by=str(fact.data.get("by") or ""))
    return state, tuple(changes)
