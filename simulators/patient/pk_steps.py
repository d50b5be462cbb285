"""The same models stepped exactly: x(t+Δ) = exp(MΔ)·x for the augmented state, with the rate as a constant entry.

Exact for any step as long as the input is constant in it, so pump events split steps and are never rounded to a tick.
The products are plain Python, for a 7-vector as fast as an array call and the same bits whatever library does the sums.
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import mul

import numpy as np

from simulators.patient.pk import Array, DoseEvent, Kinetics

_Matrix = tuple[tuple[float, ...], ...]


class Body:
    """Amounts in one body, in mg: compartments, eliminated so far, effect sites (as V1 would hold); and the rate, mg/min."""

    def __init__(self, kinetics: Kinetics, lags_per_min: tuple[float, ...] = ()) -> None:
        """`lags_per_min`: further effect sites, each with its own ke0, read from `lagged_ng_ml`."""
        self._kinetics = kinetics
        self._sites = (() if kinetics.ke0_per_min is None else (kinetics.ke0_per_min,)) + lags_per_min
        self._compartments = 1 + len(kinetics.out_per_min)
        self._x = [0.0] * (self._compartments + 1 + len(self._sites) + 1)
        self._ng_ml = 1000.0 / kinetics.v1_l
        self.given_mg = 0.0

    def step(self, delta_min: float) -> None:
        """Any length: exact while nothing is changed in between. 0 changes nothing."""
        if delta_min <= 0:
            return
        matrix = _transition(self._kinetics, self._sites, delta_min)
        self.given_mg += self._x[-1] * delta_min
        self._x = [sum(map(mul, row, self._x)) for row in matrix]

    def set_rate_mg_h(self, rate_mg_h: float) -> None:
        self._x[-1] = rate_mg_h / 60.0

    def bolus_mg(self, dose_mg: float) -> None:
        self._x[0] += dose_mg
        self.given_mg += dose_mg

    @property
    def rate_mg_h(self) -> float:
        return self._x[-1] * 60.0

    @property
    def cp_ng_ml(self) -> float:
        return self._x[0] * self._ng_ml

    @property
    def ce_ng_ml(self) -> float | None:
        return None if self._kinetics.ke0_per_min is None else self._x[self._compartments + 1] * self._ng_ml

    @property
    def lagged_ng_ml(self) -> list[float]:
        first = self._compartments + 1 + (self._kinetics.ke0_per_min is not None)
        return [x * self._ng_ml for x in self._x[first:-1]]

    @property
    def in_body_mg(self) -> float:
        return sum(self._x[: self._compartments])

    @property
    def eliminated_mg(self) -> float:
        return self._x[self._compartments]


def stepped(kinetics: Kinetics, events: Sequence[DoseEvent], times_min: Array) -> tuple[Array, Array | None]:
    """(Cp, Ce) as `Kinetics.concentration`, by stepping."""
    cp, ce = np.zeros(times_min.shape), np.zeros(times_min.shape)
    pending = sorted(events, key=lambda e: e.t_min)
    body, now, due = Body(kinetics), min((e.t_min for e in pending), default=0.0), 0
    for index in np.argsort(times_min, axis=None, kind="stable"):
        t = float(times_min.flat[index])
        while due < len(pending) and pending[due].t_min <= t:
            event = pending[due]
            body.step(event.t_min - now)
            now = event.t_min
            if event.bolus_mg is not None:
                body.bolus_mg(event.bolus_mg)
            if event.rate_mg_h is not None:
                body.set_rate_mg_h(event.rate_mg_h)
            due += 1
        body.step(t - now)
        now = max(now, t)
        cp.flat[index] = body.cp_ng_ml
        ce.flat[index] = body.ce_ng_ml or 0.0
    return cp, None if kinetics.ke0_per_min is None else ce


@lru_cache(maxsize=512)
def _transition(kinetics: Kinetics, sites: tuple[float, ...], delta_min: float) -> _Matrix:
    n = 1 + len(kinetics.out_per_min)
    size = n + 1 + len(sites) + 1
    m = np.zeros((size, size))
    m[0, 0] = -kinetics.k10_per_min - sum(kinetics.out_per_min)
    m[0, -1] = 1.0
    m[n, 0] = kinetics.k10_per_min
    for j, (out, back) in enumerate(zip(kinetics.out_per_min, kinetics.back_per_min, strict=True), start=1):
        m[j, 0], m[j, j], m[0, j] = out, -back, back
    for j, ke0 in enumerate(sites, start=n + 1):
        m[j, 0], m[j, j] = ke0, -ke0
    return tuple(tuple(row) for row in matrix_exponential(m * delta_min).tolist())


def matrix_exponential(m: Array) -> Array:
    """exp(m) by scaling and squaring of the Taylor series: with the norm at most 1/2, 18 terms reach full precision."""
    norm = float(np.abs(m).sum(axis=1).max())
    squarings = max(0, int(np.ceil(np.log2(norm))) + 1) if norm > 0 else 0
    scaled = m / 2.0**squarings
    term = total = np.eye(len(m))
    for k in range(1, 19):
        term = term @ scaled / k
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return total
