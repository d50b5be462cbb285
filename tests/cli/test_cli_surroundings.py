"""A web port in use, a data folder in use, a database that cannot be read: refused in one line, and left as it is."""

import hashlib
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from benchmarks.kill_nine import open_session

Run = Callable[..., Any]


@pytest.fixture
def station(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text('[[people]]\nname = "R. Nurse"\n[[beds]]\nid = "bed-1"\ntitle = "Room 1"\n')
    return path


def test_a_web_port_in_use(run: Run, station: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for line in (["serve", "--config", station], ["demo", "--no-browser"]):
            done = run(*line, "--port", port, "--data-dir", tmp_path / "data")
            assert done.code == 1
            assert done.complaint.startswith(f"port {port} cannot be opened: ")
            assert "give another --port" in done.complaint
    assert not (tmp_path / "data").exists()


def test_a_data_folder_in_use(run: Run, station: Path, tmp_path: Path) -> None:
    with FileLock(tmp_path / "in-use.lock"):
        for line in (["serve", "--config", station], ["demo", "--no-browser"]):
            done = run(*line, "--port", 0, "--data-dir", tmp_path)
            assert (done.code, "another Infusion Dashboard records here" in done.complaint) == (1, True)


def garbage(database: Path) -> None:
    database.write_bytes(bytes((i * 7 + 3) % 256 for i in range(20_000)))


def cut_short(database: Path) -> None:
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])


def torn_page(database: Path) -> None:
    with database.open("r+b") as file:
        for page in range(1, database.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)


def newer_schema(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def foreign(database: Path) -> None:
    database.unlink()
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    connection.close()


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (garbage, "not a database of ours"),
        (cut_short, "damaged"),
        (torn_page, "damaged"),
        (newer_schema, "newer"),
        (foreign, "the data of another program"),
    ],
)
def test_a_database_that_cannot_be_used_stays_as_it_is(
    run: Run, station: Path, tmp_path: Path, harm: Callable[[Path], None], told: str
) -> None:
    data_dir = tmp_path / "data"
    open_session(data_dir)
    database = data_dir / "live.db"
    harm(database)
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    for line in (["serve", "--config", station, "--port", 0], ["alarms", "--session", "latest"], ["sessions"]):
        done = run(*line, "--data-dir", data_dir)
        assert (done.code, str(database) in done.complaint, told in done.complaint) == (1, True, True), done
    doctor = run("doctor", "--data-dir", data_dir)
    assert doctor.code == 1
    assert any(line.startswith("error") and told in line for line in doctor.lines)
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert all(path.stat().st_size == 0 for path in data_dir.glob("*-wal"))
