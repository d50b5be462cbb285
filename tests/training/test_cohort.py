"""Figures over many runs from records with known times: what counts, what is carried over, and what is never called missed."""

from datetime import timedelta

import pytest
from recorded_runs import ALARM_S, BEGAN, NURSE, OTHER, Recorded, answered

from dashboard.session import events as ev
from dashboard.training.cohort import ACKNOWLEDGED, FIRST, Cohort, Item, RunScore, cohorts, related, run_score
from simulators.scenario import find_scenario

S02 = find_scenario("s02-central-apnoea")


def scored(one: Recorded) -> RunScore:
    return run_score(S02, one.record())


def item(run: RunScore, name: str) -> Item:
    return next(one for one in run.items if one.id == name)


def cohort(*runs: RunScore, first_only: bool = False) -> Cohort:
    (one,) = cohorts(related(runs), first_only=first_only)
    return one


def test_a_run_in_short() -> None:
    run = scored(answered("a", 20.0).noted(500, "quiet", OTHER))
    assert (run.title, run.patient, run.seed, run.by, run.trainees) == (S02.title, "P5", 2, "T. Trainer", (NURSE,))
    assert (run.from_s, run.to_s, run.lived_s, run.going, run.top_speed) == (240, 600, 360, False, 1.0)
    airway = item(run, "open-airway")
    assert (airway.verdict, airway.latency_s, airway.target_s, airway.met) == ("done", 20, 30, True)
    assert (item(run, "call-help").latency_s, item(run, "breaths").verdict, item(run, "breaths").met) == (
        30,
        "missed",
        False,
    )
    # Beside the scenario's own: acknowledged after half the time, and the earliest of what was right.
    assert (item(run, ACKNOWLEDGED).latency_s, item(run, ACKNOWLEDGED).met) == (10, None)
    assert (item(run, FIRST).latency_s, item(run, FIRST).met) == (20, None)


def test_share_median_and_range_are_those_of_the_times() -> None:
    # The airway after 20, 26 and 44 s of 30, in a fourth run not at all.
    runs = [scored(answered(f"r{n}", after_s)) for n, after_s in enumerate((44.0, 20.0, 26.0))]
    runs.append(scored(Recorded("r3").alarm().closed()))
    found = {one.id: one for one in cohort(*runs).items}
    airway = found["open-airway"]
    assert (airway.judged, airway.met, airway.times_s, airway.median_s) == (4, 2, (20, 26, 44), 26)
    assert airway.share is None  # four runs: a count, and no percentage
    assert found["call-help"].times_s == (30, 36, 54) and found["call-help"].met == 3
    assert (found["stimulate"].judged, found["stimulate"].met, found["stimulate"].median_s) == (4, 0, None)
    runs.append(scored(answered("r4", 25.0)))
    airway = next(one for one in cohort(*runs).items if one.id == "open-airway")
    assert (airway.judged, airway.share, airway.median_s) == (5, pytest.approx(0.6), 25.5)


def test_what_ran_fast_is_not_scored_and_never_missed() -> None:
    fast = Recorded("f").paced(300, 5).alarm().did(ALARM_S + 5, "open_airway").closed()
    run = scored(fast)
    assert run.top_speed == 5 and {one.verdict for one in run.items} == {"not scored"}
    assert {one.met for one in run.items} == {None}
    airway = next(one for one in cohort(run, scored(answered("a", 20))).items if one.id == "open-airway")
    assert (airway.judged, airway.met, airway.fast, airway.times_s) == (1, 1, 1, (20,))


def test_a_fork_is_a_run_whose_repeated_past_counts_with_the_run_it_was_forked_from() -> None:
    first = answered("a", 20.0)
    # Forked 5 s after the airway was opened, which the fork's record repeats; help is called earlier than in the first.
    fork = Recorded("b", began=BEGAN + timedelta(hours=1)).forked("a", ALARM_S + 25).alarm().acknowledged(ALARM_S + 10)
    fork.did(ALARM_S + 20, "open_airway").did(ALARM_S + 27, "call_help").closed()
    one, other = scored(first), scored(fork)
    assert (other.forked_from, other.from_s, other.lived_s, other.first) == ("a", 445, 155, False)
    carried = {name.id for name in other.items if name.carried}
    assert carried == {"open-airway", ACKNOWLEDGED, FIRST}
    assert item(other, "call-help").latency_s == 27 and item(other, "open-airway").met is None
    both = cohort(one, other)
    figures = {name.id: name for name in both.items}
    assert (both.runs, both.forks) == (2, 1)
    assert (figures["open-airway"].times_s, figures["open-airway"].judged, figures["open-airway"].carried) == (
        (20,),
        1,
        1,
    )
    assert figures["call-help"].times_s == (27, 30)
    alone = cohort(one, other, first_only=True)
    assert alone.runs == 1 and next(i for i in alone.items if i.id == "call-help").times_s == (30,)


def test_a_restarted_run_is_no_first_attempt() -> None:
    before = Recorded("a").alarm().closed(450, "restarted")
    after = answered("b", 20, began=BEGAN + timedelta(hours=1))
    another = answered("c", 20, began=BEGAN + timedelta(hours=2))
    found = {one.session: one for one in related([scored(one) for one in (another, before, after)])}
    assert list(found) == ["c", "b", "a"]  # newest first
    assert [one.again_of for one in found.values()] == [None, "a", None]
    other_seed = scored(answered("d", 20, began=BEGAN + timedelta(hours=1), seed=3))
    assert related([scored(before), other_seed])[0].again_of is None


def test_a_run_that_was_cut_short_has_missed_only_what_its_time_was_up_for() -> None:
    # Rewound 40 s after the alarm: 30 s were up, 60 s were not.
    run = scored(Recorded("a").alarm().closed(ALARM_S + 40, "rewound to 07:00"))
    assert (item(run, "open-airway").verdict, item(run, "call-help").verdict) == ("missed", "not yet")
    assert item(run, "call-help").met is None


def test_a_run_that_goes_on_is_in_no_figure() -> None:
    going = run_score(S02, Recorded("a").alarm().record(), ALARM_S + 12)
    assert going.going and going.to_s == ALARM_S + 12 and item(going, "open-airway").verdict == "waiting"
    assert cohorts([going]) == []


def test_what_reviewers_add_to_a_closed_run_changes_nothing() -> None:
    one = answered("a", 20.0)
    before = scored(one)
    one._add(ev.AlarmJudged, 5_000, OTHER, occurrence=1, verdict="true")
    assert scored(one) == before


def test_a_run_whose_scenario_is_gone_is_listed_without_a_score() -> None:
    run = run_score(None, answered("a", 20.0).record())
    assert (run.title, run.items, run.known) == ("s02-central-apnoea", (), False)
    assert cohorts([run]) == []


def test_another_alarm_acknowledged_while_the_first_stands_answers_it() -> None:
    """Seen by a person: NO BREATH stood, RR LOW beside it was acknowledged, and the table said "missed"."""

    def other(priority: str, *, cleared: bool = False) -> Item:
        one = Recorded("a").alarm()
        if cleared:
            one.cleared(ALARM_S + 20)
        about = {
            "rule": "RR_LOW_2",
            "kind": "physiological",
            "occurrence": 2,
            "message": "RR low",
            "value": None,
            "limit": None,
        }
        one._add(ev.AlarmRaised, ALARM_S + 10, "system", priority=priority, **about)
        one._add(ev.AlarmAcknowledged, ALARM_S + 33, NURSE, priority=priority, **about)
        return item(scored(one.closed()), ACKNOWLEDGED)

    assert (other("high").verdict, other("high").latency_s) == ("done", 33)
    assert other("low").verdict == "missed"
    assert other("high", cleared=True).verdict == "missed"
