"""Simulated monitors on real pseudo-terminals and sockets, read by the real link."""

import io
import itertools
import os
import queue
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from config.models import ConfigError
from devices.clock import Clock, ScaledClock
from devices.link import Link, PortSettings, open_port
from devices.readings import Fault as Damaged
from devices.readings import Reading
from devices.registry import find_monitor
from simulators.faults import Fault
from simulators.vitals import Vital, Vitals
from simulators.wire import Fleet, Grid, Station, _stopped_by_signals, make_station, open_endpoint, simulate

PATIENCE_S = 10.0
MASIMO = find_monitor("masimo_ascii")


def steady(now_s: float) -> Vitals:
    return {"spo2": Vital(97), "pr": Vital(64), "pi": Vital(4.5)}


def counting(now_s: float) -> Vitals:
    """The second of the run as the pulse rate."""
    return {"spo2": Vital(97), "pr": Vital(30 + int(now_s) % 200), "pi": Vital(4.5)}


class ClockByHand(ScaledClock):
    """A clock whose real seconds are handed out by the test."""

    def __init__(self) -> None:
        self.real_s = 0.0
        super().__init__(real=lambda: self.real_s)


def heard(queue_of: "queue.Queue[list[Any]]") -> Callable[[list[Any], float, object], None]:
    return lambda items, _mono_s, _utc: queue_of.put(items)


def readings_from(url: str, clock: Clock, wanted: int, monitor: str = "masimo_ascii") -> list[Reading]:
    """The first `wanted` readings over the real link."""
    inbox: queue.Queue[list[Any]] = queue.Queue()
    out: list[Reading] = []
    with Link(find_monitor(monitor), url, heard(inbox), clock):
        while len(out) < wanted:
            out.extend(item for item in inbox.get(timeout=PATIENCE_S) if isinstance(item, Reading))
    return out


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    made = Fleet(ScaledClock(20))
    yield made
    made.stop()


@pytest.mark.parametrize("link", ["pty", "tcp:127.0.0.1:0"])
@pytest.mark.parametrize("monitor", ["masimo_ascii", "nellcor_ascii"])
def test_from_the_simulator_over_the_wire_to_the_decoder(fleet: Fleet, link: str, monitor: str) -> None:
    endpoint = fleet.add(monitor, link, steady)
    fleet.start()
    got = readings_from(endpoint.url, ScaledClock(20), 6, monitor)
    assert {(r.signal, r.value, r.status) for r in got} >= {("spo2", 97, "ok"), ("pr", 64, "ok")}
    assert {r.value for r in got} <= {97, 64, 4.5}


def test_tcp_serves_one_client_after_another(fleet: Fleet) -> None:
    endpoint = fleet.add("masimo_ascii", "tcp:127.0.0.1:0", steady)
    fleet.start()
    for _ in range(2):
        assert len(readings_from(endpoint.url, ScaledClock(20), 3)) >= 3


def test_a_link_to_the_pseudo_terminal_is_made_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "monitor"
    path.symlink_to(tmp_path / "left over from a crash")
    endpoint = open_endpoint(f"pty:{path}", MASIMO)
    assert endpoint.url == str(path)
    assert path.is_char_device()
    newer = open_endpoint(f"pty:{path}", MASIMO)
    endpoint.close()
    assert path.is_char_device()  # it belongs to the newer one now
    newer.close()
    assert list(tmp_path.iterdir()) == []


def test_an_unplugged_terminals_link_is_gone_until_it_is_back(tmp_path: Path) -> None:
    """The number of a closed pseudo-terminal is soon another program's: the link must not lead there."""
    path = tmp_path / "monitor"
    with closing(open_endpoint(f"pty:{path}", MASIMO)) as endpoint:
        endpoint.unplug()
        assert list(tmp_path.iterdir()) == []
        endpoint.plug()
        assert path.is_char_device()


def test_a_file_in_the_way_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="exists and is not a link"):
        open_endpoint(f"pty:{path}", MASIMO)
    assert path.read_text() == "mine"


def test_nobody_listening_does_not_block() -> None:
    with closing(open_endpoint("pty", MASIMO)) as endpoint:
        for _ in range(5000):
            endpoint.write(b"x" * 98 + b"\r\n")


def heard_late() -> tuple[int, int]:
    """Of sixty lines that nobody heard: which was the last, and how many bytes wait for somebody who comes then."""
    with closing(open_endpoint("pty", MASIMO)) as endpoint:
        for number in range(60):
            endpoint.write(f"{number:098d}\r\n".encode())
            threading.Event().wait(0.005)
        late = os.open(endpoint.url, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            waiting = os.read(late, 65536)
        finally:
            os.close(late)
    return int(waiting.split()[-1]), len(waiting)


def test_a_late_listener_hears_a_second_of_the_past_at_most() -> None:
    """960 bytes are a second of a 9600 baud line. The kernel passes bytes on in its own time, on a busy machine now and then too late
    for one try; a line that kept all would be caught in each."""
    tries = []
    for _ in range(5):
        last, waiting = heard_late()
        if last == 59 and waiting <= 960 + 200:
            return
        tries.append((last, waiting))
    pytest.fail(f"the last line and the bytes that waited, each time: {tries}")


@pytest.mark.parametrize(("link", "planned"), [("pty", True), ("pty", False), ("tcp:127.0.0.1:0", True)])
def test_unplugged_in_the_middle_and_back_under_the_same_name(link: str, planned: bool) -> None:
    """Every kind of link with a name that lasts, by a plan or by a hand: values, then lost, then values again."""
    clock = ScaledClock(10)
    fleet = Fleet(clock)
    asked: list[float] = [0.0]

    def source(now_s: float) -> Vitals:
        asked[0] = now_s
        return counting(now_s)

    if planned:
        endpoint = fleet.add("masimo_ascii", link, source, faults=[Fault("unplug", 5, 10)])
    else:
        endpoint = fleet.add("masimo_ascii", link, source, cable_out=lambda: 5 <= asked[0] < 15)
    inbox: queue.Queue[list[Any]] = queue.Queue()
    seen: list[float] = []
    with fleet, Link(MASIMO, endpoint.url, heard(inbox), clock) as reader:
        while not any(value >= 30 + 15 for value in seen):
            items = inbox.get(timeout=PATIENCE_S)
            seen.extend(r.value for r in items if isinstance(r, Reading) and r.signal == "pr" and r.value)
        status = reader.status()
    assert any(value < 30 + 5 for value in seen)
    assert not any(30 + 5 < value < 30 + 15 for value in seen)
    assert (status.openings, status.rejects) == (2, 0)


def run_by_hand(station: Station, clock: ClockByHand, seconds: float, jumps_s: list[float]) -> None:
    """Pump the grid with the real time advancing unevenly."""
    grid, at = Grid(clock), 0
    while clock.real_s < seconds:
        clock.real_s = min(seconds, clock.real_s + jumps_s[at % len(jumps_s)])
        at += 1
        for now_s, wall in grid.due():
            station.step(now_s, wall)


class Recorder:
    """An endpoint that keeps what is written."""

    url = "memory"

    def __init__(self) -> None:
        self.log: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.log.append(data)

    def read(self) -> bytes:
        return b""

    def unplug(self) -> None:
        self.log.append("unplug")

    def plug(self) -> None:
        self.log.append("plug")

    def close(self) -> None:
        self.log.append("close")


def recorded(jumps_s: list[float], faults: list[Fault], seconds: float = 20) -> list[bytes | str]:
    clock, recorder = ClockByHand(), Recorder()
    station = make_station("masimo_ascii", "pty", counting, faults=faults, seed=7)
    station.endpoint.close()
    station.endpoint = recorder
    run_by_hand(station, clock, seconds, jumps_s)
    # The monitor's own clock shows the local time of the run, which is no part of what must repeat.
    return [re.sub(rb"^\S+ \S+ ", b"", item) if isinstance(item, bytes) else item for item in recorder.log]


def test_a_run_repeats_byte_for_byte_however_busy_the_computer() -> None:
    faults = [Fault("corrupt", 3, 4), Fault("cut", 9), Fault("sensor_off", 11, 3, "spo2")]
    even = recorded([0.05], faults)
    assert recorded([0.01, 0.37, 2.0], faults) == even
    assert len(even) == 21


def test_faults_reach_the_wire_when_planned() -> None:
    log = recorded([0.05], [Fault("unplug", 3.5, 3), Fault("silence", 10.5, 4)])
    assert log.index("unplug") == 4 and log[log.index("unplug") + 1] == "plug"
    lines = [item for item in log if isinstance(item, bytes)]
    rates = [int(line.split(b"BPM=")[1][:3]) - 30 for line in lines]
    assert rates == [0, 1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 18, 19, 20]


def test_after_a_long_standstill_the_time_between_is_left_out() -> None:
    log = recorded([3600], [], seconds=7200)
    assert len(log) <= 2 * 11


def test_sixteen_monitors_in_one_process_are_cheap() -> None:
    clock = ScaledClock(1)
    fleet = Fleet(clock)
    for _ in range(16):
        fleet.add("masimo_ascii", "pty", steady)
    threads = threading.active_count()
    with fleet:
        assert threading.active_count() == threads + 1
        used = resource.getrusage(resource.RUSAGE_SELF)
        threading.Event().wait(1.0)
        after = resource.getrusage(resource.RUSAGE_SELF)
    busy_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    assert busy_s < 0.2


def test_a_serial_device_serves_the_monitor(fleet: Fleet) -> None:
    """Two pseudo-terminals joined crosswise stand in for a null-modem cable."""
    far = open_endpoint("pty", MASIMO)
    with closing(far):
        endpoint = fleet.add("masimo_ascii", far.url, steady)
        assert endpoint.url == far.url
        fleet.start()
        data, give_up_s = b"", time.monotonic() + PATIENCE_S
        while data.count(b"\n") < 2 and time.monotonic() < give_up_s:
            data += far.read()
            threading.Event().wait(0.005)
        fleet.stop()
    assert b"SPO2=097% BPM=064" in data
    with pytest.raises(ConfigError, match=r"^/dev/no-such-port: no such port: plug in"):
        open_endpoint("/dev/no-such-port", MASIMO)


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        ("udp:127.0.0.1:24105", "no monitor of this version has a UDP simulation yet"),
        ("tcp:127.0.0.1", "expected tcp:HOST:PORT"),
        ("tcp:127.0.0.1:70000", "expected tcp:HOST:PORT"),
        ("tcp:192.0.2.1:0", "not an address of this computer"),
        ("tcp:no.such.host.invalid:0", "unknown host name"),
        ("socket://127.0.0.1:1", "expected pty, pty:PATH, tcp:HOST:PORT or a serial device"),
        ("", "expected pty"),
        ("pty:/no/such/directory/monitor", "No such file or directory"),
    ],
)
def test_a_link_that_cannot_be_had_is_refused_in_one_line(link: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        open_endpoint(link, MASIMO)
    assert "\n" not in str(caught.value)


def test_an_address_in_use_is_refused() -> None:
    other = socket.create_server(("127.0.0.1", 0))
    with other, pytest.raises(ConfigError, match="in use by another program"):
        open_endpoint(f"tcp:127.0.0.1:{other.getsockname()[1]}", MASIMO)


def test_simulate_prints_the_link_first_and_ends_after_its_duration() -> None:
    out = io.StringIO()
    simulate("masimo-ascii", "tcp:127.0.0.1:0", steady, duration_s=2, clock=ScaledClock(20), out=out)
    assert re.fullmatch(r"socket://127\.0\.0\.1:\d+\n", out.getvalue())
    with pytest.raises(ConfigError, match="expected seconds above 0"):
        simulate("masimo_ascii", "pty", steady, duration_s=0)
    with pytest.raises(ConfigError, match="unknown monitor"):
        simulate("nope", "pty", steady)


def test_simulate_asks_on_its_clock_and_counts_faults_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder, asked = Recorder(), list[float]()
    monkeypatch.setattr("simulators.wire.open_endpoint", lambda *_, **__: recorder)

    def source(now_s: float) -> Vitals:
        asked.append(now_s)
        return steady(now_s)

    ticking = itertools.count()  # time goes on by being asked for: a busy machine cannot overshoot
    clock = ScaledClock(50, start_s=600, real=lambda: next(ticking) * 0.0005)
    simulate("masimo_ascii", "pty", source, faults=["silence@2.5+3"], duration_s=9, clock=clock, out=io.StringIO())
    assert 600 <= asked[0] < 610
    assert max(asked) == pytest.approx(609, abs=1)
    assert recorder.log[-1] == "close"
    lines = [item for item in recorder.log if isinstance(item, bytes)]
    assert 5 <= len(lines) <= 8  # of ten seconds three are silent
    with pytest.raises(ConfigError, match="unknown kind 'explode'"):
        simulate("masimo_ascii", "pty", steady, faults=["explode@3"])


PROGRAM = """
from simulators.vitals import Vital
from simulators.wire import simulate
simulate("masimo_ascii", {link!r}, lambda now_s: {{"spo2": Vital(97), "pr": Vital(64)}})
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_simulate_ends_cleanly_on_a_signal(tmp_path: Path, number: int) -> None:
    path = tmp_path / "monitor"
    command = [sys.executable, "-c", PROGRAM.format(link=f"pty:{path}")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == f"{path}\n"
        port = open_port(str(path), PortSettings(9600), read_timeout_s=PATIENCE_S)
        assert b"SPO2=097% BPM=064" in port.read(60) + port.read(60)
        port.close()
        program.send_signal(number)
        assert program.wait(timeout=PATIENCE_S) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(20)
def test_a_signal_in_the_middle_of_waiting_stops_too() -> None:
    """It comes while the thread that waits holds the event's own lock, as now and then between two waits."""
    stop = threading.Event()
    with _stopped_by_signals(stop):
        with stop._cond:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGINT)
        assert stop.wait(PATIENCE_S)


def test_damage_on_the_line_shows_no_wrong_pattern(fleet: Fleet) -> None:
    """A corrupted line gives faults and, at worst, a digit that became another; the reader never stops."""
    endpoint = fleet.add("masimo_ascii", "pty", steady, faults=[Fault("corrupt", 0)], seed=3)
    fleet.start()
    inbox: queue.Queue[list[Any]] = queue.Queue()
    items: list[Any] = []
    with Link(MASIMO, endpoint.url, heard(inbox), ScaledClock(20)):
        while sum(isinstance(item, Damaged) for item in items) < 5 or not any(isinstance(i, Reading) for i in items):
            items.extend(inbox.get(timeout=PATIENCE_S))
    assert all(0 <= item.value <= 240 for item in items if isinstance(item, Reading) and item.value is not None)
