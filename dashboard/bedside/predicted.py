"""The predicted concentration of a session: past, ahead to the end of the plan, and what a pause now would do.

A population estimate of the typical patient of that weight, never a measurement: no alarm and no advice rests on it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.session.infusion import Infusion
from dashboard.session.state import Session
from simulators.patient.pk import Dose, Kinetics, band, drug_model

MODEL = "kamp2020"
PAST_STEP_MIN = 0.5
AHEAD_STEP_MIN = 1.0
#: How far the curve reaches past the end of the plan, or past now once the infusion stands.
AFTERWARDS_MIN = 60.0
#: How far a pause is followed: an hour, and a little for the time that screens keep an answer.
PAUSED_MIN = 65.0


def prediction(session: Session | None, now: datetime, t_s: float) -> dict[str, Any]:
    """Concentrations in ng/mL at `at_ms`: plasma with its band, effect site (empty where the model has none published).

    A running infusion is taken to run on at its rate until the planned dose is in; a paused or stopped one to stay so.
    `if_paused`: the same from now on for a pause that begins now; None unless the infusion runs.
    `covered`: whether the weight lies in the range that the model was built from.
    """
    model = drug_model(MODEL)
    out: dict[str, Any] = {
        "model": MODEL, "title": model.spec.title, "bias": model.spec.bias, "covered": True, "at_ms": [], "cp_ng_ml": [],
        "ce_ng_ml": [], "low": [], "high": [], "now_ms": _ms(now), "rate_ahead": [], "if_paused": None,
    }  # fmt: skip
    if session is None or session.opened is None or not (session.infusion.segments or session.infusion.boluses):
        return out
    out["covered"] = model.covers(session.weight_kg)
    kinetics = model.for_weight(session.weight_kg)
    infusion = session.infusion
    begin_s = min([s.from_s for s in infusion.segments[:1]] + [b.t_s for b in infusion.boluses])
    end_s = _plan_end_s(session, t_s)
    given = _given(infusion, begin_s)
    planned = given if end_s is None else [*given, Dose((end_s - begin_s) / 60, rate_mg_h=0.0)]
    now_min = max(0.0, (t_s - begin_s) / 60)
    last_min = (max(t_s, end_s or t_s) - begin_s) / 60 + AFTERWARDS_MIN
    steps = {d.t_min for d in planned if 0 <= d.t_min <= last_min} | {now_min}
    grid = np.concatenate([np.arange(0, now_min, PAST_STEP_MIN), np.arange(now_min, last_min, AHEAD_STEP_MIN)])
    times = np.union1d(np.array(sorted(steps)), grid)
    out |= _curve(session, kinetics, planned, times, begin_s)
    low, high = band(np.array(out["cp_ng_ml"]))
    out |= {"low": _rounded(low), "high": _rounded(high)}
    if end_s is not None:
        ends_ms = _ms_at(session, end_s)
        out["rate_ahead"] = [[_ms(now), session.rate_mg_h], [ends_ms, session.rate_mg_h], [ends_ms, 0.0]]
        later = np.arange(now_min, now_min + PAUSED_MIN + AHEAD_STEP_MIN / 2, AHEAD_STEP_MIN)
        past = [dose for dose in given if dose.t_min <= now_min]
        out["if_paused"] = _curve(session, kinetics, [*past, Dose(now_min, rate_mg_h=0.0)], later, begin_s)
    return out


def _plan_end_s(session: Session, t_s: float) -> float | None:
    """When the planned dose will be in, on the session's clock; None while nothing runs."""
    left_min = session.minutes_left(t_s)
    return None if left_min is None else t_s + left_min * 60


def _given(infusion: Infusion, begin_s: float) -> list[Dose]:
    doses = [Dose((s.from_s - begin_s) / 60, rate_mg_h=s.rate_mg_h) for s in infusion.segments]
    doses += [Dose((b.t_s - begin_s) / 60, bolus_mg=b.dose_mg) for b in infusion.boluses]
    return sorted(doses, key=lambda dose: dose.t_min)


def _curve(
    session: Session, kinetics: Kinetics, doses: Sequence[Dose], times_min: NDArray[np.float64], begin_s: float
) -> dict[str, list[Any]]:
    cp, ce = kinetics.concentration(doses, times_min)
    return {
        "at_ms": [_ms_at(session, begin_s + t * 60) for t in times_min.tolist()],
        "cp_ng_ml": _rounded(cp),
        "ce_ng_ml": [] if ce is None else _rounded(ce),
    }


def _rounded(curve: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in np.round(curve, 2)]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _ms_at(session: Session, t_s: float) -> int:
    at = session.at_of(t_s)
    assert at is not None
    return _ms(at)
