"""What simulating costs: the whole program with ten simulated beds at real time, with nobody looking and with one live page's connection;
and a patient with all signals and waveforms without a clock.

Baselines of the same run: for the program, ten virtual patients alone, stepped and read each second, as share of a core at real time; for the
patient, the same one without waveforms.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import connect

from benchmarks._clinic import viewers, wait_healthy
from simulators.scenario import Run, find_scenario

BEDS = 10
SPAN_S = 60.0
SETTLE_S = 5.0
READY_WITHIN_S = 120.0
BUDGET_PERCENT = 20.0
TIMES_REAL_TIME = 100
SCENARIO = "apnoea-desaturation"
PATIENT_S = 1200


def measure() -> Iterator[dict[str, Any]]:
    patients = 100 * BEDS * _patient_s(waves=False) / PATIENT_S
    with tempfile.TemporaryDirectory() as folder, _room(Path(folder)) as (base, pid):
        for name, look in (("cpu_10_beds", nullcontext()), ("cpu_10_beds_one_page", viewers(base, 1, BEDS))):
            with look:
                cpu = _cpu_percent(pid)
            yield {
                "name": f"training_{name}", "value": round(cpu, 1), "unit": "% of a core", "budget": BUDGET_PERCENT,
                "ok": cpu < BUDGET_PERCENT, "baseline": round(patients, 2), "ratio": round(cpu / patients, 2),
            }  # fmt: skip
    plain, speed = PATIENT_S / _patient_s(waves=False), PATIENT_S / _patient_s(waves=True)
    yield {
        "name": "training_headless_all_signals", "value": round(speed), "unit": "x real time", "budget": TIMES_REAL_TIME,
        "ok": speed >= TIMES_REAL_TIME, "baseline": round(plain), "ratio": round(plain / speed, 2),
    }  # fmt: skip


def _patient_s(*, waves: bool) -> float:
    """Seconds of this core for `PATIENT_S` of a patient, all signals read each second; the best of three."""
    found = []
    for _ in range(3):
        run, began = Run(find_scenario(SCENARIO), waves=waves), time.process_time()
        for t in range(1, PATIENT_S):
            run.advance(float(t))
            run.vitals()
            if run.waves is not None:
                run.waves.span(t - 1.0, float(t))
        found.append(time.process_time() - began)
    return min(found)


@contextmanager
def _room(folder: Path) -> Iterator[tuple[str, int]]:
    """The program with its beds, once the past of each is made; address and process id."""
    command = [sys.executable, "-m", "dashboard.cli", "demo", "--beds", str(BEDS), "--no-browser", "--port", "0"]
    process = subprocess.Popen([*command, "--data-dir", str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        base = process.stdout.readline().split()[2].rstrip("/")
        wait_healthy(base)
        _wait_live(base)
        time.sleep(SETTLE_S)
        yield base, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait_live(base: str) -> None:
    """Until every bed has told a number: before, its past is being made."""
    end_s, live = time.monotonic() + READY_WITHIN_S, set[str]()
    with connect(f"{base.replace('http', 'ws')}/live/ws", max_size=None) as feed:
        while len(live) < BEDS:
            if time.monotonic() > end_s:
                raise RuntimeError(f"only {len(live)} of {BEDS} beds were live within {READY_WITHIN_S:g} s")
            message = json.loads(feed.recv(timeout=READY_WITHIN_S))
            if message["type"] == "vitals" and message["values"].get("spo2", {}).get("value") is not None:
                live.add(message["bed"])


def _cpu_percent(pid: int) -> float:
    """Of one core, over `SPAN_S`, the program and every process that it started."""
    process = psutil.Process(pid)
    before_s, began_s = _cpu_s(process), time.monotonic()
    time.sleep(SPAN_S)
    return 100 * (_cpu_s(process) - before_s) / (time.monotonic() - began_s)


def _cpu_s(process: psutil.Process) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))
