"""What must survive when a trend is thinned out: extremes, gaps, the budget, order in time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.figures.decimate import GAP_S, decimate

NAN = float("nan")


def runs(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    """First and last time of each unbroken piece of line."""
    out: list[tuple[float, float]] = []
    open_at: float | None = None
    for i, (time, value) in enumerate(zip(x, y, strict=True)):
        if np.isnan(value):
            open_at = None
        elif open_at is None:
            open_at = float(time)
            out.append((open_at, float(time)))
        else:
            out[-1] = (out[-1][0], float(time))
        assert i == 0 or time > x[i - 1], "time must rise"
    return out


def test_a_short_trend_is_left_as_it_is() -> None:
    t = np.arange(5.0)
    x, y = decimate(t, np.array([1.0, 2, 3, 2, 1]), 0, 5)
    assert x.tolist() == t.tolist()
    assert y.tolist() == [1, 2, 3, 2, 1]


def test_a_missing_value_breaks_the_line() -> None:
    x, y = decimate(np.arange(6.0), np.array([1.0, 2, NAN, NAN, 5, 6]), 0, 6)
    assert runs(x, y) == [(0, 1), (4, 5)]


def test_missing_rows_break_the_line_as_missing_values_do() -> None:
    x, y = decimate(np.array([0.0, 1, 60, 61]), np.array([1.0, 2, 3, 4]), 0, 61)
    assert runs(x, y) == [(0, 1), (60, 61)]


def test_one_late_sample_is_not_a_gap() -> None:
    x, y = decimate(np.array([0.0, 1, 1 + GAP_S, 5]), np.array([1.0, 2, 3, 4]), 0, 5)
    assert len(runs(x, y)) == 1


def test_a_lone_sample_is_drawn_as_a_dash() -> None:
    x, y = decimate(np.arange(7.0), np.array([1.0, 2, NAN, 80, NAN, 5, 6]), 0, 7)
    lone = [pair for pair in runs(x, y) if pair[0] == 3]
    assert lone and lone[0][1] > 3


def test_the_single_worst_second_of_eight_hours_survives() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(28_800.0)
    spo2 = 96 + rng.normal(0, 0.5, t.size)
    spo2[17_123] = 71.0
    x, y = decimate(t, spo2, 0, t[-1])
    assert x.size <= 2_400
    assert 71.0 in y
    assert x[int(np.nanargmin(y))] == 17_123


def test_both_extremes_of_one_bucket_survive_in_their_order() -> None:
    t = np.arange(28_800.0)
    hr = 80 + np.sin(t / 5)
    hr[5_000], hr[5_004] = 171.0, 38.0
    x, y = decimate(t, hr, 0, t[-1])
    assert x.size <= 2_400
    assert (x[int(np.nanargmax(y))], x[int(np.nanargmin(y))]) == (5_000, 5_004)


def test_a_probe_off_for_thirty_seconds_is_seen_in_eight_hours() -> None:
    t = np.arange(28_800.0)
    values = 96 + np.sin(t / 40)
    values[10_000:10_030] = NAN
    x, y = decimate(t, values, 0, t[-1])
    assert x.size <= 2_400
    assert any(
        stop <= 10_000 and nxt >= 10_029 for (_, stop), (nxt, _) in zip(runs(x, y), runs(x, y)[1:], strict=False)
    )


def test_a_signal_that_flickers_every_other_second_still_fits_and_is_still_drawn() -> None:
    t = np.arange(28_800.0)
    values = np.where(t % 2 == 0, 90 + np.sin(t), NAN)
    x, y = decimate(t, values, 0, t[-1])
    assert x.size <= 2_400
    assert np.count_nonzero(~np.isnan(y)) > 800


def test_only_the_window_and_one_neighbour_on_each_side() -> None:
    t = np.arange(1_000.0)
    x, _ = decimate(t, t, 100, 200)
    assert (x[0], x[-1]) == (99, 200)


def test_nothing_in_nothing_out() -> None:
    x, y = decimate(np.arange(4.0), np.full(4, NAN), 0, 4)
    assert x.size == y.size == 0
    x, y = decimate(np.empty(0), np.empty(0), 0, 4)
    assert x.size == y.size == 0


def test_too_small_a_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 32"):
        decimate(np.arange(4.0), np.arange(4.0), 0, 4, budget=31)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 300)), st.floats(0.5, 9)), min_size=1, max_size=600),
    st.integers(32, 200),
)
def test_any_trend_keeps_its_extremes_within_the_budget(rows: list[tuple[float | None, float]], budget: int) -> None:
    y_in = np.array([NAN if value is None else value for value, _ in rows])
    t = np.cumsum(np.array([step for _, step in rows]))
    x, y = decimate(t, y_in, float(t[0]), float(t[-1]), budget=budget)
    assert x.size <= budget
    assert np.all(np.diff(x) > 0)
    if np.all(np.isnan(y_in)):
        assert x.size == 0
    else:
        assert np.nanmin(y) == np.nanmin(y_in)
        assert np.nanmax(y) == np.nanmax(y_in)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=300))
def test_while_the_budget_lasts_every_gap_is_kept(present: list[bool]) -> None:
    y_in = np.where(np.array(present), 5.0, NAN)
    t = np.arange(float(y_in.size))
    x, y = decimate(t, y_in, 0, float(t[-1]), budget=2_400)
    flags = np.concatenate(([False], np.array(present), [False]))
    assert len(runs(x, y)) == int(np.count_nonzero(np.diff(flags.astype(int)) == 1))
