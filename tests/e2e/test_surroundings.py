"""Ports, rights, disk, database: what the machine around the program may do to it. One clear line, and nothing lost."""

import fcntl
import os
import resource
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from running import Feed, Message, Program, ask, until, value_of

from benchmarks._clinic import LineMonitor, write_station
from benchmarks.kill_nine import open_session
from dashboard.doctor import examine
from dashboard.replay import list_sessions, recorded_lines, rerun_lines
from dashboard.store import Stores
from devices.clock import SystemClock
from simulators.scenario import Run, find_scenario
from simulators.wire import Fleet

pytestmark = pytest.mark.long

NURSE = "R. Nurse"
BED = "bed-1"
Start = Callable[..., Program]
OpenFeed = Callable[..., Feed]
#: Root may read and write anything; without these two it is as restricted as anybody.
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


@pytest.fixture
def station(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(f'[[people]]\nname = "{NURSE}"\n[[beds]]\nid = "{BED}"\ntitle = "Room 1"\n')
    return path


def refused(*args: object, prefix: tuple[str, ...] = ()) -> tuple[int, str]:
    """Exit status and the one line of a command that must not start."""
    program = Program(*args, prefix=prefix)
    try:
        status = program.wait()
    finally:
        program.kill()
    assert program.first_line == "", program.first_line
    [line] = program.stderr.splitlines()
    assert line.startswith("error: ")
    return status, line.removeprefix("error: ")


# -- the data folder --------------------------------------------------------------------------------------------------


def test_a_second_server_on_one_data_folder(start: Start, station: Path, data_dir: Path) -> None:
    first = start("serve", "--config", station, "--port", 0, "--data-dir", data_dir)
    assert first.base
    status, told = refused("serve", "--config", station, "--port", 0, "--data-dir", data_dir)
    assert (status, "another Infusion Dashboard records here" in told) == (1, True)
    assert ask(first.base, "/healthz")[0] == 200
    assert list_sessions(data_dir, simulated=False) == []  # only looking is allowed meanwhile


def test_no_rights_on_the_data_folder(station: Path, data_dir: Path) -> None:
    data_dir.mkdir(mode=0o500)
    status, told = refused("serve", "--config", station, "--port", 0, "--data-dir", data_dir, prefix=UNPRIVILEGED)
    assert (status, "cannot be used for sessions: Permission denied" in told) == (2, True)
    assert list(data_dir.iterdir()) == []


def test_no_rights_on_the_database(station: Path, data_dir: Path) -> None:
    open_session(data_dir)
    database = data_dir / "live.db"
    database.chmod(0o400)
    status, told = refused("serve", "--config", station, "--port", 0, "--data-dir", data_dir, prefix=UNPRIVILEGED)
    assert (status, str(database) in told, "rights" in told) == (1, True, True)


# -- serial ports ----------------------------------------------------------------------------------------------------


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Path]:
    """A pseudo-terminal on which a simulated oximeter talks."""
    run = Run(find_scenario("crps"))
    run.advance(600)
    fleet = Fleet(SystemClock())
    endpoint = fleet.add("masimo_ascii", f"pty:{tmp_path / 'port'}", lambda _: run.vitals())
    with fleet:
        yield Path(endpoint.url)


def with_port(station: Path, port: Path) -> Path:
    device = f'[[beds.devices]]\nname = "oximeter"\nmonitor = "masimo_ascii"\nport = "{port}"\n'
    station.write_text(station.read_text() + device)
    return station


def detail(feed: Feed, base: str) -> Any:
    """What a new screen is told of the bed's device."""
    feed.close()
    fresh = Feed(base, BED)
    try:
        _, snapshot = fresh.wait(lambda m: m["type"] == "snapshot", 5, "a snapshot")
    finally:
        fresh.close()
    [device] = snapshot["devices"]
    return device["detail"]


def test_a_port_that_another_program_holds(
    start: Start, feed: OpenFeed, station: Path, data_dir: Path, port: Path
) -> None:
    with port.open("rb", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        server = start("serve", "--config", with_port(station, port), "--port", 0, "--data-dir", data_dir)
        screen = feed(server.base, BED)
        assert f"{port}: another program holds the port: close it" in until(lambda: detail(screen, server.base), 5)
        status, told = refused("simulate", "--monitor", "masimo_ascii", "--link", port, "--duration", 1)
        assert (status in (1, 2), "another program holds the port: close it" in told) == (True, True)
        [found] = [f for f in examine(station, data_dir) if f["what"] == f"bed {BED}"]
        assert (found["state"], "holds the port" in found["detail"]) == ("warning", True)
    # Once it is free, the numbers come by themselves.
    screen = feed(server.base, BED)
    screen.wait(has_spo2, 8, "numbers")


def test_no_rights_on_a_port(start: Start, feed: OpenFeed, station: Path, data_dir: Path, port: Path) -> None:
    terminal = port.resolve()
    terminal.chmod(0o000)
    server = start(
        "serve", "--config", with_port(station, port), "--port", 0, "--data-dir", data_dir, prefix=UNPRIVILEGED
    )
    screen = feed(server.base, BED)
    told = until(lambda: detail(screen, server.base), 5)
    assert told == f"{port}: permission denied: add the user to the dialout group"
    status, words = refused("simulate", "--monitor", "masimo_ascii", "--link", port, prefix=UNPRIVILEGED)
    assert (status in (1, 2), "permission denied" in words) == (True, True)


def has_spo2(message: Message) -> bool:
    return message["type"] == "vitals" and value_of(message, "spo2") is not None


# -- a full disk -----------------------------------------------------------------------------------------------------


class SmallDisk:
    """A file system of a few MB where this process may mount one; elsewhere a limit on the size of the server's files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        line = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
        self.mounted = shutil.which("mount") is not None and subprocess.run(line, capture_output=True).returncode == 0
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, pid: int) -> None:
        if not self.mounted:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
            return
        with self._filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def empty(self, pid: int) -> None:
        if self.mounted:
            self._filler.unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        if disk.mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_what_was_refused_goes_through_later(
    start: Start, feed: OpenFeed, data_dir: Path
) -> None:
    monitor = LineMonitor()
    with small_disk(data_dir) as disk:
        open_session(data_dir)
        server = start("serve", "--config", write_station(data_dir, [monitor]), "--port", 0, "--data-dir", data_dir)
        base = server.base
        screen = feed(base, BED)
        first = note("before")
        status, kept = ask(base, "/live/record", first)
        assert status == 200
        disk.fill(server.process.pid)
        # What still fits into the last pages is saved all the same; then it is refused, and nothing else breaks.
        asked = [note(f"during {i} " + "x" * 1500) for i in range(40)]
        answers = [ask(base, "/live/record", entry) for entry in asked]
        refused_ones = [entry for entry, (status, _) in zip(asked, answers, strict=True) if status != 200]
        assert {status for status, _ in answers} == {200, 503} or {status for status, _ in answers} == {503}
        told = next(answer for status, answer in answers if status == 503)
        assert (told["ok"], told["error"].startswith("not saved: ")) == (False, True)
        beat = screen.wait(lambda m: m["type"] == "heartbeat" and not m["recording"]["ok"], 5, "recording trouble")[1]
        assert "not saved" in beat["recording"]["message"]
        status, health = ask(base, "/healthz")
        assert (status, health["status"], "not saved" in health["trouble"][0]) == (503, "failing", True)
        # Numbers and alarms go on without the disk.
        for _ in range(14):
            monitor.say(78, 71)
            time.sleep(0.5)
        alarm = screen.latest("alarm")["alarms"]
        assert "SPO2_LOW_3" in {a["rule"] for a in alarm}
        occurrence = next(a["occurrence"] for a in alarm if a["rule"] == "SPO2_LOW_3")
        assert screen.do(do="acknowledge", bed=BED, occurrence=occurrence, by=NURSE)["ok"]
        disk.empty(server.process.pid)
        until(lambda: ask(base, "/healthz")[0] == 200, 10, "healthy again")
        again = [ask(base, "/live/record", entry) for entry in refused_ones]
        assert {status for status, _ in again} == {200}
        assert ask(base, "/live/record", first)[1] == kept
        assert server.end() == 0
        assert "Traceback" not in server.stderr
        monitor.close()
        with Stores(data_dir) as stores:
            [row] = stores.live.sessions()
            texts = [s.event.text for s in stores.live.events(row.id) if hasattr(s.event, "text")]
            assert sorted(texts) == sorted(["before", *(entry["text"] for entry in asked)])
            assert stores.live.verify(row.id) is None
            rules = [
                type(s.event).__name__
                for s in stores.live.events(row.id)
                if getattr(s.event, "rule", "") == "SPO2_LOW_3"
            ]
            assert rules[:2] == ["AlarmRaised", "AlarmAcknowledged"]
            seconds = stores.live.samples(row.id).t_s
            assert seconds[-1] - seconds[0] == len(seconds) - 1, "a second was lost while the disk was full"
        assert list(rerun_lines("latest", data_dir)) == list(recorded_lines("latest", data_dir))


def note(text: str) -> dict[str, str]:
    return {"id": str(uuid.uuid4()), "bed": BED, "by": NURSE, "type": "note", "text": text}
