"""What delay and hysteresis are worth: recorded sessions through the same engine twice, with a profile and with its plain limits.

Plain limits are the same numbers without delay, hysteresis and rest after clearing. What counts as a price: a desaturation
below 85 % that lasts 15 s and that the profile did not announce. An alarm counts as long as it stood: one that a delay held back
began later and is the shorter for it, so a profile earns nothing by the count that its delays did not really prevent. Pure; a
session of four hours takes about a second.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.models.alarms import Profile
from dashboard.alarms import replay
from dashboard.alarms.values import Change, Fact, Tick
from dashboard.analytics.kpi import SHORT_S, Share

#: A desaturation: SpO2 below this for at least so long; a gap no longer than `GAP_S` does not end it.
DESATURATED_PCT, DESATURATED_S, GAP_S = 85.0, 15.0, 5.0
#: Who accepted which occurrence belongs to the alarms of then: with other limits there are others.
_THEN = ("alarm_acknowledged", "alarm_reset")


def plain(profile: Profile) -> Profile:
    """The same limits without delay, hysteresis, rest after clearing, or time for a sensor to settle. What is a time by itself (no breath for 20 s, no signal for
    30 s, overdue) stays: that is the limit."""
    rules = [
        rule.model_copy(
            update={
                "delay_s": 0.0,
                "hysteresis": 0.0,
                "clear_after_s": 0.0,
                "any": tuple(branch.model_copy(update={"delay_s": None}) for branch in rule.any),
            }
        )
        for rule in profile.rules
    ]
    return profile.model_copy(update={"rules": tuple(rules), "rearm_s": 0.0, "settle": {}})


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of a re-run: from raised to cleared (or latched); `to_s` None: still on at the end. `steps`: each rule that spoke
    and since when, a worse one after the other."""

    from_s: float
    to_s: float | None
    steps: tuple[tuple[float, str, str], ...]

    def short(self, end_s: float) -> bool | None:
        """Shorter than 15 s; None when the record ended before that."""
        if (end_s if self.to_s is None else self.to_s) - self.from_s >= SHORT_S:
            return False
        return None if self.to_s is None else True


@dataclass(frozen=True, slots=True)
class Desaturation:
    """`announced_s`: when an SpO2 alarm of medium or high priority stood, seconds after the onset (0: it stood already); None: missed."""

    session: str
    from_s: float
    to_s: float
    lowest: float
    announced_s: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One session, or several together. `ours`, `plain`: short alarms of those whose length is known; `alarms`, `plain_alarms`: all."""

    sessions: int
    hours: float
    alarms: int
    plain_alarms: int
    ours: Share
    plain: Share
    desaturations: tuple[Desaturation, ...]

    @property
    def fewer(self) -> float | None:
        """By which share short alarms are fewer than with plain limits, 0 to 1; None where plain limits give none."""
        return 1 - self.ours.n / self.plain.n if self.plain.n else None

    @property
    def missed(self) -> tuple[Desaturation, ...]:
        return tuple(one for one in self.desaturations if one.announced_s is None)


#: A profile and what is told -> the transitions over one recording.
Run = Callable[[Profile, Sequence[Fact]], Iterable[Change]]


def compare(
    session: str, profile: Profile, ticks: Sequence[Tick], facts: Sequence[Fact], run: Run | None = None
) -> Compared:
    """Both runs over one recorded session. `ticks` and `facts` as recorded, in order of time; `profile`: that in force then. `run`: a
    quicker way to the same transitions than asking the engine about every tick."""
    run = run or (lambda limits, told: replay(limits, None, ticks, told))
    end_s = ticks[-1].t_s if ticks else 0.0
    start_s = ticks[0].t_s if ticks else 0.0
    kept = [fact for fact in facts if fact.type not in _THEN]
    ours = gathered(run(profile, kept))
    theirs = gathered(run(plain(profile), [one for fact in kept if (one := _plain_fact(fact))]))
    found = desaturations(session, ticks)
    spo2 = {rule.id for rule in profile.rules if "spo2" in rule.signals and rule.kind == "physiological"}
    return Compared(
        1,
        max(0.0, end_s - start_s) / 3600,
        len(ours),
        len(theirs),
        _shorts(ours, end_s),
        _shorts(theirs, end_s),
        tuple(announced(one, ours, spo2) for one in found),
    )


def together(each: Iterable[Compared]) -> Compared:
    """Several sessions as one."""
    ones = list(each)
    return Compared(
        sum(one.sessions for one in ones),
        sum(one.hours for one in ones),
        sum(one.alarms for one in ones),
        sum(one.plain_alarms for one in ones),
        Share(sum(one.ours.n for one in ones), sum(one.ours.of for one in ones)),
        Share(sum(one.plain.n for one in ones), sum(one.plain.of for one in ones)),
        tuple(found for one in ones for found in one.desaturations),
    )


def gathered(changes: Iterable[Change]) -> list[Alarm]:
    """The alarms of a re-run, in order of onset; a latched one that comes back is a new alarm: it sounds again."""
    on: dict[int, Alarm] = {}
    done: list[Alarm] = []
    for change in changes:
        number, before = change.occurrence, on.get(change.occurrence)
        step = (change.t_s, change.rule, change.priority)
        if change.change in ("raised", "escalated", "demoted"):
            on[number] = replace(before, steps=(*before.steps, step)) if before else Alarm(change.t_s, None, (step,))
        elif change.change in ("cleared", "latched") and before is not None:
            done.append(replace(on.pop(number), to_s=change.t_s))
    return sorted((*done, *on.values()), key=lambda one: one.from_s)


def desaturations(session: str, ticks: Sequence[Tick], below: float = DESATURATED_PCT) -> list[Desaturation]:
    """Each stretch with SpO2 below 85 % that lasts 15 s or longer, first to last such second. A value holds for its second."""
    stretches: list[list[float]] = []
    for tick in ticks:
        value = tick.values.get("spo2")
        if value is None:
            continue
        if value >= below:
            if stretches and stretches[-1][3] == 0:
                stretches[-1][3] = 1  # closed: it has recovered
        elif stretches and stretches[-1][3] == 0 and tick.t_s - stretches[-1][1] <= GAP_S + 1:
            stretches[-1][1], stretches[-1][2] = tick.t_s, min(stretches[-1][2], value)
        else:
            stretches.append([tick.t_s, tick.t_s, value, 0])
    return [
        Desaturation(session, from_s, last_s + 1, lowest)
        for from_s, last_s, lowest, _ in stretches
        if last_s + 1 - from_s >= DESATURATED_S
    ]


def announced(one: Desaturation, alarms: Iterable[Alarm], rules: set[str]) -> Desaturation:
    """With the moment at which the first alarm of `rules`, medium or high, stood during it."""
    moments = []
    for alarm in alarms:
        if alarm.from_s > one.to_s or (alarm.to_s is not None and alarm.to_s < one.from_s):
            continue
        loud = [t_s for t_s, rule, priority in alarm.steps if rule in rules and priority != "low" and t_s <= one.to_s]
        moments += [max(0.0, loud[0] - one.from_s)] if loud else []
    return replace(one, announced_s=min(moments, default=None))


def _shorts(alarms: Sequence[Alarm], end_s: float) -> Share:
    known = [short for one in alarms if (short := one.short(end_s)) is not None]
    return Share(sum(known), len(known))


def _plain_fact(fact: Fact) -> Fact | None:
    """A changed limit counts for both; a changed delay or hysteresis is what is being compared."""
    if fact.type != "limit_changed":
        return fact
    new: Mapping[str, Any] = fact.data.get("new") or {}
    kept = {name: number for name, number in new.items() if name == "value"}
    return Fact(fact.t_s, fact.type, {**fact.data, "new": kept}) if kept else None
