"""The record as a chain: each entry carries the hash of the one before, so that a change, a hole or a swap shows.

A chain proves nothing against someone who rewrites all of it; it does prove that what a report printed, with its last
hash, is what the database still holds.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dashboard.session.events import Event, to_dict

#: What the first entry of a session names as the hash before it.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Stored:
    """One durable entry. `seq` counts from 1 within the session, without a hole."""

    session: str
    seq: int
    prev_hash: str
    hash: str
    event: Event


@dataclass(frozen=True, slots=True)
class Broken:
    """The first link that does not hold: at entry `seq` of the record, and why."""

    seq: int
    reason: str

    def __str__(self) -> str:
        return f"entry {self.seq}: {self.reason}"


def canonical(data: Any) -> str:
    """JSON with sorted keys, no spaces and no NaN: the same value gives the same bytes on every machine."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_of(session: str, seq: int, prev_hash: str, event: Event) -> str:
    """SHA-256, hexadecimal, over session, number, the hash before, and every field of the event."""
    text = canonical({"session": session, "seq": seq, "prev_hash": prev_hash, "event": to_dict(event)})
    return hashlib.sha256(text.encode()).hexdigest()


def link(session: str, seq: int, prev_hash: str, event: Event) -> Stored:
    return Stored(session, seq, prev_hash, hash_of(session, seq, prev_hash, event), event)


def chain(session: str, events: Iterable[Event]) -> list[Stored]:
    """The events as a record of their own, as a store would have linked them."""
    out: list[Stored] = []
    for seq, event in enumerate(events, start=1):
        out.append(link(session, seq, out[-1].hash if out else GENESIS, event))
    return out


def verify(record: Iterable[Stored], head: str | None = None) -> Broken | None:
    """None when every link holds, else the first that does not.

    `head`: the hash that the last entry must have, from a report or the session's row; without it, entries missing at
    the very end cannot be noticed.
    """
    seq, prev_hash, session = 0, GENESIS, None
    for entry in record:
        session = entry.session if session is None else session
        if entry.session != session:
            return Broken(seq + 1, f"belongs to session {entry.session}, not {session}")
        if entry.seq != seq + 1:
            return Broken(seq + 1, f"is missing: the record goes on with entry {entry.seq}")
        if entry.prev_hash != prev_hash:
            return Broken(entry.seq, "does not follow from the entry before")
        if entry.hash != hash_of(entry.session, entry.seq, entry.prev_hash, entry.event):
            return Broken(entry.seq, "was changed after it was recorded")
        seq, prev_hash = entry.seq, entry.hash
    if head is not None and head != prev_hash:
        return Broken(seq + 1, "is missing: the record ends before its last known entry")
    return None
