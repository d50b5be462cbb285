"""Decoder throughput against the protocol's line rate, on one core.

Input: what each simulated monitor sends in ten minutes. Baseline, from the same run: counting the line ends or frame
starts of the same bytes, the least that any reader would do.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from devices.registry import Monitor, PollingDecoder, load_monitors
from simulators.registry import make_simulated
from simulators.vitals import Vital

SPAN_S = 600
TIMES_LINE_RATE = 100
VITALS = {
    "hr": Vital(72.0), "pr": Vital(72.0), "spo2": Vital(97.0), "pi": Vital(3.1), "etco2": Vital(38.0), "fico2": Vital(0.0),
    "rr_co2": Vital(14.0), "rr_imp": Vital(14.0), "temp": Vital(36.8), "abp_sys": Vital(121.0), "abp_dia": Vital(72.0),
    "abp_map": Vital(90.0), "nibp_sys": Vital(118.0), "nibp_dia": Vital(70.0), "nibp_map": Vital(86.0),
}  # fmt: skip


def recording(monitor: Monitor) -> bytes:
    """Ten minutes of the monitor's half of the line, in a conversation with its own decoder where it needs one."""
    simulated = make_simulated(monitor.name)
    decoder = monitor.make_decoder()
    wall = datetime(2026, 1, 2, 8, 30)  # noqa: DTZ001 - a monitor's own clock knows no zone
    sent = bytearray()
    for step in range(SPAN_S * 10):
        now_s = step / 10
        data = simulated.send(VITALS, now_s, wall + timedelta(seconds=now_s))
        sent += data
        decoder.feed(data)
        if isinstance(decoder, PollingDecoder):
            simulated.receive(decoder.poll(now_s), now_s)
    return bytes(sent)


def measure() -> Iterator[dict[str, Any]]:
    for monitor in load_monitors().values():
        data = recording(monitor)
        line_rate = monitor.baud / (1 + monitor.bits + (monitor.parity != "N") + monitor.stop)
        chunks = [data[i : i + 256] for i in range(0, len(data), 256)]
        rate = _best_rate(lambda chunks=chunks, monitor=monitor: _decode(monitor, chunks), len(data))
        baseline = _best_rate(lambda chunks=chunks: _scan(chunks), len(data))
        times = rate / line_rate
        yield {
            "name": f"decoder_{monitor.name}",
            "value": round(times, 1),
            "unit": "x line rate",
            "budget": TIMES_LINE_RATE,
            "ok": times >= TIMES_LINE_RATE,
            "baseline": round(baseline / line_rate, 1),
            "ratio": round(baseline / rate, 2),
        }


def _decode(monitor: Monitor, chunks: list[bytes]) -> None:
    decoder = monitor.make_decoder()
    for chunk in chunks:
        decoder.feed(chunk)


def _scan(chunks: list[bytes]) -> int:
    return sum(chunk.count(b"\n") + chunk.count(0xC0) for chunk in chunks)


def _best_rate(work: Any, size: int) -> float:
    """Bytes per second of the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return size / best
