"""A clinic for measuring: monitors on TCP that say what the benchmark wants, beds with a session behind them, viewers."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uuid_utils
import websockets

from config.models.alarms import load_profile
from dashboard.alarms.values import Tick
from dashboard.session.events import InfusionStarted, SessionOpened
from dashboard.store import StoredTick, Stores

NURSE = "R. Nurse"


class LineMonitor:
    """A Masimo ASCII 1 oximeter on TCP: each `say` is one line on the wire."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._client: socket.socket | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self._client, _ = self._server.accept()
            except OSError:
                return
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def connected(self) -> bool:
        return self._client is not None

    def say(self, spo2: int, bpm: int) -> float:
        """Send one line; returns the wall time in ms just before its first byte left."""
        now = datetime.now().astimezone()
        line = (
            f"{now:%m/%d/%y %H:%M:%S} SN=0000012345 SPO2={spo2:03d}% BPM={bpm:03d} PI=03.60% SPCO=--.-% SPMET=--.-% "
            "DESAT=-- PIDELTA=+-- ALARM=0000 EXC=000800\r\n"
        )
        at_ms = time.time() * 1000
        if self._client is not None:
            self._client.sendall(line.encode())
        return at_ms

    def close(self) -> None:
        self._server.close()
        if self._client is not None:
            self._client.close()


def write_station(folder: Path, monitors: list[LineMonitor]) -> Path:
    rows = ['name = "Benchmark"', "[[people]]", f'name = "{NURSE}"']
    for number, monitor in enumerate(monitors, 1):
        rows += [
            "[[beds]]",
            f'id = "bed-{number}"',
            f'title = "Room {number}"',
            "[[beds.devices]]",
            'name = "oximeter"',
        ]
        rows += ['monitor = "masimo_ascii"', f'port = "socket://127.0.0.1:{monitor.port}"']
    path = folder / "station.toml"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def preload(folder: Path, beds: int, hours: float) -> None:
    """An open session at every bed, the first one with a trend of `hours` behind it, as a restart would find them."""
    with Stores(folder) as stores:
        writer = stores.live.writer
        for number in range(1, beds + 1):
            seconds = int(hours * 3600) if number == 1 else 60
            opened_at = datetime.now(UTC) - timedelta(seconds=seconds + 1)
            session = str(uuid_utils.uuid7())
            opened = SessionOpened(
                at=opened_at, by=NURSE, t_s=0.0, bed=f"bed-{number}", patient="B. M.", weight_kg=70.0, concentration_mg_ml=1.0,
                planned_mg=400.0, planned_min=hours * 60 + 60, profile="A-standard-adult", profile_version=load_profile("A-standard-adult").version,
            )  # fmt: skip
            writer.open_session(session, opened).result(10)
            started = InfusionStarted(at=opened_at, by=NURSE, t_s=0.5, rate_mg_h=24.5, concentration_mg_ml=1.0)
            writer.append(session, started).result(10)
            for t_s in range(1, seconds):
                values = {"spo2": 96.0 + t_s % 3, "pr": 70.0 + t_s // 60 % 20, "pi": 3.6, "link": 0.2}
                at = opened_at + timedelta(seconds=t_s)
                writer.sample(session, StoredTick(at, float(t_s), Tick(float(t_s), values)))
            writer.flush(60)


@contextmanager
def served(folder: Path, station: Path) -> Iterator[tuple[str, int]]:
    """The server as a process of its own; its address and process id."""
    command = [
        sys.executable,
        "-m",
        "dashboard.cli",
        "serve",
        "--config",
        str(station),
        "--port",
        "0",
        "--data-dir",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        base = line.split()[2].rstrip("/")
        wait_healthy(base)
        yield base, process.pid
    finally:
        process.terminate()
        process.wait(10)


def wait_healthy(base: str, seconds: float = 30) -> None:
    for _ in range(int(seconds * 10)):
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{base} did not become healthy")


@contextmanager
def viewers(base: str, count: int, beds: int) -> Iterator[None]:
    """So many browsers' worth of connections, spread over the beds, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks._clinic", base, str(count), str(beds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield
    finally:
        process.terminate()
        process.wait(10)


async def _view(base: str, count: int, beds: int) -> None:
    async def one(number: int) -> None:
        url = f"{base.replace('http', 'ws')}/live/ws?bed=bed-{number % beds + 1}"
        async with websockets.connect(url, origin=base, max_size=None) as socket_:  # type: ignore[arg-type]
            async for text in socket_:
                json.loads(text)

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    await asyncio.sleep(2)
    print("watching", flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(_view(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
