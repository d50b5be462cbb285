"""Alarm profiles: rule rows and the tables beside them, typed, frozen and checked when they are read.

A profile file is complete, or names a `base` and holds the differences: a rule row with a known id replaces the keys that
it gives, one with a new id is added, `remove` takes rows away. Approval is never inherited: a changed profile needs its own.
"""

import math
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, RootModel, ValidationError, field_validator, model_validator

from config.models.base import Model, describe, load_toml
from config.models.errors import ConfigError

FOLDER = Path(__file__).parent.parent / "alarm_profiles"

Priority = Literal["high", "medium", "low"]
Kind = Literal["physiological", "technical"]
#: What a rule may look at: derived signals, and what the bedside itself knows. `hr` in a rule means `rate`.
RuleSignal = Literal[
    "rate", "hr", "spo2", "pi", "sbp", "dbp", "map", "etco2", "fico2", "rr", "breath", "temp", "loc", "link",
    "nurse_present", "pump_state", "pump_rate_ml_h",
]  # fmt: skip
Limit = Literal[
    "<=", ">=", "pct_over_baseline", "pct_under_baseline", "over_baseline", "under_baseline", "confirmed_next"
]
Operator = Literal[
    Limit, "any", "stale", "all_stale", "absent_s", "overdue", "level_table", "state_table", "pct_from_order"
]
#: The side of the value on which a limit lies.
LOW_SIDE = ("<=", "pct_under_baseline", "under_baseline")
#: Operators that compare a measured value, alone or as a branch of `any`.
LIMITS = ("<=", ">=", "pct_over_baseline", "pct_under_baseline", "over_baseline", "under_baseline", "confirmed_next")
_WITHOUT_VALUE = ("any", "confirmed_next", "level_table", "state_table")
_EVENTS = ("sbp", "dbp", "map", "loc", "breath", "link", "nurse_present")


def _one_limit(operator: str, value: float | None, of: str | None, least: float | None, most: float | None) -> None:
    """ValueError when the parts of one limit do not fit its operator."""
    if operator == "confirmed_next":
        if of is None or value is not None:
            raise ValueError('confirmed_next needs `of`, such as of = ">= 180", and no value')
        parse_of(of)
    elif of is not None:
        raise ValueError(f"{operator} takes no `of`")
    elif (value is None) != (operator in _WITHOUT_VALUE):
        raise ValueError(f"{operator} takes no value" if value is not None else f"{operator} needs a value")
    for number in (value, least, most):
        if number is not None and not math.isfinite(number):
            raise ValueError(f"{operator} needs a finite number (got {number})")
    if least is not None and operator not in ("pct_over_baseline", "over_baseline"):
        raise ValueError(f"{operator} takes no and_at_least")
    if most is not None and operator not in ("pct_under_baseline", "under_baseline"):
        raise ValueError(f"{operator} takes no and_at_most")
    if operator.endswith("baseline") and value is not None and value <= 0:
        raise ValueError(f"{operator} needs a value above 0 (got {value:g})")


def parse_of(of: str) -> tuple[str, float]:
    """`">= 180"` as operator and value. ValueError when it is neither `<=` nor `>=` and a number."""
    operator, _, number = of.strip().partition(" ")
    try:
        if operator in ("<=", ">="):
            return operator, float(number)
    except ValueError:
        pass
    raise ValueError(f'`of` must read like ">= 180" (got {of!r})')


class Branch(Model):
    """One limit of an `any` rule. `delay_s` None: the rule's own."""

    operator: Limit
    value: float | None = None
    of: str | None = None
    and_at_least: float | None = None
    and_at_most: float | None = None
    delay_s: float | None = Field(default=None, ge=0, le=600)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _one_limit(self.operator, self.value, self.of, self.and_at_least, self.and_at_most)
        return self

    @property
    def side(self) -> Literal["low", "high"]:
        operator = parse_of(self.of)[0] if self.of is not None else self.operator
        return "low" if operator in LOW_SIDE else "high"


class Escalate(Model):
    """A second step of the same rule: at `after_s` of the rule's own measure, or at `after_interval_x` check intervals."""

    priority: Priority
    after_s: float | None = Field(default=None, gt=0)
    after_interval_x: float | None = Field(default=None, gt=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.after_s is None) == (self.after_interval_x is None):
            raise ValueError("give after_s or after_interval_x")
        return self


class Rule(Model):
    """One row. `delay_s`: how long the value must stay out of limits; `hysteresis`: how far back inside it must come
    (percentage points for percent limits); `clear_after_s`: how long it must stay inside. `interval` names the check
    intervals of an `overdue` rule. `message` may hold {value} and {limit}; `extreme`: a value this low may be a dying patient or a
    bad sensor, and the advice then says to look at the patient first. `source`: what the numbers lean on."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    signal: RuleSignal | tuple[RuleSignal, ...]
    operator: Operator
    value: float | None = None
    any: tuple[Branch, ...] = ()
    of: str | None = None
    and_at_least: float | None = None
    and_at_most: float | None = None
    priority: Priority
    kind: Kind = "physiological"
    delay_s: float = Field(default=0.0, ge=0, le=600)
    hysteresis: float = Field(default=0.0, ge=0)
    clear_after_s: float = Field(default=0.0, ge=0)
    latch: bool = False
    escalate: Escalate | None = None
    interval: str | None = None
    when: Literal["always", "infusing"] = "always"
    prompt_repeat: bool = False
    extreme: float | None = None
    label: str = Field(min_length=1)
    message: str = Field(min_length=1)
    advice: str = ""
    source: str = ""

    @field_validator("message")
    @classmethod
    def _fields_known(cls, message: str) -> str:
        if unknown := {name for _, name, _, _ in string.Formatter().parse(message) if name} - {"value", "limit"}:
            raise ValueError(f"may hold {{value}} and {{limit}}, not {', '.join(sorted(unknown))}")
        return message

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _one_limit(self.operator, self.value, self.of, self.and_at_least, self.and_at_most)
        if (self.operator == "any") != bool(self.any):
            raise ValueError("`any` rules, and only those, need branches")
        if len({branch.side for branch in self.limits}) > 1:
            raise ValueError("all branches must lie on one side of the value: write two rules")
        if (self.operator == "all_stale") != (len(self.signals) > 1):
            raise ValueError("all_stale, and only that, takes several signals")
        if self.operator in ("stale", "all_stale") and (never := sorted(set(self.signals) & set(_EVENTS))):
            raise ValueError(f"{', '.join(never)} cannot be stale: it is not measured every second")
        if (self.operator == "overdue") != (self.interval is not None):
            raise ValueError("overdue rules, and only those, name an interval")
        if self.operator == "overdue" and self.signals[0] not in ("sbp", "loc"):
            raise ValueError("overdue judges sbp (cuff readings) or loc (assessments)")
        if (self.operator == "level_table") != (self.signals == ("loc",) and self.operator != "overdue"):
            raise ValueError("level_table, and only that, judges loc")
        if (self.operator == "state_table") != (self.signals == ("pump_state",)):
            raise ValueError("state_table, and only that, judges pump_state")
        if self.escalate and self.operator not in ("overdue", "absent_s"):
            raise ValueError(f"{self.operator} cannot escalate by itself: write a second rule")
        if self.escalate and self.escalate.after_interval_x and self.operator != "overdue":
            raise ValueError("after_interval_x belongs to overdue rules")
        return self

    @property
    def signals(self) -> tuple[str, ...]:
        names = (self.signal,) if isinstance(self.signal, str) else self.signal
        return tuple("rate" if name == "hr" else name for name in names)

    @property
    def limits(self) -> tuple[Branch, ...]:
        """The limits on a measured value: the branches, or the rule's only one; empty for the other operators."""
        if self.any or self.operator not in LIMITS:
            return self.any
        keys = ("operator", "value", "of", "and_at_least", "and_at_most")
        return (Branch.model_validate({key: getattr(self, key) for key in keys}),)


class Interval(Model):
    """How often something is due after `infusion_started`: every `fast_s` in the first `first_for_s` and for `after_for_s`
    after each event in `after`, then every `steady_s`, and every `recovery_s` once stopped. `rate_increased` in `after`:
    a rate change upwards."""

    fast_s: float = Field(gt=0)
    first_for_s: float = Field(ge=0)
    after_for_s: float = Field(ge=0)
    after: tuple[str, ...] = ()
    steady_s: float = Field(gt=0)
    recovery_s: float = Field(gt=0)


class Fall(Model):
    """A drop of `points` or more between two checks on a numeric scale."""

    scale: str
    points: float = Field(gt=0)
    priority: Priority


class PumpState(Model):
    label: str
    priority: Priority | Literal["none"]


class Profile(Model):
    """`levels`: intended depth -> scale id -> level -> priority or `none`. `pump_states`: code on the wire -> meaning."""

    id: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    title: str
    version: str
    approved_by: str | None = None
    approved_at: str | None = None
    audio_pause_s: float = Field(default=120.0, gt=0)
    rearm_s: float = Field(default=10.0, ge=0)
    latched_sound_s: float = Field(default=5.0, ge=0)
    resound_s: float = Field(default=60.0, ge=0)
    extreme_advice: str = "check patient, then sensor"
    rules: tuple[Rule, ...] = Field(min_length=1)
    intervals: dict[str, Interval] = {}
    levels: dict[Literal["minimal", "moderate"], dict[str, dict[str, Priority | Literal["none"]]]] = {}
    falls: tuple[Fall, ...] = ()
    pump_states: dict[str, PumpState] = {}

    @property
    def approved(self) -> bool:
        """Approval needs a name and a date; until then every screen says that the limits are not site approved."""
        return bool(self.approved_by and self.approved_at)

    def rule(self, rule_id: str) -> Rule:
        """ConfigError when the profile has no such rule."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise ConfigError(f"profile {self.id}: no rule {rule_id!r}")

    def with_limit(self, rule_id: str, change: Mapping[str, float]) -> "Profile":
        """The profile with `value`, `delay_s` or `hysteresis` of one rule changed and everything checked again.

        For an `any` rule `value` is that of its first branch with a value. ConfigError names the rule.
        """
        row = self.rule(rule_id).model_dump()
        for key, number in change.items():
            if key not in ("value", "delay_s", "hysteresis"):
                raise ConfigError(f"rule {rule_id}: {key!r} cannot be changed; value, delay_s and hysteresis can")
            place: dict[str, Any] | None = row
            if key == "value" and row["value"] is None:
                place = next((branch for branch in row["any"] if branch["value"] is not None), None)
            if place is None:
                raise ConfigError(f"rule {rule_id}: {row['operator']} has no value to change")
            place[key] = number
            if key == "delay_s":  # the person means the rule's delay, wherever the rows keep it
                row["any"] = [{**branch, "delay_s": None} for branch in row["any"]]
        rules = [row if rule.id == rule_id else rule for rule in self.rules]
        return _checked({**{name: getattr(self, name) for name in type(self).model_fields}, "rules": rules}, self.id)

    @model_validator(mode="after")
    def _rules_agree(self) -> Self:
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule {rule.id}: there are two of this id")
            seen.add(rule.id)
            if rule.interval is not None and rule.interval not in self.intervals:
                raise ValueError(f"rule {rule.id}: no interval {rule.interval!r} in this profile")
            if rule.operator == "level_table" and not self.levels:
                raise ValueError(f"rule {rule.id}: the profile has no levels")
            if rule.operator == "state_table" and not self.pump_states:
                raise ValueError(f"rule {rule.id}: the profile has no pump_states")
        lows = {rule.id: value for rule in self.rules for value in _fixed(rule, "<=")}
        highs = {rule.id: value for rule in self.rules for value in _fixed(rule, ">=")}
        for low, low_value in lows.items():
            for high, high_value in highs.items():
                if self.rule(low).signals == self.rule(high).signals and low_value >= high_value:
                    raise ValueError(
                        f"rule {low}: low limit {low_value:g} is not below the high limit {high_value:g} of {high}"
                    )
        return self


def _fixed(rule: Rule, operator: str) -> list[float]:
    """The rule's own numbers on one side: the one nearest to the normal range, or none."""
    values = [branch.value for branch in rule.limits if branch.operator == operator and branch.value is not None]
    if not values:
        return []
    return [max(values) if operator == "<=" else min(values)]


class _Raw(RootModel[dict[str, Any]]):
    pass


def load_profile(name: str) -> Profile:
    """A shipped profile by id, or any by the path of its file. ConfigError names file, rule and key."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise ConfigError(f"no alarm profile {name!r}; there are {known}")
    return _checked(_merged(path, ()), str(path))


def _merged(path: Path, below: tuple[Path, ...]) -> dict[str, Any]:
    """The file's tables with its base's underneath."""
    data = load_toml(path, _Raw).root
    ids = [row.get("id") for row in data.get("rules", [])]
    if twice := sorted({str(name) for name in ids if ids.count(name) > 1}):
        raise ConfigError(f"{path}: rule {twice[0]}: there are two of this id")
    base_name, remove = data.pop("base", None), data.pop("remove", [])
    if base_name is None:
        if remove:
            raise ConfigError(f"{path}: `remove` without a base")
        return data
    if path in below:
        raise ConfigError(f"{path}: is its own base")
    beside = path.parent / f"{base_name}.toml"
    base = _merged(beside if beside.is_file() else FOLDER / f"{base_name}.toml", (*below, path))
    base.pop("approved_by", None)
    base.pop("approved_at", None)
    rows = {row.get("id"): row for row in base.get("rules", [])}
    for rule_id in remove:
        if rows.pop(rule_id, None) is None:
            raise ConfigError(f"{path}: remove: the base has no rule {rule_id!r}")
    for row in data.get("rules", []):
        rows[row.get("id")] = {**rows.get(row.get("id"), {}), **row}
    for table in ("intervals", "pump_states"):
        data[table] = {**base.get(table, {}), **data.get(table, {})}
    return {**base, **data, "rules": list(rows.values())}


def _checked(data: dict[str, Any], where: str) -> Profile:
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        text = describe(error).removeprefix("(top level): ")
        for index, row in enumerate(data.get("rules", ())):
            name = row.get("id") if isinstance(row, dict) else row.id
            text = text.replace(f"rules.{index}: ", f"rule {name}: ").replace(f"rules.{index}.", f"rule {name}: ")
        raise ConfigError(f"{where}: {text.replace('Value error, ', '').partition(' (got {')[0]}") from None
