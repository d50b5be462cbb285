"""The training page's questions and acts over HTTP, and what the other pages hear of a training bed: nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from training_world import Training

from dashboard.bedside.ward import Ward
from dashboard.live.hub import Hub, Viewer
from dashboard.pages import _train_curves_api
from dashboard.pages._train_api import router
from dashboard.training.catalogue import ACTIONS, CUES, INJECTIONS
from dashboard.training.untouched import Untouched, course

TRAINER = "T. Trainer"


class Here:
    """Works out untouched courses at once, in this process."""

    def untouched(self, owner: str, asked: Untouched) -> dict[str, Any] | None:
        return course(asked, lambda _second: True)


@pytest.fixture
def client(training: Training) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(training.room))
    app.include_router(_train_curves_api.router(training.room, Here()))
    with TestClient(app) as running:
        yield running


def do(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post("/train/api/do", json={"by": TRAINER, **asked})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def state(client: TestClient, since: float = -1.0) -> dict[str, Any]:
    told: dict[str, Any] = client.get(f"/train/api/state?since={since}").json()
    return told


def test_a_run_from_start_to_end(training: Training, client: TestClient) -> None:
    assert state(client)["state"] == "idle"
    session = do(client, do="start", scenario="apnoea-desaturation", from_s=20, seed=5)["session"]
    training.pass_s(5)
    now = state(client)
    assert (now["state"], now["session"], now["seed"]) == ("running", session, 5)
    assert now["t_s"] == pytest.approx(25.0, abs=1.0)
    assert now["truth"]["t_s"] == list(range(26))
    assert state(client, since=20)["truth"]["t_s"] == [21, 22, 23, 24, 25]
    assert now["truth"]["shown_spo2"][-1] == pytest.approx(now["truth"]["sao2"][-1], abs=3)
    assert [label for label, _, _ in now["screen"]["numbers"]] == ["HR", "SpO₂", "NIBP", "EtCO₂", "RR", "LOC"]
    assert {"t_s": 300, "text": "pump: start 40 mg/h", "expected": False} in now["script"]
    assert not [step for step in now["script"] if "_" in step["text"]], "a rule's code, not the alarm's own words"
    do(client, do="inject", label="Probe off", effect={"kind": "sensor_off", "group": "spo2", "duration_s": 60})
    do(client, do="act", action="called help", effect=None)
    do(client, do="cue", cue="skin", text="pale")
    do(client, do="mark")
    rows = {row["text"]: row["trainer"] for row in state(client)["rows"]}
    assert rows["trainer: Probe off"] and rows["trainee: called help"] and rows["skin: pale"] and rows["★"]
    do(client, do="inject", label="pin", effect={"kind": "override", "signal": "spo2", "value": 70})
    training.pass_s(3)
    pinned = state(client)
    assert pinned["pinned"] == {"spo2": 70} and pinned["truth"]["sao2"][-1] > 90
    do(client, do="pause")
    assert state(client)["state"] == "paused"
    do(client, do="resume")
    do(client, do="speed", speed=20)
    assert (state(client)["speed"], training.room.bedside.quiet) == (20, True)
    second = do(client, do="rewind", to_s=22)["session"]
    assert second != session and not training.room.bedside.quiet
    assert client.get(f"/train/api/debrief?session={session}").json()["go_on"]["refused"] == "a run is on; end it first"
    assert do(client, do="end")["session"] == second
    assert state(client)["state"] == "idle"
    told = client.get(f"/train/api/debrief?session={session}").json()["go_on"]
    assert told["refused"] is None and [one["text"] for one in told["moments"]] == ["its last second", "mark"]
    third = do(client, do="go_on", session=session, at_s=told["moments"][1]["t_s"])["session"]
    assert (state(client)["session"], third not in (session, second)) == (third, True)
    refused = client.post("/train/api/do", json={"by": TRAINER, "do": "go_on", "session": session, "at_s": "soon"})
    assert (refused.status_code, refused.json()["field"]) == (400, "at_s")


def test_the_trainee_is_held_against_the_script(training: Training, client: TestClient) -> None:
    """S02: breathing stops at 400 s; the need is seen when the alarm stands on the screen."""
    do(client, do="start", scenario="s02-central-apnoea", from_s=401)
    assert {one["words"] for one in state(client)["score"]} == {"not yet"}
    assert state(client)["cues"] == {"chest": "Does not move.", "answers": "No answer to his name."}
    do(client, do="end")
    do(client, do="start", scenario="s02-central-apnoea", from_s=432)
    do(client, do="act", action="opened airway", effect={"kind": "open_airway", "duration_s": 60})
    told = state(client)
    cue_s = next(row["t_s"] for row in told["rows"] if row["type"] == "alarm_raised" and "BREATH" in row["text"])
    assert 400 < cue_s < 432
    scores = {one["id"]: one for one in told["score"]}
    assert scores["open-airway"]["verdict"] == "done"
    assert scores["open-airway"]["done_s"] - cue_s == pytest.approx(432 - cue_s, abs=0.6)
    assert scores["stimulate"]["words"] == f"waiting {told['t_s'] - cue_s:.0f} s"


def test_the_untouched_course_is_what_the_hand_changed(training: Training, client: TestClient) -> None:
    """S02: breathing stops at 400 s. The bag keeps this patient's saturation up; untouched it falls as the file expects."""
    session = do(client, do="start", scenario="s02-central-apnoea", from_s=390)["session"]
    ahead = client.get(f"/train/api/untouched?session={session}").json()
    curves = ahead["curves"]
    assert curves["t_s"] == list(range(390, 901)) and ahead["from_s"] == 390
    training.pass_s(10)
    do(client, do="act", action="bag-mask", effect={"kind": "ventilate", "duration_s": 120})
    training.pass_s(90)
    truth = state(client)["truth"]
    till_now = [truth["t_s"].index(t) for t in curves["t_s"] if t <= 400]
    assert [truth["sao2"][i] for i in till_now] == pytest.approx(curves["sao2"][:11], abs=0.006)
    assert truth["sao2"][480] > 95 and curves["sao2"][480 - 390] < 80
    low = {one["text"]: one["t_s"] for one in ahead["story"]}
    assert low["untouched: SaO₂ < 80 %"] == next(
        t for t, v in zip(curves["t_s"], curves["sao2"], strict=True) if v < 80
    )
    assert low["untouched: SaO₂ 90 % again"] > 500
    # Asked about a run that was just left: no error in a trainer's console.
    assert client.get("/train/api/untouched?session=another").json() == {"on": False}


def test_waves_join_and_show_a_sensor_that_is_off(training: Training, client: TestClient) -> None:
    session = do(client, do="start", scenario="s02-central-apnoea", from_s=20)["session"]

    def waves(since: float, run: str = session) -> dict[str, Any]:
        answer = client.get(f"/train/api/waves?session={run}&since={since}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    first = waves(0)
    assert 19 < first["to_s"] <= 20  # as far as the monitor has asked
    assert {name: wave["rate_hz"] for name, wave in first["waves"].items()} == {"ecg": 250, "pleth": 125, "capno": 50}
    assert first["waves"]["ecg"]["t0_s"] == pytest.approx(first["to_s"] - 10, abs=0.004)  # no more than a sweep
    do(client, do="inject", label="ECG off", effect={"kind": "sensor_off", "group": "ecg", "duration_s": 60})
    for _ in range(12):
        training.pass_s(1)
        then = waves(first["to_s"])
        for name, wave in then["waves"].items():
            before = first["waves"][name]
            assert wave["t0_s"] == pytest.approx(before["t0_s"] + len(before["samples"]) / before["rate_hz"], abs=1e-6)
        first = then
    # The monitor holds a value for 8 s, then it says that the sensor is off: no line at all. The finger's goes on.
    assert set(first["waves"]["ecg"]["samples"]) == {None}
    pleth = first["waves"]["pleth"]["samples"]
    assert None not in pleth and max(pleth) - min(pleth) > 0.5
    do(client, do="speed", speed=5)
    assert waves(0) == {"fast": True, "to_s": 0.0, "waves": {}}
    assert waves(0, run="another")["waves"] == {}
    assert client.get("/train/api/waves?since=soon").status_code == 400


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"do": "dance"}, 400, "unknown act"),
        ({"do": "end"}, 409, "no run is on"),
        ({"do": "start", "scenario": "nothing-like-it"}, 400, "unknown scenario"),
        ({"do": "start", "scenario": "apnoea-desaturation", "from_s": "soon"}, 400, "from_s: expected a number"),
        ({"do": "start", "scenario": "apnoea-desaturation", "from_s": -1}, 400, "expected a time"),
        ({"do": "start", "scenario": "apnoea-desaturation", "seed": 1.5}, 400, "seed"),
        ({"do": "start", "scenario": "apnoea-desaturation", "by": "nobody"}, 400, "who is at the bed"),
        ({"do": "inject", "label": "x", "effect": 7}, 400, "effect"),
    ],
)
def test_bad_acts_are_told_in_a_line(client: TestClient, asked: dict[str, Any], status: int, words: str) -> None:
    answer = client.post("/train/api/do", json={"by": TRAINER, **asked})
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"] and "\n" not in answer.json()["error"]


def test_a_station_without_a_training_room_says_so() -> None:
    app = FastAPI()
    app.include_router(router(None))
    app.include_router(_train_curves_api.router(None, Here()))
    assert TestClient(app).get("/train/api/waves").status_code == 404
    answer = TestClient(app).get("/train/api/state")
    assert answer.status_code == 404 and "no training room" in answer.json()["error"]


def test_whatever_the_page_offers_can_be_done(training: Training, client: TestClient) -> None:
    do(client, do="start", scenario="crps-uneventful", from_s=5)
    for one in INJECTIONS:
        do(client, do="inject", label=one.label, effect=one.effect)
    for one in ACTIONS:
        do(client, do="act", action=one.label, effect=one.effect)
    for cue, texts in CUES.items():
        for text in texts:
            do(client, do="cue", cue=cue, text=text)
    training.pass_s(3)
    assert training.room.state().state == "running"


def test_a_training_bed_is_no_room(training: Training) -> None:
    bed = training.room.bedside
    ward = Ward([], list, training=(bed,))
    assert "train-1" not in ward.beds and ward.find("train-1") is bed
    hub = Hub(training.room.clock.utc, apart=("train-1",))
    everything, trainee = Viewer(None), Viewer("train-1")
    heard: dict[str, list[str]] = {"all": [], "one": []}
    for viewer, name in ((everything, "all"), (trainee, "one")):
        viewer.offer = heard[name].append  # type: ignore[method-assign]
        viewer.offer_vitals = lambda _bed, body, name=name: heard[name].append(body)  # type: ignore[method-assign]
        hub.join(viewer)
    for kind, bed_id in (("event", "train-1"), ("vitals", "train-1"), ("event", "bed-1")):
        hub._deliver(kind, bed_id, f"{kind} {bed_id}")
    assert heard == {"all": ["event bed-1"], "one": ["event train-1", "vitals train-1"]}
