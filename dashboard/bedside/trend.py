"""The session so far for the charts. Read once a page load, off the event loop."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.session.describe import row
from dashboard.session.state import Session
from dashboard.session.training_events import HIDDEN
from dashboard.store.rows import Columns
from devices.signals import CUFF_SIGNALS

#: Between two samples further apart than this nothing was recorded: the chart gets a hole, not a line.
GAP_S = 3.0

Floats = NDArray[np.float64]


def history(session: Session | None, columns: Columns | None, bed: str, signs: Mapping[str, str]) -> dict[str, Any]:
    """Columns of the trend with a null row in every hole, cuff readings, entries, alarms and the rate steps. `signs`: as of the bed."""
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
        "events": [
            {**row(session, stored), "by": signs.get(stored.event.by, stored.event.by)}
            for stored in session.record
            if not isinstance(stored.event, HIDDEN)
        ],
        "loc": [
            {
                "at_ms": _ms(entry.at),
                "scale": entry.event.scale,
                "level": entry.event.level,
                "by": signs.get(entry.by, entry.by),
            }
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
