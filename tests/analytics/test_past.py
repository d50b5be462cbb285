"""The clinic's own past: which sessions count, and how little of it is too little."""

from typing import Any

import pytest
from alarm_histories import alarm, session

from dashboard.analytics.kpi import Share
from dashboard.analytics.past import Spread, by_profile, by_session, by_week, earlier, reference
from dashboard.history.model import SessionAlarms


def with_alarms(name: str, count: int, *, days: float, **more: Any) -> SessionAlarms:
    return session(
        [alarm(i, 60.0 * i, after_s=float(count)) for i in range(count)], name=name, days=days, hours=1, **more
    )


def test_the_past_is_what_ended_before_the_first_session_shown() -> None:
    known = [with_alarms(f"s{day}", 1, days=day) for day in range(6)]
    shown = [known[3], known[4]]
    open_one = with_alarms("open", 1, days=1, state="open")
    simulated = with_alarms("simulated", 1, days=1, simulation=True)
    assert [one.id for one in earlier(shown, [*known, open_one, simulated])] == ["s0", "s1", "s2"]
    assert earlier([], known) == []
    assert earlier([with_alarms("a", 1, days=0)], [with_alarms("b", 1, days=0)]) == [], (
        "the next room at the same moment is no past"
    )


def test_reference_is_the_median_and_quartiles_of_sessions_not_of_alarms() -> None:
    made = reference([with_alarms(f"s{n}", n, days=n) for n in (1, 2, 3, 4, 40)])
    assert made.sessions == 5
    assert made.per_hour == Spread(5, 3, 2, 4)
    assert made.wait_s == Spread(5, 3, 2, 4)
    assert made.short == Spread(5, 0, 0, 0)


def test_of_few_sessions_only_the_median_is_told() -> None:
    assert reference([with_alarms("a", 2, days=0), with_alarms("b", 4, days=1)]).per_hour == Spread(2, 3)
    empty = reference([])
    assert empty.per_hour == Spread(0) and empty.sessions == 0
    assert reference([session(hours=0)]).per_hour == Spread(0), "a session of no time has no rate"


def test_weeks_are_iso_weeks_on_the_clinics_clock() -> None:
    """Opened on Sunday 2026-11-22 at 21:00 in London; ten hours further east that is Monday of the next week."""
    here, east = session(name="a", days=1.5), session(name="b", days=1.5, utc_offset_s=36_000)
    assert [(week, made.sessions) for week, made in by_week([here, east])] == [("2026-W47", 1), ("2026-W48", 1)]


def test_new_year_belongs_to_the_iso_year() -> None:
    assert [week for week, _ in by_week([session(days=41 + 1)])] == ["2026-W53"]  # Saturday 2027-01-02


def test_profile_versions_stand_in_order_of_their_first_use() -> None:
    sessions = [
        with_alarms(f"s{day}", day, days=day, version=v) for day, v in ((3, "0.2.0"), (1, "0.1.0"), (2, "0.1.0"))
    ]
    assert [(name, made.sessions, made.all.count) for name, made in by_profile(sessions)] == [
        ("A-standard-adult 0.1.0", 2, 3),
        ("A-standard-adult 0.2.0", 1, 3),
    ]
    assert [one.id for one, _ in by_session(sessions)] == ["s1", "s2", "s3"]


def test_a_share_of_nothing_is_no_share() -> None:
    assert Share(0, 0).value is None
    assert Share(1, 4).value == pytest.approx(0.25)
