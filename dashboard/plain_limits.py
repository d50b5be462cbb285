"""The comparison with plain limits over recorded sessions, worked out by one worker process and remembered: the server never waits."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from config.models import DashboardError
from dashboard.analytics.comparison import Compared, compare, together
from dashboard.history.model import SessionAlarms
from dashboard.history.reader import HistoryReader, in_force
from dashboard.store.engine import url_of
from dashboard.store.profiles_text import from_toml, to_toml
from dashboard.store.store import Store
from dashboard.whatif import sparse, work
from dashboard.whatif.run import load

log = logging.getLogger(__name__)

#: Sessions compared at once on the page: a clinic's last weeks. More would say the same.
MOST = 60
#: What is remembered, of closed sessions and of open ones as they stood.
KEPT = 2_000

Key = tuple[str, int, float]


@dataclass(frozen=True, slots=True)
class Progress:
    """`compared`: the sessions done so far together. `left_out`: those beyond the newest `MOST`, or whose limits are not known."""

    done: int
    total: int
    left_out: int
    compared: Compared

    @property
    def finished(self) -> bool:
        return self.done >= self.total


class PlainLimits:
    """Methods may be called from any thread; none waits for the worker."""

    def __init__(self, histories: HistoryReader) -> None:
        self._histories = histories
        self._lock = threading.Lock()
        self._known: OrderedDict[Key, Compared | None] = OrderedDict()
        self._waiting: OrderedDict[Key, SessionAlarms] = OrderedDict()
        self._in_hand: Key | None = None
        self._thread: threading.Thread | None = None

    def look(self, sessions: Sequence[str]) -> Progress:
        """How far the comparison of these sessions is; what is missing is put in the worker's hands."""
        found = [one for name in sessions[:MOST] if (one := self._histories.one(name)) is not None]
        with self._lock:
            keys = {self._key(one): one for one in found}
            for key, one in keys.items():
                if key not in self._known and key != self._in_hand:
                    self._waiting.setdefault(key, one)
            done = [self._known[key] for key in keys if key in self._known]
            if self._waiting and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="plain-limits", daemon=True)
                self._thread.start()
        good = [one for one in done if one is not None]
        beyond = max(0, len(sessions) - MOST)
        return Progress(len(done), len(keys), beyond + len(done) - len(good), together(good))

    @staticmethod
    def _key(one: SessionAlarms) -> Key:
        # An open session grows by the second: as it stood in the last five minutes is near enough, and worked out once.
        end_s = one.end_s if one.state != "open" else one.end_s // 300
        return (one.id, one.folded.seq if one.state != "open" else 0, end_s)

    def _work(self) -> None:
        """Until nothing waits. A worker of its own, spawned and let go again, that gives way to the live engine."""
        with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=work.begin) as pool:
            while True:
                with self._lock:
                    if not self._waiting:
                        self._thread = self._in_hand = None
                        return
                    key, one = self._waiting.popitem(last=False)
                    self._in_hand = key
                self._keep(key, self._compared(pool, one))

    def _compared(self, pool: ProcessPoolExecutor, one: SessionAlarms) -> Compared | None:
        try:
            store = self._histories.store("simulation" if one.simulation else "live")
            profile = in_force(store, one.folded) if store is not None else None
            if store is None or profile is None:
                return None
            return pool.submit(compare_recorded, store.address, one.id, to_toml(profile)).result()
        except DashboardError as error:
            log.warning("plain limits of %s: %s", one.id, error)
        except Exception:
            log.exception("plain limits of %s", one.id)
        return None

    def _keep(self, key: Key, compared: Compared | None) -> None:
        with self._lock:
            self._known[key], self._in_hand = compared, None
            while len(self._known) > KEPT:
                self._known.popitem(last=False)


def compare_recorded(address: str, session: str, profile: str) -> Compared:
    """In the worker. StoreError when the session cannot be read."""
    store = Store(url_of(address))
    try:
        recording = load(store, session)
    finally:
        store.close()
    return compare(
        session,
        from_toml(profile, "the profile"),
        list(recording.ticks()),
        recording.facts,
        lambda limits, told: sparse.replay(limits, None, recording, told),
    )
