"""What was done at the pump and when help was called: recorded and tapped beside each other, in order, nothing of the script's."""

import csv
import io
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from recorded_runs import ALARM_S, END_S, JOINED_S, NURSE, TRAINER, Recorded
from training_world import Training

from dashboard.pages._train_api import router
from dashboard.session import events as ev
from dashboard.training.handled import at_the_pump, calls
from dashboard.training.score import SCENARIO


def run() -> Recorded:
    """A rate changed before the trainee came and another by the script, then a person's: changed, in error; a bolus told late; a tap."""
    one = Recorded("run-a")
    one._add(ev.InfusionStarted, 60, SCENARIO, rate_mg_h=20.0, concentration_mg_ml=2.0)
    one._add(ev.InfusionRateChanged, JOINED_S - 1, NURSE, rate_mg_h=25.0, concentration_mg_ml=2.0)
    one._add(ev.InfusionRateChanged, 300, SCENARIO, rate_mg_h=20.0, concentration_mg_ml=2.0)
    one._add(ev.InfusionRateChanged, 320, NURSE, rate_mg_h=30.0, concentration_mg_ml=2.0, ordered_by="Dr X")
    one._add(ev.Correction, 340, NURSE, of=len(one.events), reason="meant 24", replacement={
        "type": "infusion_rate_changed", "rate_mg_h": 24.0, "concentration_mg_ml": 2.0,
    })  # fmt: skip
    one.did(ALARM_S + 8, "stop_pump")
    one._add(ev.BolusGiven, ALARM_S + 10, NURSE, dose_mg=5.0, back_s=60.0)
    return one.did(ALARM_S + 12, "stimulate")


def told(found: Any) -> list[tuple[float, str, str, bool]]:
    return [(one.t_s, one.text, one.by, one.tapped) for one in found]


def test_the_pump_as_it_was_recorded_and_as_it_was_seen() -> None:
    found = told(at_the_pump(run().closed().record(), JOINED_S))
    assert found == [
        (320, "recorded: rate 20 → 30 mg/h (corrected since)", NURSE, False),
        (340, "recorded: entry 6 corrected: “rate 30 mg/h” → “rate 24 mg/h” · meant 24", NURSE, False),
        (ALARM_S - 50, "recorded: bolus 5 mg (back-dated 1 min)", NURSE, False),
        (ALARM_S + 8, "at the pump, tapped: stop_pump", TRAINER, True),
    ]


def test_the_stop_that_closes_a_run_is_nobodys_and_a_persons_own_is() -> None:
    left = run()
    left._add(ev.InfusionStopped, END_S, TRAINER, reason="run ended").closed()
    assert all("stopped" not in text for _, text, _, _ in told(at_the_pump(left.record(), JOINED_S)))
    stopped = run()
    stopped._add(ev.InfusionStopped, END_S - 1, NURSE, reason="no breath").closed()
    (last,) = told(at_the_pump(stopped.record(), JOINED_S))[-1:]
    assert last == (END_S - 1, "recorded: infusion stopped · no breath", NURSE, False)


def test_calls() -> None:
    one = Recorded("run-a").did(ALARM_S + 30, "call_help")
    one._add(ev.EmergencyDeclared, ALARM_S + 40, NURSE, reason="no pulse", back_s=20.0).did(ALARM_S, "look").closed()
    assert told(calls(one.record())) == [
        (ALARM_S + 20, "EMERGENCY · no pulse (back-dated 20 s)", NURSE, False), (ALARM_S + 30, "call_help", TRAINER, True),
    ]  # fmt: skip


def test_both_stand_on_the_page_and_in_the_sheet(training: Training) -> None:
    run().did(ALARM_S + 30, "call_help").closed().save(training.store)
    assert training.store.writer.flush(5.0)
    app = FastAPI()
    app.include_router(router(training.room))
    client = TestClient(app)
    page = client.get("/train/api/debrief?session=run-a").json()
    assert [(one["t_s"], one["by"]) for one in page["calls"]] == [(ALARM_S + 30, TRAINER)]
    assert [one["tapped"] for one in page["pump"]] == [False, False, False, True]
    assert dict(page["outcome"])["Changes at the pump"] == "2 recorded, 1 seen done by the trainer"
    text = client.get("/train/api/debrief.csv?session=run-a").text.removeprefix("\ufeff")
    rows = [
        (row["section"], row["t_s"]) for row in csv.DictReader(io.StringIO(text)) if row["section"] in ("pump", "calls")
    ]
    assert rows == [("pump", "320.0"), ("pump", "340.0"), ("pump", "370.0"), ("pump", "428.0"), ("calls", "450.0")]
