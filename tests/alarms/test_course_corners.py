"""Corners of what the engine learns from session events, and of what is said to the person who enters one."""

from typing import Any

import pytest
from alarm_lab import PROFILE

from config.models.alarms import Profile
from config.models.errors import ConfigError
from dashboard.alarms import Fact
from dashboard.alarms.checks import check_fact
from dashboard.alarms.course import Course, Timer, learn

Told = tuple[float, str, dict[str, Any]]
RUNNING: Told = (0, "infusion_started", {"rate_mg_h": 20, "concentration_mg_ml": 2})


def after(*events: Told, profile: Profile = PROFILE) -> Course:
    course = Course(timers=(Timer(),) * len(profile.intervals))
    for t_s, kind, data in events:
        course = learn(profile, course, Fact(float(t_s), kind, data))
    return course


def timer(course: Course, name: str = "loc", profile: Profile = PROFILE) -> Timer:
    return course.timers[list(profile.intervals).index(name)]


def assessed(t_s: float, level: str = "5") -> Told:
    return t_s, "consciousness_assessed", {"scale": "moaas", "level": level}


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        ("limit_changed", {"rule": "HR_HIGH_1", "new": {}}, "needs a rule and new"),
        ("infusion_paused", {"back_s": True}, "back_s must be 0 or more"),
    ],
)
def test_an_entry_that_says_nothing_is_refused(kind: str, data: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        check_fact(PROFILE, Fact(1.0, kind, data))


def test_minus_nought_is_the_level_nought() -> None:
    check_fact(PROFILE, Fact(1.0, "consciousness_assessed", {"scale": "rass", "level": "-0"}))


@pytest.mark.parametrize("data", [{"rate_mg_h": 20}, {"concentration_mg_ml": 2}])
def test_half_an_order_is_none(data: dict[str, Any]) -> None:
    assert after((0, "infusion_started", data)).order_ml_h is None


def test_the_concentration_of_the_opened_session_makes_the_order() -> None:
    opened: Told = (0, "session_opened", {"concentration_mg_ml": 2})
    assert after(opened, (5, "infusion_started", {"rate_mg_h": 20})).order_ml_h == 10


@pytest.mark.parametrize("kind", ["session_opened", "bag_changed"])
def test_what_an_event_does_not_name_stays(kind: str) -> None:
    course = after((0, "session_opened", {"concentration_mg_ml": 2, "planned_min": 600}), (1, kind, {}))
    assert (course.concentration_mg_ml, course.planned_min) == (2, 600)


def test_a_baseline_without_values_is_empty() -> None:
    assert after((0, "baseline_taken", {})).baseline == ()


@pytest.mark.parametrize(("rate", "due_s"), [(21, 2400), (20, 2700), (None, 2700)])
def test_only_a_higher_rate_brings_the_check_of_consciousness_forward(rate: float | None, due_s: float) -> None:
    assert timer(after(RUNNING, assessed(1800), (2100, "infusion_rate_changed", {"rate_mg_h": rate}))).due_s == due_s


def test_the_long_steps_count_from_the_start_of_the_infusion() -> None:
    opened: Told = (0, "session_opened", {"planned_min": 600})
    started: Told = (1000, "infusion_started", {})
    assert timer(after(opened, started, assessed(2900))).due_s == 2900 + 900
    assert timer(after(opened, started, assessed(4600))).due_s == 4600 + 1800


def test_one_interval_that_asks_for_nothing_leaves_the_others_closer() -> None:
    nibp = PROFILE.intervals["nibp"].model_copy(update={"after": ()})
    profile = PROFILE.model_copy(update={"intervals": {"nibp": nibp, "loc": PROFILE.intervals["loc"]}})
    course = after(RUNNING, assessed(1800), (2100, "bolus_given", {}), profile=profile)
    assert timer(course, profile=profile).due_s == 2400


def test_a_bolus_shortly_before_a_check_is_due_keeps_the_next_one_close() -> None:
    course = after(RUNNING, assessed(1800), (2600, "bolus_given", {}))
    assert timer(course).due_s == 2700
    assert timer(learn(PROFILE, course, Fact(2700.0, *assessed(2700)[1:]))).due_s == 3000


def test_a_bolus_that_brings_nothing_forward_leaves_the_interval() -> None:
    assert timer(after(RUNNING, assessed(1800), (2400, "bolus_given", {}))).interval_s == 900


def test_an_assessment_answers_what_was_found_in_the_same_second() -> None:
    found: Told = (10, "side_effect", {"effect": "airway noise"})
    assert [one.effect for one in after(found).found] == ["airway noise"]
    assert after(found, assessed(10)).found == ()


def test_a_correction_of_nothing_keeps_an_assessment_without_a_number() -> None:
    course = after(assessed(10, "2"), (20, "correction", {"replacement": {"level": "5"}}))
    assert [one.level for one in course.assessments] == ["2"]
