"""What the panel's and the profiles' routes take, refuse and answer, over a real store, without a browser."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard.bedside.ward import Ward
from dashboard.pages import _profiles_api, _whatif_api
from dashboard.services import PageServices
from dashboard.store import Stores

sys.path.insert(0, str(Path(__file__).parents[1] / "whatif"))
from whatif_lab import ADULT, record

PEOPLE = ("R. Nurse", "Dr. Chief")
HALF = {"SPO2_LOW_2": {"delay_s": 21.0}}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServices]:
    with Stores(tmp_path_factory.mktemp("api")) as stores:
        record(stores.live, "s1", judged="true")
        record(stores.live, "s2")
        record(stores.simulation, "sim")
        made = PageServices(
            Ward([], list), stores, PEOPLE, "Clinic", ADULT.id, simulation=False, roles={"Dr. Chief": "physician"}
        )
        yield made
        made.close()


@pytest.fixture(scope="module")
def client(services: PageServices) -> TestClient:
    app = FastAPI()
    app.include_router(_whatif_api.router(services))
    app.include_router(_profiles_api.router(services))
    return TestClient(app)


def ask(client: TestClient, **changed: Any) -> Any:
    asked = {
        "owner": "me",
        "store": "live",
        "sessions": ["s1"],
        "profile": ADULT.id,
        "version": ADULT.version,
        "changes": HALF,
    }
    return client.post("/whatif/ask", json={**asked, **changed})


def test_what_can_be_asked(client: TestClient) -> None:
    found = client.post("/whatif/open", json={"store": "live", "sessions": ["s1", "s2", "gone", "sim"]}).json()
    assert (found["ok"], found["sessions"], found["others"], found["profile"]) == (True, 2, 0, ADULT.id)
    assert found["offered"] == ["SPO2_LOW_2", "ETCO2_HI_1", "RR_LOW_1"]
    row = next(rule for rule in found["rules"] if rule["id"] == "SPO2_LOW_2")
    assert (row["operator"], row["value"], row["unit"], row["delay_s"], row["hysteresis"]) == ("≤", 89, "%", 15, 2)
    assert next(rule for rule in found["rules"] if rule["id"] == "HR_TREND")["unit"] == "%"
    assert found["plain"]["SPO2_LOW_2"] == {"delay_s": 0, "hysteresis": 0}
    assert found["next"] == "v1"


def test_a_question_and_its_answer(client: TestClient, services: PageServices) -> None:
    assert ask(client).json() == {"ok": True, "total": 1, "others": 0}
    job = services.whatif().job("me")
    assert job is not None and job.finished.wait(60)
    told = client.get("/whatif/job", params={"owner": "me"}).json()
    assert (told["state"], told["done"]) == ("done", 1)
    line = told["report"]["lines"][0]
    assert (line["text"], line["tone"]) == ("1 true desaturation announced later: 6 s", "bad")
    assert line["items"][0] | {"wall": ""} == {
        "session": "s1", "title": line["items"][0]["title"], "at_s": 75.0, "words": "6 s later", "priority": "medium", "wall": "",
        "occurrence": 1, "label": "SpO₂ low",
    }  # fmt: skip
    # The proposal needs a person, a reason, and what was worked out.
    for given, field in (({}, "by"), ({"by": "Somebody", "reason": "x"}, "by"), ({"by": "R. Nurse"}, "reason")):
        refused = client.post("/whatif/propose", json={"owner": "me", **given})
        assert (refused.status_code, refused.json()["field"]) == (400, field)
    done = client.post("/whatif/propose", json={"owner": "me", "by": "R. Nurse", "reason": "fewer"}).json()
    assert (done["version"], done["store"]) == ("v1", "live")
    again = client.post("/whatif/propose", json={"owner": "me", "by": "R. Nurse", "reason": "fewer"})
    assert (again.status_code, "says the same already" in again.json()["error"]) == (400, True)

    listed = client.get("/profiles/list", params={"store": "live", "profile": ADULT.id}).json()
    v1 = listed["versions"][0]
    assert (v1["version"], v1["state"], v1["base"], v1["sessions"]) == ("v1", "proposed", ADULT.version, 1)
    assert v1["differences"] == [
        {"rule": "SPO2_LOW_2", "label": "SpO₂ low", "setting": "delay_s", "before": "15", "after": "21"}
    ]
    assert "1 true desaturation announced later: 6 s" in v1["evidence"]
    who = {"store": "live", "profile": ADULT.id, "version": "v1"}
    refused = client.post("/profiles/approve", json={**who, "by": "R. Nurse"})
    assert (refused.status_code, refused.json()["error"]) == (
        403,
        "R. Nurse may not approve alarm limits; Dr. Chief may",
    )
    approved = client.post("/profiles/approve", json={**who, "by": "Dr. Chief", "note": "board"}).json()
    assert (approved["current"], approved["versions"][0]["note"]) == ("v1", "board")
    assert {one.id: one.version for one in services.profiles()}[ADULT.id] == "v1"
    assert services.profile_book("simulation").current(ADULT.id).version == ADULT.version


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"changes": {"SPO2_LOW_2": {"delay_s": "long"}}}, "as numbers"),
        ({"changes": {"SPO2_LOW_2": {"priority": 1}}}, "as numbers"),
        ({"changes": []}, "as numbers"),
        ({"changes": {"SPO2_LOW_2": {"delay_s": 900}}}, "SPO2_LOW_2"),
        ({"changes": {"NOPE": {"value": 1}}}, "no rule 'NOPE'"),
        ({"version": "v9"}, "version v9 is not recorded here"),
        ({"sessions": "s1"}, "a list of ids"),
        ({"sessions": ["s"] * 1001}, "at most 1000"),
        ({"owner": ""}, "owner is missing"),
    ],
)
def test_what_cannot_be_asked_is_said(client: TestClient, changed: dict[str, Any], words: str) -> None:
    answer = ask(client, **changed)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_what_is_no_request(client: TestClient) -> None:
    assert client.post("/whatif/ask", content=b"[").json()["error"] == "a request must be valid JSON"
    assert client.post("/whatif/ask", content=b"[]").json()["error"] == "a request is a JSON object"
    assert "at most 128 kB" in client.post("/whatif/ask", content=b" " * 200_000).json()["error"]
    assert client.get("/whatif/job", params={"owner": "nobody"}).status_code == 404
    assert client.post("/whatif/open", json={"sessions": ["gone"]}).status_code == 400
    assert client.post("/whatif/propose", json={"owner": "nobody", "by": "R. Nurse", "reason": "x"}).status_code == 400
