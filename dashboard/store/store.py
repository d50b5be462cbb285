"""The durable record of one database: reading, and the writer that belongs to it.

Readers have connections of their own (WAL): a long report never holds up an entry, and nothing read can change anything.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL, ColumnElement, Connection, Row, func, select

from config.models import ConfigError
from dashboard.alarms.values import Tick
from dashboard.session.chain import Broken, Stored, verify
from dashboard.session.events import EventError
from dashboard.store import engine as engines
from dashboard.store.errors import StoreError, reason
from dashboard.store.profiles import ProfileBook
from dashboard.store.rows import Columns, SessionRow, StoredTick, at_of, event_of, monitored
from dashboard.store.tables import events, samples, sessions
from dashboard.store.writer import Health, Writer

LATEST = "latest"
#: Rows fetched at a time: few enough that they die young, before the garbage collector looks at them.
BLOCK = 500


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
        #: The alarm profiles of this store, by version.
        self.profiles = ProfileBook(url, self._reader)

    @property
    def address(self) -> str:
        """What another process of this program opens the same store with. It may hold a password: it is never shown."""
        return self._url.render_as_string(hide_password=False)

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
        self._reader.dispose()  # first: the last connection folds SQLite's log into the file, and a reader may not
        left = self._writer.close() if self._writer else 0
        self._writer = None
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
        out = []
        for stored in self._entries(session_id, events.c.seq > after):
            if isinstance(stored, Broken):
                raise StoreError(f"{self.place}: session {session_id}: {stored}")
            out.append(stored)
        return out

    def recorded(self, session_id: str, request_id: str) -> Stored | None:
        """The entry that a request of that id made, if it did: what a retry is answered with."""
        found = next(self._entries(session_id, events.c.request_id == request_id), None)
        return found if isinstance(found, Stored) else None

    def verify(self, session_id: str) -> Broken | None:
        """The first link of the session's chain that does not hold, its known head included."""
        row = self.session(session_id)
        record: list[Stored] = []
        for stored in self._entries(session_id, events.c.seq > 0):
            if isinstance(stored, Broken):
                return verify(record) or stored
            record.append(stored)
        return verify(record, row.last_hash if row else None)

    def samples(
        self,
        session_id: str,
        from_s: float | None = None,
        to_s: float | None = None,
        signals: Collection[str] | None = None,
    ) -> Columns:
        """Ticks with `from_s` <= t_s <= `to_s` as columns, of `signals` alone where given; none for an unknown session."""
        with self._reading() as connection:
            window = _window(connection, session_id, from_s, to_s)
            masks = _masks(connection, window)
            names = [n for n in monitored(_union(masks)) if signals is None or n in signals]
            wanted = ["t_s", "at_ms", *names, *(["mask"] if len(masks) > 1 else [])]
            table = _table(connection, window, wanted)
        column = dict(zip(wanted, table, strict=True))
        mask = column["mask"].astype(np.int64) if "mask" in column else np.full(table.shape[1], _union(masks), np.int64)
        return Columns(column["t_s"], column["at_ms"].astype(np.int64), mask, {name: column[name] for name in names})

    def stored_ticks(self, session_id: str, from_s: float | None = None) -> Iterator[StoredTick]:
        """The ticks as they were recorded, in order."""
        with self._reading() as connection:
            window = _window(connection, session_id, from_s, None)
            names = monitored(_union(_masks(connection, window)))
            wanted = (samples.c[name] for name in ("t_s", "at_ms", "mono_ms", "mask", "notes", *names))
            rows = connection.execute(select(*wanted).where(*window).order_by(samples.c.t_s)).all()
        present: dict[int, list[tuple[str, int]]] = {}
        for t_s, at_ms, mono_ms, mask, notes, *values in rows:
            if mask not in present:
                present[mask] = [(name, names.index(name)) for name in monitored(mask)]
            tick = Tick(t_s, {name: values[i] for name, i in present[mask]})
            yield StoredTick(at_of(at_ms), mono_ms / 1000, tick, json.loads(notes) if notes is not None else None)

    def ticks(self, session_id: str, from_s: float | None = None) -> Iterator[Tick]:
        """The snapshots that the alarm engine saw, in order: replaying them gives the same transitions."""
        return (stored.tick for stored in self.stored_ticks(session_id, from_s))

    def troubled(self, session_id: str, signal: str) -> NDArray[np.float64]:
        """Ticks at which `signal` was watched and not plain ok, in order of time."""
        said = f'%"{signal}":"%'
        with self._reading() as connection:
            window = _window(connection, session_id, None, None)
            where = (samples.c.notes.like(said), samples.c.notes.not_like(f'%"{signal}":"@%'))
            query = select(samples.c.t_s).where(*window, *where).order_by(samples.c.t_s)
            return np.array(connection.execute(query).scalars().all(), dtype=np.float64)

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

    def _entries(self, session_id: str, which: ColumnElement[bool]) -> Iterator[Stored | Broken]:
        """Entries in order; one whose text no longer reads as an entry comes as what it is, broken."""
        query = (
            select(events.c.seq, events.c.prev_hash, events.c.hash, events.c.data)
            .join(sessions, sessions.c.key == events.c.session_key)
            .where(sessions.c.id == session_id, which)
            .order_by(events.c.seq)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        for seq, prev, own, data in rows:
            try:
                yield Stored(session_id, seq, prev, own, event_of(data))
            except (EventError, ValueError, TypeError, AttributeError) as error:
                yield Broken(seq, f"was changed after it was recorded and cannot be read: {error}")

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


def _window(
    connection: Connection, session_id: str, from_s: float | None, to_s: float | None
) -> list[ColumnElement[bool]]:
    key = connection.execute(select(sessions.c.key).where(sessions.c.id == session_id)).scalar()
    window = [samples.c.session_key == (-1 if key is None else key)]
    if from_s is not None:
        window.append(samples.c.t_s >= from_s)
    if to_s is not None:
        window.append(samples.c.t_s <= to_s)
    return window


def _masks(connection: Connection, window: list[ColumnElement[bool]]) -> Sequence[int]:
    return connection.execute(select(samples.c.mask).where(*window).distinct()).scalars().all()


def _union(masks: Sequence[int]) -> int:
    return reduce(or_, masks, 0)


def _table(connection: Connection, window: list[ColumnElement[bool]], names: list[str]) -> NDArray[np.float64]:
    """(columns, rows); NULL becomes NaN. In blocks through the driver's own cursor, which costs half of what row objects and
    one long list cost: an 8 h session is half a million values."""
    query = select(*(samples.c[name] for name in names)).where(*window).order_by(samples.c.t_s)
    result = connection.execute(query)
    blocks = [np.empty((0, len(names)))]
    if (cursor := result.cursor) is not None:
        while rows := cursor.fetchmany(BLOCK):
            blocks.append(np.array(rows, dtype=np.float64))
    result.close()
    return np.ascontiguousarray(np.concatenate(blocks).T)


def _session_row(row: Row[Any]) -> SessionRow:
    data = dict(row._mapping)
    at: dict[str, Any] = {
        name.replace("_ms", "_at"): at_of(ms) if (ms := data.pop(name)) is not None else None
        for name in ("opened_ms", "closed_ms", "signed_ms")
    }
    return SessionRow(**data, **at)
