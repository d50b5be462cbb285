"""A session run again through the same engine: the same ticks and facts give the same lines, byte for byte."""

import json
from collections.abc import Iterable, Iterator, Mapping

from config.models.alarms import Profile
from dashboard.alarms.engine import start, step, tell
from dashboard.alarms.state import EngineState
from dashboard.alarms.values import Change, Fact, Tick


def replay(
    profile: Profile, baseline: Mapping[str, float] | None, ticks: Iterable[Tick], facts: Iterable[Fact]
) -> Iterator[Change]:
    """Changes in order. Both inputs rise in time; a fact comes before the tick of its own second, and facts after the last tick
    come at the end."""
    for _, changes in _run(profile, start(profile, baseline), ticks, facts):
        yield from changes


def resume(
    profile: Profile, baseline: Mapping[str, float] | None, ticks: Iterable[Tick], facts: Iterable[Fact]
) -> EngineState:
    """The state at the end of a replay, to go on from after a restart."""
    return catch_up(profile, baseline, ticks, facts)[0]


def catch_up(
    profile: Profile, baseline: Mapping[str, float] | None, ticks: Iterable[Tick], facts: Iterable[Fact]
) -> tuple[EngineState, list[Change]]:
    """The state at the end of a replay, and every change on the way there."""
    state = start(profile, baseline)
    out: list[Change] = []
    for now, changes in _run(profile, state, ticks, facts):
        state = now
        out.extend(changes)
    return state, out


def _run(
    profile: Profile, state: EngineState, ticks: Iterable[Tick], facts: Iterable[Fact]
) -> Iterator[tuple[EngineState, tuple[Change, ...]]]:
    waiting = iter(facts)
    fact = next(waiting, None)
    for tick in ticks:
        while fact is not None and fact.t_s <= tick.t_s:
            state, changes = tell(profile, state, fact)
            yield state, changes
            fact = next(waiting, None)
        state, changes = step(profile, state, tick)
        yield state, changes
    while fact is not None:
        state, changes = tell(profile, state, fact)
        yield state, changes
        fact = next(waiting, None)


def line(change: Change) -> str:
    """One JSON line of the command `alarms`: these keys in this order, whole numbers without a point."""
    return json.dumps(
        {
            "t_s": plain(change.t_s),
            "rule": change.rule,
            "priority": change.priority,
            "kind": change.kind,
            "change": change.change,
            "value": plain(change.value),
            "limit": plain(change.limit),
        },
        ensure_ascii=False,
    )


def plain(value: float | str | None) -> float | int | str | None:
    """A whole number as an integer, anything else to six decimals: a time since is a difference of floats."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else round(value, 6)
