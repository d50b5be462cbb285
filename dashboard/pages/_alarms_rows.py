"""Rows of the alarm history, as plain values: one an alarm, and, where asked for, one for whatever else bears on the alarms."""

from collections.abc import Iterable, Sequence
from typing import Any

from dashboard.figures.occurrences import RANK, STARS, Occurrence
from dashboard.figures.summary import minutes
from dashboard.history.model import Period, SessionAlarms
from dashboard.pages._alarm_words import initials, label, spells, trigger, value, verdict, verdict_who

#: What a period is called in the table's column of alarms. A signal without data has the row of its own technical alarm.
PERIODS = {
    "audio paused": "Audio paused", "alarm off": "Alarm off", "device lost": "Device lost", "screen lost": "Screen lost",
    "program away": "Not recorded", "limit changed": "Limit changed",
}  # fmt: skip


def rows_of(histories: Sequence[SessionAlarms]) -> list[dict[str, Any]]:
    """Newest first; of one session too. The date stands in the onset where there are several sessions."""
    several = len(histories) > 1
    rows = [row for one in histories for row in (*_alarms(one, several), *_periods(one, several))]
    return sorted(rows, key=lambda row: row["at_ms"], reverse=True)


def alarm_row(session: SessionAlarms, one: Occurrence, *, several: bool = False) -> dict[str, Any]:
    rules, waited_s = session.rules, one.waited_s
    lasted_s = one.lasted_s(session.end_s)
    return {
        **_when(session, one.onset_s, several),
        "id": f"{session.id}:{one.number}",
        "n": one.number,
        "kind": "alarm",
        "rank": RANK[one.priority],
        "stars": STARS[one.priority],
        "priority": one.priority,
        "rule": one.rule,
        "label": label(rules, one),
        "message": one.message,
        "technical": one.kind == "technical",
        "about": about(session, one),
        "value": value(rules, one),
        "trigger": trigger(rules, one),
        "lasted_s": lasted_s,
        "lasted": minutes(lasted_s) + ("" if one.ended_s is not None else " …"),
        "waited_s": waited_s,
        "waited": "–" if waited_s is None else minutes(waited_s),
        "by": initials(one.acknowledged_by) or "–",
        "by_name": one.acknowledged_by,
        "action": session.actions.get(one.number, ""),
        "noted": one.number in session.noted,
        "nth": one.nth,
        "repeats": f"{one.nth} of {one.of}",
        "spells": spells(one, session.end_s),
        "state": one.state,
        **verdict_fields(session, one.number),
    }


def about(session: SessionAlarms, one: Occurrence) -> int:
    """0: the patient; 1: a check that nobody made in time; 2: the equipment. Of alarms of one priority the lower one is the worse."""
    rule = session.rules.get(one.rule)
    if rule is not None and rule.check:
        return 1
    return 2 if one.kind == "technical" else 0


def verdict_fields(session: SessionAlarms, number: int) -> dict[str, Any]:
    """What a verdict changes in a row. `words`: reviewer, word, signed."""
    said = session.verdicts.get(number, ())
    return {
        "verdict": verdict(said),
        "who": verdict_who(said),
        "differ": len({one.word for one in said}) > 1,
        "words": [[one.by, one.word, one.signed, one.note] for one in said],
    }


def _alarms(session: SessionAlarms, several: bool) -> Iterable[dict[str, Any]]:
    return (alarm_row(session, one, several=several) for one in session.occurrences)


def _periods(session: SessionAlarms, several: bool) -> Iterable[dict[str, Any]]:
    return (_period(session, one, i, several) for i, one in enumerate(session.periods, start=1) if one.kind in PERIODS)


def _period(session: SessionAlarms, one: Period, number: int, several: bool) -> dict[str, Any]:
    long_s = one.to_s - one.from_s
    words = f"{PERIODS[one.kind]}: {one.what}" if one.what else PERIODS[one.kind]
    return {
        **_when(session, one.from_s, several),
        "id": f"{session.id}:p{number}",
        "n": None,
        "kind": one.kind,
        "rank": 3,
        "stars": "",
        "priority": "",
        "rule": one.rule,
        "label": words,
        "message": words,
        "technical": False,
        "about": 0,
        "value": "",
        "trigger": "",
        "lasted_s": long_s,
        "lasted": minutes(long_s),
        "waited_s": None,
        "waited": "",
        "by": initials(one.by) if one.by != "system" else "",
        "by_name": one.by,
        "action": one.why,
        "noted": False,
        "nth": None,
        "repeats": "",
        "spells": "",
        "state": "",
        "verdict": "",
        "who": "",
        "differ": False,
        "words": [],
    }


def _when(session: SessionAlarms, t_s: float, several: bool) -> dict[str, Any]:
    wall = session.wall(t_s)
    return {
        "s": session.id,
        "bed": session.bed_title,
        "t_s": t_s,
        "at_ms": round(session.at_of(t_s).timestamp() * 1000),
        "onset": f"{wall:%m-%d %H:%M:%S}" if several else f"{wall:%H:%M:%S}",
        "date": f"{wall:%Y-%m-%d %H:%M:%S}",
    }
