"""The link layer on real pseudo-terminals and real sockets: reading, losing, finding again, and saying why."""

import errno
import os
import pty
import queue
import random
import select
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import serial
from hand_clock import HandClock

from devices._link_port import _lock_unsupported, explain
from devices.clock import Clock, ScaledClock, SystemClock
from devices.link import Backoff, Link, LinkError, LinkStatus, PortSettings, normal_url, open_port
from devices.monitors.masimo_ascii import MONITOR
from devices.readings import Fault, Reading
from devices.registry import Monitor

LINE = b"01/15/26 10:30:04 SPO2=097% BPM=064 PI=11.82% ALARM=20 EXC=800\r\n"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
PATIENCE_S = 10.0


class Terminal:
    """The monitor's end of a pseudo-terminal, with a link in the file system that leads to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = self.slave = -1

    def plug(self) -> "Terminal":
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        fresh = self.path.with_suffix(".new")
        fresh.symlink_to(os.ttyname(self.slave))
        fresh.replace(self.path)
        return self

    def unplug(self) -> None:
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self.slave = -1

    def say(self, data: bytes) -> None:
        os.write(self.master, data)


class Heard:
    """What a link handed out, waited for with a condition."""

    def __init__(self) -> None:
        self.calls: queue.Queue[tuple[list[Reading | Fault], float, datetime]] = queue.Queue()

    def __call__(self, items: list[Reading | Fault], mono_s: float, utc: datetime) -> None:
        self.calls.put((items, mono_s, utc))

    def next(self) -> list[float | None]:
        items, _, _ = self.calls.get(timeout=PATIENCE_S)
        return [item.value for item in items if isinstance(item, Reading)]


def until(link: Link, wanted: Callable[[LinkStatus], bool]) -> LinkStatus:
    tick, give_up_s = threading.Event(), time.monotonic() + PATIENCE_S
    while not wanted(status := link.status()):
        assert time.monotonic() < give_up_s, status
        tick.wait(0.005)
    return status


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "monitor").plug()
    yield made
    made.unplug()


@pytest.fixture
def linked(request: pytest.FixtureRequest) -> Callable[..., Link]:
    def make(port: str, heard: Any = None, clock: Clock | None = None, monitor: Monitor = MONITOR, **more: Any) -> Link:
        link = Link(monitor, port, heard or Heard(), clock or SystemClock(), rng=random.Random(1), **more)
        link.start()
        request.addfinalizer(link.stop)
        return link

    return make


def test_values_come_with_the_clocks_time(terminal: Terminal, linked: Callable[..., Link]) -> None:
    heard, clock = Heard(), HandClock(NOON, zero_s=1000.0)
    link = linked(str(terminal.path), heard, clock)
    until(link, lambda s: s.state == "open")
    terminal.say(LINE)
    items, mono_s, utc = heard.calls.get(timeout=PATIENCE_S)
    assert [item.value for item in items if isinstance(item, Reading)] == [97, 64, 11.82]
    assert (mono_s, utc) == (1000.0, NOON)
    terminal.say(b"rubbish\r\n")
    assert heard.next() == []
    clock.now_s += 2.5
    status = link.status()
    assert (status.frames, status.rejects, status.bytes_read, status.openings) == (1, 1, len(LINE) + 9, 1)
    assert (status.state, status.age_s, status.silent_s, status.detail) == ("live", 2.5, 2.5, "")


def test_a_line_in_pieces_is_one_line(terminal: Terminal, linked: Callable[..., Link]) -> None:
    heard = Heard()
    link = linked(str(terminal.path), heard)
    until(link, lambda s: s.state == "open")
    for at, piece in enumerate((LINE[:5], LINE[5:40], LINE[40:])):
        terminal.say(piece)
        until(link, lambda s, at=at: s.bytes_read == (5, 40, len(LINE))[at])  # type: ignore[misc]
    assert heard.next() == [97, 64, 11.82]


def test_an_unplugged_monitor_is_found_again_within_three_seconds(
    terminal: Terminal, linked: Callable[..., Link]
) -> None:
    heard = Heard()
    link = linked(str(terminal.path), heard)
    until(link, lambda s: s.state == "open")
    terminal.say(LINE + LINE[:25])  # the cable is pulled in the middle of a line
    assert heard.next() == [97, 64, 11.82]
    until(link, lambda s: s.bytes_read == len(LINE) + 25)
    terminal.path.unlink()
    terminal.unplug()
    status = until(link, lambda s: s.state == "lost")
    assert "disconnected: check the cable" in status.detail
    until(link, lambda s: "no such port" in s.detail)
    terminal.plug()
    back_s = time.monotonic()
    until(link, lambda s: s.openings == 2)
    terminal.say(LINE[25:] + LINE)  # neither half of the torn line counts, nor do they join
    assert heard.next() == [97, 64, 11.82]
    assert time.monotonic() - back_s < 3
    assert (link.status().frames, link.status().rejects) == (2, 0)


def test_a_name_that_leads_elsewhere_is_opened_anew(terminal: Terminal, linked: Callable[..., Link]) -> None:
    heard = Heard()
    link = linked(str(terminal.path), heard)
    until(link, lambda s: s.state == "open")
    other = Terminal(terminal.path).plug()  # the old one stays open and silent
    try:
        until(link, lambda s: s.openings == 2)
        other.say(LINE)
        assert heard.next() == [97, 64, 11.82]
    finally:
        other.unplug()


def test_a_quiet_monitor_keeps_its_port(terminal: Terminal, linked: Callable[..., Link]) -> None:
    heard, clock = Heard(), HandClock(NOON, zero_s=1000.0)
    link = linked(str(terminal.path), heard, clock)
    until(link, lambda s: s.state == "open")
    terminal.say(LINE[:30])
    until(link, lambda s: s.bytes_read == 30)
    for _ in range(50):  # the port's name is looked at again and again meanwhile
        clock.now_s += 10
        threading.Event().wait(0.005)
    terminal.say(LINE[30:])
    assert heard.next() == [97, 64, 11.82]
    assert link.status().openings == 1


def test_silence_is_told_by_the_clock_with_what_to_do(terminal: Terminal, linked: Callable[..., Link]) -> None:
    clock, heard = HandClock(NOON, zero_s=1000.0), Heard()
    link = linked(str(terminal.path), heard, clock)
    until(link, lambda s: s.state == "open")
    clock.now_s += 4.9
    assert link.status().detail == ""
    clock.now_s += 0.2
    assert (link.status().state, link.status().detail) == ("open", "no data: set Serial Output to ASCII 1")
    terminal.say(b"01/15/26 10:30:04 SpO2=097 PR=072 PI=03.60 EXC=800:SET\r\n")
    heard.next()
    assert "set Serial Output to ASCII 1" in link.status().detail
    assert "9600 8N1" in link.status().detail
    terminal.say(LINE)
    heard.next()
    assert (link.status().state, link.status().detail) == ("live", "")
    clock.now_s += 5.1
    assert link.status().state == "lost"
    assert link.status().age_s == pytest.approx(5.1)
    assert link.status().detail == "no data: set Serial Output to ASCII 1"


def test_tcp_refused_then_there_then_gone(linked: Callable[..., Link]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = taken.getsockname()
    heard = Heard()
    link = linked(f"tcp:127.0.0.1:{address[1]}", heard)
    status = until(link, lambda s: s.detail != "")
    assert status.state == "connecting"
    assert "connection refused: start the device server" in status.detail
    for times in (1, 2):

        def opened(status: LinkStatus, times: int = times) -> bool:
            return status.openings == times

        with socket.create_server(address) as server:
            client, _ = server.accept()
            with client:
                until(link, opened)  # opening discards what came before
                client.sendall(LINE)  # and hangs up at once: the last line still counts
        assert heard.next() == [97, 64, 11.82]
        until(link, lambda s: s.state == "lost")
    assert link.status().frames == 2


class Asking:
    """A decoder of a protocol with requests."""

    def __init__(self) -> None:
        self.frames = self.rejects = 0

    def feed(self, data: bytes) -> list[Reading | Fault]:
        self.frames += data.count(b"!")
        return []

    def poll(self, now_s: float) -> bytes:
        return b"?"

    def close(self) -> bytes:
        return b"bye"


ASKING = replace(MONITOR, name="asking", make_decoder=Asking)


@pytest.mark.parametrize(("speed", "expected"), [(1, 10), (20, 150)])
def test_polls_are_dense_in_the_clocks_time_and_end_with_a_farewell(
    terminal: Terminal, linked: Callable[..., Link], speed: int, expected: int
) -> None:
    seen: list[tuple[str, bytes]] = []
    link = linked(
        str(terminal.path), None, ScaledClock(speed), ASKING, tee=lambda way, data, _: seen.append((way, data))
    )
    until(link, lambda s: s.bytes_written >= 1)
    began_s = time.monotonic()
    before = link.status().bytes_written
    until(link, lambda s: s.bytes_written >= before + expected)
    assert time.monotonic() - began_s < 2.0  # ten a second with room for a busy computer
    terminal.say(b"!")
    until(link, lambda s: s.frames == 1)
    link.stop()
    sent = b""
    while not sent.endswith(b"bye"):  # the kernel passes bytes on in its own time
        assert select.select([terminal.master], [], [], PATIENCE_S)[0], sent[-10:]
        sent += os.read(terminal.master, 65536)
    assert sent.endswith(b"?bye")
    assert (link.status().state, ("rx", b"!") in seen, seen[-1]) == ("stopped", True, ("tx", b"bye"))


def test_only_one_program_reads_a_port(terminal: Terminal, linked: Callable[..., Link]) -> None:
    first = linked(str(terminal.path))
    until(first, lambda s: s.state == "open")
    second = linked(str(terminal.path))
    status = until(second, lambda s: s.detail != "")
    assert status.detail == f"{terminal.path}: another program holds the port: close it"
    first.stop()
    until(second, lambda s: s.state == "open")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_of_ours_does_not_look_like_an_unplugged_cable(
    terminal: Terminal, linked: Callable[..., Link]
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("our own bug")

    link = linked(str(terminal.path), broken)
    until(link, lambda s: s.state == "open")
    terminal.say(LINE)
    status = until(link, lambda s: s.state == "lost")
    assert "internal error: ValueError('our own bug')" in status.detail
    assert status.openings == 1


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("/dev/no-such-port", "no such port: plug in the cable or adapter"),
        ("nonsense://x", "not a port this program can open"),
        (os.devnull, "not a serial port"),
    ],
)
def test_a_port_that_cannot_be_opened_says_why(port: str, message: str) -> None:
    with pytest.raises(LinkError, match=message) as caught:
        open_port(port, PortSettings(9600))
    assert str(caught.value).startswith(f"{port}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "message", "retry_s"),
    [
        (OSError(errno.EACCES, "Permission denied"), "add the user to the dialout group", 5),
        (
            serial.SerialException("could not open port 'COM3': PermissionError(13, 'Access is denied.')"),
            "permission",
            5,
        ),
        (serial.SerialException(errno.EAGAIN, "Could not exclusively lock port"), "another program holds the port", 5),
        (OSError(errno.EBUSY, "busy"), "another program holds the port", 5),
        (OSError(errno.ENXIO, "No such device"), "not reachable", 1),
        (serial.SerialException("could not open port 'COM9': FileNotFoundError(2, ...)"), "no such port", 1),
        (serial.SerialException("Could not open port socket://x: timed out"), "not reachable", 1),
        (OSError(errno.ENOSPC, "strange\nthing"), "cannot be opened", 5),
    ],
)
def test_reasons_say_who_can_act_and_how_soon_to_look_again(error: Exception, message: str, retry_s: float) -> None:
    told = explain("PORT", error)
    assert message in str(told)
    assert told.retry_s == retry_s
    assert "\n" not in str(told)


def test_a_platform_without_locks_is_tolerated_but_a_held_lock_is_not() -> None:
    assert _lock_unsupported(serial.SerialException(errno.ENOLCK, "Could not exclusively lock port x: No locks"))
    assert not _lock_unsupported(serial.SerialException(errno.EAGAIN, "Could not exclusively lock port x: held"))
    assert not _lock_unsupported(serial.SerialException(errno.ENOENT, "could not open port"))


def test_a_port_is_opened_without_a_lock_where_there_are_none(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    open_port(str(terminal.path), PortSettings(9600)).close()


def test_retries_grow_to_the_limit_of_the_reason() -> None:
    class Never(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    backoff = Backoff(Never())
    assert [backoff.next_s(5) for _ in range(6)] == [0.5, 1, 2, 4, 5, 5]
    assert [backoff.next_s(1) for _ in range(2)] == [1, 1]  # absent now: looked for each second
    backoff.reset()
    assert backoff.next_s(5) == 0.5
    waits = [Backoff(random.Random(seed)).next_s(5) for seed in range(50)]
    assert 0.4 <= min(waits) < max(waits) <= 0.5


def test_settings_come_from_the_monitor_and_the_station() -> None:
    assert PortSettings.of(MONITOR, baud=19_200, parity="E", dtr=None) == PortSettings(19_200, 8, "E", 1)
    assert str(PortSettings(19_200, 8, "E", 1.5)) == "19200 8E1.5"
    assert normal_url("tcp:10.0.0.5:4001") == "socket://10.0.0.5:4001"
    with pytest.raises(TypeError):
        PortSettings.of(MONITOR, colour="red")


def test_even_parity_and_flow_control_open_on_a_pseudo_terminal(terminal: Terminal) -> None:
    settings = PortSettings(19_200, 8, "E", 1, xonxoff=True, rtscts=True, dtr=True, rts=True)
    open_port(str(terminal.path), settings).close()


def test_a_scaled_clock_runs_from_its_start() -> None:
    real = iter([50.0, 50.0, 52.0, 52.0])
    clock = ScaledClock(20, start_s=600, start_utc=NOON, real=lambda: next(real))
    assert (clock.mono(), clock.mono(), clock.utc()) == (600, 640, NOON + timedelta(seconds=40))
    with pytest.raises(ValueError, match="speed must be above 0"):
        ScaledClock(0)
