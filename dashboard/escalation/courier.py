"""Threads that carry notices to the contacts: best effort, one thread a contact, so that one that hangs holds up nobody else.

Nothing that raises an alarm ever waits here: `offer` takes no time, and a full queue is a failed delivery, told at once.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from config.models.escalation import Contact
from dashboard.escalation.notice import Notice
from dashboard.escalation.post import AddressError, address_of, deliver

log = logging.getLogger(__name__)

#: Deliveries that wait for one contact; each is an alarm that nobody answers.
MOST_WAITING = 16
#: Seconds before each further try.
AGAIN_S = (2.0, 5.0)
#: A delivery under way for longer than this hangs for good: later ones are told as failed rather than queued behind it.
STUCK_S = 60.0

Deliver = Callable[[Notice], str]
Done = Callable[[bool, str], None]


@dataclass(frozen=True, slots=True)
class Parcel:
    """`wanted`: asked before each try, for an answer at the bed calls the delivery off; `done(ok, detail)`: told once, whatever comes."""

    notice: Notice
    wanted: Callable[[], bool]
    done: Done


class Courier:
    """One contact. `deliver` sends a notice and returns why it failed, or nothing. `ok` None: never tried so far."""

    def __init__(
        self, name: str, deliver: Deliver, *, again_s: Iterable[float] = AGAIN_S, stuck_s: float = STUCK_S
    ) -> None:
        self.name = name
        self.ok: bool | None = None
        self.detail = ""
        self._deliver = deliver
        self._again_s = tuple(again_s)
        self._stuck_s = stuck_s
        self._waiting: queue.Queue[Parcel] = queue.Queue(MOST_WAITING)
        self._busy_since_s: float | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def offer(self, parcel: Parcel) -> None:
        """Take it for delivery; returns at once. `parcel.done` is called from the courier's thread, or here when it cannot be taken."""
        busy_s = self._busy_since_s
        if busy_s is not None and time.monotonic() - busy_s > self._stuck_s:
            self._note(parcel, "an earlier delivery hangs")
            return
        try:
            self._waiting.put_nowait(parcel)
        except queue.Full:
            self._note(parcel, "too many deliveries are waiting")
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"contact {self.name}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """No further delivery is begun; one under way is left to itself."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                parcel = self._waiting.get(timeout=1.0)
            except queue.Empty:
                continue
            self._busy_since_s = time.monotonic()
            try:
                self._note(parcel, self._tried(parcel))
            finally:
                self._busy_since_s = None

    def _tried(self, parcel: Parcel) -> str | None:
        """Empty once it is delivered, else why the last try failed; None: called off."""
        failed = ""
        for wait_s in (0.0, *self._again_s):
            if wait_s and self._stop.wait(wait_s):
                break
            if not parcel.wanted():
                return None
            failed = self._deliver(parcel.notice)
            if not failed:
                return ""
            log.warning("contact %s: not delivered: %s", self.name, failed)
        return failed

    def _note(self, parcel: Parcel, failed: str | None) -> None:
        if failed is None:
            parcel.done(False, "answered before it was delivered")
            return
        self.ok, self.detail = not failed, failed
        try:
            parcel.done(not failed, failed)
        except Exception:
            log.exception("contact %s: the delivery could not be recorded", self.name)


def couriers(contacts: Iterable[Contact]) -> dict[str, Courier]:
    """Contact name -> its courier. One whose address is missing is there too, and says so at once and at each delivery."""
    out = {}
    for contact in contacts:
        try:
            courier = Courier(contact.name, partial(deliver, address_of(contact)))
        except AddressError as error:
            why = str(error)
            courier = Courier(contact.name, lambda _, why=why: why, again_s=())  # type: ignore[misc]
            courier.ok, courier.detail = False, why
            log.warning("contact %s: %s; alarms will not reach it", contact.name, why)
        out[contact.name] = courier
    return out
