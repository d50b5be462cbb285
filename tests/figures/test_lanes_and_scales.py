"""Marks on lanes: joined per pixel, labels that never overlap; consciousness scales as heights."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models.scales import shipped_scales
from dashboard.figures.lanes import Bar, Label, merged, one_per_pixel, place
from dashboard.figures.scales import level_number, ticks_of

CHAR, PAD = 6.3, 12


@given(st.lists(st.tuples(st.floats(0, 1_000), st.floats(0, 200)), max_size=60), st.floats(0.1, 20))
def test_joined_bars_never_touch_and_cover_every_alarm(spans: list[tuple[float, float]], pixel_s: float) -> None:
    bars = merged([Bar(a, a + long, "x") for a, long in spans], pixel_s)
    assert sum(bar.count for bar in bars) == len(spans)
    for left, right in itertools.pairwise(bars):
        assert right.from_s > left.to_s + pixel_s
    for a, long in spans:
        assert any(bar.from_s <= a and a + long <= bar.to_s for bar in bars)


def test_a_short_alarm_is_still_seen() -> None:
    (bar,) = merged([Bar(100, 100.5, "SpO₂ LOW")], pixel_s=30)
    assert bar.to_s - bar.from_s == 120


def test_joined_alarms_say_how_many() -> None:
    (bar,) = merged([Bar(0, 10, "first"), Bar(11, 20, "second")], pixel_s=5)
    assert bar.text == "2 alarms, first: first"


def test_one_mark_for_each_pixel() -> None:
    assert one_per_pixel([0.0, 0.4, 0.9, 1.0, 5.5], start_s=0, pixel_s=1.0) == [0, 3, 4]
    assert one_per_pixel([], 0, 1) == []


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 9), st.integers(1, 25)), max_size=40))
def test_labels_never_overlap_and_stay_inside(marks: list[tuple[float, int, int]]) -> None:
    placed = place([Label(t, "m" * long, rank) for t, rank, long in marks], 0, 100, 600, rows=2)
    spans: dict[int, list[tuple[float, float]]] = {}
    for one in placed:
        at, long = one.label.t_s * 6, len(one.label.text) * CHAR + PAD
        left, right = (at - long, at) if one.before else (at, at + long)
        assert left >= 0 and right <= 600 + 1e-6
        assert all(right <= a + 1e-6 or left >= b - 1e-6 for a, b in spans.setdefault(one.row, []))
        spans[one.row].append((left, right))


def test_the_important_label_wins() -> None:
    marks = [Label(10, "a note that takes room", 9), Label(11, "EMERGENCY", 0)]
    assert [one.label.text for one in place(marks, 0, 100, 300, rows=1)] == ["EMERGENCY"]


def test_a_label_at_the_right_edge_stands_before_its_mark() -> None:
    (one,) = place([Label(99, "stop", 0)], 0, 100, 600, rows=1)
    assert one.before


@pytest.mark.parametrize("scale", ["moaas", "rass", "acvpu"])
def test_every_level_of_a_shipped_scale_has_a_height(scale: str) -> None:
    heights = [level_number(scale, level.code) for level in shipped_scales()[scale].levels]
    assert None not in heights
    assert len(set(heights)) == len(heights)


def test_awake_is_up_whatever_the_scale_counts() -> None:
    for scale, awake, deep in (
        ("moaas", "5", "0"),
        ("rass", "0", "-5"),
        ("acvpu", "A", "U"),
        ("ramsay", "2", "6"),
        ("poss", "1", "4"),
    ):
        up, down = level_number(scale, awake), level_number(scale, deep)
        assert up is not None and down is not None and up > down, scale


def test_a_typographic_minus_is_a_minus_and_nonsense_is_nothing() -> None:
    assert level_number("rass", "−3") == -3
    assert level_number("moaas", "9") is None
    assert level_number("none", "5") is None


def test_an_unknown_scale_still_has_an_axis() -> None:
    values, words = ticks_of("unknown")
    assert len(values) == len(words) == 3
