"""The one thread that writes. What a person enters is on the disk before it is answered, or answered "not saved".

Entries of one moment, and the samples of all beds of one second, share a transaction. When the disk is full or fails, a
person's entry fails at once, with the reason; what the system itself recorded (alarms, samples) waits in order, bounded and
counted, and is tried again until the disk is back.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dashboard.session.chain import GENESIS, Stored, link
from dashboard.session.events import (
    SYSTEM,
    AlarmEvent,
    Correction,
    Event,
    SessionClosed,
    SessionOpened,
    SessionSigned,
)
from dashboard.store.errors import StoreError, passing, reason
from dashboard.store.rows import StoredTick, event_of, event_row, mask_of, ms_of, sample_row
from dashboard.store.tables import REQUEST_ID_LENGTH, events, samples, sessions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """`ok` is False while something recorded is not on the disk; `message` says why. `queued`: what waits; `dropped`: what the
    bounded queue lost for good, since the start."""

    ok: bool
    message: str
    queued: int
    dropped: int = 0


@dataclass(slots=True)
class _Entry:
    session: str
    event: Event
    request_id: str | None
    kept: bool  # waits for the disk, instead of failing
    future: "Future[Stored]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Sample:
    session: str
    tick: StoredTick


_Item = _Entry | _Sample


class Writer:
    """Owns one connection. Every public method may be called from any thread and none of them waits for the disk, except
    `flush` and `close`."""

    def __init__(
        self,
        engine: Engine,
        *,
        simulation: bool | None = None,
        batch_s: float = 0.25,
        retry_s: float = 1.0,
        queue_limit: int = 200_000,
        stalled_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._simulation = simulation
        self._batch_s, self._retry_s, self._limit, self._stalled_s = batch_s, retry_s, queue_limit, stalled_s
        self._clock = clock
        self._connection: Connection | None = None
        self._wake = threading.Condition()
        self._queue: deque[_Item] = deque()
        self._urgent = False  # something waits that a person or the engine wants durable now
        self._due_s: float | None = None  # when the oldest waiting sample is to be written
        self._busy_since_s: float | None = None
        self._taken = 0  # items of the batch in hand
        self._trouble = ""
        self._dropped = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def open_session(self, session_id: str, event: SessionOpened, request_id: str | None = None) -> "Future[Stored]":
        """Entry number 1 of a new session. StoreError in the future when there is a session of that id."""
        return self.append(session_id, event, request_id)

    def append(
        self, session_id: str, event: Event, request_id: str | None = None, *, keep: bool | None = None
    ) -> "Future[Stored]":
        """Resolves once the entry is on the disk, with its number and hash. The same `request_id` again gives the entry that
        is already there and records nothing. `keep`: what fails now is tried until the disk is back; default for
        the system's own events and everything about alarms, but not for what a person entered."""
        kept = (event.by == SYSTEM or isinstance(event, AlarmEvent)) if keep is None else keep
        entry = _Entry(session_id, event, request_id, kept)
        with self._wake:
            if refusal := self._refusal(event, request_id):
                entry.future.set_exception(StoreError(f"not saved: {refusal}"))
                return entry.future
            self._put(entry)
            self._urgent = True
            self._wake.notify()
        return entry.future

    def sample(self, session_id: str, tick: StoredTick) -> None:
        """Queued; on the disk within a second. ValueError for a signal without a column."""
        mask_of(tick.tick.values)
        with self._wake:
            if self._closing:
                return
            self._put(_Sample(session_id, tick))
            if self._due_s is None:
                self._due_s = self._clock() + self._batch_s
                self._wake.notify()

    def health(self) -> Health:
        with self._wake:
            queued = len(self._queue) + self._taken
            message = self._trouble
            if self._busy_since_s is not None and self._clock() - self._busy_since_s > self._stalled_s:
                message = f"the disk has not answered for {self._clock() - self._busy_since_s:.0f} s"
            if not self._thread.is_alive() and not self._closing:
                message = "the writer has stopped: restart the program"
            return Health(not message, message, queued, self._dropped)

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Everything queued until now is on the disk; False when that was not so after `timeout_s`."""
        end_s = time.monotonic() + timeout_s
        with self._wake:
            self._urgent = True
            self._wake.notify()
            return self._wake.wait_for(lambda: not self._queue and not self._taken, max(0.0, end_s - time.monotonic()))

    def close(self, timeout_s: float = 10.0) -> int:
        """Writes what waits, if the disk lets it, and ends the thread. Returns how many items could not be saved."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout_s)
        with self._wake:
            return len(self._queue) + self._taken

    def _refusal(self, event: Event, request_id: str | None) -> str | None:
        if self._closing:
            return "the program is shutting down"
        if request_id is not None and not 0 < len(request_id) <= REQUEST_ID_LENGTH:
            return f"its id has {len(request_id)} characters; expected 1 to {REQUEST_ID_LENGTH}"
        if isinstance(event, SessionOpened) and self._simulation not in (None, event.simulation):
            return "a simulated session belongs in the store of simulations, and only there"
        return None

    def _put(self, item: _Item) -> None:
        if len(self._queue) >= self._limit:
            # A sample is worth less than an alarm or an entry: the oldest sample goes first.
            victim = next((i for i, queued in enumerate(self._queue) if isinstance(queued, _Sample)), 0)
            lost = self._queue[victim]
            del self._queue[victim]
            self._dropped += 1
            if isinstance(lost, _Entry):
                lost.future.set_exception(StoreError("not saved: too much is waiting for the disk"))
        self._queue.append(item)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._urgent or self._closing):
                    wait_s = None if self._due_s is None else self._due_s - self._clock()
                    if wait_s is not None and wait_s <= 0:
                        break
                    self._wake.wait(wait_s)
                batch = list(self._queue)
                self._queue.clear()
                self._urgent, self._due_s = False, None
                self._taken, self._busy_since_s = len(batch), self._clock()
                last = self._closing
            left = self._write(batch) if batch else []
            with self._wake:
                self._queue.extendleft(reversed(left))
                self._taken, self._busy_since_s = 0, None
                if self._queue and self._due_s is None:
                    self._due_s = self._clock() + (self._retry_s if left else self._batch_s)
                self._wake.notify_all()
                if last:
                    break
        self._disconnect()

    def _write(self, batch: list[_Item]) -> list[_Item]:
        """Returns what must be tried again, in order."""
        try:
            done = self._transact(batch)
        except Exception as error:
            self._disconnect()
            if not passing(error):
                return self._write_singly(batch, error)
            return self._failed(batch, error)
        self._settle(done)
        return []

    def _write_singly(self, batch: list[_Item], error: Exception) -> list[_Item]:
        """One item that no database would take must not hold up the others."""
        if len(batch) == 1:
            log.error("cannot be recorded: %s", reason(error), exc_info=error)
            if isinstance(item := batch[0], _Entry):
                item.future.set_exception(StoreError(f"not saved: {reason(error)}"))
            with self._wake:
                self._dropped += 1
            return []
        for index, item in enumerate(batch):
            if left := self._write([item]):
                return [*left, *batch[index + 1 :]]
        return []

    def _failed(self, batch: list[_Item], error: Exception) -> list[_Item]:
        why = reason(error)
        with self._wake:
            if why != self._trouble:
                log.error("not saved: %s", why)
            self._trouble = f"not saved: {why}"
        for item in batch:
            if isinstance(item, _Entry) and not item.kept:
                item.future.set_exception(StoreError(f"not saved: {why}"))
        return [item for item in batch if isinstance(item, _Sample) or item.kept]

    def _settle(self, done: "list[tuple[Future[Stored], Stored | StoreError]]") -> None:
        with self._wake:
            if self._trouble:
                log.warning("saving again")
            self._trouble = ""
        for future, result in done:
            if isinstance(result, StoreError):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _transact(self, batch: list[_Item]) -> "list[tuple[Future[Stored], Stored | StoreError]]":
        if self._connection is None:
            self._connection = self._engine.connect()
        connection = self._connection
        done: list[tuple[Future[Stored], Stored | StoreError]] = []
        rows: list[dict[str, Any]] = []
        with connection.begin():
            heads = _Heads(connection)
            for item in batch:
                if isinstance(item, _Sample):
                    if (key := heads.key(item.session)) is None:
                        log.error("a sample of unknown session %s", item.session)
                    else:
                        rows.append(sample_row(key, item.tick))
                    continue
                try:
                    done.append((item.future, heads.append(item)))
                except StoreError as error:
                    done.append((item.future, error))
            if rows:
                dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
                connection.execute(dialect.insert(samples).on_conflict_do_nothing(), rows)
            heads.save()
        return done

    def _disconnect(self) -> None:
        if self._connection is not None:
            try:
                self._connection.invalidate()
                self._connection.close()
            except Exception as error:  # whatever is wrong with it, it is given up
                log.debug("while closing: %s", error)
            self._connection = None


@dataclass(slots=True)
class _Head:
    key: int
    seq: int
    hash: str
    changed: bool = False


class _Heads:
    """Where each session's chain ends, within one transaction. Read from the database each time: nothing to go stale when
    a transaction fails."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heads: dict[str, _Head | None] = {}

    def key(self, session: str) -> int | None:
        head = self._head(session)
        return head.key if head else None

    def append(self, item: _Entry) -> Stored:
        if isinstance(item.event, SessionOpened) and self._head(item.session) is None:
            self._open(item.session, item.event)
        head = self._head(item.session)
        if head is None:
            raise StoreError(f"not saved: there is no session {item.session}")
        if item.request_id is not None and (earlier := self._recorded(item.session, head.key, item.request_id)):
            return earlier
        if isinstance(item.event, SessionOpened) and head.seq:
            raise StoreError(f"not saved: there is a session {item.session} already")
        stored = link(item.session, head.seq + 1, head.hash, item.event)
        self._connection.execute(insert(events), event_row(head.key, stored, item.request_id))
        head.seq, head.hash, head.changed = stored.seq, stored.hash, True
        if indexed := _indexed(item.event):
            self._connection.execute(update(sessions).where(sessions.c.key == head.key).values(**indexed))
        return stored

    def save(self) -> None:
        for head in self._heads.values():
            if head and head.changed:
                new = {"last_seq": head.seq, "last_hash": head.hash}
                self._connection.execute(update(sessions).where(sessions.c.key == head.key).values(**new))

    def _head(self, session: str) -> _Head | None:
        if session not in self._heads:
            query = select(sessions.c.key, sessions.c.last_seq, sessions.c.last_hash)
            row = self._connection.execute(query.where(sessions.c.id == session).with_for_update()).first()
            self._heads[session] = _Head(row.key, row.last_seq, row.last_hash) if row else None
        return self._heads[session]

    def _open(self, session: str, event: SessionOpened) -> None:
        row = {
            "id": session,
            "simulation": event.simulation,
            "scenario": event.scenario,
            "seed": event.seed,
            "opened_ms": ms_of(event.at),
            "last_seq": 0,
            "last_hash": GENESIS,
            **_indexed_opening(event),
        }
        result = self._connection.execute(insert(sessions), row)
        key = result.inserted_primary_key
        assert key is not None
        self._heads[session] = _Head(key[0], 0, GENESIS)

    def _recorded(self, session: str, key: int, request_id: str) -> Stored | None:
        query = select(events).where(events.c.session_key == key, events.c.request_id == request_id)
        row = self._connection.execute(query).first()
        return Stored(session, row.seq, row.prev_hash, row.hash, event_of(row.data)) if row else None


def _indexed(event: Event) -> dict[str, Any]:
    """What the list of sessions shows of it."""
    match event:
        case SessionClosed():
            return {"closed_ms": ms_of(event.at)}
        case SessionSigned():
            return {"signed_ms": ms_of(event.at), "signed_by": event.by}
        case Correction(replacement=dict(new)) if new.get("type") == "session_opened":
            return {name: new[name] for name in _OPENING if name in new}
    return {}


_OPENING = ("bed", "patient", "protocol", "profile", "profile_version")


def _indexed_opening(event: SessionOpened) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _OPENING}
