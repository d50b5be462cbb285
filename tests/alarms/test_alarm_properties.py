"""What must hold for any session: no error, onset in time, and the same answer however it is run."""

from collections.abc import Mapping
from typing import Any

from alarm_lab import PROFILE
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.alarms import (
    Change,
    Fact,
    Tick,
    active,
    catch_up,
    due,
    limits,
    line,
    replay,
    resume,
    sound,
    start,
    step,
    tell,
)
from dashboard.alarms.conditions import Phase
from dashboard.alarms.values import SAMPLED

NUMBERS = st.one_of(st.none(), st.floats(-50, 400), st.integers(0, 200).map(float))
NAMES = (*SAMPLED, "rate", "sbp", "dbp", "map", "rr", "breath")
VALUES = st.dictionaries(st.sampled_from(NAMES), NUMBERS, max_size=12)
FACTS = st.one_of(
    st.sampled_from(
        [
            ("infusion_started", {"rate_mg_h": 20.0, "concentration_mg_ml": 2.0}),
            ("infusion_rate_changed", {"rate_mg_h": 30.0}),
            ("infusion_paused", {}),
            ("infusion_resumed", {}),
            ("infusion_stopped", {}),
            ("bolus_given", {"dose_mg": 5.0}),
            ("audio_paused", {"duration_s": 60.0}),
            ("audio_resumed", {}),
            ("baseline_taken", {"values": {"rate": 75.0, "sbp": 120.0, "etco2": 38.0}}),
            ("manual_vitals", {"values": {"nibp_sys": 190.0, "nibp_dia": 80.0}}),
            ("limit_changed", {"rule": "SPO2_LOW_2", "new": {"value": 91.0, "delay_s": 3.0}}),
            ("phase_changed", {"phase": "recovery"}),
            ("oxygen_changed", {"flow_l_min": 2.0}),
            ("note", {"text": "hello"}),
            ("side_effect", {"effect": "airway noise"}),
            ("side_effect", {"effect": "severe distress"}),
            ("side_effect", {"effect": "vomiting"}),
            ("alarm_off", {"rule": "TEMP_HIGH", "duration_s": 20.0, "by": "RN", "reason": "x"}),
            ("alarm_off", {"rule": "HR_HIGH_1", "duration_s": 15.0, "by": "RN", "reason": "x"}),
            ("alarm_on", {"rule": "TEMP_HIGH", "by": "RN"}),
            ("session_opened", {"intended_depth": "moderate", "planned_min": 600.0}),
            ("service_resumed", {"gap_s": 5.0}),
        ]
    ),
    st.builds(
        lambda scale, level: ("consciousness_assessed", {"scale": scale, "level": level}),
        st.sampled_from(["moaas", "rass", "acvpu", "other"]),
        st.sampled_from(["5", "3", "2", "0", "-3", "+3", "A", "C", "U", "?"]),
    ),
    st.builds(
        lambda rule: ("alarm_acknowledged", {"rule": rule, "by": "RN"}),
        st.sampled_from([rule.id for rule in PROFILE.rules]),
    ),
    st.builds(lambda n: ("alarm_acknowledged", {"occurrence": n, "by": "RN"}), st.integers(1, 9)),
)
MOMENT = st.tuples(st.integers(1, 40), VALUES, st.lists(FACTS, max_size=2))


def session(moments: list[tuple[int, Mapping[str, float | None], list[tuple[str, dict[str, Any]]]]]) -> Any:
    """Ticks and facts: each moment holds its values for some seconds, and its facts fall within the first of them."""
    ticks, facts, t_s = [], [], 0
    for seconds, values, told in moments:
        facts += [Fact(t_s + 0.25 * (n + 1), kind, data) for n, (kind, data) in enumerate(told)]
        for _ in range(seconds):
            t_s += 1
            ticks.append(Tick(float(t_s), values))
    return ticks, facts


@settings(max_examples=150, deadline=None)
@given(st.lists(MOMENT, max_size=8))
def test_any_session_runs_and_every_occurrence_keeps_its_order(moments: Any) -> None:
    ticks, facts = session(moments)
    state, changes = catch_up(PROFILE, {"rate": 70, "sbp": 120}, ticks, facts)
    follows = {
        "raised": {"", "latched"}, "escalated": {"on", "seen"}, "demoted": {"on", "seen"}, "acknowledged": {"on"},
        "cleared": {"on", "seen"}, "latched": {"on"}, "reset": {"latched"},
    }  # fmt: skip
    becomes = {
        "raised": "on",
        "escalated": "on",
        "acknowledged": "seen",
        "cleared": "over",
        "latched": "latched",
        "reset": "over",
    }
    phases: dict[int, str] = {}
    for change in changes:
        before = phases.get(change.occurrence, "")
        assert before in follows[change.change]
        phases[change.occurrence] = becomes.get(change.change, before)
        assert "NaN" not in line(change)
        assert "Infinity" not in line(change)
    t_s = ticks[-1].t_s if ticks else 0.0
    shown = active(PROFILE, state, t_s)
    wanted = {"active": "on", "acknowledged": "seen", "latched": "latched"}
    assert {a.occurrence: wanted[a.phase] for a in shown} == {n: p for n, p in phases.items() if p != "over"}
    assert sorted(phases) == list(range(1, len(phases) + 1))
    sound(PROFILE, state, t_s)
    due(PROFILE, state)
    limits(PROFILE, state)


@settings(max_examples=100, deadline=None)
@given(st.lists(MOMENT, max_size=8), st.integers(0, 10_000))
def test_a_session_cut_anywhere_and_resumed_gives_the_same_lines(moments: Any, cut: int) -> None:
    ticks, facts = session(moments)
    whole = [line(change) for change in replay(PROFILE, None, ticks, facts)]
    at = cut % (len(ticks) + 1)
    edge_s = ticks[at - 1].t_s if at else 0.0
    early, late = [f for f in facts if f.t_s <= edge_s], [f for f in facts if f.t_s > edge_s]
    state, changes = catch_up(PROFILE, None, ticks[:at], early)
    assert state == resume(PROFILE, None, ticks[:at], early)
    told: list[Change] = list(changes)
    for tick in ticks[at:]:
        while late and late[0].t_s <= tick.t_s:
            state, more = tell(PROFILE, state, late.pop(0))
            told += more
        state, more = step(PROFILE, state, tick)
        told += more
    assert [line(change) for change in told] == whole


@settings(max_examples=100, deadline=None)
@given(st.lists(MOMENT, max_size=8))
def test_the_shortcut_for_quiet_values_changes_nothing(moments: Any) -> None:
    ticks, facts = session(moments)
    quick, slow = start(PROFILE, {"rate": 70}), start(PROFILE, {"rate": 70})
    every_bit = (1 << len(slow.plan.groups)) - 1
    for tick in ticks:
        while facts and facts[0].t_s <= tick.t_s:
            fact = facts.pop(0)
            (quick, one), (slow, two) = tell(PROFILE, quick, fact), tell(PROFILE, slow, fact)
            assert one == two
        object.__setattr__(slow, "busy", every_bit)
        (quick, one), (slow, two) = step(PROFILE, quick, tick), step(PROFILE, slow, tick)
        assert one == two
        assert quick.conditions == slow.conditions
        groups = quick.plan.groups
        busy = {g.bit for g in groups if any(quick.conditions[w.index].phase is not Phase.OFF for w in g.watches)}
        assert quick.busy == sum(busy)


LEVEL_RULES = [("spo2", 97.0, rule) for rule in ("SPO2_LOW_1", "SPO2_LOW_2", "SPO2_LOW_3")] + [
    ("hr", 75.0, "HR_LOW_1"),
    ("hr", 75.0, "HR_HIGH_1"),
    ("rr_co2", 14.0, "RR_HIGH"),
    ("etco2", 38.0, "ETCO2_HI_2"),
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(LEVEL_RULES),
    st.integers(1, 50),
    st.lists(st.booleans(), min_size=70, max_size=70),
)
def test_onset_is_never_early_and_at_most_a_second_late(which: Any, begin: int, gaps: list[bool]) -> None:
    signal, normal, rule_id = which
    rule = PROFILE.rule(rule_id)
    assert rule.value is not None
    ticks = [Tick(float(t), {signal: normal}) for t in range(begin)]
    for n, gap in enumerate(gaps):
        ticks.append(Tick(float(begin + n), {signal: None if gap and n else rule.value}))
    raised = [
        c.t_s for c in replay(PROFILE, None, ticks, []) if c.rule == rule_id and c.change in ("raised", "escalated")
    ]
    # The first tick with a value once the delay has passed: a gap neither raises nor starts the wait again.
    expected = next((t.t_s for t in ticks if t.t_s >= begin + rule.delay_s and t.values[signal] is not None), None)
    assert raised[:1] == ([] if expected is None else [expected])
