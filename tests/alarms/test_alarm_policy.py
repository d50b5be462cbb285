"""What a person may change for one patient: checked at the bedside, never in a record that is run again."""

from typing import Any

import pytest
from alarm_lab import PROFILE

from config.models import ConfigError
from config.models.alarms import Profile
from dashboard.alarms.checks import check_change


def change(rule: str, reason: str = "", profile: Profile = PROFILE, **new: float) -> Profile:
    return check_change(PROFILE, profile, rule, new, reason)


@pytest.mark.parametrize(
    ("rule", "new"),
    [
        ("SPO2_LOW_2", {"value": 90}),
        ("SPO2_LOW_2", {"value": 89}),
        ("SPO2_LOW_2", {"delay_s": 10}),
        ("SPO2_LOW_2", {"hysteresis": 3}),
        ("HR_HIGH_1", {"value": 115}),
        ("HR_TREND", {"value": 25}),
        ("SBP_HIGH", {"value": 170}),
        ("ETCO2_HI_1", {"delay_s": 15}),
        ("APNOEA", {"value": 15}),
        ("TEMP_LOW", {"value": 35.5}),
    ],
)
def test_a_safer_number_needs_no_reason(rule: str, new: dict[str, float]) -> None:
    key, number = next(iter(new.items()))
    changed = change(rule, **new).rule(rule)
    assert number in (getattr(changed, key), *(branch.value for branch in changed.any))


@pytest.mark.parametrize(
    ("rule", "new", "complaint"),
    [
        ("SPO2_LOW_2", {"value": 88}, "88 is less safe than the profile's 89"),
        ("SPO2_LOW_2", {"delay_s": 16}, "a delay of 16 s is longer than the profile's 15 s"),
        ("SPO2_LOW_2", {"hysteresis": 1}, "a hysteresis of 1 clears earlier than the profile's 2"),
        ("HR_HIGH_1", {"value": 125}, "125 is less safe than the profile's 121"),
        ("HR_LOW_1", {"value": 45}, "45 is less safe than the profile's 49"),
        ("HR_TREND", {"value": 35}, "35 is less safe than the profile's 30"),
        ("SBP_LOW", {"value": 88}, "88 is less safe than the profile's 90"),
        ("ETCO2_HI_1", {"delay_s": 20}, "a delay of 20 s is longer than the profile's 15 s"),
    ],
)
def test_a_less_safe_number_needs_a_reason(rule: str, new: dict[str, float], complaint: str) -> None:
    for empty in ("", "  "):
        with pytest.raises(ConfigError, match=f"rule {rule}: {complaint}: that needs a reason"):
            change(rule, empty, **new)
    assert change(rule, "athlete", **new).rule(rule) != PROFILE.rule(rule)


def test_a_limit_relative_to_the_low_side_is_less_safe_when_it_is_wider() -> None:
    rules = tuple(
        r.model_copy(update={"operator": "pct_under_baseline"}) if r.id == "HR_TREND" else r for r in PROFILE.rules
    )
    profile = PROFILE.model_copy(update={"rules": rules})
    with pytest.raises(ConfigError, match="35 is less safe"):
        check_change(profile, profile, "HR_TREND", {"value": 35}, "")
    check_change(profile, profile, "HR_TREND", {"value": 25}, "")


@pytest.mark.parametrize("new", [{"value": 25.0}, {"delay_s": 5.0}])
def test_apnoea_only_gets_safer(new: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="rule APNOEA: changes only to the safer side"):
        change("APNOEA", "a reason", **new)


@pytest.mark.parametrize("rule", ["SPO2_LOST", "LINK_LOST", "LOC_DUE", "NIBP_STALE", "NO_NURSE"])
def test_what_is_the_same_for_every_patient(rule: str) -> None:
    with pytest.raises(ConfigError, match=f"rule {rule}: the same for every patient"):
        change(rule, "a reason", value=3)


def test_what_a_table_decides_has_no_number_to_change() -> None:
    with pytest.raises(ConfigError, match="LOC_LEVEL_HIGH: level_table has no value to change"):
        change("LOC_LEVEL_HIGH", "a reason", value=1)


def test_a_step_that_would_never_speak_is_refused_with_a_reason_too() -> None:
    with pytest.raises(ConfigError, match="SPO2_LOW_1: its limit 88 lies beyond 89 of SPO2_LOW_2"):
        change("SPO2_LOW_1", "a reason", value=88)


def test_changes_are_measured_against_the_profile_and_made_on_what_is_in_force() -> None:
    lower = change("SPO2_LOW_2", "COPD", value=86)
    both = change("SPO2_LOW_1", "COPD", lower, value=88)  # fits now that the medium step is lower
    assert (both.rule("SPO2_LOW_1").value, both.rule("SPO2_LOW_2").value) == (88, 86)
    with pytest.raises(ConfigError, match="87 is less safe than the profile's 89"):
        change("SPO2_LOW_2", "", lower, value=87)
    assert change("SPO2_LOW_2", "", lower, value=89).rule("SPO2_LOW_2") == PROFILE.rule("SPO2_LOW_2")


def test_a_rule_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="no rule 'NOPE'"):
        change("NOPE", "a reason", value=3)
