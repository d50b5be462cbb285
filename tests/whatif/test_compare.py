"""Two runs side by side: what vanishes, appears, moves, and what was true and comes later."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from whatif_lab import NAN, recording

from config.models import ConfigError
from config.models.alarms import load_profile
from dashboard.alarms.values import Change, Fact
from dashboard.figures.occurrences import Occurrence
from dashboard.history.model import SessionAlarms, Verdict
from dashboard.whatif.compare import Deep, Row, announced, compare
from dashboard.whatif.limits import applied, askable, now_of, real, touched, without_delay_and_hysteresis
from dashboard.whatif.recording import left_out, told
from dashboard.whatif.report import Outcome, Report, report
from dashboard.whatif.run import deep, desaturating, poor, run
from dashboard.whatif.spells import Spell, spells

ADULT = load_profile("A-standard-adult")
LOW = "SPO2_LOW_1"  # the ladder of the low saturation
RANKS = {"low": 1, "medium": 2, "high": 3}


def spell(from_s: float, to_s: float | None, priority: Any = "medium", ladder: str = LOW, steps: Any = None) -> Spell:
    steps = steps or ((from_s, RANKS[priority]),)
    worst_s = next(t_s for t_s, rank in steps if rank == RANKS[priority])
    return Spell(ladder, f"{ladder}-{priority}", priority, "physiological", from_s, to_s, worst_s, 88.0, 89.0, steps)


def fates(before: list[Spell], after: list[Spell]) -> list[tuple[str, float | None, float | None]]:
    rows = compare(before, after, desaturating=frozenset({LOW}))
    return [(row.fate, row.moved_s, row.later_s) for row in rows]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([(10, 40)], [(10, 40)], [("same", 0, 0)]),
        ([(10, 40)], [(10, 60)], [("same", 0, 0)]),  # it clears later: the same alarm
        ([(10, 40)], [(16, 40)], [("moved", 6, 6)]),
        ([(10, 40)], [(4, 40)], [("moved", -6, 0)]),
        ([(10, 12)], [], [("vanishes", None, None)]),
        ([], [(10, 12)], [("appears", None, None)]),
        ([(10, None)], [(20, None)], [("moved", 10, 10)]),
        ([(10, 40)], [(50, 60)], [("vanishes", None, None), ("appears", None, None)]),
        # A wider hysteresis makes one of two; a narrower one makes two of one.
        ([(10, 20), (30, 40)], [(10, 40)], [("same", 0, 0), ("joined", -20, 0)]),
        ([(10, 40)], [(10, 20), (30, 40)], [("same", 0, 0), ("appears", None, None)]),
        # Shorter ones around it do not make it late.
        ([(20, 60)], [(0, 5), (15, 30), (50, 60)], [("appears", None, None), ("moved", -5, 0), ("appears", None, None)]),
    ],
)  # fmt: skip
def test_fates(before: list[Any], after: list[Any], expected: list[Any]) -> None:
    assert fates([spell(*one) for one in before], [spell(*one) for one in after]) == expected


def test_another_ladder_is_another_alarm() -> None:
    assert [fate for fate, *_ in fates([spell(10, 40)], [spell(10, 40, ladder="HR_LOW_1")])] == ["appears", "vanishes"]


def test_a_worst_step_that_comes_later_is_later_though_the_onset_is_the_same() -> None:
    before = spell(10, 90, "high", steps=((10, 2), (20, 3)))
    after = spell(10, 90, "high", steps=((10, 2), (34, 3)))
    assert fates([before], [after]) == [("moved", 0, 14)]


def test_an_alarm_that_never_reaches_its_worst_step_is_weaker() -> None:
    before = spell(10, 90, "high", steps=((10, 2), (20, 3)))
    assert fates([before], [spell(12, 90, "medium")]) == [("weaker", 2, None)]


def test_spells_from_transitions() -> None:
    def change(t_s: float, name: Any, rule: str, priority: Any, occurrence: int = 1) -> Change:
        return Change(t_s, rule, priority, "physiological", name, 88.0, 89.0, occurrence)

    found = spells(
        [
            change(10, "raised", "SPO2_LOW_2", "medium"),
            change(20, "escalated", "SPO2_LOW_3", "high"),
            change(25, "demoted", "SPO2_LOW_2", "medium"),
            change(30, "latched", "SPO2_LOW_2", "medium"),
            change(50, "raised", "SPO2_LOW_3", "high"),  # the same occurrence, for nobody answered
            change(55, "raised", "OTHER", "low", 2),
        ],
        dict.fromkeys(("SPO2_LOW_1", "SPO2_LOW_2", "SPO2_LOW_3"), LOW),
    )
    assert [(s.onset_s, s.ended_s, s.rule, s.worst_s) for s in found] == [
        (10, 30, "SPO2_LOW_3", 20),
        (50, None, "SPO2_LOW_3", 50),
    ]
    assert found[0].steps == ((10, 2), (20, 3), (25, 2))
    assert (found[0].reached_s(2), found[0].reached_s(3), found[1].lasted_s(60)) == (10, 20, 10)


# -- what reviewers said -----------------------------------------------------------------------------------------------


def history(*alarms: tuple[int, float, float, tuple[str, ...]]) -> SessionAlarms:
    """(number, onset, end, what the reviewers said) of low saturations."""
    rows = tuple(
        Occurrence(n, "SPO2_LOW_2", "medium", "physiological", "", from_s, 88.0, 89.0, ended_s=to_s)
        for n, from_s, to_s, _ in alarms
    )
    verdicts = {
        n: tuple(Verdict(n, word, f"Dr. {i}", 999.0) for i, word in enumerate(said))  # type: ignore[arg-type]
        for n, _, _, said in alarms
        if said
    }
    return SessionAlarms(
        id="s1", bed="bed-1", bed_title="Room 1", patient="T", protocol="", profile=ADULT.id, profile_version=ADULT.version,
        opened_at=datetime(2026, 3, 1, tzinfo=UTC), utc_offset_s=0.0, start_s=0.0, end_s=3600.0, state="closed", simulation=False,
        scenario="", approved=False, occurrences=rows, verdicts=verdicts,
    )  # fmt: skip


LADDERS = dict.fromkeys(("SPO2_LOW_1", "SPO2_LOW_2", "SPO2_LOW_3"), LOW)


def judged(before: list[Spell], after: list[Spell], *alarms: Any, poor: tuple[int, ...] = ()) -> tuple[Row, ...]:
    return compare(before, after, desaturating=frozenset({LOW}), record=history(*alarms), ladder_of=LADDERS, poor=poor)


def test_a_verdict_is_true_when_all_reviewers_say_so() -> None:
    before = [spell(10, 40), spell(110, 140), spell(210, 240), spell(310, 340)]
    rows = judged(
        before,
        before,
        (1, 10, 40, ("true", "true")),
        (2, 110, 140, ("true", "nuisance")),
        (3, 208, 240, ("nuisance",)),
        poor=(),
    )
    assert [(row.occurrence, row.judged, row.true) for row in rows] == [
        (1, "true", True),
        (2, "differ", False),
        (3, "nuisance", False),
        (None, "", False),
    ]


def test_a_true_verdict_on_a_poor_signal_is_no_true_desaturation() -> None:
    [row] = judged([spell(10, 40)], [], (1, 10, 40, ("true",)), poor=(0,))
    assert (row.judged, row.true) == ("true", False)


# -- over the sessions --------------------------------------------------------------------------------------------------


def outcome(rows: tuple[Row, ...], deep: tuple[Deep, ...] = (), hours: float = 2.0, **more: Any) -> Outcome:
    before = tuple(row.before for row in rows if row.before)
    after = tuple(row.after for row in rows if row.after and row.fate != "joined")
    return Outcome("s1", "2026-03-01 Room 1", hours, 7200.0, rows, before, after, deep, **more)


def lines(found: Report) -> dict[str, tuple[str, str]]:
    return {line.key: (line.tone, line.text) for line in found.lines}


def test_the_worst_comes_first_and_in_red() -> None:
    before = [spell(10, 60), spell(100, 160), spell(200, 260), spell(300, 360), spell(400, 402)]
    after = [spell(24, 60), spell(109, 160), spell(206, 260)]
    rows = judged(
        before, after, *((i + 1, one.onset_s, one.ended_s, ("true",)) for i, one in enumerate(before[:4])),
        (5, 400, 402, ("nuisance",)),
    )  # fmt: skip
    found = report([outcome(rows)])
    assert [line.key for line in found.lines][:3] == ["later", "missed", "weaker"]
    said = lines(found)
    assert said["later"] == ("bad", "3 true desaturations announced later: 14 s, 9 s, 6 s")
    assert said["missed"] == ("bad", "1 true desaturation missed")
    assert said["weaker"] == ("good", "0 true desaturations announced at a lower priority only")
    assert said["vanish"] == ("plain", "− 2 alarms vanish: 1 nuisance, 1 true")
    assert said["appear"][1] == "+ 0 alarms appear"
    later = found.lines[0].items
    assert [(item.at_s, item.occurrence, item.words) for item in later] == [
        (10, 1, "14 s later"),
        (100, 2, "9 s later"),
        (200, 3, "6 s later"),
    ]
    assert found.numbers["true desaturations announced later, s"] == [14.0, 9.0, 6.0]
    assert found.numbers["true desaturations missed"] == 1


def test_what_nobody_judged_is_counted_as_such() -> None:
    rows = judged([spell(10, 60), spell(100, 160), spell(200, 260)], [spell(30, 60)], (1, 10, 60, ()))
    said = lines(report([outcome(rows)]))
    assert said["open"] == (
        "plain",
        "3 desaturation alarms not judged, judged differently or of poor signal: 2 vanish, 1 come later",
    )
    assert said["missed"] == ("good", "0 true desaturations missed")
    assert said["vanish"][1] == "− 2 alarms vanish: 2 not judged"


def test_a_deep_desaturation_that_no_alarm_announces_any_more_is_red_whoever_judged_it() -> None:
    stretches = announced(
        (Deep(100, 130, 80), Deep(300, 320, 83)), [spell(105, 140), spell(290, 400)], [spell(310, 400)]
    )
    assert [(d.before_s, d.after_s) for d in stretches] == [(5, None), (0, 10)]
    said = lines(report([outcome((), stretches)]))
    assert said["deep"] == (
        "bad",
        "SpO₂ below 85 % for 15 s or longer: 2 in the record, 1 not announced by an SpO₂ alarm (1 of them announced now)",
    )
    assert said["deep-later"] == ("bad", "1 of the 2 below 85 % announced later: 10 s")


def test_rates_and_short_ones() -> None:
    rows = compare(
        [spell(0, 10), spell(100, 115), spell(200, None, "high")], [spell(200, None, "high")], desaturating=frozenset()
    )
    found = report([outcome(rows, hours=2.0), outcome((), hours=1.0)])
    assert (found.sessions, found.hours) == (2, 3.0)
    assert (found.before.by_priority, found.before.short, found.before.total) == (
        {"high": 1, "medium": 2, "low": 0},
        1,
        3,
    )
    assert (found.after.short, found.after.total, found.after.short_share) == (0, 1, 0.0)
    assert report([]).before.short_share is None


# -- from a recording ----------------------------------------------------------------------------------------------------


def test_deep_stretches_by_the_numbers_alone() -> None:
    spo2 = np.array(
        [97.0] * 10 + [84.0] * 15 + [97.0] + [80.0] * 14 + [97.0] * 3 + [84.0] * 8 + [NAN] * 5 + [70.0] * 4 + [97.0]
    )
    t_s = np.arange(len(spo2), dtype=float)
    # 14 s are too short, and a gap of five seconds does not end a stretch.
    assert [(d.from_s, d.to_s, d.lowest) for d in deep(t_s, spo2)] == [(10, 24, 84), (43, 59, 70)]
    assert deep(t_s[:0], spo2[:0]) == ()
    assert [(d.from_s, d.to_s) for d in deep(t_s, np.where(spo2 == 97, 85.0, spo2))] == [(10, 24), (43, 59)]


def desaturation(bottom: float = 86.0) -> list[float]:
    return [97.0] * 60 + [bottom] * 40 + [97.0] * 60


def test_a_longer_delay_announces_later_through_the_same_engine() -> None:
    one = recording({"spo2": desaturation(), "hr": [72.0] * 160})
    asked = frozenset({"SPO2_LOW_2"})
    before = run(one, ADULT, asked)
    after = run(one, applied(ADULT, {"SPO2_LOW_2": {"delay_s": 21.0}}), asked)
    [row] = compare(before, after, desaturating=desaturating(ADULT))
    assert (row.fate, row.moved_s, row.later_s, row.desaturation) == ("moved", 6.0, 6.0, True)
    assert row.before is not None and (row.before.onset_s, row.before.ended_s) == (75.0, 100.0)


def test_a_limit_changed_at_the_bedside_stands_in_neither_run_of_a_question_about_it() -> None:
    """It would overrule the answer: with 80 from the start nothing would alarm, whatever is asked."""
    changed = Fact(1.5, "limit_changed", {"rule": "SPO2_LOW_2", "new": {"value": 80.0}})
    answered = Fact(80.5, "alarm_acknowledged", {"rule": "SPO2_LOW_2", "by": "R. N."})
    one = recording({"spo2": desaturation(), "hr": [72.0] * 160}, [changed, answered])
    assert [s.onset_s for s in run(one, ADULT, frozenset({"SPO2_LOW_2"}))] == [75.0]
    assert run(one, ADULT, frozenset({"HR_LOW_1"})) == ()
    assert left_out(one.facts, {"SPO2_LOW_2"}) == 1
    assert [fact.type for fact in told(one.facts, {"HR_LOW_1"})] == ["limit_changed"]


def test_a_poor_signal_is_one_that_the_oximeter_complained_of_near_the_onset() -> None:
    spells_found = run(recording({"spo2": desaturation(), "hr": [72.0] * 160}), ADULT, frozenset())
    for trouble, bottom, expected in (([], 86.0, ()), ([70.0], 86.0, (0,)), ([20.0], 86.0, ()), ([70.0], 45.0, ())):
        one = recording({"spo2": desaturation(bottom), "hr": [72.0] * 160})
        one = type(one)(one.t_s, one.columns, one.mask, one.facts, np.array(trouble))
        assert poor(one, spells_found, desaturating(ADULT)) == expected, (trouble, bottom)
    gap = desaturation()
    gap[74] = NAN
    assert poor(recording({"spo2": gap, "hr": [72.0] * 160}), spells_found, desaturating(ADULT)) == (0,)


# -- what can be asked ---------------------------------------------------------------------------------------------------


def test_what_a_rule_says_now_and_what_can_be_asked() -> None:
    assert (now_of(ADULT.rule("SPO2_LOW_2")).value, now_of(ADULT.rule("SPO2_LOW_2")).delay_s) == (89, 15)
    assert (now_of(ADULT.rule("ETCO2_HI_1")).value, now_of(ADULT.rule("ETCO2_HI_1")).delay_s) == (50, 15)
    assert now_of(ADULT.rule("SBP_CRIT")).value == 200
    assert "LOC_LEVEL_HIGH" not in {rule.id for rule in askable(ADULT)}
    assert {"APNOEA", "SPO2_LOST", "NIBP_STALE"} <= {rule.id for rule in askable(ADULT)}


def test_a_question_that_changes_nothing_touches_nothing() -> None:
    assert real(ADULT, {"SPO2_LOW_2": {"value": 89.0, "delay_s": 15.0}}) == {}
    assert touched(ADULT, {"SPO2_LOW_2": {"delay_s": 15.0}}) == frozenset()
    assert touched(ADULT, {"SPO2_LOW_2": {"delay_s": 20.0}}) == {"SPO2_LOW_1", "SPO2_LOW_2", "SPO2_LOW_3"}
    assert real(ADULT, {"ETCO2_HI_1": {"delay_s": 15.0}}) == {"ETCO2_HI_1": {"delay_s": 15.0}}  # its branches differ


def test_the_same_limits_without_delay_and_hysteresis() -> None:
    plain = applied(ADULT, without_delay_and_hysteresis(ADULT))
    assert all(rule.delay_s == rule.hysteresis == 0 for rule in plain.rules)
    assert all(not branch.delay_s for rule in plain.rules for branch in rule.any)
    assert [now_of(a).value for a in plain.rules] == [now_of(b).value for b in ADULT.rules]


def test_limits_that_cannot_be_so_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no rule 'NOPE'"):
        applied(ADULT, {"NOPE": {"value": 1.0}})
    with pytest.raises(ConfigError, match="SPO2_LOW_2"):
        applied(ADULT, {"SPO2_LOW_2": {"delay_s": 601.0}})
