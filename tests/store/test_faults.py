"""The disk fills up and comes back; the database is locked; the writer is killed."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from dashboard.alarms.values import Tick
from dashboard.session.events import SYSTEM, AlarmAcknowledged, AlarmRaised, Event, Note, PhaseChanged, SessionOpened
from dashboard.store import Store, StoredTick, StoreError, Writer, open_store
from dashboard.store.engine import make_engine, url_of

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)
WAIT_S = 20
APPENDER = Path(__file__).with_name("appender.py")


def opened() -> SessionOpened:
    return SessionOpened(
        at=START, by="R.N.", t_s=0.0, bed="bed-1", patient="T.N.", weight_kg=62, concentration_mg_ml=2, planned_mg=86.8,
        planned_min=240, profile="A-standard-adult", profile_version="0.1.0",
    )  # fmt: skip


def note(t_s: float, text: str = "x") -> Note:
    return Note(at=START, by="R.N.", t_s=t_s, text=text)


def alarm(cls: type[Event], t_s: float, by: str = SYSTEM, **values: Any) -> Event:
    told: dict[str, Any] = {"rule": "R", "occurrence": 1, "priority": "high", "kind": "physiological"}
    return cls(at=START, by=by, t_s=t_s, **told, **values)


def tick(t_s: float) -> StoredTick:
    return StoredTick(START + timedelta(seconds=t_s), t_s, Tick(t_s, {"hr": 70.0, "spo2": 97.0}))


@dataclass
class Disk:
    """A disk that can be filled to the brim and emptied again."""

    path: Path
    fill: Callable[[], None]
    empty: Callable[[], None]
    writer: Writer
    store: Store


def on_a_small_file_system(folder: Path) -> Iterator[Disk]:
    """A real file system of 6 MB, really full: needs the right to mount."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        raise PermissionError(mounted.stderr)
    filler = folder / "filler"

    def fill() -> None:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    try:
        store = open_store(folder / "live.db")
        writer = Writer(make_engine(url_of(folder / "live.db"), write=True), retry_s=0.02)
        yield Disk(folder, fill, filler.unlink, writer, store)
        writer.close()
        store.close()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def with_a_page_limit(folder: Path) -> Iterator[Disk]:
    """SQLite itself reports a full disk once the file has as many pages as it may have."""
    store = open_store(folder / "live.db")
    engine = make_engine(url_of(folder / "live.db"), write=True)
    limit = {"pages": 1_000_000}
    connections: list[sqlite3.Connection] = []

    @event.listens_for(engine, "connect")
    def limited(connection: sqlite3.Connection, _record: object) -> None:
        connections.append(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit['pages']}")

    writer = Writer(engine, retry_s=0.02)
    yield Disk(folder, lambda: limit.update(pages=1), lambda: limit.update(pages=1_000_000), writer, store)
    writer.close()
    store.close()


@pytest.fixture(params=["file system", "page limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "file system":
        try:
            disks = on_a_small_file_system(tmp_path)
            made = next(disks)
        except (PermissionError, FileNotFoundError):  # who may not mount still tests against the page limit
            disks = with_a_page_limit(tmp_path)
            made = next(disks)
    else:
        disks = with_a_page_limit(tmp_path)
        made = next(disks)
    yield made
    next(disks, None)


def until(condition: Callable[[], bool]) -> None:
    """Looks again as the writer goes on; it makes progress by itself, without help from here."""
    pulse = threading.Event()
    for _ in range(WAIT_S * 200):
        if condition():
            return
        pulse.wait(0.005)
    raise AssertionError("did not happen")


def run_full(disk: Disk, start_s: int = 0) -> str:
    """Entries until the disk takes no more; how it was put."""
    for i in range(start_s, start_s + 3000):
        try:
            disk.writer.append("s1", note(float(i), "x" * 1500)).result(WAIT_S)
        except StoreError as error:
            return str(error)
    raise AssertionError("the disk never filled up")


def test_a_full_disk_and_back(disk: Disk) -> None:
    writer, store = disk.writer, disk.store
    writer.open_session("s1", opened()).result(WAIT_S)
    disk.fill()
    assert run_full(disk) == "not saved: disk full: free some space"
    before = len(store.events("s1"))
    health = writer.health()
    assert not health.ok
    assert "disk full" in health.message
    # what the system records waits, in order; what a person enters fails at once, each time, and leaves no trace
    kept = [
        writer.append("s1", alarm(AlarmRaised, 4000.0, message="x" * 1900)),
        writer.append("s1", PhaseChanged(at=START, by=SYSTEM, t_s=4001.0, phase="steady")),
        writer.append("s1", alarm(AlarmAcknowledged, 4002.0, by="R.N.")),
    ]
    for t_s in range(4000, 4400):
        writer.sample("s1", tick(t_s))
    with pytest.raises(StoreError, match="disk full"):
        writer.append("s1", note(4003.0, "y" * 1500)).result(WAIT_S)
    assert len(store.events("s1")) == before
    assert not any(future.done() for future in kept)
    assert writer.health().queued >= 3
    assert store.verify("s1") is None
    disk.empty()
    assert [future.result(WAIT_S).seq for future in kept] == [before + 1, before + 2, before + 3]
    until(lambda: writer.health().ok and not writer.health().queued)
    assert writer.health().dropped == 0
    assert [t.t_s for t in store.ticks("s1")] == list(range(4000, 4400))
    assert writer.append("s1", note(5000.0, "after")).result(WAIT_S).seq == before + 4
    texts = [stored.event.text for stored in store.events("s1") if isinstance(stored.event, Note)]
    assert texts[-1] == "after"
    assert not any(text.startswith("y") for text in texts)
    assert store.verify("s1") is None


def test_health_returns_without_anything_to_write(disk: Disk) -> None:
    disk.writer.open_session("s1", opened()).result(WAIT_S)
    disk.fill()
    run_full(disk)
    assert not disk.writer.health().ok
    assert disk.writer.health().queued == 0
    disk.empty()
    until(lambda: disk.writer.health().ok)


def test_a_queue_that_is_full_loses_the_oldest_samples_and_says_so(disk: Disk) -> None:
    engine = disk.writer._engine
    disk.writer.open_session("s1", opened()).result(WAIT_S)
    disk.fill()
    run_full(disk)
    disk.writer.close()
    writer = Writer(engine, retry_s=30, batch_s=30, sample_limit=10, entry_limit=2)
    for t_s in range(25):
        writer.sample("s1", tick(t_s))
    kept = [writer.append("s1", alarm(AlarmRaised, float(t_s), message="x" * 1900)) for t_s in range(4)]
    with pytest.raises(StoreError, match="too much is waiting"):
        kept[3].result(WAIT_S)
    assert writer.health().dropped >= 15 + 1
    assert writer.close() >= 2  # told how much was not saved
    with pytest.raises(StoreError, match="shutting down"):
        kept[0].result(WAIT_S)
    disk.empty()


def test_a_lock_of_another_program(tmp_path: Path) -> None:
    store = open_store(tmp_path / "live.db")
    writer = Writer(make_engine(url_of(tmp_path / "live.db"), write=True, busy_ms=20), retry_s=0.02)
    writer.open_session("s1", opened()).result(WAIT_S)
    other = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="not saved: the database is locked by another program"):
        writer.append("s1", note(1.0)).result(WAIT_S)
    kept = writer.append("s1", alarm(AlarmRaised, 2.0))
    assert store.events("s1")[-1].seq == 1  # readers are not held up
    other.execute("ROLLBACK")
    assert kept.result(WAIT_S).seq == 2
    until(lambda: writer.health().ok)
    other.close()
    writer.close()
    store.close()


def test_a_disk_that_does_not_answer_is_noticed(tmp_path: Path) -> None:
    store = open_store(tmp_path / "live.db")
    engine = make_engine(url_of(tmp_path / "live.db"), write=True)
    hold, held = threading.Event(), threading.Event()
    now_s = [100.0]
    writer = Writer(engine, clock=lambda: now_s[0])
    writer.open_session("s1", opened()).result(WAIT_S)

    @event.listens_for(engine, "commit")
    def stuck(_connection: object) -> None:
        held.set()
        assert hold.wait(WAIT_S)

    answer = writer.append("s1", note(1.0))
    assert held.wait(WAIT_S)
    assert writer.health().ok
    now_s[0] += 6
    assert writer.health().message == "the disk has not answered for 6 s"
    hold.set()
    assert answer.result(WAIT_S).seq == 2
    assert writer.health().ok
    writer.close()
    store.close()


@pytest.mark.timeout(120)
def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    """Ten times: a process writes as fast as it can and is killed (SIGKILL) at a random instant."""
    path, rng = tmp_path / "live.db", random.Random(1)
    with open_store(path) as store:
        store.writer.open_session("s1", opened()).result(WAIT_S)
    process = subprocess.Popen(
        [sys.executable, str(APPENDER), str(path), "s1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for round_number in range(10):
        process.stdin.write(f"{round_number}\n")
        process.stdin.flush()
        victim = int(process.stdout.readline())
        acknowledged = [process.stdout.readline() for _ in range(rng.randint(1, 40))]
        for _ in range(rng.randint(0, 60_000)):
            pass  # some part of the next write
        os.kill(victim, 9)
        acknowledged += takewhile("killed\n".__ne__, process.stdout)
        with open_store(path) as store:
            record = {stored.seq: stored.event for stored in store.events("s1")}
            assert store.verify("s1") is None
            for line in acknowledged:
                if line.endswith("\n"):
                    seq, text = line.split()
                    kept = record[int(seq)]
                    assert isinstance(kept, Note)
                    assert kept.text == text
            assert len(record) == store.sessions()[0].last_seq
            ticks = [t.t_s for t in store.ticks("s1")]
            assert ticks == sorted(set(ticks))
            # goes on where it stopped
            assert store.writer.append("s1", note(0.5, "resumed")).result(WAIT_S).seq == len(record) + 1
    process.stdin.close()
    assert process.wait(WAIT_S) == 0
    process.stdout.close()
