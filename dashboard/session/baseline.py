"""A baseline out of what is measured: the mean of the last two stable readings (default-alarm-limits.md section 1).

A suggestion: a person looks at it and records it. What counts as a reading and as stable is ours: of a continuous signal the median
of half a minute, two of them in a row; of pressure two measurements at least two minutes apart.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

#: Nothing older than this is looked at.
WITHIN_S = 600.0
READING_S = 30.0
#: A reading is of at least a third of its seconds.
LEAST_VALUES = 10
CUFF_APART_S = 120.0
#: Derived signal -> sampled columns, preferred first, and how far two readings may lie apart.
CONTINUOUS: dict[str, tuple[tuple[str, ...], float]] = {
    "rate": (("hr", "pr"), 10.0),
    "spo2": (("spo2",), 2.0),
    "etco2": (("etco2",), 4.0),
    "rr": (("rr_co2", "rr_imp"), 4.0),
}
PRESSURES = {"sbp": "nibp_sys", "dbp": "nibp_dia", "map": "nibp_map"}
SBP_TOLERANCE = 15.0

Column = Sequence[float]


@dataclass(frozen=True, slots=True)
class Readings:
    """`values`: derived signal -> whole number to record. `why_not`: signal -> why there is none, in a few words."""

    values: Mapping[str, float]
    why_not: Mapping[str, str]


def readings(t_s: Sequence[float], columns: Mapping[str, Column], now_s: float) -> Readings:
    """`columns` hold NaN where there was no valid value; cuff columns a value only where one arrived."""
    values: dict[str, float] = {}
    why_not: dict[str, str] = {}
    for name, (raws, tolerance) in CONTINUOUS.items():
        value = _continuous(t_s, columns, raws, now_s, tolerance)
        if isinstance(value, str):
            why_not[name] = value
        else:
            values[name] = value
    pressures = _pressures(t_s, columns, now_s)
    if isinstance(pressures, str):
        why_not["sbp"] = pressures
    else:
        values |= pressures
    return Readings(values, why_not)


def _continuous(
    t_s: Sequence[float], columns: Mapping[str, Column], raws: Sequence[str], now_s: float, tolerance: float
) -> float | str:
    for raw in raws:
        column = columns.get(raw)
        if column is None:
            continue
        pair = [_median(t_s, column, now_s - READING_S * (i + 1), now_s - READING_S * i) for i in range(2)]
        if pair[0] is None or pair[1] is None:
            continue
        if abs(pair[0] - pair[1]) > tolerance:
            return f"not stable: {pair[1]:.0f}, then {pair[0]:.0f}"
        return float(round((pair[0] + pair[1]) / 2))
    return "no reading for a minute"


def _median(t_s: Sequence[float], column: Column, after_s: float, until_s: float) -> float | None:
    # From the end: only the last minute of a long session is looked at.
    found = []
    for index in range(len(t_s) - 1, -1, -1):
        if t_s[index] <= after_s:
            break
        if t_s[index] <= until_s and not math.isnan(column[index]):
            found.append(column[index])
    return median(found) if len(found) >= LEAST_VALUES else None


def _pressures(t_s: Sequence[float], columns: Mapping[str, Column], now_s: float) -> dict[str, float] | str:
    systolic = columns.get("nibp_sys", ())
    last: list[int] = []
    for index in range(len(systolic) - 1, -1, -1):
        if t_s[index] < now_s - WITHIN_S or len(last) == 2:
            break
        if not math.isnan(systolic[index]) and (not last or t_s[last[0]] - t_s[index] >= CUFF_APART_S):
            last.append(index)
    if len(last) < 2:
        return "no cuff reading in 10 min" if not last else "one cuff reading: a second one after 2 min"
    later, first = last
    if abs(systolic[later] - systolic[first]) > SBP_TOLERANCE:
        return f"not stable: {systolic[first]:.0f}, then {systolic[later]:.0f} mmHg"
    out = {}
    for name, raw in PRESSURES.items():
        pair = [columns[raw][index] for index in last] if raw in columns else []
        if pair and not any(math.isnan(value) for value in pair):
            out[name] = float(round(sum(pair) / 2))
    return out
