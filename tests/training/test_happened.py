"""The debrief tells what the trainee was told and did when, why a line has no score, and when and with whom the run was."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from recorded_runs import ALARM_S, END_S, NURSE, OTHER, TRAINER, Recorded
from training_world import Training

from dashboard.pages._train_api import router
from dashboard.session import events as ev
from dashboard.session.training_events import HIDDEN
from dashboard.training.happened import happened
from dashboard.training.lived import trainees_of
from simulators.scenario import find_scenario


def run() -> Recorded:
    one = Recorded("run-a")
    one._add(ev.Note, 100, "Scenario", text="before the trainee came")
    one._add(ev.BolusGiven, 361, "Scenario", dose_mg=60.0).paced(380, 0.0).paced(381, 1.0)
    one._add(ev.CueShown, 400, TRAINER, cue="chest", text="does not move")
    one.alarm().acknowledged(ALARM_S + 3).did(ALARM_S + 5, "ventilate", duration_s=60)
    one.noted(ALARM_S + 8, "bagging").paced(ALARM_S + 10, 5.0).paced(ALARM_S + 100, 1.0)
    return one.closed()


def test_what_was_told_and_done_and_how_the_clock_went_in_order() -> None:
    assert [(one.t_s, one.kind, one.text) for one in happened(run().record(), 240.0)] == [
        (361, "script", "by the scenario: bolus 60 mg"),
        (380, "paced", "run paused by the trainer"),
        (381, "paced", "run at 1x"),
        (400, "told", "told the trainee: chest: does not move"),
        (ALARM_S + 5, "acted", "trainee: ventilate"),
        (ALARM_S + 8, "recorded", "recorded: bagging"),
        (ALARM_S + 10, "paced", "run at 5x"),
        (ALARM_S + 100, "paced", "run at 1x"),
        (END_S, "paced", "run ended"),
    ]


def test_a_fork_says_where_what_is_its_own_begins() -> None:
    lines = happened(
        Recorded("run-b").forked("run-a", 450.0).did(430, "look").did(460, "look").closed().record(), 240.0
    )
    assert [one.t_s for one in lines] == [430, 450, 460, END_S] and "carried over" in lines[1].text


@pytest.fixture
def client(training: Training) -> Iterator[TestClient]:
    run().save(training.store)
    short = Recorded("run-b").alarm().closed(ALARM_S + 19)
    short.save(training.store)
    Recorded("run-c").closed().save(training.store)
    assert training.store.writer.flush(5.0)
    app = FastAPI()
    app.include_router(router(training.room))
    with TestClient(app) as running:
        yield running


def scores(client: TestClient, session: str) -> dict[str, tuple[str, str]]:
    told: dict[str, Any] = client.get(f"/train/api/debrief?session={session}").json()
    return {one["id"]: (one["result"], one["why"]) for one in told["scores"]}


def test_a_line_without_a_score_says_why(client: TestClient) -> None:
    fast = scores(client, "run-a")
    assert fast["call-help"] == ("not scored", "it ran at 5x from 07:10 to 08:40")
    assert scores(client, "run-b")["call-help"] == (
        "cut short",
        "the run ended 19 s after the cue, before its time was up",
    )
    assert scores(client, "run-c")["call-help"] == ("no cue", "its alarm did not come: No breath")


def test_the_file_has_one_kind_of_time_in_a_column_and_a_name_to_find_it_by(client: TestClient) -> None:
    answer = client.get("/train/api/debrief.csv?session=run-a")
    name = answer.headers["content-disposition"]
    assert "debrief-s02-central-apnoea-2026-11-02-" in name and name.endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0]["at"].startswith("2026-11-02T09:04:00")  # 4 min of the scenario were walked before the trainee came
    assert {row["what"] for row in rows if row["section"] == "trainee"} == {NURSE}
    for row in rows:
        if row["t_s"]:
            minutes, seconds = row["clock"].split(":")
            assert 60 * int(minutes) + int(seconds) == int(float(row["t_s"]))
    (alarm,) = [row for row in rows if row["section"] == "alarm"]
    assert (alarm["rule"], alarm["target"], alarm["clock"]) == ("APNOEA", "", "07:00")
    (told,) = [row for row in rows if row["what"].startswith("told the trainee")]
    assert told["clock"] == "06:40"
    assert not [row for row in rows if "not scored: not scored" in row["result"]]


def test_who_said_at_the_bed_is_the_trainee_of_that_run_and_of_its_fork_also_without_an_entry(
    training: Training,
) -> None:
    room, here = training.room, ["R. Nurse"]
    room.at_bed = lambda: tuple(here)
    first = room.start(find_scenario("s02-central-apnoea"), TRAINER, from_s=3)
    training.pass_s(2)
    for _ in range(3):
        room.turn()
    here.append(OTHER)
    room.turn()
    fork = room.rewind(4.0, TRAINER)
    here.remove("R. Nurse")
    room.turn()
    room.end(TRAINER)
    room.turn()
    assert training.store.writer.flush(5.0)
    assert trainees_of(training.store.events(first)) == (NURSE, OTHER)
    assert trainees_of(training.store.events(fork)) == (OTHER,)
    named = [one for one in training.store.events(first) if isinstance(one.event, ev.TraineeNamed)]
    assert len(named) == 2 and all(type(one.event) in HIDDEN for one in named)
