"""A profile made ready to run: every rule becomes limits on gauges, sorted so that a quiet tick costs next to nothing.

A gauge is one number a second: a measured signal, or a time (silence, no breath, overdue) or rank (consciousness, pump)
that follows from the rest. With that every operator is the same comparison, and no rule is known to the code by its id.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from config.models.alarms import Branch, Priority, Profile, Rule, parse_of
from dashboard.alarms.course import RANKS, Course

INF = float("inf")
#: Derived signal -> raw ones, preferred first (design section 3); every other signal is its own.
RAW_OF = {
    "rate": ("hr", "pr"),
    "sbp": ("abp_sys", "nibp_sys"),
    "dbp": ("abp_dia", "nibp_dia"),
    "map": ("abp_map", "nibp_map"),
    "rr": ("rr_co2", "rr_imp"),
}
PRESSURES = ("sbp", "dbp", "map")
#: Always measured, whatever the rules: breath and timers follow from them.
_ALWAYS = ("sbp", "dbp", "map", "rr")
_CLOCKS = ("breath", "nurse_present", "loc")


@dataclass(slots=True)
class Now:
    """What the gauges of one tick are read from. `lost_s`: since when a measured signal has no valid value; None:
    it is valid now; infinite: it is not monitored. `breath_s`, `absent_s`: seconds without a breath, without anybody at the bed."""

    t_s: float
    course: Course
    measured: list[float | None]
    lost_s: tuple[float | None, ...]
    breath_s: float | None
    absent_s: float | None


Gauge = Callable[[Now], float | None]


@dataclass(frozen=True, slots=True)
class Watch:
    """One limit. `sense` +1: violated at `trigger` or above, clear at `clear` or below; -1: the other way round."""

    index: int
    step: int
    gauge: int
    sense: int
    trigger: float
    clear: float
    delay_s: float
    clear_after_s: float
    confirm: bool
    standing: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A rule at one priority; its watches are alternatives. `rank`: 1 low to 3 high."""

    index: int
    rule: Rule
    priority: Priority
    rank: int
    ladder: int
    watches: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The watches of one gauge; strictly between `low` and `high` none of them is violated."""

    gauge: int
    bit: int
    low: float
    high: float
    watches: tuple[Watch, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`measured`: signal and its raw names; they are the first gauges, `gauges` those that follow from them. `ladders`: steps, worst first. `breath_limit_s`:
    what a device's own no-breath status counts as. `settling`: gauge of a signal, and how long its first values raise nothing.
    `combination`: signs of poor breathing as (measured, sense, edge)."""

    profile: Profile
    measured: tuple[tuple[str, tuple[str, ...]], ...]
    gauges: tuple[Gauge, ...]
    watches: tuple[Watch, ...]
    steps: tuple[Step, ...]
    ladders: tuple[tuple[Step, ...], ...]
    groups: tuple[Group, ...]
    breath_limit_s: float
    settling: tuple[tuple[int, float], ...]
    combination: tuple[tuple[int, int, float], ...]
    sbp: int
    dbp: int
    map: int
    rr: int


def make_plan(profile: Profile, baseline: Mapping[str, float]) -> Plan:
    """`baseline` by derived name; percent limits of signals without one never trigger."""
    return _Maker(profile, baseline).plan()


class _Maker:
    def __init__(self, profile: Profile, baseline: Mapping[str, float]) -> None:
        self._profile, self._baseline = profile, baseline
        used = [s for rule in profile.rules for s in rule.signals if s not in _CLOCKS]
        if any(rule.operator == "combined" for rule in profile.rules):
            used += [part.signal for part in profile.combination]
        self._measured = tuple(dict.fromkeys((*_ALWAYS, *used)))
        self._gauges: list[Gauge] = []
        self._shared: dict[object, int] = {}
        self._watches: list[Watch] = []
        self._steps: list[Step] = []
        self._ladders: dict[object, int] = {}

    def plan(self) -> Plan:
        for rule in self._profile.rules:
            self._add(rule)
        ladders = [
            tuple(sorted((s for s in self._steps if s.ladder == number), key=lambda s: -s.rank))
            for number in range(len(self._ladders))
        ]
        apnoea = [
            w.trigger for w in self._watches if (r := self._steps[w.step].rule).signals == ("breath",) and not r.limits
        ]
        return Plan(
            profile=self._profile,
            measured=tuple((name, RAW_OF.get(name, ())) for name in self._measured),
            gauges=tuple(self._gauges),
            watches=tuple(self._watches),
            steps=tuple(self._steps),
            ladders=tuple(ladders),
            groups=self._groups(),
            breath_limit_s=max(apnoea, default=0.0),
            settling=tuple(
                (self._measured.index(n), s) for n, s in self._profile.settle.items() if n in self._measured
            ),
            combination=self._parts(),
            sbp=self._measured.index("sbp"),
            dbp=self._measured.index("dbp"),
            map=self._measured.index("map"),
            rr=self._measured.index("rr"),
        )

    def _groups(self) -> tuple[Group, ...]:
        groups: list[Group] = []
        for gauge in dict.fromkeys(w.gauge for w in self._watches):
            watches = tuple(w for w in self._watches if w.gauge == gauge)
            low = max((w.trigger for w in watches if w.sense < 0), default=-INF)
            high = min((w.trigger for w in watches if w.sense > 0), default=INF)
            groups.append(Group(gauge, 1 << len(groups), low, high, watches))
        return tuple(groups)

    def _add(self, rule: Rule) -> None:
        if rule.limits:
            gauge = self._signal(rule.signals[0])
            limits = [(gauge, self._limit(rule, branch), branch) for branch in rule.limits]
            self._step(rule, rule.priority, limits[0][2].side, [(g, *lim, b) for g, lim, b in limits])
            return
        for priority, name, gauge, trigger in self._times(rule):
            clear = math.nextafter(trigger, -INF) - rule.hysteresis
            self._step(rule, priority, name, [(gauge, 1, trigger, clear, None)])

    def _times(self, rule: Rule) -> list[tuple[Priority, str, int, float]]:
        """(priority, ladder, gauge, trigger) of the steps of a rule that is no limit on a measured value."""
        first = rule.value or 0.0
        match rule.operator:
            case "stale" | "all_stale":
                which = tuple(self._measured.index(name) for name in rule.signals)
                key = ("age", which, rule.when)
                gauge = self._gauge(key, _age(which, only_infusing=rule.when == "infusing"))
                return [(rule.priority, "lost", gauge, first)]
            case "absent_s":
                gauge = self._signal(rule.signals[0])
                rows = [(rule.priority, "absent", gauge, first)]
                rows += [(after.priority, "absent", gauge, after.after_s or first) for after in rule.further]
                return rows
            case "overdue":
                return self._overdue(rule, first)
            case "level_table":
                gauge = self._gauge("loc", lambda now: now.course.loc_rank)
                return [(rule.priority, "level", gauge, float(RANKS[rule.priority]))]
            case "combined":
                parts = self._parts()
                gauge = self._gauge("combined", lambda now: _combined(now, parts))
                return [(rule.priority, "level", gauge, float(RANKS[rule.priority]))]
            case "finding_table":
                gauge = self._gauge("finding", _finding)
                return [(rule.priority, "finding", gauge, float(RANKS[rule.priority]))]
            case "state_table":
                return self._states()
        rate = self._measured.index(rule.signals[0])
        gauge = self._gauge(("order", rate), lambda now: _off_order(now, rate))
        # "Differs by more than": the limit itself is still right.
        return [(rule.priority, "order", gauge, math.nextafter(first, INF))]

    def _overdue(self, rule: Rule, first: float) -> list[tuple[Priority, str, int, float]]:
        timer = list(self._profile.intervals).index(str(rule.interval))
        shown = self._measured.index("sbp") if rule.signals == ("sbp",) else None
        gauge = self._gauge(("due", timer, shown), _overdue(timer, shown, in_intervals=False))
        rows = [(rule.priority, "overdue", gauge, first)]
        for after in rule.further:
            if after.after_interval_x is None:
                rows.append((after.priority, "overdue", gauge, after.after_s or first))
            else:
                counts = self._gauge(("due x", timer, shown), _overdue(timer, shown, in_intervals=True))
                rows.append((after.priority, "overdue", counts, after.after_interval_x))
        return rows

    def _parts(self) -> tuple[tuple[int, int, float], ...]:
        """The signs of poor breathing as (measured, sense, edge): poor beyond the edge. A rise of what has no baseline is left out."""
        parts = []
        for part in self._profile.combination:
            if part.signal not in self._measured:
                continue  # no rule combines anything
            index, base = self._measured.index(part.signal), self._baseline.get(part.signal)
            if part.below is not None:
                parts.append((index, -1, math.nextafter(part.below, -INF)))
            elif part.rise is not None and base is not None:
                parts.append((index, 1, base + part.rise))
        return tuple(parts)

    def _states(self) -> list[tuple[Priority, str, int, float]]:
        table = {float(code): RANKS[state.priority] for code, state in self._profile.pump_states.items()}
        state = self._measured.index("pump_state")
        gauge = self._gauge("pump", lambda now: _state_rank(now, state, table))
        found = {s.priority for s in self._profile.pump_states.values()}
        rows: list[tuple[Priority, str, int, float]] = []
        for priority in ("high", "medium", "low"):
            if priority in found:
                rows.append((priority, "state", gauge, float(RANKS[priority])))
        return rows

    def _signal(self, name: str) -> int:
        if name == "breath":
            return self._gauge(name, lambda now: now.breath_s)
        if name == "nurse_present":
            return self._gauge(name, lambda now: now.absent_s)
        return self._measured.index(name)

    def _gauge(self, key: object, read: Gauge) -> int:
        if key not in self._shared:
            self._shared[key] = len(self._measured) + len(self._gauges)
            self._gauges.append(read)
        return self._shared[key]

    def _step(
        self,
        rule: Rule,
        priority: Priority,
        ladder: str,
        parts: list[tuple[int, int, float, float, Branch | None]],
    ) -> None:
        index = len(self._steps)
        number = self._ladders.setdefault((rule.kind, rule.signals, ladder), len(self._ladders))
        mine = []
        for gauge, sense, trigger, clear, branch in parts:
            mine.append(len(self._watches))
            delay_s = rule.delay_s if branch is None or branch.delay_s is None else branch.delay_s
            confirm = branch is not None and branch.operator == "confirmed_next"
            standing = rule.signals[0] in PRESSURES and branch is not None
            self._watches.append(
                Watch(mine[-1], index, gauge, sense, trigger, clear, delay_s, rule.clear_after_s, confirm, standing)
            )
        self._steps.append(Step(index, rule, priority, RANKS[priority], number, tuple(mine)))

    def _limit(self, rule: Rule, branch: Branch) -> tuple[int, float, float]:
        """Sense, trigger and clear of one limit as plain numbers of its signal."""
        sense = -1 if branch.side == "low" else 1
        if branch.of is not None:
            trigger = parse_of(branch.of)[1]
            return sense, trigger, trigger - sense * rule.hysteresis
        value = branch.value or 0.0
        if branch.operator in ("<=", ">="):
            return sense, value, value - sense * rule.hysteresis
        base = self._baseline.get(rule.signals[0])
        if base is None:
            return sense, sense * INF, sense * INF
        inside = value - rule.hysteresis  # percentage points, or the signal's own unit
        if branch.operator.startswith("pct"):
            # Multiply first: 120 and 20 % must give 144 and not a hair beside it.
            trigger, clear = base * (100 + sense * value) / 100, base * (100 + sense * inside) / 100
        else:
            trigger, clear = base + sense * value, base + sense * inside
        if branch.and_at_least is not None:
            return sense, max(trigger, branch.and_at_least), max(clear, branch.and_at_least - rule.hysteresis)
        if branch.and_at_most is not None:
            return sense, min(trigger, branch.and_at_most), min(clear, branch.and_at_most + rule.hysteresis)
        return sense, trigger, clear


def _age(which: tuple[int, ...], *, only_infusing: bool) -> Gauge:
    """Seconds without a valid value of any of the signals; 0 while one of them is valid or not monitored."""

    def age_s(now: Now) -> float:
        if only_infusing and not now.course.infusing:
            return 0.0
        since_s = -INF
        for index in which:
            lost_s = now.lost_s[index]
            if lost_s is None or lost_s == INF:
                return 0.0
            since_s = max(since_s, lost_s)
        return now.t_s - since_s

    return age_s


def _overdue(timer: int, shown: int | None, *, in_intervals: bool) -> Gauge:
    """Seconds past due, or check intervals since the last check; 0 where nothing is due or nobody measures it."""

    def late(now: Now) -> float:
        due = now.course.timers[timer]
        if due.due_s is None or due.interval_s is None or now.course.phase == "discharge":
            return 0.0
        if shown is not None and now.lost_s[shown] == INF:
            return 0.0
        late_s = max(0.0, now.t_s - due.due_s)
        return 1.0 + late_s / due.interval_s if in_intervals else late_s

    return late


def _combined(now: Now, parts: tuple[tuple[int, int, float], ...]) -> float | None:
    """The rank of a level at which breathing counts, one step up while a sign of poor breathing is there; 0 while there is none. None
    while it cannot be told: a sign that is lost neither raises nor clears."""
    course = now.course
    if not course.obtunded or course.loc_rank is None:
        return 0.0
    unknown = False
    for index, sense, edge in parts:
        value = now.measured[index]
        if value is None:
            unknown = unknown or now.lost_s[index] != INF
        elif (value - edge) * sense >= 0:
            return float(min(course.loc_rank + 1, RANKS["high"]))
    return None if unknown else 0.0


def _finding(now: Now) -> float:
    worst = now.course.worst_found if now.course.found else None
    return 0.0 if worst is None else float(worst.rank)


def _off_order(now: Now, rate: int) -> float | None:
    """Per cent by which the pump's rate differs from the recorded order; None where there is no order."""
    order_ml_h, rate_ml_h = now.course.order_ml_h, now.measured[rate]
    if rate_ml_h is None:
        return None
    if order_ml_h is None:
        return 0.0
    if order_ml_h == 0:
        return INF if rate_ml_h > 0 else 0.0
    return abs(rate_ml_h - order_ml_h) * 100 / order_ml_h


def _state_rank(now: Now, state: int, table: Mapping[float, int]) -> float | None:
    """A code that the table does not know alarms nothing: pumps have states of their own."""
    code = now.measured[state]
    return None if code is None else table.get(code, 0)
