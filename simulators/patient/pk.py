"""Compartment models of ketamine and of midazolam beside it: concentration as a pure function of what was given.

Two exact paths that share nothing but the rate constants, so that each checks the other: superposition of closed forms
(here, `Kinetics.concentration`; for curves) and stepping with matrix exponentials (`simulators.patient.pk_steps`; for
the virtual patient). Doses in mg, rates in mg/h, times in min, concentrations in ng/mL. A prediction is a population
estimate and never a measurement: `BAND` is drawn around it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import exp, log
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

import config
from config.models import ConfigError, load_toml
from config.models.base import describe
from config.models.drugs import DrugModelSpec, Regimen

Array = npt.NDArray[np.float64]
Quantity = TypeVar("Quantity", float, Array)

#: The band of the overlay: x/÷ 1.4, a typical between-subject spread.
BAND = 1.4
#: How long `predict --every` runs on after the last event.
TAIL_MIN = 240.0
#: Effect-site rates nearer than this (relative) to a disposition rate are left to stepping: partial fractions lose digits.
_TOO_NEAR = 1e-6
#: The two groups that age interpolates between, and the name of what comes out.
_YOUNG, _ELDERLY, MIDAZOLAM = "albrecht1999_young", "albrecht1999_elderly", "albrecht1999"
_MODELS = Path(config.__file__).parent / "drug_models"


class DoseEvent(Protocol):
    """A bolus, or a rate that holds until the next rate event. The other of the two is None."""

    @property
    def t_min(self) -> float: ...
    @property
    def bolus_mg(self) -> float | None: ...
    @property
    def rate_mg_h(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Dose:
    """The plain `DoseEvent`."""

    t_min: float
    bolus_mg: float | None = None
    rate_mg_h: float | None = None


@dataclass(frozen=True)
class Kinetics:
    """A model for one person. `out_per_min` are k12, k13 and `back_per_min` k21, k31; `ke0_per_min` None: no effect site."""

    v1_l: float
    k10_per_min: float
    out_per_min: tuple[float, ...]
    back_per_min: tuple[float, ...]
    ke0_per_min: float | None

    @cached_property
    def _modes(self) -> tuple[Array, Array]:
        """(λ 1/min, A 1/L): a unit bolus gives Σ A·exp(-λt).

        The disposition matrix of a mammillary model becomes symmetric when scaled by √(k1j·kj1); the weight of a mode
        is then the square of its eigenvector's first entry, which keeps all digits even for equal rates.
        """
        out, back = np.array(self.out_per_min), np.array(self.back_per_min)
        matrix = np.diag(np.concatenate([[self.k10_per_min + out.sum()], back]))
        matrix[0, 1:] = matrix[1:, 0] = -np.sqrt(out * back)
        rates, vectors = np.linalg.eigh(matrix)
        return rates, vectors[0] ** 2 / self.v1_l

    @property
    def half_lives_min(self) -> tuple[float, ...]:
        """Shortest first."""
        return tuple(float(x) for x in np.sort(log(2) / self._modes[0]))

    @property
    def clearance_l_min(self) -> float:
        return self.v1_l * self.k10_per_min

    @property
    def steady_volume_l(self) -> float:
        return self.v1_l * (1 + sum(o / b for o, b in zip(self.out_per_min, self.back_per_min, strict=True)))

    def concentration(self, events: Sequence[DoseEvent], times_min: npt.ArrayLike) -> tuple[Array, Array | None]:
        """(Cp, Ce) in ng/mL at `times_min`, right-continuous at events; Ce None without an effect site.

        `events` may come in any order, except that of equal times (the last rate at an instant holds).
        """
        times = np.asarray(times_min, dtype=np.float64)
        rates, weights = self._modes
        cp = _superpose(events, times, rates, weights)
        ke0 = self.ke0_per_min
        if ke0 is None:
            return cp, None
        if np.any(np.abs(rates - ke0) < _TOO_NEAR * ke0):
            from simulators.patient.pk_steps import stepped  # here: that module is built on this one

            return stepped(self, events, times)
        shared = ke0 * weights / (ke0 - rates)
        effect_rates, effect_weights = np.append(rates, ke0), np.append(shared, -shared.sum())
        return cp, _superpose(events, times, effect_rates, effect_weights)


@dataclass(frozen=True, slots=True)
class Factors:
    """How one person differs from the typical one: each parameter is multiplied by its factor."""

    clearance: float = 1.0
    flows: tuple[float, float] = (1.0, 1.0)
    v1: float = 1.0
    outer_volumes: tuple[float, float] = (1.0, 1.0)
    ke0: float = 1.0


TYPICAL = Factors()


@dataclass(frozen=True, slots=True)
class DrugModel:
    spec: DrugModelSpec

    def covers(self, weight_kg: float) -> bool:
        """Whether the weight lies in the range the model was built from; outside it the curve must be marked."""
        low, high = self.spec.validity.weight_kg
        return low <= weight_kg <= high

    def for_weight(self, kg: float, factors: Factors = TYPICAL) -> Kinetics:
        """The kinetics at total body weight `kg` (> 0)."""
        if not kg > 0:
            raise ConfigError(f"weight_kg: must be greater than 0 (got {kg})")
        volumes, clearance, flows = self._flows_l_min(kg)
        v1 = volumes[0] * factors.v1
        outer = [v * f for v, f in zip(volumes[1:], factors.outer_volumes, strict=False)]
        flows = [q * f for q, f in zip(flows, factors.flows, strict=False)]
        site = self.spec.effect_site
        return Kinetics(
            v1_l=v1,
            k10_per_min=clearance * factors.clearance / v1,
            out_per_min=tuple(q / v1 for q in flows),
            back_per_min=tuple(q / v for q, v in zip(flows, outer, strict=True)),
            ke0_per_min=None
            if site is None
            else (site.intercept_per_min + site.ln_weight_per_min * log(kg)) * factors.ke0,
        )

    def _flows_l_min(self, kg: float) -> tuple[list[float], float, list[float]]:
        """(volumes L, clearance L/min, flows L/min) of the typical person."""
        if (flows := self.spec.flows) is not None:
            ratio = kg / flows.reference_weight_kg
            volume, clearance = ratio**flows.volume_exponent, ratio**flows.clearance_exponent / 60.0
            return (
                [v * volume for v in flows.volumes_l],
                flows.clearance_l_h * clearance,
                [q * clearance for q in flows.flows_l_h],
            )
        if (fixed := self.spec.fixed) is not None:
            v1, clearance, out, back = fixed.v1_l, fixed.clearance_l_min, fixed.out_per_min, fixed.back_per_min
        else:
            rates = self.spec.rates
            assert rates is not None  # one of the three, by the spec's own check
            v1 = rates.v1_l_per_kg * kg
            clearance, out, back = v1 * rates.k10_per_min, rates.out_per_min, rates.back_per_min
        outer = [v1 * o / b for o, b in zip(out, back, strict=True)]
        return [v1, *outer], clearance, [v1 * o for o in out]


def band(cp: Quantity) -> tuple[Quantity, Quantity]:
    """(low, high) around a predicted concentration."""
    return cp / BAND, cp * BAND


@cache
def _models() -> dict[str, DrugModel]:
    return {path.stem: DrugModel(load_toml(path, DrugModelSpec)) for path in sorted(_MODELS.glob("*.toml"))}


def model_keys(substance: str = "ketamine") -> list[str]:
    return [key for key, model in _models().items() if model.spec.substance == substance]


def drug_model(key: str, substance: str | None = None) -> DrugModel:
    """The shipped model of that key, of that substance if one is named. ConfigError names the known ones."""
    model = _models().get(key)
    if model is None or substance not in (None, model.spec.substance):
        ketamine = ", ".join(model_keys())
        others = "" if substance == "ketamine" else f"; midazolam: {', '.join([MIDAZOLAM, *model_keys('midazolam')])}"
        raise ConfigError(f"unknown drug model {key!r}; this version has: {ketamine}{others}")
    return model


@cache
def midazolam(age_y: float) -> Kinetics:
    """Albrecht 1999 at that age: every parameter linear between the two groups (26 and 71 years), and theirs outside."""
    young, elderly = (drug_model(key).spec for key in (_YOUNG, _ELDERLY))
    low, high = young.fixed, elderly.fixed
    assert low is not None
    assert high is not None
    assert young.effect_site is not None
    assert elderly.effect_site is not None
    share = min(1.0, max(0.0, (age_y - low.age_y) / (high.age_y - low.age_y)))

    def between(a: float, b: float) -> float:
        return (1.0 - share) * a + share * b

    v1_l = between(low.v1_l, high.v1_l)
    return Kinetics(
        v1_l=v1_l,
        k10_per_min=between(low.clearance_l_min, high.clearance_l_min) / v1_l,
        out_per_min=tuple(map(between, low.out_per_min, high.out_per_min)),
        back_per_min=tuple(map(between, low.back_per_min, high.back_per_min)),
        ke0_per_min=between(young.effect_site.intercept_per_min, elderly.effect_site.intercept_per_min),
    )


def _kinetics(model: str, regimen: Regimen) -> Kinetics:
    if model != MIDAZOLAM:
        return drug_model(model).for_weight(regimen.weight_kg)
    if regimen.age_y is None:
        raise ConfigError(f"regimen: age_y: the model {MIDAZOLAM} needs it")
    return midazolam(regimen.age_y)


def parse_regimen(data: Mapping[str, Any]) -> Regimen:
    """ConfigError, in one line, names each wrong key and what was expected."""
    try:
        return Regimen.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"regimen: {describe(error)}") from None


def predict_csv(
    regimen: Mapping[str, Any],
    model: str,
    every_min: float | None = None,
    at_min: Sequence[float] | None = None,
    norketamine: bool = False,
) -> Iterator[str]:
    """Lines of `t_min,cp_ng_ml,ce_ng_ml`, header first, without line ends; `ce_ng_ml` empty without a published ke0.

    `norketamine`: a fourth column `norket_ng_ml`, illustrative: whoever prints it says so.

    `every_min`: from 0 in that step until 240 min after the last event (default 1 min); `at_min`: at these times, in
    the order given. ConfigError at once, before the first line, on a bad regimen, model, step or time.
    """
    parsed = parse_regimen(regimen)
    kinetics = _kinetics(model, parsed)
    if at_min is not None:
        if every_min is not None:
            raise ConfigError("every, at: give one of the two")
        times = _checked_times(at_min)
    else:
        times = _grid(1.0 if every_min is None else every_min, parsed.events[-1].t_min + TAIL_MIN)
    cp, ce = kinetics.concentration(parsed.events, times)
    metabolite = _norketamine(kinetics, model, parsed, times) if norketamine else None
    return _lines(times, cp, ce, metabolite)


def _norketamine(kinetics: Kinetics, model: str, regimen: Regimen, times: Array) -> Array:
    if model == MIDAZOLAM or drug_model(model).spec.substance != "ketamine":
        raise ConfigError(f"norketamine: {model} is no model of ketamine")
    from simulators.patient.norketamine import norketamine  # here: that module is built on this one

    return norketamine(kinetics, regimen.events, times)[1]


def _lines(times: Array, cp: Array, ce: Array | None, metabolite: Array | None) -> Iterator[str]:
    yield "t_min,cp_ng_ml,ce_ng_ml" + ("" if metabolite is None else ",norket_ng_ml")
    for i, t in enumerate(times):
        line = f"{t:.12g},{cp[i]:#.12g}," + ("" if ce is None else f"{ce[i]:#.12g}")
        yield line if metabolite is None else f"{line},{metabolite[i]:#.12g}"


def _checked_times(at_min: Iterable[float]) -> Array:
    times = np.array(list(at_min), dtype=np.float64)
    if times.size == 0:
        raise ConfigError("at: give at least one time")
    for t in times:
        if not (np.isfinite(t) and t >= 0):
            raise ConfigError(f"at: times must be 0 or more, in minutes (got {t:g})")
    return times


def _grid(step_min: float, end_min: float) -> Array:
    if not (np.isfinite(step_min) and step_min > 0):
        raise ConfigError(f"every: must be greater than 0 minutes (got {step_min:g})")
    steps = int(end_min / step_min + 1e-9)
    if steps > 1_000_000:
        raise ConfigError(f"every: {step_min:g} min gives more than a million lines; choose a longer step")
    # Rounded, so that 3 x 0.1 meets an event at 0.3 instead of falling just past or short of it.
    return np.round(np.arange(steps + 1) * step_min, 9)


def _superpose(events: Sequence[DoseEvent], times: Array, rates: Array, weights: Array) -> Array:
    """ng/mL: the sum over events of each one's own curve, for the modes (`rates` 1/min, `weights` 1/L)."""
    out = np.zeros(times.shape)
    step_weights = weights / rates
    running_mg_h = 0.0
    for event in sorted(events, key=lambda e: e.t_min):
        age = times - event.t_min
        late = age >= 0
        tau = age[late][..., None]
        if event.bolus_mg:
            out[late] += event.bolus_mg * (np.exp(-rates * tau) @ weights)
        if event.rate_mg_h is not None and event.rate_mg_h != running_mg_h:
            change_mg_min = (event.rate_mg_h - running_mg_h) / 60.0
            running_mg_h = event.rate_mg_h
            out[late] += change_mg_min * (-np.expm1(-rates * tau) @ step_weights)
    # Long after the last dose the terms cancel to rounding noise of either sign.
    return np.maximum(out, 0.0) * 1000.0


def hill(c: float, c50: float, gamma: float = 1.0) -> float:
    """c^γ / (C50^γ + c^γ), 0 at or below zero."""
    return 0.0 if c <= 0 else 1.0 / (1.0 + exp(gamma * log(c50 / c)))
