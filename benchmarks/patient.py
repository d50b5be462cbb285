"""The virtual patient against real time, on one core, with all its signals read each second, and again with all waveforms: read each
second, and each tenth of a second as a page that draws them does; and a predicted curve.

Baselines of the same run: for the patient, a loop that steps a linear system of the same size ten times a second, the
least that a simulator on this grid would do; for the curve, the exponentials alone that the superposition needs.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from config.models.scenario import Scenario
from simulators.patient.pk import Dose, drug_model
from simulators.scenario import Run, find_scenario, scenario_names

SPAN_S = 1200
TIMES_REAL_TIME = 100
#: The most that a trainer can choose; a page draws at most ten times a second, whatever the speed.
FASTEST_RUN = 20
WITH_WAVES = "apnoea-desaturation"
CURVE_MS = 20.0
#: State variables of the patient: compartments, effect sites, gas stores, circulation, sensors.
_STATES = 20


def measure() -> Iterator[dict[str, Any]]:
    baseline = SPAN_S / _best_s(_linear_steps)
    for name in scenario_names():
        scenario = find_scenario(name)
        speed = SPAN_S / _best_s(partial(_patient, scenario))
        yield _row(
            f"patient_{scenario.id}",
            speed,
            "x real time",
            TIMES_REAL_TIME,
            speed >= TIMES_REAL_TIME,
            baseline,
            baseline / speed,
        )
    everything = find_scenario(WITH_WAVES)
    everything = everything.model_copy(
        update={"artefacts": 1.0, "setup": everything.setup.model_copy(update={"arterial_line": True})}
    )
    for name, looks_per_s, budget in (("waves", 1, TIMES_REAL_TIME), ("waves_tenths", 10, FASTEST_RUN)):
        speed = SPAN_S / _best_s(partial(_with_waves, everything, looks_per_s))
        yield _row(
            f"patient_{name}",
            speed,
            "x real time",
            budget,
            speed >= budget,
            baseline,
            baseline / speed,
        )
    kinetics = drug_model("kamp2020").for_weight(70)
    doses = [Dose(float(t), None, 20.0 + t % 7) for t in range(0, 240, 12)]
    times_min = np.arange(0.0, 360.0, 1 / 6)
    curve = 1000 * _best_s(lambda: kinetics.concentration(doses, times_min), 9)
    exponentials = 1000 * _best_s(lambda: [np.exp(-np.outer(times_min, [0.24, 0.024, 0.004, 1.39])) for _ in doses], 9)
    yield _row("curve_6h_10s", curve, "ms", CURVE_MS, curve <= CURVE_MS, exponentials, curve / exponentials)


def _patient(scenario: Scenario) -> None:
    run = Run(scenario)
    for t in range(SPAN_S):
        run.advance(float(t))
        run.vitals()


def _with_waves(scenario: Scenario, looks_per_s: int) -> None:
    run = Run(scenario, waves=True)
    waves = run.waves
    assert waves is not None
    for look in range(1, SPAN_S * looks_per_s):
        run.advance(look / looks_per_s)
        waves.span((look - 1) / looks_per_s, look / looks_per_s)
        if look % looks_per_s == 0:
            run.vitals()


def _linear_steps() -> None:
    matrix, state = np.eye(_STATES) * 0.999, np.ones(_STATES)
    for _ in range(SPAN_S * 10):
        state = matrix @ state


def _best_s(work: Callable[[], object], tries: int = 3) -> float:
    """The quickest of several tries: the others measure the neighbours on the machine."""
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def _row(name: str, value: float, unit: str, budget: float, ok: bool, baseline: float, ratio: float) -> dict[str, Any]:
    """`ratio`: what ours costs for each unit that the baseline costs."""
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "budget": budget,
        "ok": bool(ok),
        "baseline": round(baseline, 2),
        "ratio": round(ratio, 2),
    }
