"""Profile A against the clinical table, and what the reader refuses."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.models import ConfigError
from config.models.alarms import FOLDER, Profile, load_profile
from devices.signals import DERIVED

A = load_profile("A-standard-adult")

# docs of the clinic, default alarm limits, section 4: id, signal, operator, value, priority, delay, hysteresis, latch, kind.
ROWS: list[tuple[str, str, str, float | None, str, float, float, bool, str]] = [
    ("SPO2_LOW_1", "spo2", "<=", 93, "low", 60, 1, False, "physiological"),
    ("SPO2_LOW_2", "spo2", "<=", 89, "medium", 15, 2, False, "physiological"),
    ("SPO2_LOW_3", "spo2", "<=", 84, "high", 5, 2, True, "physiological"),
    ("SPO2_LOST", "spo2", "stale", 30, "medium", 0, 0, False, "technical"),
    ("HR_LOW_1", "rate", "<=", 49, "medium", 10, 3, False, "physiological"),
    ("HR_LOW_2", "rate", "<=", 40, "high", 5, 3, True, "physiological"),
    ("HR_HIGH_1", "rate", ">=", 121, "medium", 15, 5, False, "physiological"),
    ("HR_HIGH_2", "rate", ">=", 131, "high", 10, 5, True, "physiological"),
    ("HR_TREND", "rate", "pct_over_baseline", 30, "low", 120, 5, False, "physiological"),
    ("SBP_WATCH", "sbp", "any", None, "low", 0, 5, False, "physiological"),
    ("SBP_HIGH", "sbp", "any", None, "medium", 0, 10, False, "physiological"),
    ("SBP_CRIT", "sbp", "any", None, "high", 0, 10, True, "physiological"),
    ("DBP_HIGH", "dbp", ">=", 110, "medium", 0, 5, False, "physiological"),
    ("DBP_CRIT", "dbp", "any", None, "high", 0, 5, True, "physiological"),
    ("SBP_LOW", "sbp", "any", None, "medium", 0, 5, False, "physiological"),
    ("SBP_LOW_2", "sbp", "<=", 80, "high", 0, 5, True, "physiological"),
    ("MAP_LOW", "map", "<=", 65, "medium", 0, 5, False, "physiological"),
    ("MAP_LOW_2", "map", "<=", 55, "high", 0, 5, True, "physiological"),
    ("MAP_HIGH", "map", ">=", 130, "medium", 0, 5, False, "physiological"),
    ("NIBP_STALE", "sbp", "overdue", 120, "low", 0, 0, False, "technical"),
    ("RR_LOW_1", "rr", "<=", 8, "medium", 15, 2, False, "physiological"),
    ("RR_LOW_2", "rr", "<=", 5, "high", 10, 2, True, "physiological"),
    ("RR_HIGH", "rr", ">=", 25, "medium", 30, 3, False, "physiological"),
    ("ETCO2_HI_1", "etco2", "any", None, "medium", 0, 3, False, "physiological"),
    ("ETCO2_HI_2", "etco2", ">=", 60, "high", 15, 5, True, "physiological"),
    ("ETCO2_LO", "etco2", "any", None, "low", 60, 3, False, "physiological"),
    ("APNOEA", "breath", "absent_s", 20, "high", 0, 0, True, "physiological"),
    ("HR_LOST", "rate", "stale", 30, "medium", 0, 0, False, "technical"),
    ("RR_LOST", "rr", "stale", 30, "medium", 0, 0, False, "technical"),
    ("ETCO2_LOST", "etco2", "stale", 30, "medium", 0, 0, False, "technical"),
    ("RESP_BLIND", "spo2,etco2", "all_stale", 30, "high", 0, 0, False, "technical"),
    ("LOC_LEVEL_LOW", "loc", "level_table", None, "low", 0, 0, False, "physiological"),
    ("LOC_LEVEL_MEDIUM", "loc", "level_table", None, "medium", 0, 0, False, "physiological"),
    ("LOC_LEVEL_HIGH", "loc", "level_table", None, "high", 0, 0, True, "physiological"),
    # Consciousness scales, section 4: the combination rule, and what people see.
    ("LOC_BREATHING_LOW", "loc", "combined", None, "low", 15, 0, False, "physiological"),
    ("LOC_BREATHING_MEDIUM", "loc", "combined", None, "medium", 15, 0, False, "physiological"),
    ("LOC_BREATHING_HIGH", "loc", "combined", None, "high", 15, 0, True, "physiological"),
    ("FINDING_MEDIUM", "loc", "finding_table", None, "medium", 0, 0, False, "physiological"),
    ("FINDING_HIGH", "loc", "finding_table", None, "high", 0, 0, True, "physiological"),
    ("TEMP_LOW", "temp", "<=", 35.0, "medium", 0, 0.2, False, "physiological"),
    ("TEMP_HIGH", "temp", ">=", 39.1, "medium", 0, 0.2, False, "physiological"),
    ("PUMP_STATE", "pump_state", "state_table", None, "high", 0, 0, False, "technical"),
    ("PUMP_RATE_DIFF", "pump_rate_ml_h", "pct_from_order", 10, "medium", 60, 0, False, "technical"),
    ("NO_NURSE", "nurse_present", "absent_s", 300, "medium", 0, 0, False, "technical"),
    ("LOC_DUE", "loc", "overdue", 120, "low", 0, 0, False, "physiological"),
    ("LINK_LOST", "link", "absent_s", 5, "medium", 0, 0, False, "technical"),
]

BRANCHES: dict[str, list[tuple[str, float | str | None, float | None, float | None]]] = {
    "SBP_WATCH": [(">=", 160, None, None), ("pct_over_baseline", 20, 130, None)],
    "SBP_HIGH": [(">=", 180, None, None), ("pct_over_baseline", 30, 140, None)],
    "SBP_CRIT": [(">=", 200, None, None), ("confirmed_next", ">= 180", None, None)],
    "DBP_CRIT": [(">=", 120, None, None), ("confirmed_next", ">= 110", None, None)],
    "SBP_LOW": [("<=", 90, None, None), ("pct_under_baseline", 20, 110, None)],
    "ETCO2_HI_1": [(">=", 50, None, 15), ("over_baseline", 10, None, 30)],
    "ETCO2_LO": [("<=", 25, None, None), ("under_baseline", 10, None, None)],
}


def test_profile_a_is_the_clinical_table() -> None:
    rows = [
        (r.id, ",".join(r.signals), r.operator, r.value, r.priority, r.delay_s, r.hysteresis, r.latch, r.kind)
        for r in A.rules
    ]
    assert sorted(rows) == sorted(ROWS)


def test_branches_are_the_clinical_table() -> None:
    found = {
        r.id: [(b.operator, b.of or b.value, b.and_at_least or b.and_at_most, b.delay_s) for b in r.any]
        for r in A.rules
        if r.any
    }
    assert found == BRANCHES


def test_steps_times_and_prompts() -> None:
    escalates = {r.id: [(e.priority, e.after_s, e.after_interval_x) for e in r.further] for r in A.rules if r.further}
    assert escalates == {
        "NIBP_STALE": [("medium", None, 2)],
        "LOC_DUE": [("medium", 300, None), ("high", 600, None)],
        "LINK_LOST": [("high", 15, None)],
    }
    assert {r.id for r in A.rules if r.prompt_repeat} == {"SBP_HIGH", "DBP_HIGH", "SBP_LOW"}
    assert A.rule("APNOEA").clear_after_s == 10
    assert [r.id for r in A.rules if r.when == "infusing"] == ["RESP_BLIND"]
    nibp, loc = A.intervals["nibp"], A.intervals["loc"]
    assert (nibp.fast_s, nibp.first_for_s, nibp.after_for_s, nibp.steady_s, nibp.recovery_s) == (
        300,
        1800,
        900,
        600,
        900,
    )
    assert (loc.fast_s, loc.first_for_s, loc.after_for_s, loc.steady_s, loc.recovery_s) == (300, 1800, 900, 900, 900)


def test_every_rule_has_words_and_a_source() -> None:
    assert [r.id for r in A.rules if not (r.label and r.message and r.advice and r.source)] == []


def test_nothing_is_approved_until_somebody_signs() -> None:
    assert not A.approved
    assert not A.model_copy(update={"approved_by": "Dr Vale"}).approved
    assert A.model_copy(update={"approved_by": "Dr Vale", "approved_at": "2026-11-02"}).approved


def test_rules_use_the_shared_vocabulary() -> None:
    own = {"nurse_present", "pump_state", "pump_rate_ml_h"}
    assert {name for rule in A.rules for name in rule.signals} <= {*DERIVED, *own}


RULE: dict[str, Any] = {
    "id": "X", "signal": "spo2", "operator": "<=", "value": 90, "priority": "low", "label": "x", "message": "x",
}  # fmt: skip
MINI = 'id = "mini"\ntitle = "Mini"\nversion = "1"\n'


def toml(row: dict[str, Any]) -> str:
    def value(item: Any) -> str:
        if isinstance(item, bool):
            return str(item).lower()
        if isinstance(item, list):
            return "[" + ", ".join(value(part) for part in item) + "]"
        if isinstance(item, dict):
            return "{ " + ", ".join(f"{key} = {value(part)}" for key, part in item.items()) + " }"
        return repr(item).replace("'", '"')

    return "[[rules]]\n" + "\n".join(f"{key} = {value(item)}" for key, item in row.items() if item is not None) + "\n"


def load(tmp_path: Path, *rows: dict[str, Any], head: str = MINI, name: str = "mini") -> Profile:
    path = tmp_path / f"{name}.toml"
    path.write_text(head + "".join(toml(row) for row in rows), encoding="utf-8")
    return load_profile(str(path))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"hyst": 1}, "unknown key 'rule X: hyst'"),
        ({"priority": "urgent"}, "rule X: priority: Input should be 'high', 'medium' or 'low'"),
        ({"hysteresis": -1}, "rule X: hysteresis: Input should be greater than or equal to 0"),
        ({"delay_s": 601}, "rule X: delay_s: Input should be less than or equal to 600"),
        ({"delay_s": -1}, "rule X: delay_s: Input should be greater than or equal to 0"),
        ({"clear_after_s": -1}, "rule X: clear_after_s"),
        ({"signal": "sp02"}, "rule X: signal"),
        ({"operator": "<"}, "rule X: operator"),
        ({"value": None}, "rule X: <= needs a value"),
        ({"value": float("nan")}, "rule X: <= needs a finite number"),
        ({"operator": "any"}, "rule X: any takes no value"),
        ({"operator": "any", "value": None}, "rule X: `any` rules, and only those, need branches"),
        ({"any": [{"operator": "<=", "value": 1}]}, "rule X: `any` rules, and only those, need branches"),
        (
            {"operator": "any", "value": None, "any": [{"operator": "<=", "value": 1}, {"operator": ">=", "value": 9}]},
            "rule X: all branches must lie on one side",
        ),
        ({"operator": "confirmed_next"}, "rule X: confirmed_next needs `of`"),
        ({"operator": "confirmed_next", "value": None, "of": "> 5"}, 'must read like ">= 180"'),
        ({"operator": "confirmed_next", "value": None, "of": ">= x"}, 'must read like ">= 180"'),
        ({"of": ">= 5"}, "rule X: <= takes no `of`"),
        ({"and_at_least": 5}, "rule X: <= takes no and_at_least"),
        ({"and_at_most": 5}, "rule X: <= takes no and_at_most"),
        ({"operator": "pct_over_baseline", "value": 0}, "rule X: pct_over_baseline needs a value above 0"),
        ({"operator": "all_stale"}, "rule X: all_stale, and only that, takes several signals"),
        ({"signal": ["spo2", "hr"]}, "rule X: all_stale, and only that, takes several signals"),
        ({"operator": "stale", "signal": "sbp"}, "rule X: sbp cannot be stale"),
        ({"operator": "overdue", "signal": "sbp"}, "rule X: overdue rules, and only those, name an interval"),
        ({"interval": "nibp"}, "rule X: overdue rules, and only those, name an interval"),
        ({"operator": "overdue", "signal": "sbp", "interval": "bp"}, "rule X: no interval 'bp'"),
        ({"operator": "overdue", "interval": "bp"}, "rule X: overdue judges sbp (cuff readings) or loc (assessments)"),
        ({"operator": "level_table", "value": None}, "rule X: level_table, and only that, judges loc"),
        ({"operator": "level_table", "value": None, "signal": "loc"}, "rule X: the profile has no levels"),
        ({"operator": "state_table", "value": None}, "rule X: state_table, and only that, judges pump_state"),
        ({"operator": "state_table", "value": None, "signal": "pump_state"}, "rule X: the profile has no pump_states"),
        ({"escalate": {"priority": "high", "after_s": 5}}, "rule X: <= cannot escalate by itself"),
        ({"operator": "absent_s", "escalate": {"priority": "high"}}, "rule X: escalate: give after_s or after_interval_x"),
        (
            {"operator": "absent_s", "escalate": {"priority": "high", "after_interval_x": 2}},
            "rule X: after_interval_x belongs to overdue rules",
        ),
        ({"message": "at {when}"}, "rule X: message: may hold {value} and {limit}, not when"),
        ({"id": "low one"}, "rule low one: id"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_by_name(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, {**RULE, **change})
    assert complaint in str(error.value)
    assert str(tmp_path / "mini.toml") in str(error.value)
    assert "\n" not in str(error.value)


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rule X: there are two of this id"):
        load(tmp_path, RULE, RULE)
    with pytest.raises(ValidationError, match="rule SPO2_LOW_1: there are two of this id"):
        Profile.model_validate({**dict(A), "rules": (*A.rules, A.rules[0])})


def test_a_low_limit_must_lie_below_the_high_one(tmp_path: Path) -> None:
    high = {**RULE, "id": "Y", "operator": ">=", "value": 91}
    assert len(load(tmp_path, RULE, high).rules) == 2
    with pytest.raises(ConfigError, match="rule X: low limit 90 is not below the high limit 90 of Y"):
        load(tmp_path, RULE, {**high, "value": 90})
    low_any = {**RULE, "operator": "any", "value": None, "any": [{"operator": "<=", "value": v} for v in (80, 95)]}
    with pytest.raises(ConfigError, match="rule X: low limit 95 is not below the high limit 91 of Y"):
        load(tmp_path, low_any, high)


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no alarm profile 'Z'; there are A-standard-adult"):
        load_profile("Z")
    with pytest.raises(ConfigError, match=r"nowhere\.toml: no such file"):
        load_profile("nowhere.toml")


def test_a_profile_may_be_differences_from_a_base(tmp_path: Path) -> None:
    head = 'base = "A-standard-adult"\nid = "B-like"\ntitle = "B"\nversion = "1"\nremove = ["HR_TREND"]\n'
    more = {**RULE, "id": "SPO2_LOW_2", "value": 91, "delay_s": 10}
    del more["signal"], more["operator"], more["priority"], more["label"], more["message"]
    b = load(tmp_path, more, {**RULE, "id": "EXTRA", "value": 92}, head=head)
    assert len(b.rules) == len(A.rules)
    changed, base = b.rule("SPO2_LOW_2"), A.rule("SPO2_LOW_2")
    assert (changed.value, changed.delay_s) == (91, 10)
    assert (changed.hysteresis, changed.priority, changed.message) == (base.hysteresis, base.priority, base.message)
    assert b.rule("EXTRA").value == 92
    with pytest.raises(ConfigError, match="no rule 'HR_TREND'"):
        b.rule("HR_TREND")
    assert b.intervals == A.intervals
    assert b.levels == A.levels


def test_tables_of_a_base_may_be_changed_by_key(tmp_path: Path) -> None:
    head = 'base = "A-standard-adult"\nid = "B-like"\ntitle = "B"\nversion = "1"\n'
    head += "[intervals.loc]\nfast_s = 300\nfirst_for_s = 1800\nafter_for_s = 900\nsteady_s = 300\nrecovery_s = 900\n"
    b = load(tmp_path, head=head)
    assert b.intervals["loc"].steady_s == 300
    assert b.intervals["nibp"] == A.intervals["nibp"]


def test_approval_is_not_inherited(tmp_path: Path) -> None:
    signed = 'approved_by = "Dr Vale"\napproved_at = "2026-11-02"\n'
    assert load(tmp_path, RULE, head=MINI + signed).approved
    child = load(tmp_path, head=f'base = "mini"\n{MINI}', name="child")
    assert not child.approved
    assert child.rules == load_profile(str(tmp_path / "mini.toml")).rules


def test_a_base_must_exist_and_not_go_round(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is its own base"):
        load(tmp_path, head=f'base = "mini"\n{MINI}')
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path, head=f'base = "nothing"\n{MINI}')
    with pytest.raises(ConfigError, match="the base has no rule 'Q'"):
        load(tmp_path, head=f'base = "A-standard-adult"\nremove = ["Q"]\n{MINI}')
    with pytest.raises(ConfigError, match="`remove` without a base"):
        load(tmp_path, RULE, head=f'remove = ["Q"]\n{MINI}')


def test_a_limit_may_be_changed_and_is_checked_again() -> None:
    assert A.with_limit("SPO2_LOW_2", {"value": 87, "delay_s": 5, "hysteresis": 1}).rule("SPO2_LOW_2").value == 87
    assert A.rule("SPO2_LOW_2").value == 89
    watch = A.with_limit("SBP_WATCH", {"value": 150}).rule("SBP_WATCH")
    assert [branch.value for branch in watch.any] == [150, 20]
    carbon = A.with_limit("ETCO2_HI_1", {"delay_s": 5}).rule("ETCO2_HI_1")
    assert (carbon.delay_s, [branch.delay_s for branch in carbon.any]) == (5, [None, None])


@pytest.mark.parametrize(
    ("rule", "change", "complaint"),
    [
        ("NONE", {"value": 1}, "no rule 'NONE'"),
        ("LOC_LEVEL_LOW", {"value": 1}, "rule LOC_LEVEL_LOW: level_table has no value to change"),
        ("HR_LOW_1", {"value": 121}, "rule HR_LOW_1: low limit 121 is not below the high limit 121 of HR_HIGH_1"),
        ("HR_LOW_1", {"hysteresis": -2}, "rule HR_LOW_1: hysteresis"),
        ("HR_LOW_1", {"value": float("inf")}, "rule HR_LOW_1: <= needs a finite number"),
        ("HR_LOW_1", {"latch": 1}, "rule HR_LOW_1: 'latch' cannot be changed"),
    ],
)
def test_an_impossible_limit_is_refused_by_name(rule: str, change: dict[str, float], complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        A.with_limit(rule, change)
    assert complaint in str(error.value)


def test_the_shipped_files_load() -> None:
    for path in FOLDER.glob("*.toml"):
        assert load_profile(path.stem).id == path.stem
