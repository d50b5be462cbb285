"""Fans messages out to every viewer: serialised once, numbered per connection, nothing dropped but superseded numbers.

Threads publish; everything else here runs on the event loop. A viewer that cannot keep up is let go: it reconnects and
gets a fresh snapshot, so that no queue grows without end and no alarm is silently skipped.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

#: Messages waiting for one viewer before it is let go: minutes of alarms and entries, far above any burst seen.
MAX_QUEUE = 500
HEARTBEAT_S = 1.0

Message = Mapping[str, Any]


def encode(kind: str, bed: str | None, at: datetime, fields: Message) -> str:
    """The message without its leading `{"seq":n,`: the part that all viewers share."""
    body = {"type": kind, "bed": bed, "at": at.astimezone(UTC).isoformat(timespec="milliseconds"), **fields}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)[1:]


class Viewer:
    """One browser connection: what waits to be sent to it. `bed` None: all beds."""

    def __init__(self, bed: str | None) -> None:
        self.bed = bed
        self.overrun = False
        self._queue: deque[str] = deque()
        self._vitals: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._seq = 0

    def offer(self, body: str) -> None:
        """Queue a message that must arrive."""
        if len(self._queue) >= MAX_QUEUE:
            self.overrun = True
        else:
            self._queue.append(body)
        self._wake.set()

    def begin(self, bodies: list[str]) -> None:
        """What must come before all else, also before what was queued since the viewer joined."""
        self._queue.extendleft(reversed(bodies))
        self._wake.set()

    def offer_vitals(self, bed: str, body: str) -> None:
        """Numbers of a bed: a newer set takes the place of one not yet sent."""
        self._vitals[bed] = body
        self._wake.set()

    async def next(self) -> list[str]:
        """Wait for something to send; alarms and entries first, then numbers. Sequence numbers have no hole."""
        await self._wake.wait()
        self._wake.clear()
        bodies = [*self._queue, *self._vitals.values()]
        self._queue.clear()
        self._vitals.clear()
        out = []
        for body in bodies:
            out.append(f'{{"seq":{self._seq},{body}')
            self._seq += 1
        return out


class Hub:
    """All viewers of one process. `publish` may be called from any thread once `attach` has named the loop. `apart`: beds that only
    those hear of who watch them, not those who watch all."""

    def __init__(self, utc: Callable[[], datetime], apart: Collection[str] = ()) -> None:
        self._utc = utc
        self._apart = frozenset(apart)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.viewers: set[Viewer] = set()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def publish(self, kind: str, bed: str | None, at: datetime, fields: Message) -> None:
        """Send to everyone who watches that bed. Without a loop or viewers it costs nothing."""
        loop = self._loop
        if loop is None or not self.viewers or loop.is_closed():
            return
        body = encode(kind, bed, at, fields)
        try:
            loop.call_soon_threadsafe(self._deliver, kind, bed, body)
        except RuntimeError:
            return  # the loop closed between the check and the call: nobody is left to tell

    def _deliver(self, kind: str, bed: str | None, body: str) -> None:
        for viewer in self.viewers:
            if bed is not None and viewer.bed != bed and (viewer.bed is not None or bed in self._apart):
                continue
            if kind == "vitals" and bed is not None:
                viewer.offer_vitals(bed, body)
            else:
                viewer.offer(body)

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)

    async def beat(self, told: Callable[[], Message]) -> None:
        """A heartbeat with what is `told` to every viewer each second, whatever else is quiet: its absence is an alarm in the browser."""
        while True:
            now = self._utc()
            body = encode("heartbeat", None, now, {"server_time": now.isoformat(), **told()})
            for viewer in self.viewers:
                viewer.offer(body)
            await asyncio.sleep(HEARTBEAT_S)
