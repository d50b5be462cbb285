"""Questions of people, answered by at most two worker processes: with progress, called off when the question changes, and remembered.

One thread a question waits for the workers; comparing is a few milliseconds a session and happens there, in the server.
"""

import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from typing import Literal

from config.models import ConfigError, DashboardError
from config.models.alarms import Profile
from dashboard.history.model import SessionAlarms
from dashboard.history.reader import HistoryReader, StoreName
from dashboard.store import Store
from dashboard.store.profiles_text import to_toml
from dashboard.whatif import work
from dashboard.whatif.compare import announced, compare
from dashboard.whatif.limits import Changes, applied, ladders, real, touched
from dashboard.whatif.report import Outcome, Report, report
from dashboard.whatif.run import Facts, desaturating
from dashboard.whatif.spells import Spell

log = logging.getLogger(__name__)

WORKERS = 2
#: Tasks handed out at a time: enough that no worker waits, few enough that a question is called off within a session or two.
IN_HAND = 2 * WORKERS
#: Runs kept: of one question over a year of a few rooms, and the ones tried just before.
RUNS_KEPT = 6_000
#: Workers that nobody has asked for so long are let go; they cost memory.
IDLE_S = 600.0

State = Literal["running", "done", "called off", "failed"]


@dataclass(frozen=True, slots=True)
class Question:
    """`sessions` of one store; `base`: the limits of the first run, `changes`: what is other in the second."""

    store: StoreName
    sessions: tuple[str, ...]
    base: Profile
    changes: Changes


@dataclass(slots=True)
class Job:
    """A question on its way. `others`: sessions left out because another profile judged them. `message` says what failed."""

    question: Question
    total: int
    others: int = 0
    done: int = 0
    state: State = "running"
    message: str = ""
    took_s: float = 0.0
    report: Report | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class _Run:
    facts: Facts
    spells: tuple[Spell, ...]
    poor: tuple[int, ...] = ()


class WhatIf:
    """Methods may be called from any thread; none waits for a worker, but `Job.finished` can be waited for."""

    def __init__(self, histories: HistoryReader, *, workers: int = WORKERS) -> None:
        self._histories, self._workers = histories, workers
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._used_at = 0.0
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._runs: OrderedDict[tuple[str, int, float, str, frozenset[str]], _Run] = OrderedDict()

    def warm(self) -> None:
        """Start the workers before anybody waits for them: a fresh process imports for a second."""
        for _ in range(self._workers):
            self._submit_ready()

    def ask(self, owner: str, question: Question) -> Job:
        """The question is on its way; the one that `owner` asked before is called off. ConfigError when the limits cannot be so."""
        changes = real(question.base, question.changes)
        applied(question.base, changes)
        question = Question(question.store, question.sessions, question.base, changes)
        found = [one for name in question.sessions if (one := self._histories.one(name)) is not None]
        mine = [one for one in found if one.profile == question.base.id]
        job = Job(question, len(mine), others=len(found) - len(mine))
        with self._lock:
            before = self._jobs.pop(owner, None)
            self._jobs[owner] = job
            while len(self._jobs) > 16:
                self._jobs.popitem(last=False)[1].stop.set()
        if before is not None:
            before.stop.set()
        threading.Thread(target=self._answer, args=(job, mine), name="what-if", daemon=True).start()
        return job

    def job(self, owner: str) -> Job | None:
        with self._lock:
            return self._jobs.get(owner)

    def call_off(self, owner: str) -> None:
        job = self.job(owner)
        if job is not None:
            job.stop.set()

    def close(self) -> None:
        """Ends the workers."""
        with self._lock:
            pool, self._pool = self._pool, None
            for job in self._jobs.values():
                job.stop.set()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    # -- one question ----------------------------------------------------------------------------------------------

    def _answer(self, job: Job, sessions: list[SessionAlarms]) -> None:
        began = time.monotonic()
        try:
            outcomes = self._outcomes(job, sessions)
            if job.stop.is_set():
                job.state = "called off"
            else:
                job.report, job.state = report(outcomes), "done"
        except DashboardError as error:
            job.message, job.state = str(error), "failed"
        except BrokenProcessPool:
            self.close()
            job.message, job.state = "a worker process ended unexpectedly: ask again", "failed"
        except Exception:
            log.exception("what if")
            job.message, job.state = "this could not be worked out; the program's log says why", "failed"
        finally:
            job.took_s = time.monotonic() - began
            job.finished.set()

    def _outcomes(self, job: Job, sessions: list[SessionAlarms]) -> list[Outcome]:
        asking = _Asking(job.question, self._store(job.question.store))
        outcomes: dict[str, Outcome] = {}
        waiting = list(reversed(sessions))
        in_hand: dict[Future[work.Answer], SessionAlarms] = {}
        while (waiting or in_hand) and not job.stop.is_set():
            while waiting and len(in_hand) < IN_HAND:
                one = waiting.pop()
                if (known := self._known(asking, one)) is not None:
                    outcomes[one.id] = asking.outcome(one, *known)
                    job.done = len(outcomes)
                    if job.stop.is_set():
                        return []
                else:
                    in_hand[self._submit(asking.task(one, self._before(asking, one) is None))] = one
            if not in_hand:
                continue
            for future in wait(in_hand, timeout=0.5, return_when=FIRST_COMPLETED).done:
                one = in_hand.pop(future)
                outcomes[one.id] = asking.outcome(one, *self._keep(asking, one, future.result()))
                job.done = len(outcomes)
        for future in in_hand:
            future.cancel()
        return [outcomes[one.id] for one in sessions if one.id in outcomes]

    def _store(self, name: StoreName) -> Store:
        store = self._histories.store(name)
        if store is None:
            raise ConfigError("nothing is recorded in that store")
        return store

    # -- what is known already -------------------------------------------------------------------------------------

    def _known(self, asking: "_Asking", one: SessionAlarms) -> tuple[_Run, _Run] | None:
        before = self._before(asking, one)
        after = None if before is None else self._get(asking.key(one, asking.after_hash, before.facts))
        return None if before is None or after is None else (before, after)

    def _before(self, asking: "_Asking", one: SessionAlarms) -> _Run | None:
        facts = self._get((one.id, _seq(one), one.end_s, "", frozenset()))
        return None if facts is None else self._get(asking.key(one, asking.base_hash, facts.facts))

    def _keep(self, asking: "_Asking", one: SessionAlarms, answer: work.Answer) -> tuple[_Run, _Run]:
        facts = answer.facts
        if answer.before is not None:
            before = _Run(facts, answer.before, answer.poor)
            self._put((one.id, _seq(one), one.end_s, "", frozenset()), _Run(facts, ()))
            self._put(asking.key(one, asking.base_hash, facts), before)
        else:
            known = self._before(asking, one)
            assert known is not None
            before = known
        after = _Run(facts, asking.merged(before.spells, answer.after))
        self._put(asking.key(one, asking.after_hash, facts), after)
        return before, after

    def _get(self, key: tuple[str, int, float, str, frozenset[str]]) -> _Run | None:
        with self._lock:
            return self._runs.get(key)

    def _put(self, key: tuple[str, int, float, str, frozenset[str]], run: _Run) -> None:
        with self._lock:
            self._runs[key] = run
            self._runs.move_to_end(key)
            while len(self._runs) > RUNS_KEPT:
                self._runs.popitem(last=False)

    # -- the workers -----------------------------------------------------------------------------------------------

    def _submit(self, task: work.Task) -> "Future[work.Answer]":
        with self._lock:
            return self._ready_pool().submit(work.answer, task)

    def _submit_ready(self) -> None:
        with self._lock:
            self._ready_pool().submit(work.ready)

    def _ready_pool(self) -> ProcessPoolExecutor:
        self._used_at = time.monotonic()
        if self._pool is None:
            # Spawned, not forked: a fork would carry the live threads' locks with it.
            self._pool = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"), initializer=work.begin)
            threading.Thread(target=self._let_go, args=(self._pool,), name="what-if-idle", daemon=True).start()
        return self._pool

    def _let_go(self, pool: ProcessPoolExecutor) -> None:
        while True:
            with self._lock:
                if self._pool is not pool:
                    return
                left_s = self._used_at + IDLE_S - time.monotonic()
                if left_s <= 0:
                    self._pool = None
                    break
            time.sleep(min(left_s, 30.0))
        pool.shutdown(wait=False)


class _Asking:
    """What a question needs for every session, made once."""

    def __init__(self, question: Question, store: Store) -> None:
        self._question, self._address = question, store.address
        base, changes = question.base, question.changes
        self._text = to_toml(base)
        self.base_hash = _hash(self._text)
        changed = applied(base, changes)
        self.after_hash = _hash(to_toml(changed))
        self._ladders = ladders(base)
        self._touched = frozenset(self._ladders[rule] for rule in touched(base, changes))
        self._desaturating = desaturating(base)

    def key(self, one: SessionAlarms, run: str, facts: Facts) -> tuple[str, int, float, str, frozenset[str]]:
        """A run is another one where limits changed at the bedside are left out of it."""
        return (one.id, _seq(one), one.end_s, run, frozenset(self._question.changes) & frozenset(facts.bedside))

    def task(self, one: SessionAlarms, want_before: bool) -> work.Task:
        return work.Task(self._address, one.id, _seq(one), one.end_s, self._text, self._question.changes, want_before)

    def merged(self, before: tuple[Spell, ...], after: tuple[Spell, ...]) -> tuple[Spell, ...]:
        """Untouched ladders speak in the second run as they did in the first."""
        same = (spell for spell in before if spell.ladder not in self._touched)
        return tuple(sorted((*same, *after), key=lambda spell: (spell.onset_s, spell.ladder)))

    def outcome(self, one: SessionAlarms, before: _Run, after: _Run) -> Outcome:
        facts = before.facts
        rows = compare(
            before.spells, after.spells, desaturating=self._desaturating, record=one, ladder_of=self._ladders, poor=before.poor
        )  # fmt: skip
        low = [[s for s in run.spells if s.ladder in self._desaturating] for run in (before, after)]
        return Outcome(
            session=one.id,
            title=f"{one.wall(one.start_s):%Y-%m-%d %H:%M} {one.bed_title}",
            hours=one.patient_hours,
            end_s=facts.end_s,
            rows=rows,
            before=before.spells,
            after=after.spells,
            deep=announced(facts.deep, low[0], low[1]),
            left_out=sum(count for rule, count in facts.bedside.items() if rule in self._question.changes),
            other_version=one.profile_version != self._question.base.version,
        )


def _seq(one: SessionAlarms) -> int:
    return one.folded.seq


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
