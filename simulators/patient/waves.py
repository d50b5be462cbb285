"""Waveforms of the virtual patient: ECG, pleth, capnogram, impedance breathing and, with an arterial line, its pressure.

Beats and breaths are the patient's own, so that what is counted in a wave is what the numbers say. Every wave is drawn along as the
patient's grid is walked, whoever looks and whenever: the same seed and hands give the same bits however time is cut.
"""

from array import array
from collections.abc import Callable
from math import ceil
from typing import NamedTuple, Protocol

import numpy as np

from config.models import scenario as script
from simulators.artefacts import CALM, Artefacts
from simulators.patient.moment import Moment
from simulators.patient.traces import Array, At, Capnogram, Ecg, Impedance, Pleth, Pressure, Trace
from simulators.patient.wave_lines import HISTORY, Line, Lines

#: Lines that may wait before they are drawn, 10 s: drawn together they cost a fraction of what they cost one by one.
_WAITING = 100


class Wave(NamedTuple):
    """`samples`: (n,), in the signal's unit, the first at `t0_s` of the run's clock. NaN: the monitor knows that the sensor is off."""

    t0_s: float
    rate_hz: float
    samples: Array


class Followed(Protocol):
    def moment(self) -> Moment: ...

    def follow(self, follower: Callable[[Moment], None]) -> None: ...


class Waves:
    """Follows a patient from now on and keeps the last `keep_s` seconds of each wave."""

    def __init__(
        self,
        patient: Followed,
        spec: script.Patient,
        setup: script.MonitorSetup,
        seed: int,
        artefacts: Artefacts | None = None,
        keep_s: float = 120.0,
    ) -> None:
        """Make it before the patient is advanced: waves begin with the instant at which they are made. ValueError for `keep_s` under 1."""
        if not keep_s >= 1.0:
            raise ValueError(f"keep_s must be 1 or more (got {keep_s:g})")
        moment = patient.moment()
        self._artefacts, self._n = artefacts, moment.n
        self._lines = Lines(moment, seed)
        #: The last ones that were drawn, and those that wait.
        self._drawn, self._waiting = self._lines.before, list[Line]()
        # The gain is set once, on this patient at rest; perfusion that falls shows as it falls.
        traces: list[Trace] = [Ecg(seed), Pleth(seed, max(4.0, spec.pi))]
        if setup.capnography:
            traces.append(Capnogram())
        traces.append(Impedance(seed))
        if setup.arterial_line:
            traces.append(Pressure())
        self._kept = [_Kept(trace, moment.n, keep_s) for trace in traces]
        patient.follow(self._follow)

    @property
    def now_s(self) -> float:
        """Up to here samples exist."""
        return self._n / 10

    def span(self, from_s: float, to_s: float) -> dict[str, Wave]:
        """Raw signal name -> its samples with from_s <= t < to_s. Spans that meet join without a sample twice or missing. ValueError
        when the patient is not that far yet, or when the samples are kept no longer."""
        if to_s > self.now_s + 1e-6:
            raise ValueError(f"waves up to {to_s:g} s asked for, but the patient is at {self.now_s:g} s")
        self._draw()
        return {kept.trace.name: kept.span(from_s, to_s) for kept in self._kept}

    def _follow(self, moment: Moment) -> None:
        disturbance = CALM if self._artefacts is None else self._artefacts.disturbance(moment.n / 10)
        self._waiting.append(self._lines.step(moment, disturbance))
        self._n = moment.n
        if len(self._waiting) >= _WAITING:
            self._draw()

    def _draw(self) -> None:
        if not self._waiting:
            return
        lines = self._drawn + self._waiting
        columns = dict(zip(Line._fields, np.array(lines).T.copy(), strict=True))
        for kept in self._kept:
            kept.draw(columns, self._n - len(lines), self._n)
        self._drawn, self._waiting = lines[-HISTORY:], []


class _Kept:
    """The last samples of one trace; sample k is at k / rate."""

    __slots__ = ("_first", "_keep", "_next", "_rate_hz", "_samples", "trace")

    def __init__(self, trace: Trace, n: int, keep_s: float) -> None:
        self.trace = trace
        self._rate_hz = trace.rate_mhz / 1000
        self._keep = int(keep_s * self._rate_hz)
        self._samples = array("d")
        self._first = self._next = self._index(n)

    def _index(self, n: int) -> int:
        """The first sample at or after grid instant n: in whole numbers, so that no step has one too many."""
        return -(-n * self.trace.rate_mhz // 10_000)

    def draw(self, columns: dict[str, Array], first_n: int, n: int) -> None:
        end = self._index(n)
        at = At(columns, first_n, np.arange(self._next, end), self.trace.rate_mhz)
        self._samples.frombytes(self.trace.draw(at).tobytes())
        self._next = end
        if len(self._samples) > 2 * self._keep:
            dropped = len(self._samples) - self._keep
            del self._samples[:dropped]
            self._first += dropped

    def span(self, from_s: float, to_s: float) -> Wave:
        first, last = (ceil(t * self._rate_hz - 1e-6) for t in (from_s, to_s))
        if first < self._first:
            raise ValueError(f"waves from {from_s:g} s are not kept; they begin at {self._first / self._rate_hz:g} s")
        samples = np.array(self._samples[first - self._first : max(first, last) - self._first])
        return Wave(first / self._rate_hz, self._rate_hz, samples)
