"""What a trainer does is in the record, kept from the trainee, acts on the patient, and can be forked to the same future."""

from datetime import UTC, datetime
from typing import Any

import pytest
from training_world import Training

from dashboard.bedside.errors import EntryRefused
from dashboard.session.events import Event, EventError, Injected, RunForked, RunPaced, SessionClosed, SessionOpened
from dashboard.session.fold import check, fold
from dashboard.training.run import TrainingPatient, for_trainee
from simulators.scenario import Run, find_scenario

TRAINER, NURSE = "T. Trainer", "R. Nurse"
APNOEA = {"kind": "central_apnoea", "duration_s": 40}
SCENARIO = find_scenario("crps-uneventful")


def events(training: Training, session: str) -> list[Event]:
    return [stored.event for stored in training.store.events(session)]


def start(training: Training, from_s: float = 400.0) -> str:
    return training.room.start(SCENARIO, TRAINER, from_s=from_s)


def truth(training: Training) -> list[tuple[float, Any]]:
    assert training.room.run is not None
    return list(training.room.run.patient.truths)


def test_a_run_is_a_simulated_session_walked_to_where_it_begins(training: Training) -> None:
    session = start(training)
    row = training.store.session(session)
    assert row is not None and row.simulation
    assert training.room.state().state == "running"
    assert training.room.clock.mono() == pytest.approx(400.0, abs=1.0)
    kinds = {type(event).__name__ for event in events(training, session)}
    assert "InfusionStarted" in kinds  # the pump's script
    assert "ConsciousnessAssessed" in kinds  # what was due before the trainee came
    checks = SCENARIO.consciousness_at_s
    assert max(checks) > 400 and any(entry.type == "note" for entry in SCENARIO.charting)
    left = for_trainee(SCENARIO, 400.0)
    assert left.consciousness_at_s == tuple(at_s for at_s in checks if at_s < 400)  # the rest is the trainee's own task
    assert all(
        entry.type in ("baseline_taken", "oxygen_changed", "drug_given") or entry.at_s < 400 for entry in left.charting
    )
    spoken = training.room.bedside.snapshot()["values"]
    assert spoken["spo2"]["value"] is not None


def test_what_the_trainer_does_is_recorded_acts_and_is_kept_from_the_trainee(training: Training) -> None:
    session = start(training)
    training.pass_s(5)
    training.told.clear()
    training.room.inject("apnoea", APNOEA, TRAINER)
    training.room.comment("watch the capnogram", TRAINER)
    training.room.cue("chest", "does not move", TRAINER)
    training.pass_s(10)
    kept = [event for event in events(training, session) if isinstance(event, Injected)]
    assert [(e.label, e.effect["kind"], e.by) for e in kept] == [("apnoea", "central_apnoea", TRAINER)]
    assert truth(training)[-1][1]["drive"] == 0.0
    lines = [row["text"] for row in training.room.bedside.snapshot()["log"]]
    lines += [str(fields["entry"]["text"]) for kind, fields in training.told if kind == "event"]  # type: ignore[index]
    lines += [row["text"] for row in training.room.bedside.history()["events"]]
    assert any("chest: does not move" in line for line in lines)
    assert not any("trainer" in line or "capnogram" in line for line in lines)


def test_a_rewound_run_has_the_same_past_and_for_the_same_hands_the_same_future(training: Training) -> None:
    first = start(training)
    training.pass_s(20)
    training.room.bedside.record({"type": "oxygen_changed", "by": NURSE, "flow_l_min": 2.0, "device": "nasal"})
    training.pass_s(20)
    training.room.inject("apnoea", APNOEA, TRAINER)
    training.pass_s(60)
    before = truth(training)
    assert any(row["drive"] == 0.0 for _, row in before)
    second = training.room.rewind(430.0, TRAINER)
    assert second != first
    assert isinstance(events(training, first)[-1], SessionClosed)
    forked = [event for event in events(training, second) if isinstance(event, RunForked)]
    assert [(e.from_session, e.from_t_s) for e in forked] == [(first, 430.0)]
    oxygen = [e for e in events(training, second) if type(e).__name__ == "OxygenChanged"]
    assert len(oxygen) == 1 and oxygen[0].by == NURSE  # what the trainee did up to there stands in it
    training.pass_s(30)  # the trainee is told what this is about: the patient waits
    assert training.room.state().state == "paused" and truth(training)[-1][0] == 430.0
    training.room.resume(TRAINER)
    training.pass_s(10)
    training.room.inject("apnoea", APNOEA, TRAINER)
    training.pass_s(60)
    after = truth(training)
    assert after == before[: len(after)] and len(after) > 495
    assert training.store.writer.flush(5.0) and training.store.verify(second) is None


def test_a_rewound_run_may_go_another_way(training: Training) -> None:
    start(training)
    training.room.inject("apnoea", APNOEA, TRAINER)
    training.pass_s(60)
    low = min(row["sao2"] for _, row in truth(training))
    training.room.rewind(399.0, TRAINER)
    training.room.resume(TRAINER)
    training.pass_s(60)
    assert min(row["sao2"] for _, row in truth(training)) > low + 3


def test_what_came_just_after_the_moment_is_not_done_again(training: Training) -> None:
    start(training)
    training.pass_s(20)
    training.real_s += 0.3
    mark = training.room.clock.mono()
    training.real_s += 0.1
    training.room.inject("apnoea", APNOEA, TRAINER)
    forked = training.room.rewind(mark, TRAINER)
    assert not any(isinstance(event, Injected) for event in events(training, forked))


def test_how_far_the_wire_has_asked_does_not_move_what_hands_do() -> None:
    """A thread asks the patient for numbers while a person's entry is on its way to the disk."""
    hands = Injected(at=datetime(2026, 5, 1, tzinfo=UTC), by=TRAINER, t_s=100.25, label="x", effect=APNOEA)
    ways = []
    for asked_s in (100.0, 100.45, 100.95):
        patient = TrainingPatient(Run(SCENARIO))
        patient.vitals(asked_s)
        patient.hear(hands)
        patient.vitals(160.0)
        ways.append(patient.truths)
    assert ways[0] == ways[1] == ways[2]
    assert any(row["drive"] == 0.0 for _, row in ways[0])


def test_pace(training: Training) -> None:
    session = start(training)
    training.room.pace(0.0, TRAINER)
    at_s = training.room.clock.mono()
    training.real_s += 50
    assert (training.room.clock.mono(), training.room.state().state) == (at_s, "paused")
    training.room.resume(TRAINER)
    training.room.pace(20.0, TRAINER)
    training.real_s += 2
    assert training.room.clock.mono() == pytest.approx(at_s + 40.0)
    assert [e.speed for e in events(training, session) if isinstance(e, RunPaced)] == [0.0, 1.0, 20.0]
    with pytest.raises(EntryRefused, match=r"one of 0\.5, 1, 2"):
        training.room.pace(3.0, TRAINER)


def test_while_time_flies_nothing_sounds_and_screens_are_told_the_pace(training: Training) -> None:
    training.room.start(find_scenario("s02-central-apnoea"), TRAINER, from_s=430)
    assert training.room.bedside.snapshot()["audio"]["sounding"] == "high"
    training.told.clear()
    training.room.pace(20.0, TRAINER)
    (told,) = [fields for kind, fields in training.told if kind == "snapshot"]
    assert (told["pace"], told["audio"]["sounding"]) == (20.0, None)  # type: ignore[index]
    training.room.pace(1.0, TRAINER)
    assert training.room.bedside.snapshot()["audio"]["sounding"] == "high"


def test_lines_that_take_over_from_the_past_have_not_been_silent_for_all_of_it(training: Training) -> None:
    start(training)
    assert training.room.bedside.links.silence_s(400.0) < 5.0


def test_the_scenario_charts_in_its_own_name_once_and_no_page_can(training: Training) -> None:
    session = start(training)
    with pytest.raises(EntryRefused, match="who is at the bed"):
        training.room.bedside.record({"type": "note", "by": "Scenario", "text": "x"})
    for one in (session, training.room.rewind(390.0, TRAINER)):
        starts = [e for e in events(training, one) if type(e).__name__ == "InfusionStarted"]
        assert [e.by for e in starts] == ["Scenario"]


def test_at_the_end_of_its_scenario_a_run_stands_still(training: Training) -> None:
    short = SCENARIO.model_copy(update={"duration_s": 20.0, "live_from_s": 0.0})
    training.room.start(short, TRAINER, from_s=5.0)
    training.real_s += 10.0
    training.room.turn()
    assert training.room.state().state == "running"
    training.real_s += 10.0
    training.room.turn()
    assert training.room.state().state == "paused"


def test_what_a_stop_of_the_program_left_open_is_closed(training: Training) -> None:
    session = start(training, 5.0)
    again = Training.over(training)
    again.room.start_up()
    closed = events(training, session)[-1]
    assert isinstance(closed, SessionClosed) and closed.by == "system"
    again.room.close()
    training.room.run = None  # the program that had it is gone


def test_restart_has_the_same_patient_and_end_leaves_the_bed_empty(training: Training) -> None:
    first = start(training, 60.0)
    training.pass_s(30)
    old = truth(training)
    second = training.room.restart(TRAINER)
    training.pass_s(30)
    assert truth(training)[:90] == old[:90]
    ended = training.room.end(TRAINER)
    assert ended == second != first
    for session in (first, second):
        state = fold(training.store.events(session))
        assert not state.is_open and state.infusion.state in ("stopped", "not_started")
    assert training.room.state().state == "idle"
    assert training.store.open_sessions("train-1") == []
    start(training, 10.0)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda room: room.inject("x", {"kind": "lightning"}, TRAINER), "effect: "),
        (lambda room: room.inject("x", {"kind": "central_apnoea", "duration_s": -1}, TRAINER), "duration_s"),
        (lambda room: room.comment("  ", TRAINER), "text"),
        (lambda room: room.mark("", "nobody"), "who is at the bed"),
        (lambda room: room.rewind(9_999.0, TRAINER), "has been"),
        (lambda room: room.start(SCENARIO, TRAINER), "end it first"),
        (lambda room: room.cue("knee", "is red", TRAINER), "cue"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(training: Training, act: Any, words: str) -> None:
    start(training, 5.0)
    with pytest.raises(EntryRefused, match=words):
        act(training.room)
    assert training.room.state().state == "running"


def test_without_a_run_there_is_nothing_to_steer(training: Training) -> None:
    for act in (training.room.end, training.room.restart, training.room.resume):
        with pytest.raises(EntryRefused, match="no run is on"):
            act(TRAINER)


def test_a_patients_session_takes_no_entry_of_a_trainer(training: Training) -> None:
    session = start(training, 5.0)
    opened = training.store.events(session)[0].event
    assert isinstance(opened, SessionOpened)
    live = fold([])
    from dataclasses import replace

    live = replace(live, opened=replace(opened, simulation=False))
    with pytest.raises(EventError, match="patient's session"):
        check(live, Injected(at=opened.at, by=TRAINER, t_s=9.0, label="x", effect={}))
