"""What a scenario says about learning: triggers, patient cues, expected alarms and actions, debrief."""

import re
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.models.base import Model
from config.models.effects import NotNegative, Positive

#: What a comparison may name: the truth of a run, and `t_s`, the scenario's clock.
TRUTH = (
    "t_s", "sao2", "pao2", "paco2", "cp", "ce", "ccv", "cmid", "sbp", "dbp", "hr", "rr", "efforts", "drive", "airway", "va_l_min", "moaas",
    "dissociation", "fear", "bronchospasm", "fio2", "rate_mg_h", "delivered_mg_h", "given_mg", "temp",
)  # fmt: skip
#: What a team can have done with its hands, as an effect of `Run.do`; further: every session event that a person records.
HANDS = (
    "stimulate", "open_airway", "ventilate", "oxygen", "oxygen_off", "cpap", "suction", "legs_up", "reassure", "stop_pump",
    "relieve_pressure", "call_help", "look", "cuff", "flush", "give_midazolam", "give_labetalol", "give_atropine", "give_propofol",
    "give_suxamethonium", "fix_spo2", "fix_ecg", "fix_co2", "fix_nibp", "fix_temp", "fix_abp", "fix_drug_line",
    "fix_cable",
)  # fmt: skip
#: What else an expected action may name: part of what a session event says. A recorded flow of oxygen counts as `oxygen` or `oxygen_off`.
OF_EVENTS = ("infusion_rate_lowered",)
_OPERATORS = {"<=": le, ">=": ge, "==": eq, "!=": ne, "<": lt, ">": gt}
_COMPARISON = re.compile(r"\s*([a-z_][a-z0-9_]*)\s*(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name` of the truth against a number, in the unit of that name."""

    name: str
    operator: str
    value: float

    def holds(self, found: float) -> bool:
        return bool(_OPERATORS[self.operator](found, self.value))


def comparison(text: str) -> Comparison:
    """ValueError says what is expected instead."""
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise ValueError(
            f"a comparison such as 'sao2 < 85' is expected, with one of {' '.join(_OPERATORS)} (got {text!r})"
        )
    name, operator, value = found.groups()
    if name not in TRUTH:
        raise ValueError(f"{name!r} is nothing that can be compared; there are {', '.join(TRUTH)}")
    return Comparison(name, operator, float(value))


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Trigger(Model):
    """True from the moment at which all that is given has held for `for_s`: the clock has reached `at_s`, each comparison of `when`
    holds, something of `done` was done, nothing of `not_done` was."""

    at_s: NotNegative | None = None
    when: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    for_s: NotNegative = 0.0

    _lists = field_validator("when", "done", "not_done", mode="before")(_listed)

    @field_validator("when")
    @classmethod
    def _comparisons(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            comparison(text)
        return texts

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.at_s is None and not self.when and not self.done:
            raise ValueError("one of at_s, when or done is needed")
        return self


class PatientCue(Trigger):
    """What is seen and heard at the bed and no monitor shows; stands until another of its kind, or for `lasts_s`."""

    kind: Literal["chest", "sound", "eyes", "skin", "answers", "mouth", "pump"]
    text: Annotated[str, Field(min_length=1)]
    lasts_s: Positive | None = None


class End(Trigger):
    """The scenario is over."""

    reason: Annotated[str, Field(min_length=1)]


class ExpectedAlarm(Model):
    """Of the untouched run. `optional`: may come, need not. Rules of medium and high priority that are not listed must not come."""

    rule: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")]
    priority: Literal["high", "medium", "low"]
    earliest_s: NotNegative
    latest_s: NotNegative
    optional: bool = False

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.latest_s < self.earliest_s:
            raise ValueError("latest_s must not lie before earliest_s")
        return self


class Visible(Model):
    """When something could first be seen on the screen: an alarm was raised, or a time."""

    alarm: str | None = None
    at_s: NotNegative | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.alarm is None) == (self.at_s is None):
            raise ValueError("give one of alarm and at_s")
        return self


class ExpectedAction(Model):
    """Any of `done` counts; where `also` is given, any of that is needed besides, and it is done with the later of the two. In time: within
    `within_s` of `cue`, a training goal and no clinical standard. `harmful`: it should not be done at all, and `within_s` is how long after
    the cue it counts."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    text: Annotated[str, Field(min_length=1)]
    done: Annotated[tuple[str, ...], Field(min_length=1)]
    cue: Visible
    within_s: Positive
    harmful: bool = False
    also: tuple[str, ...] = ()

    _lists = field_validator("done", "also", mode="before")(_listed)

    @model_validator(mode="after")
    def _one_harm(self) -> Self:
        if self.harmful and self.also:
            raise ValueError("also is for what should be done: name each harm in an action of its own")
        return self


class Prior(Model):
    """Given before the scenario's clock starts: `dose_mg` over `over_s`, beginning `before_s` before 0."""

    drug: Literal["ketamine", "midazolam"]
    dose_mg: Positive
    before_s: Positive
    over_s: NotNegative = 0.0

    @model_validator(mode="after")
    def _is_over(self) -> Self:
        if self.over_s > self.before_s:
            raise ValueError("over_s must not exceed before_s: it is over when the clock starts")
        return self
