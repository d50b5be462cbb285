"""Risks and the profile that they suggest (default-alarm-limits.md section 3)."""

import pytest

from dashboard.session.prescreen import BREATHING, HEART, RISKS, differs, suggestions


@pytest.mark.parametrize("risk", RISKS, ids=lambda risk: risk.id)
def test_each_risk_suggests_its_profile_and_names_itself(risk: object) -> None:
    (found,) = suggestions({risk.id: "yes"}, 40)  # type: ignore[attr-defined]
    assert (found.profile, found.because) == (risk.profile, (risk.label,))  # type: ignore[attr-defined]


def test_six_risks_are_of_breathing_and_three_of_the_heart() -> None:
    assert [risk.profile for risk in RISKS].count(BREATHING) == 6
    assert [risk.profile for risk in RISKS].count(HEART) == 3


@pytest.mark.parametrize("answer", ["no", "unknown", None, ""])
def test_only_a_yes_suggests(answer: str | None) -> None:
    assert suggestions({risk.id: answer for risk in RISKS}, None) == ()


@pytest.mark.parametrize(("age", "profiles"), [(69.9, []), (70.0, [HEART]), (None, [])])
def test_seventy_years_are_a_risk_of_the_heart(age: float | None, profiles: list[str]) -> None:
    assert [one.profile for one in suggestions({}, age)] == profiles


def test_both_stand_side_by_side_breathing_first_and_either_needs_no_reason() -> None:
    both = suggestions({"copd": "yes", "arrhythmia": "yes", "bmi_35": "yes"}, 71)
    assert [(one.profile, len(one.because)) for one in both] == [(BREATHING, 2), (HEART, 2)]
    assert not differs(both, BREATHING) and not differs(both, HEART)
    assert differs(both, "A-standard-adult") and not differs((), "A-standard-adult")
