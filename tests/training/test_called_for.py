"""What an injection calls for joins the score sheet, counted from what the screen could show of it, once, and where it can be done."""

from typing import Any

import pytest
from recorded_runs import ALARM_S, JOINED_S, NURSE, S02, TRAINER, Recorded

from config.models.scenario import effect_of
from config.models.training import OF_EVENTS
from dashboard.alarms import load_profile
from dashboard.session import events as ev
from dashboard.training.called_for import CALLED_FOR, called_for
from dashboard.training.catalogue import ACTIONS, INJECTIONS
from dashboard.training.due import came_due
from dashboard.training.score import ActionScore, score, score_sheet
from simulators.scenario import find_scenario
from simulators.story import deed

CALM = "crps-uneventful"
EFFECTS = {one.label: dict(one.effect or {}) for one in INJECTIONS}
PUT_IN_S = 400.0


def run(label: str = "Apnoea", t_s: float = PUT_IN_S, **about: Any) -> Recorded:
    return injected(Recorded("s", scenario=CALM, **about), label, t_s)


def injected(one: Recorded, label: str, t_s: float, effect: dict[str, Any] | None = None) -> Recorded:
    return one._add(ev.Injected, t_s, TRAINER, label=label, effect=effect or EFFECTS[label])


def sheet(one: Recorded, now_s: float, scenario: str = CALM) -> dict[str, ActionScore]:
    return {row.action.text: row for row in score_sheet(find_scenario(scenario), one.record(), now_s)}


def test_every_injection_has_its_lines_and_each_can_be_done_and_seen() -> None:
    taps = {deed(effect_of(one.effect)) for one in ACTIONS if one.effect is not None}
    entries = {
        "infusion_stopped", "infusion_paused", "emergency_declared", "consciousness_assessed", "drug_given", "manual_vitals", "side_effect",
        "note", "bolus_given",
    }  # fmt: skip
    rules = {rule.id for rule in load_profile("A-standard-adult").rules}
    assert set(CALLED_FOR) == set(EFFECTS)
    for label, lines in CALLED_FOR.items():
        assert len({line.id for line in lines}) == len(lines), label
        for line in lines:
            assert set(line.done) | set(line.also) <= taps | entries | set(OF_EVENTS), (label, line.id)
            assert set(line.rules) <= rules, (label, line.id)
            assert not (line.harmful and line.rules), "what must not be done counts from the injection"


def test_it_counts_from_the_alarm_that_followed() -> None:
    one = run()
    waiting = sheet(one, ALARM_S - 1)
    assert {row.verdict for row in waiting.values()} == {"not yet"} and len(waiting) == 5
    one.alarm().did(ALARM_S + 12, "open_airway").did(ALARM_S + 40, "stimulate")
    rows = sheet(one.closed(ALARM_S + 90), ALARM_S + 90)
    airway, woken = rows["Apnoea 06:40 · Opens the airway"], rows["Apnoea 06:40 · Calls by name, stimulates"]
    assert (airway.verdict, airway.latency_s, airway.injected_s) == ("done", 12.0, PUT_IN_S)
    assert (woken.verdict, woken.latency_s) == ("late", 40.0)
    assert rows["Apnoea 06:40 · No more ketamine"].verdict == "missed"


@pytest.mark.parametrize(
    ("alarm_s", "cleared_s", "cue_s"),
    [
        (PUT_IN_S - 50, None, PUT_IN_S),  # it stood already: there was something to see at once
        (PUT_IN_S - 50, PUT_IN_S - 10, None),
        (PUT_IN_S, None, PUT_IN_S),
        (PUT_IN_S + 150, None, PUT_IN_S + 150),  # 90 s long, and 60 s for what lags
        (PUT_IN_S + 151, None, None),  # another's
    ],
)
def test_which_alarm_is_an_injections(alarm_s: float, cleared_s: float | None, cue_s: float | None) -> None:
    one = Recorded("s", scenario=CALM)
    for t_s, add in sorted(
        [(alarm_s, one.alarm), (PUT_IN_S, lambda t: injected(one, "Apnoea", t))] + ([(cleared_s, one.cleared)] if cleared_s else []),
        key=lambda step: step[0],
    ):  # fmt: skip
        add(t_s)
    assert {found.cue_s for found in called_for(one.record())} == {cue_s}


def test_what_was_done_before_it_was_not_done_for_it() -> None:
    one = Recorded("s", scenario=CALM).did(PUT_IN_S - 5, "open_airway")
    injected(one, "Apnoea", PUT_IN_S).alarm().closed(ALARM_S + 90)
    assert sheet(one, ALARM_S + 90)["Apnoea 06:40 · Opens the airway"].verdict == "missed"


def test_the_scenarios_own_line_for_the_same_alarm_stands_alone_and_a_later_injection_has_its_own() -> None:
    one = Recorded("s", scenario=S02)
    injected(one, "Apnoea", PUT_IN_S).alarm()
    own = len(find_scenario(S02).actions)
    assert len(sheet(one, ALARM_S + 10, S02)) == own
    injected(one, "Apnoea", ALARM_S + 300)
    rows = sheet(one, ALARM_S + 310, S02)
    assert len(rows) == own + 5
    assert "Apnoea 12:00 · Opens the airway" in rows
    # A cohort is held together by what the scenario asks of every run.
    assert len(score(find_scenario(S02), one.record(), ALARM_S + 310)) == own


def test_one_that_was_ended_before_anybody_could_tell_asks_for_nothing_late() -> None:
    one = run("Drug line off")
    assert "Drug line off 06:40 · Stops the pump" in sheet(one, PUT_IN_S + 10)
    injected(one, "Drug line off ended", PUT_IN_S + 60, {"kind": "drug_line_off", "duration_s": 0.1})
    assert list(sheet(one, PUT_IN_S + 70)) == ["Drug line off 06:40 · A bolus to catch up"]


def test_harm_counts_from_the_injection() -> None:
    one = run("Probe off")._add(ev.OxygenChanged, PUT_IN_S + 20, NURSE, flow_l_min=4.0, device="nasal")
    assert sheet(one, PUT_IN_S + 30)["Probe off 06:40 · Oxygen or bag and mask for a probe"].verdict == "harmful"


@pytest.mark.parametrize(("injected_s", "comes"), [(PUT_IN_S + 100, True), (PUT_IN_S - 100, False)])
def test_a_fast_run_falls_back_to_what_an_injection_calls_for(injected_s: float, comes: bool) -> None:
    one = Recorded("s", scenario=CALM).alarm(PUT_IN_S - 120)  # the run's first has been already
    steps = [(PUT_IN_S, lambda t: one.paced(t, 5.0)), (injected_s, lambda t: injected(one, "Vomiting", t))]
    for t_s, add in sorted(steps, key=lambda step: step[0]):
        add(t_s)
    due = came_due(find_scenario(CALM), one.record(), JOINED_S, PUT_IN_S + 101)
    assert (due == "Vomiting 08:20 · Suction") is comes
    assert (due is None) is not comes


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [("Apnoea", "avoided"), ("Motion", "harmful")],
)
def test_what_another_injection_called_for_is_no_harm(beside: str, verdict: str) -> None:
    one = run("Probe off", PUT_IN_S)
    injected(one, beside, PUT_IN_S + 5).alarm().did(ALARM_S + 20, "ventilate", duration_s=60).closed(ALARM_S + 400)
    assert sheet(one, ALARM_S + 400)["Probe off 06:40 · Oxygen or bag and mask for a probe"].verdict == verdict


@pytest.mark.parametrize(("label", "verdict"), [("Apnoea", "avoided"), ("Motion", "harmful")])
def test_nor_is_it_to_a_scenario_that_warns_of_it(label: str, verdict: str) -> None:
    """S06: oxygen or a bag for a probe is what should not be done, from 1020 s."""
    s06 = find_scenario("s06-probe-off")
    one = injected(Recorded("s", scenario=s06.id), label, 1030.0).did(1060.0, "ventilate", duration_s=60).closed(1400.0)
    (row,) = [row for row in score(s06, one.record(), 1400.0) if row.action.harmful]
    assert row.verdict == verdict


def test_nor_what_the_scenario_called_for() -> None:
    one = (
        injected(Recorded("s", scenario=S02), "Probe off", PUT_IN_S)
        .alarm()
        .did(ALARM_S + 20, "ventilate")
        .closed(ALARM_S + 400)
    )
    assert sheet(one, ALARM_S + 400, S02)["Probe off 06:40 · Oxygen or bag and mask for a probe"].verdict == "avoided"
