"""Alarm figures side by side: by session, ISO week and profile version, and against the clinic's own earlier sessions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from dashboard.analytics.kpi import LEAST_HOURS, LEAST_N, Kpis, kpis
from dashboard.history.model import SessionAlarms


def by_session(sessions: Iterable[SessionAlarms]) -> list[tuple[SessionAlarms, Kpis]]:
    """Oldest first."""
    return [(one, kpis([one])) for one in sorted(sessions, key=lambda one: one.opened_at)]


def by_week(sessions: Iterable[SessionAlarms]) -> list[tuple[str, Kpis]]:
    """`2026-W47` -> the sessions opened in that ISO week on the clinic's clock; oldest first. Weeks without a session are left out."""
    return _grouped(sessions, week_of)


def by_profile(sessions: Iterable[SessionAlarms]) -> list[tuple[str, Kpis]]:
    """`A-standard-adult 0.1.0` -> the sessions that began with that version, in order of its first use."""
    return _grouped(sessions, lambda one: f"{one.profile} {one.profile_version}")


def week_of(session: SessionAlarms) -> str:
    year, week, _ = session.wall(session.start_s).isocalendar()
    return f"{year}-W{week:02d}"


def _grouped(sessions: Iterable[SessionAlarms], key: Callable[[SessionAlarms], str]) -> list[tuple[str, Kpis]]:
    groups: dict[str, list[SessionAlarms]] = defaultdict(list)
    for one in sorted(sessions, key=lambda one: one.opened_at):
        groups[key(one)].append(one)
    return [(name, kpis(ones)) for name, ones in groups.items()]


# -- the clinic's own past ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over `n` earlier sessions: their median, and the quartiles from `LEAST_N` sessions on."""

    n: int
    median: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What the clinic's earlier sessions were like, one value a session: alarms an hour, shares (0 to 1), seconds."""

    sessions: int
    per_hour: Spread
    short: Spread
    wait_s: Spread
    acknowledged: Spread
    paused_s_per_hour: Spread


NO_REFERENCE = Reference(0, Spread(0), Spread(0), Spread(0), Spread(0), Spread(0))


def earlier(shown: Sequence[SessionAlarms], known: Iterable[SessionAlarms]) -> list[SessionAlarms]:
    """The sessions of the same store that were opened before the first of those shown, and have ended."""
    if not shown:
        return []
    first = min(one.opened_at for one in shown)
    ids = {one.id for one in shown}
    return [
        one
        for one in known
        if one.opened_at < first and one.id not in ids and one.simulation == shown[0].simulation and one.state != "open"
    ]


def reference(past: Sequence[SessionAlarms]) -> Reference:
    """The figures of each earlier session by itself, as median and quartiles: a long session weighs no more than a short one."""
    each = [kpis([one]) for one in past]
    return Reference(
        len(past),
        _spread(one.all.per_hour for one in each),
        _spread(one.all.short.value for one in each),
        _spread(one.all.waits.median_s for one in each),
        _spread(one.all.acknowledged.value for one in each),
        _spread(one.paused.total_s / one.hours if one.hours >= LEAST_HOURS else None for one in each),
    )


def _spread(values: Iterable[float | None]) -> Spread:
    known = [value for value in values if value is not None]
    if not known:
        return Spread(0)
    if len(known) < LEAST_N:
        return Spread(len(known), median(known))
    low, middle, high = quantiles(known, n=4, method="inclusive")
    return Spread(len(known), middle, low, high)
