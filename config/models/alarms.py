"""Alarm profiles: rule rows and the tables beside them, typed, frozen and checked when they are read.

A profile file is complete, or names a `base` and holds the differences: a rule row with a known id replaces the keys that
it gives, one with a new id is added, `remove` takes rows away. Approval is never inherited: a changed profile needs its own.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, RootModel, ValidationError, field_validator, model_validator

from config.models.alarm_rows import (
    LOW_SIDE,
    ORDER,
    Branch,
    Escalate,
    Fall,
    Finding,
    Gate,
    Interval,
    Kind,
    Part,
    Priority,
    PumpState,
    Rule,
    RuleSignal,
    outward,
    parse_of,
)
from config.models.base import Model, describe, load_toml
from config.models.errors import ConfigError

__all__ = [
    "FOLDER", "LOW_SIDE", "Branch", "Escalate", "Fall", "Finding", "Gate", "Interval", "Kind", "Part", "Priority", "Profile",
    "PumpState", "Rule", "RuleSignal", "load_profile", "outward", "parse_of",
]  # fmt: skip

FOLDER = Path(__file__).parent.parent / "alarm_profiles"
#: Pressures are single readings, and breath must never wait.
_NEVER_SETTLING = ("sbp", "dbp", "map", "breath", "link", "nurse_present", "loc", "pump_state", "pump_rate_ml_h")


class Profile(Model):
    """`levels`: intended depth -> scale id -> level -> priority or `none`; `level_latches`: scale -> levels below high that latch.
    `obtunded`: scale -> levels at which `combination` (poor breathing raises consciousness one step) and findings `when = "obtunded"`
    count. `findings`: side effect -> what it alarms. `pump_states`: code on the wire -> meaning.

    `settle`: signal -> seconds in which its first values after `settle_after_s` without one raise nothing. `reminder_s`: how often
    a chirp tells of sound that stays paused, or of a rule that stays off.

    For the forms around a session: `requires`: signals without which no infusion starts (a prescriber may override); `gates`: what
    else must be so; observation lasts until `observation_min` after the stop or the start; `suggested` False: never proposed by the
    program, a site chooses it; `training`: for simulated patients alone.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    title: str
    version: str
    approved_by: str | None = None
    approved_at: str | None = None
    audio_pause_s: float = Field(default=120.0, gt=0)
    rearm_s: float = Field(default=10.0, ge=0)
    latched_sound_s: float = Field(default=5.0, ge=0)
    resound_s: float = Field(default=60.0, ge=0)
    reminder_s: float = Field(default=300.0, gt=0)
    settle_after_s: float = Field(default=30.0, gt=0)
    settle: dict[RuleSignal, float] = {}
    extreme_advice: str = "check patient, then sensor"
    rules: tuple[Rule, ...] = Field(min_length=1)
    intervals: dict[str, Interval] = {}
    levels: dict[Literal["minimal", "moderate"], dict[str, dict[str, Priority | Literal["none"]]]] = {}
    level_latches: dict[str, tuple[str, ...]] = {}
    falls: tuple[Fall, ...] = ()
    obtunded: dict[str, tuple[str, ...]] = {}
    combination: tuple[Part, ...] = ()
    findings: dict[str, Finding] = {}
    pump_states: dict[str, PumpState] = {}
    requires: tuple[RuleSignal, ...] = ()
    gates: tuple[Gate, ...] = ()
    observation_min: float = Field(default=60.0, ge=0)
    observation_from: Literal["stop", "start"] = "stop"
    suggested: bool = True
    training: bool = False

    @field_validator("settle")
    @classmethod
    def _may_settle(cls, settle: dict[str, float]) -> dict[str, float]:
        for name, wait_s in settle.items():
            if name in _NEVER_SETTLING:
                raise ValueError(f"{name} never waits for a sensor to settle")
            if not 0 < wait_s <= 30:
                raise ValueError(f"{name}: 0 to 30 s (got {wait_s:g}): nothing may be held back longer")
        return {"rate" if name == "hr" else name: wait_s for name, wait_s in settle.items()}

    @property
    def approved(self) -> bool:
        """Approval needs a name, a date and a version; until then every screen says that the limits are not site approved."""
        return bool(self.approved_by and self.approved_at and self.version.strip())

    @field_validator("approved_at")
    @classmethod
    def _a_date(cls, approved_at: str | None) -> str | None:
        if approved_at is not None:
            try:
                datetime.fromisoformat(approved_at)
            except ValueError:
                raise ValueError(f"must be a date such as 2026-11-02 (got {approved_at!r})") from None
        return approved_at

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

    def check_order(self) -> None:
        """ConfigError when a lesser step of a ladder lies beyond a worse one: it would never speak. What-if changes may
        do that on purpose; a profile, and a change for a patient, may not."""
        for lesser in self.rules:
            for worse in self.rules:
                same = (lesser.kind, lesser.signals) == (worse.kind, worse.signals)
                if not same or ORDER.index(lesser.priority) >= ORDER.index(worse.priority):
                    continue
                for operator in {branch.operator for branch in lesser.limits}:
                    for near in _nearest(lesser, operator):
                        for far in _nearest(worse, operator):
                            if (near - far) * outward(operator) > 0:
                                raise ConfigError(
                                    f"profile {self.id}: rule {lesser.id}: its limit {near:g} lies beyond {far:g} of {worse.id}, "
                                    f"which is {worse.priority}: it would never speak"
                                )

    @model_validator(mode="after")
    def _rules_agree(self) -> Self:
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule {rule.id}: there are two of this id")
            seen.add(rule.id)
            if rule.interval is not None and rule.interval not in self.intervals:
                raise ValueError(f"rule {rule.id}: no interval {rule.interval!r} in this profile")
            for operator, table, there in (
                ("level_table", "levels", self.levels),
                ("combined", "obtunded", self.obtunded),
                ("combined", "combination", self.combination),
                ("finding_table", "findings", self.findings),
                ("state_table", "pump_states", self.pump_states),
            ):
                if rule.operator == operator and not there:
                    raise ValueError(f"rule {rule.id}: the profile has no {table}")
        lows = {rule.id: value for rule in self.rules for value in _nearest(rule, "<=")}
        highs = {rule.id: value for rule in self.rules for value in _nearest(rule, ">=")}
        for low, low_value in lows.items():
            for high, high_value in highs.items():
                if self.rule(low).signals == self.rule(high).signals and low_value >= high_value:
                    raise ValueError(
                        f"rule {low}: low limit {low_value:g} is not below the high limit {high_value:g} of {high}"
                    )
        return self


def _nearest(rule: Rule, operator: str) -> list[float]:
    """The rule's own number of one operator: the one nearest to the normal range, or none."""
    values = [branch.value for branch in rule.limits if branch.operator == operator and branch.value is not None]
    return [min(values, key=lambda value: value * outward(operator))] if values else []


class _Raw(RootModel[dict[str, Any]]):
    pass


def load_profile(name: str) -> Profile:
    """A shipped profile by id, or any by the path of its file. ConfigError names file, rule and key."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not name.endswith(".toml") and not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise ConfigError(f"no alarm profile {name!r}; there are {known}")
    profile = _checked(_merged(path, ()), str(path))
    try:
        profile.check_order()
    except ConfigError as error:
        raise ConfigError(f"{path}: {str(error).removeprefix(f'profile {profile.id}: ')}") from None
    return profile


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
    return {**_over(base, data), "rules": list(rows.values())}


def _over(base: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Tables key by key; of anything else, lists too, the new one stands."""
    both = {key: _over(base[key], new) for key, new in data.items() if isinstance(new, dict) and key in base}
    return {**base, **data, **both}


def _checked(data: dict[str, Any], where: str) -> Profile:
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        text = describe(error).removeprefix("(top level): ")
        for index, row in enumerate(data.get("rules", ())):
            name = row.get("id") if isinstance(row, dict) else row.id
            text = text.replace(f"rules.{index}: ", f"rule {name}: ").replace(f"rules.{index}.", f"rule {name}: ")
        raise ConfigError(f"{where}: {text.replace('Value error, ', '').partition(' (got {')[0]}") from None
