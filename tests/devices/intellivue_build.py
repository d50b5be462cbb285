"""Messages of an IntelliVue monitor for the tests, one numeric at a time."""

from datetime import datetime

from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_types import (
    write_attributes,
    write_float,
)
from devices.monitors.philips_intellivue import Decoder
from devices.readings import Reading
from simulators.monitors import _intellivue_objects as objects
from simulators.monitors._intellivue_objects import Reply, Site

START = datetime.fromisoformat("2026-01-02T08:30")
T0 = 8_000_000
NAN = b"\x00\x7f\xff\xff"


def value(physio: int, number: float | bytes, unit: int, state: int = 0, decimals: int = 1) -> bytes:
    word = number if isinstance(number, bytes) else write_float(number, decimals)
    return objects.observed(physio, state, unit, word)


def numeric(
    *values: bytes, handle: int = 1, label: int = 1, stamp: datetime | None = None, **extra: bytes
) -> tuple[int, int, bytes]:
    attributes = objects.numeric_attributes(handle, label, values, stamp=stamp)
    attributes |= {getattr(code, key): value for key, value in extra.items()}
    return 1, handle, write_attributes(attributes)


def result(*things: tuple[int, int, bytes], ticks: int = T0, sequence: int | None = None) -> bytes:
    body = objects.poll_result(Reply(2, sequence, ticks, code.NUMERICS, 0), list(things))
    return messages.operation(code.RORS, 3, code.ACTION, body)


def created(wall: datetime = START, ticks: int = T0, association: int = 1, site: Site | None = None) -> bytes:
    return objects.mds_create_event(1, ticks, objects.mds_attributes(site or Site(), association, ticks, wall))


def read(decoder: Decoder, *things: tuple[int, int, bytes], ticks: int = T0) -> list[Reading]:
    return [item for item in decoder.datagram(result(*things, ticks=ticks)) if isinstance(item, Reading)]


def one(*things: tuple[int, int, bytes]) -> Reading:
    (reading,) = read(Decoder(), *things)
    return reading
