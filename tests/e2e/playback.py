"""A recorded session once more through a bed: its snapshots and entries, on time at any speed, into a store of its own."""

import time
from collections.abc import Mapping
from datetime import UTC
from itertools import chain
from typing import Any

from hand_clock import HandClock

from config.models.station import Bed
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.entries import HUMAN_TYPES
from dashboard.session.chain import Stored
from dashboard.session.events import SYSTEM, SessionOpened, to_dict, type_name
from dashboard.store import Store


class _Recorded:
    """What the bed measures is what was measured then: one snapshot a second."""

    def __init__(self, bed: Bedside) -> None:
        self._sampler = bed.sampler
        self.now: Mapping[str, float | None] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_sampler"], name)

    def tick_values(self, now_s: float) -> dict[str, float | None]:
        return dict(self.now)

    def notes(self, now_s: float) -> None:
        return None

    def breath_age_s(self, now_s: float) -> None:
        return None

    def has_co2(self, now_s: float) -> bool:
        return True


def play(recording: Store, session: str, into: Store, *, speed: float, from_s: float) -> float:
    """Plays it under the same id. Up to `from_s` as fast as it goes, from there on at `speed`. Seconds that the second part took."""
    record = recording.events(session)
    opened = record[0].event
    assert isinstance(opened, SessionOpened)
    # At the instant of what is played; what is played waits for the real clock.
    clock = HandClock(opened.at.astimezone(UTC))
    people = {stored.event.by for stored in record}
    bed = Bedside(
        Bed(id=opened.bed, title="Room", devices=()), {}, clock, into, lambda *_: None, people=people, simulation=True
    )
    bed.open(opened, session)
    sampled = _Recorded(bed)
    bed.sampler = sampled  # type: ignore[assignment]
    begun = time.monotonic()
    items = chain(((tick.t_s, 0, tick) for tick in recording.ticks(session)), ((s.event.t_s, s.seq, s) for s in record))
    for t_s, _, item in sorted(items, key=lambda one: one[:2]):
        if t_s <= from_s:
            begun = time.monotonic()
        time.sleep(max(0.0, begun + (t_s - from_s) / speed - time.monotonic()))
        clock.now_s = t_s
        if isinstance(item, Stored):
            _again(bed, item)
        else:
            sampled.now = item.values
            bed.poll()
    into.writer.flush()
    return time.monotonic() - begun


def _again(bed: Bedside, stored: Stored) -> None:
    """What a person did then is done now; what the program said then it must say by itself."""
    event, name = stored.event, type_name(stored.event)
    if event.by == SYSTEM:
        return
    if name in HUMAN_TYPES:
        fields = {key: value for key, value in to_dict(event).items() if key not in ("at", "t_s")}
        bed.record({**fields, "type": name})
    elif name == "alarm_acknowledged":
        bed.acknowledge(event.occurrence, event.by)  # type: ignore[attr-defined]
    elif name == "audio_paused":
        bed.pause_audio(event.by)
    elif name == "audio_resumed":
        bed.resume_audio(event.by)
