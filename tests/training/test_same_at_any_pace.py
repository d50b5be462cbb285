"""A seed's patient is the same to the last bit at real time, at ten times it, and with no clock at all."""

import numpy as np
import pytest
from training_world import Training

from dashboard.training.run import TrainingPatient, for_trainee
from simulators.scenario import Run, find_scenario

TRAINER = "T. Trainer"
SCENARIO = find_scenario("apnoea-desaturation")
SEED = 11
FROM_S, SPAN_S = 20.0, 60


@pytest.mark.parametrize("pace", [1.0, 10.0])
def test_truth_monitor_and_waves_are_bit_identical_to_the_headless_patient(training: Training, pace: float) -> None:
    training.room.start(SCENARIO, TRAINER, seed=SEED, from_s=FROM_S)
    training.room.pace(pace, TRAINER)
    training.pass_s(SPAN_S / pace)
    run = training.room.run
    assert run is not None and isinstance(run.patient, TrainingPatient)
    lived = run.patient.truths
    assert len(lived) >= FROM_S + SPAN_S - 1
    alone = TrainingPatient(Run(for_trainee(SCENARIO, FROM_S), SEED, waves=True))
    alone.vitals(lived[-1][0])
    assert alone.truths == lived
    to_s, waves = run.patient.waves(0.0, 5.0)
    _, headless = alone.waves(0.0, 1e9)
    assert set(waves) == set(headless) and waves
    for name, wave in waves.items():
        first = round((wave.t0_s - headless[name].t0_s) * wave.rate_hz)
        whole = headless[name].samples[first : first + len(wave.samples)]
        assert len(whole) > 100 or to_s < 5
        assert np.array_equal(wave.samples[: len(whole)], whole), name
    other = TrainingPatient(Run(for_trainee(SCENARIO, FROM_S), SEED + 1))
    other.vitals(lived[-1][0])
    assert other.truths != lived  # the seed does matter
