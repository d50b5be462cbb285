"""Corners of the limits made ready to run, of what is heard, and of what screens and records say."""

import pytest
from alarm_lab import PROFILE, Lab, relaxed, told

from config.models.alarms import Profile, PumpState
from dashboard.alarms import ActiveAlarm, Change, active, line, message, sound


def only(*rules: str, **changes: object) -> Profile:
    """Profile A with these rules alone; `changes` of each of them."""
    return relaxed(rules=tuple(r.model_copy(update=changes) for r in PROFILE.rules if r.id in rules), settle={})


def shown(bed: Lab) -> list[ActiveAlarm]:
    return active(bed.profile, bed.state, bed.state.t_s or 0.0)


def bursts(bed: Lab) -> int:
    return sound(bed.profile, bed.state, bed.state.t_s or 0.0).burst


# -- limits ------------------------------------------------------------------------------------------------------------


def test_poor_breathing_counts_beside_rules_that_do_not_measure_it() -> None:
    bed = Lab(profile=only("LOC_BREATHING_MEDIUM", "TEMP_HIGH"))
    bed.tell(0, "consciousness_assessed", scale="moaas", level="3", by="RN Ito")
    bed.hold(range(20), spo2=91)
    assert bed.said == [(15, "raised", "LOC_BREATHING_MEDIUM")]


def test_a_devices_word_is_not_stretched_by_a_plain_limit_of_breath() -> None:
    plain_one = PROFILE.rule("APNOEA").model_copy(update={"id": "BREATH_HIGH", "operator": ">=", "value": 90.0})
    bed = Lab(profile=relaxed(rules=(PROFILE.rule("APNOEA"), plain_one), settle={}))
    (change,) = bed.tick(0, rr_co2=14, no_breath=1)
    assert (change.rule, change.value) == ("APNOEA", PROFILE.rule("APNOEA").value)


def test_a_plain_limit_of_breath_alone_counts_from_the_devices_word() -> None:
    bed = Lab(profile=only("APNOEA", operator=">=", value=10.0))
    bed.hold(range(15), rr_co2=14, no_breath=1)
    assert bed.said == [(10, "raised", "APNOEA")]


def test_a_pulse_that_is_lost_is_not_judged_by_its_last_value() -> None:
    bed = Lab()
    bed.tick(0, hr=75, nibp_sys=120)
    bed.hold(range(1, 6), hr=45)
    bed.hold(range(6, 25), hr=None)
    assert bed.said == []


def test_a_confirmed_pressure_clears_by_its_hysteresis() -> None:
    bed = Lab()
    bed.tick(0, nibp_sys=185)
    assert told(bed.tick(300, nibp_sys=185)) == [(300, "escalated", "SBP_CRIT")]
    assert bed.tick(600, nibp_sys=171) == []
    assert [a.rule for a in shown(bed)] == ["SBP_CRIT"]
    assert [(c.change, c.t_s) for c in bed.tick(900, nibp_sys=170)] == [("demoted", 900)]


def test_a_low_finding_alarms_only_once_it_was_seen() -> None:
    bed = Lab(profile=only("FINDING_HIGH", priority="low"))
    assert bed.tick(0, spo2=97) == []


def test_a_pump_state_that_nobody_named_is_not_even_low() -> None:
    near_end = PumpState(label="near end", priority="low")
    bed = Lab(profile=relaxed(pump_states={**PROFILE.pump_states, "3": near_end}))
    assert bed.tick(0, pump_state=10) == []
    assert [c.priority for c in bed.tick(1, pump_state=3)] == ["low"]
    assert told(bed.tick(2, pump_state=10)) == [(2, "cleared", "PUMP_STATE")]


def test_a_slow_pump_that_runs_on_through_a_pause_is_told() -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0)
    bed.tell(0, "infusion_paused")
    bed.hold(range(61), pump_rate_ml_h=0.8)
    assert bed.said == [(60, "raised", "PUMP_RATE_DIFF")]


def test_with_no_tolerance_any_difference_from_the_order_is_told_and_nothing_else() -> None:
    bed = Lab(profile=only("PUMP_RATE_DIFF", value=0.0, delay_s=0.0))
    assert bed.tick(0, pump_rate_ml_h=10) == []  # no order yet
    bed.infuse(1, rate_mg_h=20.0, concentration_mg_ml=2.0)
    assert told(bed.tick(1, pump_rate_ml_h=10.05)) == [(1, "raised", "PUMP_RATE_DIFF")]
    assert told(bed.tick(2, pump_rate_ml_h=10)) == [(2, "cleared", "PUMP_RATE_DIFF")]
    bed.tell(3, "infusion_paused")
    assert bed.tick(20, pump_rate_ml_h=0) == []


# -- what a record says when it is over --------------------------------------------------------------------------------


def overdue() -> Lab:
    bed = Lab(profile=only("NIBP_STALE")).infuse()
    for second in (0, 300, 420):
        bed.tick(second, nibp_sys=120 if second == 0 else None)
    assert bed.said == [(420, "raised", "NIBP_STALE")]
    return bed


def test_a_cuff_reading_ends_an_overdue_one_at_nought() -> None:
    (change,) = overdue().tick(430, nibp_sys=120)
    assert (change.change, change.value) == ("cleared", 0)


def test_discharge_ends_an_overdue_one_at_nought() -> None:
    bed = overdue()
    bed.tell(425, "phase_changed", phase="discharge")
    (change,) = bed.tick(430, nibp_sys=None)
    assert (change.change, change.value) == ("cleared", 0)


def test_the_end_of_the_infusion_ends_a_blind_one_at_nought() -> None:
    bed = Lab(profile=only("RESP_BLIND")).infuse()
    lost = dict.fromkeys(("spo2", "rr_co2", "etco2"))
    bed.tick(0, spo2=97, rr_co2=14, etco2=38)
    bed.hold(range(1, 100), **lost)
    assert [(c, r) for _, c, r in bed.said] == [("raised", "RESP_BLIND")]
    bed.tell(100, "infusion_stopped")
    (change,) = bed.tick(100, **lost)
    assert (change.change, change.value) == ("cleared", 0)


# -- what is heard -----------------------------------------------------------------------------------------------------


def test_a_lesser_rule_sounds_again_after_a_minute_to_the_second() -> None:
    bed = Lab()
    bed.tick(0, temp=39.5)
    bed.tick(1, temp=38)
    bed.tick(60, temp=39.5)
    assert bursts(bed) == 2


def test_what_stays_quiet_within_a_pause_keeps_no_high_alarm_quiet() -> None:
    bed = Lab()
    bed.tick(0, temp=39.5)
    bed.tick(1, temp=38)
    bed.tell(2, "audio_paused", by="RN Ito")
    bed.tick(20, temp=39.5)
    bed.hold(range(21, 27), temp=39.5, hr=38)
    assert sound(bed.profile, bed.state, 26).sounding == "high"


def test_each_lesser_rule_keeps_its_own_quiet_minute() -> None:
    bed = Lab()
    bed.tick(0, temp=39.5)
    bed.tick(1, temp=38, nibp_sys=88)
    assert bursts(bed) == 2
    bed.tick(20, temp=39.5)
    assert bursts(bed) == 2


# -- what screens show -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quiet", [{"temp": (39.5, 38.0)}, {"nibp_sys": (88.0, 120.0)}])
def test_of_one_second_the_last_raised_comes_first_though_one_stays_quiet(
    quiet: dict[str, tuple[float, float]],
) -> None:
    bed = Lab()
    bed.tick(0, **{name: bad for name, (bad, _) in quiet.items()})
    bed.tick(1, **{name: good for name, (_, good) in quiet.items()})
    bed.tick(20, temp=39.5, nibp_sys=88)
    assert [c.rule for c in bed.changes if c.t_s == 20] == ["SBP_LOW", "TEMP_HIGH"]
    assert [a.rule for a in shown(bed)] == ["TEMP_HIGH", "SBP_LOW"]


def test_what_is_so_now_comes_before_what_is_over_though_that_is_newer() -> None:
    bed = Lab()
    bed.hold(range(6), hr=38)
    bed.hold(range(6, 12), hr=38, spo2=80)
    bed.tick(12, hr=38, spo2=97)
    assert [(a.rule, a.phase) for a in shown(bed)] == [("HR_LOW_2", "active"), ("SPO2_LOW_3", "latched")]


def test_what_nobody_has_seen_comes_before_what_somebody_answered_though_that_is_newer() -> None:
    bed = Lab()
    bed.hold(range(6), spo2=80)
    bed.hold(range(6, 12), spo2=97, hr=38)
    bed.tell(12, "alarm_acknowledged", rule="HR_LOW_2", by="RN Ito")
    assert [(a.rule, a.phase) for a in shown(bed)] == [("SPO2_LOW_3", "latched"), ("HR_LOW_2", "acknowledged")]


def test_at_its_limit_an_alarm_is_not_on_its_way_back() -> None:
    bed = Lab()
    bed.hold(range(6), spo2=80)
    bed.tick(6, spo2=84)
    (alarm,) = shown(bed)
    assert (alarm.recovering, alarm.value) == (False, 84)


def test_a_latched_alarm_shows_how_bad_it_was_though_the_value_falls_again() -> None:
    bed = Lab()
    bed.hold(range(6), spo2=80)
    bed.tick(6, spo2=97)
    bed.tick(7, spo2=83)
    (alarm,) = shown(bed)
    assert (alarm.phase, alarm.value, alarm.text) == ("latched", 80, "SpO₂ LOW 80 %")


def test_a_latched_level_shows_a_level() -> None:
    bed = Lab()
    for second, level in ((10, "1"), (20, "5")):
        bed.tell(second, "consciousness_assessed", scale="moaas", level=level, by="RN Ito")
        bed.tick(second, spo2=97)
    (alarm,) = shown(bed)
    assert (alarm.phase, alarm.value) == ("latched", "5")


def test_a_recorded_change_names_its_limit() -> None:
    change = Change(60.0, "PUMP_RATE_DIFF", "medium", "technical", "raised", 15.0, 10.0, 1)
    assert message(PROFILE, change) == "PUMP RATE 15.0 mL/h, NOT AS RECORDED (10.0 mL/h)"


def test_a_line_is_written_in_letters_and_to_six_decimals() -> None:
    change = Change(1 / 3, "PUMP_STATE", "high", "technical", "raised", "Verschluß", None, 1)
    assert line(change).startswith('{"t_s": 0.333333, ')
    assert '"value": "Verschluß"' in line(change)
