"""Profiles B to E: only differences from A, and those of the clinical table."""

import tomllib
from typing import Any

import pytest
from alarm_lab import Lab, told
from pydantic import ValidationError

from config.models import ConfigError
from config.models.alarms import FOLDER, Gate, Profile, Rule, load_profile

NAMES = (
    "A-standard-adult",
    "B-high-respiratory-risk",
    "B-co2-retainer",
    "C-cardiac-risk",
    "D-mood-40min",
    "E-training",
)
A, B, RETAINER, C, D, E = (load_profile(name) for name in NAMES)


def numbers(rule: Rule) -> tuple[Any, ...]:
    """(value or branches, delay, hysteresis, priority)."""
    branches = tuple((b.operator, b.of or b.value, b.and_at_least or b.and_at_most, b.delay_s) for b in rule.any)
    return (branches or rule.value, rule.delay_s, rule.hysteresis, rule.priority)


def differences(profile: Profile, base: Profile) -> dict[str, tuple[Any, ...]]:
    assert [r.id for r in profile.rules] == [r.id for r in base.rules]
    return {r.id: numbers(r) for r in profile.rules if numbers(r) != numbers(base.rule(r.id))}


def test_b_is_the_clinical_table() -> None:
    assert differences(B, A) == {
        "SPO2_LOW_1": (94, 30, 1, "low"),
        "SPO2_LOW_2": (91, 10, 2, "medium"),
        "SPO2_LOW_3": (88, 5, 2, "high"),
        "RR_LOW_1": (9, 15, 2, "medium"),
        "RR_LOW_2": (6, 10, 2, "high"),
        "ETCO2_HI_1": (((">=", 48, None, 15), ("over_baseline", 8, None, 30)), 0, 3, "medium"),
        "ETCO2_LOST": (30, 0, 0, "high"),
        "APNOEA": (15, 0, 0, "high"),
    }
    for interval in B.intervals.values():
        assert (interval.fast_s, interval.steady_s, interval.recovery_s) == (300, 300, 300)
    assert B.requires == ("etco2",)
    assert next(g for g in B.gates if g.id == "co2_line").override == "prescriber"


def test_retainers_are_a_sites_own_choice() -> None:
    assert differences(RETAINER, B) == {
        "SPO2_LOW_1": (87, 30, 1, "low"),
        "SPO2_LOW_2": (85, 10, 2, "medium"),
        "SPO2_LOW_3": (80, 5, 2, "high"),
    }
    assert not RETAINER.suggested
    assert [p.id for p in (A, B, C, D) if not p.suggested] == []
    assert RETAINER.requires == B.requires
    assert {g.id for g in B.gates} < {g.id for g in RETAINER.gates}
    assert [p.below for p in RETAINER.combination if p.signal == "spo2"] == [86]


def test_c_is_the_clinical_table() -> None:
    assert differences(C, A) == {
        "HR_HIGH_1": (110, 15, 5, "medium"),
        "HR_HIGH_2": (130, 10, 5, "high"),
        "SBP_WATCH": (((">=", 140, None, None), ("pct_over_baseline", 15, 130, None)), 0, 5, "low"),
        "SBP_HIGH": (((">=", 160, None, None), ("pct_over_baseline", 20, 140, None)), 0, 10, "medium"),
        "SBP_CRIT": (((">=", 180, None, None),), 0, 10, "high"),
        "DBP_HIGH": (100, 0, 5, "medium"),
        "DBP_CRIT": (((">=", 110, None, None),), 0, 5, "high"),
        "MAP_LOW": (70, 0, 5, "medium"),
    }
    nibp = C.intervals["nibp"]
    assert (nibp.fast_s, nibp.steady_s, nibp.recovery_s) == (300, 300, 300)
    assert C.intervals["loc"] == A.intervals["loc"]
    assert [(g.sbp_below, g.dbp_below) for g in C.gates if g.id == "pressure"] == [(160, 100)]


def test_d_is_the_clinical_table() -> None:
    assert differences(D, A) == {}
    for interval in D.intervals.values():
        assert (interval.marks_min, interval.steady_s, interval.first_for_s) == ((10, 20, 30, 40), 900, 0)
    assert (D.observation_min, D.observation_from) == (120, "start")
    assert (A.observation_min, A.observation_from) == (60, "stop")


def test_e_is_for_training_alone() -> None:
    assert differences(E, A) == {"APNOEA": (15, 0, 0, "high")}
    assert (E.training, E.suggested) == (True, False)
    assert [p.id for p in (A, B, RETAINER, C, D) if p.training] == []
    assert next(g for g in E.gates if g.id == "simulation_banner").override == "nobody"


@pytest.mark.parametrize("name", NAMES[1:])
def test_the_file_holds_differences_only(name: str) -> None:
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    base, own = load_profile(data["base"]), load_profile(name)
    for row in data.get("rules", []):
        assert row["source"], row["id"]
        assert base.rule(row["id"]) != own.rule(row["id"])
    for table in ("settle", "levels", "falls", "pump_states", "level_latches", "obtunded"):
        assert table not in data
        assert getattr(own, table) == getattr(base, table)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_says_where_it_comes_from(name: str) -> None:
    profile = load_profile(name)
    assert [r.id for r in profile.rules if not r.source] == []
    assert [g.id for g in profile.gates if not g.source] == []
    assert not profile.approved


def test_mandatory_etco2_is_high_after_thirty_seconds() -> None:
    bed = Lab(profile=B)
    bed.tick(0, etco2=38)
    bed.hold(range(1, 40), etco2=None)
    assert [(c.t_s, c.rule, c.priority, c.kind) for c in bed.changes] == [(31, "ETCO2_LOST", "high", "technical")]


def test_chest_pain_is_high_with_cardiac_risk_alone() -> None:
    for profile, said in ((A, []), (C, [(10, "raised", "FINDING_HIGH")])):
        bed = Lab(profile=profile)
        bed.tell(9.5, "side_effect", effect="chest pain", severity="mild", by="RN Ito")
        assert told(bed.tick(10, spo2=97)) == said


# -- what a profile may not be -----------------------------------------------------------------------------------------


def with_rule(**row: Any) -> dict[str, Any]:
    kept = [r for r in A.model_dump()["rules"] if r["id"] != row["id"]]
    base = A.rule(row["id"]).model_dump() if row["id"] in {r.id for r in A.rules} else {"label": "x", "message": "x"}
    return {**A.model_dump(), "rules": [*kept, {**base, **row}]}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            {"id": "SPO2_LOW_1", "value": 88},
            "rule SPO2_LOW_1: its limit 88 lies beyond 89 of SPO2_LOW_2, which is medium",
        ),
        (
            {"id": "SPO2_LOW_2", "value": 83},
            "rule SPO2_LOW_2: its limit 83 lies beyond 84 of SPO2_LOW_3, which is high",
        ),
        ({"id": "SPO2_LOW_1", "value": 83}, "rule SPO2_LOW_1: its limit 83 lies beyond 89"),
        ({"id": "HR_HIGH_1", "value": 132}, "rule HR_HIGH_1: its limit 132 lies beyond 131 of HR_HIGH_2"),
        ({"id": "SBP_HIGH", "any": [{"operator": ">=", "value": 201}]}, "rule SBP_HIGH: its limit 201 lies beyond 200"),
        (
            {"id": "SBP_WATCH", "any": [{"operator": "pct_over_baseline", "value": 31}]},
            "rule SBP_WATCH: its limit 31 lies beyond 30 of SBP_HIGH",
        ),
    ],
)
def test_a_step_beyond_a_worse_one_is_refused(row: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        Profile.model_validate(with_rule(**row)).check_order()


@pytest.mark.parametrize(
    "row", [{"id": "SPO2_LOW_1", "value": 89}, {"id": "HR_HIGH_1", "value": 131}, {"id": "SPO2_LOW_3", "value": 70}]
)
def test_steps_may_meet_or_lie_far_apart(row: dict[str, Any]) -> None:
    Profile.model_validate(with_rule(**row)).check_order()


def test_a_file_with_a_step_that_never_speaks_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'base = "A-standard-adult"\nid = "x"\ntitle = "x"\nversion = "1"\n[[rules]]\nid = "SPO2_LOW_1"\nvalue = 80\n'
    )
    with pytest.raises(ConfigError, match=r"x\.toml: rule SPO2_LOW_1: its limit 80 lies beyond 89"):
        load_profile(str(path))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"id": "X", "signal": "spo2", "operator": "pct_under_baseline", "value": 5, "priority": "low"}, "spo2 are never derived"),
        ({"id": "X", "signal": "rr", "operator": "over_baseline", "value": 5, "priority": "low"}, "rr are never derived"),
        ({"id": "X", "signal": "etco2", "operator": "over_baseline", "value": 5, "priority": "low"}, "only beside a fixed one"),
        ({"id": "X", "signal": "hr", "operator": "combined", "priority": "low"}, "judges loc"),
        ({"id": "X", "signal": "hr", "operator": "finding_table", "priority": "low"}, "judges loc"),
        ({"id": "LINK_LOST", "escalate": {"priority": "low", "after_s": 20}}, "escalate to low is no step up from medium"),
        ({"id": "LINK_LOST", "escalate": {"priority": "high", "after_s": 5}}, "escalate after 5 s does not come after 5 s"),
        (
            {"id": "LOC_DUE", "escalate": {"priority": "medium", "after_s": 300, "then": {"priority": "high", "after_s": 300}}},
            "then after 300 s does not come after 300 s",
        ),
        (
            {"id": "LOC_DUE", "escalate": {"priority": "medium", "after_s": 300, "then": {"priority": "medium", "after_s": 400}}},
            "then medium is no step up from medium",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(row: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Profile.model_validate(with_rule(**row))


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("levels", "rule LOC_LEVEL_LOW: the profile has no levels"),
        ("obtunded", "rule LOC_BREATHING_LOW: the profile has no obtunded"),
        ("combination", "rule LOC_BREATHING_LOW: the profile has no combination"),
        ("findings", "rule FINDING_MEDIUM: the profile has no findings"),
        ("pump_states", "rule PUMP_STATE: the profile has no pump_states"),
    ],
)
def test_a_rule_needs_its_table(table: str, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Profile.model_validate({**A.model_dump(), table: {} if table not in ("combination",) else ()})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"combination": [{"signal": "spo2"}]}, "give below or rise"),
        ({"combination": [{"signal": "spo2", "below": 92, "rise": 1}]}, "give below or rise"),
        ({"approved_at": "yesterday"}, "must be a date such as 2026-11-02"),
        ({"intervals": {**A.model_dump()["intervals"], "loc": {**A.model_dump()["intervals"]["loc"], "marks_min": [10, 10]}}}, "that rise"),
        ({"intervals": {**A.model_dump()["intervals"], "loc": {**A.model_dump()["intervals"]["loc"], "marks_min": [0]}}}, "that rise"),
        (
            {"intervals": {**A.model_dump()["intervals"], "loc": {**A.model_dump()["intervals"]["loc"], "long": {
                "planned_over_min": 60, "steps": [{"after_min": 9, "every_s": 9}, {"after_min": 9, "every_s": 9}]}}}},
            "after_min must rise",
        ),
    ],
)  # fmt: skip
def test_tables_are_checked(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Profile.model_validate({**A.model_dump(), **change})


def test_approval_needs_a_version_too() -> None:
    signed = {"approved_by": "Dr Vale", "approved_at": "2026-11-02"}
    assert A.model_copy(update=signed).approved
    assert not A.model_copy(update={**signed, "version": " "}).approved


def test_a_gate_is_words_or_a_pressure() -> None:
    assert Gate(id="x", text="x").override == "nurse"
    with pytest.raises(ValidationError):
        Gate(id="x", text="")
