"""Rows of an alarm profile: rules, check intervals, falls and pump states, typed, frozen and checked one by one."""

import math
import string
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from config.models.base import Model

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
    Limit,
    "any",
    "stale",
    "all_stale",
    "absent_s",
    "overdue",
    "level_table",
    "combined",
    "finding_table",
    "state_table",
    "pct_from_order",
]
#: The side of the value on which a limit lies.
LOW_SIDE = ("<=", "pct_under_baseline", "under_baseline")
#: Operators that compare a measured value, alone or as a branch of `any`.
LIMITS = ("<=", ">=", "pct_over_baseline", "pct_under_baseline", "over_baseline", "under_baseline", "confirmed_next")
_WITHOUT_VALUE = ("any", "confirmed_next", "level_table", "combined", "finding_table", "state_table")
_EVENTS = ("sbp", "dbp", "map", "loc", "breath", "link", "nurse_present")
#: What judges a person's observations and a pump's words, and nothing else.
_JUDGES = {
    "loc": ("level_table", "combined", "finding_table", "overdue"),
    "pump_state": ("state_table",),
}
#: Limits of these never follow the patient's own values: they would make a sick patient's values normal.
_NEVER_RELATIVE = ("spo2", "rr")
ORDER = ("low", "medium", "high")


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


def outward(operator: str) -> int:
    """+1 when a higher number of this operator lies further out of the normal range, -1 when a lower one does."""
    return -1 if operator == "<=" else 1


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
    """A further step of the same rule: at `after_s` of the rule's own measure, or at `after_interval_x` check intervals; `then`
    the one after it."""

    priority: Priority
    after_s: float | None = Field(default=None, gt=0)
    after_interval_x: float | None = Field(default=None, gt=1)
    then: "Escalate | None" = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.after_s is None) == (self.after_interval_x is None):
            raise ValueError("give after_s or after_interval_x")
        if self.then is not None and ORDER.index(self.then.priority) <= ORDER.index(self.priority):
            raise ValueError(f"then {self.then.priority} is no step up from {self.priority}")
        if self.then is not None and None not in (at := (self.after_s, self.then.after_s)) and at[1] <= at[0]:  # type: ignore[operator]
            raise ValueError(f"then after {at[1]:g} s does not come after {at[0]:g} s")
        return self


class Rule(Model):
    """One row. `delay_s`: how long the value must stay out of limits; `hysteresis`: how far back inside it must come
    (percentage points for percent limits); `clear_after_s`: how long it must stay inside. `interval` names the check
    intervals of an `overdue` rule. `message` may hold {value} and {limit}; `extreme`: a value this low may be a dying patient or a
    bad sensor, and the advice then says to look at the patient first. `group`: alarms that screens show together, no more.
    `bedside`: whether the numbers may be changed for one patient: freely with a reason, only to the safer side, or not at all.
    `off_allowed`: the rule may be switched off for at most `off_max_s`; it returns by itself. `source`: what the numbers lean on."""

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
    group: Literal["", "respiratory"] = ""
    bedside: Literal["change", "safer", "fixed"] = "change"
    off_allowed: bool = False
    off_max_s: float = Field(default=0.0, ge=0, le=14400)
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
        for signal, operators in _JUDGES.items():
            if (self.signals == (signal,)) != (self.operator in operators) and self.operator != "overdue":
                besides = f" (and {', '.join(operators[1:])})" if operators[1:] else ""
                raise ValueError(f"{operators[0]}, and only that, judges {signal}{besides}")
        if self.signals[0] in _NEVER_RELATIVE and any(b.operator.endswith("baseline") for b in self.limits):
            raise ValueError(f"limits of {self.signals[0]} are never derived from the patient's own values")
        if self.signals == ("etco2",) and self.limits and all(b.operator.endswith("baseline") for b in self.limits):
            raise ValueError("a limit of etco2 against the baseline stands only beside a fixed one")
        if self.escalate and self.operator not in ("overdue", "absent_s"):
            raise ValueError(f"{self.operator} cannot escalate by itself: write a second rule")
        if self.escalate and self.escalate.after_interval_x and self.operator != "overdue":
            raise ValueError("after_interval_x belongs to overdue rules")
        if self.escalate and ORDER.index(self.escalate.priority) <= ORDER.index(self.priority):
            raise ValueError(f"escalate to {self.escalate.priority} is no step up from {self.priority}")
        if self.escalate and self.escalate.after_s is not None and self.escalate.after_s <= (self.value or 0.0):
            raise ValueError(f"escalate after {self.escalate.after_s:g} s does not come after {self.value:g} s")
        if self.off_allowed != (self.off_max_s > 0):
            raise ValueError("off_allowed and off_max_s (seconds, above 0) belong together")
        if self.off_allowed and (why := self._never_off()):
            raise ValueError(f"can never be switched off: {why}")
        return self

    def _never_off(self) -> str:
        """Why no profile may let a person switch this rule off; empty when one may (alarm facts 1.4)."""
        if found := sorted(set(self.signals) & {"spo2", "breath", "link"}):
            return f"it watches {', '.join(found)}"
        if self.operator in ("stale", "all_stale"):
            return "it tells of a signal that is lost"
        return "its priority is high" if self.priority == "high" else ""

    @property
    def signals(self) -> tuple[str, ...]:
        names = (self.signal,) if isinstance(self.signal, str) else self.signal
        return tuple("rate" if name == "hr" else name for name in names)

    @property
    def further(self) -> tuple[Escalate, ...]:
        """The steps after the first, in order."""
        steps, after = [], self.escalate
        while after is not None:
            steps.append(after)
            after = after.then
        return tuple(steps)

    @property
    def limits(self) -> tuple[Branch, ...]:
        """The limits on a measured value: the branches, or the rule's only one; empty for the other operators."""
        if self.any or self.operator not in LIMITS:
            return self.any
        keys = ("operator", "value", "of", "and_at_least", "and_at_most")
        return (Branch.model_validate({key: getattr(self, key) for key in keys}),)


class Longer(Model):
    """From `after_min` of infusion on a check is due every `every_s`."""

    after_min: float = Field(gt=0)
    every_s: float = Field(gt=0)


class Long(Model):
    """Wider intervals of an infusion that is planned for more than `planned_over_min`, once it has run for long."""

    planned_over_min: float = Field(gt=0)
    steps: tuple[Longer, ...] = Field(min_length=1)

    @field_validator("steps")
    @classmethod
    def _rising(cls, steps: tuple[Longer, ...]) -> tuple[Longer, ...]:
        if any(b.after_min <= a.after_min for a, b in pairwise(steps)):
            raise ValueError("after_min must rise from step to step")
        return steps


class Interval(Model):
    """How often something is due after `infusion_started`: every `fast_s` in the first `first_for_s` and for `after_for_s`
    after each event in `after`, then every `steady_s`, and every `recovery_s` once stopped. `rate_increased` in `after`:
    a rate change upwards. `marks_min`: minutes from the start at which it is due besides; a check up to `early_s` before counts
    for its mark. `long`: in place of `steady_s` for infusions of many hours."""

    fast_s: float = Field(gt=0)
    first_for_s: float = Field(ge=0)
    after_for_s: float = Field(ge=0)
    after: tuple[str, ...] = ()
    steady_s: float = Field(gt=0)
    recovery_s: float = Field(gt=0)
    marks_min: tuple[float, ...] = ()
    early_s: float = Field(default=60.0, ge=0)
    long: Long | None = None

    @field_validator("marks_min")
    @classmethod
    def _minutes(cls, marks: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in pairwise((0.0, *marks))):
            raise ValueError("minutes above 0 that rise are needed")
        return marks


class Finding(Model):
    """A side effect that alarms when it is recorded, until the next assessment: at one of these `severity` words (none: at any),
    always or only in a patient whose last level is one of `Profile.obtunded`."""

    priority: Priority
    severity: tuple[str, ...] = ()
    when: Literal["always", "obtunded"] = "always"


class Part(Model):
    """One sign of poor breathing: the signal below a number, or risen by one over the baseline."""

    signal: Literal["spo2", "rr", "etco2"]
    below: float | None = None
    rise: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.below is None) == (self.rise is None):
            raise ValueError("give below or rise")
        return self


class Gate(Model):
    """What must be so before an infusion starts: a confirmation in words, or a baseline pressure below a number. `override`: who
    may start without it, always with a reason."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: str = Field(min_length=1)
    sbp_below: float | None = Field(default=None, gt=0)
    dbp_below: float | None = Field(default=None, gt=0)
    override: Literal["nurse", "prescriber", "nobody"] = "nurse"
    source: str = ""


class Fall(Model):
    """A drop of `points` or more between two checks on a numeric scale."""

    scale: str
    points: float = Field(gt=0)
    priority: Priority


class PumpState(Model):
    label: str
    priority: Priority | Literal["none"]
