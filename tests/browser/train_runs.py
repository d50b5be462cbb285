"""Stores with runs of the training room, for browser tests."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from recorded_runs import ALARM_S, BEGAN, END_S, JOINED_S, Recorded, answered, hundreds, vitals

from dashboard.store import Stores

#: `open-airway` after so many seconds, of 30: two in time, one late; then a fork of the late one, a fast run, and one of another scenario.
AFTER_S = (20.0, 26.0, 44.0)
A, B, C = "11111111-run", "22222222-run", "33333333-run"
FORK, FAST, OTHER = "44444444-fork", "55555555-fast", "66666666-other"


def few(stores: Stores) -> None:
    store = stores.simulation
    for i, (session, after_s) in enumerate(zip((A, B, C), AFTER_S, strict=True)):
        one = answered(session, after_s, began=BEGAN + timedelta(hours=i))
        one.save(store, vitals(int(JOINED_S), int(END_S), spo2=97.0 - 3 * i, hole=(500, 520) if i else (0, 0)))
    # Forked at the alarm: nothing of the other run's actions is repeated.
    fork = (
        Recorded(FORK, began=BEGAN + timedelta(hours=3)).forked(C, ALARM_S + 1).alarm().did(ALARM_S + 10, "open_airway")
    )
    fork.noted(ALARM_S + 15, "airway open").closed().save(store, vitals(int(JOINED_S), int(END_S), spo2=92.0))
    fast = Recorded(FAST, began=BEGAN + timedelta(hours=4)).paced(300.0, 5.0).alarm().closed()
    fast.save(store, vitals(int(JOINED_S), int(END_S), spo2=90.0))
    other = Recorded(OTHER, scenario="s06-probe-off", began=BEGAN + timedelta(hours=5)).noted(300.0, "looked").closed()
    other.save(store, vitals(int(JOINED_S), int(END_S), spo2=98.0))
    assert store.writer.flush(30.0)


def many(stores: Stores) -> None:
    hundreds(stores.simulation, 200)


RUNS: dict[str, Callable[[Stores], None]] = {"few": few, "many": many}
