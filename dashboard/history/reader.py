"""Alarm histories out of the stores. What is closed does not change but by a verdict, so it is read once and kept."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal

from config.models import ConfigError
from config.models.alarms import Profile
from dashboard.figures.limits import rule_texts
from dashboard.figures.record import RuleText
from dashboard.history.build import session_alarms
from dashboard.history.model import SessionAlarms
from dashboard.session.fold import apply, fold
from dashboard.session.state import Session
from dashboard.store import Store, Stores
from dashboard.store.rows import SessionRow

StoreName = Literal["live", "simulation"]
#: Sessions kept in memory: what a clinic with a few rooms runs in a year.
KEPT = 2_000
#: Sessions that one question may bring.
LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class _Held:
    seq: int
    end_s: float
    alarms: SessionAlarms


class HistoryReader:
    """`titles`: bed id -> what people call it. Every session is read with the limits of its own store's book of profiles.
    Every method may block, and may be called from any thread. StoreError when a store cannot be read."""

    def __init__(
        self,
        stores: Stores,
        titles: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._stores, self._titles = stores, titles
        self._texts: dict[tuple[bool | None, str, str], Mapping[str, RuleText]] = {}
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = Lock()

    def sessions(
        self,
        store: StoreName,
        *,
        bed: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = LIMIT,
    ) -> list[SessionAlarms]:
        """Newest first, of one store: patients and simulations never mix. `since`, `until`: sessions that ran at any time
        between the two. `limit`: at most so many."""
        one = self.store(store)
        if one is None:
            return []
        out: list[SessionAlarms] = []
        for row in one.sessions(bed=bed):
            if limit is not None and len(out) >= limit:
                break
            if (until is None or row.opened_at <= until) and (
                since is None or row.closed_at is None or row.closed_at >= since
            ):
                out.append(self._read(one, row))
        return out

    def one(self, session_id: str) -> SessionAlarms | None:
        """The session of that id, of whichever store; None when there is none."""
        for store in self._stores.existing():
            row = store.session(session_id)
            if row is not None:
                return self._read(store, row)
        return None

    def store(self, name: StoreName) -> Store | None:
        """The store of that name, if anything was ever recorded in it: looking makes none."""
        wanted = name == "simulation"
        return next((store for store in self._stores.existing() if store.simulation is wanted), None)

    def _read(self, store: Store, row: SessionRow) -> SessionAlarms:
        with self._lock:
            held = self._held.get(row.id)
        if held is not None and held.seq == row.last_seq and not row.is_open:
            return held.alarms
        session = self._folded(store, row, held)
        end_s = session.closed.t_s if session.closed else self._last_s(store, session)
        if held is not None and held.seq == session.seq and held.end_s == end_s:
            return held.alarms
        opened = session.opened
        assert opened is not None
        profile = in_force(store, session)
        alarms = session_alarms(
            session,
            bed_title=self._titles().get(opened.bed, opened.bed),
            end_s=end_s,
            rules=self._rules(store, profile),
            approved=profile is not None and profile.approved,
            utc_offset=opened.at.astimezone().utcoffset() or timedelta(0),
        )
        with self._lock:
            self._held[row.id] = _Held(session.seq, end_s, alarms)
            self._held.move_to_end(row.id)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
        return alarms

    def _folded(self, store: Store, row: SessionRow, held: _Held | None) -> Session:
        """Of what was read before only the new entries are added."""
        if held is None:
            return fold(store.events(row.id))
        session = held.alarms.folded
        for stored in store.events(row.id, after=held.seq):
            session = apply(session, stored)
        return session

    def _rules(self, store: Store, profile: Profile | None) -> Mapping[str, RuleText]:
        if profile is None:
            return {}
        key = (store.simulation, profile.id, profile.version)
        if key not in self._texts:
            self._texts[key] = rule_texts(profile)
        return self._texts[key]

    def _last_s(self, store: Store, session: Session) -> float:
        last = store.last_tick(session.id)
        return max(session.record[-1].event.t_s, last[0] if last else 0.0)


def in_force(store: Store, session: Session) -> Profile | None:
    """The limits that judged the session, approved or not as they were at its end; None when their text is nowhere to be found:
    that costs its rules their words, not the session its history."""
    opened = session.opened
    assert opened is not None
    until = session.closed.at if session.closed else None
    try:
        return store.profiles.resolve(opened.profile, opened.profile_version, until=until)
    except ConfigError:
        return None
