"""What a correction puts in the place of an entry, and when an entry took effect."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta

from dashboard.session.events import Correction, Event, from_dict, to_dict
from dashboard.session.infusion import Happened


def corrected(original: Event, correction: Correction) -> Event | None:
    """What stands in place of `original`; None: it was entered in error. Fields that the replacement leaves out (who, when)
    are the original's, and a moved `t_s` moves `at`; of another type it needs that type's own fields. EventError names what does not fit."""
    if correction.replacement is None:
        return None
    given = dict(correction.replacement)
    old = to_dict(original)
    keep = old if given.get("type", old["type"]) == old["type"] else {f.name: old[f.name] for f in fields(Event)}
    moved_s = given.get("t_s", original.t_s)
    if (
        "at" not in given and isinstance(moved_s, int | float) and abs(moved_s) < 1e9
    ):  # NaN compares false: left to `check`
        given["at"] = original.at + timedelta(seconds=moved_s - original.t_s)
    return from_dict({**keep, "type": old["type"], **given})


def happened_s(event: Event) -> float:
    """When it happened, on the session clock."""
    return event.t_s - event.back_s


def insert_happened(entries: Iterable[Happened], entry: Happened) -> tuple[Happened, ...]:
    out = list(entries)
    insort(out, entry, key=lambda e: (e.t_s, e.seq))
    return tuple(out)
