"""The end of each session's chain, and appending to it, within one transaction of the writer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dashboard.session.chain import GENESIS, Stored, link
from dashboard.session.events import Correction, Event, SessionClosed, SessionOpened, SessionSigned
from dashboard.store.errors import StoreError
from dashboard.store.rows import event_of, event_row, ms_of
from dashboard.store.tables import events, sessions


@dataclass(slots=True)
class Head:
    key: int
    seq: int
    hash: str
    changed: bool = False


class Heads:
    """Where each session's chain ends, within one transaction. Read from the database each time: nothing to go stale when
    a transaction fails."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heads: dict[str, Head | None] = {}

    def key(self, session: str) -> int | None:
        head = self._head(session)
        return head.key if head else None

    def append(self, session: str, event: Event, request_id: str | None) -> Stored:
        """The entry as recorded, or the one that `request_id` recorded before. StoreError when the session does not fit."""
        if isinstance(event, SessionOpened) and self._head(session) is None:
            self._open(session, event)
        head = self._head(session)
        if head is None:
            raise StoreError(f"not saved: there is no session {session}")
        if request_id is not None and (earlier := self._recorded(session, head.key, request_id)):
            return earlier
        if isinstance(event, SessionOpened) and head.seq:
            raise StoreError(f"not saved: there is a session {session} already")
        stored = link(session, head.seq + 1, head.hash, event)
        self._connection.execute(insert(events), event_row(head.key, stored, request_id))
        head.seq, head.hash, head.changed = stored.seq, stored.hash, True
        if indexed := _indexed(event):
            self._connection.execute(update(sessions).where(sessions.c.key == head.key).values(**indexed))
        return stored

    def save(self) -> None:
        for head in self._heads.values():
            if head and head.changed:
                new = {"last_seq": head.seq, "last_hash": head.hash}
                self._connection.execute(update(sessions).where(sessions.c.key == head.key).values(**new))

    def _head(self, session: str) -> Head | None:
        if session not in self._heads:
            query = select(sessions.c.key, sessions.c.last_seq, sessions.c.last_hash)
            row = self._connection.execute(query.where(sessions.c.id == session).with_for_update()).first()
            self._heads[session] = Head(row.key, row.last_seq, row.last_hash) if row else None
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
        self._heads[session] = Head(key[0], 0, GENESIS)

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
