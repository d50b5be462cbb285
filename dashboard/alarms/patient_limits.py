"""The limits of one patient as a person looks at them: in force now, as the profile has them, and what may be done about them."""

from dataclasses import dataclass
from typing import Literal

from config.models.alarms import Kind, Priority, Profile, Rule
from dashboard.alarms.course import RANKS
from dashboard.alarms.plan import INF, Watch
from dashboard.alarms.state import EngineState
from dashboard.alarms.words import number, printed, unit_of

#: Limits of these are never derived from current values: that would make a sick patient's values normal (alarm facts 1.5).
NEVER_DERIVED = ("spo2", "etco2", "rr", "breath")
_FIXED = "the same for every patient: it belongs to the profile"
_TABLE = "levels or states from a table of the profile"
_SAFER = "only to the safer side"


@dataclass(frozen=True, slots=True)
class Setting:
    """One rule of the limits dialog. `value`, `delay_s`, `hysteresis`: in force now, `value` in `unit` as the rule has it (30 for 30 % over
    baseline; of an any-of rule the first limit that has one); `default_…`: as the session's profile has them. `text`: the trigger
    as printed beside the number, percent limits with this patient's baseline. `why_not`: why it cannot be changed, or only one way.
    `off_until_s`: the rule is off until then. `derivable`: whether a proposal may be made from current values."""

    rule: str
    label: str
    signal: str
    side: Literal["low", "high", ""]
    priority: Priority
    kind: Kind
    unit: str
    value: float | None
    delay_s: float
    hysteresis: float
    clear_after_s: float
    default_value: float | None
    default_delay_s: float
    default_hysteresis: float
    modified: bool
    text: str
    changeable: bool
    why_not: str
    off_allowed: bool
    off_max_s: float
    off_until_s: float | None
    derivable: bool


@dataclass(frozen=True, slots=True)
class OffRule:
    """A rule that is off now, since when, until when, and who did it why."""

    rule: str
    label: str
    since_t_s: float
    until_t_s: float
    by: str
    reason: str


def settings(state: EngineState) -> tuple[Setting, ...]:
    """Every rule in the profile's order."""
    until_s = {one.rule: one.until_s for one in state.off}
    defaults = {rule.id: rule for rule in state.default_profile.rules}
    out = []
    for rule in state.plan.profile.rules:
        default = defaults[rule.id]
        value, usual = value_of(rule), value_of(default)
        now, then = (value, delay_of(rule), rule.hysteresis), (usual, delay_of(default), default.hysteresis)
        out.append(
            Setting(
                rule=rule.id,
                label=rule.label,
                signal=rule.signals[0],
                side=rule.limits[0].side if rule.limits else "",
                priority=rule.priority,
                kind=rule.kind,
                unit=value_unit(rule),
                value=value,
                delay_s=now[1],
                hysteresis=now[2],
                clear_after_s=rule.clear_after_s,
                default_value=usual,
                default_delay_s=then[1],
                default_hysteresis=then[2],
                modified=rule != default,
                text=_text(state, rule),
                changeable=value is not None and rule.bedside != "fixed",
                why_not=why_not(rule),
                off_allowed=rule.off_allowed,
                off_max_s=rule.off_max_s,
                off_until_s=until_s.get(rule.id),
                derivable=value is not None and rule.bedside == "change" and rule.signals[0] not in NEVER_DERIVED,
            )
        )
    return tuple(out)


def off(state: EngineState) -> tuple[OffRule, ...]:
    """The rules that are off now, in the order in which they were switched off."""
    profile: Profile = state.plan.profile
    return tuple(
        OffRule(one.rule, profile.rule(one.rule).label, one.since_s, one.until_s, one.by, one.reason)
        for one in state.off
    )


def settling(state: EngineState) -> dict[str, float]:
    """Signals whose sensor has just come on -> until when their limits raise nothing yet (their delays run meanwhile)."""
    memory, t_s = state.memory, state.t_s
    if t_s is None:
        return {}
    return {
        name: memory.settle_until_s[index]
        for index, (name, _) in enumerate(state.plan.measured)
        if memory.settle_until_s[index] > t_s
    }


def value_of(rule: Rule) -> float | None:
    """The number that `Profile.with_limit` changes; None where a table decides."""
    if rule.value is not None:
        return rule.value
    return next((branch.value for branch in rule.any if branch.value is not None), None)


def delay_of(rule: Rule) -> float:
    """The delay of the limit that `value_of` names: a branch may have its own."""
    branch = next((branch for branch in rule.any if branch.value is not None), None)
    return rule.delay_s if branch is None or branch.delay_s is None else branch.delay_s


def operator_of(rule: Rule) -> str:
    """What compares `value_of`."""
    return next((branch.operator for branch in rule.any if branch.value is not None), rule.operator)


def value_unit(rule: Rule) -> str:
    """Unit of `value_of`: a change is in per cent or in the signal's own unit."""
    return "%" if operator_of(rule).startswith("pct") else unit_of(rule)


def why_not(rule: Rule) -> str:
    """Why a rule cannot be changed at the bedside, or only one way; empty when it can."""
    if value_of(rule) is None:
        return _TABLE
    if rule.bedside == "fixed":
        return _FIXED
    return _SAFER if rule.bedside == "safer" else ""


def _text(state: EngineState, rule: Rule) -> str:
    """`≤ 89`, `30 s`, `+30 %` while there is no baseline, or the levels that alarm."""
    if not rule.limits:
        if rule.operator in ("level_table", "combined"):
            return _levels(state, rule)
        if rule.operator == "finding_table":
            return ", ".join(name for name, f in state.plan.profile.findings.items() if f.priority == rule.priority)
        value = value_of(rule)
        return "" if value is None else f"{number(value, rule)} {value_unit(rule)}".strip()
    watches = [
        w for step in state.plan.steps if step.rule is rule for w in (state.plan.watches[i] for i in step.watches)
    ]
    known = [w for w in watches if abs(w.trigger) < INF and not w.confirm]
    if not known:
        sign = "−" if rule.limits[0].side == "low" else "+"
        return f"{sign}{number(value_of(rule), rule)} {value_unit(rule)}"
    nearest: Watch = min(known, key=lambda w: w.trigger * w.sense)
    return f"{'≥' if nearest.sense > 0 else '≤'} {printed(nearest.trigger, nearest.sense, rule)}"


def _levels(state: EngineState, rule: Rule) -> str:
    """The levels of the scale in use that alarm at exactly this priority, or with poor breathing."""
    scale = state.course.assessments[-1].scale if state.course.assessments else "moaas"
    if rule.operator == "combined":
        return ", ".join(state.plan.profile.obtunded.get(scale, ()))
    table = state.plan.profile.levels.get(state.course.depth, {}).get(scale, {})
    return ", ".join(level for level, priority in table.items() if RANKS[priority] == RANKS[rule.priority])
