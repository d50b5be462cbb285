"""What a worker process does: one session of one question. It reads the store through a connection that cannot write, at low priority,
so that the live engine's thread is not held up."""

import json
import os
import signal
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import parent_process

from config.models.alarms import Profile
from dashboard.store.engine import url_of
from dashboard.store.profiles_text import from_toml
from dashboard.store.store import Store
from dashboard.whatif.limits import Changes, applied, only, touched
from dashboard.whatif.recording import Recording
from dashboard.whatif.run import Facts, desaturating, facts_of, load, poor, run
from dashboard.whatif.spells import Spell

#: Recordings that a worker keeps, so that trying numbers on a few sessions reads them once. About 1 MB for four hours.
KEPT = 24
NICENESS = 10


@dataclass(frozen=True, slots=True)
class Task:
    """`store`: its address; `seq`: entries of the session, which tell a kept recording from a longer one. `base`: the text of the
    profile that both runs start from. `dropped`: rules whose changes at the bedside stand in neither run. `want_before`: the first
    run is not known yet."""

    store: str
    session: str
    seq: int
    end_s: float
    base: str
    changes: Changes
    want_before: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`after`: of the touched ladders alone. `poor`: indices of `before` without a good signal."""

    facts: Facts
    after: tuple[Spell, ...]
    before: tuple[Spell, ...] | None = None
    poor: tuple[int, ...] = ()


_stores: dict[str, Store] = {}
_held: OrderedDict[tuple[str, str, int, float], tuple[Recording, Facts]] = OrderedDict()


def begin() -> None:
    """In a fresh worker: Ctrl-C is the server's to answer, the live engine goes first, and a worker does not outlive its server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: object) -> None:
    parent.join()  # type: ignore[attr-defined]
    os._exit(1)


def ready() -> int:
    """Nothing, but in a worker: it has started and imported what it needs."""
    return os.getpid()


def answer(task: Task) -> Answer:
    """StoreError when the session cannot be read, ConfigError when the limits cannot be so."""
    recording, facts = _recording(task)
    base, changed = _limits(task.base, json.dumps(task.changes, sort_keys=True))
    asked = frozenset(task.changes)
    after = run(recording, changed, asked) if changed.rules else ()
    if not task.want_before:
        return Answer(facts, after)
    before = run(recording, base, asked)
    return Answer(facts, after, before, poor(recording, before, desaturating(base)))


@lru_cache(maxsize=8)
def _limits(text: str, changes: str) -> tuple[Profile, Profile]:
    """The profile, and its touched ladders changed: the same for every session of a question."""
    base, wanted = from_toml(text, "the profile"), json.loads(changes)
    return base, only(applied(base, wanted), touched(base, wanted))


def _recording(task: Task) -> tuple[Recording, Facts]:
    key = (task.store, task.session, task.seq, task.end_s)
    if key not in _held:
        if task.store not in _stores:
            _stores[task.store] = Store(url_of(task.store))
        recording = load(_stores[task.store], task.session)
        _held[key] = (recording, facts_of(recording))
        while len(_held) > KEPT:
            _held.popitem(last=False)
    _held.move_to_end(key)
    return _held[key]
