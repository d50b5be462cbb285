"""One bed from its opening to its end, on a hand-set clock and a real store."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bed_world import World

from dashboard import alarms
from dashboard.bedside.bedside import AUDIO_PAUSE_S
from dashboard.bedside.errors import EntryRefused
from dashboard.session.events import AlarmEvent, type_name
from dashboard.session.facts import as_fact

CALM = {"hr": 72.0, "spo2": 97.0, "etco2": 38.0, "rr_co2": 14.0}


def transitions(world: World, session: str) -> list[tuple[float, str, str]]:
    found = [stored.event for stored in world.store.events(session)]
    return [(e.t_s, e.rule, type_name(e).removeprefix("alarm_")) for e in found if isinstance(e, AlarmEvent)]


def rerun(world: World, session: str) -> list[tuple[float, str, str]]:
    record = world.store.events(session)
    facts = [fact for stored in record if (fact := as_fact(stored.event, stored.seq)) is not None]
    changes = alarms.replay(alarms.load_profile("A-standard-adult"), None, world.store.ticks(session), facts)
    return [(c.t_s, c.rule, c.change) for c in changes]


def test_without_a_session_numbers_show_and_nothing_alarms(world: World) -> None:
    world.advance(30, **{**CALM, "spo2": 70.0})
    snapshot = world.bed.snapshot()
    assert snapshot["session"] is None
    assert snapshot["values"]["spo2"]["value"] == 70.0
    assert snapshot["alarms"] == []


def test_a_desaturation_alarms_on_time_and_its_acknowledgement_carries_the_name(world: World) -> None:
    session = world.open()
    world.advance(5, **CALM)
    world.advance(30, **{**CALM, "spo2": 83.0})  # at or below 84 from t = 6 on
    world.settle()
    raised = [t for t in transitions(world, session) if t[1].startswith("SPO2")]
    assert raised[0] == (11.0, "SPO2_LOW_3", "raised")
    alarm = world.bed.snapshot()["alarms"][0]
    assert (alarm["priority"], alarm["trigger"], alarm["state"]) == ("high", "≤ 84", "active")
    world.bed.acknowledge(alarm["occurrence"], "C. Charge")
    shown = world.of("alarm")[-1]["alarms"][0]
    assert (shown["state"], shown["acknowledged_by"]) == ("acknowledged", "C. Charge")
    world.settle()
    assert transitions(world, session)[-1][1:] == ("SPO2_LOW_3", "acknowledged")
    assert any("acknowledged" in line for line in world.log())


def test_an_alarm_that_is_gone_cannot_be_acknowledged_nor_by_a_stranger(world: World) -> None:
    world.open()
    world.advance(20, **{**CALM, "spo2": 83.0})
    occurrence = world.bed.alarms()[0].occurrence
    with pytest.raises(EntryRefused, match="who is at the bed"):
        world.bed.acknowledge(occurrence, "Somebody")
    with pytest.raises(EntryRefused, match="no longer there"):
        world.bed.acknowledge(occurrence + 100, "R. Nurse")
    world.bed.acknowledge(occurrence, "R. Nurse")
    with pytest.raises(EntryRefused, match="no longer there"):
        world.bed.acknowledge(occurrence, "C. Charge")


def test_an_entry_is_durable_before_it_is_answered_and_told_once(world: World, tmp_path: Path) -> None:
    session = world.open()
    world.advance(3, **CALM)
    entry = {"id": "one", "type": "infusion_started", "by": "R. Nurse", "rate_mg_h": 24.5, "concentration_mg_ml": 2.0}
    first = world.bed.record(entry)
    assert [s.seq for s in world.store.events(session) if type_name(s.event) == "infusion_started"] == [first["seq"]]
    assert world.bed.record(entry)["seq"] == first["seq"]  # the same tap again, or a retry after a lost answer
    assert sum(type_name(s.event) == "infusion_started" for s in world.store.events(session)) == 1
    assert world.store.writer.flush(10.0)
    world.bed.poll()  # on a slow disk the entry is folded in only now
    infusion = world.of("event")[-1]["infusion"]
    assert (infusion["state"], infusion["rate_ml_h"]) == ("running", 12.25)


@pytest.mark.parametrize(
    ("entry", "field", "status"),
    [
        ({"type": "infusion_started", "rate_mg_h": -1.0, "concentration_mg_ml": 2.0}, "rate_mg_h", 400),
        ({"type": "infusion_started", "rate_mg_h": 10.0, "concentration_mg_ml": 0.0}, "concentration_mg_ml", 400),
        ({"type": "infusion_paused"}, None, 400),
        ({"type": "consciousness_assessed", "scale": "moaas", "level": "9"}, "level", 400),
        ({"type": "note", "text": "  "}, "text", 400),
        ({"type": "note", "text": "x", "colour": "red"}, None, 400),
        ({"type": "alarm_cleared"}, "type", 400),
        ({"type": "nonsense"}, "type", 400),
        ({"type": "note", "text": "x", "by": "Nobody"}, "by", 400),
        ({"type": "limit_changed", "rule": "NO_RULE", "old": {}, "new": {"value": 85.0}, "reason": "x"}, "rule", 400),
        ({"type": "limit_changed", "rule": "APNOEA", "old": {}, "new": {"value": 25.0}, "reason": "x"}, "rule", 400),
        ({"type": "limit_changed", "rule": "LINK_LOST", "old": {}, "new": {"value": 4.0}, "reason": "x"}, "rule", 400),
        (
            {"type": "limit_changed", "rule": "SPO2_LOW_1", "old": {}, "new": {"value": 88.0}, "reason": "x"},
            "rule",
            400,
        ),
        ({"type": "alarm_off", "rule": "SPO2_LOW_1", "duration_s": 60.0, "reason": "x"}, "rule", 400),
        ({"type": "alarm_off", "rule": "TEMP_HIGH", "duration_s": 3000.0, "reason": "x"}, "rule", 400),
        ({"type": "alarm_on", "rule": "NOPE"}, "rule", 400),
    ],
)
def test_a_wrong_entry_is_refused_by_name_and_nothing_is_recorded(
    world: World, entry: dict[str, Any], field: str | None, status: int
) -> None:
    session = world.open()
    world.advance(2, **CALM)
    world.settle()
    before = len(world.store.events(session))
    with pytest.raises(EntryRefused) as refused:
        world.bed.record({"by": "R. Nurse", **entry})
    assert (refused.value.field, refused.value.status) == (field, status)
    assert "\n" not in str(refused.value)
    world.settle()
    assert len(world.store.events(session)) == before


def test_entries_need_an_open_session(world: World) -> None:
    with pytest.raises(EntryRefused) as refused:
        world.record("note", text="hello")
    assert refused.value.status == 409
    world.open()
    with pytest.raises(EntryRefused, match="close it first"):
        world.open()


def test_a_dead_line_leaves_gaps_and_never_the_last_number(world: World) -> None:
    session = world.open()
    world.advance(10, **CALM)
    for age in range(1, 21):
        world.link_age_s, world.link_state = float(age), "lost" if age > 5 else "live"
        world.advance(1)
    world.settle()
    spo2 = world.store.samples(session).values["spo2"].tolist()
    assert spo2[:10] == [97.0] * 10
    assert all(math.isnan(value) for value in spo2[13:])  # live for 3 s after the last reading, then gone
    told = transitions(world, session)
    assert (15.0, "LINK_LOST", "raised") in told
    assert (25.0, "LINK_LOST", "escalated") in told
    value = world.of("vitals")[-1]["values"]["spo2"]
    assert (value["value"], value["status"], value["last"]) == (None, "lost", 97.0)
    assert value["age_s"] == 20.0
    assert any("monitor lost" in line for line in world.log())


def test_a_sensor_off_is_said_at_once_and_alarms_after_its_delay(world: World) -> None:
    session = world.open()
    world.advance(5, **CALM)
    world.advance(40, **{**CALM, "spo2": None})
    world.settle()
    assert world.of("vitals")[-1]["values"]["spo2"]["status"] == "sensor_off"
    lost = [t for t in transitions(world, session) if t[1] == "SPO2_LOST"]
    assert lost == [(36.0, "SPO2_LOST", "raised")]  # none since the tick at 6 s


def test_audio_pause_counts_down_and_a_new_high_breaks_through(world: World) -> None:
    world.open()
    world.advance(30, **{**CALM, "hr": 45.0})
    assert world.bed.snapshot()["audio"]["sounding"] == "medium"
    world.bed.pause_audio("R. Nurse")
    audio = world.bed.snapshot()["audio"]
    assert audio["sounding"] is None
    assert AUDIO_PAUSE_S - 1 <= audio["paused_s_left"] <= AUDIO_PAUSE_S
    burst = audio["burst"]
    world.advance(10, **{**CALM, "hr": 45.0, "spo2": 80.0})
    audio = world.bed.snapshot()["audio"]
    assert audio["sounding"] == "high"
    assert audio["burst"] > burst


def test_a_medium_alarm_that_cleared_is_shown_for_a_minute_more(world: World) -> None:
    world.open()
    world.advance(30, **{**CALM, "hr": 45.0})
    world.advance(5, **CALM)
    (cleared,) = world.bed.snapshot()["recent"]
    assert (cleared["rule"], cleared["text"]) == ("HR_LOW_1", "HR low")
    assert cleared["cleared_at"] == "2026-03-01T23:59:31.000+00:00"
    world.advance(60, **CALM)
    assert world.bed.snapshot()["recent"] == []


def test_a_crash_is_gone_on_from_with_the_same_alarms_and_the_gap_as_a_gap(world: World) -> None:
    session = world.open()
    world.advance(5, **CALM)
    world.record("infusion_started", rate_mg_h=36.0, concentration_mg_ml=2.0)
    world.advance(30, **{**CALM, "spo2": 83.0})
    world.bed.acknowledge(world.bed.alarms()[0].occurrence, "R. Nurse")
    world.advance(2, **{**CALM, "spo2": 83.0})
    world.settle()
    before = [(a.occurrence, a.rule, a.phase, a.acknowledged_by) for a in world.bed.alarms()]
    world.clock.now_s += 100.0  # nobody was there
    world.bed = world.make()
    assert world.bed.resume_open()
    assert [(a.occurrence, a.rule, a.phase, a.acknowledged_by) for a in world.bed.alarms()] == before
    world.advance(3, **{**CALM, "spo2": 83.0})
    world.settle()
    ticks = [tick.t_s for tick in world.store.ticks(session)]
    assert max(b - a for a, b in pairwise(ticks)) == 101.0
    infusion = world.bed.snapshot()["infusion"]
    assert infusion["state"] == "running"
    started = next(s.event.t_s for s in world.store.events(session) if type_name(s.event) == "infusion_started")
    assert infusion["given_mg"] == pytest.approx((world.bed.t_s() - started) * 0.01, rel=1e-6)
    assert any("resumed after a gap" in line for line in world.log())
    assert transitions(world, session) == rerun(world, session)


def test_a_latched_alarm_that_was_reset_stays_reset_after_a_restart(world: World) -> None:
    session = world.open()
    world.advance(20, **{**CALM, "spo2": 80.0})
    world.advance(20, **CALM)
    latched = world.bed.alarms()[0]
    assert latched.phase == "latched"
    world.bed.acknowledge(latched.occurrence, "C. Charge")
    assert world.bed.alarms() == []
    world.advance(2, **CALM)
    world.settle()
    world.bed = world.make()
    world.bed.resume_open()
    assert world.bed.alarms() == []
    world.advance(2, **CALM)
    world.settle()
    assert transitions(world, session)[-1][1:] == ("SPO2_LOW_3", "reset")
    assert transitions(world, session) == rerun(world, session)


def test_the_time_that_the_program_was_away_is_not_apnoea(world: World) -> None:
    session = world.open()
    world.advance(10, **CALM)
    world.settle()
    world.clock.now_s += 60.0
    world.bed = world.make()
    world.bed.resume_open()
    world.advance(25, **CALM)
    world.settle()
    assert [rule for _, rule, _ in transitions(world, session)] == []
    assert rerun(world, session) == []


def test_pressure_is_asked_for_even_where_no_device_measures_it(world: World) -> None:
    session = world.open()
    world.record("infusion_started", rate_mg_h=36.0, concentration_mg_ml=2.0)
    world.advance(430, **CALM)
    world.settle()
    assert (420.0, "NIBP_STALE", "raised") in transitions(world, session)
    world.record("manual_vitals", values={"nibp_sys": 121.0, "nibp_dia": 75.0})
    world.advance(2, **CALM)
    world.settle()
    assert ("NIBP_STALE", "cleared") in [t[1:] for t in transitions(world, session)]
    assert world.bed.snapshot()["values"]["nibp_sys"]["source"] == "by hand, R. Nurse"


def test_a_wall_clock_set_back_while_we_were_away_does_not_turn_the_session_back(world: World) -> None:
    session = world.open()
    world.advance(60, **CALM)
    world.settle()
    world.clock.step_s = -3600.0
    world.bed = world.make()
    world.bed.resume_open()
    world.advance(3, **CALM)
    world.settle()
    ticks = [tick.t_s for tick in world.store.ticks(session)]
    assert ticks == sorted(set(ticks))
    assert ticks[-1] >= 63


def test_a_rerun_of_the_record_gives_the_same_transitions(world: World) -> None:
    session = world.open()
    world.record("baseline_taken", values={"rate": 72.0, "sbp": 120.0})
    world.advance(5, **CALM)
    world.record("infusion_started", rate_mg_h=36.0, concentration_mg_ml=2.0)
    world.advance(70, **{**CALM, "spo2": 92.0})
    world.clock.now_s += 0.4
    world.record("consciousness_assessed", scale="moaas", level="2")
    for alarm in world.bed.alarms():
        world.bed.acknowledge(alarm.occurrence, "R. Nurse")
    world.bed.pause_audio("R. Nurse")
    world.advance(30, **{**CALM, "spo2": 80.0, "hr": 140.0})
    world.record("limit_changed", rule="HR_HIGH_2", old={"value": 131.0}, new={"value": 145.0}, reason="known")
    world.advance(60, **CALM)
    world.say(nibp_sys=205.0, nibp_dia=121.0, nibp_map=140.0)
    world.advance(30, **CALM)
    world.settle()
    told = transitions(world, session)
    assert len(told) >= 10
    assert told == rerun(world, session)


def test_a_new_patient_starts_without_the_old_ones_numbers(world: World) -> None:
    world.open()
    world.say(nibp_sys=118.0, nibp_dia=70.0)
    world.advance(5, **CALM)
    assert "nibp_sys" in world.bed.snapshot()["values"]
    world.record("session_closed", summary="done")
    assert world.bed.snapshot()["session"] is None
    world.open(patient="U. U.")
    assert "nibp_sys" not in world.bed.snapshot()["values"]


def test_a_bed_that_makes_its_own_past_shows_none_of_it_until_it_is_whole(world: World) -> None:
    world.bed.hold()
    world.open()
    world.advance(40, **{**CALM, "spo2": 80.0})
    world.record("note", text="long ago")
    held = world.bed.snapshot()
    assert held["preparing"] and held["session"] is None
    assert not (held["values"] or held["alarms"] or held["log"] or held["devices"]) and held["infusion"] is None
    assert world.bed.history()["t_s"] == [] and not (world.bed.prediction() or {}).get("at_ms")
    assert world.of("vitals") == world.of("alarm") == world.of("event") == []
    world.bed.release()
    told = world.of("snapshot")[-1]
    assert not told["preparing"] and told["session"]["id"] and told["values"]["spo2"]["value"] == 80.0
    assert told["alarms"] and any("long ago" in row["text"] for row in told["log"])
    assert len(world.bed.history()["t_s"]) > 30


def test_closing_again_with_the_same_request_is_answered_as_before(world: World) -> None:
    world.open()
    world.advance(2, **CALM)
    close = {"id": "end", "by": "R. Nurse", "type": "session_closed", "summary": "done"}
    assert world.bed.record(close)["seq"] == world.bed.record(close)["seq"]


def test_nobody_at_the_bed_is_noticed_and_somebody_too(world: World) -> None:
    session = world.open()
    world.advance(10, **CALM)
    world.desk.screens.told("bed-1", 7, {"by": "R. Nurse", "visible": True})
    world.advance(2, **CALM)
    world.desk.screens.told("bed-1", 7, {"by": "R. Nurse", "visible": False})
    world.advance(2, **CALM)
    world.settle()
    here = world.store.samples(session).values["nurse_present"].tolist()
    assert [math.isnan(value) for value in here[-5:]] == [True, False, False, True, True]


def test_everything_published_is_plain_json(world: World) -> None:
    world.open()
    world.advance(40, **{**CALM, "spo2": 80.0, "rr_co2": 0.0})
    world.record("infusion_started", rate_mg_h=36.0, concentration_mg_ml=2.0)
    world.record("oxygen_changed", flow_l_min=2.0, device="nasal")
    for kind, fields in [*world.messages, ("snapshot", world.bed.snapshot()), ("history", world.bed.history())]:
        json.dumps(fields, allow_nan=False), kind
    json.dumps(world.bed.prediction(), allow_nan=False)


def test_the_history_has_a_hole_where_nothing_was_recorded(world: World) -> None:
    world.open()
    world.advance(5, **CALM)
    world.clock.now_s += 20.0
    world.advance(5, **CALM)
    history = world.bed.history()
    spo2 = dict(zip(history["t_s"], history["signals"]["spo2"], strict=True))
    hole = [t for t, value in spo2.items() if value is None]
    assert len(hole) == 1
    assert 5.0 < hole[0] < 26.0


@pytest.mark.parametrize("profile", ["A-standard-adult", "B-high-respiratory-risk"])
def test_tile_and_alarm_count_one_silence(world: World, profile: str) -> None:
    """Also while the monitor has taken its own no-breath status back, and its next rate has not come yet."""
    world.open(profile=profile, profile_version=alarms.load_profile(profile).version)
    world.advance(10, rr_co2=14.0, etco2=38.0, spo2=97.0, no_breath=0.0)
    for told in (1.0, 0.0):
        for _ in range(8):
            world.advance(1, rr_co2=0.0, etco2=0.0, spo2=97.0, no_breath=told)
            snapshot = world.bed.snapshot()
            (alarm,) = (one for one in snapshot["alarms"] if one["signal"] == "breath")
            assert snapshot["values"]["breath"]["value"] == alarm["value"]
    limit_s = 20 if profile.startswith("A") else 15
    assert alarm["value"] == limit_s + 15  # seconds since the tick at which it was reached
    world.advance(1, rr_co2=12.0, etco2=36.0, spo2=97.0, no_breath=0.0)
    assert world.bed.snapshot()["values"]["breath"]["value"] == 0
