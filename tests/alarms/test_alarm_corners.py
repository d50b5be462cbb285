"""Corners that a mutation run found untested: each of these went red for a change that nothing else noticed."""

import json

from alarm_lab import PROFILE, Lab, relaxed, told

from config.models.alarms import Profile, Rule
from dashboard.alarms import active, line, off, sound
from dashboard.alarms.words import number


def assess(bed: Lab, t_s: int, level: str, **more: object) -> list[tuple[float, str, str]]:
    bed.tell(t_s, "consciousness_assessed", level=level, by="RN Ito", **more)
    return told(bed.tick(t_s, spo2=97))


def only(*rules: str, **changes: object) -> Profile:
    return relaxed(rules=tuple(r for r in PROFILE.rules if r.id in rules), **changes)


def test_an_assessment_without_a_scale_is_on_the_default_one() -> None:
    assert assess(Lab(), 10, "2") == [(10, "raised", "LOC_LEVEL_MEDIUM")]


def test_a_correction_of_nothing_strikes_nothing() -> None:
    bed = Lab()
    assess(bed, 10, "2")
    bed.tell(20, "side_effect", effect="airway noise", by="RN Ito")
    bed.tick(20, spo2=97)
    bed.tell(30, "correction", reason="?")
    assert bed.tick(30, spo2=97) == []


def test_who_and_why_may_be_missing() -> None:
    bed = Lab()
    bed.tell(0, "alarm_off", rule="TEMP_HIGH", duration_s=60)
    assert [(o.by, o.reason) for o in off(bed.state)] == [("", "")]


def test_a_latched_level_that_comes_back_worse_speaks_from_the_worse_step() -> None:
    bed = Lab()
    assess(bed, 10, "2", scale="moaas")
    assert assess(bed, 20, "5", scale="moaas") == [(20, "latched", "LOC_LEVEL_MEDIUM")]
    assert assess(bed, 30, "1", scale="moaas") == [(30, "raised", "LOC_LEVEL_HIGH")]
    assert [(a.rule, a.occurrence) for a in active(bed.profile, bed.state, 30)] == [("LOC_LEVEL_HIGH", 1)]


def test_a_systolic_alone_is_a_reading() -> None:
    assert told(Lab().tick(0, nibp_sys=205, nibp_dia=None)) == [(0, "raised", "SBP_CRIT")]


def test_the_combination_measures_what_it_needs_though_no_other_rule_does() -> None:
    bed = Lab(profile=only("LOC_BREATHING_MEDIUM", settle={}))
    bed.tell(0, "consciousness_assessed", scale="moaas", level="3", by="RN Ito")
    bed.hold(range(20), spo2=91)
    assert bed.said == [(15, "raised", "LOC_BREATHING_MEDIUM")]


def test_a_limit_of_nought() -> None:
    zero = PROFILE.rule("RR_LOW_2").model_copy(update={"value": 0.0, "delay_s": 0.0})
    bed = Lab(profile=relaxed(rules=(zero,), settle={}))
    assert bed.tick(0, rr_co2=1) == []
    assert told(bed.tick(1, rr_co2=0)) == [(1, "raised", "RR_LOW_2")]


def test_a_devices_own_word_is_the_longest_limit_of_breath() -> None:
    later = PROFILE.rule("APNOEA").model_copy(update={"id": "APNOEA_2", "value": 40.0})
    bed = Lab(profile=relaxed(rules=(PROFILE.rule("APNOEA"), later), settle={}))
    (change,) = bed.tick(0, rr_co2=14, no_breath=1)
    assert change.value == 40


def test_a_lesser_rule_that_worsens_sounds_again_within_the_minute() -> None:
    bed = Lab({"hr": 90})
    bed.tell(0, "limit_changed", rule="HR_TREND", new={"delay_s": 0.0})
    bed.tell(0, "limit_changed", rule="HR_HIGH_1", new={"delay_s": 0.0})
    for second, rate in enumerate((118, 122, 116, 122)):
        bed.tick(20 * second, hr=rate)
    assert [change for _, change, _ in bed.said] == ["raised", "escalated", "demoted", "escalated"]
    assert sound(bed.profile, bed.state, 60).burst == 3
    assert sound(bed.profile, bed.state, 60).sounding == "medium"


def test_a_quiet_alarm_that_becomes_high_is_heard_at_once() -> None:
    bed = Lab()
    bed.hold(range(11), hr=45)
    bed.tick(11, hr=75)
    bed.hold(range(21, 32), hr=45)
    assert sound(bed.profile, bed.state, 31).sounding is None  # the same rule sounded twenty seconds ago
    bed.hold(range(32, 38), hr=38)
    assert sound(bed.profile, bed.state, 37).sounding == "high"


def test_a_new_lesser_alarm_does_not_interrupt_the_loudest_of_several() -> None:
    bed = Lab()
    bed.hold(range(11), hr=45)
    bed.tick(11, hr=45, nibp_sys=75)
    before = sound(bed.profile, bed.state, 11).burst
    bed.tick(12, hr=45, nibp_sys=None, temp=39.5)
    assert [c.rule for c in bed.changes] == ["HR_LOW_1", "SBP_LOW_2", "TEMP_HIGH"]
    assert sound(bed.profile, bed.state, 12).burst == before


def test_an_alarm_that_is_on_its_way_back_says_so() -> None:
    bed = Lab()
    bed.hold(range(6), spo2=80)
    assert not active(bed.profile, bed.state, 5)[0].recovering
    bed.tick(6, spo2=85)  # inside the limit, not yet by the hysteresis
    (alarm,) = active(bed.profile, bed.state, 6)
    assert (alarm.recovering, alarm.value) == (True, 80)
    bed.tick(7, spo2=97)
    assert not active(bed.profile, bed.state, 7)[0].recovering


def test_words_of_other_alarms_are_not_a_level_of_consciousness() -> None:
    bed = Lab()
    bed.tell(0, "consciousness_assessed", scale="moaas", level="5", by="RN Ito")
    bed.tick(0, temp=39.5)
    assert active(bed.profile, bed.state, 0)[0].text == "TEMPERATURE HIGH 39.5 °C"


def test_a_line_keeps_words_as_they_are() -> None:
    bed = Lab()
    assess(bed, 10, "2", scale="moaas")
    row = json.loads(line(bed.changes[0]))
    assert (row["value"], row["limit"]) == ("2", "2, 1, 0")


def test_seconds_have_no_decimals_whatever_the_signal_has() -> None:
    lost = Rule.model_validate(
        {"id": "X", "signal": "temp", "operator": "stale", "value": 30, "priority": "low", "label": "x", "message": "x"}
    )
    assert number(30.0, lost) == "30"
    assert number(39.0, PROFILE.rule("TEMP_HIGH")) == "39.0"


def test_worse_than_before_counts_over_all_limits_of_a_rule() -> None:
    bed = Lab({"sbp": 130})
    bed.tick(0, nibp_sys=158)  # by 20 % over the baseline alone
    assert told(bed.tick(20, nibp_sys=120)) == [(20, "cleared", "SBP_WATCH")]
    assert told(bed.tick(22, nibp_sys=161)) == [(22, "raised", "SBP_WATCH")]  # by 160 too, which never held before
