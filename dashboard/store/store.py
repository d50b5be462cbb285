"""The durable record of one database: reading, and the writer that belongs to it.

Readers have connections of their own (WAL): a long report never holds up an entry, and nothing read can change anything.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import URL, Connection, Row, func, select

from config.models import ConfigError
from dashboard.alarms.values import Tick
from dashboard.session.chain import Broken, Stored, verify
from dashboard.store import engine as engines
from dashboard.store.errors import StoreError, reason
from dashboard.store.rows import Columns, SessionRow, StoredTick, at_of, event_of, monitored
from dashboard.store.tables import events, samples, sessions
from dashboard.store.writer import Health, Writer

LATEST = "latest"


def open_store(target: str | Path, *, simulation: bool | None = None) -> "Store":
    """The store in the SQLite file `target`, or at a database URL; made when there is none, brought to this version's schema
    when it is older. `simulation`: only sessions with that mark may be opened in it.

    StoreError, in one line that says what to do: a damaged or foreign file (left as it is), no rights, a newer schema, locked.
    """
    url = engines.url_of(target)
    engines.prepare(url)
    return Store(url, simulation)


class Store:
    def __init__(self, url: URL, simulation: bool | None = None) -> None:
        self.place = engines.place(url)
        self.simulation = simulation
        self._url = url
        self._reader = engines.make_engine(url, write=False)
        self._writer: Writer | None = None

    @property
    def writer(self) -> Writer:
        """The one writer of this process, started at first use."""
        if self._writer is None:
            self._writer = Writer(engines.make_engine(self._url, write=True), simulation=self.simulation)
        return self._writer

    def health(self) -> Health:
        return self._writer.health() if self._writer else Health(True, "", 0)

    def close(self) -> int:
        """Returns how many items could not be saved."""
        left = self._writer.close() if self._writer else 0
        self._writer = None
        self._reader.dispose()
        return left

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sessions(
        self, *, bed: str | None = None, open_only: bool = False, limit: int | None = None, offset: int = 0
    ) -> list[SessionRow]:
        """Newest first."""
        query = (
            select(sessions).order_by(sessions.c.opened_ms.desc(), sessions.c.key.desc()).limit(limit).offset(offset)
        )
        if bed is not None:
            query = query.where(sessions.c.bed == bed)
        if open_only:
            query = query.where(sessions.c.closed_ms.is_(None))
        with self._reading() as connection:
            return [_session_row(row) for row in connection.execute(query)]

    def open_sessions(self, bed: str | None = None) -> list[SessionRow]:
        """Sessions that were never closed, newest first: what a crash left, or what runs now."""
        return self.sessions(bed=bed, open_only=True)

    def matching(self, text: str) -> list[SessionRow]:
        """Sessions whose id is or begins with `text`; the newest one alone for `latest`."""
        if text == LATEST:
            return self.sessions(limit=1)
        wanted = text.strip().lower()
        query = select(sessions).where(func.substr(sessions.c.id, 1, len(wanted)) == wanted).limit(10)
        with self._reading() as connection:
            found = [_session_row(row) for row in connection.execute(query)]
        return [row for row in found if row.id == wanted] or found

    def find(self, text: str) -> SessionRow:
        """The session of that id, unique prefix of it, or `latest`. ConfigError when none or several match."""
        return one_of(self.matching(text), text)

    def session(self, session_id: str) -> SessionRow | None:
        with self._reading() as connection:
            row = connection.execute(select(sessions).where(sessions.c.id == session_id)).first()
        return _session_row(row) if row else None

    def events(self, session_id: str, after: int = 0) -> list[Stored]:
        """The record of a session in order of entry, from number `after` + 1 on; empty for an unknown one."""
        query = (
            select(events.c.seq, events.c.prev_hash, events.c.hash, events.c.data)
            .join(sessions, sessions.c.key == events.c.session_key)
            .where(sessions.c.id == session_id, events.c.seq > after)
            .order_by(events.c.seq)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [Stored(session_id, seq, prev, own, event_of(data)) for seq, prev, own, data in rows]

    def verify(self, session_id: str) -> Broken | None:
        """The first link of the session's chain that does not hold, its known head included."""
        row = self.session(session_id)
        return verify(self.events(session_id), row.last_hash if row else None)

    def samples(self, session_id: str, from_s: float | None = None, to_s: float | None = None) -> Columns:
        """Ticks with `from_s` <= t_s <= `to_s` as columns."""
        with self._reading() as connection:
            names, rows = _sample_rows(connection, session_id, from_s, to_s)
        table = list(zip(*rows, strict=True)) or [()] * (5 + len(names))
        t_s, at_ms, mono_ms, mask, notes, *values = table
        return Columns(
            np.array(t_s, dtype=np.float64),
            np.array(at_ms, dtype=np.int64),
            np.array(mono_ms, dtype=np.int64),
            np.array(mask, dtype=np.int64),
            {name: np.array(column, dtype=np.float64) for name, column in zip(names, values, strict=True)},
            {i: _notes(note) for i, note in enumerate(notes) if note is not None},
        )

    def stored_ticks(self, session_id: str, from_s: float | None = None) -> Iterator[StoredTick]:
        """The ticks as they were recorded, in order."""
        with self._reading() as connection:
            names, rows = _sample_rows(connection, session_id, from_s, None)
        for t_s, at_ms, mono_ms, mask, notes, *values in rows:
            present = set(monitored(mask))
            tick = Tick(t_s, {name: v for name, v in zip(names, values, strict=True) if name in present})
            yield StoredTick(at_of(at_ms), mono_ms / 1000, tick, _notes(notes) if notes is not None else None)

    def ticks(self, session_id: str, from_s: float | None = None) -> Iterator[Tick]:
        """The snapshots that the alarm engine saw, in order: replaying them gives the same transitions."""
        return (stored.tick for stored in self.stored_ticks(session_id, from_s))

    def last_tick(self, session_id: str) -> tuple[float, datetime] | None:
        """Session clock and UTC of the last recorded tick: where a crash cut the record."""
        query = (
            select(samples.c.t_s, samples.c.at_ms)
            .join(sessions, sessions.c.key == samples.c.session_key)
            .where(sessions.c.id == session_id)
            .order_by(samples.c.t_s.desc())
            .limit(1)
        )
        with self._reading() as connection:
            row = connection.execute(query).first()
        return (row.t_s, at_of(row.at_ms)) if row else None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._reader.begin() as connection:
                yield connection
        except StoreError:
            raise
        except Exception as error:
            raise StoreError(f"{self.place}: {reason(error)}") from error


def one_of(found: list[SessionRow], text: str) -> SessionRow:
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError("no session is recorded" if text == LATEST else f"no session {text!r}; `sessions` lists them")
    some = ", ".join(row.id for row in found[:3])
    raise ConfigError(f"session {text!r} could be {some}{' or others' if len(found) > 3 else ''}: give more of it")


def _sample_rows(
    connection: Connection, session_id: str, from_s: float | None, to_s: float | None
) -> tuple[tuple[str, ...], Sequence[Any]]:
    """Rows of t_s, at_ms, mono_ms, mask, notes, and one column for each signal that was ever monitored.

    Read through the driver's own cursor: SQLAlchemy's row objects would double the time of 28,800 rows.
    """
    key = connection.execute(select(sessions.c.key).where(sessions.c.id == session_id)).scalar()
    if key is None:
        return (), []
    window = [samples.c.session_key == key]
    if from_s is not None:
        window.append(samples.c.t_s >= from_s)
    if to_s is not None:
        window.append(samples.c.t_s <= to_s)
    ever = 0
    for mask in connection.execute(select(samples.c.mask).where(*window).distinct()).scalars():
        ever |= mask
    names = monitored(ever)
    columns = ("t_s", "at_ms", "mono_ms", "mask", "notes", *names)
    query = select(*(samples.c[name] for name in columns)).where(*window).order_by(samples.c.t_s)
    result = connection.execute(query)
    cursor = result.cursor
    rows = cursor.fetchall() if cursor is not None else []
    result.close()
    return names, rows


def _session_row(row: Row[Any]) -> SessionRow:
    data = dict(row._mapping)
    at: dict[str, Any] = {
        name.replace("_ms", "_at"): at_of(ms) if (ms := data.pop(name)) is not None else None
        for name in ("opened_ms", "closed_ms", "signed_ms")
    }
    return SessionRow(**data, **at)


def _notes(text: str) -> dict[str, Any]:
    notes: dict[str, Any] = json.loads(text)
    return notes
