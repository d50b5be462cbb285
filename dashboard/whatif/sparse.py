"""The same transitions as `alarms.replay`, without the ticks that can change nothing.

Most seconds of a session are quiet: no limit is violated and nothing waits. Such a tick leaves every condition as it is, so the
engine is not asked. What it would have remembered of the tick is either overwritten by the next one that it sees (last values,
time) or begins and ends at a tick that is never left out (a signal that comes or goes, a breath that stops). A test holds both
runs together, byte for byte, over generated sessions and every shipped profile.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from config.models.alarms import Profile
from dashboard.alarms import EngineState, start, step, tell
from dashboard.alarms.plan import Plan
from dashboard.alarms.values import Change, Fact
from dashboard.whatif.recording import Floats, Recording

Mask = NDArray[np.bool_]
_COMPARED = ("<=", ">=", "any", "pct_over_baseline", "pct_under_baseline", "over_baseline", "under_baseline", "confirmed_next")  # fmt: skip


def replay(
    profile: Profile, baseline: Mapping[str, float] | None, recording: Recording, facts: Iterable[Fact]
) -> Iterator[Change]:
    """Changes in order, as `alarms.replay` has them. `facts` rise in time."""
    state = start(profile, baseline)
    waiting = iter(facts)
    fact = next(waiting, None)
    quiet = _Quiet(recording, state)
    index, end = 0, len(recording)
    while index < end:
        while fact is not None and fact.t_s <= recording.times[index]:
            state, changes = tell(profile, state, fact)
            yield from changes
            fact = next(waiting, None)
        state, changes = step(profile, state, recording.tick(index))
        yield from changes
        index = index + 1 if state.busy else quiet.next(index + 1, state, fact)
    while fact is not None:
        state, changes = tell(profile, state, fact)
        yield from changes
        fact = next(waiting, None)


class _Quiet:
    """Where the next tick is that the engine must see, while nothing is out of limits."""

    def __init__(self, recording: Recording, state: EngineState) -> None:
        self._recording = recording
        self._edges = _edges(recording)
        self._derived: dict[str, Floats] = {}
        self._look(state)

    def next(self, index: int, state: EngineState, fact: Fact | None) -> int:
        if state.plan is not self._plan or state.course.order_ml_h != self._order_ml_h:
            self._look(state)
        found = int(self._following[index])
        if fact is not None:  # the tick before it too: an entry is judged with the last values
            found = min(found, max(index, self._at(fact.t_s) - 1))
        if (due_s := self._due_s(state)) is not None:
            found = min(found, max(index, self._at(due_s)))
        return found

    def _at(self, t_s: float) -> int:
        """The first tick at or after `t_s`."""
        return int(np.searchsorted(self._recording.t_s, t_s))

    def _due_s(self, state: EngineState) -> float | None:
        """From when on something may be overdue."""
        if not self._timed:
            return None
        return min((timer.due_s for timer in state.course.timers if timer.due_s is not None), default=None)

    def _look(self, state: EngineState) -> None:
        self._plan, self._order_ml_h = state.plan, state.course.order_ml_h
        rules = {step.rule.id: step.rule for step in state.plan.steps}.values()
        self._timed = any(rule.operator == "overdue" for rule in rules)
        hot = np.zeros(len(self._recording), bool)
        for group in state.plan.groups:
            if group.gauge < len(state.plan.measured):
                value = self._measured(state.plan, group.gauge)
                hot |= (value <= group.low) | (value >= group.high)
        for rule in rules:
            hot |= self._beside(state, rule.operator, rule.signals)
        # The tick before one that counts tells the engine since when.
        needed = hot | self._edges
        needed[:-1] |= needed[1:].copy()
        self._following = _following(needed)

    def _beside(self, state: EngineState, operator: str, signals: tuple[str, ...]) -> Mask:
        """Where a rule that is no plain comparison may have something to say."""
        recording = self._recording
        nowhere = np.zeros(len(recording), bool)
        if operator in _COMPARED or operator == "level_table" or (operator == "absent_s" and signals == ("link",)):
            return nowhere  # compared above; a level changes by an entry, and the tick after one is always seen
        if operator in ("stale", "all_stale"):
            lost = [self._watched(state.plan, name) & np.isnan(self._named(state.plan, name)) for name in signals]
            return _any(lost)
        if operator == "absent_s" and signals == ("breath",):
            rate, silent = self._named(state.plan, "rr"), recording.column("no_breath")
            return (self._watched(state.plan, "rr") | recording.monitored("no_breath")) & (~(rate > 0) | (silent > 0))
        if operator == "absent_s" and signals == ("nurse_present",):
            return recording.monitored("nurse_present") & ~(recording.column("nurse_present") > 0)
        if operator == "overdue":
            return ~np.isnan(self._named(state.plan, "sbp")) if signals == ("sbp",) else nowhere
        if operator == "state_table":
            table = state.plan.profile.pump_states
            codes = [float(code) for code, meaning in table.items() if meaning.priority != "none"]
            return np.isin(recording.column("pump_state"), codes)
        if operator == "pct_from_order":
            rate = recording.column("pump_rate_ml_h")
            return nowhere if state.course.order_ml_h is None else ~np.isnan(rate) & (rate != state.course.order_ml_h)
        return ~nowhere  # an operator that nobody thought of here: every tick counts

    def _named(self, plan: Plan, name: str) -> Floats:
        return self._measured(plan, [signal for signal, _ in plan.measured].index(name))

    def _watched(self, plan: Plan, name: str) -> Mask:
        raws = dict(plan.measured)[name] or (name,)
        return _any([self._recording.monitored(raw) for raw in raws])

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
    edges = np.zeros(len(recording), bool)
    edges[:1] = True
    edges[1:] |= recording.mask[1:] != recording.mask[:-1]
    for column in recording.columns.values():
        gone = np.isnan(column)
        edges[1:] |= gone[1:] != gone[:-1]
    return edges


def _any(masks: list[Mask]) -> Mask:
    out = masks[0]
    for mask in masks[1:]:
        out = out | mask
    return out


def _following(needed: Mask) -> NDArray[np.int64]:
    """For each index (and one beyond the last) the first needed one at or after it; the length where there is none."""
    size = len(needed)
    found = np.where(needed, np.arange(size), size)
    return np.append(np.minimum.accumulate(found[::-1])[::-1], size)
