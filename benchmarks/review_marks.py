"""10,000 alarms in the review figure, and 10,000 rows in the alarm history's table, in a real browser.

Baselines of the same run: the same alarms as one plotly marker each, which is what a plain chart would do; and the same filter by
handing the table the rows that are left, which is what a server round trip comes to once it has answered.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import uuid_utils
from playwright.sync_api import Browser, Page, sync_playwright
from plotly.utils import PlotlyJSONEncoder

from benchmarks._chrome import ARGS, find_chrome
from benchmarks._clinic import LineMonitor, served, write_station
from dashboard.figures.record import SessionRecord
from dashboard.figures.session import session_figure
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.events import Event
from dashboard.session.fold import fold
from dashboard.store import Stores

ALARMS, HOURS = 10_000, 8.0
SESSIONS = 20
DRAW_BUDGET_MS, FILTER_BUDGET_MS = 1_000.0, 200.0
TIMES = 7
OPENED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

PAINTED = """(done) => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); })"""
DRAW = f"""async (text) => {{
  const painted = () => new Promise({PAINTED});
  const figure = JSON.parse(text), node = document.getElementById('plot');
  await painted();
  const start = performance.now();
  await Plotly.newPlot(node, figure.data, figure.layout, {{ displayModeBar: false }});
  await painted();
  const took = performance.now() - start;
  Plotly.purge(node);
  return took;
}}"""
FILTER = f"""async (plain) => {{
  const page = infusion.alarms, times = [], painted = () => new Promise({PAINTED});
  for (const word of ['high', 'high', 'medium', 'medium', 'low', 'low', 'high', 'medium']) {{
    await painted();
    const start = performance.now();
    if (plain) page.api.setGridOption('rowData', page.data.rows.filter((row) => row.priority === word));
    else document.querySelector(`[data-filter="priority"][data-value="${{word}}"]`).click();
    await painted();
    times.push(performance.now() - start);
  }}
  return times;
}}"""


def measure() -> Iterator[dict[str, Any]]:
    record = _record()
    made_ms = _median([_timed(lambda: session_figure(record)) for _ in range(TIMES)])
    figure = session_figure(record)
    plain = _plain(record, figure)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        browser = playwright.chromium.launch(executable_path=find_chrome(), args=list(ARGS))
        page = browser.new_page(viewport={"width": 1600, "height": 940})
        page.set_content('<div id="plot" style="width:800px;height:620px"></div>')
        page.add_script_tag(path=str(files("plotly") / "package_data" / "plotly.min.js"))
        drawn_ms, plain_ms = _drawn(page, figure), _drawn(page, plain)
        page.close()
        yield _row("review_10k_alarms_figure_made", made_ms, DRAW_BUDGET_MS, plain_ms)
        yield _row("review_10k_alarms_drawn", drawn_ms, DRAW_BUDGET_MS, plain_ms)
        folder = Path(name)
        _preload(folder)
        monitor = LineMonitor()
        with served(folder, write_station(folder, [monitor])) as (base, _):
            own_ms, rows_ms = _filtered(browser, base)
        monitor.close()
        yield _row("alarm_table_10k_rows_filtered", own_ms, FILTER_BUDGET_MS, rows_ms)
        browser.close()


def _alarms(count: int, span_s: float, seed: int) -> list[Event]:
    """Raised, most of them accepted, cleared; in order."""
    choose = random.Random(seed)
    found: list[Event] = []
    for number in range(1, count + 1):
        at_s = 60 + (span_s - 120) * number / count
        priority = choose.choice(("high", "medium", "medium", "low"))
        told = {"rule": f"RULE_{choose.randrange(12)}", "occurrence": number, "priority": priority, "kind": "physiological", "value": 84.0, "limit": 85.0, "message": "SpO₂ LOW 84 %"}  # fmt: skip
        long_s = (span_s - 120) / count * choose.uniform(0.2, 0.8)
        steps = [(ev.AlarmRaised, at_s, "system"), (ev.AlarmCleared, at_s + long_s, "system")]
        if choose.random() < 0.7:
            steps.insert(1, (ev.AlarmAcknowledged, at_s + long_s / 2, "R. Nurse"))
        found += [cls(at=OPENED + timedelta(seconds=t), by=by, t_s=t, **told) for cls, t, by in steps]
    return found


def _opened(number: int) -> Event:
    return ev.SessionOpened(
        at=OPENED + timedelta(days=number), by="R. Nurse", t_s=0.0, bed="bed-1", patient="B. M.", weight_kg=70.0, concentration_mg_ml=1.0,
        planned_mg=100.0, planned_min=480.0, profile="A-standard-adult", profile_version="0.1.0",
    )  # fmt: skip


def _record() -> SessionRecord:
    t_s = np.arange(0.0, HOURS * 3600)
    columns = {name: 80 + 10 * np.sin(t_s / (300 + 50 * i)) for i, name in enumerate(("hr", "spo2", "etco2", "rr_co2"))}
    return SessionRecord(fold(chain("many", [_opened(0), *_alarms(ALARMS, HOURS * 3600, 1)])), "Room 1", t_s, columns)


def _plain(record: SessionRecord, figure: dict[str, Any]) -> dict[str, Any]:
    """The same figure with one marker an alarm in place of its bars."""
    axis = next(t["yaxis"] for t in figure["data"] if t.get("name") in ("high", "medium", "low"))
    kept = [t for t in figure["data"] if t.get("name") not in ("high", "medium", "low")]
    raised = [entry for entry in record.session.alarms if isinstance(entry.event, ev.AlarmRaised)]
    marks = {
        "type": "scatter", "mode": "markers", "name": "alarms", "xaxis": "x", "yaxis": axis, "x": [record.wall_ms(e.t_s) for e in raised],
        "y": [{"high": 2, "medium": 1, "low": 0}[e.event.priority] for e in raised], "text": [e.event.message for e in raised],
    }  # fmt: skip
    return {"data": [*kept, marks], "layout": figure["layout"]}


def _drawn(page: Page, figure: dict[str, Any]) -> float:
    text = json.dumps(figure, cls=PlotlyJSONEncoder)
    page.evaluate(DRAW, text)  # once to warm up
    return _median([page.evaluate(DRAW, text) for _ in range(TIMES)])


def _preload(folder: Path) -> None:
    with Stores(folder) as stores:
        writer = stores.live.writer
        for number in range(SESSIONS):
            session, opened = str(uuid_utils.uuid7()), _opened(number)
            assert isinstance(opened, ev.SessionOpened)
            writer.open_session(session, opened).result(10)
            for event in _alarms(ALARMS // SESSIONS, 4 * 3600, number):
                writer.append(session, event)
            end_s = 4 * 3600.0
            closed = ev.SessionClosed(at=OPENED + timedelta(days=number, seconds=end_s), by="R. Nurse", t_s=end_s)
            writer.append(session, closed).result(60)


def _filtered(browser: Browser, base: str) -> tuple[float, float]:
    page = browser.new_page(viewport={"width": 1600, "height": 940})
    page.goto(f"{base}/alarms?session=all")
    page.wait_for_function(f"window.infusion?.alarms?.data?.rows.length === {ALARMS}", timeout=120_000)
    page.wait_for_timeout(2_000)
    own = [t for _ in range(3) for t in page.evaluate(FILTER, False)]
    plain = page.evaluate(FILTER, True)
    page.close()
    return _median(own), _median(plain)


def _timed(action: Any) -> float:
    start_s = time.perf_counter()
    action()
    return (time.perf_counter() - start_s) * 1000


def _median(taken: list[float]) -> float:
    return float(statistics.median(taken))


def _row(name: str, value: float, budget: float, baseline: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 1), "unit": "ms", "budget": budget, "ok": value <= budget,
        "baseline": round(baseline, 1), "ratio": round(value / baseline, 2),
    }  # fmt: skip
