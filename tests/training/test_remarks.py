"""What a trainer says of a run that is over: another entry of its record each time, durable, once, and of people of the station alone."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from recorded_runs import END_S, NURSE, TRAINER, Recorded, answered
from training_world import Training

from dashboard.pages import _train_api, _train_remarks_api
from dashboard.session.chain import chain
from dashboard.session.event_base import EventError
from dashboard.session.events import RunRemarked
from dashboard.session.fold import check, fold
from dashboard.store import StoreError
from simulators.scenario import find_scenario

RUN = "run-a"


@pytest.fixture
def client(training: Training) -> Iterator[TestClient]:
    answered(RUN, 20.0).save(training.store)
    Recorded("going").alarm().save(training.store)
    Recorded("elsewhere", bed="bed-1").closed().save(training.store)
    no_run = Recorded("no-run")
    no_run.events = [one for one in no_run.closed().events if type(one).__name__ != "RunJoined"]
    no_run.save(training.store)
    assert training.store.writer.flush(10.0)
    app = FastAPI()
    app.include_router(_train_api.router(training.room))
    app.include_router(_train_remarks_api.router(training.room))
    with TestClient(app) as running:
        yield running


def say(client: TestClient, text: object, about: object = "", by: str = TRAINER, **more: Any) -> Any:
    say.count += 1  # type: ignore[attr-defined]
    asked = {"id": f"request-{say.count}", "session": RUN, "about": about, "text": text, "by": by}  # type: ignore[attr-defined]
    return client.post("/train/api/remark", json={**asked, **more})


say.count = 0  # type: ignore[attr-defined]


def entries(training: Training) -> list[tuple[str, str]]:
    events = [stored.event for stored in training.store.events(RUN)]
    return [(one.about, one.text) for one in events if isinstance(one, RunRemarked)]


def test_the_last_word_about_each_line_stands_and_every_word_is_kept(training: Training, client: TestClient) -> None:
    before = client.get(f"/train/api/debrief?session={RUN}").json()
    assert before["remarks"] == []
    assert say(client, "slow to look at the patient", "open-airway").status_code == 200
    say(client, "  calm,\nand told the others ", by=NURSE)
    told = say(client, "slow to look first", "open-airway", by=NURSE).json()["remarks"]
    assert [(one["about"], one["text"], one["by"]) for one in told] == [
        ("", "calm,\nand told the others", NURSE), ("open-airway", "slow to look first", NURSE),
    ]  # fmt: skip
    assert [about for about, _ in entries(training)] == ["open-airway", "", "open-airway"]
    assert training.store.verify(RUN) is None
    after = client.get(f"/train/api/debrief?session={RUN}").json()
    assert after["remarks"] == told and all(one["at"].endswith("+00:00") for one in told)
    assert {**after, "remarks": []} == before, "what is said later changes nothing of the run"
    assert say(client, "", "open-airway").json()["remarks"] == told[:1]  # taken back
    assert entries(training)[-1] == ("open-airway", "")


def test_a_request_sent_again_records_nothing_more(training: Training, client: TestClient) -> None:
    for _ in range(2):
        told = say(client, "well led", id="the-same")
        assert told.status_code == 200 and [one["text"] for one in told.json()["remarks"]] == ["well led"]
    assert entries(training) == [("", "well led")]
    assert say(client, "", id="the-same").json()["remarks"][0]["text"] == "well led"


def test_what_is_not_on_the_disk_is_not_said_to_be(
    training: Training, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: Future[Any] = Future()
    failed.set_exception(StoreError("not saved: the disk is full"))
    with monkeypatch.context() as patch:
        patch.setattr(training.store.writer, "append", lambda *_, **__: failed)
        answer = say(client, "well led", id="again")
    assert answer.status_code == 503 and "disk is full" in answer.json()["error"] and entries(training) == []
    assert say(client, "well led", id="again").status_code == 200 and entries(training) == [("", "well led")]


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"by": "A. Stranger"}, 400, "who is commenting"),
        ({"session": "nothing"}, 404, "no run"),
        ({"session": "elsewhere"}, 404, "no run"),
        ({"session": "no-run"}, 404, "no training run"),
        ({"session": "going"}, 409, "still going on"),
        ({"about": "dance"}, 400, "no line 'dance'"),
        ({"about": 7}, 400, "about: expected text"),
        ({"text": " \n"}, 400, "nothing was entered"),
        ({"text": "x" * 2001}, 400, "2,000"),
        ({"text": "a\x01b"}, 400, "cannot be recorded"),
        ({"id": ""}, 400, "id: expected"),
        ({"id": "x" * 65}, 400, "id: expected"),
    ],
)
def test_what_cannot_be_said_is_refused_in_a_line(
    training: Training, client: TestClient, asked: dict[str, Any], status: int, words: str
) -> None:
    answer = say(client, **{"text": "well led", **asked})
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"] and "\n" not in answer.json()["error"]
    assert entries(training) == []


def test_remarks_stand_in_the_sheet(client: TestClient) -> None:
    action = next(one for one in find_scenario("s02-central-apnoea").actions if one.id == "open-airway")
    say(client, "=1+1 slow", "open-airway")
    say(client, "calm")
    text = client.get(f"/train/api/debrief.csv?session={RUN}").text
    rows = [row for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))) if row["section"] == "remark"]
    assert [(row["what"], row["result"], row["by"]) for row in rows] == [
        ("the run as a whole", "calm", TRAINER), (action.text, "'=1+1 slow", TRAINER),
    ]  # fmt: skip


def test_a_patients_record_takes_no_remark(training: Training, client: TestClient) -> None:
    """Even if it were asked for in the simulations' own store."""
    opened, *_, closed = Recorded("patient").closed(END_S).events
    record = [replace(opened, simulation=False), closed]  # type: ignore[call-arg]

    said = RunRemarked(at=closed.at, by=TRAINER, t_s=END_S, text="well led")
    with pytest.raises(EventError, match="patient's session"):
        check(fold(chain("patient", record)), said)
    check(fold(chain("patient", [opened, closed])), said)
    with pytest.raises(EventError, match="still going on"):
        check(fold(chain("patient", [opened])), said)


def test_a_station_without_a_training_room_says_so() -> None:
    app = FastAPI()
    app.include_router(_train_remarks_api.router(None))
    assert TestClient(app).post("/train/api/remark", json={}).status_code == 404
