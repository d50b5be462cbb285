"""A simulated Philips IntelliVue monitor: the other side of `devices.monitors.philips_intellivue`, to the byte.

It grants one association, insists on the confirmation of its create event, answers single polls, serves extended polls each
1.024 s until their period ends, and gives up on a client that falls silent (sections 12 and 13 of the protocol notes).
"""

import math
import struct
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from config.models import ConfigError
from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_frame import Deframer, frame
from devices.monitors._intellivue_messages import MDS_OBJECT, Operation
from devices.monitors._intellivue_types import PAIR, U16, U32, MalformedError, read_attributes, write_attributes
from devices.readings import Fault
from simulators.monitors import _intellivue_objects as objects
from simulators.monitors._intellivue_objects import Reply, Site
from simulators.vitals import Vitals

RESULT_EVERY_S: Final = 1.024
REPEAT_EVENT_S: Final = 3.1
EVENT_SENDS: Final = 3
#: No monitor grants a shorter poll period than half a second.
MIN_PERIOD_TICKS: Final = 4000
#: How much of its results a monitor whose caller was late sends after the event.
_CATCH_UP_S: Final = 1.024
_MAX_INBOX: Final = 64
_SUPPORTED_OPTIONS: Final = code.NUMERICS_1S
_CLASSES: Final = (code.NUMERICS, code.WAVES, code.ENUMERATIONS, code.MDS, code.DEMOGRAPHICS, code.ALERTS)


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose. `..._every` n: each nth frame or result; 0: never."""

    refuse: bool = False
    silent: bool = False  # neither answers nor sends, as with a pulled cable; its own clock runs on
    no_create_event: bool = False
    no_extended_polls: bool = False  # not granted; asked for nevertheless, answered by an error
    drop_linked_end: bool = False
    bad_check_every: int = 0
    cut_every: int = 0
    skip_sequence_every: int = 0
    noise: bytes = b""  # between frames


@dataclass(slots=True)
class ExtendedPoll:
    invoke_id: int
    poll_number: int
    polled: int
    group: int
    next_s: float
    until_s: float
    sequence: int = 0


@dataclass(slots=True)
class Now:
    """What the monitor knows while it works through one call."""

    vitals: Vitals
    now_s: float
    wall: datetime
    ticks: int
    out: list[bytes] = field(default_factory=list)


def silence_limit_s(period_ticks: int) -> float:
    """How long a client may be silent, by the poll period it was granted (section 12)."""
    period_s = period_ticks / code.TICKS_PER_S
    if period_s <= 3.3:
        return 10.0
    return 3 * period_s if period_s <= 43 else 130.0


class Simulated:
    """See `simulators.vitals.SimulatedMonitor`. `datagrams` gives the same messages without frames, as over a network.

    `ticks_at_start`: the monitor's tick counter at `now_s` 0. `faults` may be replaced at any time.
    """

    def __init__(
        self,
        site: Site | None = None,
        faults: Faults | None = None,
        *,
        ticks_at_start: int = 8_000_000,
        max_mtu: int = code.MAX_MTU,
    ) -> None:
        self.site = site or Site()
        self.faults = faults or Faults()
        self.state: Literal["free", "wait_confirm", "active"] = "free"
        self.associations = 0
        self._ticks_at_start = ticks_at_start
        self._max_mtu = max_mtu
        self._deframer = Deframer()
        self._inbox: list[tuple[bytes, float]] = []
        self._abort = False
        self._frames = 0
        self._mtu = max_mtu
        self._options = 0
        self._limit_s = 10.0
        self._heard_s = 0.0
        self._events = 0
        self._event_s = 0.0
        self._polls: list[ExtendedPoll] = []
        self._cuff = objects.CuffStamps()
        self._alarms: tuple[tuple[objects.Alarm, ...], tuple[objects.Alarm, ...]] = ((), ())
        self._alarm_changes = 0

    # SimulatedMonitor

    def receive(self, data: bytes, now_s: float) -> None:
        for item in self._deframer.feed(data):
            if not isinstance(item, Fault):
                self.receive_datagram(item, now_s)

    def send(self, vitals: Vitals, now_s: float, wall: datetime) -> bytes:
        return b"".join(self._on_wire(message) for message in self.datagrams(vitals, now_s, wall))

    def abort(self) -> None:
        """End the association from the monitor's side, with the next `send`."""
        self._abort = True

    # The same without frames

    def receive_datagram(self, message: bytes, now_s: float) -> None:
        if len(self._inbox) < _MAX_INBOX and not self.faults.silent:
            self._inbox.append((message, now_s))

    def datagrams(self, vitals: Vitals, now_s: float, wall: datetime) -> list[bytes]:
        """The messages that are due, each one datagram."""
        now = Now(vitals, now_s, wall, (self._ticks_at_start + round(now_s * code.TICKS_PER_S)) % code.TICKS_WRAP)
        if self._abort:
            self._abort = False
            self._drop(now)
        inbox, self._inbox = self._inbox, []
        for message, at_s in inbox:
            try:
                self._handle(message, at_s, now)
            except (MalformedError, struct.error):
                continue  # a monitor ignores what it cannot read
        self._work(now)
        return [] if self.faults.silent else now.out

    # What the client sent

    def _handle(self, message: bytes, at_s: float, now: Now) -> None:
        kind = message[0] if message else -1
        if kind == code.ASSOCIATION_REQUEST:
            self._associate(message, now)
        elif kind == code.ABORT:
            self._free()
        elif kind == code.RELEASE_REQUEST and self.state == "active":
            now.out.append(messages.RELEASE_RESPONSE)
            self._free()
        elif kind == code.DATA and self.state != "free":
            op = messages.read_operation(message)
            if self.state == "active":
                self._heard_s = max(self._heard_s, at_s)
                self._operate(message, op, now)
            elif _confirms_event(message, op):
                self.state = "active"
                self._heard_s = at_s

    def _associate(self, message: bytes, now: Now) -> None:
        if self.state == "wait_confirm":
            return  # a request repeated while the first was on its way: one answer only
        try:
            asked = messages.read_association(message)
        except (MalformedError, struct.error):
            asked = messages.Profile(0, 0, 0, 0, 0)
        mtu = min(asked.mtu_rx, self._max_mtu)
        welcome = asked.system_type & code.SYSTEM_CLIENT and mtu >= code.MIN_MTU
        if self.state == "active" or self.faults.refuse or not welcome:
            now.out.append(messages.REFUSE)
            return
        period = max(asked.min_poll_period_ticks, MIN_PERIOD_TICKS)
        self._mtu = mtu
        self._options = 0 if self.faults.no_extended_polls else asked.options & _SUPPORTED_OPTIONS
        self._limit_s = silence_limit_s(period)
        self._free()
        self.state = "wait_confirm"
        self.associations += 1
        now.out.append(messages.association_response(period, mtu, self._options))
        self._heard_s = now.now_s
        self._event_s = -math.inf

    def _operate(self, message: bytes, op: Operation, now: Now) -> None:
        if op.kind != code.ROIV:
            return
        if op.command != code.ACTION:
            # Priority lists belong to waves, which this monitor does not export.
            now.out.append(messages.operation(code.ROER, op.invoke_id, 2, b""))
            return
        if op.end - op.start < 14 or message[op.start + 6 : op.start + 10] != bytes(4):
            return  # without its scope a poll is ignored in silence
        action, length = PAIR.unpack_from(message, op.start + 10)
        at = op.start + 14
        if action not in (code.SINGLE_POLL, code.EXTENDED_POLL) or (action == code.EXTENDED_POLL and not self._options):
            self._error(op.invoke_id, 9, U16.pack(code.MDS) + U16.pack(action), now)
        elif length >= 8 and at + length <= op.end:
            poll_number, _, polled, group = struct.unpack_from(">HHHH", message, at)
            if polled not in _CLASSES:
                self._error(op.invoke_id, 0, U16.pack(polled), now)
            elif action == code.SINGLE_POLL:
                self._reply(op.invoke_id, Reply(poll_number, None, now.ticks, polled, group), now)
            else:
                period, _ = read_attributes(message, at + 8, at + length) if length >= 12 else ({}, 0)
                active = period.get(code.ACTIVE_PERIOD, bytes(4))
                active_s = U32.unpack_from(active)[0] / code.TICKS_PER_S if len(active) >= 4 else 0.0
                self._polls = [p for p in self._polls if (p.polled, p.group) != (polled, group)]
                self._polls.append(
                    ExtendedPoll(op.invoke_id, poll_number, polled, group, now.now_s, now.now_s + active_s)
                )

    def _error(self, invoke_id: int, error: int, detail: bytes, now: Now) -> None:
        now.out.append(messages.operation(code.ROER, invoke_id, error, detail))

    # What is due by itself

    def _work(self, now: Now) -> None:
        if self.state == "wait_confirm" and now.now_s - self._event_s >= REPEAT_EVENT_S:
            if self._events == EVENT_SENDS:
                self._drop(now)
                return
            self._event_s = now.now_s
            self._events += 1
            if not self.faults.no_create_event:
                attributes = objects.mds_attributes(self.site, self.associations, now.ticks, now.wall)
                now.out.append(objects.mds_create_event(1, now.ticks, attributes))
        elif self.state == "active":
            if now.now_s - self._heard_s >= self._limit_s:
                self._drop(now)
                return
            for poll in self._polls:
                if now.now_s >= poll.next_s:
                    self._extended(poll, now)
            # Half a cycle of grace: a period of 2 s gives the results 0, 1 and 2.
            self._polls = [p for p in self._polls if p.next_s <= p.until_s + RESULT_EVERY_S / 2]

    def _extended(self, poll: ExtendedPoll, now: Now) -> None:
        self._reply(poll.invoke_id, Reply(poll.poll_number, poll.sequence, now.ticks, poll.polled, poll.group), now)
        every = self.faults.skip_sequence_every
        skip = 1 if every and poll.sequence % every == every - 1 else 0
        poll.sequence = (poll.sequence + 1 + skip) & 0xFFFF
        poll.next_s = max(poll.next_s + RESULT_EVERY_S, now.now_s - _CATCH_UP_S)

    def _drop(self, now: Now) -> None:
        if self.state != "free":
            now.out.append(messages.ABORT)
        self._free()

    def _free(self) -> None:
        self.state = "free"
        self._events = 0
        self._polls = []

    # Results

    def _reply(self, invoke_id: int, reply: Reply, now: Now) -> None:
        things = self._objects(reply, now)
        whole = messages.operation(code.RORS, invoke_id, code.ACTION, objects.poll_result(reply, things))
        if len(whole) <= self._mtu:
            now.out.append(whole)
            return
        parts = self._parts(invoke_id, reply, things)
        for number, part in enumerate(parts, start=1):
            state = code.LINKED_FIRST if number == 1 else code.LINKED_MIDDLE
            if number == len(parts) and number > 1:
                state = code.LINKED_LAST
            body = objects.poll_result(reply, part)
            now.out.append(messages.linked_operation(state, number, invoke_id, code.ACTION, body))
        if not self.faults.drop_linked_end:
            now.out.append(messages.operation(code.RORS, invoke_id, code.ACTION, objects.poll_result(reply, [])))

    def _parts(
        self, invoke_id: int, reply: Reply, things: list[tuple[int, int, bytes]]
    ) -> list[list[tuple[int, int, bytes]]]:
        parts: list[list[tuple[int, int, bytes]]] = [[]]
        for thing in things:
            body = objects.poll_result(reply, [*parts[-1], thing])
            if parts[-1] and len(messages.linked_operation(1, 1, invoke_id, code.ACTION, body)) > self._mtu:
                parts.append([])
            parts[-1].append(thing)
        return parts

    def _objects(self, reply: Reply, now: Now) -> list[tuple[int, int, bytes]]:
        if reply.polled == code.NUMERICS:
            return objects.numeric_objects(now.vitals, self.site, reply.group, now.now_s, now.wall, self._cuff)
        if reply.polled == code.MDS:
            attributes = objects.mds_attributes(self.site, self.associations, now.ticks, now.wall)
            return [(0, 0, write_attributes(attributes))]
        if reply.polled == code.ALERTS and reply.group in (code.GROUP_ALL, code.GROUP_ALERTS):
            return self._alert_object(now)
        return []

    def _alert_object(self, now: Now) -> list[tuple[int, int, bytes]]:
        if self.site.standby:
            return []
        found = objects.alarms(now.vitals, self.site)
        changed = found != self._alarms
        self._alarms = found
        self._alarm_changes = (self._alarm_changes + changed) & 0xFFFF
        demo = code.ALERT_DEMO if self.site.demo else 0
        state = demo | (code.ALERT_NEW if changed else 0)
        attributes = objects.alert_attributes(
            *found, changes=self._alarm_changes, state=state, device_state=0x1000 | demo if demo else 0
        )
        return [(0, 0x8401, write_attributes(attributes))]

    # Onto the wire

    def _on_wire(self, message: bytes) -> bytes:
        self._frames += 1
        wire = frame(message)
        if _each(self.faults.bad_check_every, self._frames):
            # One bit of the message class, or of an escaped length: neither becomes a delimiter or an escape.
            damaged = bytearray(wire)
            damaged[5] ^= 0x10
            wire = bytes(damaged)
        elif _each(self.faults.cut_every, self._frames):
            wire = wire[: len(wire) // 2]
        return self.faults.noise + wire


def _each(every: int, count: int) -> bool:
    return bool(every) and count % every == 0


def _confirms_event(message: bytes, op: Operation) -> bool:
    return (
        op.kind == code.RORS
        and op.command == code.CONFIRMED_EVENT_REPORT
        and op.end - op.start >= 14
        and message[op.start : op.start + 6] == MDS_OBJECT
        and U16.unpack_from(message, op.start + 10)[0] == code.MDS_CREATE
    )


_SITE_FIELDS: Final = frozenset(Site.__dataclass_fields__)
_FAULT_FIELDS: Final = frozenset(Faults.__dataclass_fields__)


def make(*, ticks_at_start: int = 8_000_000, max_mtu: int = code.MAX_MTU, **options: Any) -> Simulated:
    """A monitor with any field of `Site` and `Faults` by name. TypeError for another name, ConfigError for an MTU that no
    client may ask for."""
    if max_mtu < code.MIN_MTU:
        raise ConfigError(f"max_mtu {max_mtu}: a monitor takes at least {code.MIN_MTU} bytes")
    site = {key: options.pop(key) for key in list(options) if key in _SITE_FIELDS}
    faults = {key: options.pop(key) for key in list(options) if key in _FAULT_FIELDS}
    if options:
        raise TypeError(f"unknown option {', '.join(sorted(options))}")
    return Simulated(
        replace(Site(), **site), replace(Faults(), **faults), ticks_at_start=ticks_at_start, max_mtu=max_mtu
    )
