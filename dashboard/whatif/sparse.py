"""The same transitions as `alarms.replay`, without the ticks that can change nothing.

Most seconds of a session are quiet: no limit is violated, or what is violated only goes on. Such a tick leaves every condition as
it is, so the engine is not asked. What it would have remembered of the tick is either overwritten by the next one that it sees (last
values, time) or begins and ends at a tick that is never left out (a signal that comes or goes, a breath that stops). When time alone
makes something true (no breath for 20 s, a check overdue), that tick is computed from what the engine remembers. A test holds both
runs together, byte for byte, over generated sessions and every shipped profile.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.models.alarms import Profile, Rule
from dashboard.alarms import EngineState, start, step, tell
from dashboard.alarms.conditions import Phase
from dashboard.alarms.plan import INF, Plan, Step, Watch
from dashboard.alarms.values import Change, Fact
from dashboard.whatif.recording import Floats, Recording

Mask = NDArray[np.bool_]
#: Compared with a measured value, second by second.
_COMPARED = ("<=", ">=", "any", "pct_over_baseline", "pct_under_baseline", "over_baseline", "under_baseline", "confirmed_next")  # fmt: skip
#: True after a time, or by an entry alone.
_TIMED = ("stale", "all_stale", "absent_s", "overdue", "level_table", "finding_table")


def replay(
    profile: Profile, baseline: Mapping[str, float] | None, recording: Recording, facts: Iterable[Fact]
) -> Iterator[Change]:
    """Changes in order, as `alarms.replay` has them. `facts` rise in time."""
    state = start(profile, baseline)
    waiting = iter(facts)
    fact = next(waiting, None)
    quiet = _Quiet(recording)
    index, end = 0, len(recording)
    while index < end:
        while fact is not None and fact.t_s <= recording.times[index]:
            state, changes = tell(profile, state, fact)
            yield from changes
            fact = next(waiting, None)
        state, changes = step(profile, state, recording.tick(index))
        yield from changes
        index = quiet.next(index + 1, state, fact)
    while fact is not None:
        state, changes = tell(profile, state, fact)
        yield from changes
        fact = next(waiting, None)


@dataclass(frozen=True, slots=True)
class _Timed:
    """A limit on a time. `lost`: signals whose silence counts; `timer`: of a check that falls due, `in_intervals` as its second step
    counts them."""

    watch: Watch
    rule: Rule
    lost: tuple[int, ...] = ()
    timer: int = 0
    in_intervals: bool = False


class _Quiet:
    """Where the next tick is that the engine must see."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._derived: dict[str, Floats] = {}
        self._edges = _edges(recording)
        self._plan: Plan | None = None
        self._order_ml_h: float | None = None

    def next(self, index: int, state: EngineState, fact: Fact | None) -> int:
        if state.plan is not self._plan or state.course.order_ml_h != self._order_ml_h:
            self._look(state)
        if self._combines and state.course.obtunded:
            return index  # level and breathing together: any second may make it true
        on: list[int] = []
        if state.busy:
            for number, condition in enumerate(state.conditions):
                if condition.phase is Phase.ON:
                    on.append(number)
                elif condition.phase is not Phase.OFF:
                    return index  # something waits for the very next second
        following = self._following(frozenset(self._gauge[number] for number in on))
        if following is None:
            return index
        found = int(following[index])
        if fact is not None:  # the tick before it too: an entry is judged with the last values
            found = min(found, max(index, self._at(fact.t_s) - 1))
        for one in state.off:
            found = min(found, max(index, self._at(one.until_s)))
        for timed in self._timed:
            if timed.watch.index not in on and (at_s := self._crossing_s(timed, state)) is not None:
                found = min(found, max(index, self._at(at_s) - 1))
        return found

    def _at(self, t_s: float) -> int:
        """The first tick at or after `t_s`."""
        return int(np.searchsorted(self._recording.t_s, t_s))

    def _crossing_s(self, timed: _Timed, state: EngineState) -> float | None:
        """From when on the limit is violated if nothing happens meanwhile; None: never."""
        memory, course = state.memory, state.course
        rule, trigger_s = timed.rule, timed.watch.trigger
        since_s: float | None = None
        match rule.operator:
            case "stale" | "all_stale":
                if rule.when == "always" or course.infusing:
                    ages = [memory.lost_s[signal] for signal in timed.lost]
                    known = [age for age in ages if age is not None and age != INF]
                    since_s = max(known) if len(known) == len(ages) else None
            case "absent_s":
                since_s = memory.silent_s if rule.signals == ("breath",) else memory.absent_s
            case "overdue":
                timer = course.timers[timed.timer]
                if course.phase == "discharge" or timer.due_s is None or timer.interval_s is None:
                    return None
                if timed.lost and memory.lost_s[timed.lost[0]] == INF:
                    return None
                since_s = timer.due_s
                trigger_s = (trigger_s - 1) * timer.interval_s if timed.in_intervals else trigger_s
        return None if since_s is None or since_s == INF else since_s + trigger_s

    # -- what is looked at once for a set of limits ----------------------------------------------------------------

    def _look(self, state: EngineState) -> None:
        plan = self._plan = state.plan
        self._order_ml_h = state.course.order_ml_h
        self._gauge = [watch.gauge for watch in plan.watches]
        self._timed = [timed for one in plan.steps for timed in self._timed_of(plan, one)]
        self._found: dict[frozenset[int], NDArray[np.int64] | None] = {}
        self._combines = any(one.rule.operator == "combined" for one in plan.steps)
        self._always = self._edges.copy()
        self._restless: set[int] = set()
        for one in plan.steps:
            self._beside(state, one)

    def _timed_of(self, plan: Plan, of: Step) -> Iterator[_Timed]:
        rule, names = of.rule, [name for name, _ in plan.measured]
        watch = plan.watches[of.watches[0]]
        if rule.operator in ("stale", "all_stale"):
            yield _Timed(watch, rule, tuple(names.index(name) for name in rule.signals))
        elif rule.operator == "absent_s" and watch.gauge >= len(names):
            yield _Timed(watch, rule)
        elif rule.operator == "overdue":
            shown = (names.index("sbp"),) if rule.signals == ("sbp",) else ()
            before = sum(other.rule is rule for other in plan.steps[: of.index])
            in_intervals = before > 0 and rule.further[before - 1].after_interval_x is not None
            yield _Timed(watch, rule, shown, list(plan.profile.intervals).index(str(rule.interval)), in_intervals)

    def _beside(self, state: EngineState, of: Step) -> None:
        """Ticks that count for a rule beyond the comparison of a measured value with its limits."""
        recording, plan, rule = self._recording, state.plan, of.rule
        if rule.operator in _COMPARED:
            return
        if rule.operator == "absent_s" and rule.signals == ("breath",):
            self._always |= _turns(self._named(plan, "rr") > 0) | _turns(recording.column("no_breath") > 0)
        elif rule.operator == "absent_s" and rule.signals == ("nurse_present",):
            self._always |= _turns(recording.column("nurse_present") > 0)
        elif rule.operator == "overdue":
            if rule.signals == ("sbp",):
                self._always |= ~np.isnan(self._named(plan, "sbp"))
        elif rule.operator == "state_table":
            self._always |= _turns(np.nan_to_num(recording.column("pump_state"), nan=-1.0))
        elif rule.operator == "pct_from_order":
            self._restless.update(plan.watches[number].gauge for number in of.watches)
            self._always |= self._off_order(state, rule)
        elif rule.operator not in (*_TIMED, "combined"):
            self._always[:] = True  # an operator that nobody thought of here: every tick counts

    def _off_order(self, state: EngineState, rule: Rule) -> Mask:
        rate, order = self._recording.column("pump_rate_ml_h"), state.course.order_ml_h
        if order is None:
            return np.zeros(len(rate), bool)
        least = (rule.value or 0.0) * order / 100 * (1 - 1e-9)
        off: Mask = ~np.isnan(rate) & (np.abs(rate - order) >= least) & (rate != order)
        return off

    def _following(self, on: frozenset[int]) -> NDArray[np.int64] | None:
        """For each index (and one beyond the last) the first tick at or after it that counts while the limits on the gauges `on` are
        violated and all others are not; the length where there is none. None: every tick counts."""
        if on not in self._found:
            self._found[on] = None if on & self._restless else self._needed(on)
        return self._found[on]

    def _needed(self, on: frozenset[int]) -> NDArray[np.int64]:
        plan = self._plan
        assert plan is not None
        hot = self._always.copy()
        for group in plan.groups:
            if group.gauge < len(plan.measured):
                value = self._measured(plan, group.gauge)
                if group.gauge in on:  # any value may be worse still, or the first one back inside
                    hot |= ~np.isnan(value)
                else:
                    hot |= (value <= group.low) | (value >= group.high)
        # The tick before one that counts tells the engine since when, and how bad it was until then.
        hot[:-1] |= hot[1:].copy()
        size = len(hot)
        found = np.where(hot, np.arange(size), size)
        return np.append(np.minimum.accumulate(found[::-1])[::-1], size)

    def _named(self, plan: Plan, name: str) -> Floats:
        return self._measured(plan, [signal for signal, _ in plan.measured].index(name))

    def _measured(self, plan: Plan, gauge: int) -> Floats:
        """The signal as the engine derives it, or more: an impossible pressure counts here, which only shows it one tick more."""
        name, raws = plan.measured[gauge]
        if name not in self._derived:
            value = self._recording.column(name)
            for raw in raws:
                value = np.where(np.isnan(value), self._recording.column(raw), value)
            self._derived[name] = value
        return self._derived[name]


def _edges(recording: Recording) -> Mask:
    """The first tick, and every one in which a signal comes, goes, or is first or no longer watched."""
    edges = _turns(recording.mask)
    edges[:1] = True
    for column in recording.columns.values():
        edges |= _turns(np.isnan(column))
    return edges


def _turns(values: NDArray[np.generic]) -> Mask:
    """Where a value is another one than just before."""
    out = np.zeros(len(values), bool)
    out[1:] = np.not_equal(values[1:], values[:-1])
    return out
