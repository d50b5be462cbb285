"""One limit over time: off, pending for its delay, on until the value is back inside by its hysteresis."""

from enum import IntEnum
from typing import NamedTuple

from dashboard.alarms.plan import Watch


class Phase(IntEnum):
    """`ARMED`: a first reading out of limits that the next one must confirm. `CLEARING`: back inside, not yet for long enough;
    from ON upwards the condition holds."""

    OFF = 0
    ARMED = 1
    PENDING = 2
    ON = 3
    CLEARING = 4


class Condition(NamedTuple):
    """`since_s`: start of the phase (of the violation, while pending or on). `worst`: the most extreme value while last on.
    `off_s`: when it last cleared."""

    phase: Phase = Phase.OFF
    since_s: float = 0.0
    worst: float | None = None
    off_s: float = float("-inf")


OFF = Condition()
#: Looking a member up in its class costs more than comparing it, and this runs for every limit of every second.
_OFF, _ARMED, _PENDING, _ON, _CLEARING = Phase


def over(watch: Watch, value: float) -> bool:
    return value >= watch.trigger if watch.sense > 0 else value <= watch.trigger


def judge(watch: Watch, now: Condition, value: float | None, t_s: float, *, held_back: bool) -> Condition:
    """The condition after a value at `t_s`; None leaves it as it is, so a running delay goes on.

    `held_back`: the rule cleared a moment ago and may not fire again yet.
    """
    if value is None:
        return now
    if now.phase < _ON:
        return _outside(watch, now, value, t_s, held_back) if over(watch, value) else _off(now)
    if over(watch, value):
        worse = now.worst is None or (value - now.worst) * watch.sense > 0
        if worse or now.phase is not _ON:
            return Condition(_ON, now.since_s, value if worse else now.worst, now.off_s)
        return now
    inside = value <= watch.clear if watch.sense > 0 else value >= watch.clear
    if not inside:
        return now if now.phase is _ON else now._replace(phase=_ON)
    if now.phase is _ON:
        now = now._replace(phase=_CLEARING, since_s=t_s)
    if t_s - now.since_s >= watch.clear_after_s:
        return Condition(_OFF, t_s, now.worst, t_s)
    return now


def _off(now: Condition) -> Condition:
    return now if now.phase is _OFF else now._replace(phase=_OFF)


def _outside(watch: Watch, now: Condition, value: float, t_s: float, held_back: bool) -> Condition:
    if watch.confirm and now.phase is _OFF:
        return now._replace(phase=_ARMED, since_s=t_s)
    since_s = now.since_s if now.phase is _PENDING else t_s
    if held_back or t_s - since_s < watch.delay_s:
        return now._replace(phase=_PENDING, since_s=since_s)
    return Condition(_ON, since_s, value, now.off_s)
