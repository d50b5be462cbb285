"""Consciousness checks of a run against what its profile asked for. Pure.

What is due, and when, is the alarm engine's own timer, taken through the record again: a check answers the timer that stands when it
is made, and starts the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from config.models.alarms import Profile
from dashboard.alarms.course import Course, Timer, learn
from dashboard.session.chain import Stored
from dashboard.session.events import ConsciousnessAssessed
from dashboard.session.facts import as_fact
from dashboard.training.score import SCENARIO, fast_stretches

TIMER = "loc"


@dataclass(frozen=True, slots=True)
class Checks:
    """Since the trainee came. `late`: done, but only when the profile already called it overdue; `missed`: overdue and never done;
    `not_scored`: late or missed while the run went faster than real time. `longest_s`: the longest time without a check while the
    timer ran, None where it never did. `unasked`: done while nothing was due, before an infusion for instance. `overdue_s`: a check
    was due when the run ended, for so long, and the profile did not call it overdue yet; the screen counted the same seconds."""

    in_time: int = 0
    late: int = 0
    missed: int = 0
    not_scored: int = 0
    longest_s: float | None = None
    unasked: int = 0
    overdue_s: float | None = None

    @property
    def due(self) -> int:
        """Without what is not scored."""
        return self.in_time + self.late + self.missed + (self.overdue_s is not None)


def checks_of(profile: Profile, record: Sequence[Stored], from_s: float, to_s: float) -> Checks:
    """`from_s`: when the trainee took over; a check that was due before is due from then on. `to_s`: the end of the run."""
    if TIMER not in profile.intervals:
        return Checks()
    index, grace_s = list(profile.intervals).index(TIMER), _grace_s(profile)
    fast = fast_stretches(record, to_s)
    course = Course(timers=(Timer(),) * len(profile.intervals))
    found = {"in_time": 0, "late": 0, "missed": 0, "not_scored": 0, "unasked": 0}
    since_s: float | None = None
    longest_s: float | None = None

    def judge(due_s: float, until_s: float, verdict: str) -> None:
        due_s = max(due_s, from_s)
        if until_s <= due_s + grace_s:
            verdict = "in_time" if verdict == "late" else ""
        elif any(one.from_s < until_s and one.to_s > due_s for one in fast):
            verdict = "not_scored"
        if verdict:
            found[verdict] += 1

    def passed(until_s: float) -> None:
        nonlocal longest_s
        if since_s is not None and until_s > from_s:
            longest_s = max(longest_s or 0.0, until_s - max(since_s, from_s))

    for stored in record:
        fact = as_fact(stored.event, stored.seq)
        if fact is None:
            continue
        at_s = stored.event.t_s - stored.event.back_s
        before_s = _due_s(course, index)
        course = learn(profile, course, fact)
        after_s = _due_s(course, index)
        if isinstance(stored.event, ConsciousnessAssessed):
            theirs = at_s >= from_s and stored.event.by != SCENARIO
            if before_s is None:
                found["unasked"] += theirs
                continue
            passed(at_s)
            since_s = at_s
            if theirs:
                judge(before_s, at_s, "late")
        elif before_s is not None and (after_s is None or after_s > before_s):
            passed(at_s)
            since_s = None if after_s is None else at_s
            if at_s >= from_s:
                judge(before_s, at_s, "missed")
        elif before_s is None and after_s is not None:
            since_s = at_s
    last_s = _due_s(course, index)
    if last_s is not None:
        passed(to_s)
        judge(last_s, to_s, "missed")
    waits = last_s is not None and last_s < to_s <= max(last_s, from_s) + grace_s and to_s > from_s
    overdue_s = to_s - last_s if waits and last_s is not None else None
    return Checks(**found, longest_s=longest_s, overdue_s=overdue_s)


def _due_s(course: Course, index: int) -> float | None:
    """As the overdue rule has it: nobody going home is asked."""
    return None if course.phase == "discharge" else course.timers[index].due_s


def _grace_s(profile: Profile) -> float:
    """How long after its time a check becomes overdue: the first limit of the profile's own rule; 0 without such a rule."""
    values = (rule.value for rule in profile.rules if rule.operator == "overdue" and rule.interval == TIMER)
    return min((float(value) for value in values if value is not None), default=0.0)
