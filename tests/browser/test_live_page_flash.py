"""Flashing measured on the frames that the browser really makes: IEC 60601-1-8 table 2."""

from itertools import pairwise
from typing import Any

import pytest
from fake_feed import CO2_HIGH, SPO2_LOW, TEMP_LOW, FakeFeed
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

#: What each frame of `ms` milliseconds shows: [time, per row: ground and words, per tile: border, digits and ground].
FRAMES = """(ms) => new Promise((done) => {
  const rows = [...document.querySelectorAll('.alarm-row')], tiles = ['spo2', 'co2'].map((name) => document.querySelector(`.tile-${name}`));
  const out = [], from = performance.now();
  const look = (now) => {
    out.push([now, rows.map((n) => { const s = getComputedStyle(n), t = getComputedStyle(n.querySelector('[data-el=title]')); return [s.backgroundColor, t.color, t.opacity, t.visibility] }),
      tiles.map((n) => { const s = getComputedStyle(n), v = getComputedStyle(n.querySelector('.tile-value')); return [s.borderTopColor, v.color, s.backgroundColor, v.opacity, v.visibility] })]);
    if (now - from < ms) requestAnimationFrame(look); else done(out);
  };
  requestAnimationFrame(look);
})"""


def luminance(colour: str) -> float:
    rgb = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    r, g, b = (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def flash(frames: list[tuple[float, str]]) -> tuple[float, float, float]:
    """Rate in Hz over whole periods, share of the time that the first colour is on, and how exactly a busy machine's frames tell
    them (as a share). A change lies between two frames: half way is assumed."""
    colours = list(dict.fromkeys(colour for _, colour in frames))
    assert len(colours) == 2, colours
    edges = [((a + b) / 2, (b - a) / 2, after) for (a, before), (b, after) in pairwise(frames) if after != before]
    ups = [at for at, _, colour in edges if colour == colours[0]]
    assert len(ups) >= 2, "not two whole periods seen"
    inner = [(at, colour) for at, _, colour in edges if ups[0] <= at <= ups[-1]]
    on_ms = sum(after - before for (before, colour), (after, _) in pairwise(inner) if colour == colours[0])
    span = ups[-1] - ups[0]
    return 1000 * (len(ups) - 1) / span, on_ms / span, 2 * max(half for _, half, _ in edges) / span


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_rate_duty_and_readable_digits(live: Page, feed: FakeFeed, theme: str) -> None:
    live.evaluate(f"infusion.theme.set('{theme}')")
    feed.set_values(spo2=84, etco2=52)
    feed.set_alarms([SPO2_LOW, CO2_HIGH, TEMP_LOW])
    feed.tell_values()
    expect(live.locator(".alarm-row[data-row='2']")).to_have_attribute("data-priority", "low")
    frames: list[Any] = live.evaluate(FRAMES, 6_400)
    assert len(frames) > 60  # ten a second at the very least, or nothing has been measured
    for row, (rate, duty) in enumerate([((1.4, 2.8), (0.2, 0.6)), ((0.4, 0.8), (0.2, 0.6))]):
        ground = flash([(now, rows[row][0]) for now, rows, _ in frames])
        border = flash([(now, tiles[row][0]) for now, _, tiles in frames])
        for rate_hz, share, doubt in (ground, border):
            assert rate[0] <= rate_hz <= rate[1]
            assert rate_hz == pytest.approx((2.0, 0.5)[row], rel=0.03 + doubt)  # as the design has it
            assert duty[0] <= share <= duty[1]
            assert share == pytest.approx(0.5, abs=0.05 + 2 * doubt)
    assert len({tuple(rows[2]) for _, rows, _ in frames}) == 1, "low stands still"
    for _, rows, tiles in frames:
        for ground_colour, words, opacity, visible in rows:
            assert (opacity, visible) == ("1", "visible")
            assert contrast(words, ground_colour) >= 4.5
        for _, digits, ground_colour, opacity, visible in tiles:
            assert (opacity, visible) == ("1", "visible")
            assert contrast(digits, ground_colour) >= 4.5
    for column in (1, 2):
        assert len({tiles[0][column] for _, _, tiles in frames}) == 1, "digits and their ground stand still"
