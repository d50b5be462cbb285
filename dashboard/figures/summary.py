"""A session in a few numbers: time in bands, worst values, dose, alarms, gaps. Pure; a missing value is left out, never guessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from dashboard.figures.occurrences import Occurrence
from dashboard.figures.record import Floats, SessionRecord, cuff_readings
from dashboard.session.numbers import num

#: A sample stands for the seconds until the next one, at most this many: what follows is a gap.
HOLD_S = 2.5
#: Lower edges of the saturation bands (default-alarm-limits.md, profile A: A1 <= 93, A2 <= 89, A3 <= 84).
SPO2_EDGES = (94.0, 90.0, 85.0)
SPO2_BANDS = ("≥ 94 %", "90–93 %", "85–89 %", "≤ 84 %")


@dataclass(frozen=True, slots=True)
class Chip:
    """`value` is the figure, `note` what belongs to it; `tone`: empty, or a priority whose colour it takes. `parts`: shares of
    a whole (0 to 1) with their words, worst last, for a small bar."""

    title: str
    value: str
    note: str = ""
    tone: str = ""
    parts: tuple[tuple[str, float], ...] = ()


def summary(record: SessionRecord, alarms: Sequence[Occurrence]) -> list[Chip]:
    """The chips of the review page, in their order."""
    return [
        _bands(record),
        _lowest(record),
        _pressure(record),
        _dose(record),
        _alarms(alarms),
        _answered(alarms),
        _gaps(record),
    ]


def seconds_valid(t_s: Floats, values: Floats) -> Floats:
    """How long each sample stands for: to the next one, at most `HOLD_S`; 0 where there is no value."""
    if t_s.size == 0:
        return np.empty(0)
    step = np.append(np.diff(t_s), 1.0)
    return np.where(np.isnan(values), 0.0, np.where(step > HOLD_S, 1.0, step))


def time_in_bands(t_s: Floats, values: Floats, edges: Sequence[float]) -> list[float]:
    """Seconds at or above each falling edge, and below the last; a value is rounded as screens show it."""
    weight = seconds_valid(t_s, values)
    shown = np.round(np.nan_to_num(values, nan=-1.0))
    out: list[float] = []
    above = np.inf
    for edge in (*edges, -np.inf):
        out.append(float(weight[(shown >= edge) & (shown < above)].sum()))
        above = edge
    return out


def gaps_of(
    record: SessionRecord, signals: Sequence[str] = ("rate", "spo2"), least_s: float = 10.0
) -> list[tuple[float, float]]:
    """Stretches of at least `least_s` in which none of `signals` had a value, from the first sample to the end."""
    if record.t_s.size == 0:
        return []
    seen = np.zeros(record.t_s.size, dtype=bool)
    for signal in signals:
        seen |= ~np.isnan(record.trend(signal))
    good = record.t_s[seen]
    edges = np.concatenate(([record.start_s], good, [float(record.t_s[-1])]))
    at = np.flatnonzero(np.diff(edges) >= least_s)
    return [(float(edges[i]), float(edges[i + 1])) for i in at]


def _bands(record: SessionRecord) -> Chip:
    seconds = time_in_bands(record.t_s, record.trend("spo2"), SPO2_EDGES)
    total = sum(seconds)
    if total == 0:
        return Chip("SpO₂ in bands", "–", "not measured")
    parts = tuple((f"{band} {_share(s / total)}", s / total) for band, s in zip(SPO2_BANDS, seconds, strict=True))
    below = sum(seconds[1:])
    return Chip(
        f"SpO₂ {SPO2_BANDS[0]}",
        _share(seconds[0] / total),
        f"{minutes(below)} below" if below else "all the time",
        "",
        parts,
    )


def _lowest(record: SessionRecord) -> Chip:
    spo2 = record.trend("spo2")
    if np.all(np.isnan(spo2)):
        return Chip("Lowest SpO₂", "–", "not measured")
    i = int(np.nanargmin(spo2))
    value = float(spo2[i])
    tone = "high" if value <= 84.5 else "medium" if value < 89.5 else ""
    return Chip("Lowest SpO₂", f"{num(value, 0)} %", f"at {record.clock(float(record.t_s[i]))}", tone)


def _pressure(record: SessionRecord) -> Chip:
    readings = cuff_readings(record)
    if not readings:
        return Chip("Highest SBP", "–", "not measured")
    worst = max(readings, key=lambda cuff: cuff.sys)
    baseline = record.session.baseline.event.values.get("sbp") if record.session.baseline else None
    if not baseline:
        return Chip("Highest SBP", f"{num(worst.sys, 0)} mmHg", "no baseline taken")
    over = 100 * (worst.sys / baseline - 1)
    return Chip(
        "Highest SBP",
        num(worst.sys, 0),
        f"{over:+.0f} % of baseline {num(baseline, 0)} · {record.clock(worst.t_s)[:5]}",
    )


def _dose(record: SessionRecord) -> Chip:
    given = record.session.given_mg(record.end_s)
    planned = record.session.planned_mg
    if planned <= 0:
        return Chip("Given", f"{num(given, 1)} mg", "no plan recorded")
    return Chip("Of planned dose", _share(given / planned), f"{num(given, 1)} of {num(planned, 1)} mg")


def _alarms(alarms: Sequence[Occurrence]) -> Chip:
    count = {p: sum(one.priority == p for one in alarms) for p in ("high", "medium", "low")}
    tone = next((p for p in ("high", "medium") if count[p]), "")
    return Chip("Alarms", str(len(alarms)), f"*** {count['high']} · ** {count['medium']} · * {count['low']}", tone)


def _answered(alarms: Sequence[Occurrence]) -> Chip:
    # As the figures of the alarm page count: from the step that was answered, and only what is over can be said to be never answered.
    waits = [one.waited_s for one in alarms if one.waited_s is not None]
    never = sum(one.acknowledged_s is None and one.priority != "low" and one.ended_s is not None for one in alarms)
    return Chip(
        "Median to acknowledge",
        minutes(median(waits)) if waits else "–",
        f"{never} never acknowledged" if never else "",
    )


def _gaps(record: SessionRecord) -> Chip:
    gaps = gaps_of(record)
    if not gaps:
        return Chip("Without data", "0:00", "no gap of 10 s")
    total = sum(b - a for a, b in gaps)
    return Chip(
        "Without data",
        minutes(total),
        f"{len(gaps)} gap{'s' if len(gaps) > 1 else ''} · longest {minutes(max(b - a for a, b in gaps))}",
    )


def minutes(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    s = round(max(0.0, seconds))
    return f"{s // 60}:{s % 60:02d}" if s < 3600 else f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}"


def _share(share: float) -> str:
    """Percent; never "100 %" while something is missing, nor "0 %" while something is there."""
    percent = 100 * share
    if 99.5 <= percent < 100:
        return "> 99 %"
    return "< 1 %" if 0 < percent < 0.5 else f"{percent:.0f} %"
