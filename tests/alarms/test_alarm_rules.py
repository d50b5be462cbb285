"""Every limit of profile A at its edge: value on the limit and one short, the last second of the delay, the hysteresis."""

from dataclasses import dataclass

import pytest
from alarm_lab import Lab, told

from dashboard.alarms import Change

BASELINE = {"rate": 90.0, "sbp": 150.0, "dbp": 75.0, "map": 90.0, "etco2": 37.0, "rr": 14.0}


@dataclass(frozen=True)
class Edge:
    """`at` triggers after `delay_s`, `short` never; then `held` is still inside the hysteresis and `clear` is out of it."""

    rule: str
    signal: str
    normal: float
    short: float
    at: float
    delay_s: int
    held: float
    clear: float
    gone: str = "cleared"
    clears_after_s: int = 0


LEVELS = [
    Edge("SPO2_LOW_1", "spo2", 97, 94, 93, 60, 93, 94),
    Edge("SPO2_LOW_2", "spo2", 97, 90, 89, 15, 90, 91),
    Edge("SPO2_LOW_3", "spo2", 97, 85, 84, 5, 85, 86, "latched"),
    Edge("HR_LOW_1", "hr", 75, 50, 49, 10, 51, 52),
    Edge("HR_LOW_2", "hr", 75, 41, 40, 5, 42, 43, "latched"),
    Edge("HR_HIGH_1", "hr", 75, 120, 121, 15, 117, 116),
    Edge("HR_HIGH_2", "hr", 75, 130, 131, 10, 127, 126, "latched"),
    # 30 % over 90 is 117; it clears at 25 % over.
    Edge("HR_TREND", "hr", 90, 116, 117, 120, 113, 112.5),
    Edge("RR_LOW_1", "rr_co2", 14, 9, 8, 15, 9, 10),
    Edge("RR_LOW_2", "rr_co2", 14, 6, 5, 10, 6, 7, "latched"),
    Edge("RR_HIGH", "rr_co2", 14, 24, 25, 30, 23, 22),
    # 50 for 15 s, or 10 over the baseline of 37 for 30 s.
    Edge("ETCO2_HI_1", "etco2", 37, 46, 50, 15, 48, 44),
    Edge("ETCO2_HI_1", "etco2", 37, 46, 47, 30, 45, 44),
    Edge("ETCO2_HI_2", "etco2", 37, 59, 60, 15, 56, 55, "latched"),
    Edge("ETCO2_LO", "etco2", 37, 28, 25, 60, 27, 30),
    Edge("ETCO2_LO", "etco2", 37, 28, 27, 60, 29, 30),
    Edge("TEMP_LOW", "temp", 36.8, 35.1, 35.0, 0, 35.1, 35.2),
    Edge("TEMP_HIGH", "temp", 36.8, 39.0, 39.1, 0, 39.0, 38.9),
    Edge("LINK_LOST", "link", 0.5, 4.99, 5, 0, 5, 4.99),
]
PRESSURES = [
    # Absolute limits against a baseline of 150 that leaves the percent branches out of reach.
    Edge("SBP_WATCH", "nibp_sys", 150, 159, 160, 0, 156, 155),
    Edge("SBP_HIGH", "nibp_sys", 150, 179, 180, 0, 171, 170),
    Edge("SBP_CRIT", "nibp_sys", 150, 199, 200, 0, 191, 170, "latched"),
    Edge("DBP_HIGH", "nibp_dia", 75, 109, 110, 0, 106, 105),
    Edge("DBP_CRIT", "nibp_dia", 75, 119, 120, 0, 116, 105, "latched"),
    Edge("SBP_LOW_2", "nibp_sys", 150, 81, 80, 0, 84, 85, "latched"),
    Edge("MAP_LOW", "nibp_map", 90, 66, 65, 0, 69, 70),
    Edge("MAP_LOW_2", "nibp_map", 90, 56, 55, 0, 59, 60, "latched"),
    Edge("MAP_HIGH", "nibp_map", 90, 129, 130, 0, 126, 125),
]


def of(changes: list[Change], rule: str) -> list[tuple[float, str]]:
    return [(change.t_s, change.change) for change in changes if change.rule == rule]


def fires(changes: list[Change], rule: str) -> list[float]:
    return [change.t_s for change in changes if change.rule == rule and change.change in ("raised", "escalated")]


def lab(edge: Edge) -> Lab:
    return Lab(BASELINE if edge.signal != "nibp_sys" else {"sbp": 150.0})


@pytest.mark.parametrize("edge", LEVELS, ids=lambda e: f"{e.rule}-{e.at:g}")
def test_a_level_rule_fires_at_its_limit_after_its_delay(edge: Edge) -> None:
    bed = lab(edge)
    bed.tick(0, **{edge.signal: edge.normal})
    bed.hold(range(1, 1 + edge.delay_s), **{edge.signal: edge.at})
    assert fires(bed.changes, edge.rule) == []  # one second short
    bed.tick(1 + edge.delay_s, **{edge.signal: edge.at})
    assert fires(bed.changes, edge.rule) == [1 + edge.delay_s]
    assert bed.changes[-1].value == edge.at


@pytest.mark.parametrize("edge", LEVELS, ids=lambda e: f"{e.rule}-{e.at:g}")
def test_a_level_rule_never_fires_one_short_of_its_limit(edge: Edge) -> None:
    bed = lab(edge)
    bed.hold(range(700), **{edge.signal: edge.short})
    assert fires(bed.changes, edge.rule) == []


@pytest.mark.parametrize("edge", LEVELS, ids=lambda e: f"{e.rule}-{e.at:g}")
def test_a_level_rule_clears_only_beyond_its_hysteresis(edge: Edge) -> None:
    bed = lab(edge)
    bed.hold(range(1 + edge.delay_s), **{edge.signal: edge.at})
    bed.changes.clear()
    bed.hold(range(200, 260), **{edge.signal: edge.held})
    gone = [c for c in bed.changes if c.rule == edge.rule and c.change in ("cleared", "latched", "demoted")]
    assert gone == []
    out = bed.tick(300, **{edge.signal: edge.clear})
    assert [c.change for c in out if c.rule == edge.rule or c.change == "demoted"] == [edge.gone] or told(out) == [
        (300, "demoted", out[0].rule)
    ]


@pytest.mark.parametrize("edge", PRESSURES, ids=lambda e: e.rule)
def test_one_cuff_reading_signals_and_the_next_one_clears(edge: Edge) -> None:
    bed = lab(edge)
    bed.tick(0, **{edge.signal: edge.normal})
    bed.hold(range(1, 300), **{edge.signal: None})
    assert fires(bed.tick(300, **{edge.signal: edge.short}), edge.rule) == []
    bed = lab(edge)
    assert fires(bed.tick(300, **{edge.signal: edge.at}), edge.rule) == [300]
    assert bed.hold(range(301, 600), **{edge.signal: None}) == []  # between readings nothing raises and nothing clears
    assert of(bed.tick(600, **{edge.signal: edge.held}), edge.rule) in ([], [(600, "escalated")])
    assert of(bed.hold(range(601, 900), **{edge.signal: None}), edge.rule) == []
    gone = bed.tick(900, **{edge.signal: edge.clear})
    assert (900, edge.gone) in of(gone, edge.rule) or [c.change for c in gone] == ["demoted"]


@pytest.mark.parametrize(
    ("rule", "baseline", "short", "at", "held", "clear", "limit"),
    [
        # 20 % over 120 is 144, and 144 is above the floor of 130; it clears at 15 % over: 138.
        ("SBP_WATCH", 120, 143, 144, 139, 138, 144),
        # 20 % over 100 would be 120: the floor of 130 holds, with the rule's hysteresis of 5.
        ("SBP_WATCH", 100, 129, 130, 126, 125, 130),
        ("SBP_HIGH", 120, 155, 156, 145, 144, 156),  # 30 %, back to 20 %
        ("SBP_HIGH", 100, 139, 140, 131, 130, 140),  # the floor of 140, back by 10
        ("SBP_LOW", 120, 97, 96, 101, 102, 96),  # 20 % under is 96, back to 15 % under
        ("SBP_LOW", 150, 111, 110, 114, 115, 110),  # 20 % under would be 120: the ceiling of 110 holds
        ("SBP_LOW", 100, 91, 90, 94, 95, 90),  # 20 % under would be 80: the absolute 90 comes first
    ],
)
def test_percent_limits_with_floor_and_ceiling(
    rule: str, baseline: float, short: float, at: float, held: float, clear: float, limit: float
) -> None:
    bed = Lab({"sbp": baseline})
    assert fires(bed.tick(0, nibp_sys=short), rule) == []
    bed = Lab({"sbp": baseline})
    fired = [c for c in bed.tick(0, nibp_sys=at) if c.rule == rule]
    assert [(c.change, c.value, c.limit) for c in fired] == [("raised", at, limit)]
    assert of(bed.tick(300, nibp_sys=held), rule) == []
    gone = bed.tick(600, nibp_sys=clear)
    assert (600, "cleared") in of(gone, rule) or [c.change for c in gone] == ["demoted"]


def test_percent_rules_are_silent_without_a_baseline() -> None:
    bed = Lab()
    bed.hold(range(300), hr=119, etco2=49, nibp_sys=None)
    bed.tick(300, hr=119, etco2=49, nibp_sys=159)
    bed.tick(600, hr=119, etco2=49, nibp_sys=91)
    assert bed.said == []


def test_a_baseline_taken_later_counts_from_then_on() -> None:
    bed = Lab()
    bed.tell(9.5, "baseline_taken", values={"hr": 90.0})
    bed.hold(range(10, 131), hr=117)
    assert bed.said == [(130, "raised", "HR_TREND")]
    assert bed.changes[-1].limit == 117


def test_a_baseline_without_the_signal_ends_its_percent_alarm() -> None:
    bed = Lab({"hr": 90})
    bed.hold(range(121), hr=117)
    bed.tell(121, "baseline_taken", values={"sbp": 120.0})
    cleared = bed.tick(122, hr=117)
    assert [(c.change, c.rule, c.limit) for c in cleared] == [("cleared", "HR_TREND", None)]


def test_very_high_systolic_needs_two_readings_in_a_row_of_180() -> None:
    bed = Lab()
    assert told(bed.tick(0, nibp_sys=181)) == [(0, "raised", "SBP_HIGH")]
    assert bed.tick(300, nibp_sys=179) == []  # not confirmed
    assert bed.tick(600, nibp_sys=180) == []
    assert bed.hold(range(601, 900), nibp_sys=None) == []
    (change,) = bed.tick(900, nibp_sys=180)
    assert (change.rule, change.change, change.value, change.limit) == ("SBP_CRIT", "escalated", 180, 180)


def test_very_high_diastolic_needs_two_readings_in_a_row_of_110() -> None:
    bed = Lab()
    assert told(bed.tick(0, nibp_dia=110)) == [(0, "raised", "DBP_HIGH")]
    (change,) = bed.tick(300, nibp_dia=112)
    assert (change.rule, change.change, change.limit) == ("DBP_CRIT", "escalated", 110)


def test_a_confirmed_reading_holds_through_the_absolute_limit_clearing() -> None:
    bed = Lab()
    assert told(bed.tick(0, nibp_sys=205)) == [(0, "raised", "SBP_CRIT")]
    assert bed.tick(300, nibp_sys=185) == []  # 200 has cleared, but 180 was reached twice
    (change,) = bed.tick(600, nibp_sys=170)
    assert (change.rule, change.change) == ("SBP_WATCH", "demoted")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([(0, 89), (15, 89)], [15]),
        ([(0, 89), (5, 95), (15, 89)], []),  # recovering restarts the wait
        ([(0, 89), (5, None), (15, 89)], [15]),  # a gap does not
        ([(0, 89), (5, None), (15, None), (16, 89)], [16]),  # but a gap does not raise either
        ([(0, 89), (5, 90), (6, 89), (15, 89), (21, 89)], [21]),  # inside the limit is inside, whatever the hysteresis
    ],
)
def test_the_delay_is_time_out_of_limits(script: list[tuple[int, float | None]], expected: list[float]) -> None:
    bed = Lab()
    for t_s, value in script:
        bed.tick(t_s, spo2=value)
    assert fires(bed.changes, "SPO2_LOW_2") == expected


def test_a_missing_value_clears_nothing() -> None:
    bed = Lab()
    bed.hold(range(16), spo2=89)
    assert [c.rule for c in bed.hold(range(16, 200), spo2=None)] == ["SPO2_LOST"]
    assert told(bed.tick(200, spo2=89)) == [(200, "cleared", "SPO2_LOST")]
    assert told(bed.tick(201, spo2=97)) == [(201, "cleared", "SPO2_LOW_2")]


def test_pulse_stands_in_for_the_heart_rate() -> None:
    bed = Lab()
    bed.hold(range(6), hr=None, pr=38)
    assert bed.said == [(5, "raised", "HR_LOW_2")]
    bed = Lab()
    bed.hold(range(60), hr=75, pr=38)
    assert bed.said == []


def test_impedance_stands_in_for_the_capnograph() -> None:
    bed = Lab()
    bed.hold(range(16), rr_co2=None, rr_imp=7)
    assert bed.said == [(15, "raised", "RR_LOW_1")]


def test_a_derived_name_is_used_as_it_stands() -> None:
    bed = Lab()
    bed.hold(range(60), rate=75, hr=30, rr=14, rr_co2=3, sbp=120, nibp_sys=60)
    assert bed.said == []
    bed = Lab()
    bed.hold(range(40), rate=None, hr=30)
    assert bed.said == [(30, "raised", "HR_LOST")]


def test_invasive_pressure_goes_before_the_cuff_while_it_is_there() -> None:
    bed = Lab()
    bed.tick(0, abp_sys=120, nibp_sys=185)
    assert bed.said == []
    assert told(bed.tick(1, abp_sys=None, nibp_sys=185)) == [(1, "raised", "SBP_HIGH")]
    assert told(bed.tick(2, abp_sys=120, nibp_sys=None)) == [(2, "cleared", "SBP_HIGH")]


def test_a_lost_arterial_line_leaves_its_alarm_until_a_reading_comes() -> None:
    bed = Lab()
    bed.tick(0, abp_sys=185, nibp_sys=None)
    assert bed.hold(range(1, 100), abp_sys=None, nibp_sys=None) == []
    assert told(bed.tick(100, abp_sys=None, nibp_sys=120)) == [(100, "cleared", "SBP_HIGH")]


@pytest.mark.parametrize("diastolic", [185, 190])
def test_a_systolic_not_above_the_diastolic_is_no_reading(diastolic: float) -> None:
    bed = Lab()
    assert bed.tick(0, nibp_sys=185, nibp_dia=diastolic, nibp_map=185) == []


def test_extreme_lows_are_kept_and_are_high() -> None:
    for signal, value, rule in (("hr", 12, "HR_LOW_2"), ("spo2", 41, "SPO2_LOW_3"), ("rr_co2", 0, "RR_LOW_2")):
        bed = Lab()
        bed.hold(range(11), **{signal: value})
        assert rule in [change.rule for change in bed.changes]
        assert bed.changes[-1].priority == "high"


def test_a_delay_given_to_a_cuff_rule_runs_on_the_standing_reading() -> None:
    bed = Lab()
    bed.tell(0, "limit_changed", rule="SBP_HIGH", new={"delay_s": 30})
    bed.tell(0, "limit_changed", rule="SBP_WATCH", new={"value": 250})
    bed.tick(0, nibp_sys=185)
    bed.hold(range(1, 60), nibp_sys=None)
    assert bed.said == [(30, "raised", "SBP_HIGH")]


def test_a_delay_on_invasive_pressure_does_not_run_out_while_the_line_is_lost() -> None:
    bed = Lab()
    bed.tell(0, "limit_changed", rule="SBP_HIGH", new={"delay_s": 30})
    bed.tell(0, "limit_changed", rule="SBP_WATCH", new={"value": 250})
    bed.tick(0, abp_sys=185)
    bed.hold(range(1, 60), abp_sys=None)
    assert bed.said == []


def test_a_persons_cuff_reading_is_a_reading() -> None:
    bed = Lab()
    bed.tick(0, nibp_sys=None)
    assert bed.tell(0.5, "manual_vitals", values={"nibp_sys": 205.0, "nibp_dia": 90.0}) == []
    assert told(bed.tick(1, nibp_sys=None)) == [(1, "raised", "SBP_CRIT")]
    assert bed.tick(2, nibp_sys=None) == []
    bed.tell(2.5, "manual_vitals", values={"nibp_sys": 120.0})
    assert told(bed.tick(3)) == [(3, "latched", "SBP_CRIT")]


def test_a_live_reading_of_the_same_second_goes_before_a_persons() -> None:
    bed = Lab()
    bed.tell(0.5, "manual_vitals", values={"nibp_sys": 205.0})
    assert bed.tick(1, nibp_sys=120) == []
    assert bed.tick(2, nibp_sys=None) == []


def test_a_persons_saturation_does_not_pass_for_a_signal_that_is_back() -> None:
    bed = Lab()
    bed.hold(range(31), spo2=None)
    bed.tell(30.5, "manual_vitals", values={"spo2": 97.0, "hr": 70.0})
    assert bed.hold(range(31, 40), spo2=None) == []


def test_two_entries_before_one_tick_are_taken_together() -> None:
    bed = Lab()
    bed.tell(0.2, "manual_vitals", values={"nibp_sys": 205.0})
    bed.tell(0.4, "manual_vitals", values={"temp": 39.5})
    assert sorted(c.rule for c in bed.tick(1)) == ["SBP_CRIT", "TEMP_HIGH"]


def test_a_changed_limit_counts_from_the_next_value() -> None:
    bed = Lab()
    bed.hold(range(20), spo2=88)
    assert bed.said == [(15, "raised", "SPO2_LOW_2")]
    bed.tell(19.5, "limit_changed", rule="SPO2_LOW_2", old={"value": 89.0}, new={"value": 85.0}, reason="known COPD")
    assert told(bed.tick(20, spo2=88)) == [(20, "cleared", "SPO2_LOW_2")]
    assert bed.changes[-1].limit == 85
    bed.tell(20.5, "limit_changed", rule="SPO2_LOW_2", new={"value": 89.0, "delay_s": 5.0})
    bed.hold(range(21, 40), spo2=88)
    assert bed.said[-1] == (30, "raised", "SPO2_LOW_2")  # 10 s after clearing, though the delay is 5 s


def test_an_impossible_change_of_a_limit_changes_nothing() -> None:
    bed = Lab()
    bed.tell(0, "limit_changed", rule="HR_LOW_1", new={"value": 300.0})
    bed.tell(0, "limit_changed", rule="NO_SUCH", new={"value": 3.0})
    bed.hold(range(20), hr=75)
    assert bed.said == []


def test_a_changed_hysteresis_counts() -> None:
    bed = Lab()
    bed.tell(0, "limit_changed", rule="SPO2_LOW_2", new={"hysteresis": 5.0})
    bed.hold(range(16), spo2=89)
    assert bed.tick(16, spo2=93) == []
    assert told(bed.tick(17, spo2=94)) == [(17, "cleared", "SPO2_LOW_2")]


def test_a_changed_limit_leaves_the_baseline_as_it_was() -> None:
    bed = Lab({"hr": 90})
    bed.tell(0, "limit_changed", rule="SPO2_LOW_2", new={"value": 88.0})
    bed.hold(range(121), hr=117)
    assert bed.said == [(120, "raised", "HR_TREND")]
