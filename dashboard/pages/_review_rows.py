"""Rows of the review page's two tables, as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.figures.occurrences import RANK, STARS, Occurrence
from dashboard.figures.record import SessionRecord
from dashboard.figures.summary import minutes
from dashboard.history.actions import derived, noted
from dashboard.history.build import verdicts
from dashboard.history.model import Verdict
from dashboard.pages._alarm_words import initials, label, spells, trigger, value, verdict, verdict_who
from dashboard.session import describe
from dashboard.session.corrections import happened_s
from dashboard.session.events import Correction


def alarm_rows(record: SessionRecord, alarms: Sequence[Occurrence]) -> list[dict[str, Any]]:
    """What was done and what reviewers said comes from the record itself."""
    session = record.session
    actions = {**derived(session, alarms, record.end_s), **noted(session)}
    said = verdicts(session)
    return [_alarm(record, one, actions, said) for one in alarms]


def _alarm(
    record: SessionRecord, one: Occurrence, actions: Mapping[int, str], verdicts: Mapping[int, tuple[Verdict, ...]]
) -> dict[str, Any]:
    rules = record.rules
    lasted_s, waited_s = one.lasted_s(record.end_s), one.waited_s
    said = verdicts.get(one.number, ())
    return {
        "id": str(one.number),
        "onset_s": one.onset_s,
        "onset": record.clock(one.onset_s),
        "rank": RANK[one.priority],
        "stars": STARS[one.priority],
        "priority": one.priority,
        "label": label(rules, one),
        "message": one.message or one.rule,
        "technical": one.kind == "technical",
        "value": value(rules, one),
        "trigger": trigger(rules, one),
        "lasted_s": lasted_s,
        "lasted": minutes(lasted_s),
        "waited_s": waited_s,
        "waited": "–" if waited_s is None else minutes(waited_s),
        "by": initials(one.acknowledged_by) or "–",
        "by_name": one.acknowledged_by,
        "nth": one.nth,
        "repeats": f"{one.nth} of {one.of}",
        "action": actions.get(one.number, ""),
        "verdict": verdict(said),
        "who": verdict_who(said),
        "differ": len({v.word for v in said}) > 1,
        "spells": spells(one, record.end_s),
        "state": one.state,
        "from_s": one.onset_s,
        "to_s": record.end_s if one.ended_s is None else one.ended_s,
    }


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
