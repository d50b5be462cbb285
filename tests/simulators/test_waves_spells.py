"""Waveforms of what can befall the patient: drawn as the numbers tell it."""

from typing import Any

import numpy as np
import pytest

from config.models import effects as fx
from config.models.scenario import Effect, Scenario
from simulators.scenario import Run


def walked(until_s: float, *hands: tuple[float, Effect]) -> Run:
    base: dict[str, Any] = {
        "id": "w", "title": "W", "protocol": "START-80-2H", "planned_mg": 80, "planned_min": 120, "concentration_mg_ml": 2, "seed": 1,
        "duration_s": 3600, "live_from_s": 0,
        "patient": {"name": "A", "age_y": 34, "sex": "F", "weight_kg": 70, "hr": 72, "sbp": 118, "dbp": 72, "rr": 14},
    }  # fmt: skip
    run = Run(Scenario.model_validate(base), waves=True)
    for at_s, effect in hands:
        run.do(effect, at_s)
    run.advance(until_s)
    return run


def wave(run: Run, name: str, from_s: float, to_s: float) -> tuple[np.ndarray, np.ndarray]:
    """(s, samples)."""
    assert run.waves is not None
    found = run.waves.span(from_s, to_s)[name]
    return from_s + np.arange(len(found.samples)) / found.rate_hz, found.samples


def beats(run: Run, from_s: float, to_s: float) -> np.ndarray:
    t, ecg = wave(run, "ecg", from_s, to_s)
    return t[1:-1][(ecg[1:-1] > 0.6) & (ecg[1:-1] >= ecg[:-2]) & (ecg[1:-1] > ecg[2:])]


def test_the_pause_of_a_vasovagal_spell_stands_in_the_ecg() -> None:
    run = walked(60, (10.0, fx.Vasovagal(duration_s=120, pause_s=6)))
    gaps = np.diff(beats(run, 31, 58))
    assert gaps.max() == pytest.approx(6.8, abs=1.0)  # the pause, and what was left of a slow beat
    assert (gaps > 4).sum() == 1
    assert np.median(gaps) == pytest.approx(60 / 38, abs=0.15)


def test_a_closed_larynx_is_flat_on_the_capnogram_beside_a_chest_that_works() -> None:
    run = walked(60, (20.0, fx.Laryngospasm(degree="complete", duration_s=100)))
    assert np.ptp(wave(run, "capno", 5, 20)[1]) > 30
    assert np.ptp(wave(run, "capno", 30, 60)[1]) < 2
    assert np.ptp(wave(run, "resp", 30, 60)[1]) > 0.7 * np.ptp(wave(run, "resp", 5, 20)[1])


def test_bronchospasm_draws_a_shark_fin() -> None:
    def steepest(run: Run) -> float:
        """mmHg/s, of the rise of each breath, as a share of its height."""
        t, co2 = wave(run, "capno", 60, 100)
        return float(np.max(np.diff(co2)) / (t[1] - t[0]) / np.max(co2))

    # A rise of 0.6 s instead of about 0.2 s (section 4.7).
    assert steepest(walked(100, (20.0, fx.Bronchospasm(severity=1, duration_s=200)))) < 0.6 * steepest(walked(100))


def test_fear_shakes_the_finger() -> None:
    still, afraid = walked(60), walked(60, (5.0, fx.Agitation(level=1, duration_s=200)))
    assert np.std(wave(afraid, "pleth", 40, 60)[1]) > 1.3 * np.std(wave(still, "pleth", 40, 60)[1])
