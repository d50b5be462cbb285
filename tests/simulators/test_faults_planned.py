"""Planned faults: the command line's form, and their effect on values and bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import ConfigError
from simulators.faults import GROUPS, Fault, FaultPlan, parse_fault
from simulators.vitals import Vital, Vitals

VITALS: Vitals = {
    "hr": Vital(70), "spo2": Vital(97), "pr": Vital(70), "etco2": Vital(38), "nibp_sys": Vital(120, at_s=3.0),
}  # fmt: skip
LINE = b"01/15/26 10:30:04 SPO2=097% BPM=064\r\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sensor_off:spo2@60+20", Fault("sensor_off", 60, 20, "spo2")),
        ("sensor-off@60", Fault("sensor_off", 60)),
        ("invalid:co2@0.5+1.5", Fault("invalid", 0.5, 1.5, "co2")),
        (" UNPLUG@10+5 ", Fault("unplug", 10, 5)),
        ("cut@7", Fault("cut", 7)),
    ],
)
def test_the_command_lines_form(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", r"expected KIND\[:TARGET\]@START"),
        ("silence", "expected KIND"),
        ("silence@-3", "expected KIND"),
        ("silence@3+", "expected KIND"),
        ("silence@1.2.3", "expected KIND"),
        ("explode@3", "unknown kind 'explode'; known: sensor_off, invalid"),
        ("sensor_off:brain@3", "unknown target 'brain'; known: spo2, co2"),
        ("unplug:spo2@3", "unplug takes no target"),
        ("silence@3+0", "above 0 s"),
    ],
)
def test_nonsense_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        parse_fault(text)
    assert "\n" not in str(caught.value)


def test_a_sensor_comes_off_and_is_put_back() -> None:
    plan = FaultPlan([Fault("sensor_off", 10, 5, "spo2")])
    assert plan.vitals(VITALS, 9.95) == VITALS
    off = plan.vitals(VITALS, 10)
    assert (off["spo2"], off["pr"]) == (Vital(None, "sensor_off"), Vital(None, "sensor_off"))
    assert (off["hr"], off["etco2"], "pi" in off) == (VITALS["hr"], VITALS["etco2"], False)
    assert plan.vitals(VITALS, 15) == VITALS


def test_without_a_target_everything_fails_and_off_prevails_over_invalid() -> None:
    plan = FaultPlan([Fault("sensor_off", 0, None, "nibp"), Fault("invalid", 0)])
    states = {name: vital.status for name, vital in plan.vitals(VITALS, 99).items()}
    assert states == {"hr": "invalid", "spo2": "invalid", "pr": "invalid", "etco2": "invalid", "nibp_sys": "sensor_off"}
    assert plan.vitals(VITALS, 0)["nibp_sys"].at_s == 3.0


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_group_touches_its_own_signals_only(group: str) -> None:
    every: Vitals = {name: Vital(1) for names in GROUPS.values() for name in names}
    lost = {
        name
        for name, vital in FaultPlan([Fault("invalid", 0, None, group)]).vitals(every, 1).items()
        if vital.value is None
    }
    assert lost == GROUPS[group]


def test_silence_is_total_and_ends() -> None:
    plan = FaultPlan([Fault("silence", 1, 2)])
    assert [plan.wire(LINE, t) for t in (0, 1, 2.9, 3)] == [LINE, b"", b"", LINE]


def test_a_cut_without_duration_happens_once() -> None:
    plan = FaultPlan([Fault("cut", 1)])
    sent = [plan.wire(LINE, t) for t in (0, 1, 2)]
    assert (sent[0], sent[2]) == (LINE, LINE)
    assert 0 < len(sent[1]) < len(LINE) and LINE.startswith(sent[1])
    lasting = FaultPlan([Fault("cut", 0, 5)])
    assert all(len(lasting.wire(LINE, t)) < len(LINE) for t in range(5))


def test_corruption_repeats_for_a_seed_and_flips_single_bits() -> None:
    def damaged(seed: int) -> bytes:
        plan = FaultPlan([Fault("corrupt", 0)], seed)
        return b"".join(plan.wire(LINE, t) for t in range(100))

    assert damaged(1) == damaged(1) != damaged(2)
    wrong = [(a ^ b).bit_count() for a, b in zip(damaged(1), LINE * 100, strict=True) if a != b]
    assert set(wrong) == {1}
    assert 0.005 < len(wrong) / (100 * len(LINE)) < 0.02


def test_unplug_and_abort() -> None:
    plan = FaultPlan([Fault("unplug", 5, 2), Fault("abort", 3)])
    assert plan.unplugs and not FaultPlan().unplugs
    assert [plan.unplugged(t) for t in (4.9, 5, 6.9, 7)] == [False, True, True, False]
    assert [plan.aborts(t) for t in (2.9, 3.0, 3.05, 9)] == [False, True, False, False]


@given(st.binary(max_size=200), st.floats(0, 100))
def test_a_plan_without_faults_changes_nothing(data: bytes, now_s: float) -> None:
    plan = FaultPlan()
    assert (plan.wire(data, now_s), plan.vitals(VITALS, now_s), plan.unplugged(now_s)) == (data, VITALS, False)
