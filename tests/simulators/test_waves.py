"""Waveforms against the numbers of the same patient: rates, pressures and gases are found in the waves with detectors of our own."""

from itertools import pairwise

import numpy as np
import pytest
from wave_bench import ADULT, Bed, Still, at, maxima, r_peaks, times

from config.models import effects as fx
from config.models import scenario as script
from simulators.artefacts import ELECTRODE, MOTION, PROBE_OFF, TALKING, Artefacts
from simulators.patient.patient import VirtualPatient
from simulators.patient.waves import Waves
from simulators.scenario import Run, find_scenario


@pytest.fixture(scope="module")
def resting() -> Bed:
    return Bed(arterial_line=True).run(120)


@pytest.fixture(scope="module")
def falling() -> Bed:
    """Apnoea on air from 60 s for 150 s: the pulse rises, then falls; breathing comes back at 210 s."""
    bed = Bed(seed=3).run(60)
    bed.patient.do(script.CentralApnoea(duration_s=150))
    return bed.run(300)


# -- ECG -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hr", [40, 72, 130])
def test_beats_counted_are_the_number_shown(hr: float) -> None:
    bed = Bed(spec=ADULT.model_copy(update={"hr": hr})).run(75)
    peaks = r_peaks(bed.wave("ecg", 10, 75))
    counted = 60.0 * (len(peaks) - 1) / (peaks[-1] - peaks[0])
    assert counted == pytest.approx(bed.numbers("hr", 10, 75).mean(), abs=1.0)


def test_beats_follow_a_pulse_that_changes(falling: Bed) -> None:
    shown = falling.numbers("hr", 180, 300)
    assert np.ptp(shown) > 20  # or it would prove nothing
    peaks = r_peaks(falling.wave("ecg", 180, 300))
    for start in range(180, 241, 20):
        within = peaks[(peaks >= start) & (peaks < start + 60)]
        counted = 60.0 * (len(within) - 1) / (within[-1] - within[0])
        assert counted == pytest.approx(falling.numbers("hr", start, start + 60).mean(), abs=1.0)
    # And beat by beat, but for what breathing moves: 3/1.
    rates = 60.0 / np.diff(peaks)
    assert np.abs(rates - np.interp(peaks[1:], np.arange(180, 300), shown)).max() < 5.0


def test_beats_come_sooner_while_breathing_in(resting: Bed) -> None:
    """Respiratory modulation of 3/1, 0.825 of it at 34 years."""
    peaks = r_peaks(resting.wave("ecg", 0, 120))
    rates, middle = 60.0 / np.diff(peaks), (peaks[1:] + peaks[:-1]) / 2
    chest = resting.wave("resp", 0, 120)
    smooth = rates - np.interp(middle, np.arange(0, 120), resting.numbers("hr", 0, 120))
    assert np.corrcoef(smooth, at(chest, middle))[0, 1] > 0.7
    assert 1.0 < np.std(smooth) < 3.0


def average_beat(bed: Bed, from_s: float, to_s: float) -> tuple[np.ndarray, np.ndarray]:
    """(seconds from R, mV), the mean of all beats."""
    wave = bed.wave("ecg", from_s, to_s)
    peaks = r_peaks(wave)[2:-2]
    offsets = np.arange(-90, 140) / wave.rate_hz
    return offsets, np.mean([at(wave, peak + offsets) for peak in peaks], axis=0)


def test_waves_of_a_beat_lie_where_ecgsyn_puts_them() -> None:
    """At 60/min the angles are shares of a second: P -70, Q -15, S 15, T 100 of 360 degrees; heights a·b² with R at 1."""
    bed = Bed(spec=ADULT.model_copy(update={"hr": 60, "age_y": 80})).run(100)
    x, mv = average_beat(bed, 0, 100)
    mv = mv - np.median(mv[(x > -0.36) & (x < -0.33)])
    for low, high, place, height in (
        (-0.28, -0.1, -70 / 360, 0.25),
        (0.15, 0.5, 100 / 360, 0.40),
        (-0.02, 0.02, 0.0, 1.0),
    ):
        part = (x >= low) & (x <= high)
        assert x[part][np.argmax(mv[part])] == pytest.approx(place, abs=0.012)
        assert mv[part].max() == pytest.approx(height, abs=0.05)
    for low, high, place, height in ((-0.08, -0.01, -15 / 360, -1 / 6), (0.01, 0.09, 15 / 360, -0.25)):
        part = (x >= low) & (x <= high)
        assert x[part][np.argmin(mv[part])] == pytest.approx(place, abs=0.012)
        assert mv[part].min() == pytest.approx(height, abs=0.05)


def test_qt_shortens_with_the_rate() -> None:
    """T at 100 degrees times the fourth root of the rate: in time, the rate to the power of -3/4."""
    found = []
    for hr in (60, 120):
        x, mv = average_beat(Bed(spec=ADULT.model_copy(update={"hr": hr, "age_y": 80})).run(60), 0, 60)
        part = (x > 0.1) & (x < 0.4)
        found.append(x[part][np.argmax(mv[part])])
    assert found[1] / found[0] == pytest.approx(2**-0.75, abs=0.04)


# -- pleth ---------------------------------------------------------------------------------------------------------------


def test_the_pulse_arrives_when_it_should(resting: Bed) -> None:
    """Foot 0.18 to 0.25 s after R, peak 0.175 of a beat later."""
    peaks = r_peaks(resting.wave("ecg", 10, 120))
    tops = maxima(resting.wave("pleth", 10, 120), 0.6, 0.4)
    lags = []
    for r, following in pairwise(peaks[:-1]):
        top = tops[np.searchsorted(tops, r)]
        lags.append(top - r - 0.175 * (following - r))
    assert len(tops) == pytest.approx(len(peaks), abs=1)
    assert min(lags) >= 0.18 and max(lags) <= 0.25


def test_high_pressure_brings_it_sooner() -> None:
    found = []
    for sbp, dbp in ((90, 50), (190, 110)):
        bed = Bed(spec=ADULT.model_copy(update={"sbp": sbp, "dbp": dbp})).run(60)
        peaks, tops = r_peaks(bed.wave("ecg", 5, 60)), maxima(bed.wave("pleth", 5, 60), 0.6, 0.4)
        found.append(np.mean([tops[np.searchsorted(tops, r)] - r for r in peaks[:-2]]))
    # Mean pressures 63 and 137: 0.25 s at 60, 0.18 s at 140.
    assert found[0] - found[1] == pytest.approx(0.07 * (137 - 63) / 80, abs=0.01)


def test_its_height_is_the_perfusion_index() -> None:
    heights = {}
    for pi in (4.0, 1.0):
        bed = Bed(spec=ADULT.model_copy(update={"pi": pi})).run(60)
        wave = bed.wave("pleth", 5, 60)
        heights[pi] = at(wave, maxima(wave, 0.1, 0.5)).mean()
        assert heights[pi] == pytest.approx(bed.numbers("pi", 5, 60).mean() / 4.0, rel=0.05)
    assert heights[4.0] / heights[1.0] == pytest.approx(4.0, rel=0.08)


def test_breathing_moves_its_height_by_eight_per_cent() -> None:
    wave = Still().run(60).waves.span(10, 60)["pleth"]
    tops = at(wave, maxima(wave, 0.6, 0.4))
    assert np.ptp(tops) / tops.mean() == pytest.approx(0.16, abs=0.03)


def test_a_heart_that_pauses_draws_a_flat_line_and_goes_on() -> None:
    bed = Still().run(20).run(6, pulse=0.0).run(10, pulse=45.0)
    beats = r_peaks(bed.waves.span(0, 36)["ecg"])
    assert np.diff(beats).max() == pytest.approx(6.0, abs=1.4)
    last = beats[beats < 20.5][-1]
    ecg, pleth = bed.waves.span(last + 0.8, last + 5)["ecg"], bed.waves.span(last + 2, last + 5)["pleth"]
    assert np.ptp(ecg.samples) < 0.1 and np.abs(pleth.samples).max() < 0.03
    # T of the last beat comes in its time, as long as there is a pulse or not.
    end = bed.waves.span(last + 0.15, last + 0.6)["ecg"]
    assert times(end)[np.argmax(end.samples)] - last == pytest.approx(0.28, abs=0.06)


def test_a_slow_pulse_is_over_before_the_next() -> None:
    wave = Still(pulse=24.0).run(40).waves.span(10, 40)["pleth"]
    tops = maxima(wave, 0.6, 0.4)
    assert np.diff(tops).mean() == pytest.approx(2.5, abs=0.1)
    assert np.abs(at(wave, tops[:-1] + 1.6)).max() < 0.03


def test_a_probe_that_is_off_draws_nothing_and_then_no_line() -> None:
    bed = Bed().run(20)
    bed.patient.do(script.SensorOff(group="spo2", duration_s=20, hold_s=8))
    bed.run(50)
    assert np.ptp(bed.wave("pleth", 21, 27.9).samples) == 0.0
    assert np.isnan(bed.wave("pleth", 28.1, 39.9).samples).all()
    assert bed.shown[27]["spo2"] is not None and bed.shown[29]["spo2"] is None
    assert np.nanmax(bed.wave("pleth", 42, 50).samples) > 0.7
    assert len(r_peaks(bed.wave("ecg", 20, 50))) > 30  # the electrodes stay


def restless(kind: object, seed: int) -> tuple[Waves, float, float]:
    """Waves of a restless patient through one long episode of `kind`: its beginning and end."""
    noise = Artefacts(seed, 5.0)
    on = [t for t in range(20, 3000) if noise._episodes[kind].at(float(t))]  # type: ignore[index]
    start = next(t for t in on if all(t + k in on for k in range(8)))
    patient = Bed(seed).patient
    waves = Waves(patient, ADULT, script.MonitorSetup(), seed, noise, keep_s=60)
    patient.advance(start + 10.0)
    return waves, float(start), start + 8.0


def test_motion_is_large_and_irregular() -> None:
    waves, start, end = restless(MOTION, 5)
    moved, still = waves.span(start + 2, end)["pleth"], waves.span(start - 12, start - 2)["pleth"]
    assert np.ptp(moved.samples) > 1.8 * np.ptp(still.samples)
    assert moved.samples.min() >= -1.0 and moved.samples.max() <= 2.0
    gaps = [np.diff(maxima(w, w.samples.mean(), apart)) for w, apart in ((moved, 0.15), (still, 0.4))]
    assert np.std(gaps[0]) / np.mean(gaps[0]) > 4 * np.std(gaps[1]) / np.mean(gaps[1])


def test_a_probe_that_slips_off_takes_the_wave_with_it() -> None:
    waves, start, end = restless(PROBE_OFF, 5)
    assert np.isnan(waves.span(start + 1, end)["pleth"].samples).all()
    assert not np.isnan(waves.span(start + 1, end)["ecg"].samples).any()


def test_a_rubbed_electrode_makes_noise() -> None:
    waves, start, end = restless(ELECTRODE, 5)
    noise = [np.std(np.diff(waves.span(a, b)["ecg"].samples)) for a, b in ((start + 3, end), (start - 9, start - 4))]
    assert noise[0] > 2 * noise[1]


def test_talking_lowers_the_plateaus_as_it_lowers_the_number() -> None:
    seed = 5
    waves, start, end = restless(TALKING, seed)
    lost = Artefacts(seed, 5.0).disturbance(start + 5.0).talking
    assert 0.2 <= lost <= 0.6
    talked, before = waves.span(start + 3, end)["capno"], waves.span(start - 9, start - 1)["capno"]
    assert talked.samples.max() / before.samples.max() == pytest.approx(1.0 - lost, abs=0.04)


# -- arterial line -------------------------------------------------------------------------------------------------------


def test_the_arterial_wave_is_its_three_numbers(resting: Bed) -> None:
    wave = resting.wave("abp_wave", 20, 120)
    tops = maxima(wave, 100, 0.4)
    feet = [wave.samples[(times(wave) >= a) & (times(wave) < b)].min() for a, b in pairwise(tops)]
    assert at(wave, tops).mean() == pytest.approx(resting.numbers("abp_sys", 20, 120).mean(), abs=1.5)
    assert np.mean(feet) == pytest.approx(resting.numbers("abp_dia", 20, 120).mean(), abs=1.5)
    assert wave.samples.mean() == pytest.approx(resting.numbers("abp_map", 20, 120).mean(), abs=1.5)


# -- what befalls --------------------------------------------------------------------------------------------------------


def test_a_vasovagal_pause_is_a_pause() -> None:
    bed = Bed().run(20)
    bed.patient.do(fx.Vasovagal(duration_s=90, pause_s=6))
    bed.run(80)
    gaps = np.diff(r_peaks(bed.wave("ecg", 20, 80)))
    assert 6.0 <= gaps.max() <= 9.0  # 6 s, and what was left of the beats around
    assert sorted(gaps)[-2] < 2.0


def test_agitation_shakes_the_wave() -> None:
    bed = Bed().run(20)
    bed.patient.do(fx.Motion(level=1.0, duration_s=20))
    bed.run(40)
    still, moved = bed.wave("pleth", 10, 20).samples, bed.wave("pleth", 24, 38).samples
    assert np.ptp(moved) > 1.8 * np.ptp(still)
    ecg = [np.std(np.diff(bed.wave("ecg", *span).samples[::5])) for span in ((10, 20), (24, 38))]
    assert ecg[1] > 1.1 * ecg[0]


def test_what_a_trainer_overrides_is_drawn_as_shown() -> None:
    bed = Bed().run(20)
    bed.patient.do(fx.Override(signal="hr", value=130))
    bed.patient.do(fx.Override(signal="etco2", value=55))
    bed.run(60)
    peaks = r_peaks(bed.wave("ecg", 25, 60))
    assert 60.0 / np.diff(peaks).mean() == pytest.approx(130, abs=1.0)
    assert bed.shown[59]["hr"] == 130 and bed.shown[59]["etco2"] == 55
    assert bed.wave("capno", 25, 60).samples.max() == pytest.approx(55, abs=1.0)


# -- the whole -----------------------------------------------------------------------------------------------------------


def acting(span_s: float, look_s: float) -> dict[str, np.ndarray]:
    """60 s with hands at odd times; walked in steps of `span_s`, waves read in spans of `look_s`."""
    bed = Bed(seed=9, arterial_line=True)
    hands = {
        7.33: script.Obstruction(fraction=0.6, duration_s=12),
        25.0: script.SensorOff(group="spo2", duration_s=9, hold_s=3),
        31.7: script.CentralApnoea(duration_s=11),
        44.4: script.SampleLineOff(duration_s=6),
    }
    looks = {round(k * look_s, 6) for k in range(1, round(60 / look_s) + 1)}
    parts: dict[str, list[np.ndarray]] = {}
    last = 0.0
    for t in sorted({round(k * span_s, 6) for k in range(1, round(60 / span_s) + 1)} | looks | set(hands)):
        bed.patient.advance(t)
        if t in hands:
            bed.patient.do(hands[t])
        if t in looks:
            for name, wave in bed.waves.span(last, t).items():
                parts.setdefault(name, []).append(wave.samples)
            last = t
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def test_one_span_of_a_minute_is_six_hundred_of_a_tenth_bit_for_bit() -> None:
    whole = acting(60, 60)
    assert {n: len(x) for n, x in whole.items()} == {
        "ecg": 15_000, "pleth": 7_500, "capno": 3_000, "resp": 3_750, "abp_wave": 7_500,
    }  # fmt: skip
    for cut in (acting(0.1, 0.1), acting(0.37, 3.0)):
        for name, samples in whole.items():
            assert samples.tobytes() == cut[name].tobytes(), name


def test_seeds_differ() -> None:
    assert not np.array_equal(Bed(1).run(10).wave("ecg", 0, 10).samples, Bed(2).run(10).wave("ecg", 0, 10).samples)


def test_no_wave_jumps(resting: Bed) -> None:
    """At 10/s the lines meet: a jump there would be no larger than what the waves do anyway."""
    for name, most in (("pleth", 0.15), ("resp", 0.1), ("capno", 4.0), ("abp_wave", 7.0)):
        assert np.abs(np.diff(resting.wave(name, 0, 120).samples)).max() < most, name
    wave = resting.wave("ecg", 0, 120)
    jumps, near = np.abs(np.diff(wave.samples)), np.zeros(len(wave.samples) - 1, bool)
    for peak in r_peaks(wave):
        near |= np.abs(times(wave)[1:] - peak) < 0.1
    assert jumps[~near].max() < 0.06


def test_the_numbers_do_not_know_of_the_waves() -> None:
    scenario = find_scenario("apnoea-desaturation")
    plain, with_waves = Run(scenario), Run(scenario, waves=True)
    for run in (plain, with_waves):
        run.advance(400.0)
    assert plain.waves is None and with_waves.waves is not None
    assert (plain.vitals(), plain.truth()) == (with_waves.vitals(), with_waves.truth())


def test_what_is_not_there_yet_or_no_longer() -> None:
    patient = VirtualPatient(ADULT, script.MonitorSetup(capnography=False), Bed().patient._line.body._kinetics, 1)
    waves = Waves(patient, ADULT, script.MonitorSetup(capnography=False), 1, keep_s=5)
    patient.advance(30.05)
    assert waves.now_s == 30.0
    assert set(waves.span(25, 30)) == {"ecg", "pleth", "resp"}
    assert len(waves.span(29.9, 29.9)["ecg"].samples) == 0
    with pytest.raises(ValueError, match="the patient is at 30 s"):
        waves.span(29, 30.1)
    with pytest.raises(ValueError, match="are not kept"):
        waves.span(3, 30)
    with pytest.raises(ValueError, match="keep_s"):
        Waves(patient, ADULT, script.MonitorSetup(), 1, keep_s=0)
