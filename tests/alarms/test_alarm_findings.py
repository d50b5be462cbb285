"""What people see: findings, levels that latch, and poor breathing beside a level."""

import pytest
from alarm_lab import PROFILE, Lab, Said, relaxed, told

from dashboard.alarms import active

LOW, MEDIUM, HIGH = "LOC_LEVEL_LOW", "LOC_LEVEL_MEDIUM", "LOC_LEVEL_HIGH"
BOTH_LOW, BOTH_MEDIUM, BOTH_HIGH = "LOC_BREATHING_LOW", "LOC_BREATHING_MEDIUM", "LOC_BREATHING_HIGH"
FOUND_MEDIUM, FOUND_HIGH = "FINDING_MEDIUM", "FINDING_HIGH"


def assess(bed: Lab, t_s: int, level: str, scale: str = "moaas", **values: float | None) -> list[Said]:
    bed.tell(t_s, "consciousness_assessed", scale=scale, level=level, by="RN Ito")
    return told(bed.tick(t_s, **(values or {"spo2": 97})))


def see(bed: Lab, t_s: int, effect: str, severity: str = "", **more: object) -> list[Said]:
    bed.tell(t_s, "side_effect", effect=effect, severity=severity, by="RN Ito", **more)
    return told(bed.tick(t_s, spo2=97))


@pytest.mark.parametrize(
    ("effect", "severity", "rule"),
    [
        ("airway noise", "", FOUND_HIGH),
        ("  Airway   NOISE ", "mild", FOUND_HIGH),
        ("apnoea seen", "", FOUND_HIGH),
        ("stridor", "", FOUND_HIGH),
        ("laryngospasm", "", FOUND_HIGH),
        ("vomiting while obtunded", "", FOUND_HIGH),
        ("vomiting", "severe", None),  # awake: a side effect and no more
        ("severe distress", "", FOUND_MEDIUM),
        ("frightening hallucination", "mild", FOUND_MEDIUM),
        ("hallucination", "severe", FOUND_MEDIUM),
        ("hallucination", "Severe", FOUND_MEDIUM),
        ("hallucination", "moderate", None),
        ("anxiety", "severe", FOUND_MEDIUM),
        ("agitation", "severe", FOUND_MEDIUM),
        ("nightmare", "severe", FOUND_MEDIUM),
        ("nausea", "severe", None),
        ("", "", None),
    ],
)
def test_findings_of_the_clinical_table(effect: str, severity: str, rule: str | None) -> None:
    assert see(Lab(), 10, effect, severity) == ([] if rule is None else [(10, "raised", rule)])


@pytest.mark.parametrize(
    ("scale", "level", "fires"),
    [("moaas", "4", False), ("moaas", "3", True), ("rass", "-1", False), ("rass", "-2", True), ("acvpu", "V", True), ("gcs", "13", False)],
)  # fmt: skip
def test_vomiting_is_high_in_a_patient_who_is_hard_to_rouse(scale: str, level: str, fires: bool) -> None:
    bed = Lab()
    assess(bed, 5, level, scale)
    said = see(bed, 10, "vomiting", "mild")
    assert ((10, "raised", FOUND_HIGH) in said) is fires


def test_a_finding_says_what_it_is_and_the_next_assessment_answers_it() -> None:
    bed = Lab()
    see(bed, 10, "severe distress")
    (change,) = bed.changes
    assert (change.value, change.limit, change.kind) == ("severe distress", None, "physiological")
    (alarm,) = active(bed.profile, bed.state, 10)
    assert (alarm.text, alarm.signal, alarm.unit, alarm.trigger) == ("FINDING: severe distress", "loc", "", "")
    assert bed.hold(range(11, 400), spo2=97) == []
    assert assess(bed, 400, "5") == [(400, "cleared", FOUND_MEDIUM)]
    assert bed.changes[-1].value == "severe distress"


def test_a_high_finding_that_nobody_accepted_latches() -> None:
    bed = Lab()
    see(bed, 10, "apnoea seen")
    assert assess(bed, 60, "5") == [(60, "latched", FOUND_HIGH)]
    bed = Lab()
    see(bed, 10, "apnoea seen")
    bed.tell(20, "alarm_acknowledged", rule=FOUND_HIGH, by="RN Ito")
    assert assess(bed, 60, "5") == [(60, "cleared", FOUND_HIGH)]


def test_of_several_findings_the_worst_speaks_and_of_these_the_last() -> None:
    bed = Lab()
    assert see(bed, 10, "severe distress") == [(10, "raised", FOUND_MEDIUM)]
    assert see(bed, 20, "airway noise") == [(20, "escalated", FOUND_HIGH)]
    assert see(bed, 30, "anxiety", "severe") == []
    assert see(bed, 40, "apnoea seen") == []
    assert active(bed.profile, bed.state, 40)[0].value == "apnoea seen"


def test_a_finding_is_an_alarm_of_its_own_beside_the_level() -> None:
    bed = Lab()
    assess(bed, 5, "2")
    see(bed, 10, "airway noise")
    assert [a.rule for a in active(bed.profile, bed.state, 10)] == [FOUND_HIGH, MEDIUM]


def test_a_finding_from_before_the_last_assessment_has_been_answered() -> None:
    bed = Lab()
    assess(bed, 100, "5")
    assert see(bed, 110, "airway noise", back_s=20) == []
    assert see(bed, 120, "airway noise", back_s=20) == [(120, "raised", FOUND_HIGH)]  # of the same second: not answered


def test_a_back_dated_assessment_answers_nothing_that_came_after_it() -> None:
    bed = Lab()
    see(bed, 100, "airway noise")
    bed.tell(200, "consciousness_assessed", scale="moaas", level="5", by="RN Ito", back_s=150)
    assert bed.tick(200, spo2=97) == []
    assert assess(bed, 210, "5") == [(210, "latched", FOUND_HIGH)]


def test_a_correction_strikes_or_changes_a_finding() -> None:
    bed = Lab()
    see(bed, 10, "severe distress", seq=4)
    see(bed, 12, "anxiety", "severe", seq=5)
    bed.tell(15, "correction", of=4, reason="wrong patient")
    assert bed.tick(15, spo2=97) == []
    bed.tell(16, "correction", of=5, reason="a word", replacement={"note": "at 10:40"})
    assert bed.tick(16, spo2=97) == []
    bed.tell(20, "correction", of=5, reason="milder", replacement={"severity": "mild"})
    assert told(bed.tick(20, spo2=97)) == [(20, "cleared", FOUND_MEDIUM)]
    see(bed, 40, "severe distress", seq=6)
    bed.tell(50, "correction", of=6, reason="worse", replacement={"effect": "airway noise"})
    assert told(bed.tick(50, spo2=97)) == [(50, "escalated", FOUND_HIGH)]
    bed.tell(60, "correction", of=6, reason="nothing", replacement={"effect": "nausea"})
    assert told(bed.tick(60, spo2=97)) == [(60, "latched", FOUND_HIGH)]


# -- levels that latch -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "level", "clear", "gone"),
    [
        ("moaas", "3", "5", "cleared"),
        ("moaas", "2", "5", "latched"),
        ("poss", "3", "1", "latched"),
        ("rass", "-3", "0", "cleared"),
        ("rass", "2", "0", "cleared"),
        ("acvpu", "C", "A", "cleared"),
        ("rass", "3", "0", "latched"),
        ("moaas", "1", "5", "latched"),
    ],
)
def test_which_levels_stay_until_somebody_has_seen_them(scale: str, level: str, clear: str, gone: str) -> None:
    bed = Lab()
    assess(bed, 10, level, scale)
    assert [change for _, change, _ in assess(bed, 300, clear, scale)] == [gone]


def test_a_level_that_latches_counts_though_it_came_within_one_alarm() -> None:
    bed = Lab()
    assert assess(bed, 10, "-3", "rass") == [(10, "raised", MEDIUM)]
    assert assess(bed, 100, "2") == []  # as bad on another scale: this one latches
    assert assess(bed, 200, "-3", "rass") == []
    assert assess(bed, 300, "5") == [(300, "latched", MEDIUM)]


def test_what_was_accepted_does_not_latch() -> None:
    bed = Lab()
    assess(bed, 10, "2")
    bed.tell(20, "alarm_acknowledged", rule=MEDIUM, by="RN Ito")
    assert assess(bed, 300, "5") == [(300, "cleared", MEDIUM)]


def test_a_fall_does_not_latch_by_itself() -> None:
    bed = Lab()
    assess(bed, 10, "5")
    assert assess(bed, 300, "3") == [(300, "raised", MEDIUM)]
    assert assess(bed, 600, "4") == [(600, "cleared", MEDIUM)]


def test_falling_back_to_a_lower_level_forgets_that_the_worse_one_latches() -> None:
    bed = Lab()
    assess(bed, 10, "2")
    assert assess(bed, 300, "3") == [(300, "demoted", LOW)]
    assert assess(bed, 600, "5") == [(600, "cleared", LOW)]


# -- a level and poor breathing: one alarm, one step up ----------------------------------------------------------------

POOR: list[tuple[dict[str, float], bool]] = [
    ({"spo2": 92}, False),
    ({"spo2": 91.9}, True),
    ({"rr_co2": 8}, False),
    ({"rr_co2": 7}, True),
    ({"etco2": 47}, False),
    ({"etco2": 48}, True),  # 10 over 38
    ({"spo2": 97, "rr_co2": 14, "etco2": 38}, False),
    ({"spo2": 91, "rr_co2": 14, "etco2": 38}, True),
]


@pytest.mark.parametrize(("values", "poor"), POOR)
def test_poor_breathing_raises_a_level_one_step(values: dict[str, float], poor: bool) -> None:
    bed = Lab({"etco2": 38})
    bed.tick(0, **values)
    assert assess(bed, 10, "3", **values) == [(10, "raised", LOW)]
    bed.hold(range(11, 26), **values)
    loc = [said for said in bed.said if said[2].startswith("LOC")]
    assert loc[1:] == ([(25, "escalated", BOTH_MEDIUM)] if poor else [])
    assert len({c.occurrence for c in bed.changes if c.rule.startswith("LOC")}) == 1


@pytest.mark.parametrize(
    ("depth", "level", "rules"),
    [
        ("minimal", "4", []),
        ("minimal", "3", [LOW, BOTH_MEDIUM]),
        ("minimal", "2", [MEDIUM, BOTH_HIGH]),
        ("minimal", "1", [HIGH]),  # there is no step above
        ("moderate", "3", [BOTH_LOW]),
        ("moderate", "2", [MEDIUM, BOTH_HIGH]),
    ],
)
def test_one_step_up_from_every_level(depth: str, level: str, rules: list[str]) -> None:
    bed = Lab()
    bed.tell(0, "session_opened", intended_depth=depth)
    assess(bed, 10, level, spo2=91)
    bed.hold(range(11, 40), spo2=91)
    assert [rule for _, _, rule in bed.said if rule.startswith("LOC")] == rules


@pytest.mark.parametrize(
    ("values", "poor"),
    [
        ({"spo2": 91.0, "rr_co2": 7.0, "etco2": 48.0}, "SpO₂ 91 %, RR 7, EtCO₂ 48"),
        ({"spo2": 97.0, "rr_co2": 7.0, "etco2": 38.0}, "RR 7"),  # only the signs that are poor are named
    ],
)
def test_the_alarm_says_both(values: dict[str, float], poor: str) -> None:
    bed = Lab({"etco2": 38})
    assess(bed, 10, "3", **values)
    bed.hold(range(11, 26), **values)
    alarm = next(a for a in active(bed.profile, bed.state, 25) if a.signal == "loc")
    assert alarm.text == f"CONSCIOUSNESS MOAA/S 3, {poor}, POOR BREATHING"
    assert (alarm.value, alarm.limit, alarm.trigger) == ("3", "3, 2, 1, 0", "3, 2, 1, 0")


def test_it_comes_back_down_when_breathing_is_well_for_fifteen_seconds() -> None:
    bed = Lab()
    assess(bed, 10, "3", spo2=91)
    bed.hold(range(11, 30), spo2=91)
    bed.hold(range(30, 40), spo2=92)
    bed.hold(range(40, 42), spo2=91)  # a moment's relapse: it starts again
    assert bed.hold(range(42, 57), spo2=92) == []
    assert told(bed.tick(57, spo2=92)) == [(57, "demoted", LOW)]


def test_a_short_dip_beside_a_level_says_nothing() -> None:
    bed = Lab()
    assess(bed, 10, "3", spo2=91)
    bed.hold(range(11, 25), spo2=91)
    bed.hold(range(25, 60), spo2=93)
    assert bed.said == [(10, "raised", LOW)]


def test_a_lost_sign_neither_raises_nor_clears() -> None:
    bed = Lab()
    assess(bed, 10, "3", spo2=91)
    bed.hold(range(11, 30), spo2=91)
    assert [c.rule for c in bed.hold(range(30, 100), spo2=None)] == ["SPO2_LOST"]
    assert [a.rule for a in active(bed.profile, bed.state, 100) if a.signal == "loc"] == [BOTH_MEDIUM]
    bed = Lab()
    assess(bed, 10, "3", spo2=97)
    bed.hold(range(11, 100), spo2=None)
    assert [rule for _, _, rule in bed.said] == [LOW, "SPO2_LOST"]


def test_one_poor_sign_is_enough_though_another_is_lost() -> None:
    bed = Lab()
    assess(bed, 10, "3", spo2=None, rr_co2=7)
    bed.hold(range(11, 26), spo2=None, rr_co2=7)
    assert (25, "escalated", BOTH_MEDIUM) in bed.said


def test_a_rise_needs_a_baseline() -> None:
    bed = Lab()
    assess(bed, 10, "3", etco2=49)
    bed.hold(range(11, 60), etco2=49)
    assert bed.said == [(10, "raised", LOW)]


def test_awake_again_ends_it() -> None:
    bed = Lab()
    assess(bed, 10, "2", spo2=91)
    bed.hold(range(11, 30), spo2=91)
    bed.tell(30, "consciousness_assessed", scale="moaas", level="5", by="RN Ito")
    bed.hold(range(30, 46), spo2=91)
    assert bed.said[-1] == (45, "latched", BOTH_HIGH)


def test_a_profile_without_the_rules_combines_nothing() -> None:
    rules = tuple(r for r in PROFILE.rules if r.operator != "combined" and r.signals[0] in ("loc", "sbp"))
    bed = Lab(profile=relaxed(rules=rules, settle={}))
    assess(bed, 10, "3", spo2=80)
    bed.hold(range(11, 60), spo2=80)
    assert bed.said == [(10, "raised", LOW)]
