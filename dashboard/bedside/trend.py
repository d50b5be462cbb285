"""The session so far for the charts, and the predicted concentration past and ahead. Read once a page load, off the event loop."""

import math
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.session.describe import row
from dashboard.session.infusion import Infusion
from dashboard.session.state import Session
from dashboard.store.rows import Columns
from devices.signals import CUFF_SIGNALS
from simulators.patient.pk import Dose, band, drug_model

#: Between two samples further apart than this nothing was recorded: the chart gets a hole, not a line.
GAP_S = 3.0
MODEL = "kamp2020"
PAST_STEP_MIN = 0.5
AHEAD_STEP_MIN = 1.0
#: How far the curve reaches past the end of the plan, or past now once the infusion stands.
AFTERWARDS_MIN = 60.0

Floats = NDArray[np.float64]


def history(session: Session | None, columns: Columns | None, bed: str) -> dict[str, Any]:
    """Columns of the trend with a null row in every hole, cuff readings, entries, alarms and the rate steps."""
    if session is None or session.opened is None or columns is None:
        return {
            "bed": bed, "session": None, "opened_at": None, "t_s": [], "at_ms": [], "signals": {}, "cuff": [], "events": [],
            "loc": [], "alarms": [], "rate": [],
        }  # fmt: skip
    numbers = {name: column for name, column in columns.values.items() if name not in CUFF_SIGNALS}
    numbers["rate"] = _first(columns, "hr", "pr")
    numbers["rr"] = _first(columns, "rr_co2", "rr_imp")
    holes = np.flatnonzero(np.diff(columns.t_s) > GAP_S) + 1
    t_s = np.insert(columns.t_s, holes, columns.t_s[holes] - 0.5)
    at_ms = np.insert(columns.at_ms, holes, columns.at_ms[holes] - 500)
    return {
        "bed": bed,
        "session": session.id,
        "opened_at": session.opened.at.isoformat(),
        "t_s": t_s.tolist(),
        "at_ms": at_ms.tolist(),
        "signals": {name: _nulls(np.insert(column, holes, np.nan)) for name, column in sorted(numbers.items())},
        "cuff": _cuffs(session, columns),
        "events": [row(session, stored) for stored in session.record],
        "loc": [
            {"at_ms": _ms(entry.at), "scale": entry.event.scale, "level": entry.event.level, "by": entry.by}
            for entry in session.assessments
        ],
        "alarms": spans(session),
        "rate": [[_ms_at(session, s.from_s), round(s.rate_mg_h, 4)] for s in session.infusion.segments],
    }


def spans(session: Session) -> list[dict[str, Any]]:
    """Each alarm occurrence as a bar from onset to end, with its worst priority."""
    rank = {"low": 0, "medium": 1, "high": 2}
    bars: dict[int, dict[str, Any]] = {}
    for entry in session.alarms:
        event = entry.event
        at_ms = _ms_at(session, event.t_s)
        bar = bars.setdefault(
            event.occurrence,
            {
                "occurrence": event.occurrence,
                "rule": event.rule,
                "priority": event.priority,
                "text": event.message,
                "from_ms": at_ms,
                "to_ms": None,
            },
        )
        kind = type(event).__name__
        if kind in ("AlarmRaised", "AlarmEscalated") and rank.get(event.priority, 0) >= rank.get(bar["priority"], 0):
            bar.update(priority=event.priority, rule=event.rule, text=event.message)
        if kind in ("AlarmCleared", "AlarmReset", "AlarmLatched"):
            bar["to_ms"] = bar["to_ms"] or at_ms
        elif kind == "AlarmRaised":
            bar["to_ms"] = None
    return list(bars.values())


def prediction(session: Session | None, now: datetime, t_s: float) -> dict[str, Any]:
    """Plasma concentration of the typical patient of that weight, ng/mL, with the band of ×/÷ 1.4; and the rate ahead.

    A running infusion is taken to run on at its rate until the planned dose is in; a paused or stopped one to stay so.
    """
    model = drug_model(MODEL)
    out: dict[str, Any] = {
        "model": MODEL, "title": model.spec.title, "bias": model.spec.bias, "at_ms": [], "cp_ng_ml": [], "low": [], "high": [],
        "now_ms": _ms(now), "rate_ahead": [],
    }  # fmt: skip
    if session is None or session.opened is None or not (session.infusion.segments or session.infusion.boluses):
        return out
    infusion = session.infusion
    begin_s = min([s.from_s for s in infusion.segments[:1]] + [b.t_s for b in infusion.boluses])
    end_s = plan_end_s(session, t_s)
    doses = _doses(infusion, begin_s, end_s)
    last_min = (max(t_s, end_s or t_s) - begin_s) / 60 + AFTERWARDS_MIN
    now_min = (t_s - begin_s) / 60
    steps = {d.t_min for d in doses if 0 <= d.t_min <= last_min} | {max(0.0, now_min)}
    times = np.union1d(
        np.array(sorted(steps)),
        np.concatenate(
            [np.arange(0, max(0.0, now_min), PAST_STEP_MIN), np.arange(max(0.0, now_min), last_min, AHEAD_STEP_MIN)]
        ),
    )
    cp, _ = model.for_weight(session.weight_kg).concentration(doses, times)
    low, high = band(cp)
    out["at_ms"] = [_ms_at(session, begin_s + t * 60) for t in times.tolist()]
    for name, curve in (("cp_ng_ml", cp), ("low", low), ("high", high)):
        out[name] = np.round(np.asarray(curve, dtype=np.float64), 2).tolist()
    if end_s is not None:
        out["rate_ahead"] = [
            [_ms(now), session.rate_mg_h],
            [_ms_at(session, end_s), session.rate_mg_h],
            [_ms_at(session, end_s), 0.0],
        ]
    return out


def plan_end_s(session: Session, t_s: float) -> float | None:
    """When the planned dose will be in, on the session's clock; None while nothing runs."""
    left_min = session.minutes_left(t_s)
    return None if left_min is None else t_s + left_min * 60


def _doses(infusion: Infusion, begin_s: float, end_s: float | None) -> list[Dose]:
    doses = [Dose((s.from_s - begin_s) / 60, rate_mg_h=s.rate_mg_h) for s in infusion.segments]
    doses += [Dose((b.t_s - begin_s) / 60, bolus_mg=b.dose_mg) for b in infusion.boluses]
    if end_s is not None:
        doses.append(Dose((end_s - begin_s) / 60, rate_mg_h=0.0))
    return sorted(doses, key=lambda d: d.t_min)


def _first(columns: Columns, *names: str) -> Floats:
    """The first of the signals that has a value, at each row."""
    out = np.full(len(columns), np.nan)
    for name in names:
        if name in columns.values:
            out = np.where(np.isnan(out), columns.values[name], out)
    return out


def _cuffs(session: Session, columns: Columns) -> list[dict[str, Any]]:
    nothing = np.full(len(columns), np.nan)
    sys, dia, mean = (columns.values.get(name, nothing) for name in CUFF_SIGNALS)
    rows = [
        {
            "t_s": float(columns.t_s[i]),
            "at_ms": int(columns.at_ms[i]),
            "sys": _n(sys[i]),
            "dia": _n(dia[i]),
            "map": _n(mean[i]),
        }
        for i in np.flatnonzero(~(np.isnan(sys) & np.isnan(mean)))
    ]
    for entry in session.manual_vitals:
        given = entry.event.values
        if "nibp_sys" in given:
            rows.append(
                {
                    "t_s": entry.t_s,
                    "at_ms": _ms(entry.at),
                    "sys": given["nibp_sys"],
                    "dia": given.get("nibp_dia"),
                    "map": given.get("nibp_map"),
                }
            )
    return sorted(rows, key=lambda row: float(row["t_s"] or 0))


def _nulls(column: Floats) -> list[float | None]:
    rounded = np.round(column, 1).astype(object)
    rounded[np.isnan(column)] = None
    return list(rounded.tolist())


def _n(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _ms_at(session: Session, t_s: float) -> int:
    at = session.at_of(t_s)
    assert at is not None
    return _ms(at)
