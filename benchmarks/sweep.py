"""Three waveforms of 250 samples a second on the sweep (assets/waves.js), in a real browser: how busy its page is, and what all its
processes use without a graphics card, where putting the picture together costs more than drawing it.

Baseline of the same run: the same page that is fed the same samples and draws the whole line anew at each picture, the plain way to
move a line over a screen.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Playwright, sync_playwright

from benchmarks._chrome import ARGS, find_chrome

ASSETS = Path(__file__).parents[1] / "dashboard" / "assets"
SECONDS, WARM_S, TRIES = 3.0, 2.0, 5
BUDGETS_PERCENT = (5.0, 10.0)
#: Samples come ten times a second, as over the socket.
FEED = """(plain) => {
  const beat = Array.from({ length: 250 }, (_, i) => Math.exp(-(((i - 80) / 4) ** 2)) + 0.3 * Math.exp(-(((i - 150) / 15) ** 2)));
  const lanes = ['a', 'b', 'c'].map((signal) => ({ signal, label: signal, colour: '--hr', low: -0.5, high: 1.5, marks: [0, 1], mmPerS: 25 }));
  const waves = new infusion.Waves(document.getElementById('bed'), { lanes });
  if (plain) for (const lane of waves.lanes) lane.advance = lane.redraw;
  let k = 0;
  setInterval(() => {
    const samples = Array.from({ length: 25 }, (_, i) => beat[(25 * k + i) % 250]);
    waves.push(Object.fromEntries(lanes.map(({ signal }) => [signal, { t0_s: k / 10, rate_hz: 250, samples }])));
    k += 1;
  }, 100);
}"""


def measure() -> Iterator[dict[str, Any]]:
    with sync_playwright() as playwright:
        ours, plain = (_percents(playwright, again) for again in (False, True))
    for name, budget, mine, baseline in zip(("page", "browser"), BUDGETS_PERCENT, ours, plain, strict=True):
        yield {
            "name": f"sweep_3x250hz_{name}",
            "value": round(mine, 2),
            "unit": "% of a core",
            "budget": budget,
            "ok": mine <= budget,
            "baseline": round(baseline, 2),
            "ratio": round(mine / baseline, 3),
        }


def _percents(playwright: Playwright, plain: bool) -> tuple[float, float]:
    """Of the page's thread, and of all processes."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    browser = playwright.chromium.launch(executable_path=find_chrome(), args=list(ARGS))
    page = browser.new_page(viewport={"width": 1600, "height": 600})
    page.set_content('<div id="bed" style="height:560px"></div>')
    for name in ("00-tokens.css", "waves.css"):
        page.add_style_tag(content=(ASSETS / name).read_text("utf-8").replace('url("fonts/', 'local("'))
    page.add_script_tag(path=ASSETS / "waves.js")
    page.evaluate(FEED, plain)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    page.wait_for_timeout(WARM_S * 1000)
    processes = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    spent: list[tuple[float, float]] = []
    for _ in range(TRIES):  # the quietest of several: the others measure the neighbours on the machine
        busy, used, start = _busy_s(cdp), _cpu_s(processes), time.monotonic()
        page.wait_for_timeout(SECONDS * 1000)
        share = 100.0 / (time.monotonic() - start)
        spent.append((share * (_busy_s(cdp) - busy), share * (_cpu_s(processes) - used)))
    browser.close()
    return min(page for page, _ in spent), min(every for _, every in spent)


def _busy_s(cdp: CDPSession) -> float:
    return next(m["value"] for m in cdp.send("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration")


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)
