"""Two runs on one clock: gaps stay gaps, differences are those of the times, alarms stand from raised to cleared."""

import numpy as np
from recorded_runs import ALARM_S, NURSE, Recorded, answered

from dashboard.session import events as ev
from dashboard.training.cohort import RunScore, run_score
from dashboard.training.compare import acts, pairs, saturation, screen, spans, steps
from simulators.scenario import find_scenario


def scored(one: Recorded, scenario: str = "s02-central-apnoea") -> RunScore:
    return run_score(find_scenario(scenario), one.record())


def test_differences_are_b_minus_a_where_both_did_it() -> None:
    found = {one.a.id: one.difference_s for one in pairs(scored(answered("a", 44.0)), scored(answered("b", 20.0)))}
    assert (found["open-airway"], found["call-help"], found["acknowledged"]) == (-24, -24, -12)
    assert found["breaths"] is None  # both missed it
    fast = scored(Recorded("f").paced(300, 5).alarm().did(ALARM_S + 5, "open_airway").closed())
    assert all(one.difference_s is None for one in pairs(scored(answered("a", 44.0)), fast))


def test_two_scenarios_have_no_score_in_common() -> None:
    other = scored(Recorded("b", scenario="s06-probe-off").closed(), "s06-probe-off")
    assert pairs(scored(answered("a", 20)), other) == []


def test_an_alarm_stands_until_it_clears_at_its_worst() -> None:
    one = Recorded("a").alarm(420, priority="medium").alarm(430, ev.AlarmEscalated, priority="high").acknowledged(440)
    one.alarm(450, ev.AlarmDemoted, priority="medium").acknowledged(455).cleared(470).alarm(500)
    first, second = spans(one.record(), 600.0)
    assert (first.from_s, first.to_s, first.priority, first.acknowledged_s) == (420, 470, "high", 440)
    assert (second.from_s, second.to_s, second.acknowledged_s) == (500, 600, None)


def test_what_the_trainee_did_is_neither_the_programs_nor_a_reviewers() -> None:
    one = (
        Recorded("a")
        .noted(100, "before")
        .paced(300, 1)
        .alarm()
        .acknowledged(430)
        .did(440, "open_airway")
        .noted(450, "airway", NURSE)
    )
    one.noted(460, "scripted", "Scenario").closed()
    one._add(ev.AlarmJudged, 5_000, NURSE, occurrence=1, verdict="true")
    assert [(act.t_s, act.by) for act in acts(one.record(), 240.0)] == [(430, NURSE), (440, "T. Trainer"), (450, NURSE)]


def test_gaps_stay_gaps_and_a_cuff_reading_is_a_point() -> None:
    t_s = np.arange(240.0, 301.0)
    spo2 = np.where((t_s >= 260) & (t_s < 280), np.nan, 97.0)
    sys = np.where(t_s == 270, 120.0, np.nan)
    drawn = screen(t_s, {"spo2": spo2, "nibp_sys": sys, "nibp_dia": sys - 50, "pr": np.full(61, 71.0)}, 240.0, 300.0)
    x, y = drawn["spo2"]
    assert None in y and not [t for t, v in zip(x, y, strict=True) if v is not None and 260 <= t < 280]
    assert drawn["sbp_cuff"] == ([270.0], [120.0]) and drawn["dbp_cuff"] == ([270.0], [70.0])
    assert set(drawn["hr"][1]) == {71.0}  # no ECG: the pulse
    assert drawn["etco2"] == ([], []) and "sbp" not in drawn
    assert "sbp" in screen(t_s, {"abp_sys": np.full(61, 118.0)}, 240.0, 300.0)


def test_the_truth_is_cut_to_what_was_lived() -> None:
    x, y = saturation([(t, {"sao2": 90.0 + t}) for t in range(6)], 2.0, 4.0)
    assert (min(x), max(x), y[0], y[-1]) == (2.0, 4.0, 92.0, 94.0)


def test_what_was_put_in_and_told_stands_beside_what_was_done() -> None:
    one = Recorded("a")
    one._add(
        ev.Injected,
        410,
        "T. Trainer",
        label="Probe off",
        effect={"kind": "sensor_off", "group": "spo2", "duration_s": 60},
    )
    one._add(ev.CueShown, 412, "T. Trainer", cue="chest", text="does not move")
    one._add(ev.TrainerCommented, 414, "T. Trainer", text="waits").did(416, "look").closed()
    told = [(line.t_s, line.text) for line in steps(one.record(), 240.0)]
    assert told == [
        (410, "trainer: Probe off"), (412, "told the trainee: chest: does not move"), (414, "comment: waits"), (600, "run ended"),
    ]  # fmt: skip
