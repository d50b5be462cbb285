"""Philips IntelliVue patient monitors over the MIB/RS-232 port (Data Export protocol).

Sources: the Data Export Interface Programming Guide as cited by several public readers of this protocol, their code, and
published traffic of real monitors (in demo mode, over the network). No recorded RS-232 stream is public: the framing rests
on independent implementations that agree.

A monitor in demonstration or test mode marks its values so; they are never patient data: such a reading is `invalid` and
has no value, `demo` becomes true, and one Fault says so.
"""

import struct
from collections import Counter
from typing import Final

from devices.monitors import _intellivue_codes as code
from devices.monitors._intellivue_alerts import Alerts, BreathWatch, read_alerts
from devices.monitors._intellivue_client import Client, State
from devices.monitors._intellivue_frame import Deframer, frame
from devices.monitors._intellivue_identity import Identity, read_connect_indication, read_identity, read_mds_event
from devices.monitors._intellivue_linked import Linked
from devices.monitors._intellivue_messages import (
    Operation,
    PollResult,
    read_association,
    read_operation,
    read_poll_result,
)
from devices.monitors._intellivue_types import Clock, MalformedError, tick_difference
from devices.monitors._intellivue_values import Numerics
from devices.readings import Fault, Reading
from devices.registry import Monitor

#: Relative time may stand still between two MDS events, but this far back means that the monitor restarted.
_RESTART_TICKS: Final = -code.TICKS_PER_S


class Decoder:
    """Both halves of the client: what arrives becomes readings, `poll` asks for more.

    A decoder that is never polled reads a recording of the monitor's half, whatever its state; the client's own messages in
    it are ignored. `datagram` takes a bare message as it travels over the network.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.rejects = 0
        self.identity = Identity()
        self.alerts = Alerts((), (), False)
        self._other_rejects: Counter[str] = Counter()
        self._deframer = Deframer()
        self._client = Client()
        self._clock = Clock()
        self._numerics = Numerics(self._clock)
        self._breath = BreathWatch()
        self._linked = Linked()
        self._told_demo = False

    # What the link layer and the devices page ask

    @property
    def reject_reasons(self) -> Counter[str]:
        """What `rejects` counts, by reason."""
        return self._deframer.reasons + self._other_rejects

    @property
    def noise_bytes(self) -> int:
        """Bytes outside frames: the rest of a frame when a port is opened, or disturbance."""
        return self._deframer.noise_bytes

    @property
    def state(self) -> State:
        return self._client.state

    @property
    def refused(self) -> bool:
        """True once the monitor has refused for 15 s: another computer holds the association, or data export is off."""
        return self._client.refused

    @property
    def model(self) -> str:
        """Manufacturer and model, empty until the monitor told."""
        return self.identity.model

    @property
    def bed_label(self) -> str:
        return self.identity.bed_label

    @property
    def demo(self) -> bool:
        """True when the monitor is in demonstration mode or marked any value as demonstration or test data."""
        return self._numerics.demo or self.alerts.demo or self.identity.operating_mode & code.MODE_DEMO != 0

    # Bytes in

    def feed(self, data: bytes) -> list[Reading | Fault]:
        """Accept any bytes in chunks of any size. Never raises; what it cannot read comes back as a Fault."""
        out: list[Reading | Fault] = []
        for item in self._deframer.feed(data):
            if isinstance(item, Fault):
                self.rejects += 1
                out.append(item)
            else:
                out += self.datagram(item)
        return out

    def datagram(self, data: bytes) -> list[Reading | Fault]:
        """One whole message without a frame: a network datagram, or what a frame held."""
        try:
            return self._message(data)
        except (MalformedError, struct.error) as error:
            return self._reject("malformed message", data, f": {error}")

    def poll(self, now_s: float) -> bytes:
        """What to send now. `now_s`: a clock that never goes back, in seconds."""
        return b"".join(frame(message) for message in self._client.poll(now_s))

    def close(self) -> bytes:
        """The farewell that frees the monitor for the next client."""
        return b"".join(frame(message) for message in self._client.close())

    # Messages

    def _message(self, data: bytes) -> list[Reading | Fault]:
        kind = data[0] if data else -1
        out: list[Reading | Fault] = []
        client = self._client
        if kind == code.DATA:
            return self._data(data)
        if kind == code.ASSOCIATION_RESPONSE:
            profile = read_association(data)
            client.on_response(profile.options)
        elif kind == code.REFUSE:
            client.on_refuse()
            self.frames += 1
            return [Fault("the monitor refuses the association", data)]
        elif kind == code.ABORT:
            if client.online:
                out.append(Fault("association aborted by the monitor", data))
            client.on_abort()
        elif kind == code.RELEASE_REQUEST:
            client.on_release_request()
        elif kind == code.RELEASE_RESPONSE:
            client.on_released()
        elif kind == code.CONNECT_INDICATION:
            self.identity = read_connect_indication(data, self.identity)
        elif kind == code.ASSOCIATION_REQUEST:
            if client.online:
                return []  # our own: an echo proves no monitor
        else:
            return self._reject("unknown message", data)
        self.frames += 1
        client.heard()
        return out

    def _data(self, data: bytes) -> list[Reading | Fault]:
        op = read_operation(data)
        out: list[Reading | Fault] = []
        if op.kind in (code.RORS, code.ROLRS):
            if op.command == code.ACTION:
                out = self._result(data, op)
        elif op.kind == code.ROER:
            meaning = code.REMOTE_ERRORS.get(op.command, "unknown error")
            out.append(Fault(f"remote error {op.command}: {meaning}", data))
            self._client.on_error(op.invoke_id)
        elif op.kind == code.ROIV:
            if op.command in (code.EVENT_REPORT, code.CONFIRMED_EVENT_REPORT):
                out = self._event(data, op)
            elif self._client.online:
                return []
        else:
            return self._reject("unknown operation", data, f" {op.kind}")
        self.frames += 1
        self._client.heard()
        return out

    def _event(self, data: bytes, op: Operation) -> list[Reading | Fault]:
        event = read_mds_event(data, op)
        if event is None:
            return []
        known = self.identity
        self.identity = event.identity
        restarted = (
            event.identity.association_number != known.association_number
            or tick_difference(event.ticks, known.ticks) < _RESTART_TICKS
        )
        if event.identity.system_id != known.system_id and known.system_id:
            self._numerics.forget_patient()
        if restarted:
            self._clock.clear()
            self._linked.clear()
        if event.identity.wall is not None:
            self._clock.set(event.identity.wall, event.identity.ticks)
        self._client.on_mds_event(op.invoke_id, event.ticks, restarted=restarted)
        return self._demo_fault(data)

    def _result(self, data: bytes, op: Operation) -> list[Reading | Fault]:
        result = read_poll_result(data, op.start, op.end)
        if result is None:
            return []
        if not self._client.listening:
            self._client.on_data()
            return []
        out = self._read(result, op, data)
        # Only now, so that a result that cannot be read does not count as an answer.
        out += [Fault(reason, data) for reason in self._linked.follow(op, result, self._client.now_s)]
        self._client.on_result(result.polled, result.group)
        return out + self._demo_fault(data)

    def _read(self, result: PollResult, op: Operation, data: bytes) -> list[Reading | Fault]:
        if result.polled == code.NUMERICS:
            return self._numerics.read(result, data)
        if result.polled == code.ALERTS and result.group in (code.GROUP_ALL, code.GROUP_ALERTS):
            alerts = read_alerts(result.objects)
            if not result.objects and self._linked.open(op.invoke_id):
                return []  # the empty end of a linked result says nothing about the lists
            self.alerts = alerts
            return list(self._breath.read(alerts))
        if result.polled == code.MDS:
            for thing in result.objects:
                self.identity = read_identity(thing.attributes, result.ticks, self.identity)
                if self.identity.wall is not None and code.DATE_TIME in thing.attributes:
                    self._clock.correct(self.identity.wall, self.identity.ticks)
        return []

    def _reject(self, reason: str, data: bytes, detail: str = "") -> list[Reading | Fault]:
        self.rejects += 1
        self._other_rejects[reason] += 1
        return [Fault(reason + detail, data)]

    def _demo_fault(self, data: bytes) -> list[Reading | Fault]:
        if self._told_demo == self.demo:
            return []
        self._told_demo = self.demo
        return [Fault("demonstration or test data: no patient data", data)] if self.demo else []


def make_decoder() -> Decoder:
    return Decoder()


MONITOR = Monitor(
    name="philips_intellivue",
    title="Philips IntelliVue (Data Export, MIB/RS-232)",
    make_decoder=make_decoder,
    signals=(
        "hr", "pr", "spo2", "pi", "nibp_sys", "nibp_dia", "nibp_map", "abp_sys", "abp_dia", "abp_map",
        "etco2", "fico2", "rr_co2", "rr_imp", "temp",
    ),
    baud=115_200,
    frame_interval_s=1.024,
    confidence="H",
    silence_hint="no answer: check the cable, and that the monitor's MIB/RS232 port is set to DtOut1 (data out), 115200 baud",
)  # fmt: skip
