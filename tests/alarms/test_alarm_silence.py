"""What alarms because something is missing: signals, breath, links, people."""

import pytest
from alarm_lab import PROFILE, Lab, relaxed, told

LOST = [("spo2", "SPO2_LOST"), ("hr", "HR_LOST"), ("rr_co2", "RR_LOST"), ("etco2", "ETCO2_LOST")]
NORMAL = {"spo2": 97.0, "hr": 75.0, "rr_co2": 14.0, "etco2": 38.0}


@pytest.mark.parametrize(("signal", "rule"), LOST)
def test_thirty_seconds_without_a_valid_value(signal: str, rule: str) -> None:
    bed = Lab()
    bed.hold(range(10), **{signal: NORMAL[signal]})
    changes = bed.hold(range(10, 45), **{signal: None})
    (change,) = [c for c in changes if c.rule == rule]
    assert (change.t_s, change.change, change.kind, change.value, change.limit) == (40, "raised", "technical", 30, 30)
    (gone,) = [c for c in bed.tick(45, **{signal: NORMAL[signal]}) if c.rule == rule]
    assert (gone.change, gone.value, gone.limit) == ("cleared", 0, 30)


@pytest.mark.parametrize(("signal", "rule"), LOST)
def test_one_valid_value_starts_the_thirty_seconds_again(signal: str, rule: str) -> None:
    bed = Lab()
    bed.hold(range(29), **{signal: None})
    bed.tick(29, **{signal: NORMAL[signal]})
    bed.hold(range(30, 60), **{signal: None})
    assert rule not in [c.rule for c in bed.changes]
    assert (60, "raised", rule) in told(bed.tick(60, **{signal: None}))


def test_a_signal_that_never_had_a_value_is_lost_after_thirty_seconds() -> None:
    bed = Lab()
    bed.hold(range(100, 131), spo2=None)
    assert bed.said == [(130, "raised", "SPO2_LOST")]


def test_a_signal_that_nobody_measures_is_silent() -> None:
    bed = Lab()
    bed.hold(range(200), hr=75)
    assert bed.said == []


def test_a_signal_that_is_no_longer_measured_is_not_lost() -> None:
    bed = Lab()
    bed.hold(range(40), spo2=None, hr=75)
    assert told(bed.tick(40, hr=75)) == [(40, "cleared", "SPO2_LOST")]
    assert bed.hold(range(41, 71), spo2=None, hr=75) == []
    assert told(bed.tick(71, spo2=None, hr=75)) == [(71, "raised", "SPO2_LOST")]


def test_heart_rate_is_lost_only_when_the_pulse_is_too() -> None:
    bed = Lab()
    bed.hold(range(60), hr=None, pr=75)
    assert bed.said == []
    bed.hold(range(60, 91), hr=None, pr=None)
    assert bed.said == [(90, "raised", "HR_LOST")]


def test_seconds_left_out_count_as_silence_from_the_second_after_the_last_value() -> None:
    bed = Lab()
    bed.tick(0, spo2=97)
    assert told(bed.tick(31, spo2=None)) == [(31, "raised", "SPO2_LOST")]
    bed = Lab()
    bed.tick(0, spo2=97)
    assert bed.tick(30, spo2=None) == []


def blind(bed: Lab, seconds: range) -> list[tuple[float, str, str]]:
    return [said for said in told(bed.hold(seconds, spo2=None, etco2=None)) if said[2] == "RESP_BLIND"]


def test_blind_to_breathing_during_an_infusion_is_high() -> None:
    bed = Lab().infuse()
    bed.hold(range(10), spo2=97, etco2=38)
    assert blind(bed, range(10, 41)) == [(40, "raised", "RESP_BLIND")]
    assert [c.priority for c in bed.changes if c.rule == "RESP_BLIND"] == ["high"]
    assert (41, "cleared", "RESP_BLIND") in told(bed.tick(41, spo2=97, etco2=None))


def test_blind_counts_from_the_later_of_the_two_losses() -> None:
    bed = Lab().infuse()
    bed.hold(range(10), spo2=97, etco2=38)
    bed.hold(range(10, 20), spo2=None, etco2=38)
    assert blind(bed, range(20, 51)) == [(50, "raised", "RESP_BLIND")]


def test_blind_only_while_infusing() -> None:
    bed = Lab()
    assert blind(bed, range(100)) == []
    bed.infuse(99.5)
    assert blind(bed, range(100, 101)) == [(100, "raised", "RESP_BLIND")]
    bed.tell(100.5, "infusion_paused")
    assert blind(bed, range(101, 110)) == []  # the drug acts on through a pause
    bed.tell(109.5, "infusion_stopped")
    assert blind(bed, range(110, 120)) == [(110, "cleared", "RESP_BLIND")]


def test_not_blind_where_one_of_the_two_is_not_measured() -> None:
    bed = Lab().infuse()
    bed.hold(range(100), spo2=None)
    assert "RESP_BLIND" not in [c.rule for c in bed.changes]


def test_apnoea_twenty_seconds_after_the_last_breath() -> None:
    bed = Lab()
    bed.hold(range(10), rr_co2=14)
    bed.hold(range(10, 30), rr_co2=0)
    assert [c.rule for c in bed.changes] == ["RR_LOW_2"]
    (change,) = bed.tick(30, rr_co2=0)
    assert (change.rule, change.change, change.priority, change.value, change.limit) == (
        "APNOEA", "raised", "high", 20, 20,
    )  # fmt: skip


def apnoea(bed: Lab) -> list[tuple[float, str, str]]:
    return [said for said in bed.said if said[2] == "APNOEA"]


def test_apnoea_clears_ten_seconds_after_the_first_breath() -> None:
    bed = Lab()
    bed.hold(range(21), rr_co2=0)
    assert apnoea(bed) == [(20, "raised", "APNOEA")]
    bed.tell(20.5, "alarm_acknowledged", rule="APNOEA", by="RN Ito")
    bed.hold(range(21, 31), rr_co2=8)
    assert len(apnoea(bed)) == 2
    bed.tick(31, rr_co2=8)
    assert apnoea(bed)[2:] == [(31, "cleared", "APNOEA")]


def test_apnoea_that_nobody_saw_stays_latched() -> None:
    bed = Lab()
    bed.hold(range(21), rr_co2=0)
    bed.hold(range(21, 40), rr_co2=12)
    assert apnoea(bed) == [(20, "raised", "APNOEA"), (31, "latched", "APNOEA")]


def test_a_lost_trace_is_no_breath() -> None:
    bed = Lab()
    bed.hold(range(10), rr_co2=14)
    bed.hold(range(10, 31), rr_co2=None)
    assert bed.said == [(30, "raised", "APNOEA")]


def test_impedance_breathes_for_a_lost_capnograph() -> None:
    bed = Lab()
    bed.hold(range(10), rr_co2=14, rr_imp=14)
    bed.hold(range(10, 60), rr_co2=None, rr_imp=14)
    assert apnoea(bed) == []
    bed.hold(range(60, 81), rr_co2=0, rr_imp=14)  # the chest moves, no carbon dioxide comes: obstructed
    assert apnoea(bed) == [(80, "raised", "APNOEA")]


def test_a_patient_of_whom_no_breath_was_seen_is_unwatched_not_breathless() -> None:
    bed = Lab()
    bed.hold(range(60), rr_co2=None)
    assert apnoea(bed) == []


def test_the_devices_own_word_is_its_limit_reached() -> None:
    bed = Lab()
    bed.hold(range(5), rr_co2=14, no_breath=0)
    (change,) = bed.tick(5, rr_co2=14, no_breath=1)
    assert (change.rule, change.value, change.limit) == ("APNOEA", 20, 20)


def test_a_device_that_falls_silent_after_its_word_has_not_seen_a_breath() -> None:
    bed = Lab()
    bed.tick(4, rr_co2=14, no_breath=0)
    bed.tick(5, rr_co2=14, no_breath=1)
    assert bed.hold(range(6, 30), rr_co2=None, no_breath=0) == []
    assert bed.hold(range(30, 34), rr_co2=None, no_breath=None) == []
    assert told(bed.hold(range(34, 50), rr_co2=14, no_breath=0)) == [(44, "latched", "APNOEA")]


def test_without_a_rate_only_the_devices_word_counts() -> None:
    bed = Lab()
    bed.hold(range(60), no_breath=0)
    bed.tick(60, no_breath=1)
    bed.hold(range(61, 65), no_breath=None)
    bed.hold(range(65, 80), no_breath=0)
    assert bed.said == [(60, "raised", "APNOEA"), (75, "latched", "APNOEA")]


def test_a_tick_may_give_the_seconds_without_a_breath_itself() -> None:
    bed = Lab()
    bed.tick(0, breath=19)
    assert bed.said == []
    assert told(bed.tick(1, breath=20)) == [(1, "raised", "APNOEA")]
    assert bed.tick(2, breath=None) == []


def test_breath_is_not_watched_where_nothing_tells_of_it() -> None:
    bed = Lab()
    bed.hold(range(10), rr_co2=14)
    bed.hold(range(10, 60), spo2=97)
    assert bed.said == []


def test_no_data_is_medium_and_then_high() -> None:
    bed = Lab()
    for second in range(20):
        bed.tick(second, link=float(second))
    assert [(c.t_s, c.change, c.rule, c.priority, c.limit) for c in bed.changes] == [
        (5, "raised", "LINK_LOST", "medium", 5),
        (15, "escalated", "LINK_LOST", "high", 15),
    ]
    assert told(bed.tick(20, link=6)) == [(20, "demoted", "LINK_LOST")]
    assert told(bed.tick(21, link=0.3)) == [(21, "cleared", "LINK_LOST")]


def test_nobody_at_the_bed_for_five_minutes() -> None:
    bed = Lab()
    bed.hold(range(10), nurse_present=1)
    bed.hold(range(10, 310), nurse_present=0)
    assert bed.said == []
    assert told(bed.tick(310, nurse_present=None)) == [(310, "raised", "NO_NURSE")]
    assert told(bed.tick(311, nurse_present=1)) == [(311, "cleared", "NO_NURSE")]


def test_nobody_ever_there_counts_from_the_first_second() -> None:
    bed = Lab()
    bed.hold(range(50, 351), nurse_present=None)
    assert bed.said == [(350, "raised", "NO_NURSE")]


def test_the_time_that_the_program_was_away_is_nobodys_silence() -> None:
    bed = Lab()
    normal = {"rr_co2": 14.0, "spo2": 97.0, "nurse_present": 1.0}
    bed.hold(range(10), **normal)
    bed.tell(1000.5, "service_resumed", gap_s=991)
    gone = dict.fromkeys(normal)
    assert bed.hold(range(1001, 1021), **gone) == []
    assert told(bed.tick(1021, **gone)) == [(1021, "raised", "APNOEA")]
    assert told(bed.hold(range(1022, 1032), **gone)) == [
        (1031, "raised", "SPO2_LOST"),
        (1031, "raised", "RR_LOST"),
    ]
    assert told(bed.hold(range(1032, 1302), **gone)) == [(1301, "raised", "NO_NURSE")]


def test_a_silence_from_before_the_program_was_away_goes_on() -> None:
    bed = Lab()
    bed.tick(0, rr_co2=14)
    bed.hold(range(1, 10), rr_co2=0)
    bed.tell(99.5, "service_resumed", gap_s=90)
    assert told(bed.tick(100, rr_co2=0)) == [(100, "raised", "RR_LOW_2"), (100, "raised", "APNOEA")]


def test_one_breath_a_minute_is_a_breath() -> None:
    bed = Lab()
    bed.hold(range(10), rr_co2=0)
    bed.hold(range(10, 60), rr_co2=1)
    assert apnoea(bed) == []


def test_hysteresis_counts_for_times_too() -> None:
    rules = tuple(r.model_copy(update={"hysteresis": 1.0}) if r.id == "LINK_LOST" else r for r in PROFILE.rules)
    bed = Lab(profile=relaxed(rules=rules))
    assert told(bed.tick(0, link=5)) == [(0, "raised", "LINK_LOST")]
    assert bed.tick(1, link=4) == []
    assert told(bed.tick(2, link=3.9)) == [(2, "cleared", "LINK_LOST")]
