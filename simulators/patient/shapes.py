"""Shapes of waveforms as tables: section 4.7 of the ketamine reference. A look-up is a few products, the same bits everywhere."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import cos, exp, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Cells of a table. Between them straight lines: the error stays under 2e-5 of a wave's height.
CELLS = 2048


class Table:
    """`shape` from `low` to `high`; beyond both ends the value there."""

    __slots__ = ("_cells", "_low", "_per", "_steps", "_values")

    def __init__(self, shape: Callable[[float], float], low: float, high: float) -> None:
        self._low, self._per = low, CELLS / (high - low)
        self._cells = [shape(low + i / self._per) for i in range(CELLS + 1)]
        self._values = np.array(self._cells[:-1])
        self._steps = np.array([b - a for a, b in pairwise(self._cells)])

    def __call__(self, x: Array) -> Array:
        at = np.minimum(float(CELLS), np.maximum(0.0, (x - self._low) * self._per))
        cell = np.minimum(CELLS - 1, at.astype(np.int64))
        found: Array = self._values[cell] + self._steps[cell] * (at - cell)
        return found

    def one(self, x: float) -> float:
        """The nearest cell's value, for a single number."""
        return self._cells[round(min(float(CELLS), max(0.0, (x - self._low) * self._per)))]


def monotone(points: Sequence[tuple[float, float]]) -> Callable[[float], float]:
    """The cubic through `points` (x rising) that turns nowhere but at them (Fritsch and Carlson 1980), level at both ends."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    widths = [b - a for a, b in pairwise(xs)]
    rises = [(b - a) / w for (a, b), w in zip(pairwise(ys), widths, strict=True)]
    slopes = [0.0]
    for left, right in pairwise(rises):
        slopes.append(2.0 * left * right / (left + right) if left * right > 0 else 0.0)
    slopes.append(0.0)

    def at(x: float) -> float:
        i = max(k for k in range(len(widths)) if k == 0 or xs[k] <= x)
        t, w = (x - xs[i]) / widths[i], widths[i]
        a, b = slopes[i] * w, slopes[i + 1] * w
        rise = ys[i + 1] - ys[i]
        return ys[i] + t * (a + t * (3.0 * rise - 2.0 * a - b + t * (a + b - 2.0 * rise)))

    return at


def gaussian(x: float) -> float:
    return exp(-x * x / 2.0)


# ECGSYN (McSharry 2003): P, Q, R, S, T at these angles of the beat at 60/min, with these widths and strengths. The model adds up
# what pulls at each wave; summed along the beat that is a Gaussian of height a·b². Heights here are in mV with R at 1 mV.
ANGLES_DEG = {"P": -70.0, "Q": -15.0, "R": 0.0, "S": 15.0, "T": 100.0}
WIDTHS_RAD = {"P": 0.25, "Q": 0.1, "R": 0.1, "S": 0.1, "T": 0.4}
_STRENGTHS = {"P": 1.2, "Q": -5.0, "R": 30.0, "S": -7.5, "T": 0.75}
HEIGHTS_MV = {w: _STRENGTHS[w] * WIDTHS_RAD[w] ** 2 / (_STRENGTHS["R"] * WIDTHS_RAD["R"] ** 2) for w in _STRENGTHS}
#: The same in seconds of a beat at 60/min.
PLACES_S = {w: radians(a) / (2.0 * pi) for w, a in ANGLES_DEG.items()}
WIDTHS_S = {w: b / (2.0 * pi) for w, b in WIDTHS_RAD.items()}


def _qrs(x_s: float) -> float:
    return sum(HEIGHTS_MV[w] * gaussian((x_s - PLACES_S[w]) / WIDTHS_S[w]) for w in "QRS")


GAUSSIAN = Table(gaussian, -6.0, 6.0)
#: mV over seconds from R at 60/min.
QRS = Table(_qrs, -0.15, 0.15)
SINE = Table(lambda turn: sin(2.0 * pi * turn), 0.0, 1.0)
#: Over the share of the beat: onset, systolic peak, notch, diastolic bump, end.
PLETH = Table(monotone([(0.0, 0.0), (0.175, 1.0), (0.40, 0.49), (0.45, 0.51), (1.0, 0.0)]), 0.0, 1.0)
#: Invasive pressure, 0 diastolic and 1 systolic: a steeper upstroke, and an area of a third, so that its mean is the mean pressure
#: that the monitor shows. From general knowledge.
PRESSURE = Table(monotone([(0.0, 0.0), (0.13, 1.0), (0.34, 0.37), (0.39, 0.40), (0.92, 0.0), (1.0, 0.0)]), 0.0, 1.0)
#: From 0 to 1 between -0.5 and 0.5: nine tenths of a logistic rise.
LOGISTIC = Table(lambda x: 1.0 / (1.0 + exp(-5.9 * x)), -1.5, 1.5)
#: Share of a breath that is breathing in: one to two.
INHALES = 1.0 / 3.0
#: Where the chest is at rest again.
_AT_REST = 0.9


def _chest(cycle: float) -> float:
    if cycle < INHALES:
        return (1.0 - cos(pi * cycle / INHALES)) / 2.0
    return (1.0 + cos(pi * min(1.0, (cycle - INHALES) / (_AT_REST - INHALES)))) / 2.0


#: Volume of the chest over the share of a breath, 0 to 1.
CHEST = Table(_chest, 0.0, 1.0)
