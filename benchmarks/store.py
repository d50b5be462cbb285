"""The store: reopening an 8 h session among many, and one second of 16 beds made durable.

Baselines, from the same run: the same rows read by the bare SQLite driver into lists; one empty row committed as durably.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.alarms.values import SAMPLED, Tick
from dashboard.session.events import SYSTEM, AlarmRaised, ConsciousnessAssessed, InfusionStarted, Note, SessionOpened
from dashboard.session.fold import fold
from dashboard.store import Store, StoredTick, open_store

HOURS_8_S = 28_800
OTHERS = 60
OTHERS_S = 3_600
BEDS = 16
REOPEN_BUDGET_MS = 100.0
SECOND_BUDGET_MS = 50.0  # of each second, for the writer thread alone
APPEND_BUDGET_MS = 5.0
WAIT_S = 120
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
MASK = sum(1 << SAMPLED.index(name) for name in ("hr", "pr", "spo2", "link"))


def measure() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulation.db"
        with open_store(path) as store:
            long = _open(store, "long")
            for t_s in range(HOURS_8_S):
                store.writer.sample(long, _tick(t_s))
            store.writer.flush(WAIT_S)
            _append_entries(store, long)
        _fill_others(path)
        with open_store(path) as store:
            yield _reopen(store, long, path)
            yield from _commits(store, path)


def _reopen(store: Store, session: str, path: Path) -> dict[str, Any]:
    def reopen() -> None:
        state = fold(store.events(session))
        columns = store.samples(session)
        assert state.is_open
        assert len(columns) == HOURS_8_S

    bare = sqlite3.connect(path)
    names = ", ".join(store.samples(session, to_s=5).values)

    def baseline() -> None:
        query = f"SELECT t_s, at_ms, {names} FROM samples WHERE session_key = 1 ORDER BY t_s"
        assert len(bare.execute(query).fetchall()) == HOURS_8_S

    value, base = _median_ms(reopen, 9), _median_ms(baseline, 9)
    bare.close()
    return _row("store_reopen_8h", value, REOPEN_BUDGET_MS, base)


def _commits(store: Store, path: Path) -> Iterator[dict[str, Any]]:
    beds = [_open(store, f"bed-{n}") for n in range(BEDS)]
    seconds = iter(range(10**9))

    def second() -> None:
        t_s = next(seconds)
        for bed in beds:
            store.writer.sample(bed, _tick(t_s))
        assert store.writer.flush(WAIT_S)

    def entry() -> None:
        store.writer.append(beds[0], Note(at=START, by="R.N.", t_s=1.0, text="a note")).result(WAIT_S)

    bare = sqlite3.connect(path.with_name("bare.db"), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        bare.execute(f"PRAGMA {pragma}")
    bare.execute("CREATE TABLE rows (x)")

    def baseline() -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO rows VALUES (NULL)")
        bare.execute("COMMIT")

    base = _median_ms(baseline, 200)
    yield _row("store_second_of_16_beds", _median_ms(second, 100), SECOND_BUDGET_MS, base)
    yield _row("store_entry_durable", _median_ms(entry, 200), APPEND_BUDGET_MS, base)
    bare.close()


def _row(name: str, value: float, budget: float, baseline: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": "ms",
        "budget": budget,
        "ok": value <= budget,
        "baseline": round(baseline, 2),
        "ratio": round(value / baseline, 2),
    }


def _median_ms(action: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        start_s = time.perf_counter()
        action()
        taken.append((time.perf_counter() - start_s) * 1000)
    return statistics.median(taken)


def _open(store: Store, session: str) -> str:
    event = SessionOpened(
        at=START, by="R.N.", t_s=0.0, bed="bed-1", patient="T.N.", weight_kg=62, concentration_mg_ml=2, planned_mg=86.8,
        planned_min=240, profile="B-high-respiratory-risk", profile_version="0.1.0", simulation=True,
    )  # fmt: skip
    store.writer.open_session(session, event).result(WAIT_S)
    return session


def _tick(t_s: int) -> StoredTick:
    """A bed with a monitor, a capnograph and a cuff every five minutes."""
    values = {
        "hr": 70.0 + t_s % 7, "pr": 71.0, "spo2": None if t_s % 50 == 0 else 97.0, "pi": 3.1, "etco2": 38.0, "fico2": 0.0,
        "rr_co2": 12.0, "temp": 36.6, "link": 0.2, "no_breath": 0.0, "nurse_present": 1.0,
        **dict.fromkeys(("nibp_sys", "nibp_dia", "nibp_map"), 100.0 if t_s % 300 == 0 else None),
    }  # fmt: skip
    notes = {"spo2": "sensor_off"} if t_s % 50 == 0 else None
    return StoredTick(START + timedelta(seconds=t_s), t_s + 0.5, Tick(float(t_s), values), notes)


def _append_entries(store: Store, session: str) -> None:
    """About what eight hours leave: a look every five minutes, and an alarm every two."""
    store.writer.append(session, InfusionStarted(at=START, by="R.N.", t_s=60.0, rate_mg_h=10.8, concentration_mg_ml=2))
    for t_s in range(120, HOURS_8_S, 120):
        at = START + timedelta(seconds=t_s)
        last = store.writer.append(
            session,
            AlarmRaised(
                at=at, by=SYSTEM, t_s=float(t_s), rule="SPO2_LOW_1", occurrence=t_s // 120, priority="low",
                kind="physiological", value=93.0, limit="≤ 93", message="SpO₂ low 93 %",
            ),
        )  # fmt: skip
        if t_s % 300 == 0:
            look = ConsciousnessAssessed(at=at, by="R.N.", t_s=float(t_s), scale="moaas", level="4")
            last = store.writer.append(session, look)
    last.result(WAIT_S)


def _fill_others(path: Path) -> None:
    """Other sessions of an hour each, made in the database itself: only their being there matters."""
    other = sqlite3.connect(path)
    other.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO sessions SELECT 1000 + i, 'other-' || i, 'bed-1', 'X.Y.', '', 'A', '1', 1, '', NULL, i, i, NULL, NULL, 0, '' FROM n",
        (OTHERS,),
    )
    other.execute(
        "WITH RECURSIVE s(t) AS (SELECT 0 UNION ALL SELECT t + 1 FROM s WHERE t < ?) "
        "INSERT INTO samples (session_key, t_s, at_ms, mono_ms, mask, hr, pr, spo2, link) "
        "SELECT key, t, 1772438400000 + t * 1000, t * 1000, ?, 70 + t % 9, 71, 97, 0.2 FROM sessions, s WHERE key > 1000",
        (OTHERS_S - 1, MASK),
    )
    other.commit()
    other.close()
