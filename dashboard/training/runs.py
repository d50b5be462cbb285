"""The runs of the training room as its store holds them, scored; what does not change any more is worked out once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from config.models import ConfigError
from config.models.scenario import Scenario
from dashboard.bedside.errors import EntryRefused
from dashboard.recordings import SCENARIO as RECORDED
from dashboard.session.chain import Stored
from dashboard.session.events import SessionOpened, TrainingEvent
from dashboard.store import Store, StoreError
from dashboard.training.cohort import RunScore, related, run_score
from dashboard.training.edition import Today, digest_of
from dashboard.training.retrace import Truth, retrace

#: A truth is a row a second of some thirty numbers: of a few runs is kept what a comparison asks for again.
TRUTHS_KEPT = 6


@dataclass(frozen=True, slots=True)
class Runs:
    """Newest first. `problems`: what could not be read, a line each."""

    runs: tuple[RunScore, ...]
    problems: tuple[str, ...] = ()


class RunBook:
    """Every method may block: it reads the store. `now_s`: how far the run is that goes on, by its session; None: it is none of ours.
    `changed_at`: when the file of a scenario was last changed, for runs that noted nothing of it; None: nobody can tell."""

    def __init__(
        self,
        store: Store,
        bed: str,
        find: Callable[[str], Scenario],
        now_s: Callable[[str], float | None] = lambda _: None,
        changed_at: Callable[[str], datetime | None] = lambda _: None,
    ) -> None:
        self._store, self._bed, self._find, self._now_s = store, bed, find, now_s
        self._changed_at = changed_at
        #: Session -> its last entry's number, the scenario it was scored with, the score; None: it is no run of a trainer.
        self._scores: dict[str, tuple[int, Scenario | None, RunScore | None]] = {}
        self._truths: OrderedDict[tuple[str, int], tuple[Scenario, Truth]] = OrderedDict()
        self._lock = threading.Lock()

    def runs(self, since: datetime | None = None, until: datetime | None = None) -> Runs:
        """Those that began from `since` on and before `until`."""
        found: list[RunScore] = []
        problems: list[str] = []
        scenarios: dict[str, Today] = {}
        with self._lock:
            for row in self._store.sessions(bed=self._bed):
                if row.scenario not in scenarios:
                    scenarios[row.scenario] = self._today(row.scenario)
                today = scenarios[row.scenario]
                known = self._scores.get(row.id)
                key = (row.last_seq, today.scenario)
                if row.is_open or known is None or known[:2] != key:
                    try:
                        score = self._score(row.id, today.scenario)
                    except StoreError as error:
                        problems.append(f"left out: {error}")
                        continue
                    self._scores[row.id] = known = (*key, score)
                if known[2] is not None:
                    found.append(_aged(known[2], today))
        # Before the period is cut out: what a run was restarted from may lie before it.
        told = [
            one
            for one in related(found)
            if (since is None or one.began_at >= since) and (until is None or one.began_at < until)
        ]
        return Runs(tuple(told), tuple(problems))

    def ended(self, session: str) -> tuple[RunScore, list[Stored]]:
        """EntryRefused when there is no such run of the training room, or when it still goes on."""
        row = self._store.session(session)
        record = self._store.events(session) if row is not None and row.bed == self._bed else []
        if row is None or not _is_run(record):
            raise EntryRefused(f"there is no run {session!r}", field="session", status=404)
        today = self._today(row.scenario)
        one = _aged(run_score(today.scenario, record), today)
        if one.going:
            raise EntryRefused("that run is still going on; end it first", status=409)
        return one, record

    def truth(self, session: str) -> Truth:
        """A row a second, worked out again: some hundredth of the time that the run took. EntryRefused as `ended`, or when its
        scenario is not here any more."""
        one, record = self.ended(session)
        if one.scenario == RECORDED:
            raise EntryRefused("it replayed a recording", status=404)
        scenario = self._today(one.scenario).scenario
        if scenario is None:
            raise EntryRefused(f"the scenario of this run is not here any more: {one.scenario}", status=404)
        key = (session, record[-1].seq)
        with self._lock:
            kept = self._truths.get(key)
            if kept is not None and kept[0] == scenario:  # an own scenario may have been changed meanwhile
                self._truths.move_to_end(key)
                return kept[1]
        found = retrace(scenario, record)
        with self._lock:
            self._truths[key] = (scenario, found)
            while len(self._truths) > TRUTHS_KEPT:
                self._truths.popitem(last=False)
        return found

    def _score(self, session: str, scenario: Scenario | None) -> RunScore | None:
        record = self._store.events(session)
        if not _is_run(record):
            return None
        return run_score(scenario, record, self._now_s(session))

    def _today(self, name: str) -> Today:
        return today(name, self._find, self._changed_at)


def today(name: str, find: Callable[[str], Scenario], changed_at: Callable[[str], datetime | None]) -> Today:
    """The scenario of exactly that id: a name that was deleted must not find another one that begins so."""
    try:
        scenario = find(name)
    except ConfigError:
        return Today(None)
    return Today(scenario, changed_at(name), digest_of(scenario)) if scenario.id == name else Today(None)


def _aged(one: RunScore, now: Today) -> RunScore:
    return replace(one, changed=now.changed(one.noted, one.opened_at))


def _is_run(record: Sequence[Stored]) -> bool:
    opened = record[0].event if record else None
    return isinstance(opened, SessionOpened) and any(isinstance(one.event, TrainingEvent) for one in record)
