"""A run is scored with today's scenario: that it was changed or deleted since is said wherever a score or the truth stands."""

import csv
import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from recorded_runs import ALARM_S, BEGAN, JOINED_S, NURSE, TRAINER, Recorded, vitals
from training_world import Training

from config.models.scenario_file import read_scenario
from dashboard.pages import _train_api, _train_remarks_api, _train_runs_api
from dashboard.session import events as ev
from dashboard.training.edition import digest_of, noted_of
from dashboard.training.library import Library
from simulators.scenario import find_scenario, scenario_path

S02 = scenario_path("s02-central-apnoea").read_text(encoding="utf-8")
MINE = S02.replace('id = "s02-central-apnoea"', 'id = "mine"')
CHANGED = MINE.replace("planned_mg = 60", "planned_mg = 61")
LONG_AGO = (BEGAN - timedelta(days=1)).timestamp()


def digest(text: str) -> str:
    scenario, problems = read_scenario(text)
    assert scenario is not None, problems
    return digest_of(scenario)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path / "scenarios")
    keep(made, MINE)
    return made


def keep(library: Library, text: str, at_s: float = LONG_AGO) -> None:
    assert library.folder is not None
    file = library.folder / "mine.toml"
    library.save("mine", text, library.read("mine").digest if file.exists() else None)
    os.utime(file, (at_s, at_s))


@pytest.fixture
def client(training: Training, library: Library) -> TestClient:
    """`noted` keeps what its scenario was; `older` is from before that was kept."""
    for n, name in enumerate(("noted", "older")):
        one = Recorded(name, scenario="mine", began=BEGAN + timedelta(hours=n))
        if name == "noted":
            one._add(ev.ScenarioNoted, 0.0, TRAINER, digest=digest(MINE))
        one._add(ev.InfusionStarted, JOINED_S + 10, NURSE, rate_mg_h=20.0, concentration_mg_ml=10.0)
        one.alarm().acknowledged(ALARM_S + 9).did(ALARM_S + 20, "stop_pump").did(ALARM_S + 30, "call_help").noted(
            ALARM_S + 40, "x"
        )
        one._add(ev.InfusionStopped, ALARM_S + 50, NURSE).closed()
        one.save(training.store, vitals(int(JOINED_S), int(JOINED_S) + 9, spo2=96.0))
    assert training.store.writer.flush(5.0)
    app = FastAPI()
    app.include_router(_train_api.router(training.room, library))
    app.include_router(_train_runs_api.router(training.room, library))
    app.include_router(_train_remarks_api.router(training.room, library))
    return TestClient(app)


def get(client: TestClient, path: str) -> Any:
    answer = client.get(f"/train/api/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(client: TestClient) -> dict[str, list[bool]]:
    """Of `noted` and `older`: whether each place says that the scenario was changed."""
    rows = {one["id"]: one for one in get(client, "runs")["rows"]}
    two = get(client, "compare?a=noted&b=older")
    names = ("noted", "older")
    debriefs = [get(client, f"debrief?session={name}") for name in names]
    assert [one["notice"] in one["about"] for one in debriefs] == [True, True]
    shown = [one["id"] for one in get(client, "runs")["rows"]][::-1]
    text = client.post("/train/api/runs.csv", json={"sessions": shown}).text.removeprefix("\ufeff")
    return {
        "debrief": ["CHANGED AFTER THIS RUN" in one["notice"] for one in debriefs],
        "row": [rows[name]["met_words"].endswith("≠") for name in names],
        "hover": ["changed after" in rows[name]["met_tip"] for name in names],
        "note": ["scenario changed since" in rows[name]["note"] for name in names],
        "compare": [two[side]["changed"] for side in "ab"],
        "csv": [row["scenario_changed"] == "true" for row in csv.DictReader(io.StringIO(text))],
    }


@pytest.mark.parametrize(
    ("text", "at_s", "noted", "older"),
    [
        (MINE, LONG_AGO, False, False),
        (CHANGED, LONG_AGO, True, False),  # a file's date can lie; what the record holds cannot
        (CHANGED, BEGAN.timestamp() + 86_400, True, True),
        (f"# a remark\n{MINE}", BEGAN.timestamp() + 86_400, False, True),  # of older runs more cannot be known
        (MINE, BEGAN.timestamp() + 1_800, False, False),  # between the two
    ],
)
def test_a_changed_scenario_is_said_everywhere(
    client: TestClient, library: Library, text: str, at_s: float, noted: bool, older: bool
) -> None:
    keep(library, text, at_s)
    found = said(client)
    assert found == {place: [noted, older] for place in found}
    (cohort,) = get(client, "runs")["cohorts"]
    count = noted + older
    assert cohort["words"] == "2 runs" + (f" · {count} before the scenario was changed" if count else "")


def test_it_is_noticed_while_the_program_runs(client: TestClient, library: Library) -> None:
    assert not any(said(client)["row"])
    keep(library, CHANGED)
    assert said(client)["row"] == [True, False]
    keep(library, MINE)
    assert not any(said(client)["row"])


def test_without_its_scenario_a_run_still_tells_what_needs_none(client: TestClient, library: Library) -> None:
    before = get(client, "debrief?session=noted")
    asked = {"session": "noted", "about": "open-airway", "text": "slow", "by": TRAINER}
    assert client.post("/train/api/remark", json={**asked, "id": "1"}).status_code == 200
    library.delete("mine", library.read("mine").digest)
    # A name that begins the same is another scenario.
    library.save("mine-too", MINE.replace('id = "mine"', 'id = "mine-too"'), None)
    told = get(client, "debrief?session=noted")
    assert told["gone"] and "NOT HERE ANY MORE" in told["notice"] and told["notice"] in told["about"]
    assert (told["title"], told["scores"], told["points"]) == ("mine", [], [])
    assert told["truth"]["shown_spo2"] == [96.0] * 10 and set(told["truth"]["sao2"]) == {None}, (
        "what the monitor showed is known"
    )
    for same in ("alarms", "pump", "calls", "trainer", "from_s", "to_s", "began_at"):
        assert told[same] == before[same], same
    seen = [
        one for one in before["happened"] if one["kind"] != "patient"
    ]  # how the patient fared is the truth's to tell
    assert told["happened"] == seen and len(seen) < len(before["happened"])
    outcome = dict(told["outcome"])
    # 20 mg/h from 250 to 470 s
    assert outcome["Ketamine given, by the record"] == f"{20 * 220 / 3600:.1f} of 60 mg"
    assert outcome["Medium and high alarms answered"] == "1 of 1, median after 9 s"
    assert "Lowest true saturation" not in outcome and outcome.items() >= {
        name: words for name, words in before["outcome"] if name.startswith(("Consciousness", "Longest", "Calls"))
    }.items()  # fmt: skip
    assert [one["text"] for one in told["remarks"]] == ["slow"]
    assert client.post("/train/api/remark", json={**asked, "about": "", "id": "2"}).status_code == 200
    assert client.post("/train/api/remark", json={**asked, "text": "very slow", "id": "3"}).status_code == 200
    assert client.post("/train/api/remark", json={**asked, "about": "call-help", "id": "4"}).status_code == 400
    assert "NOT HERE ANY MORE" in client.get("/train/api/debrief.csv?session=noted").text
    rows = {one["id"]: one for one in get(client, "runs")["rows"]}
    assert "not here any more" in rows["noted"]["note"] and "≠" not in rows["noted"]["met_words"]
    assert client.get("/train/api/truth?session=noted").status_code == 404


def test_a_scenario_with_mistakes_is_called_so(client: TestClient, library: Library) -> None:
    assert library.folder is not None
    (library.folder / "mine.toml").write_text(MINE.replace("planned_mg = 60", "planned_mg = -60"), encoding="utf-8")
    told = get(client, "debrief?session=noted")
    assert told["gone"] and "HAS MISTAKES NOW" in told["notice"]


def test_a_run_notes_its_scenario_and_so_does_its_fork(training: Training) -> None:
    scenario = find_scenario("s02-central-apnoea")
    first = training.room.start(scenario, TRAINER, from_s=3)
    training.pass_s(3)
    second = training.room.rewind(4.0, TRAINER)
    training.room.end(TRAINER)
    for session in (first, second):
        record = training.store.events(session)
        assert noted_of(record) == digest_of(scenario)
        assert sum(isinstance(one.event, ev.ScenarioNoted) for one in record) == 1
        assert training.store.verify(session) is None


def test_what_a_digest_counts() -> None:
    assert digest(MINE) == digest(f"# words for people\n{MINE}\n")
    assert digest(MINE) == digest(MINE.replace("planned_mg = 60", "variability = false\nplanned_mg = 60.0"))
    # Two effects whose keys are all at their defaults differ in what they are.
    done = [digest(f'{MINE}\n[[effects]]\nat_s = 500\nkind = "{kind}"\n') for kind in ("legs_up", "suction")]
    assert len({digest(MINE), digest(S02), digest(CHANGED), *done}) == 5
