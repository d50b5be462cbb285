"""Histories out of a real store, and what reviewers add to it: while the session runs, and after it was closed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from bed_world import START, World

from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.ward import Ward
from dashboard.history.reader import HistoryReader
from dashboard.history.review import Reviews
from dashboard.session.chain import verify
from dashboard.store import Stores

PEOPLE = ("R. Nurse", "Dr. A", "C. Charge")
HEALTHY = {"spo2": 97.0, "pr": 72.0, "etco2": 38.0, "rr_co2": 14.0}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with Stores(tmp_path) as made:
        yield made


@pytest.fixture
def world(stores: Stores) -> World:
    return World(stores.live)


def reader_of(stores: Stores) -> HistoryReader:
    return HistoryReader(stores, lambda: {"bed-1": "Room 1"})


def desaturation(world: World) -> str:
    """A session with one alarm that a nurse accepts."""
    session = world.open()
    world.advance(20, **HEALTHY)
    world.advance(60, **{**HEALTHY, "spo2": 83.0})
    top = next(alarm for alarm in world.bed.alarms() if alarm.rule.startswith("SPO2"))
    world.bed.acknowledge(top.occurrence, "R. Nurse")
    world.advance(60, **HEALTHY)
    world.settle()
    return session


def close(world: World) -> None:
    world.record("session_closed")
    world.settle()


def occurrence(reader: HistoryReader, session: str) -> int:
    found = reader.one(session)
    assert found is not None
    return next(one.number for one in found.occurrences if one.rule.startswith("SPO2"))


def judge(
    reviews: Reviews, session: str, number: int, word: str, by: str = "Dr. A", request: str | None = None
) -> None:
    entry = {"type": "alarm_judged", "by": by, "occurrence": number, "verdict": word}
    reviews.record(session, entry, request or f"{by} {number} {word}")


def test_a_history_is_what_the_engine_said(world: World, stores: Stores) -> None:
    session = desaturation(world)
    found = reader_of(stores).one(session)
    assert found is not None
    (low,) = [one for one in found.occurrences if one.rule.startswith("SPO2")]
    assert (low.priority, low.value, low.acknowledged_by, low.state) == ("high", 83, "R. Nurse", "cleared")
    assert found.rules[low.rule].label and found.bed_title == "Room 1" and found.state == "open"
    assert found.end_s == pytest.approx(140, abs=2)


def test_an_open_session_goes_on(world: World, stores: Stores) -> None:
    session, reader = desaturation(world), reader_of(stores)
    before = reader.one(session)
    world.advance(30, **HEALTHY)
    world.settle()
    after = reader.one(session)
    assert before is not None and after is not None
    assert after.end_s == before.end_s + 30
    world.record("note", text="later")
    again = reader.one(session)
    assert again is not None and again.folded.seq > after.folded.seq


def test_a_closed_session_is_read_once(world: World, stores: Stores) -> None:
    session, reader = desaturation(world), reader_of(stores)
    close(world)
    assert reader.one(session) is reader.one(session)


@pytest.mark.parametrize(
    ("since_h", "until_h", "there"), [(-1, 1, True), (1, 2, False), (-2, -1, False), (None, None, True)]
)
def test_sessions_between_two_moments(
    world: World, stores: Stores, since_h: float | None, until_h: float | None, there: bool
) -> None:
    desaturation(world)
    close(world)
    since, until = (None if h is None else START + timedelta(hours=h) for h in (since_h, until_h))
    assert bool(reader_of(stores).sessions("live", since=since, until=until)) is there


def test_patients_and_simulations_never_mix(world: World, stores: Stores) -> None:
    desaturation(world)
    reader = reader_of(stores)
    assert len(reader.sessions("live")) == 1 and reader.sessions("simulation") == []
    assert reader.sessions("live", bed="bed-2") == []
    assert reader.one("no such") is None


def test_a_store_that_was_never_made_is_not_made_by_looking(stores: Stores) -> None:
    assert reader_of(stores).sessions("simulation") == [] and not (stores.data_dir / "simulation.db").exists()


def test_a_closed_session_takes_verdicts_while_another_runs(world: World, stores: Stores) -> None:
    session, reader = desaturation(world), reader_of(stores)
    close(world)
    other = world.open()
    world.advance(5, **HEALTHY)
    reviews = Reviews(Ward([world.bed], list), stores, reader, PEOPLE)
    number = occurrence(reader, session)
    judge(reviews, session, number, "true")
    found = reader.one(session)
    assert found is not None and found.agreed(number) == "true"
    assert found.end_s == found.folded.closed.t_s if found.folded.closed else False
    record = stores.live.events(session)
    assert verify(record) is None and record[-1].event.t_s == record[-2].event.t_s
    world.settle()
    assert world.bed.session is not None and world.bed.session.id == other
    assert all(stored.event.by != "Dr. A" for stored in stores.live.events(other))


def test_a_running_session_takes_them_through_its_bed(world: World, stores: Stores) -> None:
    session, reader = desaturation(world), reader_of(stores)
    reviews = Reviews(Ward([world.bed], list), stores, reader, PEOPLE)
    number = occurrence(reader, session)
    judge(reviews, session, number, "nuisance", "R. Nurse")
    world.settle()
    assert world.bed.session is not None
    assert world.bed.session.seq == len(stores.live.events(session))  # the bed has heard of it
    found = reader.one(session)
    assert found is not None and found.agreed(number) == "nuisance"


def test_the_same_request_again_records_nothing_more(world: World, stores: Stores) -> None:
    session, reader = desaturation(world), reader_of(stores)
    close(world)
    reviews = Reviews(Ward([world.bed], list), stores, reader, PEOPLE)
    number = occurrence(reader, session)
    for _ in range(2):
        judge(reviews, session, number, "true", request="one and the same")
    assert sum(stored.event.by == "Dr. A" for stored in stores.live.events(session)) == 1


def test_who_has_signed_changes_nothing_more_but_another_reviewer_may(world: World, stores: Stores) -> None:
    session, reader = desaturation(world), reader_of(stores)
    reviews = Reviews(Ward([world.bed], list), stores, reader, PEOPLE)
    number = occurrence(reader, session)
    sign = {"type": "alarm_review_signed", "by": "Dr. A", "statement": "mine"}
    with pytest.raises(EntryRefused, match="not closed"):
        reviews.record(session, {**sign, "by": "C. Charge"}, "too early")
    close(world)
    judge(reviews, session, number, "true")
    assert reviews.record(session, sign, "signed").signed_by == ("Dr. A",)
    with pytest.raises(EntryRefused, match="signed this review already"):
        judge(reviews, session, number, "nuisance")
    judge(reviews, session, number, "nuisance", "C. Charge")
    found = reader.one(session)
    assert found is not None and {v.by: (v.word, v.signed) for v in found.verdicts[number]} == {
        "Dr. A": ("true", True), "C. Charge": ("nuisance", False),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"type": "note", "by": "Dr. A", "text": "x"}, "cannot be recorded here"),
        ({"type": "alarm_judged", "by": "Somebody", "occurrence": 1, "verdict": "true"}, "who is reviewing"),
        ({"type": "alarm_judged", "by": "Dr. A", "occurrence": 99, "verdict": "true"}, "no alarm 99"),
        ({"type": "alarm_judged", "by": "Dr. A", "occurrence": 1, "verdict": "maybe"}, "expected one of"),
        ({"type": "alarm_judged", "by": "Dr. A", "occurrence": 1}, "verdict"),
    ],
)
def test_what_cannot_be_recorded_is_said(world: World, stores: Stores, entry: dict[str, object], words: str) -> None:
    session = desaturation(world)
    close(world)
    reviews = Reviews(Ward([world.bed], list), stores, reader_of(stores), PEOPLE)
    with pytest.raises(EntryRefused, match=words):
        reviews.record(session, entry, "r")


def test_a_session_that_is_not_there(world: World, stores: Stores) -> None:
    reviews = Reviews(Ward([world.bed], list), stores, reader_of(stores), PEOPLE)
    with pytest.raises(EntryRefused, match="no session"):
        judge(reviews, "nothing", 1, "true")
