"""Which sessions the alarm history shows: what an address asks for, and what there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from dashboard.history.model import SessionAlarms
from dashboard.pages.services import Histories, StoreName

#: In an address: all sessions, instead of one.
ALL = "all"
#: More alarms than this at once nobody reviews: a table of them still filters while one looks.
MOST_ALARMS = 20_000
#: Sessions offered by name; the others are found by bed and dates.
OFFERED = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """`histories`: newest first. `session`: the one that is shown, empty for several. `offered`: the store's sessions by name.
    `problems`: what of the address could not be followed, one line each."""

    store: StoreName
    histories: tuple[SessionAlarms, ...] = ()
    session: str = ""
    bed: str = ""
    since: str = ""
    until: str = ""
    offered: tuple[SessionAlarms, ...] = ()
    problems: tuple[str, ...] = field(default=())


def find(histories: Histories, ask: Mapping[str, Any], here: datetime) -> Shown:
    """`ask`: the words of the address (`store`, `session`, `bed`, `from`, `to`), of which none is trusted. `here`: now, in the
    clinic's own zone, which the dates are meant in. What cannot be followed is said and left out, and never guessed at."""
    words = {key: str(ask.get(key) or "").strip() for key in ("store", "session", "bed", "from", "to")}
    problems: list[str] = []
    store = _store(histories, words["store"], problems)
    if words["session"] and words["session"] != ALL:
        one = histories.one(words["session"])
        if one is None:
            problems.append(f"There is no session {_cut(words['session'])} on this computer.")
            return Shown(store, session="", offered=_offered(histories, store), problems=tuple(problems))
        store = "simulation" if one.simulation else "live"
        return Shown(store, (one,), one.id, offered=_offered(histories, store), problems=tuple(problems))
    since, until = _day(words["from"], "from", problems), _day(words["to"], "to", problems)
    if since and until and since > until:
        problems.append(f"The dates are the wrong way round: {since} is after {until}.")
        since = until = None
    offered = _offered(histories, store)
    if not (words["session"] or words["bed"] or since or until) and offered:
        # Nobody asked for anything: the last session in which something alarmed.
        last = next((one for one in offered if one.occurrences), offered[0])
        return Shown(store, (last,), last.id, offered=offered, problems=tuple(problems))
    found = histories.sessions(
        store,
        bed=words["bed"] or None,
        since=_start(since, here) if since else None,
        until=_start(until + timedelta(days=1), here) if until else None,
    )
    kept = _few(found, problems)
    return Shown(
        store, kept, "", words["bed"], str(since or ""), str(until or ""), offered=offered, problems=tuple(problems)
    )


def _store(histories: Histories, word: str, problems: list[str]) -> StoreName:
    if word in ("live", "simulation"):
        return "simulation" if word == "simulation" else "live"
    if word:
        problems.append(f"store={_cut(word)}: expected live or simulation.")
    # Whoever has patients always sees the patients first; who only trains finds the training.
    return (
        "live" if histories.sessions("live", limit=1) or not histories.sessions("simulation", limit=1) else "simulation"
    )


def _offered(histories: Histories, store: StoreName) -> tuple[SessionAlarms, ...]:
    return tuple(histories.sessions(store, limit=OFFERED))


def _day(word: str, key: str, problems: list[str]) -> date | None:
    if not word:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        problems.append(f"{key}={_cut(word)}: expected a date such as 2026-11-21.")
        return None


def _start(day: date, here: datetime) -> datetime:
    return datetime.combine(day, time(), here.tzinfo)


def _few(found: list[SessionAlarms], problems: list[str]) -> tuple[SessionAlarms, ...]:
    kept: list[SessionAlarms] = []
    count = 0
    for one in found:
        if kept and count + len(one.occurrences) > MOST_ALARMS:
            problems.append(
                f"Shown are the newest {len(kept)} of {len(found)} sessions with {count:,} alarms: choose dates for the others."
            )
            break
        kept.append(one)
        count += len(one.occurrences)
    return tuple(kept)


def _cut(word: str) -> str:
    return repr(word if len(word) <= 40 else word[:39] + "…")
