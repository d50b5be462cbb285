"""What the end of a run writes is nobody's act: no score, no latency, no answer to an alarm, no trainee."""

from datetime import timedelta
from typing import Any

import pytest
from recorded_runs import ALARM_S, END_S, JOINED_S, NURSE, OTHER, TRAINER, Recorded

from dashboard.history.build import session_alarms
from dashboard.session import events as ev
from dashboard.session.fold import fold
from dashboard.training.cohort import run_score
from dashboard.training.compare import acts
from dashboard.training.score import deeds, score
from simulators.scenario import find_scenario

S02 = find_scenario("s02-central-apnoea")


def left(reason: str = "run ended", by: str = TRAINER, *, between: bool = True) -> Recorded:
    """The alarm stood for 19 s when the trainer ended the run, whose pump still ran."""
    one = Recorded("run-a")
    one._add(ev.InfusionStarted, 60, "Scenario", rate_mg_h=20.0, concentration_mg_ml=2.0)
    one.alarm()._add(ev.InfusionStopped, ALARM_S + 19, by, reason=reason)
    if between:  # the bed's engine goes on
        one.alarm(ALARM_S + 19, ev.AlarmEscalated)
    return one._add(ev.SessionClosed, ALARM_S + 19, by, summary=reason)


def verdict(one: Recorded, name: str = "stop-ketamine") -> str:
    return next(row.verdict for row in score(S02, one.record(), one.events[-1].t_s) if row.action.id == name)


@pytest.mark.parametrize("between", [True, False])
@pytest.mark.parametrize("reason", ["run ended", "restarted", "rewound to 07:05", "program stopped"])
def test_the_room_s_closing_is_no_act(reason: str, between: bool) -> None:
    one = left(reason, between=between)
    assert verdict(one) == "not yet" and [d for d in deeds(one.record()) if d.t_s > 0] == []
    assert acts(one.record(), JOINED_S) == []
    assert next(item for item in run_score(S02, one.record()).items if item.id == "stop-ketamine").done_s is None


def test_another_trainer_s_end_makes_no_trainee() -> None:
    assert run_score(S02, left(by=OTHER).record()).trainees == ()


def test_a_stop_of_the_trainee_counts_also_right_before_the_end() -> None:
    one = Recorded("run-a")
    one._add(ev.InfusionStarted, 60, "Scenario", rate_mg_h=20.0, concentration_mg_ml=2.0)
    one.alarm()._add(ev.InfusionStopped, ALARM_S + 19, NURSE, reason="no breath").closed(ALARM_S + 19)
    assert verdict(one) == "done"
    (act,) = acts(one.record(), JOINED_S)
    assert act.by == NURSE


def test_who_sends_the_patient_home_at_the_bed_did_that_and_the_trainer_s_end_did_not() -> None:
    s16 = find_scenario("s16-discharge-fall")

    def home(summary: str, by: str) -> Any:
        one = Recorded("run-a", scenario=s16.id)._add(ev.SessionClosed, END_S, by, summary=summary)
        return next(row for row in score(s16, one.record(), END_S) if row.action.id == "send-home")

    assert home("well, goes home", NURSE).verdict == "harmful"
    assert home("run ended", TRAINER).verdict == "avoided"


def test_the_record_names_no_answer_that_only_the_end_gave() -> None:
    def action(one: Recorded) -> str:
        told = session_alarms(
            fold(one.record()), bed_title="T", end_s=END_S, rules={}, approved=False, utc_offset=timedelta(0)
        )
        return told.actions.get(1, "")

    assert action(left()) == ""
    assert "stop" in action(left("no breath", NURSE))
