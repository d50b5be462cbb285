"""The command `alarms`: files in, JSON lines out, and what it refuses."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from config.models import ConfigError
from config.models.alarms import load_profile
from dashboard.alarms import Fact, Tick
from dashboard.alarms_cli import Row, parse_baseline, parse_limit, read_events, read_vitals, run, run_files, ticks

A = load_profile("A-standard-adult")


def lines(vitals: str, events: str = "", baseline: str = "", *limits: str) -> list[dict[str, Any]]:
    base = parse_baseline(baseline) if baseline else None
    return [json.loads(text) for text in run(A, io.StringIO(vitals), io.StringIO(events), base, limits)]


def short(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["t_s"], row["change"], row["rule"]) for row in rows]


def test_a_line_has_these_keys_in_this_order_and_whole_numbers() -> None:
    (text,) = run(A, io.StringIO("t_s,spo2\n0,88\n20,88\n"), None, None)
    assert text == (
        '{"t_s": 15, "rule": "SPO2_LOW_2", "priority": "medium", "kind": "physiological", "change": "raised", '
        '"value": 88, "limit": 89}'
    )


def test_fractions_stay_fractions() -> None:
    events = '{"t_s": 16.25, "type": "alarm_acknowledged", "rule": "SPO2_LOW_2", "by": "RN"}'
    rows = lines("t_s,spo2\n0,88.5\n20,88.5\n", events)
    assert [(row["t_s"], row["value"]) for row in rows] == [(15, 88.5), (16.25, 88.5)]


def test_every_column_of_the_snapshot_and_of_the_derived_names_is_known() -> None:
    names = (
        "hr,pr,spo2,pi,nibp_sys,nibp_dia,nibp_map,abp_sys,abp_dia,abp_map,etco2,fico2,rr_co2,rr_imp,temp,pump_rate_ml_h,"
        "pump_volume_ml,pump_state,link,no_breath,nurse_present,rate,sbp,dbp,map,rr,breath,loc"
    )
    assert lines(f"t_s,{names}\n0{',' * (names.count(',') + 1)}\n") == []


def test_a_tick_each_whole_second_and_cells_hold_until_the_next_row() -> None:
    rows: list[Row] = [
        (0.0, {"spo2": 97.0, "hr": None}),
        (2.5, {"spo2": 90.0, "hr": 70.0}),
        (4.0, {"spo2": None, "hr": 70.0}),
    ]
    assert list(ticks(rows)) == [
        Tick(0, {"spo2": 97, "hr": None}),
        Tick(1, {"spo2": 97, "hr": None}),
        Tick(2, {"spo2": 97, "hr": None}),
        Tick(3, {"spo2": 90, "hr": 70}),
        Tick(4, {"spo2": None, "hr": 70}),
    ]
    assert list(ticks([])) == []


def test_a_last_row_between_seconds_still_gets_its_tick() -> None:
    assert [tick.t_s for tick in ticks([(-1.0, {}), (0.5, {})])] == [-1, 0, 1]


def test_a_cuff_cell_counts_once_in_the_first_tick_after_its_row() -> None:
    rows: list[Row] = [
        (0.0, {"nibp_sys": 120.0}),
        (2.5, {"nibp_sys": 150.0}),
        (2.8, {"nibp_sys": None}),
        (5.0, {"nibp_sys": None}),
    ]
    assert [tick.values["nibp_sys"] for tick in ticks(rows)] == [120, None, None, 150, None, None]


@pytest.mark.parametrize("column", ["nibp_sys", "sbp"])
def test_two_rows_of_pressure_are_two_readings(column: str) -> None:
    assert short(lines(f"t_s,{column}\n0,185\n300,185\n310,120\n")) == [
        (0, "raised", "SBP_HIGH"),
        (300, "escalated", "SBP_CRIT"),
        (310, "latched", "SBP_CRIT"),
    ]
    assert short(lines(f"t_s,{column}\n0,185\n300,120\n")) == [(0, "raised", "SBP_HIGH"), (300, "cleared", "SBP_HIGH")]


def test_an_impossible_number_is_no_value() -> None:
    assert short(lines("t_s,spo2\n0,97\n10,101\n50,101\n")) == [(40, "raised", "SPO2_LOST")]
    assert short(lines("t_s,spo2\n0,97\n10,-5\n50,-5\n")) == [(40, "raised", "SPO2_LOST")]
    assert short(lines("t_s,nibp_sys\n0,305\n")) == []


def test_an_extreme_low_is_a_value() -> None:
    assert (5, "raised", "HR_LOW_2") in short(lines("t_s,hr\n0,3\n6,3\n"))


def test_baseline_on_the_command_line() -> None:
    rows = lines("t_s,hr\n0,98\n130,98\n", "", "hr=75,sbp=120")
    assert [(row["t_s"], row["rule"], row["limit"]) for row in rows] == [(120, "HR_TREND", 97.5)]
    assert lines("t_s,hr\n0,98\n130,98\n") == []


def test_events_come_before_the_tick_of_their_second_and_in_order_of_time() -> None:
    events = (
        '{"t_s": 30, "type": "alarm_acknowledged", "rule": "SPO2_LOW_3", "by": "RN"}\n\n'
        '{"t_s": 5, "type": "limit_changed", "rule": "SPO2_LOW_3", "new": {"delay_s": 0}, "reason": "test"}\n'
        '{"t_s": 500, "type": "alarm_acknowledged", "rule": "SPO2_LOW_3", "by": "RN"}\n'
    )
    assert short(lines("t_s,spo2\n0,97\n5,80\n30,97\n40,97\n", events)) == [
        (5, "raised", "SPO2_LOW_3"),
        (30, "acknowledged", "SPO2_LOW_3"),
        (30, "cleared", "SPO2_LOW_3"),
    ]


def test_an_event_after_the_last_row_still_counts() -> None:
    events = '{"t_s": 500, "type": "alarm_acknowledged", "rule": "SPO2_LOW_2", "by": "RN"}'
    assert short(lines("t_s,spo2\n0,88\n20,88\n", events))[-1] == (500, "acknowledged", "SPO2_LOW_2")


def test_a_column_of_consciousness_is_assessments_on_the_default_scale() -> None:
    events = '{"t_s": 0, "type": "infusion_started"}'
    rows = lines("t_s,loc\n0,5\n300,1\n310,\n400,5\n", events)
    assert short(rows) == [(300, "raised", "LOC_LEVEL_HIGH"), (400, "latched", "LOC_LEVEL_HIGH")]


def test_what_if_a_limit_had_been_another() -> None:
    vitals = "t_s,spo2\n0,88\n60,88\n"
    assert short(lines(vitals)) == [(15, "raised", "SPO2_LOW_2")]
    assert short(lines(vitals, "", "", "SPO2_LOW_2=87")) == [(60, "raised", "SPO2_LOW_1")]
    assert short(lines(vitals, "", "", "SPO2_LOW_2=88,delay_s=30")) == [(30, "raised", "SPO2_LOW_2")]
    assert short(lines(vitals, "", "", "SPO2_LOW_2,delay_s=40", "SPO2_LOW_1,delay_s=20")) == [
        (20, "raised", "SPO2_LOW_1"),
        (40, "escalated", "SPO2_LOW_2"),
    ]


def test_files_give_the_same_lines(tmp_path: Path) -> None:
    vitals, events = tmp_path / "v.csv", tmp_path / "e.jsonl"
    vitals.write_text("\ufefft_s,spo2\n0,88\n20,88\n", encoding="utf-8")
    events.write_text('{"t_s": 17, "type": "alarm_acknowledged", "rule": "SPO2_LOW_2", "by": "RN"}\n', encoding="utf-8")
    rows = [json.loads(text) for text in run_files("A-standard-adult", vitals, events)]
    assert short(rows) == [(15, "raised", "SPO2_LOW_2"), (17, "acknowledged", "SPO2_LOW_2")]
    rows = [json.loads(text) for text in run_files("A-standard-adult", vitals, None, limits=["SPO2_LOW_2=80"])]
    assert rows == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "v.csv, line 1: no column t_s"),
        ("spo2\n97\n", "v.csv, line 1: no column t_s"),
        ("t_s,spo2,spo2\n", "v.csv, line 1: column spo2 is there twice"),
        ("t_s,sp02,hr\n", "v.csv, line 1: unknown column sp02; there are hr, pr"),
        ("t_s,spo2\n0,97\n1,ninety\n", "v.csv, line 3, column spo2: 'ninety' is not a number"),
        ("t_s,spo2\n0,nan\n", "v.csv, line 2, column spo2: 'nan' is not a number"),
        ("t_s,spo2\n0,inf\n", "v.csv, line 2, column spo2: 'inf' is not a number"),
        ("t_s,spo2\n0,97\n,97\n", "v.csv, line 3, column t_s: empty"),
        ("t_s,spo2\n5,97\n5,97\n", "v.csv, line 3, column t_s: 5 does not come after 5"),
        ("t_s,spo2\n5,97\n4,97\n", "v.csv, line 3, column t_s: 4 does not come after 5"),
        ("t_s,spo2\n5,97\n1e12,97\n", "v.csv, line 3, column t_s: 1e+12 is more than 8 days after the first row (5)"),
        ("t_s,spo2\n0,97,1\n", "v.csv, line 2: 3 cells, the header has 2"),
        ("t_s,spo2\n0\n", "v.csv, line 2: 1 cells, the header has 2"),
        ('t_s,spo2\n0,"97' + "9" * 140_000 + "\n", "v.csv, line 2: field larger than field limit"),
    ],
)
def test_wrong_vitals_are_refused_by_file_line_and_column(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_vitals(io.StringIO(text), "v.csv")
    assert str(error.value).startswith(complaint)


def test_blank_lines_and_spaces_are_no_mistake() -> None:
    assert read_vitals(io.StringIO(" t_s , spo2\n\n0, 97\n , \n1 ,\n"), "v") == [(0, {"spo2": 97}), (1, {"spo2": None})]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "e.jsonl, line 1: not JSON"),
        ("[]", "e.jsonl, line 1: an object with t_s and type is needed"),
        ('{"type": "note"}', "e.jsonl, line 1, t_s: a number of seconds is needed (got None)"),
        ('{"t_s": "1", "type": "note"}', "e.jsonl, line 1, t_s: a number"),
        ('{"t_s": true, "type": "note"}', "e.jsonl, line 1, t_s: a number"),
        ('{"t_s": NaN, "type": "note"}', "e.jsonl, line 1, t_s: a number"),
        ('\n{"t_s": 1, "type": "started"}', "e.jsonl, line 2, type: unknown event 'started'"),
        ('{"t_s": 1}', "e.jsonl, line 1, type: unknown event None"),
        ('{"t_s": 1, "type": "note", "back_s": -1}', "e.jsonl, line 1: note: back_s must be 0 or more (got -1)"),
        ('{"t_s": 1, "type": "note", "back_s": "x"}', "e.jsonl, line 1: note: back_s must be 0 or more"),
        ('{"t_s": 1, "type": "alarm_acknowledged"}', "e.jsonl, line 1: alarm_acknowledged needs a rule or an occurrence"),
        ('{"t_s": 1, "type": "alarm_acknowledged", "rule": "X"}', "e.jsonl, line 1: profile A-standard-adult: no rule 'X'"),
        ('{"t_s": 1, "type": "limit_changed", "rule": "HR_LOW_1"}', "e.jsonl, line 1: limit_changed needs a rule and new"),
        ('{"t_s": 1, "type": "limit_changed", "new": {"value": 3}}', "e.jsonl, line 1: limit_changed needs a rule and new"),
        (
            '{"t_s": 1, "type": "limit_changed", "rule": "HR_LOW_1", "new": {"value": 300}}',
            "e.jsonl, line 1: A-standard-adult: rule HR_LOW_1: low limit 300 is not below",
        ),
        (
            '{"t_s": 1, "type": "consciousness_assessed", "scale": "moas", "level": "3"}',
            "e.jsonl, line 1: consciousness_assessed: unknown scale 'moas'; there are moaas, rass",
        ),
        (
            '{"t_s": 1, "type": "consciousness_assessed", "scale": "moaas", "level": "6"}',
            "e.jsonl, line 1: consciousness_assessed: moaas has no level '6'; there are 5, 4",
        ),
        ('{"t_s": 1, "type": "baseline_taken"}', "e.jsonl, line 1: a baseline needs values by signal name"),
        ('{"t_s": 1, "type": "baseline_taken", "values": {"weight": 80}}', "e.jsonl, line 1: baseline: unknown signal 'weight'"),
        ('{"t_s": 1, "type": "baseline_taken", "values": {"hr": 0}}', "e.jsonl, line 1: baseline: hr must be a number above 0"),
        ('{"t_s": 1, "type": "audio_paused", "duration_s": 0}', "e.jsonl, line 1: audio_paused: duration_s must be a number"),
    ],
)  # fmt: skip
def test_wrong_events_are_refused_by_file_line_and_key(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_events(io.StringIO(text), "e.jsonl", A)
    assert str(error.value).startswith(complaint)


def test_events_are_facts_in_order_of_time() -> None:
    text = (
        '{"t_s": 5, "type": "note", "text": "b"}\n{"t_s": 1, "type": "note", "text": "a"}\n{"t_s": 5, "type": "note"}'
    )
    assert read_events(io.StringIO(text), "e", A) == [
        Fact(1, "note", {"text": "a"}),
        Fact(5, "note", {"text": "b"}),
        Fact(5, "note", {}),
    ]


@pytest.mark.parametrize("text", ["hr", "hr=", "hr=x", "=75", "hr=75,", "weight=80", "hr=0", "hr=-1", "hr=inf"])
def test_a_wrong_baseline_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"baseline"):
        parse_baseline(text)


def test_a_baseline_is_signals_and_numbers() -> None:
    assert parse_baseline("hr=75, sbp=120.5") == {"hr": 75, "sbp": 120.5}


@pytest.mark.parametrize("text", ["", "SPO2_LOW_1", "SPO2_LOW_1=", "=90", "SPO2_LOW_1=x", "SPO2_LOW_1=90,delay_s"])
def test_a_wrong_limit_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--limit"):
        parse_limit(text)


def test_a_limit_of_a_rule_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no rule 'NOPE'"):
        lines("t_s,spo2\n0,97\n", "", "", "NOPE=3")
    with pytest.raises(ConfigError, match="rule SPO2_LOW_1: 'latch' cannot be changed"):
        lines("t_s,spo2\n0,97\n", "", "", "SPO2_LOW_1=90,latch=1")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "v.csv", tmp_path / "bad.csv"
    good.write_text("t_s,spo2\n0,97\n", encoding="utf-8")
    bad.write_bytes(b"t_s,spo2\n0,\xff\n")
    with pytest.raises(ConfigError, match=r"none\.csv: No such file"):
        list(run_files("A-standard-adult", tmp_path / "none.csv", None))
    with pytest.raises(ConfigError, match=r"none\.jsonl: No such file"):
        list(run_files("A-standard-adult", good, tmp_path / "none.jsonl"))
    with pytest.raises(ConfigError, match=r"bad\.csv.*not UTF-8"):
        list(run_files("A-standard-adult", bad, None))
    with pytest.raises(ConfigError, match="no alarm profile"):
        list(run_files("Q", good, None))


@pytest.mark.parametrize(
    "text",
    [
        '{"t_s": 1, "type": "alarm_acknowledged", "occurrence": 3, "by": "RN"}',
        '{"t_s": 1, "type": "audio_paused"}',
        '{"t_s": 1, "type": "audio_paused", "duration_s": 60}',
        '{"t_s": 1, "type": "baseline_taken", "values": {"hr": 75, "nibp_sys": 120}}',
        '{"t_s": 1, "type": "consciousness_assessed", "scale": "rass", "level": "+1", "back_s": 60}',
        '{"t_s": 1, "type": "limit_changed", "rule": "HR_LOW_1", "new": {"value": 45, "hysteresis": 2}}',
    ],
)
def test_right_events_are_taken_as_they_are(text: str) -> None:
    (fact,) = read_events(io.StringIO(text), "e", A)
    assert {"t_s": fact.t_s, "type": fact.type, **fact.data} == json.loads(text)
