"""From the first byte on the wire to the painted digits, in a real browser beside an 8 h trend; 16 beds, 50 viewers.

Baseline of the same run: a page of the same content (the tiles and a figure of the trend) that polls with `dcc.Interval`
once a second, fed by the same bytes, with the same browser on the same machine. Its viewers: one, which favours it.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, sync_playwright

from benchmarks._chrome import ARGS, find_chrome
from benchmarks._clinic import LineMonitor, preload, served, viewers, wait_healthy, write_station

BEDS, VIEWERS, HOURS, SECONDS = 16, 50, 8, 90
BUDGET_MS = 200.0

#: Notes when a digit changed and the frame that shows it had been painted.
WATCH = """(selector) => {
  window.__seen = [];
  const element = document.querySelector(selector);
  let last = element.textContent;
  new MutationObserver(() => {
    const text = element.textContent;
    if (text === last) return;
    last = text;
    requestAnimationFrame(() => { const c = new MessageChannel();
      c.port1.onmessage = () => window.__seen.push([text, performance.timeOrigin + performance.now()]); c.port2.postMessage(0); });
  }).observe(element, {childList: true, characterData: true, subtree: true});
}"""


def measure() -> Iterator[dict[str, Any]]:
    monitors = [LineMonitor() for _ in range(BEDS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        preload(folder, BEDS, HOURS)
        station = write_station(folder, monitors)
        with served(folder, station) as (base, pid), viewers(base, VIEWERS, BEDS), polling_page() as poll:
            ours, theirs, cpu, rss_mb = _run(base, poll, monitors, pid)
    p99, base_p99 = _percentile(ours, 99), _percentile(theirs, 99)
    p50, base_p50 = statistics.median(ours), statistics.median(theirs)
    yield _row("byte_to_paint_p99", p99, "ms", BUDGET_MS, base_p99)
    yield _row("byte_to_paint_p50", p50, "ms", 100.0, base_p50)
    yield {
        "name": "byte_to_paint_times_better", "value": round(base_p50 / p50, 1), "unit": "x", "budget": 10,
        "ok": base_p50 / p50 >= 10 and base_p99 / p99 >= 10, "baseline": 1, "ratio": round(base_p99 / p99, 1),
    }  # fmt: skip
    yield {
        "name": "server_cpu_16_beds_50_viewers", "value": round(cpu, 1), "unit": "% of a core", "budget": 10, "ok": cpu <= 10,
        "baseline": None, "ratio": None,
    }  # fmt: skip
    yield {
        "name": "server_memory_16_beds_50_viewers", "value": round(rss_mb), "unit": "MB", "budget": 300, "ok": rss_mb <= 300,
        "baseline": None, "ratio": None,
    }  # fmt: skip


def _run(
    base: str, poll: tuple[str, LineMonitor], monitors: list[LineMonitor], pid: int
) -> tuple[list[float], list[float], float, float]:
    poll_url, poll_monitor = poll
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chrome(), args=list(ARGS))
        live = browser.new_page(viewport={"width": 1600, "height": 940})
        live.goto(f"{base}/live/bed-1")
        live.wait_for_selector('[data-tile="hr"] [data-el="value"]')
        _speak(monitors, 8)  # links up, history drawn
        live.evaluate(WATCH, '[data-tile="hr"] [data-el="value"]')
        server = psutil.Process(pid)
        server.cpu_percent()
        sent = _speak(monitors, SECONDS)
        cpu = server.cpu_percent()
        ours = _latencies(live, sent)
        live.close()
        old = browser.new_page(viewport={"width": 1600, "height": 940})
        old.goto(poll_url)
        old.wait_for_selector("#hr")
        _speak([poll_monitor], 4)
        old.evaluate(WATCH, "#hr")
        theirs = _latencies(old, _speak([poll_monitor], SECONDS // 2))
        browser.close()
    return ours, theirs, cpu, server_rss(pid)


def server_rss(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 1e6 if psutil.pid_exists(pid) else 0.0


def _speak(monitors: list[LineMonitor], seconds: int) -> list[tuple[str, float]]:
    """One line a second from every monitor at instants of its own; what the first one said and when."""
    rng = random.Random(1)
    said: list[tuple[str, float]] = []
    start = time.monotonic()
    for second in range(seconds):
        offsets = sorted((rng.random() * 0.9, i) for i in range(len(monitors)))
        for offset, i in offsets:
            delay = start + second + offset - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            bpm = 60 + second % 60
            at_ms = monitors[i].say(97, bpm)
            if i == 0:
                said.append((str(bpm), at_ms))
    time.sleep(2)
    return said


def _latencies(page: Page, sent: list[tuple[str, float]]) -> list[float]:
    """For each value said, how long until it stood on the screen; a value never seen counts until the next one was."""
    seen: list[tuple[str, float]] = page.evaluate("window.__seen")
    out = []
    for text, at_ms in sent:
        later = [painted for shown, painted in seen if shown == text and painted >= at_ms]
        if later:
            out.append(later[0] - at_ms)
        else:
            out.append(min((p for _, p in seen if p > at_ms + 1000), default=at_ms + 2000) - at_ms)
    return out


def _percentile(values: list[float], percent: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


def _row(name: str, value: float, unit: str, budget: float, baseline: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 1), "unit": unit, "budget": budget, "ok": value <= budget,
        "baseline": round(baseline, 1), "ratio": round(baseline / value, 1),
    }  # fmt: skip


class polling_page:  # noqa: N801 - used as a function
    """The baseline server as a process of its own, with a monitor of its own."""

    def __enter__(self) -> tuple[str, LineMonitor]:
        self._monitor = LineMonitor()
        command = [sys.executable, "-m", "benchmarks._polling", str(self._monitor.port), str(HOURS)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        base = self._process.stdout.readline().strip()
        wait_healthy(base)
        return base, self._monitor

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._monitor.close()
