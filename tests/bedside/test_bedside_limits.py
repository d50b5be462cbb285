"""Limits of one patient: what the screens are told of them, and what may be changed or switched off."""

from typing import Any

import pytest
from bed_world import World

from dashboard.bedside.errors import EntryRefused

CALM = {"hr": 72.0, "spo2": 97.0, "etco2": 38.0, "rr_co2": 14.0}


def setting(world: World, rule: str) -> dict[str, Any]:
    return next(row for row in world.bed.snapshot()["session"]["settings"] if row["rule"] == rule)


def change(world: World, rule: str, old: dict[str, float], new: dict[str, float]) -> None:
    world.record("limit_changed", rule=rule, old=old, new=new, reason="ordered")
    world.settle()


def test_a_change_is_told_with_its_default_and_goes_back(world: World) -> None:
    world.open()
    world.advance(2, **CALM)
    assert setting(world, "SPO2_LOW_2")["modified"] is False
    assert world.bed.snapshot()["session"]["limits_modified"] is False
    change(world, "SPO2_LOW_2", {"value": 89.0}, {"value": 87.0})
    told = world.of("event")[-1]["session"]
    row = next(row for row in told["settings"] if row["rule"] == "SPO2_LOW_2")
    assert (row["value"], row["default_value"], row["text"], row["modified"]) == (87.0, 89.0, "≤ 87", True)
    assert told["limits_modified"] is True
    change(world, "SPO2_LOW_2", {"value": 87.0}, {"value": 89.0})
    assert world.bed.snapshot()["session"]["limits_modified"] is False
    change(world, "SPO2_LOW_2", {"value": 89.0}, {"value": 87.0})
    world.record("session_closed", summary="done")
    world.open(patient="U. U.")
    assert setting(world, "SPO2_LOW_2")["modified"] is False  # the next patient starts from the profile


def test_the_rules_come_only_with_entries_that_may_change_them(world: World) -> None:
    world.open()
    world.advance(2, **CALM)
    world.record("note", text="x")
    world.settle()
    assert "settings" not in world.of("event")[-1]["session"]
    world.record("baseline_taken", values={"rate": 75.0})
    world.settle()
    rows = world.of("event")[-1]["session"]["settings"]
    assert next(row for row in rows if row["rule"] == "HR_TREND")["text"] == "≥ 98"  # 30 % over 75


@pytest.mark.parametrize(
    ("entry", "status", "says"),
    [
        ({"type": "limit_changed", "rule": "SPO2_LOST", "old": {}, "new": {"value": 90.0}}, 400, "the same for every patient"),
        ({"type": "limit_changed", "rule": "APNOEA", "old": {}, "new": {"value": 30.0}}, 400, "safer side"),
        ({"type": "limit_changed", "rule": "HR_LOW_1", "old": {"value": 55.0}, "new": {"value": 45.0}}, 409, "meanwhile"),
        ({"type": "limit_changed", "rule": "HR_LOW_1", "old": {}, "new": {"value": 140.0}}, 400, "not below"),
        ({"type": "alarm_off", "rule": "SPO2_LOW_2", "duration_s": 60.0}, 400, "cannot be switched off"),
        ({"type": "alarm_off", "rule": "APNOEA", "duration_s": 60.0}, 400, "cannot be switched off"),
        ({"type": "alarm_off", "rule": "HR_HIGH_1", "duration_s": 3000.0}, 400, "at most 1800 s"),
        ({"type": "alarm_on", "rule": "HR_HIGH_1"}, 409, "on already"),
    ],
)  # fmt: skip
def test_what_the_profile_does_not_allow_is_refused(
    world: World, entry: dict[str, Any], status: int, says: str
) -> None:
    world.open()
    world.advance(2, **CALM)
    with pytest.raises(EntryRefused, match=says) as refused:
        world.bed.record({"by": "R. Nurse", "reason": "x", **entry})
    assert refused.value.status == status
    assert not world.of("event") or world.of("event")[-1]["session"]["limits_modified"] is False


def test_apnoea_may_be_made_safer(world: World) -> None:
    world.open()
    change(world, "APNOEA", {"value": 20.0}, {"value": 15.0})
    assert setting(world, "APNOEA")["value"] == 15.0


def test_off_is_told_to_every_screen_and_returns_by_itself(world: World) -> None:
    world.open()
    world.advance(2, **CALM)
    world.record("alarm_off", rule="HR_HIGH_1", duration_s=60.0, reason="known artefact")
    world.settle()
    told = world.of("event")[-1]["session"]
    assert told["off"] == world.bed.snapshot()["session"]["off"]
    (row,) = told["off"]
    assert (row["rule"], row["label"], row["by"], row["reason"]) == (
        "HR_HIGH_1",
        "HR high",
        "R. Nurse",
        "known artefact",
    )
    assert row["until_t_s"] == pytest.approx(62, abs=1)
    assert setting(world, "HR_HIGH_1")["off_until_s"] == row["until_t_s"]
    world.record("alarm_on", rule="HR_HIGH_1")
    world.settle()
    assert world.of("event")[-1]["session"]["off"] == []
    world.record("alarm_off", rule="HR_HIGH_1", duration_s=60.0, reason="again")
    world.advance(63, **CALM)
    assert world.bed.snapshot()["session"]["off"] == []


def test_alarms_name_their_group_and_ask_for_a_second_cuff_reading(world: World) -> None:
    world.open()
    world.record("infusion_started", rate_mg_h=36.0, concentration_mg_ml=2.0)
    world.advance(20, **{**CALM, "spo2": 86.0})
    world.say(nibp_sys=185.0, nibp_dia=95.0, nibp_map=125.0)
    world.advance(3, **{**CALM, "spo2": 86.0})
    rows = {row["rule"]: row for row in world.bed.snapshot()["alarms"]}
    assert (rows["SPO2_LOW_2"]["group"], rows["SPO2_LOW_2"]["prompt_repeat"]) == ("respiratory", False)
    assert (rows["SBP_HIGH"]["group"], rows["SBP_HIGH"]["prompt_repeat"]) == ("", True)


def test_a_sensor_that_has_just_come_on_is_told_as_settling(world: World) -> None:
    world.open()
    world.advance(2, **CALM)
    first = world.bed.snapshot()["values"]["spo2"]
    world.advance(60, **CALM)
    assert "settling_s" not in world.bed.snapshot()["values"]["spo2"]
    world.advance(40, **{**CALM, "spo2": None})
    world.advance(2, **CALM)
    again = world.bed.snapshot()["values"]["spo2"]
    assert 0 < again["settling_s"] <= 60
    assert first["value"] == 97.0
