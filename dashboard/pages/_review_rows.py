"""Rows of the review page's two tables, as plain values."""

from collections.abc import Sequence
from typing import Any

from dashboard.figures.occurrences import RANK, STARS, Occurrence
from dashboard.figures.record import SessionRecord
from dashboard.figures.summary import minutes
from dashboard.session import describe
from dashboard.session.corrections import happened_s
from dashboard.session.events import Correction
from dashboard.session.numbers import num


def alarm_rows(record: SessionRecord, alarms: Sequence[Occurrence]) -> list[dict[str, Any]]:
    return [_alarm(record, one) for one in alarms]


def _alarm(record: SessionRecord, one: Occurrence) -> dict[str, Any]:
    rule = record.rules.get(one.rule)
    lasted_s = one.lasted_s(record.end_s)
    waited_s = None if one.acknowledged_s is None else one.acknowledged_s - one.onset_s
    return {
        "id": str(one.number),
        "onset_s": one.onset_s,
        "onset": record.clock(one.onset_s),
        "rank": RANK[one.priority],
        "stars": STARS[one.priority],
        "priority": one.priority,
        "label": rule.label if rule else one.message or one.rule,
        "message": one.message or one.rule,
        "technical": one.kind == "technical",
        "value": _value(one.value, rule.unit if rule else ""),
        "trigger": trigger(record, one),
        "lasted_s": lasted_s,
        "lasted": minutes(lasted_s),
        "waited_s": waited_s,
        "waited": "–" if waited_s is None else minutes(waited_s),
        "by": _initials(one.acknowledged_by) or "–",
        "by_name": one.acknowledged_by,
        "nth": one.nth,
        "repeats": f"{one.nth} of {one.of}",
        "state": one.state,
        "from_s": one.onset_s,
        "to_s": record.end_s if one.ended_s is None else one.ended_s,
    }


def trigger(record: SessionRecord, one: Occurrence) -> str:
    """The limit then in force, as what triggers: `≤ 88`. It comes from the entry itself, not from today's profile."""
    if one.limit is None:
        return "–"
    rule = record.rules.get(one.rule)
    text = one.limit if isinstance(one.limit, str) else num(one.limit)
    if rule is None:
        return text
    return f"{rule.operator} {text}".strip() if rule.operator else f"{text} {rule.unit}".strip()


def _value(value: float | str | None, unit: str) -> str:
    """The label says what it is; of the units only a percent sign has room."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{num(value, 1)} %" if unit == "%" else num(value, 1)


def _initials(name: str) -> str:
    """`R. Nurse` as `R.N.`; the whole name stands in the log and in the tooltip."""
    parts = [part for part in name.replace(".", " ").split() if part.lower() not in ("dr", "prof")]
    return "".join(f"{part[0].upper()}." for part in parts)


def log_rows(record: SessionRecord) -> list[dict[str, Any]]:
    """Every entry, in order of entry; a struck one says what stands instead, a correction shows both values."""
    session = record.session
    out = []
    for stored in session.record:
        row = describe.row(session, stored)
        by_correction = session.struck.get(stored.seq)
        out.append(
            {
                "id": str(stored.seq),
                "seq": stored.seq,
                "t_s": happened_s(stored.event),
                "at": record.clock(happened_s(stored.event)),
                "entered": record.clock(stored.event.t_s) if stored.event.back_s else "",
                "text": row["text"] + (f"  (struck by entry {by_correction})" if by_correction else ""),
                "by": stored.event.by,
                "priority": row["priority"] or "",
                "struck": by_correction is not None,
                "correction": isinstance(stored.event, Correction),
            }
        )
    return out
