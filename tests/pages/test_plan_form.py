"""The set-up form, judged as plain values: one clear line for each wrong field, and nothing recorded from a doubtful one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models.protocols import shipped_dose_guard, shipped_protocols
from dashboard.pages._plan import LABELS, OPTIONAL, Checked, check, fill, parse, pounds
from dashboard.pages.services import Answered
from dashboard.session.prescreen import RISKS

PROFILES, SCALES, PEOPLE = ["A-standard-adult", "C-cardiac-risk"], ["moaas", "rass"], ["R. Nurse", "C. Kim"]
GOOD: dict[str, Any] = {
    "patient": "T.N.", "age": "54", "weight": "62", "weight_again": "62", "protocol": "CRPS-10x4H", "planned_mg": "86.8", "planned_min": "240",
    "concentration": "2", "concentration_again": "2.0", "profile": "A-standard-adult", "scale": "moaas", "by": "R. Nurse",
}  # fmt: skip


def judge(**changes: Any) -> Checked:
    return check(GOOD | changes, shipped_dose_guard(), PROFILES, SCALES, PEOPLE)


def test_a_whole_form_becomes_a_plan() -> None:
    checked = judge()
    assert checked.errors == {} and checked.missing == () and checked.warnings == ()
    assert checked.plan is not None
    assert (checked.plan.weight_kg, checked.plan.planned_mg, checked.plan.concentration_mg_ml) == (62, 86.8, 2)


def test_the_dose_is_said_in_all_three_units() -> None:
    """0.35 mg/kg/h for 62 kg over 4 h: 86.8 mg, 21.7 mg/h, at 2 mg/mL 10.85 mL/h (ketamine-infusion.md, CRPS-10x4H)."""
    dose = judge().dose
    assert dose is not None
    assert (dose.rate_mg_h, dose.rate_mg_kg_h, dose.rate_ml_h) == pytest.approx((21.7, 0.35, 10.85))
    assert dose.band.priority is None


@pytest.mark.parametrize(
    ("change", "field", "line"),
    [
        ({"weight": "0"}, "weight", "Weight: must be more than 0 kg"),
        ({"weight": "-5"}, "weight", "Weight: must be more than 0 kg"),
        ({"concentration": "0"}, "concentration", "Concentration: must be more than 0 mg/mL"),
        ({"weight": "6200"}, "weight", "Weight: 6200 kg is outside 25 to 300 kg"),
        ({"weight": "sixty"}, "weight", "Weight: 'sixty' is not a number in kg"),
        ({"concentration": "100"}, "concentration", "Concentration: 100 mg/mL is outside 0.05 to 50 mg/mL"),
        ({"age": "7"}, "age", "Age: 7 years is outside 18 to 120 years"),
        ({"planned_min": "0.5"}, "planned_min", "Planned time: 0.5 min is outside 1 to 5760 min"),
        ({"weight_again": "26"}, "weight_again", "Weight: the two entries differ, 62 and 26 kg; check and type it again"),
        ({"profile": "X"}, "profile", "Alarm profile: 'X' is not one of A-standard-adult, C-cardiac-risk"),
        ({"by": "Somebody"}, "by", "Opened by: 'Somebody' is not a person of this station"),
        ({"patient": "A very long whole name"}, "patient", "Patient initials: at most 12 characters, initials or a made-up name only"),
    ],
)  # fmt: skip
def test_each_wrong_field_has_one_line_that_names_it(change: dict[str, str], field: str, line: str) -> None:
    checked = judge(**change)
    assert checked.errors == {field: line}
    assert checked.plan is None


@pytest.mark.parametrize(("first", "second"), [("1", "10"), ("10", "1"), ("2", "20"), ("0.5", "5"), ("0,5", "5")])
def test_a_tenfold_slip_is_called_one(first: str, second: str) -> None:
    checked = judge(concentration=first, concentration_again=second)
    assert "a factor of ten: read the label again" in checked.errors["concentration_again"]
    assert checked.dose is None and checked.plan is None


def test_two_ways_to_write_one_number_agree() -> None:
    assert judge(concentration="2", concentration_again="2,0").plan is not None


def test_without_the_second_entry_there_is_no_plan_yet() -> None:
    checked = judge(concentration_again="")
    assert checked.plan is None and checked.errors == {} and checked.missing == ("concentration_again",)


def test_age_may_stay_empty() -> None:
    plan = judge(age="").plan
    assert plan is not None and plan.age_y is None


def test_an_empty_form_is_incomplete_and_not_wrong() -> None:
    checked = check({}, shipped_dose_guard(), PROFILES, SCALES, PEOPLE)
    assert checked.errors == {}
    assert set(checked.missing) == set(LABELS) - OPTIONAL


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"planned_mg": "99.2", "planned_min": "60"}, "1.6 mg/kg/h: above 1 mg/kg/h: enhanced monitoring setting"),
        ({"planned_mg": "150", "planned_min": "60"}, "above 2 mg/kg/h: needs the prescriber's confirmation"),
        ({"concentration": "10", "concentration_again": "10"}, "not a usual infusion strength"),
        ({"weight": "190", "weight_again": "190"}, "kilograms, not pounds?"),
    ],
)
def test_what_is_unusual_warns_and_never_blocks(change: dict[str, str], warning: str) -> None:
    checked = judge(**change)
    assert checked.plan is not None
    assert any(warning in line for line in checked.warnings)


def risks(**answers: str | None) -> Checked:
    asked: dict[str, str | None] = dict.fromkeys((risk.id for risk in RISKS), "no")
    form = {key: answers.pop(key) for key in ("profile", "profile_reason", "age", "depth") if key in answers}
    return check(GOOD | form, shipped_dose_guard(), PROFILES, SCALES, PEOPLE, asked | answers)


def test_risks_suggest_a_profile_and_another_choice_needs_a_reason() -> None:
    assert risks().suggested == () and risks().plan is not None
    other = risks(arrhythmia="yes")
    assert [one.profile for one in other.suggested] == ["C-cardiac-risk"]
    assert other.errors == {"profile_reason": "Reason: another profile is suggested; say why this one is chosen"}
    assert other.plan is None
    reasoned = risks(arrhythmia="yes", profile_reason="pacemaker, seen by cardiology").plan
    assert reasoned is not None
    assert reasoned.answers[-1] == Answered(
        "profile_chosen", "A-standard-adult", "C-cardiac-risk suggested for Arrhythmia; pacemaker, seen by cardiology"
    )
    chosen = risks(arrhythmia="yes", profile="C-cardiac-risk").plan
    assert chosen is not None and chosen.answers[-1].note == "C-cardiac-risk suggested for Arrhythmia"


def test_every_answer_is_recorded_and_what_nobody_asked_is_not_no() -> None:
    plan = risks(copd="unknown", bmi_35=None).plan
    assert plan is not None
    assert {(one.item, one.answer) for one in plan.answers} == {
        (risk.id, "unknown" if risk.id == "copd" else "no") for risk in RISKS if risk.id != "bmi_35"
    }
    assert any("Risks: 1 not answered" in line for line in risks(bmi_35=None).warnings)


def test_intended_depth_is_minimal_unless_somebody_says_otherwise() -> None:
    assert judge().plan is not None and judge().plan.intended_depth == "minimal"  # type: ignore[union-attr]
    moderate = judge(depth="moderate").plan
    assert moderate is not None and moderate.intended_depth == "moderate"
    assert judge(depth="deep").errors == {"depth": "Intended depth: 'deep' is not one of minimal, moderate"}


def test_half_a_milligram_per_kilogram_belongs_to_the_lower_band() -> None:
    dose = judge(planned_mg="31", planned_min="60").dose
    assert dose is not None and dose.band.text == "within usual analgesic range"


@pytest.mark.parametrize(("code", "weight", "filled"), [
    ("CRPS-10x4H", "62", ("86.8", "240")),
    ("CRPS-4D", "62", ("2112", "5760")),
    ("SCI-80-5H", "62", ("80", "300")),
    ("START-80-2H", "62", ("80", "120")),
    ("MOOD-40MIN", "70", ("35", "40")),
    ("RESPONSE", "70", None),
    ("MOOD-40MIN", "", None),
    ("MOOD-40MIN", "0", None),
])  # fmt: skip
def test_the_protocol_fills_dose_and_time(code: str, weight: str, filled: tuple[str, str] | None) -> None:
    assert fill(shipped_protocols()[code], weight) == filled


@pytest.mark.parametrize(("text", "value"), [
    ("0.5", 0.5), (" 62 ", 62), ("0,5", 0.5), ("1,25", 1.25), ("1,000", None), ("1.000,5", None), ("", None), ("nan", None), ("inf", None),
    ("1e999", None), ("5 mg", None), (",5", None), ("1,2,3", None),
])  # fmt: skip
def test_numbers_as_people_type_them(text: str, value: float | None) -> None:
    assert parse(text) == value


def test_the_weight_in_pounds_shows_a_mix_up() -> None:
    assert pounds("62") == "62 kg = 137 lb"
    assert pounds("x") == pounds("0") == ""


@given(
    st.dictionaries(
        st.sampled_from(list(LABELS)), st.text(max_size=30) | st.floats(allow_nan=True).map(str) | st.none()
    )
)
def test_whatever_is_typed_is_judged_and_a_plan_is_always_sound(form: dict[str, Any]) -> None:
    checked = check(GOOD | form, shipped_dose_guard(), PROFILES, SCALES, PEOPLE)
    if checked.plan is not None:
        assert checked.errors == {} and checked.missing == ()
        assert 25 <= checked.plan.weight_kg <= 300
        assert 0.05 <= checked.plan.concentration_mg_ml <= 50
    for field, line in checked.errors.items():
        assert line.startswith((LABELS[field], LABELS[field].removesuffix(" again")))
        assert "\n" not in line.replace(repr(line), "")
