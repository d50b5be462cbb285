"""Everything the engine knows of one bed's session, as one frozen value."""

from dataclasses import dataclass, field

from config.models.alarms import Profile
from dashboard.alarms.conditions import Condition
from dashboard.alarms.course import NEVER_S, Course
from dashboard.alarms.gauges import Memory
from dashboard.alarms.ladder import Alarm
from dashboard.alarms.plan import Plan


@dataclass(frozen=True, slots=True)
class Audio:
    """`burst` rises when a sound must start at once; `turn` with everything that asks for attention, heard or not.
    `sounded`: when each rule last sounded. `quiet_since_s`: since when sound has been paused, pauses that follow each other
    counted as one; `reminder` rises with every chirp that tells of it, last at `reminded_s`."""

    paused_until_s: float | None = None
    paused_turn: int = 0
    turn: int = 0
    burst: int = 0
    sounded: tuple[tuple[str, float], ...] = ()
    quiet_since_s: float | None = None
    reminder: int = 0
    reminded_s: float = NEVER_S


@dataclass(frozen=True, slots=True)
class Off:
    """A rule that a person switched off; it returns by itself at `until_s`."""

    rule: str
    since_s: float
    until_s: float
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EngineState:
    """`default_profile`: the one the session started with; `plan.profile` has the session's own limits. `busy`: bits of the groups with
    a condition that is not off; `count`: occurrences so far; `stirred`: ladders to look at again at the next tick."""

    plan: Plan = field(compare=False, repr=False)
    default_profile: Profile = field(compare=False, repr=False)
    memory: Memory
    course: Course
    conditions: tuple[Condition, ...]
    busy: int = 0
    alarms: tuple[Alarm, ...] = ()
    audio: Audio = Audio()
    count: int = 0
    off: tuple[Off, ...] = ()
    stirred: tuple[int, ...] = ()

    @property
    def t_s(self) -> float | None:
        """Time of the last tick; None before the first."""
        return self.memory.t_s
