"""Each run's untouched course is asked for once."""

from typing import Any

import pytest
from training_world import Training

from dashboard.bedside.errors import EntryRefused
from dashboard.training.foresight import KEPT, Foresight
from dashboard.training.library import Library
from dashboard.training.run import TrainingPatient, for_trainee
from dashboard.training.untouched import DRAWN, Untouched, course
from simulators.scenario import Run

TRAINER = "T. Trainer"
S02 = Library().find("s02-central-apnoea")


class Worker:
    def __init__(self) -> None:
        self.asked: list[Untouched] = []
        self.answer: dict[str, Any] | None = {"curves": {}}

    def untouched(self, owner: str, asked: Untouched) -> dict[str, Any] | None:
        self.asked.append(asked)
        return self.answer


def test_a_rewound_and_a_restarted_run_are_not_worked_out_again(training: Training) -> None:
    worker = Worker()
    foresight, room = Foresight(worker), training.room
    session = room.start(S02, TRAINER, from_s=20)
    for _ in range(2):
        assert foresight.of(room, session) is worker.answer
    training.pass_s(3)
    forked = room.rewind(21, TRAINER)
    foresight.of(room, forked)
    with pytest.raises(EntryRefused, match="not on"):
        foresight.of(room, session)
    foresight.of(room, room.restart(TRAINER))
    (asked,) = worker.asked
    assert (asked.seed, asked.joined_s, asked.scenario.id) == (S02.seed, 20, S02.id)
    # What the trainee is there for, no nurse of the script does.
    assert S02.consciousness_at_s and all(at_s < 20 for at_s in asked.scenario.consciousness_at_s)
    room.end(TRAINER)
    with pytest.raises(EntryRefused, match="not on"):
        foresight.of(room, session)


def test_another_seed_text_or_beginning_is_another_course(training: Training) -> None:
    worker = Worker()
    foresight, room = Foresight(worker), training.room
    changed = S02.model_copy(update={"duration_s": S02.duration_s - 1})
    runs = [(S02, 1, 5.0), (S02, 2, 5.0), (S02, 1, 6.0), (changed, 1, 5.0)]
    for scenario, seed, from_s in runs:
        foresight.of(room, room.start(scenario, TRAINER, seed=seed, from_s=from_s))
        room.end(TRAINER)
    assert len(worker.asked) == len(runs)
    # What was called off is not kept.
    session = room.start(S02, TRAINER, seed=3)
    worker.answer = None
    with pytest.raises(EntryRefused, match="called off"):
        foresight.of(room, session)
    worker.answer = {"curves": {}}
    assert foresight.of(room, session) == {"curves": {}}
    assert len(foresight._kept) == len(runs) + 1 <= KEPT


def test_the_untouched_patient_is_the_one_of_the_run() -> None:
    """Another person for each seed, who lives as in the run itself while no hand is laid on."""
    drawn = for_trainee(S02.model_copy(update={"variability": True, "duration_s": 450}), 360)
    told = course(Untouched(drawn, 11, 360), lambda _second: True)["curves"]
    patient = TrainingPatient(Run(drawn, 11, waves=True))
    patient.vitals(450)
    rows = patient.truths[360:]
    assert told["t_s"] == [t for t, _ in rows]
    for name in DRAWN:
        assert told[name] == pytest.approx([truth[name] for _, truth in rows], abs=0.0051), name
    assert course(Untouched(drawn, 12, 360), lambda _second: True)["curves"]["ce"] != told["ce"]
    assert course(Untouched(drawn, 11, 360), lambda second: second < 400)["curves"]["t_s"][-1] == 399
