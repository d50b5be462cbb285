"""What waveform tests share: a patient with waves, and detectors that know nothing of how the waves are made."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from config.models import scenario as script
from simulators.patient.moment import Moment
from simulators.patient.patient import VirtualPatient
from simulators.patient.pk import drug_model
from simulators.patient.waves import Wave, Waves

ADULT = script.Patient(name="A", age_y=34, sex="F", weight_kg=70, hr=72, sbp=118, dbp=72, rr=14)
KAMP = drug_model("kamp2020").for_weight(70)
Array = NDArray[np.float64]


class Bed:
    """A patient with waves; `shown`: the monitor's numbers at each whole second that was walked."""

    def __init__(self, seed: int = 1, spec: script.Patient = ADULT, **setup: object) -> None:
        made = script.MonitorSetup.model_validate(setup)
        self.patient = VirtualPatient(spec, made, KAMP, seed)
        self.waves = Waves(self.patient, spec, made, seed)
        self.shown: list[dict[str, float | None]] = []

    def run(self, to_s: int) -> "Bed":
        for t in range(len(self.shown), to_s + 1):
            self.patient.advance(float(t))
            self.shown.append({name: vital.value for name, vital in self.patient.vitals().items()})
        return self

    def numbers(self, name: str, from_s: int, to_s: int) -> Array:
        return np.array([row[name] for row in self.shown[from_s:to_s]], dtype=float)

    def wave(self, name: str, from_s: float, to_s: float) -> Wave:
        return self.waves.span(from_s, to_s)[name]


def times(wave: Wave) -> Array:
    return wave.t0_s + np.arange(len(wave.samples)) / wave.rate_hz


def maxima(wave: Wave, above: float, apart_s: float) -> Array:
    """Times of the highest samples over `above`, no two nearer than `apart_s`: highest first, as the eye would pick them."""
    x = wave.samples
    inner = np.flatnonzero((x[1:-1] > above) & (x[1:-1] >= x[:-2]) & (x[1:-1] > x[2:])) + 1
    taken: list[int] = []
    for i in inner[np.argsort(-x[inner], kind="stable")]:
        if all(abs(i - j) >= apart_s * wave.rate_hz for j in taken):
            taken.append(int(i))
    return times(wave)[sorted(taken)]


def at(wave: Wave, when_s: Array) -> Array:
    return wave.samples[np.round((when_s - wave.t0_s) * wave.rate_hz).astype(int)]


def r_peaks(wave: Wave) -> Array:
    return maxima(wave, 0.6, 0.25)


def breath_ends(wave: Wave) -> Array:
    """Where a plateau falls through half of the height that it had."""
    out, top, falling = [], 0.0, True
    for i, value in enumerate(wave.samples.tolist()):
        if falling:
            falling, top = value >= 2.0, 0.0
        top = max(top, value)
        if not falling and top > 5.0 and value < top / 2.0:
            out.append(i)
            falling = True
    return times(wave)[out]


class Still:
    """A patient of constant numbers, stepped by hand: 60/min, 12 breaths a minute, perfusion index 4 %."""

    def __init__(self, **constants: object) -> None:
        values = {
            "pulse": 60.0, "sway": 0.0, "breaths": 12.0, "effort": 1.0, "airway": 1.0, "sampled": True, "plateau": 38.0, "pi": 4.0,
            "sbp": 120.0, "dbp": 75.0,
        }  # fmt: skip
        self._now = Moment(n=0, cycle=0.0, **(values | constants))  # type: ignore[arg-type]
        self._follower: Callable[[Moment], None] = lambda _: None
        self.waves = Waves(self, ADULT, script.MonitorSetup(), 1)

    def moment(self) -> Moment:
        return self._now

    def follow(self, follower: Callable[[Moment], None]) -> None:
        self._follower = follower

    def run(self, seconds: float, **changed: object) -> "Still":
        for _ in range(round(seconds * 10)):
            before = self._now
            after = replace(before, n=before.n + 1, **changed)  # type: ignore[arg-type]
            self._now = replace(after, cycle=(before.cycle + after.breaths / 600.0) % 1.0)
            self._follower(self._now)
        return self
