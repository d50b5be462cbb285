"""The rows of the limits dialog, and sensors that have just come on."""

import pytest
from alarm_lab import PROFILE, Lab, relaxed, told
from pydantic import ValidationError

from config.models.alarms import Profile
from dashboard.alarms import Setting, active, settings, settling


def row(bed: Lab, rule: str) -> Setting:
    return next(s for s in settings(bed.state) if s.rule == rule)


def test_one_row_a_rule_in_the_profiles_order() -> None:
    assert [s.rule for s in settings(Lab().state)] == [r.id for r in PROFILE.rules]


def test_a_row_says_what_is_in_force_and_what_the_profile_has() -> None:
    bed = Lab()
    found = row(bed, "SPO2_LOW_2")
    assert (found.label, found.signal, found.side, found.priority, found.kind, found.unit) == (
        "SpO₂ low", "spo2", "low", "medium", "physiological", "%",
    )  # fmt: skip
    assert (found.value, found.delay_s, found.hysteresis, found.clear_after_s, found.text) == (89, 15, 2, 0, "≤ 89")
    assert (found.modified, found.changeable, found.why_not, found.off_allowed) == (False, True, "", False)
    bed.tell(5, "limit_changed", rule="SPO2_LOW_2", new={"value": 87.0, "delay_s": 20.0}, reason="COPD")
    found = row(bed, "SPO2_LOW_2")
    assert (found.value, found.delay_s, found.hysteresis, found.text) == (87, 20, 2, "≤ 87")
    assert (found.default_value, found.default_delay_s, found.default_hysteresis) == (89, 15, 2)
    assert found.modified
    assert [s.rule for s in settings(bed.state) if s.modified] == ["SPO2_LOW_2"]
    assert bed.state.default_profile == PROFILE
    bed.tell(9, "limit_changed", rule="SPO2_LOW_2", new={"value": 89.0, "delay_s": 15.0}, reason="back")
    assert not row(bed, "SPO2_LOW_2").modified


@pytest.mark.parametrize(
    ("rule", "side", "value", "unit", "text", "delay_s"),
    [
        ("HR_HIGH_1", "high", 121, "1/min", "≥ 121", 15),
        ("HR_TREND", "high", 30, "%", "≥ 98", 120),  # 30 % over 75
        ("SBP_HIGH", "high", 180, "mmHg", "≥ 156", 0),  # 30 % over 120 comes before 180
        ("SBP_CRIT", "high", 200, "mmHg", "≥ 200", 0),
        ("SBP_LOW", "low", 90, "mmHg", "≤ 96", 0),
        ("ETCO2_HI_1", "high", 50, "mmHg", "≥ 50", 15),
        ("TEMP_LOW", "low", 35, "°C", "≤ 35.0", 0),
        ("APNOEA", "", 20, "s", "20 s", 0),
        ("SPO2_LOST", "", 30, "s", "30 s", 0),
        ("NIBP_STALE", "", 120, "s", "120 s", 0),
        ("PUMP_RATE_DIFF", "", 10, "%", "10.0 %", 60),
        ("LOC_LEVEL_MEDIUM", "", None, "", "2", 0),
        ("LOC_LEVEL_HIGH", "", None, "", "1, 0", 0),
        ("PUMP_STATE", "", None, "", "", 0),
    ],
)
def test_numbers_units_and_triggers(
    rule: str, side: str, value: float | None, unit: str, text: str, delay_s: float
) -> None:
    found = row(Lab({"hr": 75, "sbp": 120}), rule)
    assert (found.side, found.value, found.unit, found.text, found.delay_s) == (side, value, unit, text, delay_s)


def test_a_percent_limit_without_a_baseline_is_printed_as_a_change() -> None:
    assert row(Lab(), "HR_TREND").text == "+30 %"
    under = PROFILE.rule("HR_TREND").model_copy(update={"operator": "pct_under_baseline"})
    rules = tuple(under if r.id == under.id else r for r in PROFILE.rules)
    assert row(Lab(profile=relaxed(rules=rules)), "HR_TREND").text == "−30 %"
    change = under.model_copy(update={"operator": "over_baseline"})
    rules = tuple(change if r.id == change.id else r for r in PROFILE.rules)
    assert row(Lab(profile=relaxed(rules=rules)), "HR_TREND").text == "+30 1/min"


def test_levels_are_those_of_the_scale_in_use() -> None:
    bed = Lab()
    bed.tell(0, "consciousness_assessed", scale="rass", level="0", by="RN Ito")
    assert row(bed, "LOC_LEVEL_HIGH").text == "4, 3, -4, -5"


def test_what_may_be_changed_at_the_bedside() -> None:
    rows = {s.rule: s for s in settings(Lab().state)}
    assert (rows["APNOEA"].changeable, rows["APNOEA"].why_not) == (True, "only to the safer side")
    for rule in ("SPO2_LOST", "LINK_LOST", "LOC_DUE"):
        assert (rows[rule].changeable, rows[rule].why_not) == (
            False,
            "the same for every patient: it belongs to the profile",
        )
    assert (rows["LOC_LEVEL_LOW"].changeable, rows["LOC_LEVEL_LOW"].why_not[:6]) == (False, "levels")


def test_limits_that_are_never_derived_from_current_values() -> None:
    derivable = {s.signal for s in settings(Lab().state) if s.derivable}
    assert derivable == {"rate", "sbp", "dbp", "map", "temp"}


def test_a_row_says_whether_the_rule_may_be_off_and_is() -> None:
    bed = Lab()
    found = row(bed, "TEMP_HIGH")
    assert (found.off_allowed, found.off_max_s, found.off_until_s) == (True, 1800, None)
    bed.tell(10, "alarm_off", rule="TEMP_HIGH", duration_s=600, by="RN Ito", reason="x")
    assert row(bed, "TEMP_HIGH").off_until_s == 610


def test_breathing_alarms_may_be_shown_together() -> None:
    groups = {r.group for r in PROFILE.rules if r.signals[0] in ("spo2", "rr", "etco2", "breath")}
    assert groups == {"respiratory"}
    bed = Lab()
    bed.hold(range(16), spo2=88, hr=45)
    assert {a.rule: a.group for a in active(bed.profile, bed.state, 16)} == {
        "SPO2_LOW_2": "respiratory",
        "HR_LOW_1": "",
    }


# -- settling ----------------------------------------------------------------------------------------------------------


def came_on(away_s: int, **values: float) -> Lab:
    """A bed whose sensor was away for so long and comes on, in the second after, with these values."""
    bed = Lab()
    bed.hold(range(10), **{name: {"spo2": 97.0, "hr": 75.0, "rr_co2": 14.0, "temp": 36.8}[name] for name in values})
    bed.hold(range(10, 10 + away_s), **dict.fromkeys(values))
    bed.changes.clear()
    return bed


def test_the_first_values_of_a_sensor_that_comes_on_raise_nothing() -> None:
    bed = came_on(30, spo2=80)
    assert settling(bed.state) == {}
    bed.tick(40, spo2=80)
    assert settling(bed.state) == {"spo2": 48}
    bed.hold(range(41, 60), spo2=80)
    # The delay of 5 s runs meanwhile: nothing is held back beyond the 8 s.
    assert bed.said == [(48, "raised", "SPO2_LOW_3")]
    assert settling(bed.state) == {}


def test_a_wild_first_value_says_nothing() -> None:
    bed = came_on(30, spo2=41)
    bed.hold(range(40, 47), spo2=41)
    bed.hold(range(47, 100), spo2=97)
    assert bed.said == []


def test_a_delay_longer_than_the_settling_is_not_put_off() -> None:
    bed = came_on(30, spo2=88)
    bed.hold(range(40, 60), spo2=88)
    assert bed.said == [(55, "raised", "SPO2_LOW_2")]


@pytest.mark.parametrize(("away_s", "onset_s"), [(29, 10 + 29 + 5), (30, 10 + 30 + 8)])
def test_a_short_gap_is_no_sensor_that_comes_on(away_s: int, onset_s: int) -> None:
    bed = came_on(away_s, spo2=80)
    bed.hold(range(10 + away_s, 60), spo2=80)
    assert bed.said[-1] == (onset_s, "raised", "SPO2_LOW_3")


def test_each_signal_settles_by_itself() -> None:
    bed = Lab()
    bed.hold(range(40), spo2=97, hr=None, temp=None)
    bed.tick(40, spo2=97, hr=38, temp=34)
    assert settling(bed.state) == {"rate": 45, "temp": 70}
    bed.hold(range(41, 46), spo2=80, hr=38, temp=34)
    assert (45, "raised", "HR_LOW_2") in bed.said
    assert (46, "raised", "SPO2_LOW_3") in told(bed.tick(46, spo2=80, hr=38, temp=34))


def test_a_signal_that_the_session_never_saw_settles_once_it_is_there() -> None:
    bed = Lab()
    bed.hold(range(30), spo2=97)
    bed.tick(30, spo2=97, hr=38)
    assert settling(bed.state) == {"rate": 35}
    bed = Lab()
    bed.hold(range(29), spo2=97)
    bed.tick(29, spo2=97, hr=38)
    assert settling(bed.state) == {}


def test_a_signal_that_was_taken_away_settles_when_it_is_back() -> None:
    bed = Lab()
    bed.tick(0, spo2=97, hr=75)
    bed.tick(1, spo2=97)
    bed.tick(2, spo2=97, hr=38)
    assert settling(bed.state) == {"rate": 7}


def test_a_sensor_that_was_on_when_the_session_began_does_not_settle() -> None:
    bed = Lab()
    bed.tick(0, spo2=80)
    assert settling(bed.state) == {}
    assert settling(Lab().state) == {}


def test_after_the_program_was_away_nothing_settles() -> None:
    bed = came_on(40, spo2=80)
    bed.tell(99.5, "service_resumed", gap_s=50)
    bed.tick(100, spo2=80)
    assert settling(bed.state) == {}


def test_apnoea_never_waits() -> None:
    bed = Lab()
    bed.hold(range(10), rr_co2=14)
    bed.hold(range(10, 45), rr_co2=None)
    bed.tell(44.5, "alarm_acknowledged", rule="APNOEA", by="RN Ito")
    assert bed.said[0] == (30, "raised", "APNOEA")
    bed = Lab()
    bed.hold(range(40), rr_co2=None, no_breath=0)
    assert told(bed.tick(40, rr_co2=0, no_breath=1)) == [(40, "raised", "APNOEA"), (40, "cleared", "RR_LOST")]
    assert settling(bed.state) == {"rr": 55}


def test_an_alarm_that_stands_is_judged_at_once() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=88)
    bed.hold(range(16, 60), spo2=None)
    assert (60, "cleared", "SPO2_LOW_2") in told(bed.tick(60, spo2=97))


def test_a_cuff_reading_never_settles() -> None:
    bed = Lab()
    bed.hold(range(400), nibp_sys=None, spo2=97)
    assert told(bed.tick(400, nibp_sys=75, spo2=97)) == [(400, "raised", "SBP_LOW_2")]


@pytest.mark.parametrize(
    ("settle", "complaint"),
    [
        ({"sbp": 5}, "sbp never waits"),
        ({"breath": 5}, "breath never waits"),
        ({"spo2": 31}, "nothing may be held back longer"),
        ({"spo2": 0}, "0 to 30 s"),
    ],
)
def test_what_may_settle_and_for_how_long(settle: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Profile.model_validate({**PROFILE.model_dump(), "settle": settle})


def test_a_profile_without_settling_holds_nothing_back() -> None:
    bed = Lab(profile=relaxed(settle={}))
    bed.hold(range(40), spo2=None)
    bed.hold(range(40, 46), spo2=80)
    assert bed.said[-1] == (45, "raised", "SPO2_LOW_3")
