"""Fewer points that look the same: the least and the greatest value of each pixel's width of time, gaps kept.

A trend of eight hours has 28,800 samples and some 1,200 pixels. Averages would hide the one sample that alarmed; the
extremes of each bucket do not. A gap stays a gap: the line is never drawn across time in which nothing was measured.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A step between two samples longer than this is a gap: samples come once a second, and one may be late.
GAP_S = 2.5


def decimate(
    t_s: Floats, values: Floats, start_s: float, end_s: float, budget: int = 2_400, gap_s: float = GAP_S
) -> tuple[Floats, Floats]:
    """The part of a trend within [start_s, end_s] as at most `budget` points, NaN where the line must break.

    `t_s` rises. A NaN value or a step longer than `gap_s` is a gap. Each bucket keeps its smallest and its largest
    sample at their own times, so no extreme is lost or moved. While the budget lasts, every gap is kept; beyond it, gaps
    shorter than half a bucket (less than a pixel) are closed. One sample beyond each edge is kept, so that lines run
    off the edge. A lone sample between two gaps becomes a short dash: a line of one point would not be drawn.
    """
    if budget < 32:
        raise ValueError("a trend of fewer than 32 points shows nothing")
    keep = np.flatnonzero(~np.isnan(values))
    if keep.size:
        first, last = np.searchsorted(t_s[keep], (start_s, end_s))
        keep = keep[max(int(first) - 1, 0) : int(last) + 1]
    if keep.size == 0:
        return np.empty(0), np.empty(0)
    times, kept = t_s[keep], values[keep]
    steps = np.diff(times)
    broken = (np.diff(keep) > 1) | (steps > gap_s)
    # How long nothing was measured: from the end of the last good second to the next good sample.
    missing_s = np.where(broken, steps, 0.0)
    width_s = max((end_s - start_s) / budget, 1e-9)
    if kept.size + 2 * int(broken.sum()) + 1 <= budget:
        return _with_gaps(times, kept, np.arange(kept.size), broken, width_s)
    for buckets, least_gap_s in _attempts(budget, end_s - start_s):
        width_s = (end_s - start_s) / buckets
        splits = broken & (missing_s >= least_gap_s)
        x, y = _extremes(times, kept, np.floor((times - start_s) / width_s), splits, width_s)
        if x.size <= budget:
            return x, y
    raise AssertionError("a sixteenth of the budget in buckets always fits")


def _attempts(budget: int, span_s: float) -> list[tuple[int, float]]:
    """Bucket counts and the shortest gap kept, finest first. The last always fits: n buckets hold at most 2n + 2 gaps of half
    a bucket or more, so 3n + 4 runs of two points and as many breaks, and 8n + 10 <= budget."""
    exact = [(budget // 2 - 2, 0.0), (budget * 3 // 8, 0.0), (budget // 4, 0.0)]
    coarse = [budget // 2 - 2, budget // 4, budget // 8, budget // 16 - 1]
    return exact + [(n, span_s / n / 2) for n in coarse]


def _extremes(
    times: Floats, values: Floats, bucket: Floats, splits: NDArray[np.bool_], width_s: float
) -> tuple[Floats, Floats]:
    run = np.concatenate(([0], np.cumsum(splits)))
    group = np.concatenate(([0], np.cumsum((np.diff(bucket) != 0) | splits)))
    order = np.lexsort((values, group))
    starts = np.flatnonzero(np.concatenate(([True], np.diff(group) > 0)))
    lowest = order[starts]
    highest = order[np.concatenate((starts[1:], [values.size])) - 1]
    picked = np.unique(np.concatenate((lowest, highest)))
    return _with_gaps(times[picked], values[picked], picked, np.diff(run[picked]) > 0, width_s)


def _with_gaps(
    times: Floats, values: Floats, index: NDArray[np.int64], broken: NDArray[np.bool_], width_s: float
) -> tuple[Floats, Floats]:
    """A NaN after each break, and a dash of one bucket (at most half the gap) for a sample that stands alone."""
    before = np.concatenate(([True], broken))
    after = np.concatenate((broken, [True]))
    room_s = np.concatenate((np.diff(times) / 2, [width_s]))
    alone = np.flatnonzero(before & after)
    at = np.concatenate((alone + 1, np.flatnonzero(broken) + 1))
    x = np.concatenate((times[alone] + np.minimum(width_s, room_s[alone]), times[np.flatnonzero(broken)] + 1e-3))
    y = np.concatenate((values[alone], np.full(int(broken.sum()), np.nan)))
    # Dashes come first in `at`, so np.insert puts a sample's dash before the break that follows it.
    out_x, out_y = np.insert(times, at, x), np.insert(values, at, y)
    breaks = np.isnan(out_y)
    # The break itself needs only to lie between its neighbours.
    out_x[breaks] = (out_x[np.flatnonzero(breaks) - 1] + out_x[np.flatnonzero(breaks) + 1]) / 2
    return out_x, out_y
