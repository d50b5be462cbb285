"""Whether a session event fits the profile: said to the person who enters it, before the engine hears of it."""

from collections.abc import Mapping

from config.models.alarms import Profile, Rule, outward
from config.models.errors import ConfigError
from dashboard.alarms.course import BASELINE_NAMES, level_code
from dashboard.alarms.patient_limits import delay_of, operator_of, value_of, why_not
from dashboard.alarms.plan import RAW_OF
from dashboard.alarms.values import Fact

_LIMIT_KEYS = ("value", "delay_s", "hysteresis")
#: What a baseline may hold: derived signals that percent limits and screens use.
BASELINES = (*RAW_OF, "spo2", "etco2", "temp")


def check_fact(profile: Profile, fact: Fact) -> None:
    """ConfigError, in one line, when the engine would have to ignore the fact or part of it."""
    data = fact.data
    match fact.type:
        case "alarm_acknowledged" | "alarm_reset":
            if data.get("rule") is None and data.get("occurrence") is None:
                raise ConfigError(f"{fact.type} needs a rule or an occurrence")
            if data.get("rule") is not None:
                profile.rule(str(data["rule"]))
        case "limit_changed":
            if not isinstance(data.get("rule"), str) or not isinstance(data.get("new"), dict) or not data["new"]:
                raise ConfigError(f"limit_changed needs a rule and new with any of {', '.join(_LIMIT_KEYS)}")
            profile.with_limit(data["rule"], data["new"])
        case "alarm_off" | "alarm_on":
            check_off(profile, fact)
        case "consciousness_assessed":
            _check_level(profile, data.get("scale"), data.get("level"))
        case "baseline_taken":
            check_baseline(data.get("values"))
        case "audio_paused":
            _positive("audio_paused: duration_s", data.get("duration_s", 1))
    back_s = data.get("back_s", 0)
    if isinstance(back_s, bool) or not isinstance(back_s, int | float) or back_s < 0:
        raise ConfigError(f"{fact.type}: back_s must be 0 or more (got {back_s!r})")


def check_change(default: Profile, profile: Profile, rule_id: str, new: Mapping[str, float], reason: str) -> Profile:
    """What a person may do to one patient's limits: `profile` (in force now) with the change. ConfigError says why not: a rule that is
    the same for every patient, one that only gets safer, a step that would never speak, or a less safe number than the profile's own
    (`default`) without a reason. A record that is run again, and a what-if, are not bound by this."""
    usual = default.rule(rule_id)
    changed = profile.with_limit(rule_id, new)
    rule = changed.rule(rule_id)
    if usual.bedside == "fixed":
        raise ConfigError(f"rule {rule_id}: {why_not(usual)}")
    if less := less_safe(usual, rule):
        if usual.bedside == "safer":
            raise ConfigError(f"rule {rule_id}: changes {why_not(usual)}: {less}")
        if not reason.strip():
            raise ConfigError(f"rule {rule_id}: {less}: that needs a reason")
    changed.check_order()
    return changed


def less_safe(usual: Rule, now: Rule) -> str:
    """In which way `now` alarms later, or gives in earlier, than the profile's own rule; empty when in none."""
    value, was = value_of(now), value_of(usual)
    if value is not None and was is not None and (value - was) * outward(operator_of(now)) > 0:
        return f"{value:g} is less safe than the profile's {was:g}"
    if delay_of(now) > delay_of(usual):
        return f"a delay of {delay_of(now):g} s is longer than the profile's {delay_of(usual):g} s"
    if now.hysteresis < usual.hysteresis:
        return f"a hysteresis of {now.hysteresis:g} clears earlier than the profile's {usual.hysteresis:g}"
    return ""


def check_off(profile: Profile, fact: Fact) -> None:
    """ConfigError unless the rule may be off, and for that long. Switching it on again is always right."""
    rule = profile.rule(str(fact.data.get("rule")))
    if fact.type == "alarm_on":
        return
    if not rule.off_allowed:
        raise ConfigError(f"rule {rule.id}: cannot be switched off")
    duration_s = fact.data.get("duration_s")
    _positive("alarm_off: duration_s", duration_s)
    if float(duration_s or 0) > rule.off_max_s:
        raise ConfigError(f"rule {rule.id}: can be off for at most {rule.off_max_s:g} s (got {duration_s})")


def check_baseline(values: object) -> None:
    """ConfigError names a signal that no limit can use, or a value that is not above 0."""
    if not isinstance(values, dict):
        raise ConfigError("a baseline needs values by signal name, such as hr=75")
    for name, value in values.items():
        if BASELINE_NAMES.get(name, name) not in BASELINES:
            raise ConfigError(f"baseline: unknown signal {name!r}; there are {', '.join(('hr', *BASELINES))}")
        _positive(f"baseline: {name}", value)


def _positive(what: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ConfigError(f"{what} must be a number above 0 (got {value!r})")


def _check_level(profile: Profile, scale: object, level: object) -> None:
    scales = profile.levels.get("minimal", {})
    if str(scale) not in scales:
        raise ConfigError(f"consciousness_assessed: unknown scale {scale!r}; there are {', '.join(scales)}")
    if level_code(level) not in scales[str(scale)]:
        known = ", ".join(scales[str(scale)])
        raise ConfigError(f"consciousness_assessed: {scale} has no level {level!r}; there are {known}")
