"""The truth of a run that is over, worked out again: same scenario, same seed, same hands at the same seconds."""

import math
from collections.abc import Mapping, Sequence

from config.models.scenario import Scenario
from dashboard.bedside.entries import HUMAN_TYPES, TRAINER_TYPES
from dashboard.session.chain import Stored
from dashboard.session.events import SYSTEM, RunJoined, SessionOpened, type_name
from dashboard.training.run import TrainingPatient, for_trainee
from dashboard.training.score import SCENARIO
from simulators.scenario import Run

Truth = list[tuple[float, Mapping[str, float]]]


def joined_s(record: Sequence[Stored]) -> float:
    """When the trainee took over from the scenario's virtual nurse; 0 for a run that does not say."""
    return next((one.event.joined_s for one in record if isinstance(one.event, RunJoined)), 0.0)


def retrace(scenario: Scenario, record: Sequence[Stored]) -> Truth:
    """A row each whole second, as `TrainingPatient.truths` had them while the run went on."""
    opened = record[0].event
    assert isinstance(opened, SessionOpened)  # every record begins so
    patient = TrainingPatient(Run(for_trainee(scenario, joined_s(record)), opened.seed))
    for stored in record[1:]:
        event = stored.event
        if event.by in (SYSTEM, SCENARIO) or type_name(event) not in HUMAN_TYPES | TRAINER_TYPES:
            continue
        patient.vitals(math.floor(event.t_s))
        patient.hear(event)
    patient.vitals(min(math.floor(record[-1].event.t_s), scenario.duration_s))
    return patient.truths
