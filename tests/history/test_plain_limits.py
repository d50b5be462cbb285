"""The comparison over a real store, by the worker process: the figures of the engine itself, worked out once."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_clinic import FIRST, Room

from dashboard import alarms
from dashboard.analytics.comparison import Compared, compare
from dashboard.history.reader import HistoryReader, in_force
from dashboard.plain_limits import PlainLimits, Progress, compare_recorded
from dashboard.session.facts import as_fact
from dashboard.store import Stores
from dashboard.store.profiles_text import to_toml


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stores, str, str]]:
    """A session with a brief dip, a desaturation and a lost probe; another one that is still open."""
    folder: Path = tmp_path_factory.mktemp("plain")
    with Stores(folder) as stores:
        # The dip is over in a quarter of a minute: plain limits alarm, profile A does not.
        episodes = [(300.0, 316.0, "spo2", -9.0), (500.0, 620.0, "spo2", -18.0), (700.0, 770.0, "spo2", None)]
        closed = Room(stores.live, 1, FIRST).run(15, episodes, 1, "T.N.")
        still_open = Room(stores.live, 2, FIRST).run(6, [(200.0, 216.0, "spo2", -9.0)], 2, "A.B.", close=False)
        yield stores, closed, still_open


def by_the_engine(stores: Stores, session: str) -> Compared:
    """Every tick through the engine, without the shortcut and without a worker."""
    store, row = stores.find(session)
    record = store.events(row.id)
    facts = [fact for stored in record if (fact := as_fact(stored.event, stored.seq)) is not None]
    return compare(session, alarms.load_profile("A-standard-adult"), list(store.ticks(row.id)), facts)


def test_the_worker_finds_what_the_engine_finds(clinic: tuple[Stores, str, str]) -> None:
    stores, session, _ = clinic
    store, _row = stores.find(session)
    one = HistoryReader(stores).one(session)
    assert one is not None
    profile = in_force(store, one.folded)
    assert profile is not None
    expected = by_the_engine(stores, session)
    assert compare_recorded(store.address, session, to_toml(profile)) == expected
    assert expected.plain.n > expected.ours.n and expected.plain_alarms > expected.alarms
    assert len(expected.desaturations) == 1 and expected.missed == ()


def test_the_page_is_told_how_far_it_is_and_asks_only_once(clinic: tuple[Stores, str, str]) -> None:
    stores, session, still_open = clinic
    plain = PlainLimits(HistoryReader(stores))
    names = [session, still_open, "0193-nobody"]
    assert plain.look(names).total == 2
    done = _finished(plain, names)
    assert (done.left_out, done.compared.sessions) == (0, 2)
    assert done.compared.ours.of + done.compared.plain.of > 0
    again = plain.look([session])
    assert again.finished and again.compared == by_the_engine(stores, session)
    assert not plain._waiting, "nothing is worked out twice"


def _finished(plain: PlainLimits, names: list[str]) -> Progress:
    deadline = time.monotonic() + 60
    while not (progress := plain.look(names)).finished:
        assert time.monotonic() < deadline, "the worker did not answer"
        time.sleep(0.05)
    return progress


def test_a_session_whose_limits_are_not_known_is_left_out_and_said(
    clinic: tuple[Stores, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, session, _ = clinic
    monkeypatch.setattr("dashboard.plain_limits.in_force", lambda store, folded: None)
    done = _finished(PlainLimits(HistoryReader(stores)), [session])
    assert (done.done, done.left_out, done.compared.sessions) == (1, 1, 0)
