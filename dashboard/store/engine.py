"""Connections: SQLite set up so that what is committed is on the disk, PostgreSQL by URL."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from dashboard.store import schema
from dashboard.store.errors import StoreError, reason

#: How long a statement waits for another program's lock. An entry must be answered, so not for long.
BUSY_TIMEOUT_MS = 2_000


def url_of(target: str | Path) -> URL:
    """A database URL as it is; anything else is the path of an SQLite file."""
    if isinstance(target, str) and "://" in target:
        try:
            return make_url(target)
        except ArgumentError:
            raise StoreError(f"{target}: not a database URL") from None
    return URL.create("sqlite", database=str(Path(target).expanduser().absolute()))


def make_engine(url: URL, *, write: bool, busy_ms: int = BUSY_TIMEOUT_MS) -> Engine:
    """An engine whose transactions begin as what they are: a writer takes its lock at once, a reader never writes."""
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True, execution_options={"postgresql_readonly": not write})
        engine = create_engine(url, connect_args={"timeout": busy_ms / 1000, "check_same_thread": False})
    except NoSuchModuleError:
        raise StoreError(f"{url.drivername}: unknown kind of database; expected a file, sqlite or postgresql") from None
    except ImportError as error:
        raise StoreError(f"{url.drivername}: its driver is not installed: {error}") from None

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, not where the driver guesses
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_ms}")
        cursor.execute("PRAGMA foreign_keys=ON")
        if write:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def place(url: URL) -> str:
    """How the database is named in messages; a password never shows."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def prepare(url: URL) -> None:
    """The database exists, is ours, sound as far as a look tells, and of this version's schema. StoreError in one line
    otherwise, and then nothing was written: a damaged file stays as it is for whoever can rescue it."""
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise StoreError("the record needs a file or a server, not memory")
        _look(Path(url.database))
    engine = make_engine(url, write=True)
    try:
        with engine.begin() as connection:
            schema.upgrade(connection)
    except StoreError as error:
        raise StoreError(f"{place(url)}: {error}") from None
    except Exception as error:
        raise StoreError(f"{place(url)}: {reason(error)}") from error
    finally:
        engine.dispose()


def _look(path: Path) -> None:
    """Reads before anything may write: the header, then something of every table, by a connection that cannot write."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise StoreError(f"{path}: is a folder, not a database file")
        if not path.exists() or path.stat().st_size == 0:
            with path.open("ab"):
                return
        with path.open("rb") as file:
            header = file.read(16)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened: {error.strerror}; check the rights of file and folder") from None
    if header != b"SQLite format 3\0":
        raise StoreError(
            f"{path}: the file is not a database of ours: it is left as it is; choose another file or folder"
        )
    connection = None
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_MS / 1000)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if tables and schema.VERSION_TABLE not in tables:
            raise StoreError(f"{path}: {schema.FOREIGN}")
        for table in tables:
            quoted = table.replace('"', '""')
            connection.execute(f'SELECT * FROM "{quoted}" LIMIT 1').fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {reason(error)}") from None
    finally:
        if connection is not None:
            connection.close()
