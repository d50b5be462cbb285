"""Alarm figures against hand-made sessions whose figures can be counted on paper."""

from dataclasses import replace

import pytest
from alarm_histories import alarm, said, session
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analytics import kpi
from dashboard.analytics.kpi import Share, Waits, kpis
from dashboard.figures.occurrences import Occurrence
from dashboard.history.model import Period


def test_a_session_by_hand() -> None:
    """Four hours, eight alarms: two an hour; of seven that ended by themselves two were short."""
    alarms = [
        alarm(1, 600, 8, priority="low", rule="SPO2_LOW_1"),  # short, asks for no acknowledgement
        alarm(2, 1200, 14.9, after_s=4),  # short
        alarm(3, 2400, 15, after_s=10),  # exactly 15 s is not short
        alarm(4, 3600, 40, priority="high", rule="SPO2_LOW_3", after_s=6),
        alarm(5, 4800, 90, priority="high", rule="APNOEA"),  # nobody acknowledged it
        alarm(6, 7200, 2000, rule="SBP_HIGH", after_s=30),  # standing
        alarm(7, 9000, 44, rule="SPO2_LOST", kind="technical", after_s=5),
        alarm(8, 14_395, None),  # on when the session was closed, for 5 s: nobody knows how long it would have lasted
    ]
    pauses = [
        Period("audio paused", 3600, 3720),
        Period("audio paused", 3660, 3780),
        Period("audio paused", 9000, 9070),
    ]
    verdicts = {2: (said(2, "nuisance"),), 4: (said(4, "true"), said(4, "true", "B. Physician")), 5: (said(5, "true"), said(5, "technical", "B. Physician"))}  # fmt: skip
    made = kpis([session(alarms, actions={4: "O2 4 L", 6: "cuff repeated"}, periods=pauses, verdicts=verdicts)])
    assert (made.sessions, made.open_sessions, made.hours) == (1, 0, 4.0)
    assert (made.all.count, made.all.per_hour) == (8, 2.0)
    assert {p: made.by_priority[p].count for p in kpi.PRIORITIES} == {"high": 2, "medium": 5, "low": 1}
    assert (made.physiological.count, made.technical.count, made.technical.per_hour) == (7, 1, 0.25)
    assert made.all.short == Share(2, 7)
    assert made.all.waits == Waits(5, 6.0, 30.0, 30.0)
    assert made.by_priority["high"].waits == Waits(1, 6.0, None, 6.0), "no percentile of a single value"
    assert made.by_priority["high"].acknowledged == Share(1, 2)
    assert made.never_acknowledged == {"high": 1, "medium": 1}
    assert [(s.rule, s.occurrences, s.from_s, s.to_s) for s in made.standing] == [("SBP_HIGH", (6,), 7200, 9200)]
    assert (made.paused.count, made.paused.total_s) == (3, 180 + 70), "overlapping pauses count once in the time"
    assert made.actionable == Share(2, 7)
    assert (made.verdicts.true, made.verdicts.nuisance, made.verdicts.technical) == (1, 1, 0)
    assert (made.verdicts.differ, made.verdicts.open, made.verdicts.judged) == (1, 5, 3)
    assert made.floods == made.crowded == made.chattering == ()


def test_the_most_frequent_rules_first_with_their_shares() -> None:
    alarms = [alarm(i, 60 * i, rule=rule) for i, rule in enumerate("BAABAC", 1)]
    made = kpis([session(alarms, hours=2)])
    assert [(r.rule, r.count, r.per_hour) for r in made.rules] == [("A", 3, 1.5), ("B", 2, 1.0), ("C", 1, 0.5)]
    assert [r.cumulative for r in made.rules] == pytest.approx([1 / 2, 5 / 6, 1])
    assert made.top(2) == pytest.approx(5 / 6)
    assert kpis([session()]).top() is None


def test_chattering_is_more_than_three_in_five_minutes() -> None:
    three = [alarm(i, t) for i, t in enumerate((0, 100, 200), 1)]
    assert kpi.chattering(session(three)) == []
    four = [*three, alarm(4, 300)]
    (found,) = kpi.chattering(session(four))
    assert (found.rule, found.from_s, found.to_s, found.count, found.occurrences) == (
        "SPO2_LOW_2",
        0,
        300,
        4,
        (1, 2, 3, 4),
    )
    assert kpi.chattering(session([*three, alarm(4, 300.1)])) == []
    assert kpi.chattering(session([*three, alarm(4, 300, rule="RR_LOW_1")])) == [], "another rule is not this one again"


def test_two_stretches_of_chattering_stay_two() -> None:
    fired = [0, 60, 120, 180, 240, 3000, 3060, 3120, 3180]
    found = kpi.chattering(session([alarm(i, t) for i, t in enumerate(fired, 1)]))
    assert [(one.from_s, one.to_s, one.count) for one in found] == [(0, 240, 5), (3000, 3180, 4)]


def test_a_flood_is_ten_in_ten_minutes_and_six_are_crowded() -> None:
    nine = [alarm(i, 60.0 * i, rule=f"R{i}") for i in range(9)]
    made = kpis([session(nine)])
    assert made.floods == () and [one.count for one in made.crowded] == [9]
    made = kpis([session([*nine, alarm(9, 600, rule="R9")])])
    assert [(one.from_s, one.to_s, one.count) for one in made.floods] == [(0, 600, 10)]
    assert kpis([session([*nine, alarm(9, 601, rule="R9")])]).floods == ()
    assert kpis([session(nine[:5])]).crowded == ()


def test_what_still_sounds_in_an_open_session_is_neither_acknowledged_nor_missed() -> None:
    waiting = [alarm(1, 100, None), alarm(2, 200, 30)]
    made = kpis([session(waiting, state="open")])
    assert made.open_sessions == 1
    assert made.all.acknowledged == Share(0, 1)
    assert kpis([session(waiting, state="closed")]).all.acknowledged == Share(0, 2)


def test_an_open_alarm_longer_than_15_s_is_known_not_to_be_short() -> None:
    assert kpis([session([alarm(1, 100, None)], hours=1, state="open")]).all.short == Share(0, 1)
    assert kpis([session([alarm(1, 3590, None)], hours=1, state="open")]).all.short == Share(0, 0)


def test_a_wait_begins_when_the_worst_step_asked_for_a_person() -> None:
    """Low at 100 s, high at 400 s, accepted at 407 s: the high one waited for 7 s."""
    one = replace(alarm(1, 100, 600, priority="high", after_s=307), asked_s=400.0)
    assert kpis([session([one])]).all.waits == Waits(1, 7.0, None, 7.0)


def test_a_latched_alarm_that_comes_back_fires_again_and_each_spell_has_its_own_length() -> None:
    spells = ((0.0, 8.0), (60.0, 65.0), (120.0, 131.0), (200.0, 214.0))
    one = replace(alarm(1, 0, 214, rule="SPO2_LOW_3"), spells=spells)
    made = kpis([session([one])])
    assert made.all.short == Share(1, 1), "no spell lasted 15 s"
    assert [(found.rule, found.count, found.occurrences) for found in made.chattering] == [("SPO2_LOW_3", 4, (1,))]
    assert made.standing == ()


def test_what_was_recorded_around_an_alarm_is_no_action_noted_about_it() -> None:
    made = session([alarm(1, 0), alarm(2, 900)], actions={1: "O2 4 L"})
    assert kpis([replace(made, actions={1: "O2 4 L", 2: "rate 20 mg/h"})]).actionable == Share(1, 2)


def test_no_hours_no_rate_and_nothing_divides_by_zero() -> None:
    made = kpis([session([alarm(1, 0, 5)], hours=0)])
    assert (made.hours, made.all.per_hour, made.rules[0].per_hour) == (0, None, None)
    empty = kpis([])
    assert (empty.sessions, empty.all.count, empty.all.per_hour, empty.all.short.value) == (0, 0, None, None)
    assert kpis([session([alarm(1, 0, 5)], hours=0.05)]).all.per_hour is None, "three minutes are no rate"


def test_a_session_whose_clock_went_wrong_makes_no_negative_figure() -> None:
    odd = [alarm(1, 100, -40, after_s=-10)]
    made = kpis([session(odd, hours=-1)])
    assert made.hours == 0
    assert made.all.waits == Waits(1, 0.0, None, 0.0)
    assert made.all.short == Share(1, 1)


def test_hours_without_the_program_are_not_watched() -> None:
    away = [Period("program away", 3600, 7200), Period("program away", 5400, 9000), Period("audio paused", 0, 3600)]
    assert kpi.watched_hours(session(periods=away)) == pytest.approx(4 - 1.5)
    assert kpis([session([alarm(1, 0), alarm(2, 60), alarm(3, 120)], periods=away)]).all.per_hour == pytest.approx(1.2)


def test_live_and_simulated_are_never_counted_together() -> None:
    with pytest.raises(ValueError, match="live and simulated"):
        kpis([session(name="a"), session(name="b", simulation=True)])


@pytest.mark.parametrize(
    ("waits", "median_s", "p95_s"),
    [
        ([], None, None),
        ([7], 7, None),
        ([4, 8, 6, 2], 5, None),
        ([5, 1, 4, 2, 3], 3, 5),
        ([float(n) for n in range(1, 21)], 10.5, 19),  # the 19th of 20 by nearest rank
        ([float(n) for n in range(1, 101)], 50.5, 95),
    ],
)
def test_waits_by_nearest_rank(waits: list[float], median_s: float | None, p95_s: float | None) -> None:
    made = kpi.waits(waits)
    assert (made.n, made.median_s, made.p95_s) == (len(waits), median_s, p95_s)
    assert made.longest_s == (max(waits) if waits else None)


#: Three rules of two kinds and three priorities. One alarm is one tuple: a strategy made anew for each draw costs more than all the figures.
ALARMS = st.tuples(
    st.integers(0, 1_500) | st.integers(0, 14_000),  # dense enough that chattering and a flood are ordinary
    st.none() | st.integers(0, 4000),
    st.sampled_from(
        [(rule, p, kind) for rule in "ABC" for p in kpi.PRIORITIES for kind in ("physiological", "technical")]
    ),
    st.none() | st.integers(0, 600),
)


def numbered(drawn: list[tuple[int, int | None, tuple[str, str, str], int | None]]) -> list[Occurrence]:
    return [
        alarm(number, float(onset_s), lasted_s, rule=rule, priority=priority, kind=kind, after_s=after_s)
        for number, (onset_s, lasted_s, (rule, priority, kind), after_s) in enumerate(drawn, 1)
    ]


HISTORIES = (st.lists(ALARMS, max_size=8) | st.lists(ALARMS, min_size=12, max_size=30)).map(numbered)


@given(HISTORIES, st.floats(0, 100))
def test_figures_add_up_whatever_happened(alarms: list[Occurrence], hours: float) -> None:
    made = kpis([session(alarms, hours=hours)])
    assert made.all.count == made.physiological.count + made.technical.count == len(alarms)
    assert sum(one.count for one in made.by_priority.values()) == len(alarms) == sum(one.count for one in made.rules)
    assert sum(one.acknowledged.n for one in made.by_priority.values()) == made.all.acknowledged.n == made.all.waits.n
    assert 0 <= made.all.short.n <= made.all.short.of <= len(alarms)
    assert 0 <= made.all.acknowledged.n <= made.all.acknowledged.of == len(alarms), (
        "a closed session leaves none waiting"
    )
    cumulative = [one.cumulative for one in made.rules]
    assert cumulative == sorted(cumulative) and (not cumulative or cumulative[-1] == pytest.approx(1))
    if made.all.waits.p95_s is not None:
        assert made.all.waits.median_s <= made.all.waits.p95_s <= made.all.waits.longest_s


@given(HISTORIES)
def test_a_stretch_holds_what_it_says_and_no_alarm_is_in_two(alarms: list[Occurrence]) -> None:
    made = session(alarms)
    for rule in {one.rule for one in alarms}:
        onsets = sorted(one.onset_s for one in alarms if one.rule == rule)
        dense = {t for i, t in enumerate(onsets) if i >= 3 and t - onsets[i - 3] <= kpi.CHATTER_S}
        stretches = [one for one in kpi.chattering(made) if one.rule == rule]
        assert {t for t in dense if not any(one.from_s <= t <= one.to_s for one in stretches)} == set()
        assert all(one.count >= 4 == len(one.occurrences[:4]) for one in stretches)
        numbers = [n for one in stretches for n in one.occurrences]
        assert len(numbers) == len(set(numbers))
    floods, crowded = kpi.crowds(made), kpi.crowds(made, kpi.CROWDED_COUNT)
    for flood in floods:
        assert any(one.from_s <= flood.from_s and flood.to_s <= one.to_s for one in crowded)


@given(HISTORIES, HISTORIES)
def test_two_sessions_together_are_the_sum_of_both(first: list[Occurrence], second: list[Occurrence]) -> None:
    one, two = session(first, name="a", hours=3), session(second, name="b", hours=5, days=1)
    both, apart = kpis([one, two]), [kpis([one]), kpis([two])]
    assert both.all.count == sum(k.all.count for k in apart)
    assert both.hours == 8
    assert both.all.short == Share(sum(k.all.short.n for k in apart), sum(k.all.short.of for k in apart))
    assert len(both.chattering) == sum(len(k.chattering) for k in apart), "a rule never chatters across two patients"
    assert both.floods == (*apart[0].floods, *apart[1].floods)
