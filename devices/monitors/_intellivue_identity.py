"""Who the IntelliVue monitor is and what its clocks say: MDS create event, MDS polls, connect indication (sections 8, 14)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from devices.monitors import _intellivue_codes as code
from devices.monitors._intellivue_messages import Operation
from devices.monitors._intellivue_types import (
    PAIR,
    U16,
    U32,
    MalformedError,
    read_attributes,
    read_labels,
    read_string,
    read_time,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What the monitor told of itself. `wall` and `ticks`: its two clocks at one instant, or None when it sent no date."""

    model: str = ""
    bed_label: str = ""
    system_id: bytes = b""
    association_number: int | None = None
    operating_mode: int = 0
    wall: datetime | None = None
    ticks: int = 0


class MdsEvent(NamedTuple):
    ticks: int
    identity: Identity


def read_mds_event(message: bytes, op: Operation) -> MdsEvent | None:
    """The MDS create event in an event report, or None when it is another event."""
    start, end = op.start, op.end
    if start + 14 > end:
        raise MalformedError("event report cut off")
    (ticks,) = U32.unpack_from(message, start + 6)
    kind, length = PAIR.unpack_from(message, start + 10)
    if kind != code.MDS_CREATE:
        return None
    at = start + 14
    if at + length > end:
        raise MalformedError("event longer than its message")
    attributes, _ = read_attributes(message, at + 6, at + length)
    return MdsEvent(ticks, read_identity(attributes, ticks, Identity()))


def read_identity(attributes: dict[int, bytes], ticks: int, known: Identity) -> Identity:
    """`known` with what these attributes add; `ticks` is the message's own relative time, for want of a better."""

    def number(key: int, size: int) -> int | None:
        value = attributes.get(key, b"")
        return int.from_bytes(value[:size], "big") if len(value) >= size else None

    mode = number(code.OPERATING_MODE, 2)
    association = number(code.ASSOCIATION_NUMBER, 2)
    own_ticks = number(code.RELATIVE_TIME, 4)
    return Identity(
        model=" ".join(filter(None, read_labels(attributes.get(code.SYSTEM_MODEL, b""))[:2])) or known.model,
        bed_label=read_string(attributes.get(code.BED_LABEL, b"")) or known.bed_label,
        system_id=attributes.get(code.SYSTEM_ID, known.system_id),
        association_number=known.association_number if association is None else association,
        operating_mode=known.operating_mode if mode is None else mode,
        wall=read_time(attributes.get(code.DATE_TIME, b"")) or known.wall,
        ticks=ticks if own_ticks is None else own_ticks,
    )


def read_connect_indication(message: bytes, known: Identity) -> Identity:
    """Model and bed label from the broadcast of a monitor that waits for a client."""
    if len(message) < 28 or message[:4] != b"\x00\x00\x01\x00":
        raise MalformedError("connect indication")
    (kind,) = U16.unpack_from(message, 24)
    if kind != code.CONNECT_EVENT:
        raise MalformedError("connect indication of another kind")
    attributes, _ = read_attributes(message, 28, len(message))
    found = read_identity(attributes, known.ticks, known)
    label = read_string(attributes.get(code.NETWORK_BED_LABEL, b""))
    return replace(found, bed_label=label or found.bed_label)
