"""Verdicts, notes and signatures of reviewers: appended to the session's own record, during the session and long after it."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from dashboard.bedside.entries import checked, saved
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.ward import Ward
from dashboard.history.model import SessionAlarms
from dashboard.history.reader import HistoryReader
from dashboard.session.events import EventError, from_dict
from dashboard.session.fold import fold
from dashboard.store import Store, Stores
from dashboard.store.rows import SessionRow

#: What a reviewer may add to a session that is over.
TYPES = frozenset({"alarm_judged", "alarm_review_signed", "alarm_action_noted"})


class Reviews:
    """`people`: who may review. A session that runs takes its entries through its bed, so that the bed's own picture of it stays
    whole; one that is closed takes them from here, with its clock standing still at its last entry."""

    def __init__(self, ward: Ward, stores: Stores, reader: HistoryReader, people: Collection[str]) -> None:
        self._ward, self._stores, self._reader, self._people = ward, stores, reader, people
        self._lock = Lock()  # an entry is checked against the record that it is then added to

    def record(self, session_id: str, fields: Mapping[str, Any], request_id: str) -> SessionAlarms:
        """The session's history with the entry in it, durable. `fields`: `type`, `by`, and the event's own; the same `request_id`
        again records nothing more.

        EntryRefused: 400 names the field that is wrong, 404 no such session, 409 what does not fit it, 503 not saved.
        """
        if fields.get("type") not in TYPES:
            raise EntryRefused(f"{fields.get('type')!r} cannot be recorded here", field="type")
        if fields.get("by") not in self._people:
            raise EntryRefused("say first who is reviewing", field="by")
        store, row = self._find(session_id)
        if row.is_open and self._at_its_bed(session_id, row.bed, {**fields, "id": request_id}):
            pass
        else:
            with self._lock:
                self._append(store, session_id, fields, request_id)
        found = self._reader.one(session_id)
        assert found is not None
        return found

    def _find(self, session_id: str) -> tuple[Store, SessionRow]:
        for store in self._stores.existing():
            if (row := store.session(session_id)) is not None:
                return store, row
        raise EntryRefused(f"there is no session {session_id!r}", field="session", status=404)

    def _at_its_bed(self, session_id: str, bed: str, entry: dict[str, Any]) -> bool:
        """False when no bed of this program has the session any more."""
        one = self._ward.find(bed)
        running = one.session if one is not None else None
        if one is None or running is None or running.id != session_id:
            return False
        if one.held:
            raise EntryRefused("this simulated bed is still making its past; try again in a few seconds", status=409)
        try:
            one.record({**entry, "session": session_id})
        except EntryRefused as error:
            if error.status == 409 and (one.session is None or one.session.id != session_id):
                return False  # closed in this very moment
            raise
        return True

    def _append(self, store: Store, session_id: str, fields: Mapping[str, Any], request_id: str) -> None:
        if store.recorded(session_id, request_id) is not None:
            return
        session = fold(store.events(session_id))
        try:
            event = from_dict({**fields, "at": datetime.now(UTC), "t_s": session.record[-1].event.t_s})
        except EventError as error:
            raise EntryRefused(str(error), error.field) from None
        checked(event, session)
        saved(store.writer.append(session_id, event, request_id, keep=False))
