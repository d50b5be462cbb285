"""One occurrence from raised to its end: the whole table, ladders, acknowledging, latching, re-arming."""

from itertools import product

import pytest
from alarm_lab import PROFILE, Lab, relaxed, told

from dashboard.alarms import active
from dashboard.alarms.ladder import NEXT, Phase, Stimulus

# Every pair, written out once more by hand; None: nothing happens and nothing is said.
EXPECTED: dict[tuple[str, str], tuple[str, str] | None] = {
    ("normal", "holds"): ("active", "raised"),
    ("normal", "worse"): None,
    ("normal", "less"): None,
    ("normal", "gone"): None,
    ("normal", "gone latching"): None,
    ("normal", "ack"): None,
    ("active", "holds"): None,
    ("active", "worse"): ("active", "escalated"),
    ("active", "less"): ("active", "demoted"),
    ("active", "gone"): ("normal", "cleared"),
    ("active", "gone latching"): ("latched", "latched"),
    ("active", "ack"): ("acknowledged", "acknowledged"),
    ("acknowledged", "holds"): None,
    ("acknowledged", "worse"): ("active", "escalated"),
    ("acknowledged", "less"): ("acknowledged", "demoted"),
    ("acknowledged", "gone"): ("normal", "cleared"),
    ("acknowledged", "gone latching"): ("normal", "cleared"),
    ("acknowledged", "ack"): None,
    ("latched", "holds"): ("active", "raised"),
    ("latched", "worse"): None,
    ("latched", "less"): None,
    ("latched", "gone"): None,
    ("latched", "gone latching"): None,
    ("latched", "ack"): ("normal", "reset"),
}


@pytest.mark.parametrize(("phase", "stimulus"), list(product(Phase, Stimulus)))
def test_every_pair_of_the_table(phase: Phase, stimulus: Stimulus) -> None:
    found = NEXT.get((phase, stimulus))
    assert (None if found is None else (found[0].value, found[1])) == EXPECTED[phase.value, stimulus.value]


def bed_in(phase: str) -> Lab:
    """A high saturation alarm in this phase after second 10; 97 is normal, 80 is high after 5 s."""
    bed = Lab()
    bed.hold(range(6), spo2=97 if phase == "normal" else 80)
    if phase == "acknowledged":
        bed.tell(5.5, "alarm_acknowledged", rule="SPO2_LOW_3", by="RN Ito")
    if phase == "latched":
        bed.tick(6, spo2=97)
    bed.hold(range(7, 11), spo2=80 if phase in ("active", "acknowledged") else 97)
    bed.changes.clear()
    return bed


@pytest.mark.parametrize(
    ("phase", "value", "expected"),
    [
        ("normal", 80.0, [(25, "raised", "SPO2_LOW_3")]),
        ("normal", 97.0, []),
        ("normal", None, []),
        ("active", 80.0, []),
        ("active", 97.0, [(20, "latched", "SPO2_LOW_3")]),
        ("active", None, []),
        ("acknowledged", 80.0, []),
        ("acknowledged", 97.0, [(20, "cleared", "SPO2_LOW_3")]),
        ("acknowledged", None, []),
        ("latched", 80.0, [(25, "raised", "SPO2_LOW_3")]),
        ("latched", 97.0, []),
        ("latched", None, []),
    ],
)
def test_every_phase_meets_every_value(phase: str, value: float | None, expected: list[tuple[float, str, str]]) -> None:
    bed = bed_in(phase)
    held = 80 if phase in ("active", "acknowledged") else 97
    bed.hold(range(11, 20), spo2=held)
    low = [change for change in bed.hold(range(20, 26), spo2=value) if change.priority == "high"]
    assert told(low) == expected


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("normal", []), ("active", ["acknowledged"]), ("acknowledged", []), ("latched", ["reset"])],
)
def test_every_phase_meets_an_acknowledgement(phase: str, expected: list[str]) -> None:
    bed = bed_in(phase)
    changes = bed.tell(10.5, "alarm_acknowledged", rule="SPO2_LOW_3", by="RN Ito")
    assert [(c.change, c.by, c.t_s) for c in changes] == [(name, "RN Ito", 10.5) for name in expected]


def test_a_slow_desaturation_climbs_the_ladder_and_comes_back_silently() -> None:
    bed = Lab()
    for second in range(400):
        bed.tick(second, spo2=max(97 - second // 20, 82))
    # 93 from second 80, 89 from 160, 84 from 260: each delay runs from its own violation.
    assert bed.said == [
        (140, "raised", "SPO2_LOW_1"),
        (175, "escalated", "SPO2_LOW_2"),
        (265, "escalated", "SPO2_LOW_3"),
    ]
    assert {change.occurrence for change in bed.changes} == {1}
    bed.changes.clear()
    for second in range(400, 600):
        bed.tick(second, spo2=82 + (second - 400) // 10)
    assert bed.said == [
        (440, "demoted", "SPO2_LOW_2"),  # 86
        (490, "demoted", "SPO2_LOW_1"),  # 91
        (520, "cleared", "SPO2_LOW_1"),  # 94: the rule that spoke last does not latch
    ]


def test_a_fall_straight_to_the_worst_step_says_only_that() -> None:
    bed = Lab()
    bed.hold(range(100), spo2=80)
    assert bed.said == [(5, "raised", "SPO2_LOW_3")]


def test_the_steps_below_speak_again_when_the_worst_goes() -> None:
    bed = Lab()
    bed.hold(range(100), spo2=80)
    assert told(bed.tick(100, spo2=88)) == [(100, "demoted", "SPO2_LOW_2")]
    assert told(bed.tick(101, spo2=92)) == [(101, "demoted", "SPO2_LOW_1")]
    assert told(bed.tick(102, spo2=97)) == [(102, "cleared", "SPO2_LOW_1")]


def test_escalation_wakes_what_was_acknowledged_and_demotion_does_not() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=88)
    bed.tell(15.5, "alarm_acknowledged", rule="SPO2_LOW_2", by="RN Ito")
    assert active(bed.profile, bed.state, 16)[0].phase == "acknowledged"
    assert told(bed.hold(range(16, 22), spo2=80)) == [(21, "escalated", "SPO2_LOW_3")]
    (alarm,) = active(bed.profile, bed.state, 22)
    assert (alarm.phase, alarm.acknowledged_by, alarm.acknowledged_t_s) == ("active", "", None)
    bed.tell(22.5, "alarm_acknowledged", rule="SPO2_LOW_3", by="RN Ito")
    assert told(bed.tick(23, spo2=88)) == [(23, "demoted", "SPO2_LOW_2")]
    assert active(bed.profile, bed.state, 23)[0].phase == "acknowledged"
    assert told(bed.tick(24, spo2=97)) == [(24, "cleared", "SPO2_LOW_2")]


def test_of_two_steps_of_one_priority_the_one_that_speaks_goes_on() -> None:
    rules = tuple(r.model_copy(update={"priority": "medium"}) if r.id == "SPO2_LOW_1" else r for r in PROFILE.rules)
    bed = Lab(profile=relaxed(rules=rules))
    bed.hold(range(70), spo2=88)
    assert bed.said == [(15, "raised", "SPO2_LOW_2")]
    assert told(bed.tick(70, spo2=92)) == [(70, "demoted", "SPO2_LOW_1")]  # no worse than before: silently


def test_both_sides_of_a_signal_are_alarms_of_their_own() -> None:
    bed = Lab()
    bed.tick(0, nibp_sys=185)
    assert told(bed.tick(60, nibp_sys=85)) == [(60, "cleared", "SBP_HIGH"), (60, "raised", "SBP_LOW")]
    assert [change.occurrence for change in bed.changes] == [1, 1, 2]


def test_acknowledging_one_alarm_never_touches_another() -> None:
    bed = Lab()
    bed.hold(range(20), spo2=88, hr=45)
    assert sorted(c.rule for c in bed.changes) == ["HR_LOW_1", "SPO2_LOW_2"]
    bed.tell(20, "alarm_acknowledged", rule="HR_LOW_1", by="RN Ito")
    phases = {a.rule: a.phase for a in active(bed.profile, bed.state, 20)}
    assert phases == {"HR_LOW_1": "acknowledged", "SPO2_LOW_2": "active"}


def test_technical_and_physiological_never_clear_each_other() -> None:
    bed = Lab()
    bed.hold(range(20), spo2=88)
    bed.hold(range(20, 60), spo2=None)
    rules = {a.rule: a.kind for a in active(bed.profile, bed.state, 60)}
    assert rules == {"SPO2_LOW_2": "physiological", "SPO2_LOST": "technical"}
    bed.tick(60, spo2=88)
    assert [a.rule for a in active(bed.profile, bed.state, 60)] == ["SPO2_LOW_2"]


def test_who_accepts_a_lesser_alarm_has_not_seen_the_worse_one() -> None:
    bed = Lab()
    bed.hold(range(30), spo2=80)
    assert bed.tell(30, "alarm_acknowledged", rule="SPO2_LOW_2", by="RN Ito") == []
    assert bed.tell(30, "alarm_acknowledged", rule="SPO2_LOW_3", priority="medium", by="RN Ito") == []
    assert told(bed.tell(30, "alarm_acknowledged", rule="SPO2_LOW_3", by="RN Ito")) == [
        (30, "acknowledged", "SPO2_LOW_3")
    ]


def test_who_accepts_a_worse_alarm_has_accepted_what_it_fell_back_to() -> None:
    bed = Lab()
    bed.hold(range(30), spo2=80)
    bed.tick(30, spo2=88)
    assert told(bed.tell(30.5, "alarm_acknowledged", rule="SPO2_LOW_3", by="RN Ito")) == [
        (30.5, "acknowledged", "SPO2_LOW_2")
    ]


def test_by_occurrence_by_rule_or_both() -> None:
    bed = Lab()
    bed.hold(range(20), spo2=88, hr=45)
    number = next(c.occurrence for c in bed.changes if c.rule == "HR_LOW_1")
    assert bed.tell(20, "alarm_acknowledged", by="RN Ito") == []
    assert bed.tell(20, "alarm_acknowledged", occurrence=99, by="RN Ito") == []
    assert bed.tell(20, "alarm_acknowledged", occurrence=number, rule="SPO2_LOW_2", by="RN Ito") == []
    assert bed.tell(20, "alarm_acknowledged", rule="NO_SUCH", by="RN Ito") == []
    assert told(bed.tell(20, "alarm_acknowledged", occurrence=number, by="RN Ito")) == [
        (20, "acknowledged", "HR_LOW_1")
    ]


def test_a_latched_alarm_that_is_violated_again_is_the_same_occurrence() -> None:
    bed = bed_in("latched")
    assert told(bed.hold(range(20, 26), spo2=80)) == [(25, "raised", "SPO2_LOW_3")]
    assert bed.changes[-1].occurrence == 1
    (alarm,) = active(bed.profile, bed.state, 25)
    assert (alarm.phase, alarm.onset_t_s) == ("active", 25)
    assert told(bed.tick(26, spo2=97)) == [(26, "latched", "SPO2_LOW_3")]
    assert len(active(bed.profile, bed.state, 26)) == 1


def test_a_lesser_alarm_beside_a_latched_one_does_not_take_it_away() -> None:
    bed = bed_in("latched")
    raised = bed.hold(range(20, 36), spo2=88)
    assert [(c.t_s, c.change, c.rule, c.occurrence) for c in raised] == [(35, "raised", "SPO2_LOW_2", 2)]
    assert [(a.rule, a.phase) for a in active(bed.profile, bed.state, 35)] == [
        ("SPO2_LOW_3", "latched"),
        ("SPO2_LOW_2", "active"),
    ]
    assert [(c.change, c.occurrence) for c in bed.tick(36, spo2=97)] == [("cleared", 2)]
    assert [a.rule for a in active(bed.profile, bed.state, 36)] == ["SPO2_LOW_3"]


def test_of_two_alarms_of_one_rule_the_one_that_lasts_is_acknowledged_first() -> None:
    bed = bed_in("latched")
    bed.hold(range(20, 36), spo2=88)
    bed.hold(range(36, 42), spo2=80)  # the second occurrence climbs to the same rule
    phases = {a.occurrence: (a.rule, a.phase) for a in active(bed.profile, bed.state, 42)}
    assert phases == {1: ("SPO2_LOW_3", "latched"), 2: ("SPO2_LOW_3", "active")}
    for change, occurrence in (("acknowledged", 2), ("reset", 1)):
        (done,) = bed.tell(42, "alarm_acknowledged", rule="SPO2_LOW_3", by="RN Ito")
        assert (done.change, done.occurrence) == (change, occurrence)


def test_a_medium_rule_rests_ten_seconds_after_clearing() -> None:
    bed = Lab()
    bed.tick(0, temp=39.3)
    assert told(bed.tick(1, temp=38.0)) == [(1, "cleared", "TEMP_HIGH")]
    assert bed.hold(range(2, 11), temp=39.3) == []
    assert told(bed.tick(11, temp=39.3)) == [(11, "raised", "TEMP_HIGH")]


def test_a_medium_rule_does_not_rest_when_it_is_worse_than_before() -> None:
    bed = Lab()
    bed.tick(0, temp=39.3)
    bed.tick(1, temp=39.5)
    bed.tick(2, temp=38.0)
    assert bed.tick(3, temp=39.5) == []
    assert told(bed.tick(4, temp=39.6)) == [(4, "raised", "TEMP_HIGH")]
    bed = Lab()
    bed.tick(0, temp=35.0)
    bed.tick(2, temp=36.0)
    assert told(bed.tick(3, temp=34.9)) == [(3, "raised", "TEMP_LOW")]


def test_a_high_rule_is_never_held_back() -> None:
    bed = Lab()
    bed.tick(0, nibp_sys=75)
    bed.tick(1, nibp_sys=120)
    assert told(bed.tick(2, nibp_sys=75)) == [(2, "raised", "SBP_LOW_2")]


def test_the_rest_is_the_rules_not_the_branchs() -> None:
    bed = Lab({"sbp": 130})
    bed.tick(0, nibp_sys=162)  # by 160, and by 20 % over the baseline, 156
    bed.tick(20, nibp_sys=150)  # 160 has cleared, the percentage holds
    assert told(bed.tick(30, nibp_sys=120)) == [(30, "cleared", "SBP_WATCH")]
    assert bed.tick(31, nibp_sys=161) == []  # not worse than the 162 before
    assert told(bed.tick(32, nibp_sys=163)) == [(32, "raised", "SBP_WATCH")]


def test_changes_name_value_limit_priority_and_kind() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=88.5)
    (change,) = bed.changes
    assert (change.rule, change.priority, change.kind, change.value, change.limit, change.by) == (
        "SPO2_LOW_2", "medium", "physiological", 88.5, 89, "",
    )  # fmt: skip
    assert PROFILE.rule(change.rule).priority == change.priority


def test_a_recorded_reset_resets_when_the_record_is_run_again() -> None:
    bed = bed_in("latched")
    reset = bed.tell(10.5, "alarm_reset", rule="SPO2_LOW_3", occurrence=1, priority="high", by="RN Ito")
    assert told(reset) == [(10.5, "reset", "SPO2_LOW_3")]


def order(bed: Lab, t_s: float) -> list[str]:
    return [alarm.rule for alarm in active(bed.profile, bed.state, t_s)]


BREATHING: dict[str, float | None] = {"rr_co2": 14, "spo2": 97, "etco2": 38, "no_breath": 0}
#: What a monitor tells 20 s after the last breath: its own status, and both numbers 0.
NO_BREATH: dict[str, float | None] = {"rr_co2": 0, "spo2": 97, "etco2": 0, "no_breath": 1}


def test_no_breath_stands_before_the_low_rate_that_only_follows_from_it() -> None:
    bed = Lab()
    bed.hold(range(60), **BREATHING)
    bed.hold(range(60, 75), **NO_BREATH)
    assert [(c.t_s, c.rule) for c in bed.changes] == [(60, "APNOEA"), (70, "RR_LOW_2")]  # the rate is the newest
    assert order(bed, 75) == ["APNOEA", "RR_LOW_2"]
    # Whatever else is newer still comes first (newest of the highest, alarm facts 1.2), and takes neither from the other.
    bed.hold(range(75, 85), **{**NO_BREATH, "spo2": 80})
    assert order(bed, 85) == ["SPO2_LOW_3", "APNOEA", "RR_LOW_2"]
    bed.tell(85, "alarm_acknowledged", rule="APNOEA", by="RN Ito")
    assert order(bed, 85) == ["SPO2_LOW_3", "RR_LOW_2", "APNOEA"]  # what somebody has seen comes last
    bed.tell(86, "alarm_acknowledged", rule="RR_LOW_2", by="RN Ito")
    assert order(bed, 86) == ["SPO2_LOW_3", "APNOEA", "RR_LOW_2"]


def test_a_low_rate_of_long_ago_keeps_its_place_before_no_breath_comes() -> None:
    bed = Lab()
    bed.hold(range(60), **BREATHING)
    bed.hold(range(60, 80), **{**BREATHING, "rr_co2": 4})
    bed.hold(range(80, 90), **{**BREATHING, "rr_co2": 4, "spo2": 80})
    assert order(bed, 90) == ["SPO2_LOW_3", "RR_LOW_2"]
    bed.hold(range(90, 95), **{**NO_BREATH, "spo2": 80})
    assert order(bed, 95) == ["APNOEA", "SPO2_LOW_3", "RR_LOW_2"]  # the newest first, and the rate stays the oldest
