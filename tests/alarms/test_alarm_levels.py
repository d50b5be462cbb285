"""Consciousness by level table, and the pump by state and rate."""

import pytest
from alarm_lab import Lab, relaxed, told

from dashboard.alarms import active

# Clinical table: consciousness scales, section 4: (scale, level) -> rule at intended minimal, at intended moderate.
LOW, MEDIUM, HIGH = "LOC_LEVEL_LOW", "LOC_LEVEL_MEDIUM", "LOC_LEVEL_HIGH"
MAPPING: list[tuple[str, str, str | None, str | None]] = [
    ("moaas", "5", None, None),
    ("moaas", "4", None, None),
    ("moaas", "3", LOW, None),
    ("moaas", "2", MEDIUM, MEDIUM),
    ("moaas", "1", HIGH, HIGH),
    ("moaas", "0", HIGH, HIGH),
    ("rass", "+4", HIGH, HIGH),
    ("rass", "+3", HIGH, HIGH),
    ("rass", "+2", MEDIUM, MEDIUM),
    ("rass", "+1", None, None),
    ("rass", "0", None, None),
    ("rass", "-1", None, None),
    ("rass", "-2", LOW, None),
    ("rass", "-3", MEDIUM, LOW),
    ("rass", "-4", HIGH, HIGH),
    ("rass", "-5", HIGH, HIGH),
    ("acvpu", "A", None, None),
    ("acvpu", "C", LOW, LOW),
    ("acvpu", "V", LOW, None),
    ("acvpu", "P", HIGH, HIGH),
    ("acvpu", "U", HIGH, HIGH),
    ("poss", "3", MEDIUM, MEDIUM),
    ("poss", "4", HIGH, HIGH),
    ("gcs", "9", None, None),
    ("gcs", "8", HIGH, HIGH),
    ("gcs", "3", HIGH, HIGH),
    ("ramsay", "6", None, None),
]


def assessed(bed: Lab, t_s: int, level: object, scale: str = "moaas", **more: object) -> list[tuple[float, str, str]]:
    bed.tell(t_s, "consciousness_assessed", scale=scale, level=level, by="RN Ito", **more)
    return told(bed.tick(t_s, spo2=97))


@pytest.mark.parametrize(("scale", "level", "minimal", "moderate"), MAPPING)
def test_every_level_of_the_clinical_table(scale: str, level: str, minimal: str | None, moderate: str | None) -> None:
    for depth, rule in (("minimal", minimal), ("moderate", moderate)):
        bed = Lab()
        bed.tell(0, "session_opened", intended_depth=depth, concentration_mg_ml=1.0)
        expected = [] if rule is None else [(10, "raised", rule)]
        assert assessed(bed, 10, level, scale) == expected, depth


@pytest.mark.parametrize("level", ["-2", "−2", " -2 ", -2, -2.0, "-2.0"])
def test_a_level_is_a_level_however_it_is_written(level: object) -> None:
    assert assessed(Lab(), 10, level, "rass") == [(10, "raised", LOW)]
    assert assessed(Lab(), 10, "v", "acvpu") == [(10, "raised", LOW)]


def test_an_unknown_level_or_scale_alarms_nothing() -> None:
    assert assessed(Lab(), 10, "9") == []
    assert assessed(Lab(), 10, "1", "sedline") == []


def test_only_a_new_assessment_changes_the_alarm() -> None:
    bed = Lab()
    assert assessed(bed, 10, "3") == [(10, "raised", LOW)]
    assert [(c.value, c.limit) for c in bed.changes] == [("3", "3, 2, 1, 0")]
    assert bed.hold(range(11, 250), spo2=97) == []
    assert assessed(bed, 250, "2") == [(250, "escalated", MEDIUM)]
    assert assessed(bed, 300, "3") == [(300, "demoted", LOW)]
    assert assessed(bed, 400, "5") == [(400, "cleared", LOW)]


def test_a_high_level_that_nobody_acknowledged_latches() -> None:
    bed = Lab()
    assert assessed(bed, 10, "1") == [(10, "raised", HIGH)]
    assert assessed(bed, 60, "5") == [(60, "latched", HIGH)]
    assert told(bed.tell(61, "alarm_acknowledged", rule=HIGH, by="RN Ito")) == [(61, "reset", HIGH)]


def test_a_fall_of_two_points_is_medium() -> None:
    bed = Lab()
    assessed(bed, 10, "5")
    assert assessed(bed, 310, "3") == [(310, "raised", MEDIUM)]
    assert active(bed.profile, bed.state, 310)[0].text == "CONSCIOUSNESS MOAA/S 3, fell from 5"
    assert assessed(bed, 610, "3") == [(610, "demoted", LOW)]
    assert assessed(bed, 910, "4") == [(910, "cleared", LOW)]


def test_a_fall_to_a_worse_level_keeps_the_levels_priority() -> None:
    bed = Lab()
    assessed(bed, 10, "5")
    assert assessed(bed, 310, "1") == [(310, "raised", HIGH)]
    # The level alarms by itself; how far it fell adds nothing.
    assert active(bed.profile, bed.state, 310)[0].text == "CONSCIOUSNESS MOAA/S 1"


def test_a_fall_is_between_two_checks_on_one_scale() -> None:
    bed = Lab()
    assessed(bed, 10, "5")
    assert assessed(bed, 310, "0", "rass") == []
    assert assessed(bed, 610, "4") == []
    assert assessed(bed, 910, "2") == [(910, "raised", MEDIUM)]


def test_one_point_is_no_fall_and_neither_is_a_rise() -> None:
    bed = Lab()
    assessed(bed, 10, "4")
    assert assessed(bed, 310, "3") == [(310, "raised", LOW)]
    assert assessed(bed, 610, "5") == [(610, "cleared", LOW)]


def test_a_fall_on_a_scale_of_letters_is_none() -> None:
    fall = relaxed().falls[0].model_copy(update={"scale": "acvpu", "points": 1})
    bed = Lab(profile=relaxed(falls=(fall,)))
    assessed(bed, 10, "A")
    assert assessed(bed, 310, "V", "acvpu") == [(310, "raised", LOW)]
    assert assessed(bed, 610, "A", "acvpu") == [(610, "cleared", LOW)]


def test_a_back_dated_assessment_does_not_hide_a_later_one() -> None:
    bed = Lab()
    assert assessed(bed, 300, "1") == [(300, "raised", HIGH)]
    assert assessed(bed, 400, "5", back_s=200) == []
    assert active(bed.profile, bed.state, 400)[0].value == "1"


def test_a_correction_strikes_an_assessment() -> None:
    bed = Lab()
    assessed(bed, 10, "5", seq=3)
    assert assessed(bed, 310, "1", seq=7) == [(310, "raised", HIGH)]
    bed.tell(320, "correction", of=99, reason="another entry")
    assert bed.tick(320, spo2=97) == []
    bed.tell(321, "correction", of=7, reason="wrong patient")
    assert told(bed.tick(321, spo2=97)) == [(321, "latched", HIGH)]


def test_a_correction_puts_another_level_in_its_place() -> None:
    bed = Lab()
    assessed(bed, 10, "1", seq=3)
    bed.tell(20, "correction", of=3, reason="meant 3", replacement={"type": "consciousness_assessed", "level": "3"})
    assert told(bed.tick(20, spo2=97)) == [(20, "demoted", LOW)]
    bed.tell(30, "correction", of=3, reason="not assessed at all")
    assert bed.tick(30, spo2=97) == []  # no assessment left: silence of data never alarms and never clears by level
    assert active(bed.profile, bed.state, 30)[0].value is None


# -- the pump ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "priority", "label"),
    [
        (5, "high", "occlusion"),
        (6, "high", "air in line"),
        (7, "medium", "door open"),
        (8, "medium", "empty"),
        (4, "high", "alarm, cause not told"),
        (9, "high", "fault"),
    ],
)
def test_the_pumps_own_alarms(code: int, priority: str, label: str) -> None:
    bed = Lab()
    bed.tick(0, pump_state=1)
    (change,) = bed.tick(1, pump_state=code)
    assert (change.rule, change.change, change.priority, change.value, change.limit) == (
        "PUMP_STATE", "raised", priority, label, None,
    )  # fmt: skip
    assert told(bed.tick(2, pump_state=1)) == [(2, "cleared", "PUMP_STATE")]


def test_pump_states_climb_and_unknown_ones_are_quiet() -> None:
    bed = Lab()
    for code in (0, 1, 2, 3, 10):
        assert bed.tick(code, pump_state=code) == []
    assert told(bed.tick(20, pump_state=7)) == [(20, "raised", "PUMP_STATE")]
    assert told(bed.tick(21, pump_state=5)) == [(21, "escalated", "PUMP_STATE")]
    assert told(bed.tick(22, pump_state=7)) == [(22, "demoted", "PUMP_STATE")]
    assert bed.tick(23, pump_state=None) == []
    (gone,) = bed.tick(24, pump_state=10)
    assert (gone.change, gone.value) == ("cleared", "10")


def test_without_a_pump_its_rules_are_silent() -> None:
    bed = Lab().infuse(rate_mg_h=12.0, concentration_mg_ml=1.0)
    bed.hold(range(100), spo2=97)
    assert bed.said == []


@pytest.mark.parametrize(("rate", "fires"), [(11.0, False), (11.01, True), (9.0, False), (8.99, True), (100.0, True)])
def test_the_pumps_rate_must_be_the_recorded_one_within_ten_per_cent(rate: float, fires: bool) -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0)
    bed.hold(range(60), pump_rate_ml_h=rate)
    assert bed.said == []
    assert told(bed.tick(60, pump_rate_ml_h=rate)) == ([(60, "raised", "PUMP_RATE_DIFF")] if fires else [])
    assert [(c.value, c.limit) for c in bed.changes] == ([(rate, 10.0)] if fires else [])


def test_a_new_order_or_a_right_rate_clears_it() -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0)
    bed.hold(range(61), pump_rate_ml_h=15)
    bed.tell(61, "infusion_rate_changed", rate_mg_h=30.0)
    assert told(bed.tick(61, pump_rate_ml_h=15)) == [(61, "cleared", "PUMP_RATE_DIFF")]
    bed.tell(62, "bag_changed", concentration_mg_ml=1.0)
    assert told(bed.hold(range(62, 130), pump_rate_ml_h=15)) == [(122, "raised", "PUMP_RATE_DIFF")]


def test_a_rate_read_from_the_pump_is_no_order() -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0, source="entered")
    bed.tell(1, "infusion_rate_changed", rate_mg_h=200.0, concentration_mg_ml=2.0, source="pump")
    assert told(bed.hold(range(1, 62), pump_rate_ml_h=100)) == [(61, "raised", "PUMP_RATE_DIFF")]
    bed.tell(62, "infusion_rate_changed", rate_mg_h=200.0, source="pump", ordered_by="Dr Vale")
    assert told(bed.tick(62, pump_rate_ml_h=100)) == [(62, "cleared", "PUMP_RATE_DIFF")]


def test_running_through_a_recorded_pause_differs_and_after_the_stop_nothing_is_compared() -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0)
    bed.tick(0, pump_rate_ml_h=10)
    bed.tell(0.5, "infusion_paused")
    assert bed.hold(range(1, 10), pump_rate_ml_h=0) == []
    bed.hold(range(10, 71), pump_rate_ml_h=10)
    assert [(c.t_s, c.change, c.value, c.limit) for c in bed.changes] == [(70, "raised", 10, 0)]
    bed.tell(70.5, "infusion_resumed")
    assert told(bed.tick(71, pump_rate_ml_h=10)) == [(71, "cleared", "PUMP_RATE_DIFF")]
    bed.tell(71.5, "infusion_stopped")
    assert bed.hold(range(72, 200), pump_rate_ml_h=50) == []


def test_without_a_recorded_order_nothing_is_compared() -> None:
    bed = Lab().infuse()
    assert bed.hold(range(100), pump_rate_ml_h=50) == []
    assert bed.hold(range(100, 110), pump_rate_ml_h=None) == []
