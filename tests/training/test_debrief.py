"""A run that is over: its truth worked out again to the bit, and figures that a second way of counting gives too."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from training_world import Training

from dashboard.pages._train_api import router
from dashboard.session import events as ev
from dashboard.session.chain import Stored
from dashboard.training.debrief import debrief
from dashboard.training.retrace import joined_s, retrace
from simulators.scenario import find_scenario

TRAINER, NURSE = "T. Trainer", "R. Nurse"
SCENARIO = find_scenario("s02-central-apnoea")


@pytest.fixture
def over(training: Training) -> tuple[str, list[tuple[float, Any]]]:
    """A run of S02 whose apnoea nobody treats for 100 s; then help."""
    room = training.room
    session = room.start(SCENARIO, TRAINER, from_s=395)
    training.pass_s(30)
    room.bedside.record({"type": "consciousness_assessed", "by": NURSE, "scale": "moaas", "level": "1"})
    training.pass_s(70)
    room.act("called help", {"kind": "call_help"}, TRAINER)
    room.act("bag-mask", {"kind": "ventilate", "duration_s": 60}, TRAINER)
    room.comment("slow to look", TRAINER)
    training.pass_s(30)
    assert room.run is not None
    lived = list(room.run.patient.truths)
    room.end(TRAINER)
    assert training.store.writer.flush(5.0)
    return session, lived


def test_the_truth_comes_out_again_to_the_bit(training: Training, over: tuple[str, Any]) -> None:
    session, lived = over
    again = retrace(SCENARIO, training.store.events(session))
    assert again == lived[: len(again)] and len(again) > 520


def test_figures(training: Training, over: tuple[str, Any]) -> None:
    session, lived = over
    record = training.store.events(session)
    assert joined_s(record) == 395.0
    found = debrief(SCENARIO, record, retrace(SCENARIO, record))
    mine = [row for t, row in lived if 395 <= t <= record[-1].event.t_s]
    below = [90 - row["sao2"] for row in mine if row["sao2"] < 90]
    assert below, "nobody treated it for long enough"
    assert found.outcome.below_90_s == len(below)
    assert found.outcome.below_85_s == sum(row["sao2"] < 85 for row in mine)
    assert 0 < found.outcome.below_85_s < found.outcome.below_90_s
    assert found.outcome.area_below_90 == pytest.approx(sum(below))
    assert found.outcome.lowest_sao2 == min(row["sao2"] for row in mine)
    assert found.outcome.given_mg == pytest.approx(60.0)  # the colleague's push
    assert [(one.text, one.tapped) for one in found.calls] == [("called help", True)] and found.pump == ()
    verdicts = {one.action.id: one.verdict for one in found.scores}
    assert verdicts["stimulate"] in ("missed", "not yet")  # as the alarm came in this test's time or not


def test_a_pump_that_a_person_took_over_is_traced_as_it_ran(training: Training) -> None:
    """The script's earlier steps stand; those after the person's entry fall away."""
    scenario = find_scenario("crps-uneventful")
    session = training.room.start(scenario, TRAINER, from_s=400)
    training.pass_s(10)
    training.room.bedside.record(
        {"type": "infusion_rate_changed", "by": NURSE, "rate_mg_h": 60.0, "concentration_mg_ml": 2.0}
    )
    training.pass_s(60)
    assert training.room.run is not None
    lived = list(training.room.run.patient.truths)
    training.room.end(TRAINER)
    again = retrace(scenario, training.store.events(session))
    assert again == lived[: len(again)] and again[-1][1]["rate_mg_h"] == 60.0 and again[405][1]["rate_mg_h"] == 21.0


def test_who_answered_which_alarm_and_how_soon() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    opened = ev.SessionOpened(
        at=at, by=TRAINER, t_s=0.0, bed="train-1", patient="x", weight_kg=70, concentration_mg_ml=2, planned_mg=10,
        planned_min=60, profile="A-standard-adult", profile_version="1", simulation=True,
    )  # fmt: skip

    def alarm(
        cls: type[ev.AlarmEvent], t_s: float, occurrence: int, by: str = "system", priority: str = "high"
    ) -> ev.AlarmEvent:
        return cls(
            at=at, by=by, t_s=t_s, rule=f"R{occurrence}", priority=priority, kind="physiological", occurrence=occurrence,
            message=f"alarm {occurrence} at {t_s}", value=None, limit=None,
        )  # fmt: skip

    told = [
        opened, alarm(ev.AlarmRaised, 10, 1, priority="low"), alarm(ev.AlarmRaised, 12, 2), alarm(ev.AlarmEscalated, 20, 1),
        alarm(ev.AlarmEscalated, 22, 1, priority="medium"),
        alarm(ev.AlarmRaised, 13, 3, priority="medium"), alarm(ev.AlarmCleared, 24, 3), alarm(ev.AlarmRaised, 14, 4, priority="low"),
        alarm(ev.AlarmAcknowledged, 25, 1, NURSE), alarm(ev.AlarmAcknowledged, 60, 1, TRAINER),
    ]  # fmt: skip
    record = [Stored("s", n, "", "", event) for n, event in enumerate(told, 1)]
    found = debrief(SCENARIO, record, [(0.0, {"sao2": 97.0, "sbp": 120.0, "moaas": 5.0, "given_mg": 12.5})])
    assert [(one.rule, one.t_s, one.waited_s, one.by, one.priority, one.text, one.beside) for one in found.alarms] == [
        ("R1", 10, 15, NURSE, "high", "alarm 1 at 20", ""),
        ("R2", 12, 13, NURSE, "high", "alarm 2 at 12", "alarm 1 at 25"),  # it stood beside
        ("R3", 13, None, "", "medium", "alarm 3 at 13", ""),  # was over by then
        ("R4", 14, None, "", "low", "alarm 4 at 14", ""),  # asks nobody
    ]  # fmt: skip
    assert found.outcome.over_plan_mg == 2.5


def test_page_and_sheet(training: Training, over: tuple[str, Any]) -> None:
    session, _ = over
    app = FastAPI()
    app.include_router(router(training.room))
    client = TestClient(app)
    told = client.get(f"/train/api/debrief?session={session}").json()
    assert told["title"] == SCENARIO.title and told["points"] == list(SCENARIO.debrief)
    assert [one["text"] for one in told["trainer"]] == ["comment: slow to look"]
    assert {one["id"] for one in told["scores"]} == {one.id for one in SCENARIO.actions}
    text = client.get(f"/train/api/debrief.csv?session={session}").text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0]["section"] == "SIMULATION"
    assert {"action", "outcome", "happened", "trainer"} <= {row["section"] for row in rows}
    assert any(row["what"] == "Calls for help" and row["result"] == "1" for row in rows)
    told_checks = next(row["result"] for row in rows if row["what"] == "Consciousness checks done in time")
    assert told_checks == "none was due, 1 done unasked"  # a push, no infusion: the profile's timer never ran


def test_what_is_no_run_is_said(training: Training) -> None:
    app = FastAPI()
    app.include_router(router(training.room))
    client = TestClient(app)
    answer = client.get("/train/api/debrief?session=nothing")
    assert answer.status_code == 404 and "no run" in answer.json()["error"]
    session = training.room.start(SCENARIO, TRAINER, from_s=3)
    answer = client.get(f"/train/api/debrief?session={session}")
    assert answer.status_code == 409 and "end it first" in answer.json()["error"]
