"""Marks on a time axis that stay quick by the ten thousand: what falls on one pixel is drawn once, labels never overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.figures.record import Floats


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time with the words for its hover; `count` alarms were joined into it."""

    from_s: float
    to_s: float
    text: str
    count: int = 1


def merged(bars: Iterable[Bar], pixel_s: float) -> list[Bar]:
    """Bars in order of start, each at least a few pixels long, those that would touch on screen joined into one."""
    least_s = 4 * pixel_s
    out: list[Bar] = []
    for bar in sorted(bars, key=lambda b: b.from_s):
        to_s = max(bar.to_s, bar.from_s + least_s)
        if out and bar.from_s <= out[-1].to_s + pixel_s:
            last = out[-1]
            out[-1] = Bar(last.from_s, max(last.to_s, to_s), last.text, last.count + bar.count)
        else:
            out.append(Bar(bar.from_s, to_s, bar.text, bar.count))
    return [
        bar if bar.count == 1 else Bar(bar.from_s, bar.to_s, f"{bar.count} alarms, first: {bar.text}", bar.count)
        for bar in out
    ]


def one_per_pixel(times: Sequence[float], start_s: float, pixel_s: float) -> list[int]:
    """Index of the first mark on each pixel."""
    if not times:
        return []
    pixel = np.floor((np.asarray(times) - start_s) / pixel_s).astype(np.int64)
    _, first = np.unique(pixel, return_index=True)
    return sorted(int(i) for i in first)


def strokes(times: Sequence[float] | Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Upright strokes as one broken line: one path for any number of marks."""
    x = np.repeat(np.asarray(times, dtype=np.float64), 3)
    y = np.tile(np.array([low, high, np.nan]), len(times))
    return x, y


@dataclass(frozen=True, slots=True)
class Label:
    t_s: float
    text: str
    rank: int  # 0 is written first


@dataclass(frozen=True, slots=True)
class Placed:
    """A label that found room: in which row, and on which side of its mark it stands."""

    label: Label
    row: int
    before: bool = False


def place(
    labels: Iterable[Label], start_s: float, end_s: float, width_px: float, rows: int, char_px: float = 6.3
) -> list[Placed]:
    """Which labels find room: the important ones first, then by time; none overlaps another. One that would run off the
    right edge stands before its mark."""
    scale = width_px / max(end_s - start_s, 1e-9)
    taken: list[list[tuple[float, float]]] = [[] for _ in range(rows)]
    out: list[Placed] = []
    for label in sorted(labels, key=lambda one: (one.rank, one.t_s)):
        if not start_s <= label.t_s <= end_s:
            continue
        at, long = (label.t_s - start_s) * scale, len(label.text) * char_px + 12
        before = at + long > width_px
        left, right = (at - long, at) if before else (at, at + long)
        if left < 0:
            continue
        for row, spans in enumerate(taken):
            if all(right <= a or left >= b for a, b in spans):
                spans.append((left, right))
                out.append(Placed(label, row, before))
                break
    return sorted(out, key=lambda one: one.label.t_s)
