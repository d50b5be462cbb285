"""Draws the samples of each waveform from lines (`wave_lines`): section 4.7 of the ketamine reference.

Each sample is computed for itself with plain arithmetic and tables, never with a sum over its neighbours, so that it has the same
bits whatever is drawn with it. The one filter, of the CO2 analyser, walks sample by sample.
"""

from math import exp
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulators.patient.shapes import (
    GAUSSIAN,
    HEIGHTS_MV,
    INHALES,
    LOGISTIC,
    PLACES_S,
    PLETH,
    PRESSURE,
    QRS,
    SINE,
    WIDTHS_S,
)
from simulators.patient.variability import stream
from simulators.patient.wave_lines import DEAD_S, STEP_S

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
#: Below this pulse a beat keeps the shape it has there, and the line is flat until the next.
_SLOWEST_HZ = 40.0 / 60.0


class At:
    """Sample times of one trace, and the lines' values there."""

    def __init__(self, columns: dict[str, Array], first_n: int, samples: Indices, rate_mhz: int) -> None:
        """`columns`: (lines,) of each field, the first line beginning at grid instant `first_n`."""
        self._columns, self._first_n = columns, first_n
        self.samples = samples
        self.times_s: Array = samples * 1000 / rate_mhz
        # In whole numbers, so that no rounding moves a sample to the line beside.
        self._index: Indices = samples * 10_000 // rate_mhz - first_n
        self.into_s: Array = self.times_s - self.held("from_s")
        self._share = self.into_s / STEP_S

    def held(self, name: str) -> Array:
        return self._columns[name][self._index]

    def moving(self, name: str) -> Array:
        """In straight lines from the end of one line to the end of the next."""
        column = self._columns[name]
        before = column[self._index - 1]
        return before + (column[self._index] - before) * self._share

    def cycle(self) -> Array:
        start = self.held("cycle_from")
        return np.minimum(1.0, start + (self.held("cycle") - start) * self._share)

    def beat(self, behind_s: Array | float | None = None) -> tuple[Array, Array, Array]:
        """Of the beat as it was `behind_s` earlier (0.3 s at most): its share that is done, seconds since its R, and until the next."""
        columns = self._columns
        if behind_s is None:
            at_s, index, into = self.times_s, self._index, self.into_s
        else:
            at_s = self.times_s - behind_s
            index = np.floor(at_s * 10 + 1e-9).astype(np.int64) - self._first_n
            into = at_s - columns["from_s"][index]
        beats, beat_s = columns["beats"][index] + columns["rate_hz"][index] * into, columns["beat_s"][index]
        done = beats - np.floor(beats)
        here = done * beat_s
        # An R within this line is known from its rate, an earlier one was noted.
        since = np.where(here <= into, here, at_s - columns["r_s"][index])
        return done, since, (1.0 - done) * beat_s

    def pulse(self, behind_s: Array | float | None = None) -> Array:
        """The share of the pulse wave that has arrived; one after a long pause is over before the next."""
        done, since, _ = self.beat(behind_s)
        return np.minimum(1.0, np.maximum(done, since * _SLOWEST_HZ))

    def shake(self) -> Array | float:
        if not self._columns["shake"].any():
            return 0.0
        turn = self.held("turn") + self.held("turn_hz") * self.into_s
        return self.moving("shake") * 0.5 * SINE(turn - np.floor(turn))


class Trace(Protocol):
    #: Raw signal name, and samples in 1000 s.
    name: str
    rate_mhz: int

    def draw(self, at: At) -> Array: ...


class _Noise:
    """White, SD 1, from a table that is read round and round."""

    def __init__(self, seed: int, name: str) -> None:
        random = stream(seed, f"wave noise {name}")
        self._values = np.array([random.gauss(0.0, 1.0) for _ in range(4099)])

    def __call__(self, samples: Indices) -> Array:
        return self._values[samples % 4099]


class Ecg:
    """Lead II in mV, R at 1 mV: five Gaussians around each R, narrower and closer as the pulse rises."""

    name, rate_mhz = "ecg", 250_000

    def __init__(self, seed: int) -> None:
        self._noise = _Noise(seed, "ecg")

    def draw(self, at: At) -> Array:
        _, since, until = at.beat()
        pace = np.maximum(_SLOWEST_HZ, at.held("rate_hz"))
        # ECGSYN: widths grow with the root of the rate in phase, so they shrink with it in time; P and T move by its root again.
        narrow = np.sqrt(pace)
        outer = 1.0 / np.sqrt(narrow)
        since, until = since * narrow, -until * narrow
        mv = HEIGHTS_MV["P"] * GAUSSIAN((until - PLACES_S["P"] * outer) / WIDTHS_S["P"])
        mv += HEIGHTS_MV["T"] * GAUSSIAN((since - PLACES_S["T"] * outer) / WIDTHS_S["T"])
        mv += QRS(np.where(since < -until, since, until))
        noisy = 0.006 + 0.25 * at.held("electrode") + 0.02 * at.moving("shake")
        mv += 0.04 * at.moving("chest") + noisy * self._noise(at.samples) + 0.1 * at.shake()
        return mv * at.moving("on_ecg")


class Pleth:
    """The finger's pulse: 1 is what a perfusion index of `usual_pi` draws, within -1 and 2 as a converter gives it."""

    name, rate_mhz = "pleth", 125_000

    def __init__(self, seed: int, usual_pi: float) -> None:
        self._usual_pi = usual_pi
        self._noise = _Noise(seed, "pleth")

    def draw(self, at: At) -> Array:
        size = at.moving("pi") / self._usual_pi * (1.0 - 0.08 * (2.0 * at.moving("chest") - 1.0))
        value = size * (PLETH(at.pulse(transit_s(at.moving("sbp"), at.moving("dbp")))) + at.shake())
        value += 0.004 * self._noise(at.samples)
        return np.minimum(2.0, np.maximum(-1.0, value)) * at.moving("on_spo2")


def transit_s(sbp: Array, dbp: Array) -> Array:
    """From R to the foot of the pulse in the finger: 0.25 s at a mean pressure of 60 mmHg to 0.18 s at 140, as stiff vessels are
    fast."""
    mean = dbp + (sbp - dbp) / 3.0
    return 0.25 - 0.07 * np.minimum(1.0, np.maximum(0.0, (mean - 60.0) / 80.0))


class Pressure:
    """Arterial line, mmHg: from diastolic to systolic with each beat, 3 mmHg up and down with breathing."""

    name, rate_mhz = "abp_wave", 125_000
    #: From R to the foot in the radial artery (from general knowledge).
    TRANSIT_S = 0.15

    def draw(self, at: At) -> Array:
        low = at.moving("dbp")
        beat = (at.moving("sbp") - low) * PRESSURE(at.pulse(self.TRANSIT_S))
        return (low + beat - 3.0 * at.moving("swing")) * at.moving("on_abp")


class Impedance:
    """Breathing by the impedance of the chest, ohm: goes on behind a closed airway; in apnoea the heart's part stays."""

    name, rate_mhz = "resp", 62_500
    BREATH_OHM, HEART_OHM = 1.0, 0.12

    def __init__(self, seed: int) -> None:
        self._noise = _Noise(seed, "resp")

    def draw(self, at: At) -> Array:
        ohm = self.BREATH_OHM * at.moving("chest") + self.HEART_OHM * PLETH(at.pulse())
        ohm += 0.005 * self._noise(at.samples) + 0.3 * at.shake()
        return ohm * at.moving("on_ecg")


class Capnogram:
    """CO2 at the sensor, mmHg. The plateau climbs to what a breath that ended now would be counted with."""

    name, rate_mhz = "capno", 50_000
    _S = 0.02
    #: Two stages of the analyser, 0.12 s each, and by how much both together are behind a steady climb.
    _KEEP = 1.0 - exp(-_S / 0.12)
    _BEHIND_S = 2.0 * _S * (1.0 - _KEEP) / _KEEP
    _RISE_S, _FALL_S = 0.2, 0.15

    def __init__(self) -> None:
        self._gas = self._top = self._first = self._second = 0.0

    def draw(self, at: At) -> Array:
        on = at.moving("on_co2")
        out = (at.times_s >= at.held("out_s")) & ~(on < 1.0) & ~np.isnan(on)
        gas = np.where(out, self._breathed_out(at), -1.0)
        return np.array(list(map(self._analyse, gas.tolist()))) * on

    def _breathed_out(self, at: At) -> Array:
        breath_s = np.minimum(60.0, at.held("breath_s"))
        left_s, whole_s = (1.0 - at.cycle()) * breath_s, (1.0 - INHALES) * breath_s
        out_s = np.maximum(0.0, at.times_s - at.held("out_s"))
        plateau, narrow = at.moving("plateau"), 1.0 - at.held("airway")
        # 1 to 3 mmHg/s, less in long breaths; behind a narrow airway the shark's fin: a slow rise that goes on to the end.
        slope = np.minimum(3.0, np.maximum(1.0, 6.0 / whole_s)) * (1.0 - narrow)
        slope += at.held("dip") * narrow * plateau / whole_s
        level = plateau - slope * (left_s - self._BEHIND_S)
        # The heart moves gas that hardly flows any more, late in a slow breath. The analyser halves what it sees of it.
        late = _up(out_s - 2.0) * _up((whole_s - 3.5) / 1.5) * _up((left_s - 0.3) / 0.5)
        level -= late * 2.6 * PLETH(at.pulse())
        rise_s = self._RISE_S + 0.4 * narrow
        rise = LOGISTIC((out_s - DEAD_S) / rise_s - 0.5)
        return np.maximum(0.0, level * rise * (1.0 - at.held("talking")))

    def _analyse(self, gas: float) -> float:
        """`gas` below 0: none is breathed out, and what stands at the sensor is washed away."""
        if gas >= 0.0:
            self._gas = self._top = gas
        else:
            self._gas = max(0.0, self._gas - self._top * self._S / self._FALL_S)
        self._first += self._KEEP * (self._gas - self._first)
        self._second += self._KEEP * (self._first - self._second)
        if self._second < 1e-6:
            self._second = 0.0
        return self._second


def _up(x: Array) -> Array:
    return np.minimum(1.0, np.maximum(0.0, x))
