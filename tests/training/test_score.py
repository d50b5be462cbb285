"""Latency counts from what could be seen; a run's end makes what is lacking missed; what ran fast is not scored."""

from datetime import UTC, datetime
from typing import Any

import pytest

from config.models.scenario import Scenario
from dashboard.session import events as ev
from dashboard.session.chain import Stored
from dashboard.training.score import FALLS_BACK_S, SCENARIO, score
from simulators.scenario import find_scenario

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
TRAINER, NURSE = "T. Trainer", "R. Nurse"


def scenario(*actions: dict[str, Any]) -> Scenario:
    base = find_scenario("crps-uneventful").model_dump()
    return Scenario.model_validate({**base, "actions": actions})


def action(**changes: Any) -> dict[str, Any]:
    return {
        "id": "airway",
        "text": "Opens the airway",
        "done": ["open_airway"],
        "cue": {"alarm": "APNOEA"},
        "within_s": 30,
        **changes,
    }


def at(cls: type[ev.Event], t_s: float, by: str = TRAINER, **fields: Any) -> ev.Event:
    return cls(at=START, by=by, t_s=t_s, **fields)


def acted(kind: str, t_s: float, **fields: Any) -> ev.Event:
    return at(ev.TraineeActed, t_s, action=kind, effect={"kind": kind, **fields})


def alarm(rule: str, t_s: float) -> ev.Event:
    return at(
        ev.AlarmRaised,
        t_s,
        by="system",
        rule=rule,
        priority="high",
        kind="physiological",
        occurrence=1,
        message=rule,
        value=None,
        limit=None,
    )


def judged(events: list[ev.Event], now_s: float, *actions: dict[str, Any]) -> Any:
    record = [Stored("s", n, "", "", event) for n, event in enumerate(events, 1)]
    return score(scenario(*(actions or (action(),))), record, now_s)


APNOEA = alarm("APNOEA", 100.0)
END = at(ev.SessionClosed, 500.0)


@pytest.mark.parametrize(
    ("events", "now_s", "verdict", "latency_s"),
    [
        ([], 50, "not yet", None),
        ([APNOEA], 112, "waiting", None),
        ([APNOEA], 300, "waiting", None),
        ([APNOEA, END], 500, "missed", None),
        ([END], 500, "not yet", None),  # the alarm never came: there was nothing to answer
        ([APNOEA, acted("open_airway", 130)], 140, "done", 30),
        ([APNOEA, acted("open_airway", 130.5)], 140, "late", 30.5),
        ([acted("open_airway", 90), APNOEA], 140, "done", -10),  # looked at the patient first
        ([acted("open_airway", -21 + 0.0), APNOEA], 140, "waiting", None),
        ([APNOEA, acted("stimulate", 105)], 140, "waiting", None),
        ([APNOEA, at(ev.RunPaced, 105, speed=5), acted("open_airway", 120)], 140, "not scored", 20),
        ([at(ev.RunPaced, 20, speed=20), at(ev.RunPaced, 90, speed=1), APNOEA, acted("open_airway", 110)], 140, "done", 10),
        ([at(ev.RunPaced, 20, speed=0.5), APNOEA, acted("open_airway", 110)], 140, "done", 10),
        ([APNOEA, at(ev.TraineeActed, 104, action="gone", effect={"kind": "no_such_thing"})], 110, "waiting", None),
    ],
)  # fmt: skip
def test_verdicts(events: list[ev.Event], now_s: float, verdict: str, latency_s: float | None) -> None:
    (one,) = judged(events, now_s)
    assert (one.verdict, one.latency_s) == (verdict, latency_s)


def test_an_entry_at_the_bed_counts_and_the_scenarios_own_does_not() -> None:
    stop = action(done=["stop_pump", "infusion_stopped"])
    (one,) = judged([APNOEA, at(ev.InfusionStopped, 110, by=SCENARIO)], 120, stop)
    assert one.verdict == "waiting"
    (one,) = judged([APNOEA, at(ev.InfusionStopped, 110, by=NURSE)], 120, stop)
    assert (one.verdict, one.by, one.latency_s) == ("done", NURSE, 10)
    (one,) = judged([APNOEA, at(ev.InfusionStopped, 140, by=NURSE, back_s=25)], 150, stop)
    assert (one.verdict, one.latency_s) == ("done", 15)  # happened before it was entered


def test_harm_is_what_was_done_after_it_could_be_seen() -> None:
    harm = action(done="oxygen", harmful=True, within_s=60, cue={"at_s": 200})
    oxygen = acted("oxygen", 230, flow_l_min=4)
    for events, now_s, verdict in (
        ([], 150, "not yet"), ([], 230, "not yet"), ([], 261, "avoided"), ([oxygen], 240, "harmful"),
        ([acted("oxygen", 190, flow_l_min=4)], 300, "avoided"), ([acted("oxygen", 261, flow_l_min=4)], 300, "avoided"),
        ([acted("oxygen", 230, flow_l_min=0)], 300, "avoided"), ([END], 220, "avoided"),
    ):  # fmt: skip
        (one,) = judged(events, now_s, harm)
        assert one.verdict == verdict, (events, now_s)


def test_nobody_misses_what_was_not_to_be_seen_before_the_run_ended() -> None:
    (one,) = judged([END], 500, action(cue={"at_s": 600}))
    assert one.verdict == "not yet"


BOTH = action(done="ventilate", also="oxygen", within_s=60)


@pytest.mark.parametrize(
    ("events", "verdict", "done_s", "part_s"),
    [
        ([acted("ventilate", 110, duration_s=60)], "missed", None, 110),  # half of what the line says is not the line
        ([acted("oxygen", 110, flow_l_min=6)], "missed", None, 110),
        ([acted("oxygen", 110, flow_l_min=6), acted("ventilate", 130, duration_s=60)], "done", 130, None),
        ([acted("ventilate", 110, duration_s=60), acted("oxygen", 161, flow_l_min=6)], "late", 161, None),
        ([acted("ventilate", 110, duration_s=60), at(ev.OxygenChanged, 120, NURSE, flow_l_min=6.0)], "done", 120, None),
        ([acted("ventilate", 110, duration_s=60), at(ev.OxygenChanged, 120, NURSE, flow_l_min=0.0)], "missed", None, 110),
        ([], "missed", None, None),
    ],
)  # fmt: skip
def test_a_line_of_two_things_needs_both(
    events: list[ev.Event], verdict: str, done_s: float | None, part_s: float | None
) -> None:
    (one,) = judged([APNOEA, *events, END], 500, BOTH)
    assert (one.verdict, one.done_s, one.part_s) == (verdict, done_s, part_s)


@pytest.mark.parametrize(("to_mg_h", "verdict"), [(20.0, "done"), (30.0, "missed"), (25.0, "missed")])
def test_a_rate_that_rises_is_not_lowered(to_mg_h: float, verdict: str) -> None:
    started = at(ev.InfusionStarted, 0, SCENARIO, rate_mg_h=25.0, concentration_mg_ml=2.0)
    changed = at(ev.InfusionRateChanged, 110, NURSE, rate_mg_h=to_mg_h, concentration_mg_ml=2.0)
    (one,) = judged([started, APNOEA, changed, END], 500, action(done=["infusion_rate_lowered"]))
    assert one.verdict == verdict


@pytest.mark.parametrize(("back_s", "verdict"), [(FALLS_BACK_S, "done"), (FALLS_BACK_S + 1, "not scored")])
def test_a_run_that_fell_back_to_real_time_at_the_cue_is_scored_from_then_on(back_s: float, verdict: str) -> None:
    fast, slow = at(ev.RunPaced, 300, speed=20), at(ev.RunPaced, 400 + back_s, speed=1)
    (one,) = judged([fast, alarm("APNOEA", 400), slow, acted("open_airway", 432)], 500)
    assert one.verdict == verdict
    assert one.latency_s == (27 if verdict == "done" else 32)
