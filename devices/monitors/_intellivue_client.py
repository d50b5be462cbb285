"""The client's half of an IntelliVue association (sections 12 and 13 of the protocol notes) as a state machine without a
clock: the decoder tells it what arrived, `poll(now_s)` returns what to send."""

from dataclasses import dataclass
from typing import Final, Literal

from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages

State = Literal["closed", "idle", "wait_mds", "polling", "discard", "backoff", "release"]

#: Nobody there is not a refusal: asking each second finds a monitor that comes back without delay. (An answer may take
#: 2.2 s; a monitor that was asked twice meanwhile answers once.)
REQUEST_EVERY_S: Final = 1.0
WAIT_MDS_S: Final = 10.0
SILENCE_S: Final = 10.0
#: Results come each 1.024 s, so this much silence means that several were missed: ask for an association beside the
#: polls. A monitor that restarted answers; one that still holds ours refuses, which is ignored.
PROBE_AFTER_S: Final = 2.5
ACTIVE_PERIOD_S: Final = 60
RENEW_EVERY_S: Final = 30.0
RETRY_EXTENDED_S: Final = 3.0
RETRIES: Final = 3
SINGLE_EVERY_S: Final = 1.0
KEEP_ALIVE_EVERY_S: Final = 3.0
READ_MDS_EVERY_S: Final = 60.0
DISCARD_S: Final = 2.0
RELEASE_S: Final = 3.0
BACKOFF_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
#: An association of our own past may live on for 10 s: only after this long is a refusal worth telling.
REFUSED_AFTER_S: Final = 15.0
#: A refusal older than the longest back-off and some answer time says nothing about now.
REFUSAL_LASTS_S: Final = 45.0
_MAX_QUEUED: Final = 16  # messages; more than that to send at once means that the other side floods us

POLL_SINGLE_NUMERICS, POLL_NUMERICS, POLL_ALERTS, POLL_KEEP_ALIVE, POLL_MDS, POLL_SINGLE_ALERTS = 1, 2, 3, 4, 5, 6


@dataclass(slots=True)
class Poller:
    """One kind of result that is wanted each second, by an extended poll where the monitor grants it."""

    polled: int
    group: int
    extended_number: int
    single_number: int
    extended: bool = True
    asked_s: float | None = None
    heard_s: float | None = None
    unanswered: int = 0
    invoke_id: int = 0
    given_up: bool = False

    def restart(self, *, extended: bool) -> None:
        self.extended = extended
        self.asked_s = self.heard_s = None
        self.unanswered = 0
        self.given_up = False

    def due(self, now_s: float) -> bool:
        if self.given_up:
            return False
        if self.asked_s is None:
            return True
        if not self.extended:
            return now_s - self.asked_s >= SINGLE_EVERY_S
        if now_s - self.asked_s >= RENEW_EVERY_S:
            return True
        # No retransmission exists: a lost request shows only by missing results.
        return now_s - max(self.asked_s, self.heard_s or self.asked_s) >= RETRY_EXTENDED_S


class Client:
    """States as in section 13, with `discard` for the 2 s in which an old association's data is thrown away."""

    def __init__(self) -> None:
        self.state: State = "closed"
        self.now_s: float | None = None
        self._out: list[bytes] = []
        self._invoke_id = 0
        self._entered_s = 0.0
        self._asked_s: float | None = None
        self._heard_s = 0.0
        self._keep_alive_s = 0.0
        self._mds_s = 0.0
        self._failures = 0
        self._backoff_s = 0.0
        self._refused_since_s: float | None = None
        self._refused_last_s = 0.0
        self._probing = False
        self._granted = True
        self._numerics = Poller(code.NUMERICS, code.GROUP_ALL, POLL_NUMERICS, POLL_SINGLE_NUMERICS)
        self._alerts = Poller(code.ALERTS, code.GROUP_ALERTS, POLL_ALERTS, POLL_SINGLE_ALERTS)

    @property
    def online(self) -> bool:
        """True once somebody polls; a decoder that is only fed reads a recording."""
        return self.now_s is not None

    @property
    def listening(self) -> bool:
        """False while what arrives belongs to an association that is not ours."""
        return not self.online or self.state in ("wait_mds", "polling", "release", "closed")

    @property
    def refused(self) -> bool:
        """True when the monitor has refused for so long that an old association cannot be the reason."""
        if self._refused_since_s is None or self.now_s is None:
            return False
        recent = self.now_s - self._refused_last_s < REFUSAL_LASTS_S
        return recent and self.now_s - self._refused_since_s >= REFUSED_AFTER_S

    # What arrived

    def heard(self) -> None:
        """Any good message of the monitor but a refusal, which does not prove that our association lives."""
        self._heard_s = self._now

    def on_response(self, options: int) -> None:
        """Association response; `options` granted, 0 for single polls only."""
        if not (self.state == "idle" or (self.state == "polling" and self._probing)):
            return
        self._granted = bool(options & code.NUMERICS_1S)
        self._enter("wait_mds")

    def on_refuse(self) -> None:
        """A refusal soon after a request that was repeated, or that probed a silent monitor, ends nothing."""
        if self.state not in ("idle", "polling"):
            return
        if self.state == "polling" and (self._probing or self._now - (self._asked_s or 0.0) < RETRY_EXTENDED_S):
            return
        if self._refused_since_s is None or self._now - self._refused_last_s > REFUSAL_LASTS_S:
            self._refused_since_s = self._now
        self._refused_last_s = self._now
        self._back_off()

    def on_abort(self) -> None:
        if self.state == "release":
            self._enter("closed")
        elif self.state in ("wait_mds", "polling"):
            self._back_off()

    def on_released(self) -> None:
        """Release response, or the monitor's own release."""
        if self.state == "release":
            self._enter("closed")

    def on_release_request(self) -> None:
        if self.state in ("wait_mds", "polling"):
            self._send(messages.RELEASE_RESPONSE)
            self._back_off()

    def on_mds_event(self, invoke_id: int, event_ticks: int, *, restarted: bool) -> None:
        """MDS create event: confirmed at once, repeats too. In `idle` it stands for a response that was lost."""
        if self.state not in ("idle", "wait_mds", "polling"):
            return
        self._send(messages.mds_create_result(invoke_id, event_ticks))
        if self.state != "polling" or restarted:
            if self.state == "idle":
                self._granted = True  # unknown: an extended poll that fails falls back by itself
            self._enter("polling")
            self._heard_s = self._keep_alive_s = self._mds_s = self._now
            for poller in (self._numerics, self._alerts):
                poller.restart(extended=self._granted)

    def on_data(self) -> None:
        """Results while no association is ours belong to an old one: end it, then start afresh."""
        if self.state in ("idle", "backoff"):
            self._send(messages.RELEASE_REQUEST)
            self._send(messages.ABORT)
            self._enter("discard")

    def on_result(self, polled: int, group: int) -> None:
        if self.state != "polling":
            return
        for poller in (self._numerics, self._alerts):
            if poller.polled == polled and group != code.GROUP_KEEP_ALIVE:
                poller.heard_s = self._now
                poller.unanswered = 0
                self._failures = 0
                self._refused_since_s = None
                self._probing = False

    def on_error(self, invoke_id: int) -> None:
        """ROER: an extended poll becomes single polls; a single poll that errs as well is given up."""
        for poller in (self._numerics, self._alerts):
            if poller.invoke_id == invoke_id and self.state == "polling":
                if poller.extended:
                    poller.restart(extended=False)
                else:
                    poller.given_up = poller is self._alerts

    # What to send

    def poll(self, now_s: float) -> list[bytes]:
        """Messages to send now, in order."""
        self.now_s = now_s
        since_s = now_s - self._entered_s
        if self.state == "closed":
            self._enter("idle")
        elif (
            (self.state == "discard" and since_s >= DISCARD_S)
            or (self.state == "backoff" and since_s >= self._backoff_s)
            or (self.state == "release" and since_s >= RELEASE_S)
        ):
            self._enter("closed" if self.state == "release" else "idle")
        elif self.state == "wait_mds" and since_s >= WAIT_MDS_S:
            self._send(messages.ABORT)
            self._back_off()
        elif self.state == "polling":
            self._poll_polling(now_s)
        if self.state == "idle":
            self._ask_association(now_s)
        elif self.state == "polling":
            self._ask_values(now_s)
        out, self._out = self._out, []
        return out

    def close(self) -> list[bytes]:
        """A farewell: release, or abort where the monitor would ignore a release."""
        farewell = {"polling": [messages.RELEASE_REQUEST], "wait_mds": [messages.ABORT]}.get(self.state, [])
        self._out = []
        self._enter("release" if farewell else "closed")
        return farewell

    def _poll_polling(self, now_s: float) -> None:
        silent_s = now_s - self._heard_s
        if silent_s >= SILENCE_S:
            self._send(messages.ABORT)
            self._enter("idle")
            self._asked_s = now_s  # the abort first; the request follows a second later
        elif silent_s >= PROBE_AFTER_S:
            self._probing = True
            self._ask_association(now_s)

    def _ask_association(self, now_s: float) -> None:
        if self._asked_s is None or now_s - self._asked_s >= REQUEST_EVERY_S:
            self._asked_s = now_s
            self._send(messages.association_request())

    def _ask_values(self, now_s: float) -> None:
        for poller in (self._numerics, self._alerts):
            if poller.due(now_s):
                self._ask(poller, now_s)
        if now_s - self._mds_s >= READ_MDS_EVERY_S:
            self._mds_s = now_s
            self._send(messages.poll_request(self._next_id(), POLL_MDS, code.MDS, code.GROUP_ALL))
        if now_s - self._keep_alive_s >= KEEP_ALIVE_EVERY_S:
            self._keep_alive_s = now_s
            self._send(messages.poll_request(self._next_id(), POLL_KEEP_ALIVE, code.ALERTS, code.GROUP_KEEP_ALIVE))

    def _ask(self, poller: Poller, now_s: float) -> None:
        answered = poller.asked_s is None or (poller.heard_s is not None and poller.heard_s >= poller.asked_s)
        if poller.extended and not answered and now_s - self._heard_s < PROBE_AFTER_S:
            poller.unanswered += 1  # the monitor lives but does not honour this kind of poll
            if poller.unanswered >= RETRIES:
                poller.restart(extended=False)
        poller.asked_s = now_s
        poller.invoke_id = self._next_id()
        number = poller.extended_number if poller.extended else poller.single_number
        active_ticks = ACTIVE_PERIOD_S * code.TICKS_PER_S if poller.extended else None
        self._send(
            messages.poll_request(poller.invoke_id, number, poller.polled, poller.group, active_ticks=active_ticks)
        )

    def _next_id(self) -> int:
        # A poll stays open for 60 s at most; 65535 later ones take hours.
        self._invoke_id = self._invoke_id % 0xFFFF + 1
        return self._invoke_id

    def _back_off(self) -> None:
        self._backoff_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        self._enter("backoff")

    def _enter(self, state: State) -> None:
        self.state = state
        self._entered_s = self._now
        self._probing = False
        if state == "idle":
            self._asked_s = None

    def _send(self, message: bytes) -> None:
        if len(self._out) < _MAX_QUEUED:
            self._out.append(message)

    @property
    def _now(self) -> float:
        return self.now_s if self.now_s is not None else 0.0
