"""How one alarm profile differs from another, in one line for the person who chooses. Read off the rows, so that it is never stale."""

from config.models.alarms import Profile, Rule

_NAMES = {
    "spo2": "SpO₂", "rate": "HR", "sbp": "SBP", "dbp": "DBP", "map": "MAP", "etco2": "EtCO₂", "rr": "RR", "temp": "temp",
}  # fmt: skip


def differences(profile: Profile, base: Profile) -> str:
    """`SpO₂ ≤ 94, 91, 88 · RR ≤ 9, 6 · no breath 15 s · needs EtCO₂`; empty for the base itself."""
    if profile.id == base.id:
        return ""
    old = {rule.id: rule for rule in base.rules}
    limits: dict[tuple[str, str], list[float]] = {}
    words: list[str] = []
    for rule in profile.rules:
        if rule.id in old and _numbers(old[rule.id]) == _numbers(rule):
            continue
        for operator, value in _numbers(rule):
            if operator == "absent_s" and rule.signals == ("breath",):
                words.append(f"no breath {value:g} s")
            elif operator in ("<=", ">=") and rule.signals[0] in _NAMES:
                key = (_NAMES[rule.signals[0]], "≤" if operator == "<=" else "≥")
                values = limits.setdefault(key, [])
                if value not in values:
                    values.append(value)
    parts = [
        f"{name} {symbol} {', '.join(f'{value:g}' for value in sorted(values, reverse=symbol == '≤'))}"
        for (name, symbol), values in limits.items()
    ]
    for name, interval in profile.intervals.items():
        before = base.intervals.get(name)
        if before is not None and interval.steady_s != before.steady_s:
            parts.append(f"{'BP' if name == 'nibp' else 'consciousness'} every {interval.steady_s / 60:g} min")
    needs = [f"needs {_NAMES.get(signal, signal)} to start" for signal in profile.requires]
    return " · ".join([*parts, *words, *needs])


def _numbers(rule: Rule) -> tuple[tuple[str, float], ...]:
    if rule.limits:
        return tuple((one.operator, one.value) for one in rule.limits if one.value is not None)
    return ((rule.operator, rule.value),) if rule.value is not None else ()
