"""Transitions gathered into rows of the alarm history."""

from datetime import timedelta
from typing import Any

from pages_fakes import OPENED

from dashboard.figures.occurrences import Occurrence, occurrences
from dashboard.session import events as ev
from dashboard.session.state import Entry


def change(cls: type[ev.AlarmEvent], t_s: float, by: str = "system", **data: Any) -> Entry[ev.AlarmEvent]:
    fields = {
        "rule": "SPO2_LOW_2",
        "occurrence": 1,
        "priority": "medium",
        "kind": "physiological",
        "value": 88.0,
        "limit": 89.0,
    } | data
    at = OPENED + timedelta(seconds=t_s)
    return Entry(int(t_s), t_s, at, cls(at=at, by=by, t_s=t_s, **fields))


def one(*changes: Entry[ev.AlarmEvent]) -> Occurrence:
    (row,) = occurrences(changes)
    return row


def test_raised_acknowledged_cleared() -> None:
    row = one(change(ev.AlarmRaised, 10), change(ev.AlarmAcknowledged, 17, "R. Nurse"), change(ev.AlarmCleared, 82))
    assert (row.onset_s, row.acknowledged_s, row.acknowledged_by, row.ended_s, row.state) == (
        10,
        17,
        "R. Nurse",
        82,
        "cleared",
    )
    assert row.lasted_s(1_000) == 72


def test_an_alarm_that_still_stands_lasts_until_now() -> None:
    row = one(change(ev.AlarmRaised, 10))
    assert (row.state, row.lasted_s(40)) == ("active", 30)


def test_a_worse_step_takes_over_and_must_be_acknowledged_again() -> None:
    worse = {"rule": "SPO2_LOW_3", "priority": "high", "value": 84.0, "limit": 84.0}
    row = one(
        change(ev.AlarmRaised, 10), change(ev.AlarmAcknowledged, 15, "R. Nurse"), change(ev.AlarmEscalated, 30, **worse)
    )
    assert (row.rule, row.priority, row.value, row.acknowledged_s, row.onset_s) == (
        "SPO2_LOW_3",
        "high",
        84.0,
        None,
        10,
    )


def test_a_second_rule_of_the_same_priority_does_not_hide_the_first_or_its_acknowledgement() -> None:
    row = one(
        change(ev.AlarmRaised, 10),
        change(ev.AlarmAcknowledged, 15, "R. Nurse"),
        change(ev.AlarmEscalated, 30, rule="OTHER", value=1.0),
    )
    assert (row.rule, row.value, row.acknowledged_by) == ("SPO2_LOW_2", 88.0, "R. Nurse")


def test_falling_back_keeps_the_worst_moment() -> None:
    worse = {"rule": "SPO2_LOW_3", "priority": "high", "value": 84.0}
    row = one(
        change(ev.AlarmRaised, 10), change(ev.AlarmEscalated, 30, **worse), change(ev.AlarmDemoted, 50, value=88.0)
    )
    assert (row.rule, row.priority, row.value) == ("SPO2_LOW_3", "high", 84.0)


def test_a_latched_one_ended_when_it_cleared_and_a_reset_acknowledges_it() -> None:
    row = one(change(ev.AlarmRaised, 10), change(ev.AlarmLatched, 40), change(ev.AlarmReset, 95, "C. Kim"))
    assert (row.ended_s, row.acknowledged_s, row.acknowledged_by, row.state) == (40, 95, "C. Kim", "reset")


def test_repeats_count_the_occurrences_of_a_rule() -> None:
    rows = occurrences([change(ev.AlarmRaised, t, occurrence=n) for n, t in ((1, 10), (2, 50), (3, 90))])
    assert [(row.nth, row.of) for row in rows] == [(1, 3), (2, 3), (3, 3)]


def test_the_end_of_an_alarm_whose_onset_is_not_recorded_makes_no_row() -> None:
    assert occurrences([change(ev.AlarmCleared, 5)]) == []


def test_rows_come_in_order_of_onset() -> None:
    rows = occurrences([change(ev.AlarmRaised, 50, occurrence=1), change(ev.AlarmRaised, 20, occurrence=2)])
    assert [row.number for row in rows] == [2, 1]
