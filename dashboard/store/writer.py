"""The one thread that writes. What a person enters is on the disk before it is answered, or answered "not saved".

Entries of one moment, and the samples of all beds of one second, share a transaction. When the disk is full or fails, a
person's entry fails at once, with the reason; what the system itself recorded (alarms, samples) waits in order, bounded and
counted, and is tried again until the disk is back.
"""

import errno
import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from dashboard.session.chain import Stored
from dashboard.session.events import SYSTEM, AlarmEvent, Event, SessionOpened
from dashboard.store.errors import StoreError, passing, reason
from dashboard.store.heads import Heads
from dashboard.store.rows import StoredTick, mask_of, sample_row
from dashboard.store.tables import REQUEST_ID_LENGTH, samples

log = logging.getLogger(__name__)

#: Samples in one transaction: a long backlog must not hold up an entry for more than a fraction of a second.
BATCH_SAMPLES = 2_000
#: After a full disk nothing is well again with less free space than this.
ROOM_BYTES = 1_000_000


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
        sample_limit: int = 200_000,
        entry_limit: int = 20_000,
        stalled_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._simulation = simulation
        self._batch_s, self._retry_s, self._stalled_s = batch_s, retry_s, stalled_s
        self._sample_limit, self._entry_limit = sample_limit, entry_limit
        self._clock = clock
        self._connection: Connection | None = None
        self._keys: dict[str, int] = {}  # of sessions that are in the database
        self._wake = threading.Condition()
        self._entries: deque[_Entry] = deque()
        self._samples: deque[_Sample] = deque()
        self._urgent = False  # something waits that is to be durable now
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
            if len(self._entries) >= self._entry_limit:
                self._dropped += 1
                entry.future.set_exception(StoreError("not saved: too much is waiting for the disk"))
                return entry.future
            self._entries.append(entry)
            self._urgent = True
            self._wake.notify_all()
        return entry.future

    def sample(self, session_id: str, tick: StoredTick) -> None:
        """Queued; on the disk within a second. ValueError for a signal without a column."""
        mask_of(tick.tick.values)
        with self._wake:
            if self._closing:
                return
            if len(self._samples) >= self._sample_limit:
                self._samples.popleft()
                self._dropped += 1
            self._samples.append(_Sample(session_id, tick))
            if self._due_s is None:
                self._due_s = self._clock() + self._batch_s
                self._wake.notify_all()

    def health(self) -> Health:
        with self._wake:
            message = self._trouble
            if self._busy_since_s is not None and self._clock() - self._busy_since_s > self._stalled_s:
                message = f"the disk has not answered for {self._clock() - self._busy_since_s:.0f} s"
            if not self._thread.is_alive() and not self._closing:
                message = "the writer has stopped: restart the program"
            return Health(not message, message, self._queued, self._dropped)

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Everything queued until now is on the disk; False when that was not so after `timeout_s`."""
        with self._wake:
            self._urgent = True
            self._wake.notify_all()
            return self._wake.wait_for(lambda: not self._queued, timeout_s)

    def close(self, timeout_s: float = 10.0) -> int:
        """Writes what waits, if the disk lets it, and ends the thread. Returns how many items could not be saved."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        self._thread.join(timeout_s)
        with self._wake:
            return self._queued

    def _refusal(self, event: Event, request_id: str | None) -> str | None:
        if self._closing:
            return "the program is shutting down"
        if request_id is not None and not 0 < len(request_id) <= REQUEST_ID_LENGTH:
            return f"its id has {len(request_id)} characters; expected 1 to {REQUEST_ID_LENGTH}"
        if isinstance(event, SessionOpened) and self._simulation not in (None, event.simulation):
            return "a simulated session belongs in the store of simulations, and only there"
        return None

    @property
    def _queued(self) -> int:
        return len(self._entries) + len(self._samples) + self._taken

    def _run(self) -> None:
        while True:
            batch, last = self._take()
            left = self._write(batch) if batch or self._trouble else []
            with self._wake:
                self._put_back(left)
                self._taken, self._busy_since_s = 0, None
                waits = bool(self._entries or self._samples)
                if (waits or self._trouble) and self._due_s is None:
                    self._due_s = self._clock() + (self._retry_s if left or not waits else 0.0)
                self._wake.notify_all()
                if last and (left or not waits):
                    break
        self._disconnect()
        with self._wake:
            for entry in self._entries:
                _resolve(entry.future, StoreError("not saved: the program is shutting down"))

    def _take(self) -> tuple[list[_Item], bool]:
        """Waits for something to do. Entries go first: samples do not depend on them, and somebody waits for them."""
        with self._wake:
            while not (self._urgent or self._closing):
                wait_s = None if self._due_s is None else self._due_s - self._clock()
                if wait_s is not None and wait_s <= 0:
                    break
                self._wake.wait(wait_s)
            batch: list[_Item] = [*self._entries]
            self._entries.clear()
            while self._samples and len(batch) < BATCH_SAMPLES:
                batch.append(self._samples.popleft())
            self._urgent, self._due_s = False, None
            self._taken, self._busy_since_s = len(batch), self._clock()
            return batch, self._closing

    def _put_back(self, left: list[_Item]) -> None:
        self._entries.extendleft(reversed([item for item in left if isinstance(item, _Entry)]))
        self._samples.extendleft(reversed([item for item in left if isinstance(item, _Sample)]))

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
                _resolve(item.future, StoreError(f"not saved: {reason(error)}"))
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
                _resolve(item.future, StoreError(f"not saved: {why}"))
        return [item for item in batch if isinstance(item, _Sample) or item.kept]

    def _settle(self, done: "list[tuple[Future[Stored], Stored | StoreError]]") -> None:
        with self._wake:
            if self._trouble:
                log.warning("saving again")
            self._trouble = ""
        for future, result in done:
            _resolve(future, result)

    def _transact(self, batch: list[_Item]) -> "list[tuple[Future[Stored], Stored | StoreError]]":
        if self._connection is None:
            self._connection = self._engine.connect()
        connection = self._connection
        done: list[tuple[Future[Stored], Stored | StoreError]] = []
        rows: list[dict[str, Any]] = []
        with connection.begin():
            if not batch:
                self._probe(connection)
            heads = Heads(connection)
            found: dict[str, int] = {}
            for item in batch:
                if isinstance(item, _Sample):
                    if (key := self._keys.get(item.session) or heads.key(item.session)) is None:
                        log.error("a sample of unknown session %s", item.session)
                    else:
                        found[item.session] = key
                        rows.append(sample_row(key, item.tick))
                    continue
                try:
                    done.append((item.future, heads.append(item.session, item.event, item.request_id)))
                except StoreError as error:
                    done.append((item.future, error))
            if rows:
                connection.execute(_unless_there(connection.dialect.name), rows)
            heads.save()
        self._keys |= found  # only now: what a failed transaction opened is not there
        return done

    def _probe(self, connection: Connection) -> None:
        """Is the disk back? A write that changes nothing, and some room: a last free page does not carry an entry."""
        if connection.dialect.name != "sqlite":
            return
        if shutil.disk_usage(Path(str(self._engine.url.database)).parent).free < ROOM_BYTES:
            raise OSError(errno.ENOSPC, "disk full")
        connection.exec_driver_sql("PRAGMA user_version = 1")

    def _disconnect(self) -> None:
        if self._connection is not None:
            try:
                self._connection.invalidate()
                self._connection.close()
            except Exception as error:  # whatever is wrong with it, it is given up
                log.debug("while closing: %s", error)
            self._connection = None


def _resolve(future: "Future[Stored]", result: Stored | StoreError) -> None:
    """Whoever waited may have given up meanwhile: a cancelled future takes no answer, and the entry stands all the same."""
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, StoreError):
        future.set_exception(result)
    else:
        future.set_result(result)


def _unless_there(dialect: str) -> Executable:
    """A sample that is in the database already is passed over."""
    if dialect == "postgresql":
        # Here, because it takes a tenth of a second that only a clinic with such a database should wait for.
        from sqlalchemy.dialects.postgresql import insert

        return insert(samples).on_conflict_do_nothing()
    return insert_sqlite(samples).on_conflict_do_nothing()
