"""From the patient to the monitor's numbers: pulse oximeter, capnograph, cuff (sections 4.2, 4.4 and 4.6)."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random

from config.models.scenario import Cuff

#: Duration of one automatic cuff measurement; longer on a slow pulse.
_CUFF_S, _CUFF_SLOW_S, _SLOW_PULSE = 30.0, 36.0, 55.0
#: Reading error of a cuff, SD in mmHg, and how far systolic and diastolic share it.
_CUFF_SD_SYS, _CUFF_SD_DIA, _CUFF_SHARED = 4.0, 3.0, 0.5
_TAU_S, _AVERAGE_S = 4.0, 8
_TIGHT_AFTER_S = 4.0
#: Intervals that the displayed breathing rate is the mean of.
_RATE_OVER = 4


class Oximeter:
    """Arterial saturation as a finger probe shows it: transport delay, first-order lag of 4 s, mean of 8 s. Once a second."""

    __slots__ = ("_averaged", "_delay", "_keep", "_lagged")

    def __init__(self, saturation: float, delay_s: float) -> None:
        self._delay = deque([saturation] * round(delay_s))
        self._lagged = saturation
        self._keep = 1.0 - exp(-1.0 / _TAU_S)
        self._averaged = deque([saturation] * _AVERAGE_S)

    def step(self, saturation: float) -> float:
        """The shown value before noise and rounding."""
        self._delay.append(saturation)
        self._lagged += self._keep * (self._delay.popleft() - self._lagged)
        self._averaged.append(self._lagged)
        self._averaged.popleft()
        return sum(self._averaged) / _AVERAGE_S


class BreathMeter:
    """Counts breaths the way a monitor does, from their times alone.

    The rate is the mean of the last four intervals. While no breath comes the last numbers stand, until `no_breath_s`
    after the last breath: from that instant the monitor says "no breath", and shows 0. The first breath afterwards ends that;
    its plateau shows at once, the rate with the second breath, because one breath has no rate.
    """

    __slots__ = ("_intervals", "_no_breath_s", "etco2", "last_s")

    def __init__(self, no_breath_s: float, rate: float, etco2: float) -> None:
        self._no_breath_s = no_breath_s
        self._intervals = deque([60.0 / rate] * _RATE_OVER, maxlen=_RATE_OVER)
        self.last_s = 0.0
        self.etco2 = etco2

    def breath(self, now_s: float, etco2: float = 0.0) -> None:
        if self.silent(now_s):
            self._intervals.clear()
        else:
            self._intervals.append(now_s - self.last_s)
        self.last_s, self.etco2 = now_s, etco2

    def ends(self, now_s: float) -> None:
        """The breath under way is the last one: it ends now, with the plateau before it and no interval of its own."""
        if not self.silent(now_s):
            self.last_s = now_s

    def silent(self, now_s: float) -> bool:
        # A hair of tolerance: breaths lie on a grid of tenths of a second, which binary fractions do not meet exactly.
        return now_s - self.last_s >= self._no_breath_s - 1e-6

    def rate(self, now_s: float) -> float:
        if self.silent(now_s) or not self._intervals:
            return 0.0
        return 60.0 * len(self._intervals) / sum(self._intervals)


@dataclass(frozen=True, slots=True)
class CuffReading:
    """`at_s`: the end of the measurement. None: it failed."""

    at_s: float
    sys: float | None
    dia: float | None
    map: float | None


class CuffCycle:
    """Automatic measurements on their own clock, and manual ones. Once a second."""

    __slots__ = ("_done_s", "_next_s", "_random", "_rows", "_since_s", "_spoilt", "_spoilt_as", "readings")

    def __init__(self, rows: Sequence[Cuff], random: Random) -> None:
        self._rows, self._random = tuple(rows), random
        self._next_s = rows[0].from_s if rows else None
        self._done_s: float | None = None
        self._since_s = 0.0
        self._spoilt = 0
        self._spoilt_as: tuple[float, float] | None = None
        #: The last two, oldest first.
        self.readings: deque[CuffReading] = deque(maxlen=2)

    def start(self, now_s: float) -> None:
        """The start button: measures now; the automatic cycle goes on as before."""
        if self._done_s is None:
            self._since_s, self._done_s = now_s, now_s + _CUFF_S

    def spoil(self, count: int, read: tuple[float, float] | None) -> None:
        """The next `count` measurements give `read`, systolic and diastolic; None: they fail."""
        self._spoilt, self._spoilt_as = count, read

    def squeezes(self, now_s: float) -> bool:
        """The cuff is tight enough to stop the pulse beyond it: 4 s after it began, until it is done."""
        return self._done_s is not None and now_s >= self._since_s + _TIGHT_AFTER_S

    def step(self, now_s: float, sys: float, dia: float, pulse: float, attached: bool) -> None:
        if self._done_s is not None and now_s >= self._done_s:
            self._done_s = None
            self.readings.append(self._reading(now_s, sys, dia, attached))
        if self._next_s is not None and now_s >= self._next_s:
            if self._done_s is None:
                self._since_s = now_s
                self._done_s = now_s + (_CUFF_SLOW_S if pulse < _SLOW_PULSE else _CUFF_S)
            self._next_s = self._after(self._next_s)

    def _after(self, start_s: float) -> float:
        every_s, limit_s = 0.0, None
        for row in self._rows:
            if row.from_s <= start_s:
                every_s = row.every_s
            elif limit_s is None:
                limit_s = row.from_s
        return start_s + every_s if limit_s is None else min(start_s + every_s, limit_s)

    def _reading(self, now_s: float, sys: float, dia: float, attached: bool) -> CuffReading:
        if not attached:
            return CuffReading(now_s, None, None, None)
        if self._spoilt == 0:
            return self._read(now_s, sys, dia)
        self._spoilt -= 1
        if self._spoilt_as is None:
            return CuffReading(now_s, None, None, None)
        high, low = self._spoilt_as
        return CuffReading(now_s, high, low, float(round(low + 0.35 * (high - low))))

    def _read(self, now_s: float, sys: float, dia: float) -> CuffReading:
        shared = self._random.gauss(0.0, 1.0)
        own = (1.0 - _CUFF_SHARED**2) ** 0.5
        error_sys = shared
        error_dia = _CUFF_SHARED * shared + own * self._random.gauss(0.0, 1.0)
        high = round(sys + _CUFF_SD_SYS * error_sys)
        low = min(round(dia + _CUFF_SD_DIA * error_dia), high - 5)
        return CuffReading(now_s, float(high), float(low), float(round(low + 0.35 * (high - low))))
