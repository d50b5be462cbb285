"""Triggers, cues and ends of a scenario, and what was done; the same however time is cut."""

from itertools import pairwise
from typing import Any

import pytest

from config.models.effects import CallHelp, Fix, OpenAirway, StopPump
from config.models.scenario import CentralApnoea, Drug, Oxygen, Scenario
from config.models.scenario_file import PATIENTS, patient_presets, read_scenario
from config.models.training import TRUTH, comparison
from simulators.scenario import Run

PATIENT = {"name": "A", "age_y": 40, "sex": "F", "weight_kg": 70, "hr": 72, "sbp": 118, "dbp": 72, "rr": 14}


def scenario(**changes: Any) -> Scenario:
    base: dict[str, Any] = {
        "id": "small", "title": "Small", "protocol": "START-80-2H", "planned_mg": 80, "planned_min": 120, "concentration_mg_ml": 2,
        "seed": 1, "duration_s": 7200, "live_from_s": 600, "patient": PATIENT,
        "infusion": [{"at_s": 10, "action": "start", "rate_mg_h": 120}, {"at_s": 900, "action": "stop"}],
    }  # fmt: skip
    return Scenario.model_validate(base | changes)


STORY = {
    "conditional": [
        {"when": ["ce > 150", "t_s < 5000"], "for_s": 5, "effects": [{"kind": "obstruction", "at_s": 3, "fraction": 0.5, "duration_s": 60}]},
        {"done": "open_airway", "effects": [{"kind": "stimulate"}]},
    ],
    "cues": [
        {"at_s": 5, "kind": "chest", "text": "calm"},
        {"when": "airway < 1", "kind": "chest", "text": "works hard", "lasts_s": 30},
        {"when": "airway < 1", "not_done": "look", "kind": "sound", "text": "snores"},
    ],
    "ends": [{"when": "t_s >= 400", "for_s": 60, "reason": "long enough"}, {"done": "call_help", "reason": "help came"}],
}  # fmt: skip


def test_what_can_be_compared_is_what_there_is() -> None:
    assert {*Run(scenario()).truth(), "t_s"} == set(TRUTH)


def test_a_condition_acts_once_after_it_held() -> None:
    run, first = Run(scenario(**STORY)), 0
    for t in range(900):
        run.advance(t)
        if first == 0 and run.truth()["ce"] > 150:
            first = t
        if first and t < first + 8:
            assert run.truth()["airway"] == 1
        if first and first + 8 <= t < first + 68:
            assert run.truth()["airway"] == 0.5
    assert first > 100
    assert run.truth()["airway"] == 1  # once only


def test_cues_stand_until_the_next_of_their_kind_or_for_a_while() -> None:
    run = Run(scenario(**STORY))
    told = {}
    for t in range(600):
        run.advance(t)
        told[t] = run.story.cues(t)
    begins = next(t for t in told if "sound" in told[t])
    assert told[4] == {}
    assert told[begins - 1] == {"chest": "calm"}
    assert told[begins + 29] == {"chest": "works hard", "sound": "snores"}
    assert told[begins + 30] == {"sound": "snores"}
    assert [(s.kind, s.text) for s in run.story.seen] == [
        ("chest", "calm"),
        ("chest", "works hard"),
        ("sound", "snores"),
    ]


def test_ends_by_time_and_by_deed() -> None:
    run = Run(scenario(**STORY))
    run.advance(1000)
    assert run.story.ended == (460, "long enough")
    helped = Run(scenario(**STORY))
    helped.do(CallHelp(), 33.5)
    helped.advance(1000)
    assert helped.story.ended == (34, "help came")


@pytest.mark.parametrize("chunk_s", [0.37, 20.0, 1000.0])
def test_a_story_is_bit_identical_however_time_is_cut(chunk_s: float) -> None:
    def told(step_s: float) -> Any:
        run, t, hands = (
            Run(scenario(**STORY)),
            0.0,
            [(150.2, OpenAirway(duration_s=20)), (300.0, CentralApnoea(duration_s=30))],
        )
        for effect_s, effect in hands:
            run.do(effect, effect_s)
        while t < 900:
            t = min(t + step_s, 900)
            run.advance(t)
        return run.story.seen, run.story.ended, run.truth(), run.vitals(), run.deeds

    assert told(chunk_s) == told(1.0)


def test_deeds_have_names_and_times() -> None:
    run = Run(scenario())
    run.advance(20)
    for effect in (
        Fix(what="co2"),
        Drug(drug="atropine", dose_mg=0.5),
        Oxygen(flow_l_min=0),
        CentralApnoea(duration_s=5),
        OpenAirway(),
    ):
        run.do(effect, 20)
    run.apply("oxygen_changed", {"flow_l_min": 4, "device": "nasal"}, 25)
    run.apply("infusion_paused", {}, 26)
    run.advance(30)
    assert run.deeds == [
        (20, "fix_co2"), (20, "give_atropine"), (20, "oxygen_off"), (20, "open_airway"), (25, "oxygen_changed"), (25, "oxygen"),
        (26, "infusion_paused"),
    ]  # fmt: skip
    assert run.done["oxygen"] == 25


def test_a_stopped_pump_stays_stopped_and_is_not_charted() -> None:
    run = Run(
        scenario(
            infusion=[
                {"at_s": 10, "action": "start", "rate_mg_h": 120},
                {"at_s": 100, "action": "rate", "rate_mg_h": 60},
            ]
        )
    )
    run.advance(50)
    run.do(StopPump(), 50)
    run.advance(200)
    assert (run.rate_mg_h, run.truth()["delivered_mg_h"]) == (0, 0)
    assert [e["type"] for e in run.charted(0, 200)] == ["infusion_started"]


def test_prior_doses_and_dead_space_reach_the_patient() -> None:
    run = Run(scenario(dead_space_ml=1.5, prior=[{"drug": "midazolam", "dose_mg": 3, "before_s": 180}]))
    run.advance(54)  # 1.5 mL at 60 mL/h are 90 s
    assert run.truth()["given_mg"] == 0
    assert run.truth()["cmid"] > 30
    run.advance(160)
    assert run.truth()["given_mg"] == pytest.approx(2, abs=1e-6)


@pytest.mark.parametrize(("text", "found", "holds"), [("ce > 250", 251, True), ("sao2<65", 65, False), ("hr >= 40", 40, True), ("fio2 == 0.21", 0.21, True), ("rr != 3", 3, False)])  # fmt: skip
def test_comparisons(text: str, found: float, holds: bool) -> None:
    assert comparison(text).holds(found) is holds


def test_presets_are_the_patients_of_the_library() -> None:
    wanted = {  # section 5.1: age, sex, weight, HR, BP, SpO2, RR, EtCO2
        "p1-healthy": (34, "F", 64, 72, 118, 72, 98, 14, 38), "p2-hypertensive": (58, "M", 92, 78, 146, 88, 96, 14, 38),
        "p3-sleep-apnoea": (47, "M", 124, 84, 138, 84, 94, 16, 42), "p4-frail-elderly": (71, "F", 55, 66, 132, 70, 95, 14, 38),
        "p5-anxious": (27, "M", 78, 92, 128, 78, 98, 18, 34),
    }  # fmt: skip
    assert set(wanted) | {"p6-opioid-tolerant"} == set(patient_presets())
    text = (PATIENTS.parent / "scenarios" / "crps-uneventful.toml").read_text(encoding="utf-8")
    before, after = text[: text.index("[patient]")], text[text.index("[setup]") :]
    for name in patient_presets():
        found, problems = read_scenario(f'patient = "{name}"\n{before}{after}')
        assert found is not None, problems
        p, run = found.patient, Run(found)
        assert run.truth()["sao2"] < 99
        if name in wanted:
            age, sex, weight, hr, sbp, dbp, spo2, rr, etco2 = wanted[name]
            assert (p.age_y, p.sex, p.weight_kg, p.hr, p.sbp, p.dbp, p.rr, p.etco2) == (
                age,
                sex,
                weight,
                hr,
                sbp,
                dbp,
                rr,
                etco2,
            )
            assert run.truth()["sao2"] == pytest.approx(spo2, abs=1.5), name


def test_a_preset_can_be_changed_key_by_key() -> None:
    text = (PATIENTS.parent / "scenarios" / "crps-uneventful.toml").read_text(encoding="utf-8")
    rest = text[: text.index("[patient]")] + text[text.index("[setup]") :]
    found, _ = read_scenario(f'patient = {{preset = "p3-sleep-apnoea", hr = 99}}\n{rest}')
    assert found is not None
    assert (found.patient.hr, found.patient.weight_kg) == (99, 124)


def test_times_of_deeds_rise() -> None:
    run = Run(scenario())
    for t in (5.5, 2.25, 9):
        run.do(CallHelp(), t)
    run.advance(20)
    assert all(a[0] <= b[0] for a, b in pairwise(run.deeds))
