"""What if: seconds until other limits are worked out for one session of four hours, and for a hundred of them, by the two workers.

Input: restless simulated patients (motion, probes that come off, talking), an hour each, four times over; twenty sessions in a store, scaled
to a hundred. Both questions are asked by warm workers that have read nothing yet: reading, both runs and the comparison count. Asked is
the most expensive question, the same limits without delay and hysteresis, in which nearly every ladder changes. Baseline, from
the same run: the whole engine over the same ticks twice, as a plain loop in this process.
"""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks._noisy import Noisy, noisy_session
from dashboard import alarms
from dashboard.alarms import Tick, load_profile
from dashboard.alarms.values import SAMPLED
from dashboard.history.reader import HistoryReader
from dashboard.session.events import TYPES, BaselineTaken, SessionClosed, SessionOpened
from dashboard.session.facts import as_fact
from dashboard.store import Store, StoredTick, Stores
from dashboard.whatif.jobs import Question, WhatIf
from dashboard.whatif.limits import applied, without_delay_and_hysteresis

HOUR_S, HOURS = 3_600, 4
KINDS = (("apnoea-desaturation", 1), ("hypertensive-response", 2), ("crps-uneventful", 3))
SESSIONS = 20
ONE_BUDGET_S = 1.0
HUNDRED_BUDGET_S = 60.0
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
ADULT = load_profile("A-standard-adult")
BASELINE = {"rate": 75.0, "sbp": 120.0, "dbp": 75.0, "spo2": 97.0, "etco2": 38.0, "rr": 14.0}


def measure() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, Stores(Path(folder)) as stores:
        store = stores.simulation
        for scenario, seed in KINDS:
            _record(store, scenario, noisy_session(scenario, seed, 1.0, HOUR_S))
        _copy(Path(folder) / "simulation.db", [name for name, _ in KINDS])
        plain_s = _plain(store, KINDS[0][0])
        whatif = WhatIf(HistoryReader(stores))
        _warm(whatif)
        try:
            one_s = _ask(whatif, "one", [KINDS[0][0]])
            yield _row("what_if_4h_session", one_s, plain_s, ONE_BUDGET_S)
            again_s = _ask(whatif, "again", [KINDS[0][0]], delay_s=21.0)
            yield _row("what_if_4h_session_another_number", again_s, plain_s, ONE_BUDGET_S)
            names = [row.id for row in store.sessions() if row.id not in dict(KINDS)]
            many_s = _ask(whatif, "many", names) * 100 / len(names)
            yield _row("what_if_100_sessions", many_s, plain_s * 100, HUNDRED_BUDGET_S)
        finally:
            whatif.close()


def _row(name: str, value_s: float, baseline_s: float, budget_s: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(value_s, 3), "unit": "s", "budget": budget_s, "ok": value_s <= budget_s,
        "baseline": round(baseline_s, 3), "ratio": round(value_s / baseline_s, 3),
    }  # fmt: skip


def _ask(whatif: WhatIf, owner: str, sessions: list[str], **one: float) -> float:
    """Seconds from the question to its answer."""
    changes = {"SPO2_LOW_2": one} if one else without_delay_and_hysteresis(ADULT)
    begin = time.perf_counter()
    job = whatif.ask(owner, Question("simulation", tuple(sessions), ADULT, changes))
    job.finished.wait()
    if job.report is None or job.report.sessions != len(sessions):
        raise RuntimeError(f"not answered: {job.state} {job.message}")
    return time.perf_counter() - begin


def _warm(whatif: WhatIf) -> None:
    """The workers have started; what they import is not what is measured."""
    whatif.warm()
    with whatif._lock:
        pool = whatif._ready_pool()
    for future in [pool.submit(time.sleep, 1.0) for _ in range(2)]:
        future.result()


def _plain(store: Store, session: str) -> float:
    """The simple way: every tick to the engine, for both profiles."""
    plain = applied(ADULT, without_delay_and_hysteresis(ADULT))
    begin = time.perf_counter()
    facts = [fact for stored in store.events(session) if (fact := as_fact(stored.event, stored.seq)) is not None]
    ticks = list(store.ticks(session))
    for profile in (ADULT, plain):
        for _ in alarms.replay(profile, None, ticks, facts):
            pass
    return time.perf_counter() - begin


def _record(store: Store, name: str, hour: Noisy) -> None:
    opened = SessionOpened(
        at=START, by="R. N.", t_s=0.0, bed="bed-1", patient="B. M.", weight_kg=70.0, concentration_mg_ml=1.0, planned_mg=400.0,
        planned_min=240.0, profile=ADULT.id, profile_version=ADULT.version, simulation=True, scenario=name,
    )  # fmt: skip
    store.writer.open_session(name, opened).result(10)
    store.writer.append(name, BaselineTaken(at=START, by="R. N.", t_s=0.5, values=BASELINE)).result(10)
    for fact in hour.facts:
        at = START + timedelta(seconds=fact.t_s)
        event = TYPES[fact.type](at=at, by="R. N.", t_s=fact.t_s, **{k: v for k, v in fact.data.items() if k != "by"})
        store.writer.append(name, event)
    for turn in range(HOURS):
        for tick in hour.ticks:
            t_s = tick.t_s + turn * HOUR_S
            values = {key: value for key, value in tick.values.items() if key in SAMPLED}
            store.writer.sample(name, StoredTick(START + timedelta(seconds=t_s), t_s + 0.5, Tick(t_s, values)))
    end_s = float(HOURS * HOUR_S)
    closed = SessionClosed(at=START + timedelta(seconds=end_s), by="R. N.", t_s=end_s)
    store.writer.append(name, closed).result(60)
    store.writer.flush(60)


def _copy(path: Path, names: list[str]) -> None:
    """More sessions of the same rows, made in the database itself."""
    other = sqlite3.connect(path)
    columns = [row[1] for row in other.execute("PRAGMA table_info(samples)")]
    fields = [row[1] for row in other.execute("PRAGMA table_info(sessions)")]
    entries = [row[1] for row in other.execute("PRAGMA table_info(events)")]
    for number in range(SESSIONS):
        source = other.execute("SELECT key FROM sessions WHERE id = ?", (names[number % len(names)],)).fetchone()[0]
        key = 1_000 + number
        for table, known, new in (
            ("sessions", fields, {"key": str(key), "id": f"'copy-{number}'"}),
            ("events", entries, {"session_key": str(key)}),
            ("samples", columns, {"session_key": str(key)}),
        ):
            picked = ", ".join(new.get(name, f'"{name}"') for name in known)
            where = "key" if table == "sessions" else "session_key"
            other.execute(f"INSERT INTO {table} SELECT {picked} FROM {table} WHERE {where} = ?", (source,))
    other.commit()
    other.close()
