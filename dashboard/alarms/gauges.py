"""One tick read onto the gauges: derived signals, and the clocks of silence that run between ticks."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal, NamedTuple

from dashboard.alarms.course import Course, checked
from dashboard.alarms.plan import INF, PRESSURES, Now, Plan
from dashboard.alarms.values import Tick


class _Absent(Enum):
    """The name is not in the tick: nobody measures it."""

    ABSENT = 0


ABSENT: Final = _Absent.ABSENT
_Value = float | Literal[_Absent.ABSENT] | None


class Memory(NamedTuple):
    """What the next tick needs of the ones before. `seen`: last known value of each gauge. `standing`: the last pressure was a
    single reading, which stands until the next one. `silent_s`, `absent_s`: since when no breath, nobody at the bed; infinite while
    there is, None where it is not watched. `settle_until_s`: as the gauges, until when a sensor that came on settles. `by_hand`: values read by a person, waiting for the next tick. `resumed`: the
    program was away since the last tick. `began_s`: the session's first tick."""

    t_s: float | None
    seen: tuple[float | None, ...]
    lost_s: tuple[float | None, ...]
    settle_until_s: tuple[float, ...]
    silent_s: float | None = None
    absent_s: float | None = None
    standing: bool = False
    by_hand: Mapping[str, float] | None = None
    resumed: bool = False
    began_s: float = 0.0


def fresh(plan: Plan) -> Memory:
    count = len(plan.measured) + len(plan.gauges)
    return Memory(None, (None,) * count, (INF,) * len(plan.measured), (-INF,) * count)


def read(plan: Plan, memory: Memory, course: Course, tick: Tick) -> tuple[Memory, Course, list[float | None]]:
    """The gauges at this tick. A new cuff reading restarts its timer, hence the course."""
    t_s, values = tick.t_s, tick.values
    if memory.by_hand is not None:
        # A live value of the same second is newer than what a person typed.
        values = {**values, **{k: v for k, v in memory.by_hand.items() if values.get(k) is None}}
    found = [_take(values, name, raws) if raws else values.get(name, ABSENT) for name, raws in plan.measured]
    systolic, diastolic = found[plan.sbp], found[plan.dbp]
    standing = memory.standing
    if systolic is not None and systolic is not ABSENT:
        if diastolic is not None and diastolic is not ABSENT and systolic <= diastolic:
            found[plan.sbp] = found[plan.dbp] = found[plan.map] = None  # impossible, so no reading at all
        else:
            standing = "sbp" in values or values.get("abp_sys") is None
            if "nibp" in plan.profile.intervals:
                course = checked(plan.profile, course, "nibp", t_s)
    measured = [None if value is ABSENT else value for value in found]
    lost_s = _lost(plan, memory, found, t_s)
    settle_until_s = memory.settle_until_s
    if plan.settling and lost_s != memory.lost_s:
        settle_until_s = _settling(plan, memory, lost_s, t_s)
    silent_s = _silence(plan, memory, values, found[plan.rr], t_s)
    absent_s = _absence(memory, values, t_s)
    breath_s = values["breath"] if "breath" in values else _seconds(silent_s, t_s)
    now = Now(t_s, course, measured, lost_s, breath_s, _seconds(absent_s, t_s))
    gauges = [*measured, *[gauge(now) for gauge in plan.gauges]]
    seen = tuple([old if new is None else new for new, old in zip(gauges, memory.seen, strict=True)])
    began_s = t_s if memory.t_s is None else memory.began_s
    return Memory(t_s, seen, lost_s, settle_until_s, silent_s, absent_s, standing, None, False, began_s), course, gauges


def _settling(plan: Plan, memory: Memory, lost_s: tuple[float | None, ...], t_s: float) -> tuple[float, ...]:
    """A sensor that comes on after it was away for long gives numbers before it gives the patient's. In the session's first seconds,
    and after the program was away, nobody knows since when it has been on: it counts as on."""
    until_s = list(memory.settle_until_s)
    for index, wait_s in plan.settling:
        before = memory.lost_s[index]
        if before is None or lost_s[index] is not None or memory.t_s is None or memory.resumed:
            continue
        if before == INF:  # not in the ticks at all: since the first one, or it was taken away meanwhile
            before = memory.began_s if memory.seen[index] is None else -INF
        if t_s - before >= plan.profile.settle_after_s:
            until_s[index] = t_s + wait_s
    return tuple(until_s)


def _seconds(since_s: float | None, t_s: float) -> float | None:
    """How long a silence has lasted; 0 while there is none."""
    return None if since_s is None else 0.0 if since_s == INF else t_s - since_s


def _begin(memory: Memory, t_s: float) -> float:
    """When a silence began that this tick shows first: a value holds for its own second, also where ticks were left out. What
    nobody watched is no silence of the patient's."""
    return t_s if memory.t_s is None or memory.resumed else min(t_s, memory.t_s + 1.0)


def _take(values: Mapping[str, float | None], name: str, raws: tuple[str, ...]) -> _Value:
    """A derived name as it stands; else the first raw one that has a value."""
    found: _Value = values.get(name, ABSENT)
    if found is ABSENT:
        for raw in raws:
            value: _Value = values.get(raw, ABSENT)
            if value is None:
                found = None
            elif value is not ABSENT:
                return value
    return found


def _lost(plan: Plan, memory: Memory, found: list[_Value], t_s: float) -> tuple[float | None, ...]:
    """Since when each signal has been without a value. Between cuff readings a pressure is not lost."""
    old = memory.lost_s
    lost = [
        _lost_one(memory, value, before, t_s) if value is None or value is ABSENT else None
        for value, before in zip(found, old, strict=True)
    ]
    for index in (plan.sbp, plan.dbp, plan.map):
        lost[index] = old[index] if found[index] is ABSENT else None
    return tuple(lost)


def _lost_one(memory: Memory, value: Literal[_Absent.ABSENT] | None, before: float | None, t_s: float) -> float:
    if value is ABSENT:
        return INF
    if before is None:
        return _begin(memory, t_s)
    return t_s if before == INF else before


def _silence(plan: Plan, memory: Memory, values: Mapping[str, float | None], rate: _Value, t_s: float) -> float | None:
    """Since when no breath was seen; infinite while breathing, None while none ever was or nobody looks.

    A rate that is gone is no breath: a lost trace may be a displaced cannula or a patient who has stopped breathing, and
    the rule must fire for both. A patient of whom no breath was ever seen is not breathless but unwatched.
    """
    told = values.get("no_breath", ABSENT)
    before = memory.silent_s
    if told is not None and told is not ABSENT and told > 0:
        return min(t_s - plan.breath_limit_s, INF if before is None else before)
    if rate is ABSENT:
        if told is ABSENT:
            return None
        # Without a rate only the device's own word tells of breath.
        return before if told is None else INF
    if rate is not None and rate > 0:
        return INF
    if before is None:
        return None if rate is None else t_s
    return _begin(memory, t_s) if before == INF else before


def _absence(memory: Memory, values: Mapping[str, float | None], t_s: float) -> float | None:
    """Since when nobody identified has been there; infinite while somebody is, None where presence is not watched."""
    if "nurse_present" not in values:
        return None
    present = values["nurse_present"]
    if present is not None and present > 0:
        return INF
    if memory.absent_s is None:
        return t_s
    return _begin(memory, t_s) if memory.absent_s == INF else memory.absent_s


def by_hand(memory: Memory, values: Mapping[str, float]) -> Mapping[str, float] | None:
    """Of a person's readings those that one look can judge: cuff pressures and temperature. A rate or a saturation is judged
    over time, and one number must not pass for a signal that is back."""
    single = {k: float(v) for k, v in values.items() if k.startswith("nibp_") or k in (*PRESSURES, "temp")}
    return {**(memory.by_hand or {}), **single} if single else memory.by_hand
