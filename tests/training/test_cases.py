"""Recordings as cases of the training room: which can be chosen, and what a run of one is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from training_world import Training

from config.models import ConfigError
from dashboard.bedside.errors import EntryRefused
from dashboard.pages import _train_curves_api
from dashboard.pages._train_api import router
from dashboard.recordings import Case
from dashboard.session.events import type_name
from dashboard.store import Stores
from dashboard.training.cases import Cases
from dashboard.training.library import Library
from dashboard.training.run import recorded_for_trainee
from simulators.replay import Recording, track

TRAINER = "T. Trainer"
#: Nobody breathes from 40 s on; a level was assessed each 30 s.
CSV = "\n".join(
    ["t_s,hr,spo2,rr_co2,etco2,loc"]
    + [
        f"{t},{60 + t // 10},97,{14 if t < 40 else 0},{38 if t < 40 else 0},{5 if t % 30 == 0 else ''}"
        for t in range(200)
    ]
)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "stops-breathing.csv").write_text(CSV, "utf-8")
    (tmp_path / "cases" / "notes.txt").write_text("Jane Public", "utf-8")
    (tmp_path / "outside.csv").write_text(CSV, "utf-8")
    with Stores(tmp_path) as made:
        yield made


@pytest.fixture
def world(stores: Stores) -> Iterator[Training]:
    made = Training(stores.simulation)
    yield made
    made.room.close()


def client_of(world: Training, cases: Cases) -> TestClient:
    app = FastAPI()
    app.include_router(router(world.room, Library(), cases))
    app.include_router(_train_curves_api.router(world.room, None))  # type: ignore[arg-type]  # a recording never asks it
    return TestClient(app)


def post(client: TestClient, status: int = 200, **asked: Any) -> dict[str, Any]:
    answer = client.post("/train/api/do", json={"by": TRAINER, **asked})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_a_recording_from_the_list_to_the_debrief(world: Training, stores: Stores, tmp_path: Path) -> None:
    cases = Cases(stores, tmp_path / "cases")
    client = client_of(world, cases)
    assert [one["id"] for one in client.get("/train/api/cases").json()["cases"]] == ["file:stops-breathing.csv"]
    session = post(client, do="start", case="file:stops-breathing.csv", from_s=35)["session"]
    world.pass_s(50)
    told = client.get("/train/api/state").json()
    assert told["scenario"]["recorded"] and told["scenario"]["title"] == "stops-breathing.csv"
    assert told["truth"]["shown_hr"] == [60 + t // 10 for t in range(len(told["truth"]["t_s"]))]
    assert set(told["truth"]["sao2"]) == {None}
    assert [one["id"] for one in told["score"]] == [] and told["script"] == []
    assert post(client, 409, do="inject", label="Apnoea", effect={"kind": "central_apnoea", "duration_s": 60})[
        "error"
    ].startswith("a recording")
    assert client.get(f"/train/api/untouched?session={session}").status_code == 409
    assert client.get(f"/train/api/waves?session={session}").json()["waves"] == {}
    post(client, do="act", action="bag-mask", effect={"kind": "ventilate", "duration_s": 60})
    post(client, do="mark")
    world.pass_s(20)
    # No hand changes what was measured.
    assert client.get("/train/api/state").json()["truth"]["shown_rr"][-1] == 0
    forked = post(client, do="rewind", to_s=60)["session"]
    assert forked != session and client.get("/train/api/state").json()["scenario"]["recorded"]
    world.pass_s(10)
    post(client, do="end")
    record = world.store.events(session)
    # Until the trainee came the recorded nurse assessed the level; from then on it is the trainee's to do.
    assert [one.event.t_s for one in record if type_name(one.event) == "consciousness_assessed"] == pytest.approx(
        [0, 30], abs=1
    )
    debrief = client.get(f"/train/api/debrief?session={session}").json()
    assert debrief["recorded"] and debrief["scores"] == [] and debrief["points"] == []
    assert any("NO BREATH" in one["text"] for one in debrief["alarms"])
    assert [one["text"] for one in debrief["happened"]] == ["trainee: bag-mask", "run ended: rewound to 01:00"]
    names = [what for what, _ in debrief["outcome"]]
    assert "Medium and high alarms answered" in names and "Lowest true saturation" not in names
    assert set(debrief["truth"]["sao2"]) == {None} and 97 in debrief["truth"]["shown_spo2"]
    assert client.get(f"/train/api/debrief.pdf?session={session}").content.startswith(b"%PDF")
    # The runs that are over are replays themselves: their source is in the list.
    assert [one.id for one in cases.choices()] == ["file:stops-breathing.csv"]


def test_a_session_is_a_case_without_a_name(world: Training, stores: Stores, tmp_path: Path) -> None:
    room, cases = world.room, Cases(stores, tmp_path / "cases")
    session = room.start(Library().find("s02-central-apnoea"), TRAINER, from_s=30)
    world.pass_s(5)
    assert [one.id for one in cases.choices()] == ["file:stops-breathing.csv"]  # not while it goes on
    room.end(TRAINER)
    chosen = cases.choices()[1]
    patient = Library().find("s02-central-apnoea").patient.name
    assert chosen.id == f"session:{session}" and "simulated" in chosen.about
    scenario, recording = cases.open(chosen.id, 10)
    assert patient not in f"{chosen}{scenario.patient}{scenario.title}" and scenario.patient.name == "Replay"
    assert recording.end_s == pytest.approx(35, abs=4)
    room.start(scenario, TRAINER, from_s=10, recording=recording)
    assert world.room.bedside.snapshot()["session"]["patient"] == "Replay"
    with pytest.raises(EntryRefused, match="cannot be changed"):
        room.inject("Motion", {"kind": "motion", "level": 0.8, "duration_s": 20}, TRAINER)


@pytest.mark.parametrize(
    ("name", "from_s", "words"),
    [
        ("file:../outside.csv", 0, "there is no recording"),
        ("file:notes.txt", 0, "there is no recording"),
        ("file:stops-breathing.csv", 5000, "ends after"),
        ("session:nowhere", 0, "there is no recorded session"),
        ("stops-breathing.csv", 0, "there is no recorded session"),
    ],
)
def test_what_is_not_in_the_list_is_not_opened(
    stores: Stores, tmp_path: Path, name: str, from_s: float, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        Cases(stores, tmp_path / "cases").open(name, from_s)


def test_the_pump_of_the_recording_goes_on_and_its_checks_do_not() -> None:
    def entry(t_s: float, kind: str, **fields: Any) -> dict[str, Any]:
        return {"t_s": t_s, "type": kind, **fields}

    kept = [
        entry(5, "checklist_answered", item="start_without_etco2", answer="override"),
        entry(10, "infusion_started", rate_mg_h=20.0), entry(20, "consciousness_assessed", level="5"),
        entry(40, "infusion_rate_changed", rate_mg_h=30.0), entry(60, "oxygen_changed", flow_l_min=2.0),
    ]  # fmt: skip
    charted = (
        *(entry | {"by": "A. Physician"} for entry in kept[:1]),
        *kept[1:],
        entry(50, "consciousness_assessed", level="4"),
    )
    found = recorded_for_trainee(Recording({}, charted=charted), 30)
    assert list(found.charted) == kept


def test_what_a_physician_had_decided_is_charted_again(world: Training) -> None:
    """In the scribe's name, and only while the recording goes on: no trainer may decide it for a scenario."""
    waived = {
        "t_s": 3.0,
        "type": "checklist_answered",
        "item": "start_without_etco2",
        "answer": "override",
        "note": "as recorded",
    }
    hr = track((float(t), 70.0, "ok") for t in range(60))
    recording = Recording({"hr": hr}, charted=({**waived, "by": "A. Physician"},))
    session = world.room.start(Case(recording, "x").scenario(10.0), TRAINER, from_s=10, recording=recording)
    found = [one.event for one in world.store.events(session) if type_name(one.event) == "checklist_answered"]
    assert [(event.by, event.t_s) for event in found] == [("Scenario", pytest.approx(3, abs=1))]
    world.room.end(TRAINER)
    assert world.room.bedside.roles == {}
