"""Opening an 8 h session again: what the server takes for its history, and until the page is usable in a real browser.

Baselines of the same run: the same rows through `pandas.read_sql` into JSON, the plain way to feed such a chart; and the
same page at a bed whose session is a minute old, which is what the browser takes for everything but the eight hours.
"""

import sqlite3
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from benchmarks._chrome import ARGS, find_chrome
from benchmarks._clinic import LineMonitor, preload, served, write_station

BEDS, HOURS = 2, 8.0
TIMES, PAGE_TIMES = 15, 5
SERVER_BUDGET_MS = 100.0
PAGE_BUDGET_MS = 1000.0

#: Resolves with the page's own clock when a number stands in a tile and the chart has drawn the points of `least` seconds.
USABLE = """(least) => new Promise((resolve) => {
  const look = () => {
    const app = window.infusion && window.infusion.app;
    const plot = document.querySelector(".plot[data-draws]");
    const number = document.querySelector('[data-tile="spo2"] [data-el="value"]');
    const ready = app && app.charts.data.loaded && app.charts.data.trend.length >= least && plot && number;
    if (ready && /[0-9]/.test(number.textContent) && plot.querySelector(".js-line")) {
      requestAnimationFrame(() => {
        const painted = new MessageChannel();
        painted.port1.onmessage = () => resolve(performance.now());
        painted.port2.postMessage(0);
      });
    } else setTimeout(look, 5);
  };
  look();
})"""


def measure() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        monitors = [LineMonitor() for _ in range(BEDS)]
        preload(folder, BEDS, HOURS)
        with served(folder, write_station(folder, monitors)) as (base, _), _speaking(monitors):
            history_ms, points = _median_ms(lambda: _history(base), TIMES)
            pandas_ms, rows = _median_ms(lambda: _pandas(folder / "live.db"), TIMES)
            assert min(points, rows) >= HOURS * 3600 - 10
            yield _row("reopen_8h_history", history_ms, SERVER_BUDGET_MS, pandas_ms)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chrome(), args=list(ARGS))
                long_ms = [_page_ms(browser, base, "bed-1", points - 10) for _ in range(PAGE_TIMES)]
                short_ms = [_page_ms(browser, base, "bed-2", 30) for _ in range(PAGE_TIMES)]
                browser.close()
            yield _row("reopen_8h_page_usable", statistics.median(long_ms), PAGE_BUDGET_MS, statistics.median(short_ms))
        for monitor in monitors:
            monitor.close()


def _history(base: str) -> int:
    with urllib.request.urlopen(f"{base}/live/history?bed=bed-1", timeout=30) as answer:
        body: bytes = answer.read()
    return body.count(b",", body.index(b'"t_s":['), body.index(b"]", body.index(b'"t_s":[')))


def _pandas(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        table = pd.read_sql(
            "SELECT t_s, at_ms, pr, spo2, pi FROM samples WHERE session_key = 1 ORDER BY t_s", connection
        )
    assert table.to_json(orient="split")
    return int(table.shape[0])


def _page_ms(browser: Browser, base: str, bed: str, least: int) -> float:
    """From the navigation's start, on the page's own clock, in a browser that has been here before: its files are in the cache,
    the session's data are not."""
    context = browser.new_context(viewport={"width": 1600, "height": 940})
    page = context.new_page()
    page.goto(f"{base}/live/bed-2")
    page.evaluate(USABLE, 30)
    page.goto(f"{base}/sessions")
    page.wait_for_selector("h1")
    page.wait_for_timeout(500)
    page.goto(f"{base}/live/{bed}", wait_until="commit")
    taken: float = page.evaluate(USABLE, least)
    context.close()
    return taken


@contextmanager
def _speaking(monitors: list[LineMonitor]) -> Iterator[None]:
    """Every monitor says a line twice a second, so that there is always a number to show."""
    stop = threading.Event()

    def speak() -> None:
        while not stop.wait(0.5):
            for monitor in monitors:
                monitor.say(97, 71)

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _median_ms(action: Callable[[], int], times: int) -> tuple[float, int]:
    taken, found = [], action()
    for _ in range(times):
        start_s = time.perf_counter()
        found = action()
        taken.append((time.perf_counter() - start_s) * 1000)
    return statistics.median(taken), found


def _row(name: str, value: float, budget: float, baseline: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 1), "unit": "ms", "budget": budget, "ok": value <= budget,
        "baseline": round(baseline, 1), "ratio": round(value / baseline, 2),
    }  # fmt: skip
