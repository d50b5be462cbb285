"""Events and ticks as rows, and rows as events and ticks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.alarms.values import SAMPLED, Tick
from dashboard.session.chain import Stored, canonical
from dashboard.session.events import Event, from_dict, to_dict

_BIT = {name: 1 << i for i, name in enumerate(SAMPLED)}
_ONLY_SAMPLED = frozenset(SAMPLED)


@dataclass(frozen=True, slots=True)
class StoredTick:
    """One tick as recorded: `mono_s` is the bed's monotonic clock, `notes` says what was not plain ok (statuses, sources)."""

    at: datetime
    mono_s: float
    tick: Tick
    notes: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as lists show it. `last_seq` entries were recorded; `last_hash` is the head of their chain."""

    key: int
    id: str
    bed: str
    patient: str
    protocol: str
    profile: str
    profile_version: str
    simulation: bool
    scenario: str
    seed: int | None
    opened_at: datetime
    closed_at: datetime | None
    signed_at: datetime | None
    signed_by: str | None
    last_seq: int
    last_hash: str

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Columns:
    """Samples of a session as columns, all of length n, in order of time. `values` holds the signals that were ever
    monitored; NaN where there was no valid value. `mask`: bit i set where `SAMPLED[i]` was monitored."""

    t_s: NDArray[np.float64]
    at_ms: NDArray[np.int64]
    mask: NDArray[np.int64]
    values: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.t_s)


def ms_of(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def at_of(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def sample_row(key: int, stored: StoredTick) -> dict[str, Any]:
    values = stored.tick.values
    return {
        "session_key": key,
        "t_s": stored.tick.t_s,
        "at_ms": ms_of(stored.at),
        "mono_ms": round(stored.mono_s * 1000),
        "mask": mask_of(values),
        "notes": canonical(stored.notes) if stored.notes else None,
        **{name: values.get(name) for name in SAMPLED},
    }


def mask_of(values: Mapping[str, float | None]) -> int:
    """ValueError for a signal that has no column: a tick that is to be stored holds raw signals only."""
    if unknown := values.keys() - _ONLY_SAMPLED:
        raise ValueError(f"no column for {', '.join(sorted(unknown))}")
    return sum(_BIT[name] for name in values)


def monitored(mask: int) -> tuple[str, ...]:
    """The signals whose bit is set."""
    return tuple(name for name in SAMPLED if mask & _BIT[name])


def event_row(key: int, stored: Stored, request_id: str | None) -> dict[str, Any]:
    data = to_dict(stored.event)
    return {
        "session_key": key,
        "seq": stored.seq,
        "at_ms": ms_of(stored.event.at),
        "t_s": stored.event.t_s,
        "type": data["type"],
        "by": stored.event.by,
        "data": canonical(data),
        "prev_hash": stored.prev_hash,
        "hash": stored.hash,
        "request_id": request_id,
    }


def event_of(data: str) -> Event:
    return from_dict(json.loads(data))
