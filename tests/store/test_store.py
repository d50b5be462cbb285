"""What is written comes back, and only that."""

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.models import ConfigError
from dashboard.alarms.values import SAMPLED, Tick
from dashboard.session.chain import verify
from dashboard.session.events import (
    SYSTEM,
    AlarmRaised,
    Correction,
    Event,
    Note,
    SessionClosed,
    SessionOpened,
    SessionSigned,
)
from dashboard.store import Store, StoredTick, StoreError, Stores, open_store

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)
WAIT_S = 20


def opened(bed: str = "bed-1", at_s: float = 0, **values: Any) -> SessionOpened:
    plan: dict[str, Any] = {
        "patient": "T.N.", "weight_kg": 62, "concentration_mg_ml": 2, "planned_mg": 86.8, "planned_min": 240,
        "profile": "B-high-respiratory-risk", "profile_version": "0.1.0",
    }  # fmt: skip
    return SessionOpened(at=START + timedelta(seconds=at_s), by="R.N.", t_s=0.0, bed=bed, **{**plan, **values})


def note(t_s: float, text: str = "x", by: str = "R.N.") -> Note:
    return Note(at=START + timedelta(seconds=t_s), by=by, t_s=t_s, text=text)


def tick(t_s: float, notes: dict[str, Any] | None = None, **values: float | None) -> StoredTick:
    return StoredTick(START + timedelta(seconds=t_s), 1000.5 + t_s, Tick(t_s, values), notes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "live.db") as opened_store:
        yield opened_store


def append(store: Store, session: str, event: Event, request_id: str | None = None) -> int:
    return store.writer.append(session, event, request_id).result(WAIT_S).seq


def test_entries_come_back_as_they_were(store: Store) -> None:
    assert store.writer.open_session("s1", opened()).result(WAIT_S).seq == 1
    events = [
        note(1.25, "Größe 痛 “quoted”"),
        AlarmRaised(
            at=START,
            by=SYSTEM,
            t_s=2.0,
            rule="R",
            occurrence=1,
            priority="high",
            kind="physiological",
            value=84.0,
            limit="≤ 84",
        ),
        Correction(at=START, by="R.N.", t_s=3.0, of=2, reason="x", replacement={"text": "y"}),
    ]
    for event in events:
        append(store, "s1", event)
    record = store.events("s1")
    assert [stored.event for stored in record] == [opened(), *events]
    assert [stored.seq for stored in record] == [1, 2, 3, 4]
    assert store.verify("s1") is None
    assert store.events("s1", after=3) == record[3:]
    assert store.events("s2") == []


def test_an_answered_retry_records_nothing_more(store: Store) -> None:
    append(store, "s1", opened())
    append(store, "s2", opened())
    first = store.writer.append("s1", note(1), "id-1").result(WAIT_S)
    again = store.writer.append("s1", note(2, "typed again"), "id-1").result(WAIT_S)
    assert again == first
    assert store.recorded("s1", "id-1") == first
    assert store.recorded("s1", "id-2") is None
    assert append(store, "s2", note(1), "id-1") == 2  # ids belong to a session
    assert len(store.events("s1")) == 2


def test_two_of_one_id_in_one_moment(store: Store) -> None:
    append(store, "s1", opened())
    answers = [store.writer.append("s1", note(1), "id-1") for _ in range(20)]
    assert {answer.result(WAIT_S).seq for answer in answers} == {2}
    assert len(store.events("s1")) == 2


def test_many_threads_one_chain(store: Store) -> None:
    for session in ("s1", "s2"):
        append(store, session, opened())

    def write(name: str) -> None:
        for i in range(25):
            store.writer.append(("s1", "s2")[i % 2], note(float(i), name)).result(WAIT_S)

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.verify("s1") is None
    assert store.verify("s2") is None
    assert len(store.events("s1")) + len(store.events("s2")) == 6 * 25 + 2


@pytest.mark.parametrize(
    ("session", "event", "request_id", "words"),
    [
        ("nowhere", note(1), None, "no session nowhere"),
        ("s1", opened(), None, "a session s1 already"),
        ("s1", note(1), "x" * 65, "65 characters"),
        ("s1", note(1, by="half a \ud83d"), None, "not saved"),
        ("s1", replace(note(1), t_s=float("nan")), None, "not saved"),
    ],
)
def test_what_cannot_be_recorded_is_answered_and_holds_nothing_up(
    store: Store, session: str, event: Event, request_id: str | None, words: str
) -> None:
    append(store, "s1", opened())
    futures = [
        store.writer.append("s1", note(1)),
        store.writer.append(session, event, request_id),
        store.writer.append("s1", note(2)),
    ]
    with pytest.raises(StoreError, match=words):
        futures[1].result(WAIT_S)
    assert [futures[0].result(WAIT_S).seq, futures[2].result(WAIT_S).seq] == [2, 3]
    assert store.health().ok
    assert store.verify("s1") is None


def test_who_gave_up_waiting_does_not_stop_the_writer(store: Store) -> None:
    append(store, "s1", opened())
    for _ in range(50):
        store.writer.append("s1", note(1)).cancel()
    assert append(store, "s1", note(2)) > 1
    assert store.health().ok


def test_samples_come_back_as_they_were(store: Store) -> None:
    append(store, "s1", opened())
    written = [
        tick(0, hr=70.0, spo2=97.0, link=0.2),
        tick(1, {"spo2": "sensor_off"}, hr=71.5, spo2=None, link=0.2),
        tick(2, hr=72.0, link=0.2, etco2=None),  # spo2 no longer monitored
        StoredTick(START, 1004.5, Tick(4.0, dict.fromkeys(SAMPLED, 1.0)), {"hr": "@monitor"}),
        tick(5),
    ]
    for sample in written:
        store.writer.sample("s1", sample)
    assert store.writer.flush(WAIT_S)
    assert list(store.stored_ticks("s1")) == written
    assert list(store.ticks("s1", from_s=2)) == [sample.tick for sample in written[2:]]
    assert store.last_tick("s1") == (5, START + timedelta(seconds=5))
    columns = store.samples("s1", to_s=2)
    assert len(columns) == 3
    assert set(columns.values) == {"hr", "spo2", "link", "etco2"}
    assert columns.values["hr"].tolist() == [70.0, 71.5, 72.0]
    assert np.isnan(columns.values["spo2"]).tolist() == [False, True, True]
    assert columns.at_ms[2] - columns.at_ms[0] == 2000
    assert columns.mask[0] == sum(1 << SAMPLED.index(name) for name in ("hr", "spo2", "link"))
    assert columns.mask[2] == sum(1 << SAMPLED.index(name) for name in ("hr", "etco2", "link"))
    assert list(store.samples("s1", from_s=1, to_s=2, signals={"hr"}).values) == ["hr"]


def test_ticks_of_a_signal_in_trouble(store: Store) -> None:
    append(store, "s1", opened())
    notes = [
        None,
        {"spo2": "sensor_off"},
        {"spo2": "@monitor"},
        {"hr": "invalid"},
        {"hr": "@a", "spo2": "questionable"},
    ]
    for i, note_of in enumerate(notes):
        store.writer.sample("s1", tick(i, note_of, spo2=97.0))
    store.writer.flush(WAIT_S)
    assert store.troubled("s1", "spo2").tolist() == [1, 4]
    assert store.troubled("nowhere", "spo2").tolist() == []


def test_a_session_without_samples(store: Store) -> None:
    append(store, "s1", opened())
    for session in ("s1", "nowhere"):
        assert len(store.samples(session)) == 0
        assert list(store.ticks(session)) == []
        assert store.last_tick(session) is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(st.sampled_from(SAMPLED), st.none() | st.floats(-1e6, 1e6), max_size=6), min_size=1, max_size=8
    ),
    st.integers(0, 10**9),
)
def test_any_tick_is_the_same_again(store: Store, values: list[dict[str, float | None]], session: int) -> None:
    name = f"s{session}-{len(store.sessions())}"
    append(store, name, opened())
    for i, row in enumerate(values):
        store.writer.sample(name, StoredTick(START, float(i), Tick(float(i), row)))
    store.writer.flush(WAIT_S)
    assert [dict(t.values) for t in store.ticks(name)] == values


def test_a_tick_is_recorded_once(store: Store) -> None:
    append(store, "s1", opened())
    store.writer.sample("s1", tick(1, hr=70.0))
    store.writer.sample("s1", tick(1, hr=99.0))
    store.writer.flush(WAIT_S)
    assert store.samples("s1").values["hr"].tolist() == [70.0]
    with pytest.raises(ValueError, match="sbp"):
        store.writer.sample("s1", tick(2, sbp=120.0))


def test_a_sample_of_nowhere_holds_nothing_up(store: Store) -> None:
    append(store, "s1", opened())
    store.writer.sample("nowhere", tick(1, hr=70.0))
    store.writer.sample("s1", tick(1, hr=70.0))
    assert store.writer.flush(WAIT_S)
    assert len(store.samples("s1")) == 1


def test_lists_of_sessions(store: Store) -> None:
    for i, bed in enumerate(["bed-1", "bed-2", "bed-1"]):
        append(store, f"s{i}", opened(bed, at_s=i * 60))
    append(store, "s0", SessionClosed(at=START + timedelta(hours=1), by="R.N.", t_s=3600.0))
    append(store, "s0", SessionSigned(at=START + timedelta(hours=2), by="Dr. A", t_s=7200.0))
    append(store, "s1", Correction(
        at=START, by="R.N.", t_s=5.0, of=1, reason="x", replacement={"type": "session_opened", "patient": "N.T."}
    ))  # fmt: skip
    assert [row.id for row in store.sessions()] == ["s2", "s1", "s0"]
    assert [row.id for row in store.sessions(limit=1, offset=1)] == ["s1"]
    assert [row.id for row in store.sessions(bed="bed-1")] == ["s2", "s0"]
    assert [row.id for row in store.open_sessions()] == ["s2", "s1"]
    assert [row.id for row in store.open_sessions("bed-1")] == ["s2"]
    closed = store.session("s0")
    assert closed is not None
    assert (closed.closed_at, closed.signed_by) == (START + timedelta(hours=1), "Dr. A")
    assert (closed.last_seq, closed.last_hash) == (3, store.events("s0")[-1].hash)
    assert store.session("s1").patient == "N.T."  # type: ignore[union-attr]
    assert store.session("s9") is None


def test_a_session_is_found_by_as_much_as_is_needed(store: Store) -> None:
    for i, session in enumerate(["0197aa-1", "0197aa-2", "0198"]):
        append(store, session, opened(at_s=i))
    assert store.find("0198").id == "0198"
    assert store.find("0197AA-2").id == "0197aa-2"
    assert store.find("latest").id == "0198"
    for text, words in [
        ("0197", "could be 0197aa-1, 0197aa-2: give more"),
        ("9", "no session '9'"),
        ("", "could be"),
        ("%", "no"),
    ]:
        with pytest.raises(ConfigError, match=words):
            store.find(text)


def test_the_database_itself_refuses_changes(store: Store, tmp_path: Path) -> None:
    append(store, "s1", opened())
    other = sqlite3.connect(tmp_path / "live.db")
    for statement in ("UPDATE events SET data = '{}'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
            other.execute(statement)
    other.close()


def test_tampering_behind_our_back_shows(store: Store, tmp_path: Path) -> None:
    append(store, "s1", opened())
    for i in range(3):
        append(store, "s1", note(float(i)))
    other = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
    other.execute("DROP TRIGGER keep_events_delete")
    other.execute("DROP TRIGGER keep_events_update")
    other.execute("DELETE FROM events WHERE seq = 4")
    broken = store.verify("s1")
    assert broken is not None
    assert broken.seq == 4
    other.execute("UPDATE events SET data = replace(data, 'x', 'z') WHERE seq = 2")
    broken = store.verify("s1")
    assert broken is not None
    assert broken.seq == 2
    with pytest.raises(StoreError, match="entry 2: was changed"):
        store.events("s1")
    other.execute("UPDATE events SET data = replace(replace(data, 'z', 'x'), 'R.N.', 'N.R.') WHERE seq = 2")
    broken = store.verify("s1")
    assert broken is not None
    assert (broken.seq, broken.reason) == (2, "was changed after it was recorded")
    assert verify(store.events("s1")) == broken
    other.close()


def test_readers_cannot_write(store: Store) -> None:
    append(store, "s1", opened())
    with pytest.raises(StoreError, match="may not be written"), store._reading() as connection:
        connection.exec_driver_sql("DELETE FROM samples")


def test_closing_leaves_one_whole_file(tmp_path: Path) -> None:
    with open_store(tmp_path / "live.db") as store:
        append(store, "s1", opened())
        store.writer.sample("s1", tick(1, hr=70.0))
        assert store.sessions()
    assert [path.name for path in tmp_path.iterdir()] == ["live.db"]
    with open_store(tmp_path / "live.db") as store:
        assert len(store.samples("s1")) == 1
        assert append(store, "s1", note(2)) == 2


def test_after_closing_nothing_is_taken(store: Store) -> None:
    writer = store.writer
    append(store, "s1", opened())
    assert store.close() == 0
    with pytest.raises(StoreError, match="shutting down"):
        writer.append("s1", note(1)).result(WAIT_S)


def test_live_and_simulated_never_share_a_file(tmp_path: Path) -> None:
    with Stores(tmp_path / "data") as stores:
        assert stores.existing() == []
        with pytest.raises(ConfigError, match="no session is recorded"):
            stores.find("latest")
        assert not (tmp_path / "data").exists()
        append(stores.simulation, "0197-sim", opened(simulation=True, at_s=10))
        with pytest.raises(StoreError, match="store of simulations"):
            stores.live.writer.open_session("0197-x", opened(simulation=True)).result(WAIT_S)
        with pytest.raises(StoreError, match="store of simulations"):
            stores.simulation.writer.open_session("0197-x", opened()).result(WAIT_S)
        append(stores.live, "0197-live", opened())
        assert stores.find("0197-l") == (stores.live, stores.live.sessions()[0])
        assert stores.find("latest")[0] is stores.simulation
        with pytest.raises(ConfigError, match="could be"):
            stores.find("0197")
        assert [row.id for row in stores.live.sessions()] == ["0197-live"]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["live.db", "simulation.db"]
