"""Norketamine from ketamine: illustrative, accurate to about a factor of two (section 1.3 of the ketamine reference).

Parent and metabolite are one linear system, stepped exactly by its matrix exponential. Whoever shows the result shows
`note()` with it.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

import config
from config.models import load_toml
from config.models.metabolites import MetaboliteSpec
from simulators.patient.pk import Array, DoseEvent, Kinetics
from simulators.patient.pk_steps import matrix_exponential

_FILE = Path(config.__file__).parent / "metabolites" / "norketamine.toml"
#: Digits of a minute that a step is told apart by: an even grid then needs one matrix, and 1e-9 min is far below any pump.
_DIGITS = 9


@cache
def spec() -> MetaboliteSpec:
    return load_toml(_FILE, MetaboliteSpec)


def note() -> str:
    return spec().note


def norketamine(kinetics: Kinetics, events: Sequence[DoseEvent], times_min: Array) -> tuple[Array, Array]:
    """(ketamine, norketamine) in ng/mL plasma at `times_min`, in any order; right-continuous. `events` as for `Kinetics`.

    Ketamine comes from the same system, so that a check can hold it against the other two paths.
    """
    pending = sorted(events, key=lambda e: e.t_min)
    parents = 1 + len(kinetics.out_per_min)
    x, now, due = np.zeros(parents + 3), min((e.t_min for e in pending), default=0.0), 0
    ketamine, metabolite = np.zeros(times_min.shape), np.zeros(times_min.shape)
    for index in np.argsort(times_min, axis=None, kind="stable"):
        t = float(times_min.flat[index])
        while due < len(pending) and pending[due].t_min <= t:
            event = pending[due]
            x, now = _moved(kinetics, x, event.t_min - now), event.t_min
            x[0] += event.bolus_mg or 0.0
            if event.rate_mg_h is not None:
                x[-1] = event.rate_mg_h / 60.0
            due += 1
        if t > now:
            x, now = _moved(kinetics, x, t - now), t
        ketamine.flat[index] = 1000.0 * x[0] / kinetics.v1_l
        metabolite.flat[index] = 1000.0 * x[parents] / spec().body.volumes_l[0]
    return ketamine, metabolite


def _moved(kinetics: Kinetics, x: Array, delta_min: float) -> Array:
    delta_min = round(delta_min, _DIGITS)
    return x.copy() if delta_min <= 0 else _transition(kinetics, delta_min) @ x


@lru_cache(maxsize=256)
def _transition(kinetics: Kinetics, delta_min: float) -> Array:
    """Of (ketamine compartments, norketamine's two, infusion rate): mg and mg/min."""
    drug = spec()
    n = 1 + len(kinetics.out_per_min)
    m = np.zeros((n + 3, n + 3))
    m[0, 0] = -kinetics.k10_per_min - sum(kinetics.out_per_min)
    m[0, -1] = 1.0
    for j, (out, back) in enumerate(zip(kinetics.out_per_min, kinetics.back_per_min, strict=True), start=1):
        m[j, 0], m[j, j], m[0, j] = out, -back, back
    central, outer = drug.body.volumes_l
    flow, clearance = drug.body.flow_l_h / 60.0, drug.elimination.clearance_l_h / 60.0
    m[n, 0] = drug.formation.fraction * kinetics.k10_per_min * drug.molar_g_mol / drug.parent_g_mol
    m[n, n], m[n, n + 1] = -(flow + clearance) / central, flow / outer
    m[n + 1, n], m[n + 1, n + 1] = flow / central, -flow / outer
    return matrix_exponential(m * delta_min)
