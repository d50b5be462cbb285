"""Flashing measured on the frames that the browser really makes: IEC 60601-1-8 table 2."""

from itertools import pairwise
from typing import Any

import pytest
from fake_feed import CO2_HIGH, SPO2_LOW, TEMP_LOW, FakeFeed
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.charts]

#: What each 20 ms of `ms` milliseconds show, with the animations' own clock turned by hand, so that no frame is missed on a busy
#: machine: [time, per row: ground and words, per tile: border, digits and ground].
FRAMES = """(ms) => {
  const rows = [...document.querySelectorAll('.alarm-row')], tiles = ['spo2', 'co2'].map((name) => document.querySelector(`.tile-${name}`));
  const moving = document.getAnimations(), out = [];
  for (const one of moving) one.pause();
  for (let at = 0; at <= ms; at += 20) {
    for (const one of moving) one.currentTime = at;
    out.push([at, rows.map((n) => { const s = getComputedStyle(n), t = getComputedStyle(n.querySelector('[data-el=title]')); return [s.backgroundColor, t.color, t.opacity, t.visibility] }),
      tiles.map((n) => { const s = getComputedStyle(n), v = getComputedStyle(n.querySelector('.tile-value')); return [s.borderTopColor, v.color, s.backgroundColor, v.opacity, v.visibility] })]);
  }
  for (const one of moving) one.play();
  return out;
}"""
#: How far the clock of each animation moves, for each millisecond of 30 frames that the browser really makes.
PACE = """() => new Promise((done) => {
  const moving = document.getAnimations(); let first = null, frames = 0;
  const look = (now) => {
    first ??= [now, moving.map((one) => one.currentTime)];
    if (++frames < 30) requestAnimationFrame(look); else done(moving.map((one, i) => (one.currentTime - first[1][i]) / (now - first[0])));
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


def flash(frames: list[tuple[float, str]]) -> tuple[float, float]:
    """Rate in Hz over whole periods, and the share of the time that the first colour is on."""
    colours = list(dict.fromkeys(colour for _, colour in frames))
    assert len(colours) == 2, colours
    edges = [(now, colour) for (_, before), (now, colour) in pairwise(frames) if colour != before]
    ups = [at for at, colour in edges if colour == colours[0]]
    assert len(ups) >= 2, "not two whole periods seen"
    inner = [(at, colour) for at, colour in edges if ups[0] <= at <= ups[-1]]
    on_ms = sum(after - before for (before, colour), (after, _) in pairwise(inner) if colour == colours[0])
    span = ups[-1] - ups[0]
    return 1000 * (len(ups) - 1) / span, on_ms / span


def test_rate_duty_and_readable_digits(live: Page, feed: FakeFeed) -> None:
    feed.set_values(spo2=84, etco2=52)
    feed.set_alarms([SPO2_LOW, CO2_HIGH, TEMP_LOW])
    feed.tell_values()
    expect(live.locator(".alarm-row[data-row='2']")).to_have_attribute("data-priority", "low")
    paces = live.evaluate(PACE)
    assert len(paces) == 4, "two rows and two tiles flash"
    assert paces == pytest.approx([1.0] * 4, rel=0.01)
    for theme in ("dark", "light"):
        live.evaluate(f"infusion.theme.set('{theme}')")
        readable_flashes(live.evaluate(FRAMES, 6_400))


def readable_flashes(frames: list[Any]) -> None:
    for row, (rate, duty) in enumerate([((1.4, 2.8), (0.2, 0.6)), ((0.4, 0.8), (0.2, 0.6))]):
        ground = flash([(now, rows[row][0]) for now, rows, _ in frames])
        border = flash([(now, tiles[row][0]) for now, _, tiles in frames])
        for rate_hz, share in (ground, border):
            assert rate[0] <= rate_hz <= rate[1]
            assert rate_hz == pytest.approx((2.0, 0.5)[row], rel=0.01)  # as the design has it
            assert duty[0] <= share <= duty[1]
            assert share == pytest.approx(0.5, abs=0.05)
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
