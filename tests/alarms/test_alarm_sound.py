"""What sounds, and what screens show."""

import pytest
from alarm_lab import PROFILE, Lab

from dashboard.alarms import Change, Sound, active, limits, message, sound


def now(bed: Lab, t_s: float) -> Sound:
    return sound(bed.profile, bed.state, t_s)


def test_silence_while_all_is_well() -> None:
    bed = Lab()
    bed.tick(0, spo2=97)
    assert now(bed, 0) == Sound(None, None, 0)


def test_the_worst_unacknowledged_alarm_sounds() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=88, hr=38)  # high after 5 s, medium after 15 s
    assert now(bed, 15) == Sound(None, "high", 1)  # the medium one does not interrupt the high one
    bed.tell(15.5, "alarm_acknowledged", rule="HR_LOW_2", by="RN Ito")
    assert now(bed, 16).sounding == "medium"
    bed.tell(16.5, "alarm_acknowledged", rule="SPO2_LOW_2", by="RN Ito")
    assert now(bed, 17) == Sound(None, None, 1)


def test_a_second_alarm_of_the_same_priority_starts_a_sound_of_its_own() -> None:
    bed = Lab()
    bed.hold(range(11), hr=45)
    bed.tick(11, hr=45, temp=39.5)
    assert now(bed, 11) == Sound(None, "medium", 2)


def test_escalation_starts_a_sound_and_demotion_does_not() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=88)
    assert now(bed, 15).burst == 1
    bed.tell(15.5, "alarm_acknowledged", rule="SPO2_LOW_2", by="RN Ito")
    bed.hold(range(16, 22), spo2=80)
    assert now(bed, 21) == Sound(None, "high", 2)
    bed.tick(22, spo2=88)
    assert now(bed, 22) == Sound(None, "medium", 2)


def test_a_pause_silences_and_comes_back_by_itself() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=88)
    bed.tell(16, "audio_paused", duration_s=120.0, by="RN Ito")
    assert now(bed, 16) == Sound(136, None, 1)
    assert now(bed, 135.9).sounding is None
    assert now(bed, 136) == Sound(None, "medium", 1)


def test_a_pause_lasts_as_the_profile_says_and_may_be_ended() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=88)
    bed.tell(16, "audio_paused", by="RN Ito")
    assert now(bed, 17).paused_until_s == 16 + 120
    bed.tell(20, "audio_resumed", by="RN Ito")
    assert now(bed, 20) == Sound(None, "medium", 1)


def test_only_a_new_high_breaks_through_a_pause() -> None:
    bed = Lab()
    bed.hold(range(6), hr=38)  # high before the pause
    bed.tell(6, "audio_paused", by="RN Ito")
    assert now(bed, 6).sounding is None
    bed.hold(range(7, 23), hr=38, spo2=88)  # a new medium one stays quiet
    assert now(bed, 22) == Sound(126, None, 1)
    bed.hold(range(23, 30), hr=38, spo2=80)
    assert now(bed, 29) == Sound(126, "high", 2)
    assert now(bed, 126).sounding == "high"


def test_a_high_that_latched_before_the_pause_and_comes_back_is_new() -> None:
    bed = Lab()
    bed.hold(range(6), hr=38)
    bed.tick(6, hr=75)
    bed.tell(7, "audio_paused", by="RN Ito")
    bed.hold(range(8, 14), hr=38)
    assert now(bed, 13) == Sound(127, "high", 2)


def test_a_latched_alarm_sounds_five_seconds_more() -> None:
    bed = Lab()
    bed.hold(range(6), spo2=80)
    bed.tick(6, spo2=97)
    assert now(bed, 10.9).sounding == "high"
    assert now(bed, 11).sounding is None
    assert [a.phase for a in active(bed.profile, bed.state, 11)] == ["latched"]


def test_the_same_lesser_rule_sounds_at_most_once_a_minute() -> None:
    bed = Lab()
    bed.tick(0, temp=39.5)
    assert now(bed, 0) == Sound(None, "medium", 1)
    bed.tick(1, temp=38)
    bed.tick(20, temp=39.5)
    assert [c.change for c in bed.changes] == ["raised", "cleared", "raised"]
    assert now(bed, 20) == Sound(None, None, 1)  # shown and recorded, not heard
    assert now(bed, 60) == Sound(None, "medium", 1)
    bed.tick(61, temp=38)
    bed.tick(80, temp=39.5)
    assert now(bed, 80) == Sound(None, "medium", 2)


def test_a_high_rule_sounds_every_time() -> None:
    bed = Lab()
    for second in range(0, 40, 10):
        bed.tick(second, nibp_sys=70)
        bed.tick(second + 1, nibp_sys=120)
        bed.tell(second + 1, "alarm_acknowledged", rule="SBP_LOW_2", by="RN Ito")
    assert now(bed, 40).burst == 4


def test_alarms_are_shown_worst_first_then_newest() -> None:
    bed = Lab()
    bed.hold(range(6), hr=38)
    bed.hold(range(6, 12), hr=38, spo2=80)
    bed.tick(12, hr=38, spo2=80, temp=39.5)
    shown = active(bed.profile, bed.state, 12)
    assert [(a.rule, a.priority, a.onset_t_s) for a in shown] == [
        ("SPO2_LOW_3", "high", 11),
        ("HR_LOW_2", "high", 5),
        ("TEMP_HIGH", "medium", 12),
    ]


def test_an_alarm_shows_value_limit_and_what_to_do() -> None:
    bed = Lab()
    bed.hold(range(7), spo2=84)
    (alarm,) = active(bed.profile, bed.state, 7)
    assert (alarm.text, alarm.trigger, alarm.label, alarm.unit) == ("SpO₂ LOW 84 %", "≤ 84", "SpO₂ very low", "%")
    assert (alarm.signal, alarm.kind, alarm.value, alarm.limit) == ("spo2", "physiological", 84, 84)
    assert (alarm.occurrence, alarm.onset_t_s, alarm.phase) == (1, 5, "active")
    assert alarm.advice.startswith("stimulate")
    bed.tick(7, spo2=83.5)
    assert active(bed.profile, bed.state, 7)[0].text == "SpO₂ LOW 83.5 %"
    bed.tell(8, "alarm_acknowledged", occurrence=1, by="RN Ito")
    (alarm,) = active(bed.profile, bed.state, 8)
    assert (alarm.phase, alarm.acknowledged_by, alarm.acknowledged_t_s) == ("acknowledged", "RN Ito", 8)


@pytest.mark.parametrize(("spo2", "extreme"), [(50, False), (49, True), (0, True)])
def test_an_extreme_value_sends_people_to_the_patient_first(spo2: float, extreme: bool) -> None:
    bed = Lab()
    bed.hold(range(6), spo2=spo2)
    advice = active(bed.profile, bed.state, 6)[0].advice
    assert (advice == "check patient, then sensor") is extreme


def test_a_latched_alarm_shows_how_bad_it_was() -> None:
    bed = Lab()
    bed.hold(range(6), spo2=80)
    bed.tick(6, spo2=76)
    bed.tick(7, spo2=83)
    bed.tick(8, spo2=97)
    (alarm,) = active(bed.profile, bed.state, 8)
    assert (alarm.phase, alarm.value, alarm.text) == ("latched", 76, "SpO₂ LOW 76 %")


@pytest.mark.parametrize(
    ("values", "seconds", "trigger", "text"),
    [
        ({"nibp_sys": 185.0}, 1, "≥ 180", "SYSTOLIC HIGH 185 mmHg"),
        ({"temp": 39.1}, 1, "≥ 39.1", "TEMPERATURE HIGH 39.1 °C"),
        ({"link": 6.0}, 1, "5 s", "NO DATA FROM DEVICE, VALUES NOT LIVE"),
        ({"pump_state": 5.0}, 1, "", "PUMP: occlusion"),
        ({"rr_co2": 0.0, "no_breath": 1.0}, 1, "20 s", "NO BREATH 20 s"),
        ({"spo2": None}, 31, "30 s", "SpO₂ SIGNAL LOST"),
    ],
)
def test_words_of_every_kind(values: dict[str, float | None], seconds: int, trigger: str, text: str) -> None:
    bed = Lab()
    bed.hold(range(seconds), **values)
    alarm = active(bed.profile, bed.state, seconds)[0]
    assert (alarm.trigger, alarm.text) == (trigger, text)
    assert message(bed.profile, bed.changes[0]) == text


def test_words_of_a_wrong_pump_rate() -> None:
    bed = Lab().infuse(rate_mg_h=20.0, concentration_mg_ml=2.0)
    bed.hold(range(61), pump_rate_ml_h=15.5)
    (alarm,) = active(bed.profile, bed.state, 61)
    assert (alarm.trigger, alarm.text) == ("not 10.0", "PUMP RATE 15.5 mL/h, NOT AS RECORDED (10.0 mL/h)")


def test_words_of_consciousness() -> None:
    bed = Lab()
    bed.tell(0, "consciousness_assessed", scale="rass", level="+3", by="RN Ito")
    bed.tick(0, spo2=97)
    (alarm,) = active(bed.profile, bed.state, 0)
    assert (alarm.text, alarm.trigger, alarm.value) == ("CONSCIOUSNESS RASS 3", "4, 3, -4, -5", "3")


def test_a_prompt_for_a_second_cuff_reading() -> None:
    bed = Lab()
    bed.tick(0, nibp_sys=185)
    (alarm,) = active(bed.profile, bed.state, 0)
    assert alarm.prompt_repeat
    assert alarm.advice == "repeat the cuff measurement"


def test_limits_as_printed_beside_the_values() -> None:
    bed = Lab({"sbp": 120, "hr": 75})
    printed = limits(bed.profile, bed.state)
    assert [t.text for t in printed["spo2"]["low"]] == ["≤ 93", "≤ 89", "≤ 84"]
    assert [t.priority for t in printed["spo2"]["low"]] == ["low", "medium", "high"]
    assert printed["spo2"]["high"] == ()
    assert [(t.text, t.rule) for t in printed["rate"]["high"]] == [
        ("≥ 98", "HR_TREND"),
        ("≥ 121", "HR_HIGH_1"),
        ("≥ 131", "HR_HIGH_2"),
    ]
    # 20 and 30 % over 120, and 200; the confirmed 180 is no limit on one value.
    assert [t.value for t in printed["sbp"]["high"]] == [144, 156, 200]
    assert [t.value for t in printed["sbp"]["low"]] == [96, 80]
    assert [t.text for t in printed["temp"]["low"] + printed["temp"]["high"]] == ["≤ 35.0", "≥ 39.1"]
    assert [t.text for t in printed["breath"]["high"]] == ["≥ 20"]
    assert {"loc", "link", "nurse_present", "pump_state"}.isdisjoint(printed)


def test_printed_limits_follow_a_change() -> None:
    bed = Lab()
    assert [t.value for t in limits(bed.profile, bed.state)["sbp"]["high"]] == [160, 180, 200]
    bed.tell(0, "limit_changed", rule="SPO2_LOW_1", new={"value": 92.0})
    assert [t.text for t in limits(bed.profile, bed.state)["spo2"]["low"]] == ["≤ 92", "≤ 89", "≤ 84"]


def test_a_message_of_a_rule_that_is_gone_is_its_name() -> None:
    change = Change(1.0, "OLD_RULE", "low", "technical", "raised", 3.0, 2.0, 1)
    assert message(PROFILE, change) == "OLD_RULE"
    assert message(None, change) == "OLD_RULE"
