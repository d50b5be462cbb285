"""What a person asks for: other values, delays and hysteresis of some rules, as a changed profile. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.models.alarms import Profile, Rule
from dashboard.alarms.plan import make_plan

#: Rule id -> setting (`value`, `delay_s`, `hysteresis`) -> number.
Changes = Mapping[str, Mapping[str, float]]
SETTINGS = ("value", "delay_s", "hysteresis")
#: Nothing to set here: a level or a state is no number.
_TABLES = ("level_table", "state_table")


@dataclass(frozen=True, slots=True)
class Now:
    """What a rule says. `value` is None where the rule has no number of its own. For a rule with several limits: its first one that
    has a number, and the shortest delay."""

    value: float | None
    delay_s: float
    hysteresis: float


def now_of(rule: Rule) -> Now:
    value = rule.value
    if value is None:
        value = next((branch.value for branch in rule.any if branch.value is not None), None)
    delays = [rule.delay_s if branch.delay_s is None else branch.delay_s for branch in rule.any]
    return Now(value, min(delays, default=rule.delay_s), rule.hysteresis)


def askable(profile: Profile) -> tuple[Rule, ...]:
    """The rules that have a number to change."""
    return tuple(rule for rule in profile.rules if rule.operator not in _TABLES)


def applied(profile: Profile, changes: Changes) -> Profile:
    """The profile with all changes. ConfigError names the rule that cannot be so."""
    for rule_id, change in real(profile, changes).items():
        profile = profile.with_limit(rule_id, change)
    return profile


def real(profile: Profile, changes: Changes) -> dict[str, dict[str, float]]:
    """Without what changes nothing. ConfigError for a rule that the profile has not."""
    out: dict[str, dict[str, float]] = {}
    for rule_id, change in changes.items():
        rule = profile.rule(rule_id)
        present = now_of(rule)
        delays = {branch.delay_s for branch in rule.any}
        kept = {
            key: float(number)
            for key, number in change.items()
            if number != getattr(present, key, None) or (key == "delay_s" and len(delays) > 1)
        }
        if kept:
            out[rule_id] = kept
    return out


def without_delay_and_hysteresis(profile: Profile) -> dict[str, dict[str, float]]:
    """The same limits as a plain threshold: what a delay and a hysteresis are worth shows against it."""
    out = {}
    for rule in askable(profile):
        plain: dict[str, float] = {}
        if rule.delay_s or any(branch.delay_s for branch in rule.any):
            plain["delay_s"] = 0.0
        if rule.hysteresis:
            plain["hysteresis"] = 0.0
        if plain:
            out[rule.id] = plain
    return out


def ladders(profile: Profile) -> dict[str, str]:
    """Rule id -> name of its ladder (the rules of which only the worst speaks), which is the id of the first of them."""
    plan = make_plan(profile, {})
    names: dict[int, str] = {}
    return {step.rule.id: names.setdefault(step.ladder, step.rule.id) for step in plan.steps}


def touched(profile: Profile, changes: Changes) -> frozenset[str]:
    """Every rule of a ladder in which something changes: all others speak as they did."""
    ladder = ladders(profile)
    stirred = {ladder[rule_id] for rule_id in real(profile, changes)}
    return frozenset(rule_id for rule_id, name in ladder.items() if name in stirred)


def only(profile: Profile, rules: frozenset[str]) -> Profile:
    """The profile with these rules alone, for a run of which nothing else is asked."""
    return profile.model_copy(update={"rules": tuple(rule for rule in profile.rules if rule.id in rules)})
