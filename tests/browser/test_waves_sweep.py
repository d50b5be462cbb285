"""Waveforms on their canvas: known samples go in, pixels are read."""

import math
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ASSETS = Path(__file__).parents[2] / "dashboard" / "assets"
#: 25 mm for a second at 96 px for 25.4 mm; 800 px hold 8.47 s.
PX_PER_S = 25 * 96 / 25.4
WIDTH, HEIGHT = 800, 100
SWEEP_S = WIDTH / PX_PER_S
HEAD = """<div id="bed" style="width:800px;height:100px"></div>"""
MADE = """() => { window.waves = new infusion.Waves(document.getElementById('bed'), { lanes: [{ signal: 'ecg', low: -1, high: 1 }] });
  waves.pause(); window.ms = 0; window.lane = waves.lanes[0];
  window.column = (x) => { const t = lane.tiles.find((t) => x < t.right); return [...t.pen.getImageData(x - t.left, 0, 1, t.canvas.height).data]; };
  window.ink = (x, r = 1) => { const d = column(Math.round(x * r)), rows = [];
    for (let y = 0; y < d.length / 4; y++) if (d[4 * y + 3] > 100) rows.push(y / r);
    return rows; };
  window.flat = (from, seconds, value) => waves.push({ ecg: { t0_s: from, rate_hz: 250, samples: Array(Math.round(seconds * 250)).fill(value) } });
  window.on = (seconds) => { for (let i = 0; i < Math.round(seconds * 25); i++) waves.frame(ms += 40); }; }"""


def y_of(value: float) -> float:
    """Where a value of -1 to 1 stands: 3 % of the height are left above and below."""
    return HEIGHT * (0.03 + 0.94 * (1 - value) / 2)


def test_the_sweep(page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 400})
    page.set_content(HEAD)
    for name in ("00-tokens.css", "waves.css"):
        page.add_style_tag(content=(ASSETS / name).read_text("utf-8").replace('url("fonts/', 'local("'))
    page.add_script_tag(path=ASSETS / "waves.js")
    page.evaluate(MADE)

    def ink(at_s: float) -> list[float]:
        return list(page.evaluate("([x, r]) => ink(x, r)", [at_s % SWEEP_S * PX_PER_S, 1]))

    def stands_at(at_s: float, value: float) -> None:
        rows = ink(at_s)
        assert rows, f"no line at {at_s} s"
        assert sum(rows) / len(rows) + 0.5 == pytest.approx(y_of(value), abs=1.0)
        assert len(rows) <= 4  # a line, nothing of an older one

    # Two levels, a second that was not measured, a sine; then half a second of which no samples came.
    sine = [0.8 * math.sin(2 * math.pi * i / 250) for i in range(250)]
    samples: list[Any] = [0.5] * 500 + [-0.5] * 250 + [None] * 250 + sine
    page.evaluate(
        "(samples) => { waves.push({ ecg: { t0_s: 0, rate_hz: 250, samples } }); flat(5.5, 0.8, 0.25); waves.frame(ms); }",
        samples,
    )
    stands_at(1.0, 0.5)
    stands_at(2.5, -0.5)
    for blank in (3.1, 3.5, 3.9, 5.1, 5.4):
        assert ink(blank) == [], blank
    for turn in (0.25, 0.75):
        stands_at(4 + turn, 0.8 * math.sin(2 * math.pi * turn))
    # The line is 0.4 s behind the newest sample.
    stands_at(5.85, 0.25)
    assert ink(5.95) == []
    colour = page.evaluate("column(94)")
    solid = [colour[i : i + 3] for i in range(0, 400, 4) if colour[i + 3] > 250]
    assert solid and all(abs(a - b) <= 3 for row in solid for a, b in zip(row, (0x3D, 0xDC, 0x84), strict=True))

    # On as data come, 0.2 s at a time, over the edge of the paper: the bar wipes what is old, the line goes on behind it.
    page.evaluate("() => { for (let k = 0; k < 17; k++) { flat(6.3 + 0.2 * k, 0.2, 0); on(0.2); } }")
    head = page.evaluate("waves.headS")
    assert head == pytest.approx(9.3, abs=0.15)
    for new in (6.5, 7.5, 8.4, SWEEP_S + 0.003, SWEEP_S + 0.05, head - 0.05):
        stands_at(new, 0.0)
    assert ink(head + 0.06) == [] and ink(head + 0.12) == []
    stands_at(head + 0.4, 0.5)  # of the sheet before
    # Drawn bit by bit or all at once, it is the same picture.
    grown = page.evaluate("Array.from({ length: 800 }, (_, x) => ink(x))")
    page.evaluate("lane.redraw(waves.headS)")
    whole = page.evaluate("Array.from({ length: 800 }, (_, x) => ink(x))")
    unlike = [x for x in range(800) if {*grown[x]} ^ {*whole[x]}]
    assert len(unlike) < 16  # where the two met an edge

    # A second without data: the line waits; then it goes on with a gap, at an even pace.
    before = page.evaluate("on(1), waves.headS")
    page.evaluate("on(0.4)")
    assert page.evaluate("waves.headS") == before == pytest.approx(9.7, abs=0.01)
    page.evaluate("() => { for (let k = 0; k < 10; k++) { flat(11 + 0.2 * k, 0.2, 0); on(0.2); } }")
    assert ink(10.5) == []
    stands_at(11.2, 0.0)
    # Sharper screens get as many pixels as they have.
    page.evaluate("Object.defineProperty(window, 'devicePixelRatio', { value: 2, configurable: true }), on(0.04)")
    assert page.evaluate("[lane.tiles.at(-1).right, lane.tiles[0].canvas.height]") == [1600, 200]
    rows = page.evaluate("([x, r]) => ink(x, r)", [11.2 % SWEEP_S * PX_PER_S, 2])
    assert sum(rows) / len(rows) + 0.25 == pytest.approx(y_of(0.0), abs=0.6)
    # A rewind is another paper; values beyond the scale run along its edge.
    page.evaluate("flat(2, 3, 9), on(0.08)")
    rows = page.evaluate("([x, r]) => ink(x, r)", [4 * PX_PER_S, 2])
    assert rows and max(rows) < y_of(1.0) + 2
    assert page.evaluate("([x, r]) => ink(x, r)", [1 * PX_PER_S, 2]) == []

    # A line that has just begun waits until it can go on without a stop.
    page.evaluate("waves.clear(), flat(0, 0.2, 0), on(0.2)")
    assert page.evaluate("[waves.headS, ink(0, 2).length]") == [0, 0]
    assert page.evaluate("flat(0.2, 0.4, 0), on(0.2), waves.headS") == pytest.approx(0.2, abs=0.03)

    # A piece between two samples that are far apart goes on at the other edge.
    page.evaluate("waves.clear(), waves.push({ ecg: { t0_s: 7, rate_hz: 10, samples: Array(30).fill(0) } }), on(0.08)")
    stretch = [page.evaluate("([x, r]) => ink(x, r)", [x, 2]) for x in (WIDTH - 3, 1)]
    assert all(sum(rows) / len(rows) + 0.25 == pytest.approx(y_of(0.0), abs=0.6) for rows in stretch)
    page.evaluate("waves.clear(), flat(0, 0.6, 0), on(0.2)")

    # Nobody looks: nothing is drawn. Somebody looks again: the newest at once.
    page.evaluate("waves.start()")
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')) }"
    page.evaluate(hide, True)
    page.evaluate("flat(5, 60, 0)")
    assert page.evaluate("[waves.running, waves.headS < 6, lane.chunks.length]") == [False, True, 1]
    page.evaluate(hide, False)
    page.wait_for_function("waves.running && waves.headS > 64")
    page.evaluate("waves.close()")
    assert page.evaluate("document.getElementById('bed').children.length") == 0
