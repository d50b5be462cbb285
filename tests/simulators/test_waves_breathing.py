"""Capnogram and impedance against the numbers and against section 4.7 of the ketamine reference."""

from itertools import pairwise
from math import atan, degrees

import numpy as np
import pytest
from wave_bench import ADULT, Bed, Wave, at, breath_ends, maxima, times

from config.models import effects as fx
from config.models import scenario as script

#: How a capnogram is drawn on paper: 6.25 mm for a second, 30 mm for 50 mmHg.
MM_PER_S, MM_PER_MMHG = 6.25, 0.6


def last_second(wave: Wave, end_s: float) -> np.ndarray:
    """The plateau before the breath that ends at `end_s`, from 1.3 to 0.3 s before it."""
    t = times(wave)
    return wave.samples[(t > end_s - 1.3) & (t < end_s - 0.3)]


@pytest.fixture(scope="module")
def resting() -> Bed:
    return Bed().run(120)


def test_plateaus_and_counts_are_the_numbers_shown(resting: Bed) -> None:
    wave = resting.wave("capno", 0, 120)
    ends = breath_ends(wave)
    assert len(ends) > 20
    missed: list[float] = []
    for a, b in pairwise(ends):
        t = times(wave)
        top = wave.samples[(t > a) & (t < b)].max()
        shown = resting.shown[int(b) + 1]["etco2"]
        assert top == pytest.approx(
            shown, abs=1.1
        )  # half a rounding; the analyser misses what the last instant brought
        missed.append(top - shown)
    assert np.mean(missed) == pytest.approx(0.0, abs=0.2)
    counted = 60.0 * (len(ends) - 1) / (ends[-1] - ends[0])
    assert counted == pytest.approx(resting.numbers("rr_co2", 10, 120).mean(), abs=0.5)


def test_angle_and_slope(resting: Bed) -> None:
    """Plateau 1 to 3 mmHg/s; between upstroke and plateau 100 to 110 degrees; down again within half a second of the analyser."""
    wave = resting.wave("capno", 0, 120)
    ends = breath_ends(wave)[2:-1]
    angles: list[float] = []
    for end in ends:
        plateau = last_second(wave, end)
        slope = np.polyfit(np.arange(len(plateau)) / wave.rate_hz, plateau, 1)[0]
        assert 1.0 <= slope <= 3.0
        t = times(wave)
        breath = wave.samples[(t > end - 3.5) & (t < end - 0.5)]
        steepest = np.diff(breath).max() * wave.rate_hz
        angle = 180.0 - degrees(atan(steepest * MM_PER_MMHG / MM_PER_S)) + degrees(atan(slope * MM_PER_MMHG / MM_PER_S))
        angles.append(angle)
        assert at(wave, np.array([end - 0.4]))[0] > 30 and (at(wave, np.array([end + 0.5]))[0] < 1.5)
    assert 100.0 <= np.mean(angles) <= 110.0
    assert min(angles) >= 100.0 and max(angles) <= 112.0  # the noise of the plateau tilts single ones


def test_central_apnoea_is_flat_in_both() -> None:
    bed = Bed().run(40)
    bed.patient.do(script.CentralApnoea(duration_s=30))
    bed.run(80)
    assert bed.wave("capno", 41.5, 69.8).samples.max() < 0.5  # flat at once, while the number stands
    assert bed.shown[50]["etco2"] == pytest.approx(38, abs=3)
    assert bed.shown[65]["etco2"] == 0.0
    chest = bed.wave("resp", 42, 70)
    before = np.ptp(bed.wave("resp", 20, 40).samples)
    assert 0.05 < np.ptp(chest.samples) / before < 0.25
    # What is left is the heart.
    beats = maxima(chest, chest.samples.min() + np.ptp(chest.samples) / 2, 0.4)
    assert 60.0 / np.diff(beats).mean() == pytest.approx(bed.numbers("hr", 42, 70).mean(), abs=1.5)
    # The first breath afterwards shows what has gathered.
    first = bed.wave("capno", 70, 74)
    assert first.samples.max() == pytest.approx(bed.shown[74]["etco2"], abs=1.5)
    assert first.samples.max() > 43


def test_a_closed_airway_is_flat_while_the_chest_moves() -> None:
    bed = Bed().run(40)
    bed.patient.do(script.Obstruction(fraction=1.0, duration_s=40))
    bed.run(80)
    assert bed.wave("capno", 41.5, 79.8).samples.max() < 0.5
    chest = bed.wave("resp", 45, 80)
    assert len(maxima(chest, 0.6, 1.5)) == pytest.approx(bed.numbers("rr_imp", 45, 80).mean() * 35 / 60, abs=1)
    assert bed.shown[79]["rr_co2"] == 0.0


def test_a_line_that_is_off_is_flat_while_the_patient_breathes() -> None:
    bed = Bed().run(40)
    bed.patient.do(script.SampleLineOff(duration_s=20))
    bed.run(75)
    assert bed.wave("capno", 41.5, 59.8).samples.max() < 0.5
    assert np.ptp(bed.wave("resp", 45, 60).samples) > 0.9
    assert bed.wave("capno", 60, 75).samples.max() > 34


def test_a_half_closed_airway_draws_the_sharks_fin() -> None:
    """Slow rise, no plateau: it climbs to the very end, and what is shown is its highest point."""
    bed = Bed().run(30)
    bed.patient.do(script.Obstruction(fraction=0.6, duration_s=60))
    bed.run(90)
    wave = bed.wave("capno", 30, 90)
    ends = breath_ends(wave)[2:]
    open_wave = bed.wave("capno", 5, 30)
    open_ends = breath_ends(open_wave)[1:]
    fins = [np.ptp(last_second(wave, end)) for end in ends]
    plateaus = [np.ptp(last_second(open_wave, end)) for end in open_ends]
    assert min(fins) > 1.5 * max(plateaus) and np.mean(fins) > 2 * np.mean(plateaus)
    assert np.std(fins) > 0.3  # no two alike
    t = times(wave)
    for a, b in pairwise(ends):
        assert wave.samples[(t > a) & (t < b)].max() == pytest.approx(bed.shown[int(b) + 1]["etco2"], abs=1.0)


@pytest.mark.parametrize("apnoea", [False, True])
def test_a_breathing_rate_that_a_trainer_overrides_is_drawn(apnoea: bool) -> None:
    bed = Bed().run(20)
    if apnoea:
        bed.patient.do(script.CentralApnoea(duration_s=200))
    bed.patient.do(fx.Override(signal="rr", value=24))
    bed.run(80)
    ends = breath_ends(bed.wave("capno", 24, 80))
    assert 60.0 / np.diff(ends).mean() == pytest.approx(24, abs=0.3) and bed.shown[70]["rr_co2"] == 24
    bed.patient.do(fx.Override(signal="rr", value=0))
    bed.run(110)
    assert bed.wave("capno", 82, 110).samples.max() < 0.5
    bed.patient.do(fx.Release(signal="rr", over_s=0))
    bed.run(150)
    own = breath_ends(bed.wave("capno", 112, 150))
    if apnoea:
        assert len(own) == 0
    else:
        assert 60.0 / np.diff(own).mean() == pytest.approx(bed.numbers("rr_co2", 120, 150).mean(), abs=1.0)


def test_bronchospasm_draws_it_too() -> None:
    bed = Bed().run(30)
    bed.patient.do(fx.Bronchospasm(severity=1.0, duration_s=120))
    bed.run(120)
    slopes = []
    for wave in (bed.wave("capno", 5, 30), bed.wave("capno", 80, 120)):
        slopes.append(np.mean([np.ptp(last_second(wave, end)) for end in breath_ends(wave)[2:-1]]))
    assert slopes[1] > 2 * slopes[0]


def test_the_heart_ripples_a_slow_exhalation() -> None:
    """1 to 2 mmHg at the rate of the pulse, only where breathing out takes long."""
    ripples = {}
    for rr in (8, 16):
        bed = Bed(spec=ADULT.model_copy(update={"rr": rr})).run(90)
        wave = bed.wave("capno", 10, 90)
        sizes = []
        for end in breath_ends(wave)[1:]:
            t = times(wave)
            part = wave.samples[(t > end - 1.8) & (t < end - 0.5)]
            line = np.polyval(np.polyfit(np.arange(len(part)), part, 1), np.arange(len(part)))
            sizes.append(np.ptp(part - line))
        ripples[rr] = np.mean(sizes)
    assert 1.0 <= ripples[8] <= 2.0
    assert ripples[16] < 0.4


def test_oxygen_by_cannula_lowers_wave_and_number_alike() -> None:
    bed = Bed().run(20)
    bed.patient.oxygen(4.0)
    bed.run(80)
    wave = bed.wave("capno", 60, 80)
    assert wave.samples.max() == pytest.approx(bed.numbers("etco2", 64, 80).max(), abs=0.8)
    assert wave.samples.max() < 36
