"""Seeded randomness. Every process has a stream of its own, so that adding one never shifts another."""

from dataclasses import dataclass
from math import exp, log1p, sqrt
from random import Random

from simulators.patient.pk import TYPICAL, Factors


def stream(seed: int, name: str) -> Random:
    """Seeded by text: the same numbers on every platform and Python version."""
    return Random(f"{seed}/{name}")


class Ar1:
    """x ← φx + SD·√(1-φ²)·ε with φ = exp(-Δt/τ), at rest in its stationary distribution from the start."""

    __slots__ = ("_noise", "_phi", "_random", "value")

    def __init__(self, random: Random, sd: float, tau_s: float, step_s: float = 1.0) -> None:
        self._random = random
        self._phi = exp(-step_s / tau_s)
        self._noise = sd * sqrt(1.0 - self._phi**2)
        self.value = random.gauss(0.0, sd)

    def step(self) -> float:
        self.value = self._phi * self.value + self._noise * self._random.gauss(0.0, 1.0)
        return self.value


@dataclass(frozen=True, slots=True)
class Person:
    """How this person differs from the typical one (section 1.5 of the ketamine reference), as factors.

    `pressor`: the most that pressure and pulse rise by; `pressor_c50`: the concentration for half of it; `sedation`: the
    concentrations at which the level falls; `c50` and `emax`: of dissociation.
    """

    factors: Factors = TYPICAL
    pressor: float = 1.0
    sedation: float = 1.0
    c50: float = 1.0
    emax: float = 1.0
    pressor_c50: float = 1.0


TYPICAL_PERSON = Person()


def draw_person(seed: int) -> Person:
    """Log-normal with median 1. CV: CL 25 %, Q 20 %, V1 35 %, V2 and V3 30 %, ke0 40 %, C50 30 %, Emax 25 %; SD of the log: pressor
    0.5 (which is the Emax of pressure and pulse, and wider than that of section 1.5), sedation threshold 0.30 (its C50)."""
    random = stream(seed, "person")

    def cv(percent: float) -> float:
        return random.lognormvariate(0.0, sqrt(log1p((percent / 100.0) ** 2)))

    return Person(
        Factors(clearance=cv(25), flows=(cv(20), cv(20)), v1=cv(35), outer_volumes=(cv(30), cv(30)), ke0=cv(40)),
        pressor=random.lognormvariate(-0.5 * 0.5**2, 0.5),
        sedation=random.lognormvariate(0.0, 0.3),
        c50=cv(30),
        emax=cv(25),
        pressor_c50=cv(30),
    )
