"""A session keeps the limits that it was opened with, whatever the site approves meanwhile."""

from datetime import UTC, datetime

import pytest
from bed_world import World

from config.models.alarms import load_profile
from dashboard.bedside.errors import EntryRefused
from dashboard.replay import rerun_lines
from dashboard.store import Stores

ADULT = "A-standard-adult"
CALM = {"hr": 72.0, "spo2": 97.0, "rr_co2": 14.0, "etco2": 38.0}


def approve_a_wider_limit(world: World) -> str:
    """SpO2 medium from 95 on at once: the session's own limits would say nothing at 94."""
    wider = load_profile(ADULT).with_limit("SPO2_LOW_2", {"value": 95.0, "delay_s": 0.0})
    version = world.store.profiles.propose(wider, "Dr. R", "x", {})
    world.store.profiles.approve(ADULT, version, "Dr. Chief")
    return version


def speaking(world: World) -> set[str]:
    return {alarm.rule for alarm in world.bed.alarms()}


def test_the_text_in_force_is_in_the_book_when_a_session_opens(world: World) -> None:
    assert world.store.profiles.versions(ADULT)[0].state == "shipped"
    world.open()
    assert world.store.profiles.versions(ADULT)[0].state == "in force once"


def test_a_restart_does_not_bring_new_limits_to_an_old_session(world: World) -> None:
    session = world.open()
    world.advance(30, **CALM)
    version = approve_a_wider_limit(world)
    world.bed = world.make()
    assert world.bed.resume_open()
    world.advance(30, **{**CALM, "spo2": 94.0})
    assert "SPO2_LOW_2" not in speaking(world)
    world.bed.record({"type": "session_closed", "by": "R. Nurse"})
    world.bed.poll()
    assert world.store.writer.flush()
    assert list(world.store.ticks(session))

    world.open(profile_version=version)
    world.advance(5, **{**CALM, "spo2": 94.0})
    assert "SPO2_LOW_2" in speaking(world)


def test_a_re_run_judges_by_the_sessions_own_limits(world: World) -> None:
    session = world.open()
    world.advance(60, **{**CALM, "spo2": 94.0})
    approve_a_wider_limit(world)
    assert world.store.writer.flush()
    with Stores(world.folder) as stores:
        assert stores.live.session(session) is not None
        assert not [line for line in rerun_lines(session, world.folder) if "SPO2" in line]


def test_screens_say_so_when_the_running_limits_are_approved(world: World) -> None:
    world.open()
    world.advance(2, **CALM)
    assert world.bed.snapshot()["session"]["approved"] is False
    version = world.bed.session.opened.profile_version  # type: ignore[union-attr]
    world.store.profiles.approve(ADULT, version, "Dr. Chief", datetime(2026, 9, 1, tzinfo=UTC))
    world.messages.clear()
    world.bed.approved()
    assert [fields["session"]["approved"] for kind, fields in world.messages if kind == "snapshot"] == [True]
    world.advance(2, **CALM)
    assert world.bed.snapshot()["session"]["approved"] is True


def test_a_version_that_nobody_has_cannot_open_a_session(world: World) -> None:
    with pytest.raises(EntryRefused, match="version 9 is not recorded here"):
        world.open(profile_version="9")
    assert world.bed.session is None


def test_a_session_whose_limits_are_lost_still_has_alarms(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of before the book, and a newer program: the current limits watch rather than none."""
    monkeypatch.setattr("dashboard.bedside.bedside.remembered", lambda store, opened: None)
    world.open(profile_version="0.0.1")
    world.advance(10, **{**CALM, "spo2": 70.0})
    assert "SPO2_LOW_3" in speaking(world)
