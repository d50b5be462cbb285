"""Alarm figures of one session or of several together; `past` sets them side by side and against the clinic's own past.

Where a bound comes from: alarms.md section 5, the bedside column. Industrial targets are for plants and are not used: a clinic
is compared with its own earlier sessions. Small numbers are said to be small: every share carries what it is a share of, no
percentile is made of fewer than `LEAST_N` values, no rate of less than `LEAST_HOURS`.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from dashboard.figures.occurrences import RANK, Occurrence
from dashboard.history.model import Period, SessionAlarms, Word

PRIORITIES = ("high", "medium", "low")
#: Short: gone before anybody could have acted on it (half of the alarms that nobody needs last no longer: Görges 2009).
SHORT_S = 15.0
#: Chattering: one rule fires more than three times in five minutes.
CHATTER_COUNT, CHATTER_S = 4, 300.0
#: Standing: active for more than half an hour.
STANDING_S = 1800.0
#: A flood: ten in ten minutes. Crowded: more than five in ten minutes, about what one nurse in one room can still answer.
FLOOD_COUNT, CROWDED_COUNT, FLOOD_S = 10, 6, 600.0
#: A percentile or a quartile is of no fewer values than this, a rate of no less than six minutes.
LEAST_N, LEAST_HOURS = 5, 0.1


@dataclass(frozen=True, slots=True)
class Share:
    """`n` of `of`; `value` None where there is nothing to share."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        return self.n / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from when the worst step began to sound to the acknowledgement. `p95_s` (nearest rank) None below `LEAST_N` values."""

    n: int
    median_s: float | None = None
    p95_s: float | None = None
    longest_s: float | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """`short`: of the alarms whose length is known. `acknowledged`: of those that ended or were acknowledged; what still waits
    in an open session is in neither."""

    count: int
    per_hour: float | None
    short: Share
    waits: Waits
    acknowledged: Share

    @property
    def never(self) -> int:
        """Ended, and nobody had acknowledged them."""
        return self.acknowledged.of - self.acknowledged.n


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One rule among the most frequent. `share` and `cumulative`: of all alarms, 0 to 1, this rule alone and with those before it."""

    rule: str
    priority: str
    kind: str
    count: int
    per_hour: float | None
    share: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class Spell:
    """Something to look at in one session, from `from_s` to `to_s` on its clock: `count` alarms, by number in `occurrences`.
    `rule` empty: of several rules."""

    session: str
    rule: str
    from_s: float
    to_s: float
    count: int
    occurrences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Paused:
    """Audio pauses: how often, and for how long together; pauses that overlap count once in `total_s`."""

    count: int
    total_s: float


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of how many alarms the reviewers said what together; `differ`: they do not agree, `open`: nobody has judged."""

    true: int = 0
    nuisance: int = 0
    technical: int = 0
    differ: int = 0
    open: int = 0

    @property
    def judged(self) -> int:
        return self.true + self.nuisance + self.technical + self.differ


@dataclass(frozen=True, slots=True)
class Kpis:
    """`hours`: patient-hours watched. `by_priority` holds alarms of both kinds. `actionable`: high and medium alarms about
    which a person noted what was done; what was merely recorded around an alarm does not count. `rules`: most frequent first."""

    sessions: int
    open_sessions: int
    hours: float
    all: Stats
    physiological: Stats
    technical: Stats
    by_priority: Mapping[str, Stats]
    rules: tuple[RuleCount, ...]
    chattering: tuple[Spell, ...]
    standing: tuple[Spell, ...]
    floods: tuple[Spell, ...]
    crowded: tuple[Spell, ...]
    paused: Paused
    actionable: Share
    verdicts: Verdicts

    def top(self, count: int = 5) -> float | None:
        """Share of all alarms that the `count` most frequent rules make; None without alarms."""
        first = self.rules[:count]
        return first[-1].cumulative if first else None

    @property
    def never_acknowledged(self) -> dict[str, int]:
        """High and medium alarms that nobody acknowledged; a low one asks for none."""
        return {priority: self.by_priority[priority].never for priority in ("high", "medium")}


def kpis(sessions: Sequence[SessionAlarms]) -> Kpis:
    """The figures of these sessions together. ValueError when live and simulated ones are mixed: they never are."""
    if len({one.simulation for one in sessions}) > 1:
        raise ValueError("live and simulated sessions have no figures in common")
    hours = sum(watched_hours(one) for one in sessions)
    pairs = [(session, one) for session in sessions for one in session.occurrences]
    chosen = [(s, o) for s, o in pairs if o.priority in ("high", "medium")]
    return Kpis(
        sessions=len(sessions),
        open_sessions=sum(one.state == "open" for one in sessions),
        hours=hours,
        all=_stats(pairs, hours),
        physiological=_stats([(s, o) for s, o in pairs if o.kind != "technical"], hours),
        technical=_stats([(s, o) for s, o in pairs if o.kind == "technical"], hours),
        by_priority={p: _stats([(s, o) for s, o in pairs if o.priority == p], hours) for p in PRIORITIES},
        rules=_rules(pairs, hours),
        chattering=tuple(spell for one in sessions for spell in chattering(one)),
        standing=tuple(spell for one in sessions for spell in standing(one)),
        floods=tuple(spell for one in sessions for spell in crowds(one, FLOOD_COUNT)),
        crowded=tuple(spell for one in sessions for spell in crowds(one, CROWDED_COUNT)),
        paused=_paused(sessions),
        actionable=Share(sum(o.number in s.noted for s, o in chosen), len(chosen)),
        verdicts=_verdicts(pairs),
    )


# -- one session ----------------------------------------------------------------------------------------------------


def watched_hours(session: SessionAlarms) -> float:
    """Hours in which an alarm could have come: the program's own absences do not count."""
    away_s = _covered_s(_of(session, "program away"), session.start_s, session.end_s)
    return max(0.0, session.patient_hours - away_s / 3600)


def lasted_s(session: SessionAlarms, one: Occurrence) -> float:
    """The longest time that the alarm stood without a break; one that never ended stood to the end of the session."""
    spells = one.spells or ((one.onset_s, one.ended_s),)
    return max(max(0.0, (session.end_s if to_s is None else to_s) - from_s) for from_s, to_s in spells)


def is_short(session: SessionAlarms, one: Occurrence) -> bool | None:
    """Shorter than 15 s; None when the end of the session cut it off before that."""
    if lasted_s(session, one) >= SHORT_S:
        return False
    return True if one.ended_s is not None else None


def fired_s(one: Occurrence) -> tuple[float, ...]:
    """When it began to sound: once, and again each time that a latched alarm came back."""
    return tuple(from_s for from_s, _ in one.spells) or (one.onset_s,)


def chattering(session: SessionAlarms) -> list[Spell]:
    """Each stretch in which one rule fired more than three times in five minutes."""
    by_rule: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in session.occurrences:
        by_rule[one.rule].extend((t_s, one.number) for t_s in fired_s(one))
    return [
        spell
        for rule, fired in sorted(by_rule.items())
        for spell in _dense(session.id, rule, sorted(fired), CHATTER_COUNT, CHATTER_S)
    ]


def standing(session: SessionAlarms) -> list[Spell]:
    """Alarms that stood for more than 30 minutes without a break."""
    found = []
    for one in session.occurrences:
        long_s = lasted_s(session, one)
        if long_s > STANDING_S:
            found.append(Spell(session.id, one.rule, one.onset_s, one.onset_s + long_s, 1, (one.number,)))
    return found


def crowds(session: SessionAlarms, count: int = FLOOD_COUNT) -> list[Spell]:
    """Each stretch in which at least `count` alarms came within ten minutes."""
    fired = sorted((t_s, one.number) for one in session.occurrences for t_s in fired_s(one))
    return _dense(session.id, "", fired, count, FLOOD_S)


def _dense(session: str, rule: str, fired: Sequence[tuple[float, int]], count: int, within_s: float) -> list[Spell]:
    """Stretches with `count` or more in any `within_s`; what overlaps is one stretch."""
    found: list[list[int]] = []
    for last in range(count - 1, len(fired)):
        first = last - count + 1
        if fired[last][0] - fired[first][0] > within_s:
            continue
        if found and first <= found[-1][1]:
            found[-1][1] = last
        else:
            found.append([first, last])
    return [
        Spell(session, rule, fired[a][0], fired[b][0], b - a + 1, tuple(dict.fromkeys(n for _, n in fired[a : b + 1])))
        for a, b in found
    ]


# -- several together -----------------------------------------------------------------------------------------------

_Pair = tuple[SessionAlarms, Occurrence]


def _stats(pairs: Sequence[_Pair], hours: float) -> Stats:
    shorts = [short for session, one in pairs if (short := is_short(session, one)) is not None]
    over = [one for s, one in pairs if one.acknowledged_s is not None or one.ended_s is not None or s.state != "open"]
    return Stats(
        count=len(pairs),
        per_hour=_per_hour(len(pairs), hours),
        short=Share(sum(shorts), len(shorts)),
        waits=waits([wait for _, one in pairs if (wait := one.waited_s) is not None]),
        acknowledged=Share(sum(one.acknowledged_s is not None for one in over), len(over)),
    )


def waits(seconds: Iterable[float]) -> Waits:
    """Median, 95th percentile by nearest rank (a wait that really was), and the longest."""
    ordered = sorted(seconds)
    if not ordered:
        return Waits(0)
    p95_s = ordered[math.ceil(0.95 * len(ordered)) - 1] if len(ordered) >= LEAST_N else None
    return Waits(len(ordered), median(ordered), p95_s, ordered[-1])


def _per_hour(count: int, hours: float) -> float | None:
    return count / hours if hours >= LEAST_HOURS else None


def _rules(pairs: Sequence[_Pair], hours: float) -> tuple[RuleCount, ...]:
    found: dict[str, list[Occurrence]] = defaultdict(list)
    for _, one in pairs:
        found[one.rule].append(one)
    rows: list[RuleCount] = []
    so_far = 0
    for rule, ones in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        so_far += len(ones)
        worst = min(ones, key=lambda one: RANK.get(one.priority, 9))
        rows.append(
            RuleCount(
                rule,
                worst.priority,
                worst.kind,
                len(ones),
                _per_hour(len(ones), hours),
                len(ones) / len(pairs),
                so_far / len(pairs),
            )
        )
    return tuple(rows)


def _of(session: SessionAlarms, kind: str) -> list[Period]:
    return [one for one in session.periods if one.kind == kind]


def _covered_s(periods: Iterable[Period], start_s: float, end_s: float) -> float:
    """Seconds between `start_s` and `end_s` that lie in at least one of the periods."""
    total_s, reached_s = 0.0, start_s
    for one in sorted(periods, key=lambda period: period.from_s):
        from_s, to_s = max(one.from_s, reached_s), min(one.to_s, end_s)
        if to_s > from_s:
            total_s += to_s - from_s
            reached_s = to_s
    return total_s


def _paused(sessions: Iterable[SessionAlarms]) -> Paused:
    count, total_s = 0, 0.0
    for session in sessions:
        pauses = _of(session, "audio paused")
        count += len(pauses)
        total_s += _covered_s(pauses, session.start_s, session.end_s)
    return Paused(count, total_s)


def _verdicts(pairs: Sequence[_Pair]) -> Verdicts:
    count: dict[Word | str, int] = defaultdict(int)
    for session, one in pairs:
        if not session.verdicts.get(one.number):
            count["open"] += 1
        else:
            count[session.agreed(one.number) or "differ"] += 1
    return Verdicts(**count)
