"""The alarm engine: `step` once a second, `tell` for session events between ticks. Pure: state in, state and changes out.

Decisions where the design leaves room (docs/decisions/0010-alarm-engine.md): a cuff reading is judged when it arrives and stands
until the next one; a changed limit is judged from the next value on; a latched alarm that is violated again is raised again as
the same occurrence, unless the new violation is of lower priority, which then is an occurrence of its own beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from config.models.alarms import Profile
from config.models.errors import ConfigError
from dashboard.alarms import conditions, gauges, ladder
from dashboard.alarms.conditions import OFF, Condition, judge
from dashboard.alarms.course import RANKS, Course, Timer, baseline_of, learn
from dashboard.alarms.gauges import Memory
from dashboard.alarms.ladder import NEXT, Alarm, Stimulus
from dashboard.alarms.plan import Plan, Step, Watch, make_plan
from dashboard.alarms.values import Change, Fact, Tick
from dashboard.alarms.words import limit_of, value_of

HIGH = RANKS["high"]


@dataclass(frozen=True, slots=True)
class Audio:
    """`burst` rises when a sound must start at once; `turn` with everything that asks for attention, heard or not.
    `sounded`: when each rule last sounded."""

    paused_until_s: float | None = None
    paused_turn: int = 0
    turn: int = 0
    burst: int = 0
    sounded: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class EngineState:
    """Everything the engine knows of one bed's session. `busy`: bits of the groups with a condition that is not off;
    `count`: occurrences so far."""

    plan: Plan = field(compare=False, repr=False)
    memory: Memory
    course: Course
    conditions: tuple[Condition, ...]
    busy: int = 0
    alarms: tuple[Alarm, ...] = ()
    audio: Audio = Audio()
    count: int = 0

    @property
    def t_s(self) -> float | None:
        """Time of the last tick; None before the first."""
        return self.memory.t_s


def start(profile: Profile, baseline: Mapping[str, float] | None = None) -> EngineState:
    """`baseline`: by derived or raw name; percent limits of signals without one are silent."""
    pairs = baseline_of(baseline or {})
    plan = make_plan(profile, dict(pairs))
    course = Course(baseline=pairs, timers=(Timer(),) * len(profile.intervals))
    return EngineState(plan, gauges.fresh(plan), course, (OFF,) * len(plan.watches))


def step(profile: Profile, state: EngineState, tick: Tick) -> tuple[EngineState, tuple[Change, ...]]:
    """One second. `tick.t_s` rises from call to call; seconds may be left out. `profile` is the one of `start`: the state
    carries it, made ready and with the session's own limits."""
    plan = state.plan
    memory, course, values = gauges.read(plan, state.memory, state.course, tick)
    busy, found, touched = state.busy, None, set()
    for group in plan.groups:
        value = values[group.gauge]
        if not busy & group.bit and (value is None or group.low < value < group.high):
            continue
        if found is None:
            found = list(state.conditions)
        stirred = False
        for watch in group.watches:
            old = found[watch.index]
            if value is None and watch.standing and memory.standing and old.phase in _WAITING:
                judged = memory.seen[group.gauge]
            else:
                judged = value
            held_back = old.phase < conditions.Phase.ON and _held_back(plan, found, watch, judged, tick.t_s)
            new = found[watch.index] = judge(watch, old, judged, tick.t_s, held_back=held_back)
            stirred = stirred or new.phase is not conditions.Phase.OFF
            if (new.phase >= conditions.Phase.ON) != (old.phase >= conditions.Phase.ON):
                touched.add(plan.steps[watch.step].ladder)
        busy = busy | group.bit if stirred else busy & ~group.bit
    now = EngineState(
        plan,
        memory,
        course,
        state.conditions if found is None else tuple(found),
        busy,
        state.alarms,
        state.audio,
        state.count,
    )
    return _settled(now, touched, tick.t_s) if touched else (now, ())


#: A single reading stands while these wait for time to pass.
_WAITING = (conditions.Phase.PENDING, conditions.Phase.CLEARING)


def _held_back(plan: Plan, found: list[Condition], watch: Watch, value: float | None, t_s: float) -> bool:
    """A low or medium rule rests after clearing, unless the value is worse than it was; a high one never does."""
    own = plan.steps[watch.step]
    if value is None or own.rank == HIGH:
        return False
    rested_s = t_s - plan.profile.rearm_s
    parts = [found[index] for index in own.watches]
    if all(part.off_s <= rested_s for part in parts) or any(part.phase >= conditions.Phase.ON for part in parts):
        return False
    return all(part.worst is None or (value - part.worst) * watch.sense <= 0 for part in parts)


def _settled(state: EngineState, touched: set[int], t_s: float) -> tuple[EngineState, tuple[Change, ...]]:
    """The occurrences after conditions went on or off."""
    changes: list[Change] = []
    for number in sorted(touched):
        steps = state.plan.ladders[number]
        on = [s for s in steps if any(state.conditions[w].phase >= conditions.Phase.ON for w in s.watches)]
        mine = [a for a in state.alarms if state.plan.steps[a.step].ladder == number]
        live = next((a for a in mine if a.phase is not ladder.Phase.LATCHED), None)
        if live is None:
            state = _raised(state, mine, on[0], t_s, changes)
        elif not on:
            latch = state.plan.steps[live.step].rule.latch
            state = _befall(state, live, Stimulus.GONE_LATCHING if latch else Stimulus.GONE, t_s, changes)
        else:
            speaks = state.plan.steps[live.step]
            if on[0].rank != speaks.rank or speaks not in on:
                stimulus = Stimulus.WORSE if on[0].rank > speaks.rank else Stimulus.LESS
                state = _befall(state, replace(live, step=on[0].index), stimulus, t_s, changes)
    return state, tuple(changes)


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
        alarm = replace(alarm, step_t_s=t_s)
    audio = state.audio
    match name:
        case "raised" | "escalated":
            audio, alarm = _sounded(replace(state, alarms=others), alarm, name == "escalated", t_s)
            alarm = replace(alarm, acknowledged_by="", acknowledged_t_s=None)
        case "acknowledged":
            alarm = replace(alarm, acknowledged_by=by, acknowledged_t_s=t_s)
        case "latched":
            alarm = replace(alarm, ended_s=t_s)
    if phase is ladder.Phase.NORMAL:
        return replace(state, alarms=others, audio=audio)
    kept = tuple(sorted((*others, alarm), key=lambda a: a.occurrence))
    return replace(state, alarms=kept, audio=audio)


def _sounded(state: EngineState, alarm: Alarm, worse: bool, t_s: float) -> tuple[Audio, Alarm]:
    """An alarm asks for attention: whether it sounds at once, or stays quiet because its rule sounded a moment ago."""
    audio, speaking = state.audio, state.plan.steps[alarm.step]
    last_s = dict(audio.sounded).get(speaking.rule.id)
    again_s = None if last_s is None else last_s + state.plan.profile.resound_s
    if speaking.rank < HIGH and not worse and again_s is not None and t_s < again_s:
        turn = audio.turn + 1
        return replace(audio, turn=turn), replace(alarm, turn=turn, hushed_until_s=again_s)
    louder = max((state.plan.steps[a.step].rank for a in audible(state, t_s)), default=0)
    starts = louder <= speaking.rank and (speaking.rank == HIGH or not paused(audio, t_s))
    audio = replace(
        audio,
        turn=audio.turn + 1,
        burst=audio.burst + starts,
        sounded=(*((rule, at) for rule, at in audio.sounded if rule != speaking.rule.id), (speaking.rule.id, t_s)),
    )
    return audio, replace(alarm, turn=audio.turn, hushed_until_s=float("-inf"))


def paused(audio: Audio, t_s: float) -> bool:
    return audio.paused_until_s is not None and t_s < audio.paused_until_s


def audible(state: EngineState, t_s: float) -> list[Alarm]:
    """The occurrences that sound at `t_s`. Through a pause only what is high and newer than the pause."""
    quiet = paused(state.audio, t_s)
    heard = []
    for alarm in state.alarms:
        if alarm.phase is ladder.Phase.LATCHED:
            sounds = alarm.ended_s is not None and t_s - alarm.ended_s < state.plan.profile.latched_sound_s
        else:
            sounds = alarm.phase is ladder.Phase.ACTIVE and t_s >= alarm.hushed_until_s
        new_high = state.plan.steps[alarm.step].rank == HIGH and alarm.turn > state.audio.paused_turn
        if sounds and (new_high or not quiet):
            heard.append(alarm)
    return heard


def tell(profile: Profile, state: EngineState, fact: Fact) -> tuple[EngineState, tuple[Change, ...]]:
    """A session event. Only an acknowledgement changes an alarm at once; the rest counts from the next tick on.

    Never raises: what does not fit (an unknown rule, an impossible limit) changes nothing. `checks.check_fact` says why.
    """
    data, t_s = fact.data, fact.t_s
    match fact.type:
        case "alarm_acknowledged" | "alarm_reset":  # in a record the acknowledgement of a latched alarm is its reset
            return _acknowledged(state, fact)
        case "audio_paused":
            until_s = t_s + float(data.get("duration_s") or state.plan.profile.audio_pause_s)
            audio = replace(state.audio, paused_until_s=until_s, paused_turn=state.audio.turn)
            return replace(state, audio=audio), ()
        case "audio_resumed":
            return replace(state, audio=replace(state.audio, paused_until_s=None)), ()
        case "limit_changed":
            try:
                changed = state.plan.profile.with_limit(str(data.get("rule")), data.get("new") or {})
            except ConfigError:
                return state, ()
            return replace(state, plan=make_plan(changed, dict(state.course.baseline))), ()
        case "service_resumed":
            return replace(state, memory=replace(state.memory, resumed=True)), ()
        case "manual_vitals":
            kept = gauges.by_hand(state.memory, data.get("values") or {})
            return replace(state, memory=replace(state.memory, by_hand=kept)), ()
    course = learn(state.plan.profile, state.course, fact)
    if course.baseline != state.course.baseline:
        state = replace(state, plan=make_plan(state.plan.profile, dict(course.baseline)))
    return (state if course is state.course else replace(state, course=course)), ()


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
