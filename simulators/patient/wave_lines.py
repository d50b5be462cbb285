"""What waveforms remember from one tenth of a second to the next: beats, the chest, sensors that come off, a limb that moves.

Each step of the patient's grid becomes one `Line` of numbers. Waves are drawn from lines, each sample for itself, so it makes no
difference how many lines are drawn at a time. Constants without a source in section 4.7 of the ketamine reference are choices for
the looks.
"""

from dataclasses import replace
from math import floor, inf, nan
from random import Random
from typing import NamedTuple

from simulators.artefacts import CALM, Disturbance
from simulators.patient.moment import Moment
from simulators.patient.shapes import CHEST, INHALES
from simulators.patient.variability import stream

STEP_S = 0.1
#: Lines that are needed before the one that is drawn: the finger is a quarter of a second behind the heart.
HISTORY = 4
#: The dead space is breathed out first.
DEAD_S = 0.1
#: How long a wave takes to vanish when its sensor comes off, or to come back.
_FADE_S = 0.5


class Line(NamedTuple):
    """One tenth of a second. What is marked * holds all through it; the rest is reached at its end."""

    from_s: float  #: *
    beats: float  #: * so far, at its beginning; R is where they are whole
    rate_hz: float  #: * of the beats
    beat_s: float  #: * how long one lasts; without a pulse longer than anybody looks
    r_s: float  #: * the last R before it
    chest: float  #: volume, in breaths of normal size
    swing: float  #: the same around its usual value: about -1 to 1
    pi: float
    sbp: float
    dbp: float
    cycle_from: float  #: * share of the breath at its beginning
    cycle: float  #: goes on over 1 when a breath ends in this line
    out_s: float  #: * when breathing out began; inf: no gas comes
    breath_s: float  #: *
    airway: float  #: *
    dip: float  #: *
    plateau: float
    talking: float  #: *
    electrode: float  #: *
    shake: float  #: how far a moving limb drowns the wave, in heights of the wave
    turn: float  #: * of the limb, at its beginning
    turn_hz: float  #: *
    on_ecg: float  #: 1: the sensor is on; 0: off; nan: off, and the monitor has noticed
    on_spo2: float
    on_co2: float
    on_abp: float


class Lines:
    """Makes them, one for each moment in order."""

    def __init__(self, moment: Moment, seed: int) -> None:
        self._heart = _Heart(moment, stream(seed, "wave beats").random())
        self._chest, self._breath = _Chest(moment), _Breath(moment, stream(seed, "wave capno"))
        self._limb = _Limb(stream(seed, "wave motion"))
        self._on = [_Sensor("ecg"), _Sensor("spo2"), _Sensor("co2"), _Sensor("abp")]
        #: As many as are needed before the first, as if everything had gone on like this.
        self.before: list[Line] = []
        for back in range(HISTORY, 0, -1):
            line = self._line(moment, CALM)
            at_s = (moment.n - back) / 10
            beats = self._heart.beats - self._heart.rate_hz * (back - 1) * STEP_S
            since = (beats - floor(beats)) / self._heart.rate_hz if self._heart.rate_hz > 0 else inf
            self.before.append(line._replace(from_s=at_s, beats=beats, r_s=at_s - since))

    def step(self, moment: Moment, disturbance: Disturbance) -> Line:
        if moment.forced_breaths is not None:
            moment = _forced(moment, moment.forced_breaths, self._breath.cycle)
        self._chest.step(moment)
        self._heart.step(moment, self._chest.swing)
        self._breath.step(moment)
        self._limb.step(max(disturbance.motion, moment.motion))
        for sensor in self._on:
            sensor.step(moment, disturbance)
        return self._line(moment, disturbance)

    def _line(self, moment: Moment, disturbance: Disturbance) -> Line:
        heart, breath, limb = self._heart, self._breath, self._limb
        return Line(
            (moment.n - 1) / 10, heart.beats, heart.rate_hz, heart.beat_s, heart.r_s, self._chest.volume, self._chest.swing,
            moment.pi, moment.sbp, moment.dbp, breath.cycle_from, breath.cycle, breath.out_s,
            60.0 / moment.breaths if moment.breaths > 0 else inf, moment.airway, breath.dip, moment.plateau,
            disturbance.talking, disturbance.electrode, limb.shake, limb.turn, limb.turn_hz,
            *(sensor.on for sensor in self._on),
        )  # fmt: skip


def _forced(moment: Moment, breaths: float, cycle: float) -> Moment:
    """Breathing as the monitor is made to show it, on from where the wave is; afterwards the patient's own takes over."""
    if breaths < 1.0:
        return replace(moment, breaths=0.0, effort=0.0, sampled=False)
    made_up = moment.breaths <= 0.0
    return replace(
        moment,
        breaths=breaths,
        cycle=(cycle + breaths / 60.0 * STEP_S) % 1.0,
        effort=1.0 if made_up else moment.effort,
        sampled=made_up or moment.sampled,
    )


class _Heart:
    """A beat whenever the pulse, with what breathing does to it, has summed up to one."""

    __slots__ = ("beats", "r_s", "rate_hz")

    def __init__(self, moment: Moment, beats: float) -> None:
        """`beats` at the moment, under 1; the state is that of the step that ends with it."""
        self.rate_hz = moment.pulse / 60.0
        self.r_s = moment.n / 10 - beats / self.rate_hz if self.rate_hz > 0 else -inf
        self.beats = beats - self.rate_hz * STEP_S

    @property
    def beat_s(self) -> float:
        return 1.0 / self.rate_hz if self.rate_hz > 0 else 1e9

    def step(self, moment: Moment, swing: float) -> None:
        ended = self.beats + self.rate_hz * STEP_S
        if (whole := floor(ended)) > floor(self.beats):
            self.r_s = (moment.n - 1) / 10 - (ended - whole) / self.rate_hz
        self.beats = ended
        pulse = moment.pulse + moment.sway * swing if moment.pulse > 0 else 0.0
        self.rate_hz = max(0.0, pulse) / 60.0


def _volume(moment: Moment) -> float:
    return min(2.0, moment.effort) * CHEST.one(moment.cycle) if moment.breaths > 0 else 0.0


class _Chest:
    """Never jumps: muscles take their time. `swing` is 0 on average, in apnoea too, so that breathing moves the pulse but not its mean."""

    __slots__ = ("_usual", "volume")

    def __init__(self, moment: Moment) -> None:
        self.volume, self._usual = _volume(moment), 0.4

    def step(self, moment: Moment) -> None:
        self.volume += 0.6 * (_volume(moment) - self.volume)
        self._usual += STEP_S / 15.0 * (self.volume - self._usual)

    @property
    def swing(self) -> float:
        return 2.0 * (self.volume - self._usual)


class _Breath:
    """Where in the breath each line lies, and since when gas comes out."""

    __slots__ = ("_random", "cycle", "cycle_from", "dip", "out_s")

    def __init__(self, moment: Moment, random: Random) -> None:
        self._random = random
        self.cycle_from = self.cycle = moment.cycle
        self.out_s, self.dip = inf, 0.5

    def step(self, moment: Moment) -> None:
        start = self.cycle - 1.0 if self.cycle >= 1.0 else self.cycle
        # The breath that ends in a step is counted at its end; until then the line goes on over 1.
        end = moment.cycle + (1.0 if moment.cycle < start and moment.breaths > 0 else 0.0)
        self.cycle_from, self.cycle = start, end
        if moment.breaths <= 0 or not moment.sampled or end < INHALES:
            self.out_s = inf
        elif start < INHALES:
            self._begin((moment.n - 1 + (INHALES - start) / (end - start)) / 10)
        elif self.out_s == inf:
            # After a pause, or through an airway that opens, gas of the lung comes at once.
            self._begin((moment.n - 1) / 10 - DEAD_S)

    def _begin(self, at_s: float) -> None:
        self.out_s, self.dip = at_s, self._random.uniform(0.4, 0.7)


class _Limb:
    """Moves at 1 to 4 Hz and draws two to five times the wave (section 4.4)."""

    __slots__ = ("_random", "_share", "_size", "turn", "turn_hz")

    def __init__(self, random: Random) -> None:
        self._random = random
        self._share, self._size, self.turn, self.turn_hz = 0.0, 3.0, 0.0, 2.0

    def step(self, motion: float) -> None:
        self._share += 0.3 * (motion - self._share)
        if self._share < 1e-3:
            self._share = 0.0
        self.turn = (self.turn + self.turn_hz * STEP_S) % 1.0
        self.turn_hz = min(4.0, max(1.0, self.turn_hz + self._random.gauss(0.0, 0.4)))
        self._size = min(5.0, max(2.0, self._size + self._random.gauss(0.0, 0.5)))

    @property
    def shake(self) -> float:
        return self._share * self._size


class _Sensor:
    __slots__ = ("_group", "_seen", "on")

    def __init__(self, group: str) -> None:
        self._group = group
        self._seen = self.on = 1.0

    def step(self, moment: Moment, disturbance: Disturbance) -> None:
        off, noticed = self._group in moment.off, moment.off.get(self._group, False)
        if self._group == "spo2" and disturbance.probe_off:
            off = noticed = True
        self._seen = min(1.0, max(0.0, self._seen + (-STEP_S if off else STEP_S) / _FADE_S))
        if self._seen < 1e-9:
            self._seen = 0.0
        self.on = nan if noticed and self._seen == 0.0 else self._seen
