"""Rules switched off for a while, and the chirp that reminds of what stays silent."""

from typing import Any

import pytest
from alarm_lab import PROFILE, Lab, relaxed, told

from config.models import ConfigError
from config.models.alarms import Rule
from dashboard.alarms import Fact, active, off, sound
from dashboard.alarms.checks import check_fact


def fevered() -> Lab:
    bed = Lab()
    bed.tick(0, temp=39.5)
    return bed


def test_a_rule_that_is_off_ends_and_returns_by_itself() -> None:
    bed = fevered()
    assert bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Ito", reason="warmed blanket") == []
    assert told(bed.tick(10, temp=39.5)) == [(10, "cleared", "TEMP_HIGH")]
    assert [(o.rule, o.label, o.since_t_s, o.until_t_s, o.by, o.reason) for o in off(bed.state)] == [
        ("TEMP_HIGH", "Temperature high", 10, 610, "RN Ito", "warmed blanket")
    ]
    assert bed.hold(range(11, 610), temp=39.8) == []
    assert sound(bed.profile, bed.state, 609).sounding is None
    assert told(bed.tick(610, temp=39.8)) == [(610, "raised", "TEMP_HIGH")]
    assert off(bed.state) == ()


def test_a_rule_that_is_off_raises_nothing_new() -> None:
    bed = Lab()
    bed.tell(0, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Ito", reason="x")
    assert bed.hold(range(100), temp=39.5) == []
    bed.tick(100, temp=37)
    assert bed.hold(range(600, 700), temp=37) == []


def test_on_again_before_its_time() -> None:
    bed = fevered()
    bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Ito", reason="x")
    bed.tick(10, temp=39.5)
    assert bed.tell(50, "alarm_on", rule="TEMP_HIGH", by="RN Ito") == []
    assert told(bed.tick(50, temp=39.5)) == [(50, "raised", "TEMP_HIGH")]
    assert bed.tick(610, temp=39.5) == []


def test_off_again_lasts_from_then_on() -> None:
    bed = fevered()
    bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Ito", reason="x")
    bed.tell(400, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Vega", reason="y")
    assert [(o.until_t_s, o.by) for o in off(bed.state)] == [(1000, "RN Vega")]
    bed.hold(range(400, 1000), temp=39.5)
    assert bed.said == [(0, "raised", "TEMP_HIGH"), (400, "cleared", "TEMP_HIGH")]


def test_the_other_steps_of_the_ladder_go_on() -> None:
    bed = Lab()
    bed.tell(0, "alarm_off", rule="HR_LOW_1", duration_s=600, by="RN Ito", reason="athlete")
    bed.hold(range(100), hr=45)
    assert bed.said == []
    assert told(bed.hold(range(100, 106), hr=39)) == [(105, "raised", "HR_LOW_2")]
    # Back above 43 the lower step would speak: it is off, and the high one that nobody saw latches.
    assert told(bed.tick(106, hr=45)) == [(106, "latched", "HR_LOW_2")]


def test_an_alarm_that_speaks_from_another_step_stays() -> None:
    bed = Lab()
    bed.hold(range(11), hr=39)
    bed.tell(11, "alarm_off", rule="HR_LOW_1", duration_s=600, by="RN Ito", reason="athlete")
    assert bed.tick(11, hr=39) == []
    assert [a.rule for a in active(bed.profile, bed.state, 11)] == ["HR_LOW_2"]


def test_falling_back_onto_a_step_that_still_holds() -> None:
    bed = Lab({"hr": 90})
    bed.hold(range(130), hr=125)
    assert bed.said[-1] == (15, "raised", "HR_HIGH_1")
    bed.tell(130, "alarm_off", rule="HR_HIGH_1", duration_s=600, by="RN Ito", reason="pain")
    assert told(bed.tick(130, hr=125)) == [(130, "demoted", "HR_TREND")]
    assert told(bed.tick(730, hr=125)) == [(730, "escalated", "HR_HIGH_1")]


def test_a_latching_rule_that_is_switched_off_ends_as_cleared() -> None:
    rules = tuple(r.model_copy(update={"latch": True}) if r.id == "TEMP_HIGH" else r for r in PROFILE.rules)
    bed = Lab(profile=relaxed(rules=rules))
    bed.tick(0, temp=39.5)
    bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Ito", reason="x")
    assert told(bed.tick(10, temp=39.5)) == [(10, "cleared", "TEMP_HIGH")]


def test_a_latched_alarm_says_that_its_rule_is_off() -> None:
    rules = tuple(r.model_copy(update={"latch": True}) if r.id == "TEMP_HIGH" else r for r in PROFILE.rules)
    bed = Lab(profile=relaxed(rules=rules))
    bed.tick(0, temp=39.5)
    bed.tick(1, temp=37.0)
    bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Ito", reason="x")
    assert bed.tick(10, temp=37.0) == []
    (alarm,) = active(bed.profile, bed.state, 10)
    assert (alarm.phase, alarm.off_until_s) == ("latched", 610)


NEVER = ["SPO2_LOW_1", "SPO2_LOW_2", "SPO2_LOW_3", "SPO2_LOST", "APNOEA", "LOC_LEVEL_HIGH", "LINK_LOST", "RESP_BLIND", "HR_LOST",
    "RR_LOW_1", "RR_LOW_2", "HR_LOW_2", "SBP_CRIT"]  # fmt: skip


@pytest.mark.parametrize("rule", NEVER)
def test_what_can_never_be_off(rule: str) -> None:
    bed = Lab()
    fact = Fact(0.0, "alarm_off", {"rule": rule, "duration_s": 60, "by": "RN Ito", "reason": "x"})
    with pytest.raises(ConfigError, match=f"rule {rule}: cannot be switched off"):
        check_fact(PROFILE, fact)
    bed.tell(0, "alarm_off", rule=rule, duration_s=60, by="RN Ito", reason="x")
    assert off(bed.state) == ()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({}, "no rule 'None'"),
        ({"rule": "NOPE", "duration_s": 60}, "no rule 'NOPE'"),
        ({"rule": "TEMP_HIGH"}, "duration_s must be a number above 0"),
        ({"rule": "TEMP_HIGH", "duration_s": 0}, "duration_s must be a number above 0"),
        ({"rule": "TEMP_HIGH", "duration_s": True}, "duration_s must be a number above 0"),
        ({"rule": "TEMP_HIGH", "duration_s": "60"}, "duration_s must be a number above 0"),
        ({"rule": "TEMP_HIGH", "duration_s": float("inf")}, "duration_s must be a number above 0"),
        ({"rule": "TEMP_HIGH", "duration_s": 1801}, "off for at most 1800 s"),
    ],
)
def test_a_wrong_off_changes_nothing(data: dict[str, Any], complaint: str) -> None:
    bed = fevered()
    with pytest.raises(ConfigError, match=complaint):
        check_fact(PROFILE, Fact(1.0, "alarm_off", data))
    bed.tell(1, "alarm_off", **data)
    assert bed.tick(1, temp=39.5) == []
    assert off(bed.state) == ()


def test_for_as_long_as_the_row_allows() -> None:
    bed = Lab()
    bed.tell(0, "alarm_off", rule="TEMP_HIGH", duration_s=1800, by="RN Ito", reason="x")
    assert [o.until_t_s for o in off(bed.state)] == [1800]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"signal": "spo2", "operator": "<=", "value": 90}, "it watches spo2"),
        ({"signal": "breath", "operator": "absent_s", "value": 20}, "it watches breath"),
        ({"signal": "link", "operator": "absent_s", "value": 5}, "it watches link"),
        ({"signal": "hr", "operator": "stale", "value": 30}, "a signal that is lost"),
        ({"signal": "hr", "operator": "<=", "value": 40, "priority": "high"}, "its priority is high"),
        ({"signal": "loc", "operator": "level_table", "priority": "high"}, "its priority is high"),
    ],
)
def test_no_profile_may_allow_what_must_never_be_off(changes: dict[str, Any], complaint: str) -> None:
    row = {
        "id": "X",
        "priority": "medium",
        "label": "x",
        "message": "x",
        "off_allowed": True,
        "off_max_s": 60,
        **changes,
    }
    with pytest.raises(ValueError, match=complaint):
        Rule.model_validate(row)
    assert Rule.model_validate({**row, "off_allowed": False, "off_max_s": 0}).id == "X"


def test_allowed_and_for_how_long_belong_together() -> None:
    row = {"id": "X", "signal": "temp", "operator": ">=", "value": 39, "priority": "low", "label": "x", "message": "x"}
    for part in ({"off_allowed": True}, {"off_max_s": 60}):
        with pytest.raises(ValueError, match="belong together"):
            Rule.model_validate({**row, **part})


# -- the chirp ---------------------------------------------------------------------------------------------------------


def chirps(bed: Lab, seconds: range) -> list[int]:
    """The seconds in which a chirp is due."""
    out = []
    for second in seconds:
        before = sound(bed.profile, bed.state, second).reminder
        bed.tick(second, spo2=97)
        if sound(bed.profile, bed.state, second).reminder > before:
            out.append(second)
    return out


def test_a_rule_that_stays_off_chirps_every_five_minutes() -> None:
    bed = Lab()
    bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=1200, by="RN Ito", reason="x")
    assert chirps(bed, range(10, 1500)) == [310, 610, 910]


def test_two_rules_off_chirp_as_one() -> None:
    bed = Lab()
    bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=400, by="RN Ito", reason="x")
    assert chirps(bed, range(10, 100)) == []
    bed.tell(100, "alarm_off", rule="HR_TREND", duration_s=3000, by="RN Ito", reason="x")
    assert chirps(bed, range(100, 1000)) == [310, 610, 910]


def test_one_pause_is_too_short_for_a_chirp() -> None:
    bed = Lab()
    bed.tell(10, "audio_paused", by="RN Ito")
    assert chirps(bed, range(10, 1000)) == []


@pytest.mark.parametrize(("again_s", "expected"), [(100, [310]), (190, [310, 610]), (191, [491])])
def test_pauses_pressed_again_and_again_count_as_one(again_s: int, expected: list[int]) -> None:
    # The first ends at 130; a minute later at most the next one still goes on with it.
    bed = Lab()
    bed.tell(10, "audio_paused", duration_s=120, by="RN Ito")
    found = chirps(bed, range(10, again_s))
    bed.tell(again_s, "audio_paused", duration_s=500, by="RN Ito")
    assert found + chirps(bed, range(again_s, 691)) == expected


def test_resuming_ends_the_count() -> None:
    bed = Lab()
    bed.tell(10, "audio_paused", duration_s=120, by="RN Ito")
    bed.tell(100, "audio_resumed", by="RN Ito")
    bed.tell(101, "audio_paused", duration_s=400, by="RN Ito")
    assert chirps(bed, range(101, 600)) == [401]


def test_how_often_is_the_profiles() -> None:
    bed = Lab(profile=relaxed(reminder_s=60.0))
    bed.tell(0, "audio_paused", duration_s=120, by="RN Ito")
    assert chirps(bed, range(300)) == [60]


def test_off_for_five_seconds_with_a_chirp_every_two() -> None:
    bed = Lab(profile=relaxed(reminder_s=2.0))
    bed.tick(0, temp=39.5)
    bed.tell(0.5, "alarm_off", rule="TEMP_HIGH", duration_s=5, by="RN Ito", reason="x")
    heard = []
    for second in range(1, 9):
        bed.tick(second, temp=39.5)
        heard.append(sound(bed.profile, bed.state, second).reminder)
    assert bed.said == [(0, "raised", "TEMP_HIGH"), (1, "cleared", "TEMP_HIGH"), (6, "raised", "TEMP_HIGH")]
    assert heard == [0, 0, 1, 1, 2, 2, 2, 2]


def test_a_pause_of_five_seconds_with_a_chirp_every_two() -> None:
    bed = Lab(profile=relaxed(reminder_s=2.0))
    bed.tell(0, "audio_paused", duration_s=5, by="RN Ito")
    heard = []
    for second in range(8):
        bed.tick(second, temp=37)
        heard.append(sound(bed.profile, bed.state, second).reminder)
    assert heard == [0, 0, 1, 1, 2, 2, 2, 2]
