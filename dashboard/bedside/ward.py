"""All beds of this process and the one engine thread that ticks them, off the event loop: a slow page delays no alarm."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from dashboard.bedside.bedside import Bedside
from dashboard.escalation.desk import Desk

log = logging.getLogger(__name__)

#: The engine thread looks at every bed this often; a tick is late by at most this much.
WAKE_S = 0.05
#: An engine that has not come round for this long stands still.
STALL_S = 5.0


class Ward:
    """`beds`: the rooms. `training`: beds of the training room, ticked alike and shown on no page of rooms. `trouble_of`: more sources of
    trouble (the writer) asked by `/healthz` and the heartbeat. `desk`: the one that the rooms share."""

    def __init__(
        self,
        beds: Iterable[Bedside],
        trouble_of: Callable[[], list[str]],
        desk: Desk | None = None,
        *,
        training: Iterable[Bedside] = (),
        wake_s: float = WAKE_S,
    ) -> None:
        self.beds: dict[str, Bedside] = {bed.id: bed for bed in beds}
        self.training: dict[str, Bedside] = {bed.id: bed for bed in training}
        self.desk = desk or Desk()
        self._trouble_of = trouble_of
        self._wake_s = wake_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._round_at = time.monotonic()
        self._failing: dict[str, str] = {}

    def find(self, bed: str) -> Bedside | None:
        """A room or a bed of the training room."""
        return self.beds.get(bed) or self.training.get(bed)

    def start(self) -> None:
        self._round_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(self._wake_s):
            for bed in [one for one in (*self.beds.values(), *self.training.values()) if not one.held]:
                try:
                    bed.poll()
                    self._failing.pop(bed.id, None)
                except Exception as error:
                    # One bed's fault must not silence the others; it is shown as trouble until it passes.
                    if bed.id not in self._failing:
                        log.exception("bed %s", bed.id)
                    self._failing[bed.id] = f"{type(error).__name__}: {error}"
            self._round_at = time.monotonic()

    def trouble(self) -> list[str]:
        """What stands still or fails now, one line each; empty when all is well."""
        # Of the rooms: a training run that fails stands in the log, and stops no real screen with "not recording".
        out = [f"bed {bed}: {what}" for bed, what in self._failing.items() if bed in self.beds]
        if self._thread is not None and time.monotonic() - self._round_at > STALL_S:
            out.append("the alarm engine stands still")
        return out + self._trouble_of()

    def recording(self) -> dict[str, Any]:
        """For the heartbeat: is everything that is recorded reaching the disk, and does the engine turn?"""
        trouble = self.trouble()
        return {"ok": not trouble, "message": "; ".join(trouble)}

    def heartbeat(self) -> dict[str, Any]:
        """What every screen is told each second (docs/live-protocol.md). Takes no bed's lock: the event loop must not wait."""
        return {
            "recording": self.recording(),
            "screens": self.desk.screens.rows(),
            "escalation": self.desk.message(),
            "contacts": self.desk.contacts(),
        }
