"""Alarms in the words of the tables: what was measured, what triggered, who answered, what reviewers said."""

from collections.abc import Mapping, Sequence

from dashboard.figures.occurrences import STARS, Occurrence
from dashboard.figures.record import RuleText
from dashboard.figures.summary import minutes
from dashboard.history.model import Verdict
from dashboard.session.numbers import num

Rules = Mapping[str, RuleText]


def label(rules: Rules, one: Occurrence) -> str:
    rule = rules.get(one.rule)
    return rule.label if rule else one.message or one.rule


def trigger(rules: Rules, one: Occurrence) -> str:
    """The limit then in force, as what triggers: `≤ 88`. It comes from the entry itself, not from today's profile."""
    if one.limit is None:
        return "–"
    rule = rules.get(one.rule)
    text = one.limit if isinstance(one.limit, str) else num(one.limit)
    if rule is None:
        return text
    return f"{rule.operator} {text}".strip() if rule.operator else f"{text} {rule.unit}".strip()


def value(rules: Rules, one: Occurrence) -> str:
    """The label says what it is; of the units only a percent sign has room, and seconds, which nobody expects."""
    if one.value is None:
        return "–"
    rule = rules.get(one.rule)
    if isinstance(one.value, str):
        return one.value
    return f"{num(one.value, 1)} {rule.unit}" if rule and rule.unit in ("%", "s") else num(one.value, 1)


def headline(rules: Rules, one: Occurrence) -> str:
    """`*** SpO₂ low 84 % (≤ 84)`."""
    parts = [STARS[one.priority], label(rules, one)]
    if one.value is not None and rules.get(one.rule) is not None:
        parts.append(value(rules, one))
    if one.limit is not None:
        parts.append(f"({trigger(rules, one)})")
    return " ".join(parts)


def initials(name: str) -> str:
    """`R. Nurse` as `R.N.`; the whole name stands in the log and in the tooltip."""
    parts = [part for part in name.replace(".", " ").split() if part.lower() not in ("dr", "prof")]
    return "".join(f"{part[0].upper()}." for part in parts)


def verdict(words: Sequence[Verdict]) -> str:
    """`true`; `nuisance ×2` where two agree; `true ≠ nuisance` where they differ; empty where nobody judged."""
    said = list(dict.fromkeys(one.word for one in words))
    if len(said) > 1:
        return " ≠ ".join(said)
    return "" if not said else said[0] if len(words) == 1 else f"{said[0]} ×{len(words)}"


def verdict_who(words: Sequence[Verdict]) -> str:
    """Each reviewer's word, for a tooltip and for the panel: `Dr. A: true, signed (probe was on)`."""
    return " · ".join(
        f"{one.by}: {one.word}{', signed' if one.signed else ''}{f' ({one.note})' if one.note else ''}" for one in words
    )


def spells(one: Occurrence, end_s: float) -> str:
    """Empty for an alarm of one piece."""
    if len(one.spells) < 2:
        return ""
    long = (minutes((end_s if to_s is None else to_s) - from_s) for from_s, to_s in one.spells)
    return f"{len(one.spells)} spells: {', '.join(long)}"
