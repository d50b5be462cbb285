"""Corners of the engine: what waits, what latches, since when an alarm speaks, and facts that lack a part."""

import pytest
from alarm_lab import PROFILE, Lab, relaxed, told

from dashboard.alarms import active, settings, settling

# -- what waits --------------------------------------------------------------------------------------------------------


def test_a_lost_signal_raises_nothing_of_its_last_value_though_a_cuff_reading_stands() -> None:
    bed = Lab()
    bed.tick(0, spo2=97, nibp_sys=120, nibp_dia=80)
    bed.hold(range(1, 4), spo2=80)
    assert bed.hold(range(4, 12), spo2=None) == []
    assert told(bed.tick(12, spo2=80)) == [(12, "raised", "SPO2_LOW_3")]  # the delay went on meanwhile


def test_a_signal_lost_while_its_rule_rests_does_not_disturb() -> None:
    bed = Lab()
    bed.hold(range(11), hr=45)
    assert told(bed.tick(11, hr=75)) == [(11, "cleared", "HR_LOW_1")]
    bed.tick(12, hr=45)
    assert bed.hold(range(13, 15), hr=None) == []
    bed.hold(range(15, 23), hr=45)
    assert bed.said[-1] == (22, "raised", "HR_LOW_1")


def test_while_one_limit_of_a_rule_holds_the_other_does_not_wait() -> None:
    bed = Lab({"sbp": 140}, relaxed(rules=(PROFILE.rule("SBP_HIGH"),)))
    for t_s, systolic in ((0, 181), (5, 165), (7, 181.5), (8, 183)):  # 180; from 182 on also by 30 % over the baseline
        bed.tick(t_s, abp_sys=systolic)
    assert bed.said == [(0, "raised", "SBP_HIGH"), (5, "cleared", "SBP_HIGH"), (7, "raised", "SBP_HIGH")]
    assert bed.tick(10, abp_sys=169) == []  # back inside the 180, not inside the 30 %
    assert told(bed.tick(11, abp_sys=168)) == [(11, "cleared", "SBP_HIGH")]


def test_a_sensor_that_is_on_at_the_first_tick_does_not_settle_whatever_the_clock_says() -> None:
    bed = Lab()
    bed.hold(range(1000, 1006), spo2=80)
    assert bed.said == [(1005, "raised", "SPO2_LOW_3")]


def test_a_sensor_has_settled_in_the_second_in_which_its_limits_count_again() -> None:
    bed = Lab()
    bed.hold(range(30), spo2=None)
    bed.hold(range(30, 38), spo2=80)
    assert settling(bed.state) == {"spo2": 38}
    assert told(bed.tick(38, spo2=80)) == [(38, "raised", "SPO2_LOW_3")]
    assert settling(bed.state) == {}


# -- what latches, and what a person answers ---------------------------------------------------------------------------


def test_a_level_that_stays_until_seen_makes_no_other_alarm_stay() -> None:
    bed = Lab()
    bed.tell(0, "consciousness_assessed", scale="moaas", level="2", by="RN Ito")
    bed.hold(range(11), hr=45)
    assert told(bed.tick(11, hr=75)) == [(11, "cleared", "HR_LOW_1")]


def test_an_overdue_check_that_became_worse_is_acknowledged_by_its_rule() -> None:
    bed = Lab(profile=relaxed(rules=(PROFILE.rule("LOC_DUE"),))).infuse()
    for t_s in (420, 600, 900):
        bed.tick(t_s)
    assert [(c.change, c.priority) for c in bed.changes] == [
        ("raised", "low"), ("escalated", "medium"), ("escalated", "high")
    ]  # fmt: skip
    assert told(bed.tell(901, "alarm_acknowledged", rule="LOC_DUE", by="RN Ito")) == [(901, "acknowledged", "LOC_DUE")]


def test_an_acknowledgement_by_nobody_named() -> None:
    bed = Lab()
    bed.tick(0, nibp_sys=75)
    (change,) = bed.tell(1, "alarm_acknowledged", rule="SBP_LOW_2")
    assert change.by == ""
    assert active(bed.profile, bed.state, 1)[0].acknowledged_by == ""


# -- what an alarm says ------------------------------------------------------------------------------------------------


def test_an_alarm_that_became_worse_tells_since_when_and_keeps_its_onset() -> None:
    bed = Lab()
    bed.hold(range(11), hr=45)
    bed.hold(range(11, 20), hr=38)
    assert bed.said == [(10, "raised", "HR_LOW_1"), (16, "escalated", "HR_LOW_2")]
    (alarm,) = active(bed.profile, bed.state, 20)
    assert (alarm.onset_t_s, alarm.since_t_s) == (10, 16)


def test_an_alarm_raised_again_before_it_was_seen_tells_the_new_onset() -> None:
    bed = Lab()
    bed.tick(0, nibp_sys=75)
    bed.tick(60, nibp_sys=120)
    bed.tick(120, nibp_sys=75)
    (alarm,) = active(bed.profile, bed.state, 120)
    assert (alarm.occurrence, alarm.onset_t_s, alarm.since_t_s) == (1, 120, 120)


def test_breath_that_is_back_counts_no_second_of_silence() -> None:
    bed = Lab()
    bed.tick(0, rr_co2=14)
    bed.hold(range(1, 22), rr_co2=0)
    (change,) = [c for c in bed.hold(range(22, 33), rr_co2=14) if c.rule == "APNOEA"]
    assert (change.t_s, change.change, change.value) == (32, "latched", 0)


# -- facts that lack a part --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("new", [{}, {"new": None}])
def test_a_change_of_a_limit_to_nothing_changes_nothing(new: dict[str, None]) -> None:
    bed = Lab()
    assert bed.tell(0, "limit_changed", rule="SPO2_LOW_3", **new) == []
    assert bed.state.plan.profile == PROFILE


@pytest.mark.parametrize("values", [{}, {"values": None}])
def test_vitals_by_hand_without_a_value_are_no_reading(values: dict[str, None]) -> None:
    bed = Lab()
    assert bed.tell(0, "manual_vitals", **values) == []
    assert bed.tick(1, spo2=97) == []


# -- the limits of one patient in words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (
            "FINDING_MEDIUM",
            "severe distress, frightening hallucination, anxiety, agitation, hallucination, nightmare",
        ),
        ("FINDING_HIGH", "airway noise, stridor, laryngospasm, apnoea seen, vomiting while obtunded, vomiting"),
        ("LOC_BREATHING_LOW", "3, 2, 1, 0"),
        ("LOC_BREATHING_HIGH", "3, 2, 1, 0"),
    ],
)
def test_a_rule_by_a_table_lists_what_alarms(rule: str, text: str) -> None:
    assert next(s.text for s in settings(Lab().state) if s.rule == rule) == text


def test_poor_breathing_lists_the_levels_of_the_scale_in_use() -> None:
    bed = Lab()
    bed.tell(0, "consciousness_assessed", scale="acvpu", level="A", by="RN Ito")
    assert next(s.text for s in settings(bed.state) if s.rule == "LOC_BREATHING_MEDIUM") == "V, P, U"
