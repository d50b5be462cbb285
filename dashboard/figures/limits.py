"""What an alarm profile says about a session's chart: the words of its rules, and its limits as lines through time."""

from config.models.alarms import LOW_SIDE, Branch, Profile, Rule, parse_of
from dashboard.figures.record import LimitLine, RuleText
from dashboard.session.state import Session
from devices.signals import SIGNALS

#: Derived signal -> the raw one whose unit it has.
_RAW = {"rate": "hr", "sbp": "nibp_sys", "dbp": "nibp_dia", "map": "nibp_map", "rr": "rr_co2"}
_SECONDS = ("stale", "all_stale", "absent_s", "overdue")
#: Limits of the ladder's low step only prompt; a line is drawn where an alarm asks for a person.
_DRAWN = {"high": 0, "medium": 0, "low": 1}


def rule_texts(profile: Profile) -> dict[str, RuleText]:
    """How each rule reads in the alarm history. A limit in the record is in the signal's own unit, also of percent rules."""
    return {
        rule.id: RuleText(rule.label, _symbol(rule), _unit(rule), rule.signals[0], check=rule.operator == "overdue")
        for rule in profile.rules
    }


def limit_lines(profile: Profile, session: Session) -> tuple[LimitLine, ...]:
    """For each signal and side the limit nearest to normal that raises at least a medium alarm (else the nearest), with the
    changes that were made during the session. Percent limits have no line: they follow the baseline of the patient."""
    best: dict[tuple[str, str], tuple[tuple[int, float], Rule, float]] = {}
    for rule in profile.rules:
        for operator, value in filter(None, (_absolute(branch) for branch in rule.limits)):
            symbol = "≤" if operator in LOW_SIDE else "≥"
            order = (_DRAWN[rule.priority], -value if symbol == "≤" else value)
            key = (rule.signals[0], symbol)
            if key not in best or order < best[key][0]:
                best[key] = (order, rule, value)
    return tuple(
        LimitLine(signal, symbol, rule.priority, _steps(session, rule.id, value))
        for (signal, symbol), (_, rule, value) in best.items()
    )


def _absolute(branch: Branch) -> tuple[str, float] | None:
    if branch.of is not None:
        return None  # a confirmation repeats another limit
    return (branch.operator, branch.value) if branch.operator in ("<=", ">=") and branch.value is not None else None


def _steps(session: Session, rule: str, value: float) -> tuple[tuple[float, float], ...]:
    """The value from the start on, then each change from its own time. What stood before the first change is the change's own
    `old` value: the profile on this computer may be a later one than the session's."""
    changes = [e for e in session.limits_changed if e.event.rule == rule and "value" in e.event.new]
    first = changes[0].event.old.get("value", value) if changes else value
    start_s = session.opened.t_s if session.opened else 0.0
    return ((start_s, first), *((e.t_s, e.event.new["value"]) for e in changes))


def _symbol(rule: Rule) -> str:
    if not rule.limits:
        return ""
    branch = rule.limits[0]
    operator = parse_of(branch.of)[0] if branch.of is not None else branch.operator
    return "≤" if operator in LOW_SIDE else "≥"


def _unit(rule: Rule) -> str:
    if rule.operator in _SECONDS:
        return "s"
    row = SIGNALS.get(_RAW.get(rule.signals[0], rule.signals[0]))
    return "" if row is None else row.unit.replace("1/min", "/min")
