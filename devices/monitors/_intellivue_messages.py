"""Philips IntelliVue messages (sections 6 to 9 of the protocol notes): association, envelope, polls and their results."""

from datetime import datetime
from struct import Struct
from typing import Final, NamedTuple

from devices.monitors import _intellivue_codes as code
from devices.monitors._intellivue_types import (
    NO_TIME,
    PAIR,
    U16,
    U32,
    MalformedError,
    read_attributes,
    read_time,
    write_attributes,
    write_list,
)

ENVELOPE: Final = bytes.fromhex("E1 00 00 02")
MDS_OBJECT: Final = bytes.fromhex("00 21 00 00 00 00")
_SESSION: Final = bytes.fromhex("05 08 13 01 00 16 01 02 80 00 14 02 00 02")
_REQUEST_PRESENTATION: Final = bytes.fromhex(
    "31 80 A0 80 80 01 01 00 00 A2 80 A0 03 00 00 01 A4 80 30 80 02 01 01 06 04 52 01 00 01"
    "30 80 06 02 51 01 00 00 00 00 30 80 02 01 02 06 0C 2A 86 48 CE 14 02 01 00 00 00 01 01"
    "30 80 06 0C 2A 86 48 CE 14 02 01 00 00 00 02 01 00 00 00 00 00 00 61 80 30 80 02 01 01"
    "A0 80 60 80 A1 80 06 0C 2A 86 48 CE 14 02 01 00 00 00 03 01 00 00 BE 80 28 80 06 0C 2A"
    "86 48 CE 14 02 01 00 00 00 01 01 02 01 02 81"
)
_RESPONSE_PRESENTATION: Final = bytes.fromhex(
    "31 80 A0 80 80 01 01 00 00 A2 80 A0 03 00 00 01 A5 80 30 80 80 01 00 81 02 51 01 00 00"
    "30 80 80 01 00 81 0C 2A 86 48 CE 14 02 01 00 00 00 02 01 00 00 00 00 61 80 30 80 02 01"
    "01 A0 80 61 80 A1 80 06 0C 2A 86 48 CE 14 02 01 00 00 00 03 01 00 00 A2 03 02 01 00 A3"
    "05 A1 03 02 01 00 BE 80 28 80 02 01 02 81"
)
_TRAILER: Final = bytes(16)
RELEASE_REQUEST: Final = bytes.fromhex("09 18 C1 16 61 80 30 80 02 01 01 A0 80 62 80 80 01 00 00 00 00 00 00 00 00 00")
RELEASE_RESPONSE: Final = bytes.fromhex("0A 18 C1 16 61 80 30 80 02 01 01 A0 80 63 80 80 01 00 00 00 00 00 00 00 00 00")
REFUSE: Final = bytes.fromhex("0C 03 32 01 00")
ABORT: Final = bytes.fromhex(
    "19 2E 11 01 03 C1 29 A0 80 A0 80 30 80 02 01 01 06 02 51 01 00 00 00 00 61 80 30 80"
    "02 01 01 A0 80 64 80 80 01 01 00 00 00 00 00 00 00 00 00 00"
)
#: Object support that a request may add (attribute 0x0102): object class and the most instances the client takes.
_OBJECT_SUPPORT: Final = ((0x21, 1), (0x06, 0xC9), (0x09, 0x3C), (0x05, 0x10), (0x2A, 1), (0x36, 1))
_USER_INFO = Struct(">IIIII")
_PROFILE = Struct(">IIIIII")
_APDU = Struct(">HHH")
_POLL_ARGUMENT = Struct(">HHHH")


class Profile(NamedTuple):
    """What is asked for or granted. `options`: bits of the poll profile extension, 0 when there is none."""

    system_type: int
    min_poll_period_ticks: int
    mtu_rx: int
    mtu_tx: int
    options: int


def _li(body: bytes) -> bytes:
    return (bytes((len(body),)) if len(body) < 0xFF else b"\xff" + U16.pack(len(body))) + body


def _asn(body: bytes) -> bytes:
    return (bytes((len(body),)) if len(body) < 0x80 else b"\x82" + U16.pack(len(body))) + body


def _association(kind: int, presentation: bytes, profile: Profile, startup: int, *, objects: bool) -> bytes:
    extension = {code.POLL_EXTENSION: U32.pack(profile.options) + bytes(4)} if profile.options else {}
    support = _PROFILE.pack(
        0x80000000, profile.min_poll_period_ticks, profile.mtu_rx, profile.mtu_tx, 0xFFFFFFFF, 0x60000000
    )
    profiles = {code.POLL_PROFILE: support + write_attributes(extension)}
    if objects:
        profiles[0x0102] = write_list(PAIR.pack(1, cls) + U32.pack(most) for cls, most in _OBJECT_SUPPORT)
    user = _USER_INFO.pack(0x80000000, 0x40000000, 0, profile.system_type, startup)
    user += write_attributes({}) + write_attributes(profiles)
    return bytes((kind,)) + _li(_SESSION + b"\xc1" + _li(presentation + _asn(user) + _TRAILER))


def association_request(
    min_poll_period_ticks: int = code.TICKS_PER_S,
    mtu: int = code.MAX_MTU,
    options: int = code.NUMERICS_1S,
    *,
    objects: bool = False,
    system_type: int = code.SYSTEM_CLIENT,
) -> bytes:
    profile = Profile(system_type, min_poll_period_ticks, mtu, mtu, options)
    return _association(code.ASSOCIATION_REQUEST, _REQUEST_PRESENTATION, profile, code.COLD_START, objects=objects)


def association_response(min_poll_period_ticks: int, mtu: int, options: int) -> bytes:
    profile = Profile(code.SYSTEM_SERVER, min_poll_period_ticks, mtu, mtu, options)
    return _association(code.ASSOCIATION_RESPONSE, _RESPONSE_PRESENTATION, profile, code.HOT_START, objects=False)


def read_association(message: bytes) -> Profile:
    """The profile in an association request or response, found by its marker rather than at an offset."""
    mark = message.find(b"\xbe\x80\x28\x80")
    if mark < 0:
        raise MalformedError("association without user data")
    at = mark + 4
    if message[at : at + 1] != b"\x81":
        at = message.find(b"\x02\x01\x02\x81", at)
        if at < 0:
            raise MalformedError("association without user data")
        at += 3
    at += 1
    if at >= len(message):
        raise MalformedError("association cut off")
    size, at = message[at], at + 1
    if size & 0x80:
        digits = size & 0x7F
        size, at = int.from_bytes(message[at : at + digits], "big"), at + digits
    end = at + size
    if end > len(message) or size < _USER_INFO.size:
        raise MalformedError("association user data cut off")
    system_type: int = _USER_INFO.unpack_from(message, at)[3]
    _, at = read_attributes(message, at + _USER_INFO.size, end)
    profiles, _ = read_attributes(message, at, end)
    support = profiles.get(code.POLL_PROFILE, b"")
    if len(support) < _PROFILE.size:
        raise MalformedError("association without a poll profile")
    _, period, mtu_rx, mtu_tx, _, _ = _PROFILE.unpack_from(support)
    packages: dict[int, bytes] = {}
    if len(support) >= _PROFILE.size + 4:
        packages, _ = read_attributes(support, _PROFILE.size, len(support))
    extension = packages.get(code.POLL_EXTENSION, b"")
    options = U32.unpack_from(extension)[0] if len(extension) >= 4 else 0
    return Profile(system_type, period, mtu_rx, mtu_tx, options if options & code.ANY_NUMERICS else 0)


class Operation(NamedTuple):
    """One data message. `command` is the error number for ROER; `start` and `end` bound its argument or result."""

    kind: int
    invoke_id: int
    command: int
    start: int
    end: int
    linked_state: int = 0
    linked_count: int = 0


def operation(kind: int, invoke_id: int, command: int, body: bytes) -> bytes:
    apdu = _APDU.pack(invoke_id, command, len(body)) + body
    return ENVELOPE + PAIR.pack(kind, len(apdu)) + apdu


def linked_operation(state: int, count: int, invoke_id: int, command: int, body: bytes) -> bytes:
    apdu = bytes((state, count)) + _APDU.pack(invoke_id, command, len(body)) + body
    return ENVELOPE + PAIR.pack(code.ROLRS, len(apdu)) + apdu


def read_operation(message: bytes) -> Operation:
    if len(message) < 8:
        raise MalformedError("data message cut off")
    kind, length = PAIR.unpack_from(message, 4)
    end = 8 + length
    at = 10 if kind == code.ROLRS else 8
    if end > len(message) or at + 6 > end:
        raise MalformedError("data message cut off")
    invoke_id, command, length = _APDU.unpack_from(message, at)
    start = at + 6
    if start + length > end:
        raise MalformedError("operation longer than its message")
    if kind == code.ROLRS:
        return Operation(kind, invoke_id, command, start, start + length, message[8], message[9])
    return Operation(kind, invoke_id, command, start, start + length)


def mds_create_result(invoke_id: int, event_ticks: int) -> bytes:
    """The confirmation without which the monitor aborts 10 s after the association."""
    body = MDS_OBJECT + U32.pack(event_ticks) + PAIR.pack(code.MDS_CREATE, 0)
    return operation(code.RORS, invoke_id, code.CONFIRMED_EVENT_REPORT, body)


def poll_request(
    invoke_id: int, poll_number: int, polled: int, group: int, *, active_ticks: int | None = None
) -> bytes:
    """A single poll, or with `active_ticks` an extended one whose results come by themselves for that long."""
    argument = _POLL_ARGUMENT.pack(poll_number, code.PARTITION_OBJECTS, polled, group)
    action = code.SINGLE_POLL
    if active_ticks is not None:
        action = code.EXTENDED_POLL
        argument += write_attributes({code.ACTIVE_PERIOD: U32.pack(active_ticks)})
    body = MDS_OBJECT + bytes(4) + PAIR.pack(action, len(argument)) + argument
    return operation(code.ROIV, invoke_id, code.ACTION, body)


class PolledObject(NamedTuple):
    context: int
    handle: int
    attributes: dict[int, bytes]


class PollResult(NamedTuple):
    """`sequence` is None for a single poll; `absolute` is None as long as monitors send no wall time here."""

    poll_number: int
    sequence: int | None
    ticks: int
    absolute: datetime | None
    polled: int
    group: int
    objects: list[PolledObject]


def read_poll_result(message: bytes, start: int, end: int) -> PollResult | None:
    """The result of a poll, or None when the action is none. MalformedError when any length inside contradicts another."""
    if start + 10 > end:
        raise MalformedError("action result cut off")
    action, length = PAIR.unpack_from(message, start + 6)
    if action not in (code.SINGLE_POLL, code.EXTENDED_POLL):
        return None
    at = start + 10
    if at + length > end:
        raise MalformedError("poll result longer than its message")
    end = at + length
    fixed = 22 if action == code.SINGLE_POLL else 24
    if at + fixed > end:
        raise MalformedError("poll result cut off")
    (poll_number,) = U16.unpack_from(message, at)
    sequence = None
    if action == code.EXTENDED_POLL:
        (sequence,) = U16.unpack_from(message, at + 2)
        at += 2
    (ticks,) = U32.unpack_from(message, at + 2)
    stamp = message[at + 6 : at + 14]
    absolute = None if stamp == NO_TIME else read_time(stamp)
    _, polled = PAIR.unpack_from(message, at + 14)
    group, contexts = PAIR.unpack_from(message, at + 18)
    objects = _read_objects(message, at + 20, end, contexts)
    return PollResult(poll_number, sequence, ticks, absolute, polled, group, objects)


def _read_objects(message: bytes, at: int, end: int, contexts: int) -> list[PolledObject]:
    objects: list[PolledObject] = []
    if at + 4 > end:
        raise MalformedError("poll list cut off")
    (length,) = U16.unpack_from(message, at + 2)
    at += 4
    if at + length > end:
        raise MalformedError("poll list longer than its result")
    end = at + length
    for _ in range(contexts):
        if at + 6 > end:
            raise MalformedError("poll context cut off")
        context, count, length = _APDU.unpack_from(message, at)
        at += 6
        stop = at + length
        if stop > end:
            raise MalformedError("poll context longer than its list")
        for _ in range(count):
            if at + 6 > stop:
                raise MalformedError("object cut off")
            (handle,) = U16.unpack_from(message, at)
            attributes, at = read_attributes(message, at + 2, stop)
            objects.append(PolledObject(context, handle, attributes))
        at = stop
    return objects
