"""Calibration tables of the ketamine reference: drug effects (3.2), gas exchange (4.1 to 4.3), sensors (4.4, 4.6)."""

from dataclasses import replace
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models.scenario import Cuff
from simulators.patient import effects
from simulators.patient.gas import (
    GasExchange,
    GasParameters,
    alveolar_po2,
    content,
    inspired_fraction,
    po2_of,
    saturation,
)
from simulators.patient.pk import Dose, drug_model
from simulators.patient.sensors import BreathMeter, CuffCycle, Oximeter
from simulators.patient.variability import Ar1, draw_person, stream

ADULT = GasParameters()
OBESE = GasParameters(
    vo2_ml_min=300, frc_l=1.6, cardiac_output_l_min=6.0, shunt=0.06, arterial_pool_l=1.5, venous_pool_l=4.2
)
STEP_S = 0.1
KAMP = drug_model("kamp2020").for_weight(70)
MOOD = [Dose(0, None, 52.5), Dose(40, None, 0)]
TIMES_10 = [Dose(0, None, 525), Dose(4, None, 0)]
RAPID = [Dose(0, None, 4200), Dose(1, None, 0)]


@pytest.mark.parametrize(("events", "t", "ce", "sbp", "dbp", "hr", "dissociation"), [
    (MOOD, 10, 150, 8.4, 5.6, 2.3, 39),
    (MOOD, 20, 196, 11.4, 7.6, 3.4, 49),
    (MOOD, 40, 251, 13.7, 9.1, 4.4, 59),
    (MOOD, 60, 97, 7.4, 4.9, 2.0, 24),
    (MOOD, 80, 74, 5.8, 3.9, 1.5, 17),
    ([Dose(0, None, 40), Dose(120, None, 0)], 120, 286, 15.0, 10.0, 5.0, 64),
    (TIMES_10, 5, 837, 20.9, 13.9, 8.6, 91),
    (TIMES_10, 10, 373, 19.6, 13.1, 7.7, 73),
    (RAPID, 2, 1963, 24.5, 16.4, 12.0, 97),
    (RAPID, 10, 592, 24.2, 16.2, 11.7, 85),
])  # fmt: skip
def test_drug_effects_of_the_typical_patient(
    events: list[Dose], t: float, ce: float, sbp: float, dbp: float, hr: float, dissociation: float
) -> None:
    got_ce = KAMP.concentration(events, [t])[1]
    lagged = replace(KAMP, ke0_per_min=effects.CARDIOVASCULAR_KE0_PER_MIN).concentration(events, [t])[1]
    assert got_ce is not None
    assert lagged is not None
    ccv = float(lagged[0])
    assert got_ce[0] == pytest.approx(ce, abs=0.6)
    assert effects.systolic_rise(ccv) == pytest.approx(sbp, abs=0.06)
    assert effects.diastolic_rise(ccv) == pytest.approx(dbp, abs=0.06)
    assert effects.pulse_rise(ccv) == pytest.approx(hr, abs=0.06)
    assert effects.dissociation(float(got_ce[0])) == pytest.approx(dissociation, abs=0.6)


@pytest.mark.parametrize(("ce", "p"), [(250, 3), (400, 15), (640, 50), (1000, 84), (2000, 99)])
def test_no_answer_to_voice(ce: float, p: float) -> None:
    assert 100 * effects.unresponsive(ce) == pytest.approx(p, abs=0.6)


def test_breathing_drive_is_kept_at_low_and_falls_at_anaesthetic_concentrations() -> None:
    assert all(1.0 <= effects.breathing_drive(ce) <= 1.05 for ce in range(0, 501, 25))
    assert effects.breathing_drive(2500) == pytest.approx(1.05 - 0.2, abs=0.001)
    assert effects.breathing_drive(1e9) >= 0


def test_pressor_covariates_of_the_hypertensive_patient() -> None:
    assert 2.0 * effects.pressor_covariates(58, True) == pytest.approx(3.4, abs=0.02)
    assert effects.pressor_covariates(30, False) == 1.0


@pytest.mark.parametrize(("saturation_pct", "pulse"), [
    (98, 80), (90, 80), (85, 85), (75, 95), (67.5, 70), (60, 45), (40, 45),
])  # fmt: skip
def test_pulse_rises_with_hypoxia_and_falls_late(saturation_pct: float, pulse: float) -> None:
    assert effects.hypoxic_pulse(80, saturation_pct) == pytest.approx(pulse)


def test_level_edges_and_hysteresis() -> None:
    down = []
    level = 5
    for ce in (99, 101, 199, 201, 399, 401, 641, 1201):
        level = effects.level(ce, 1.0, level)
        down.append(level)
    assert down == [5, 4, 4, 3, 3, 2, 1, 0]
    assert [effects.level(ce, 1.0, 3) for ce in (199, 181, 179)] == [3, 3, 4]
    assert effects.level(120, 1.3, 5) == 5
    assert [effects.nurse_rating(x) for x in (0, 20, 50, 75, 95)] == [0, 1, 2, 3, 4]


@given(st.floats(0, 5000), st.floats(0.3, 3), st.integers(0, 5))
def test_a_steady_concentration_gives_a_steady_level(ce: float, threshold: float, before: int) -> None:
    level = effects.level(ce, threshold, before)
    assert effects.level(ce, threshold, level) == level


@pytest.mark.parametrize(("po2", "percent"), [
    (26.8, 49.9), (40, 74.95), (50, 84.99), (60, 90.58), (70, 93.79), (80, 95.73), (100, 97.75), (150, 99.32),
])  # fmt: skip
def test_severinghaus(po2: float, percent: float) -> None:
    assert saturation(po2) == pytest.approx(percent, abs=0.05)


@given(st.floats(1, 700))
def test_content_can_be_inverted(po2: float) -> None:
    assert po2_of(content(po2)) == pytest.approx(po2, abs=1e-3)


@pytest.mark.parametrize(("fio2", "gap", "row"), [
    (0.21, 10, [96.9, 95.3, 92.3, 86.5, 74.6, 18.8]),
    (0.28, 20, [98.9, 98.6, 98.0, 97.1, 95.7, 88.0]),
    (0.40, 35, [99.7, 99.6, 99.6, 99.5, 99.3, 98.8]),
])  # fmt: skip
def test_hypoventilation_on_air_and_oxygen(fio2: float, gap: float, row: list[float]) -> None:
    ours = [saturation(alveolar_po2(fio2, paco2) - gap) for paco2 in (40, 50, 60, 70, 80, 100)]
    assert ours == pytest.approx(row, abs=0.06)


@pytest.mark.parametrize(("flow", "device", "fio2"), [
    (0, "", 0.21), (2, "nasal cannula", 0.29), (6, "", 0.45), (10, "", 0.45), (5, "simple mask", 0.40),
    (10, "mask", 0.60), (15, "reservoir mask", 0.90),
])  # fmt: skip
def test_inspired_fraction(flow: float, device: str, fio2: float) -> None:
    assert inspired_fraction(flow, device) == pytest.approx(fio2)


def test_a_resting_patient_stays_as_he_is() -> None:
    for parameters in (ADULT, OBESE, replace(ADULT, paco2=44)):
        gas = GasExchange(parameters)
        before = gas.arterial_saturation
        for _ in range(36_000):
            gas.step(STEP_S, parameters.resting_va_l_min, 0.21, True)
        assert gas.arterial_saturation == pytest.approx(before, abs=1e-6)
        assert gas.paco2 == pytest.approx(parameters.paco2, abs=1e-6)


def crossings(parameters: GasParameters, fio2: float, airway_open: bool) -> list[float]:
    """Seconds of apnoea until arterial saturation is below 95, 90, 85, 80 and 70 %."""
    gas, levels, out, n = GasExchange(parameters, fio2), [95, 90, 85, 80, 70], [], 0
    while levels:
        gas.step(STEP_S, 0.0, fio2, airway_open)
        n += 1
        if gas.arterial_saturation < levels[0]:
            out.append(n * STEP_S)
            del levels[0]
    return out


@pytest.mark.parametrize(("parameters", "fio2", "airway_open", "seconds"), [
    (ADULT, 0.21, False, [29, 47, 58, 69, 90]),
    (ADULT, 0.21, True, [32, 52, 65, 77, 99]),
    (ADULT, 0.28, True, [85, 108, 122, 134, 157]),
    (ADULT, 0.28, False, [72, 89, 100, 110, 132]),
    (ADULT, 0.36, True, [156, 181, 196, 208, 232]),
    (ADULT, 0.36, False, [120, 135, 146, 156, 177]),
    (ADULT, 0.87, False, [412, 423, 431, 440, 461]),
    (OBESE, 0.21, False, [14, 26, 33, 40, 56]),
    (OBESE, 0.36, False, [61, 71, 77, 84, 102]),
    (OBESE, 0.87, False, [208, 215, 221, 228, 247]),
])  # fmt: skip
def test_desaturation_in_apnoea(
    parameters: GasParameters, fio2: float, airway_open: bool, seconds: list[float]
) -> None:
    assert crossings(parameters, fio2, airway_open) == pytest.approx(seconds, rel=0.05)


def paco2_at(gas: GasExchange, va_l_min: float, at_s: list[float]) -> list[float]:
    out = []
    for n in range(1, round(at_s[-1] / STEP_S) + 1):
        gas.step(STEP_S, va_l_min, 0.21, True)
        if any(abs(n * STEP_S - t) < 1e-6 for t in at_s):
            out.append(gas.paco2)
    return out


def test_carbon_dioxide_in_apnoea_hypoventilation_and_recovery() -> None:
    rise = paco2_at(GasExchange(ADULT), 0.0, [6, 12, 18, 30, 60, 120, 180, 300])
    assert [x - 40 for x in rise] == pytest.approx([3.1, 5.2, 6.7, 8.5, 11.0, 14.5, 17.9, 24.7], abs=0.1)
    half = paco2_at(GasExchange(ADULT), ADULT.resting_va_l_min / 2, [60, 120, 300, 600, 1200])
    assert half == pytest.approx([44.9, 46.3, 50.0, 55.3, 63.2], abs=0.1)
    after = GasExchange(ADULT)
    assert paco2_at(after, 0.0, [120]) == pytest.approx([54.5], abs=0.1)
    assert paco2_at(after, 2 * ADULT.resting_va_l_min, [6, 12, 30]) == pytest.approx([47.0, 42.9, 38.5], abs=0.1)


def test_the_nadir_comes_after_the_fix() -> None:
    gas, oximeter = GasExchange(ADULT), Oximeter(97.0, 20)
    shown = []
    for n in range(2400):
        gas.step(STEP_S, 0.0 if n < 600 else ADULT.resting_va_l_min, 0.21, n >= 600)
        if n % 10 == 0:
            shown.append(oximeter.step(gas.arterial_saturation))
    assert 70 <= int(np.argmin(shown)) <= 110  # breathing came back at 60 s
    assert min(shown) > 80
    assert shown[60] > 93  # while arterial blood is far below
    assert shown[-1] > 95


@pytest.mark.parametrize(("delay", "low", "high"), [(20, 20, 35), (6, 6, 21)])
def test_oximeter_lag(delay: float, low: float, high: float) -> None:
    oximeter = Oximeter(98.0, delay)
    shown = [oximeter.step(98.0 - 0.45 * t) for t in range(120)]
    lags = [t - (98.0 - shown[t]) / 0.45 for t in range(60, 120)]
    assert all(low <= lag <= high for lag in lags)
    assert lags[-1] == pytest.approx(delay + 4 + 3.5, abs=1.0)
    step = Oximeter(98.0, delay)
    first = next(t for t in range(100) if step.step(90.0) < 97.99)
    assert first == delay


def test_breath_meter() -> None:
    meter = BreathMeter(20.0, rate=15.0, etco2=38.0)
    for n in range(1, 6):
        meter.breath(5.0 * n, 40.0)
    assert (meter.rate(25.0), meter.etco2) == (12.0, 40.0)
    meter.ends(27.0)
    assert not meter.silent(46.9)
    assert (meter.rate(46.9), meter.etco2) == (12.0, 40.0)  # what stands on the wire until the monitor knows better
    assert meter.silent(47.0)
    assert meter.rate(47.0) == 0.0
    meter.breath(60.0, 52.0)
    assert (meter.silent(60.0), meter.rate(60.0), meter.etco2) == (False, 0.0, 52.0)  # one breath has no rate
    meter.breath(64.0, 50.0)
    assert meter.rate(64.0) == 15.0
    meter.ends(200.0)
    assert meter.silent(200.0)  # an end during silence is no breath


def cuff_times(cycle: CuffCycle, until_s: int, press_at: int | None = None, pulse: float = 70.0) -> list[float]:
    out: list[float] = []
    for t in range(until_s):
        if t == press_at:
            cycle.start(t)
        cycle.step(float(t), 120.0, 75.0, pulse, True)
        if cycle.readings and (not out or out[-1] != cycle.readings[-1].at_s):
            out.append(cycle.readings[-1].at_s)
    return out


def test_cuff_cycle_changes_its_interval_and_takes_the_start_button() -> None:
    rows = (Cuff(from_s=30, every_s=120), Cuff(from_s=300, every_s=300), Cuff(from_s=1000, every_s=600))
    assert cuff_times(CuffCycle(rows, stream(1, "c")), 2500) == [60, 180, 300, 330, 630, 930, 1030, 1630, 2230]
    assert cuff_times(CuffCycle(rows, stream(1, "c")), 500, press_at=400) == [60, 180, 300, 330, 430]
    assert cuff_times(CuffCycle(rows[:1], stream(1, "c")), 170, pulse=45) == [66]


def test_cuff_reading_error() -> None:
    cycle = CuffCycle((Cuff(from_s=0, every_s=60),), stream(3, "c"))
    sys, dia = [], []
    for t in range(60_000):
        cycle.step(float(t), 130.0, 80.0, 70.0, True)
        if t % 60 == 40:
            reading = cycle.readings[-1]
            assert reading.sys is not None
            assert reading.dia is not None
            assert reading.map == round(reading.dia + 0.35 * (reading.sys - reading.dia))
            sys.append(reading.sys)
            dia.append(reading.dia)
    assert (fmean(sys), fmean(dia)) == pytest.approx((130, 80), abs=0.4)
    assert (stdev(sys), stdev(dia)) == pytest.approx((4, 3), rel=0.1)
    assert np.corrcoef(sys, dia)[0, 1] == pytest.approx(0.5, abs=0.08)


def test_a_cuff_that_is_off_fails_visibly() -> None:
    cycle = CuffCycle((Cuff(from_s=0, every_s=60),), stream(3, "c"))
    for t in range(40):
        cycle.step(float(t), 130.0, 80.0, 70.0, False)
    assert (cycle.readings[-1].at_s, cycle.readings[-1].sys) == (30, None)


def test_ar1_has_its_spread_and_time_constant() -> None:
    noise = Ar1(stream(5, "x"), sd=2.0, tau_s=20.0)
    x = np.array([noise.step() for _ in range(100_000)])
    assert x.std() == pytest.approx(2.0, rel=0.06)
    assert np.corrcoef(x[:-20], x[20:])[0, 1] == pytest.approx(np.exp(-1), abs=0.06)


def test_people_differ_as_far_as_they_should() -> None:
    people = [draw_person(seed) for seed in range(1500)]
    clearances = [p.factors.clearance for p in people]
    assert np.median(clearances) == pytest.approx(1.0, abs=0.03)
    assert stdev(clearances) / fmean(clearances) == pytest.approx(0.25, rel=0.1)
    v1 = [p.factors.v1 for p in people]
    assert stdev(v1) / fmean(v1) == pytest.approx(0.35, rel=0.1)
    assert stdev(np.log([p.pressor for p in people])) == pytest.approx(0.5, rel=0.1)
    assert draw_person(7) == draw_person(7) != draw_person(8)
