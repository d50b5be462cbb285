"""Which steps of the plan fall due for alarms that nobody has answered. Pure: time is an argument, and no clock is read.

Step 1 is the bed's own screens, which the alarm engine sounds by itself. Step 2 is every other screen, step 3 the contacts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from config.models.escalation import Escalation

#: The channel that is no contact: the screens of the station.
SCREENS = "screens"
#: An alarm of low priority waits for the nurse (alarm facts 1.10): no step of a plan is for it.
RANK = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True, slots=True)
class Step:
    """An alarm of `priority` that has stood unanswered for `after_s` goes to `channel`, as step `number` (2 or 3)."""

    number: int
    channel: str
    priority: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alarm that waits for an answer: active, or over but latched. `since_s`: since when its present priority speaks.
    `own_screens` False: none of the bed's own screens can warn, so that step 1 reaches nobody and step 2 is due at once."""

    occurrence: int
    rule: str
    priority: str
    since_s: float
    own_screens: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """A step that falls due now. `since_s`: since when the alarm has been unanswered at this priority or worse."""

    occurrence: int
    rule: str
    priority: str
    step: int
    channel: str
    since_s: float


#: Step number, channel and priority of a step that was taken.
Taken = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One unanswered occurrence. `since_s`: priority -> when it was first that or worse; `taken`: steps and when."""

    since_s: Mapping[str, float] = field(default_factory=dict)
    taken: Mapping[Taken, float] = field(default_factory=dict)

    def covers(self, step: Step) -> bool:
        """Whether that channel was told already, of this priority or a worse one."""
        return any(
            (number, channel) == (step.number, step.channel) and RANK[priority] >= RANK[step.priority]
            for number, channel, priority in self.taken
        )

    @property
    def step(self) -> int:
        """The furthest step taken; 1 while only the bed's own screens speak."""
        return max((number for number, _, _ in self.taken), default=1)

    @property
    def at_s(self) -> float | None:
        """When that step was first taken."""
        return min((at_s for (number, _, _), at_s in self.taken.items() if number == self.step), default=None)


@dataclass(frozen=True, slots=True)
class State:
    """Occurrence -> its case, for those that wait now."""

    cases: Mapping[int, Case] = field(default_factory=dict)


def plan_of(settings: Escalation) -> tuple[Step, ...]:
    """The station file's plan as rows, in the order in which they fall due."""
    second = settings.second_screen_after_s
    rows = [
        Step(2, SCREENS, "high", second.high),
        Step(2, SCREENS, "medium", second.medium),
        Step(3, SCREENS, "high", settings.call_after_s),
    ]
    for contact in settings.contacts:
        rows += [Step(3, contact.name, p, getattr(contact.after_s, p)) for p in dict.fromkeys(contact.priorities)]
    return tuple(sorted(rows, key=lambda row: (row.after_s, row.number, row.channel != SCREENS)))


def step(plan: Iterable[Step], state: State, waiting: Iterable[Waiting], now_s: float) -> tuple[State, tuple[Due, ...]]:
    """State and what falls due at `now_s`, seconds on a clock that never goes back. An alarm that is not among `waiting` was answered
    or is over: its case is forgotten, and the next time begins anew. A step is due once for each occurrence and priority."""
    cases: dict[int, Case] = {}
    due: list[Due] = []
    for one in waiting:
        case = _noted(state.cases.get(one.occurrence, Case()), one)
        taken = dict(case.taken)
        for row in plan:
            if row.priority == one.priority and not case.covers(row) and _in_s(row, case, one, now_s) <= 0:
                since_s = case.since_s[one.priority]
                due.append(Due(one.occurrence, one.rule, one.priority, row.number, row.channel, since_s))
                taken[row.number, row.channel, row.priority] = now_s
        cases[one.occurrence] = case if len(taken) == len(case.taken) else replace(case, taken=taken)
    return State(cases), tuple(due)


def next_in_s(plan: Iterable[Step], state: State, one: Waiting, now_s: float) -> float | None:
    """Seconds until the next step of that alarm, if nothing changes; None when there is none left."""
    case = _noted(state.cases.get(one.occurrence, Case()), one)
    left = [_in_s(row, case, one, now_s) for row in plan if row.priority == one.priority and not case.covers(row)]
    return max(0.0, min(left)) if left else None


def _noted(case: Case, one: Waiting) -> Case:
    """With the first moment at which the alarm was this bad. One that falls back and rises again has been unanswered all the while,
    so the first moment counts."""
    since = {
        name: min(one.since_s, case.since_s.get(name, one.since_s))
        if name == one.priority
        else case.since_s.get(name, one.since_s)
        for name, rank in RANK.items()
        if rank <= RANK[one.priority] or name in case.since_s
    }
    return case if since == case.since_s else replace(case, since_s=since)


def _in_s(row: Step, case: Case, one: Waiting, now_s: float) -> float:
    wait_s = row.after_s if one.own_screens or row.number > 2 else 0.0
    return case.since_s[one.priority] + wait_s - now_s
