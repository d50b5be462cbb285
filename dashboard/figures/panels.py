"""The panels of the session figure: which quantities, on which scale, and the small arithmetic of steps and scales."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.figures.record import Cuff, Floats
from dashboard.figures.theme import Theme

#: Room on the left for titles and numbers.
LEFT_PX = 104


@dataclass(frozen=True, slots=True)
class Focus:
    """What the window is about: a band across all panels."""

    from_s: float
    to_s: float
    priority: str


@dataclass(frozen=True, slots=True)
class Panel:
    """`weight`: share of the height; `low`/`high`: the scale, widened when data leave it; `every`: between two labels."""

    key: str
    title: str
    unit: str
    colour: Callable[[Theme], str]
    weight: float
    low: float
    high: float
    every: float


PANELS = (
    Panel("rate", "HR", "/min", lambda t: t.hr, 1.0, 40, 140, 40),
    Panel("spo2", "SpO₂", "%", lambda t: t.spo2, 1.0, 80, 101, 10),
    Panel("bp", "BP", "mmHg", lambda t: t.bp, 1.35, 40, 200, 50),
    Panel("etco2", "EtCO₂", "mmHg", lambda t: t.co2, 0.85, 20, 60, 20),
    Panel("rr", "RR", "/min", lambda t: t.rr, 0.8, 0, 26, 10),
    Panel("infusion", "Ketamine", "mg/h", lambda t: t.infusion, 0.8, 0, 10, 10),
    Panel("given", "Given", "mg", lambda t: t.infusion, 0.75, 0, 10, 10),
    Panel("predicted", "Predicted", "ng/mL", lambda t: t.predicted, 0.85, 0, 100, 100),
    Panel("loc", "LOC", "", lambda t: t.loc, 0.75, 0, 5, 1),
    Panel("alarms", "Alarms", "", lambda t: t.muted, 0.55, -0.6, 2.6, 1),
    Panel("events", "Events", "", lambda t: t.muted, 0.75, 0, 3, 1),
)
#: A panel whose quantity was never there is left out; these stay.
ALWAYS = {"rate", "spo2", "bp", "infusion", "loc", "alarms", "events"}
ALARM_ROW = {"high": 2.0, "medium": 1.0, "low": 0.0}


def steps(
    points: Sequence[tuple[float, float]], start_s: float, end_s: float, *, until_last: bool = False
) -> tuple[Floats, Floats]:
    """A value that holds until the next one, as corners of a line within the window; right-continuous."""
    x: list[float] = []
    y: list[float] = []
    for i, (from_s, value) in enumerate(points):
        last = i + 1 == len(points)
        to_s = (from_s if until_last else end_s) if last else points[i + 1][0]
        a, b = max(from_s, start_s), min(to_s, end_s)
        if b < a:
            continue
        x += [a, b]
        y += [value, value]
    return np.array(x), np.array(y)


def highest_per(cuffs: Sequence[Cuff], width_s: float) -> list[Cuff]:
    """Of the readings within each `width_s` the one with the highest pressure."""
    best: dict[int, Cuff] = {}
    for cuff in cuffs:
        slot = int(cuff.t_s / max(width_s, 1e-9))
        if slot not in best or cuff.sys > best[slot].sys:
            best[slot] = cuff
    return list(best.values())


def round_up(value: float) -> tuple[float, float]:
    """A round number at or above `value`, and a step that gives two or three labels."""
    if value <= 0:
        return 1.0, 1.0
    step = 10.0 ** np.floor(np.log10(value))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * step >= value:
            return float(factor * step), float(factor * step / 2)
    raise AssertionError("ten times the decade is always enough")


def frame(bottom: float, top: float, theme: Theme) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "paper", "yref": "paper", "x0": 0, "x1": 1, "y0": bottom, "y1": top, "line": {"width": 1, "color": theme.line},
        "fillcolor": "rgba(0,0,0,0)", "layer": "above",
    }  # fmt: skip


def title(panel: Panel, top: float, theme: Theme) -> dict[str, Any]:
    unit = f'<br><span style="color:{theme.muted};font-weight:400">{panel.unit}</span>' if panel.unit else ""
    return {
        "xref": "paper", "yref": "paper", "x": 0, "xshift": -LEFT_PX + 8, "y": top, "xanchor": "left", "yanchor": "top", "align": "left",
        "showarrow": False, "text": f"<b>{panel.title}</b>{unit}", "font": {"size": 11, "color": panel.colour(theme)},
    }  # fmt: skip
