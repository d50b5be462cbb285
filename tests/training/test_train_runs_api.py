"""All runs over HTTP: filters, file, and that only the training room's own runs are told; a made-up store and a real run beside it."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from recorded_runs import ALARM_S, BEGAN, Recorded, answered, vitals
from training_world import Training

from dashboard.pages._train_runs_api import router
from dashboard.store import Store, Stores
from dashboard.training.runs import RunBook
from simulators.scenario import find_scenario


@pytest.fixture
def client(training: Training) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(training.room))
    with TestClient(app) as running:
        yield running


def runs(client: TestClient, words: str = "") -> dict[str, Any]:
    answer = client.get(f"/train/api/runs?{words}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def fill(store: Store) -> None:
    answered("run-a", 44.0).save(store, vitals(240, 600, spo2=97.0, hole=(500, 520)))
    answered("run-b", 20.0, began=BEGAN + timedelta(days=1)).save(store, vitals(240, 600, spo2=94.0))
    fork = Recorded("run-c", began=BEGAN + timedelta(days=1, hours=1)).forked("run-b", ALARM_S + 5).alarm().closed()
    fork.save(store)
    Recorded("run-d", scenario="s06-probe-off", began=BEGAN + timedelta(days=2)).closed().save(store)
    Recorded("elsewhere", bed="bed-1").closed().save(store)  # a simulated bed that is no training room
    assert store.writer.flush(10.0)


def test_an_empty_store(client: TestClient) -> None:
    told = runs(client)
    assert (told["rows"], told["cohorts"], told["scenarios"], told["total"], told["problems"]) == ([], [], [], 0, [])


def test_runs_and_filters(training: Training, client: TestClient) -> None:
    fill(training.store)
    told = runs(client)
    assert [one["id"] for one in told["rows"]] == ["run-d", "run-c", "run-b", "run-a"]
    assert [one[0] for one in told["scenarios"]] == ["s02-central-apnoea", "s06-probe-off"]
    assert not [one for one in told["columns"] if one["field"].startswith("item")]
    told = runs(client, "scenario=s02-central-apnoea")
    third = f"item{[one.id for one in find_scenario('s02-central-apnoea').actions].index('open-airway')}"
    assert [one[f"{third}_words"] for one in told["rows"]] == ["missed", "20 s", "late, 44 s"]
    assert [one["met_words"] for one in told["rows"]] == ["0 of 5", "2 of 5", "1 of 5"]
    assert "forked from" in told["rows"][0]["note"] and "07:05" in told["rows"][0]["note"]
    (cohort,) = told["cohorts"]
    airway = next(one for one in cohort["items"] if one["id"] == "open-airway")
    assert (cohort["words"], airway["met"], airway["time"]) == ("3 runs · 1 forked", "1 of 3", "32 s (20 to 44), n = 2")
    first = runs(client, "scenario=s02-central-apnoea&first=1")
    assert [one["id"] for one in first["rows"]] == ["run-b", "run-a"] and first["cohorts"][0]["runs"] == 2
    day = (BEGAN + timedelta(days=1)).astimezone().date()
    assert [one["id"] for one in runs(client, f"from={day}&to={day}")["rows"]] == ["run-c", "run-b"]


def test_a_run_that_goes_on_is_marked(training: Training, client: TestClient) -> None:
    session = training.room.start(find_scenario("s02-central-apnoea"), "T. Trainer", from_s=3)
    training.pass_s(5)
    assert training.store.writer.flush(5.0)
    (one,) = runs(client)["rows"]
    assert (one["id"], one["going"], one["lasted_s"]) == (session, True, pytest.approx(5.0, abs=1.0))
    assert one["note"] == "going on" and runs(client)["cohorts"] == []
    assert client.get(f"/train/api/truth?session={session}").status_code == 409
    training.room.end("T. Trainer")
    assert training.store.writer.flush(5.0)
    (one,) = runs(client)["rows"]
    assert not one["going"]


def test_the_file_holds_what_is_shown_in_its_order(training: Training, client: TestClient) -> None:
    fill(training.store)
    text = client.post("/train/api/runs.csv", json={"sessions": ["run-a", "gone", "run-b"]}).text
    found = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [one["session"] for one in found] == ["run-a", "run-b"]
    assert [one["open-airway s"] for one in found] == ["44.0", "20.0"]
    assert [one["open-airway met"] for one in found] == ["false", "true"]
    assert {one["simulation"] for one in found} == {"true"}
    both = client.post("/train/api/runs.csv", json={"sessions": ["run-a", "run-d"]}).text.splitlines()[0]
    assert "s02-central-apnoea/open-airway s" in both and "s06-probe-off/look s" in both


def test_two_runs(training: Training, client: TestClient) -> None:
    fill(training.store)
    told = client.get("/train/api/compare?a=run-a&b=run-b").json()
    assert told["same"] and {one["id"]: one["difference"] for one in told["pairs"]}["open-airway"] == "−24 s"
    x, y = told["a"]["screen"]["spo2"]
    assert None in y and not [t for t, v in zip(x, y, strict=True) if v is not None and 500 <= t < 520]
    assert told["b"]["screen"]["sbp_cuff"][0] == [240, 360, 480, 600]
    assert [one["from_s"] for one in told["a"]["alarms"]] == [ALARM_S]
    other = client.get("/train/api/compare?a=run-a&b=run-d").json()
    assert not other["same"] and other["pairs"] == [] and other["a"]["alarms"] == [] and other["a"]["acts"] == []
    assert other["a"]["screen"]["spo2"][0]
    assert client.get("/train/api/compare?a=run-b&b=run-c").json()["b"]["fork_s"] == ALARM_S + 5
    told = client.get("/train/api/forks?session=run-b").json()["forks"]
    assert [(one["session"], one["at"]) for one in told] == [("run-c", "07:05")]
    assert client.get("/train/api/forks?session=run-a").json()["forks"] == []
    # Beside another run too the one that was forked is called by when it began.
    forked = client.get("/train/api/compare?a=run-a&b=run-c").json()["b"]
    assert re.search(r"forked from \d\d:\d\d run at 07:05", forked["note"]), forked["note"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("compare?a=run-a&b=run-a", 400, "choose two"),
        ("compare?a=run-a", 400, "choose two"),
        ("compare?a=run-a&b=elsewhere", 404, "no run"),
        ("truth?session=elsewhere", 404, "no run"),
        ("runs?from=yesterday", 400, "expected a date"),
    ],
)
def test_what_cannot_be_told_is_said(
    training: Training, client: TestClient, path: str, status: int, words: str
) -> None:
    fill(training.store)
    answer = client.get(f"/train/api/{path}")
    assert answer.status_code == status and words in answer.json()["error"]


def test_without_a_training_room() -> None:
    app = FastAPI()
    app.include_router(router(None))
    assert TestClient(app).get("/train/api/runs").status_code == 404


def test_a_score_is_worked_out_once_until_its_record_grows(training: Training, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(training.store)
    asked: list[str] = []
    real = Store.events
    monkeypatch.setattr(
        Store, "events", lambda self, session, after=0: asked.append(session) or real(self, session, after)
    )
    book = RunBook(training.store, "train-1", find_scenario)
    assert [one.session for one in book.runs().runs] == ["run-d", "run-c", "run-b", "run-a"]
    assert sorted(asked) == ["run-a", "run-b", "run-c", "run-d"]
    asked.clear()
    assert len(book.runs().runs) == 4 and asked == []
    one = Recorded("run-e", began=BEGAN + timedelta(days=3)).closed().save(training.store)
    Recorded.noted(one, 700, "later")
    training.store.writer.append("run-a", one.events[-1])
    assert training.store.writer.flush(5.0)
    assert len(book.runs().runs) == 5 and sorted(asked) == ["run-a", "run-e"]


def test_a_truth_is_that_of_the_scenario_as_it_is(training: Training) -> None:
    """An own scenario may be changed between two looks at a run."""
    fill(training.store)
    scenarios = [find_scenario("s02-central-apnoea")]
    book = RunBook(training.store, "train-1", lambda _: scenarios[-1])
    before = book.truth("run-a")
    assert book.truth("run-a") is before
    patient = scenarios[0].patient.model_copy(update={"hr": scenarios[0].patient.hr + 30})
    scenarios.append(scenarios[0].model_copy(update={"patient": patient}))
    assert book.truth("run-a")[100][1]["hr"] > before[100][1]["hr"] + 15


def test_patients_are_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a patient whose bed has the training room's name."""
    with Stores(tmp_path) as stores:
        training = Training(stores.simulation)
        fill(stores.simulation)
        opened = Recorded("patient", began=BEGAN).events[0]
        stores.live.writer.append("patient", replace(opened, simulation=False, scenario="")).result(5)
        app = FastAPI()
        app.include_router(router(training.room))
        read: set[str] = set()
        real = Store._reading
        monkeypatch.setattr(Store, "_reading", lambda self: read.add(self.place) or real(self))
        with TestClient(app) as client:
            assert "patient" not in {one["id"] for one in runs(client)["rows"]}
            client.get("/train/api/compare?a=run-a&b=run-b")
            assert client.get("/train/api/compare?a=run-a&b=patient").status_code == 404
            client.post("/train/api/runs.csv", json={"sessions": ["patient"]})
        assert read == {stores.simulation.place} and stores.live.place != stores.simulation.place
        training.room.close()
