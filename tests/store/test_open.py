"""Opening: one clear line for each thing that can be wrong, and nothing overwritten."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_mock_engine, make_url
from sqlalchemy.schema import CreateTable

from dashboard.alarms.values import SAMPLED
from dashboard.store import StoreError, engine, open_store, schema
from dashboard.store.tables import metadata


def refused(target: str | Path) -> str:
    with pytest.raises(StoreError) as error:
        open_store(target)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_folder_is_made_when_there_is_none(tmp_path: Path) -> None:
    with open_store(tmp_path / "a" / "b" / "live.db") as store:
        assert store.sessions() == []
    with open_store(f"sqlite:///{tmp_path}/a/b/live.db") as store:
        assert store.sessions() == []


def filled(path: Path) -> bytes:
    with open_store(path):
        pass
    return path.read_bytes()


@pytest.mark.parametrize("what", ["text", "zeros", "header", "cut in half", "a page short", "scrambled"])
def test_a_damaged_file_is_left_as_it_is(tmp_path: Path, what: str) -> None:
    path = tmp_path / "live.db"
    good = filled(path)
    content = {
        "text": b"Dear diary\n" * 400,
        "zeros": bytes(8192),
        "header": b"X" + good[1:],
        "cut in half": good[: len(good) // 2],
        "a page short": good[:-4096],
        "scrambled": good[:100] + bytes(byte ^ 0x5A for byte in good[100:]),
    }[what]
    path.write_bytes(content)
    message = refused(path)
    assert str(path) in message
    assert "left as it is" in message
    assert path.read_bytes() == content
    assert {p.name for p in tmp_path.iterdir()} <= {"live.db", "live.db-wal", "live.db-shm"}


def test_a_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE holidays (day TEXT)")
    other.close()
    content = path.read_bytes()
    assert "another program" in refused(path)
    assert path.read_bytes() == content


def test_a_newer_schema(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    filled(path)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    message = refused(path)
    assert "newer version" in message
    assert "9999" in message


def test_a_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 30)
    make = engine.make_engine
    monkeypatch.setattr(engine, "make_engine", lambda url, *, write: make(url, write=write, busy_ms=30))
    path = tmp_path / "live.db"
    filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert "locked by another program" in refused(path)
    other.execute("ROLLBACK")
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE x (y)")
    assert "locked by another program" in refused(path)
    other.close()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Rights do not bind root: for the time of the test be somebody whom they bind."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_no_rights(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    filled(folder / "live.db")
    for path in (tmp_path, *tmp_path.parents):
        if path != Path("/") and path.owner() == tmp_path.owner():
            path.chmod(0o755)
    (folder / "live.db").chmod(0o400 if os.geteuid() else 0o444)
    folder.chmod(0o500 if os.geteuid() else 0o555)
    try:
        with as_nobody():
            assert "check the rights of file and folder" in refused(folder / "live.db")
            assert "check the rights of file and folder" in refused(folder / "other.db")
            assert "check the rights of file and folder" in refused(folder / "sub" / "other.db")
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("oracle+x://host/db", "unknown kind of database"),
        ("sqlite://", "needs a file"),
        ("nonsense://", "unknown kind of database"),
        ("://", "not a database URL"),
    ],
)
def test_targets_that_cannot_be(target: str, words: str) -> None:
    assert words in refused(target)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)
    (tmp_path / "file").write_text("x")
    assert "cannot be opened" in refused(tmp_path / "file" / "live.db")


def test_a_password_never_shows() -> None:
    assert "secret" not in engine.place(make_url("postgresql://user:secret@host/db"))


def test_the_revisions_make_the_tables_of_the_code(tmp_path: Path) -> None:
    filled(tmp_path / "live.db")
    url = engine.url_of(tmp_path / "live.db")
    with engine.make_engine(url, write=False).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert schema.revision_of(connection) == schema.HEAD
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert ScriptDirectory(str(schema.MIGRATIONS)).get_current_head() == schema.HEAD
    assert len(SAMPLED) < 31  # `mask` is a 32-bit integer


def test_commits_reach_the_disk(tmp_path: Path) -> None:
    url = engine.url_of(tmp_path / "live.db")
    with engine.make_engine(url, write=True).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_the_same_schema_is_postgresql() -> None:
    """The tables, and the revision as it would run there, compiled by PostgreSQL's own dialect."""
    statements: list[str] = []
    mock = create_mock_engine("postgresql+psycopg://", lambda sql, *_, **__: statements.append(str(sql)))
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=mock.dialect)))
    sql = "\n".join(statements)
    assert "DOUBLE PRECISION" in sql
    assert "BIGINT" in sql
    assert "BYTEA" in sql
    assert "WITHOUT ROWID" not in sql


def test_the_revision_runs_on_postgresql(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib import import_module

    from alembic.operations import Operations

    first = import_module("dashboard.store.migrations.versions.r0001_first")
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True})
    with Operations.context(context):
        first.upgrade()
    sql = capsys.readouterr().out
    assert sql.count("CREATE TABLE") == 8
    assert "CREATE TRIGGER keep_events BEFORE UPDATE OR DELETE ON events" in sql
    assert "WITHOUT ROWID" not in sql
