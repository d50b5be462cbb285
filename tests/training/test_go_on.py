"""A run that is over can be gone on from: after its end, after the program was killed, and never as another patient."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from training_world import Training

from dashboard.bedside.errors import EntryRefused
from dashboard.session.events import Event, InfusionStopped, Injected, RunForked, RunPaced, SessionClosed
from dashboard.session.fold import fold
from dashboard.training.again import latest_s, moments
from dashboard.training.cohort import run_score
from dashboard.training.library import Library
from dashboard.training.score import fast_stretches, score
from simulators.scenario import find_scenario

TRAINER, NURSE = "T. Trainer", "R. Nurse"
APNOEA = {"kind": "central_apnoea", "duration_s": 40}
SCENARIO = find_scenario("crps-uneventful")
PROBE = find_scenario("s06-probe-off")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "scenarios")


def events(training: Training, session: str) -> list[Event]:
    return [stored.event for stored in training.store.events(session)]


def truth(training: Training) -> list[tuple[float, Any]]:
    assert training.room.run is not None
    return list(training.room.run.patient.truths)


def test_an_ended_run_goes_on_from_its_last_second_as_if_it_had_not_ended(training: Training, library: Library) -> None:
    first = training.room.start(SCENARIO, TRAINER, from_s=400.0)
    training.pass_s(20)
    training.room.inject("apnoea", APNOEA, TRAINER)
    training.pass_s(10)
    lived = truth(training)
    training.room.end(TRAINER)
    kept = events(training, first)
    assert any(isinstance(one, InfusionStopped) for one in kept)  # its end stopped what still ran at the pump
    second = training.room.go_on(first, TRAINER, library)
    forked = next(one for one in events(training, second) if isinstance(one, RunForked))
    assert (forked.from_session, forked.from_t_s) == (first, latest_s(training.store.events(first)))
    assert 428.0 <= forked.from_t_s <= 431.0
    assert sum(isinstance(one, Injected) for one in events(training, second)) == 1
    assert truth(training)[: len(lived) - 2] == lived[: len(lived) - 2]
    session = training.room.bedside.session
    assert session is not None and session.infusion.state == "running"
    assert events(training, first) == kept
    with pytest.raises(EntryRefused, match="end it first"):
        training.room.go_on(first, TRAINER, library)


def test_from_a_mark_of_it(training: Training, library: Library) -> None:
    first = training.room.start(SCENARIO, TRAINER, from_s=10.0)
    training.pass_s(5)
    marked = training.room.mark("before the apnoea", TRAINER)
    training.pass_s(5)
    training.room.inject("apnoea", APNOEA, TRAINER)
    training.room.end(TRAINER)
    offered = moments(training.store.events(first))
    assert [words for _, words in offered] == ["its last second", "before the apnoea"]
    second = training.room.go_on(first, TRAINER, library, at_s=offered[1][0])
    assert marked and not any(isinstance(one, Injected) for one in events(training, second))
    assert training.room.clock.mono() == pytest.approx(offered[1][0], abs=1.0)
    training.room.end(TRAINER)
    third = training.room.go_on(second, TRAINER, library)  # a fork can be gone on from too
    assert fold(training.store.events(third)).is_open
    training.room.end(TRAINER)
    with pytest.raises(EntryRefused, match="has been"):
        training.room.go_on(first, TRAINER, library, at_s=offered[0][0] + 1.0)


def test_a_killed_program_tells_of_its_run_when_it_is_back(training: Training, library: Library) -> None:
    session = training.room.start(SCENARIO, TRAINER, from_s=60.0)
    training.pass_s(30)
    training.room.run.stop()  # type: ignore[union-attr]  # nothing else of the program's end is left by a kill
    training.room.run = None
    assert training.store.writer.flush(5.0)  # samples reach the disk some seconds later; a kill loses those
    again = Training.over(training)
    again.room.start_up()
    told = again.room.state().cut_off
    assert told is not None and (told.session, told.scenario) == (session, SCENARIO.id)
    assert 88.0 <= told.t_s <= 90.0
    forked = again.room.go_on(session, TRAINER, library, at_s=told.t_s)
    assert again.room.clock.mono() == pytest.approx(told.t_s, abs=1.0)
    again.room.end(TRAINER)
    assert again.room.state().cut_off is None  # it was taken up
    assert {session, forked} <= {row.id for row in again.store.sessions()}
    again.room.close()


def test_a_scenario_that_is_another_or_gone_is_refused(training: Training, library: Library) -> None:
    text = library.read(PROBE.id).text.replace(f'id = "{PROBE.id}"', 'id = "my-own"')
    library.save("my-own", text, None)
    session = training.room.start(library.find("my-own"), TRAINER, from_s=5.0)
    training.pass_s(3)
    training.room.end(TRAINER)
    path = library.folder / "my-own.toml"
    later = datetime.now(UTC).timestamp() + 60
    path.write_text(text.replace("within_s = 15", "within_s = 16"))
    os.utime(path, (later, later))
    with pytest.raises(EntryRefused, match=r"changed after this run.*another patient"):
        training.room.go_on(session, TRAINER, library)
    path.unlink()
    with pytest.raises(EntryRefused, match="not here any more"):
        training.room.go_on(session, TRAINER, library)
    with pytest.raises(EntryRefused, match="there is no run"):
        training.room.go_on("nothing", TRAINER, library)
    assert training.room.state().state == "idle"


def test_what_was_fast_in_the_other_run_is_fast_in_the_fork(training: Training) -> None:
    """Oxygen for a probe must not be given from 1020 s of the scenario on, for 300 s."""
    training.room.start(PROBE, TRAINER, from_s=1000.0)
    training.pass_s(5)
    training.room.pace(20.0, TRAINER)
    training.pass_s(5)
    training.room.pace(1.0, TRAINER)
    training.pass_s(5)
    parent = list(training.store.events(training.room.state().session or ""))
    (fast,) = fast_stretches(parent, 1200.0)
    assert (fast.from_s, fast.to_s, fast.speed) == (
        pytest.approx(1005.0, abs=1.5),
        pytest.approx(1105.0, abs=1.5),
        20.0,
    )
    forked = training.room.rewind(1108.0, TRAINER)
    record = training.store.events(forked)
    (again,) = fast_stretches(record, 1200.0)
    assert (again.from_s, again.to_s) == pytest.approx((fast.from_s, fast.to_s), abs=0.6)
    for one in (parent, record):
        (oxygen,) = [row for row in score(PROBE, one, 1400.0) if row.action.id == "oxygen-for-a-probe"]
        assert oxygen.verdict == "not scored"
    assert run_score(PROBE, record, 1110.0).top_speed == 1.0  # the fork itself never flew


def test_a_fork_from_within_a_fast_stretch_is_at_real_time_from_there_on(training: Training) -> None:
    training.room.start(PROBE, TRAINER, from_s=100.0)
    training.room.pace(20.0, TRAINER)
    training.pass_s(10)
    forked = training.room.rewind(200.0, TRAINER)
    assert training.room.clock.speed == 0.0  # and stands still until the trainee knows why
    training.room.resume(TRAINER)
    (fast,) = fast_stretches(training.store.events(forked), 500.0)
    assert (fast.from_s, fast.to_s) == pytest.approx((100.0, 200.0), abs=1.0)
    paces = [one for one in events(training, forked) if isinstance(one, RunPaced)]
    assert [one.speed for one in paces] == [20.0, 1.0, 0.0, 1.0]
    assert not any(isinstance(one, SessionClosed) for one in events(training, forked))
