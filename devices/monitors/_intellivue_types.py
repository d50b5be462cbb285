"""Philips IntelliVue basic types (section 5 of the protocol notes), both directions. All fields are big-endian.

Readers take a whole message and offsets, and raise MalformedError when a length does not fit what surrounds it.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from struct import Struct
from typing import Final

from devices.monitors._intellivue_codes import MICROSECONDS_PER_TICK, TICKS_WRAP

U16, U32, PAIR = Struct(">H"), Struct(">I"), Struct(">HH")
NAN_MANTISSA, NRES_MANTISSA, RESERVED_MANTISSA = 0x7FFFFF, 0x800000, 0x800001
PLUS_INFINITY_MANTISSA, MINUS_INFINITY_MANTISSA = 0x7FFFFE, 0x800002
MAX_MANTISSA: Final = 0x7FFFFF - 2
NO_FLOAT: Final = b"\x00\x7f\xff\xff"
NO_TIME: Final = b"\xff" * 8
_WALL_RESOLUTION: Final = timedelta(seconds=1)


class MalformedError(ValueError):
    """A length or count that contradicts the bytes around it."""


def read_float(word: int) -> float:
    """FLOAT-Type as a number: NaN for NaN and "not at this resolution", signed infinity for the infinities."""
    mantissa = word & 0xFFFFFF
    exponent = word >> 24
    if 0x7FFFFE <= mantissa <= 0x800002:
        if mantissa == PLUS_INFINITY_MANTISSA:
            return math.inf
        return -math.inf if mantissa == MINUS_INFINITY_MANTISSA else math.nan
    if mantissa & 0x800000:
        mantissa -= 0x1000000
    if not exponent:
        return float(mantissa)
    # Dividing by a power of ten gives the nearest number to what is printed; multiplying by 0.1 does not.
    return mantissa / 10.0 ** (256 - exponent) if exponent & 0x80 else mantissa * 10.0**exponent


def write_float(value: float | None, decimals: int = 0) -> bytes:
    """FLOAT-Type with that many decimals; None and NaN give NaN. ValueError when the mantissa cannot hold the value."""
    if value is None or math.isnan(value):
        return NO_FLOAT
    mantissa = round(value * 10.0**decimals)
    if abs(mantissa) > MAX_MANTISSA:
        raise ValueError(f"{value} does not fit a FLOAT-Type with {decimals} decimals")
    return bytes((-decimals & 0xFF,)) + (mantissa & 0xFFFFFF).to_bytes(3, "big")


def read_time(data: bytes) -> datetime | None:
    """AbsoluteTime: packed BCD, local time of the monitor. None when not supported, not set or not a plausible date."""
    if len(data) < 8 or data[:8] in (NO_TIME, bytes(8)):
        return None
    digits = data[:8].hex()
    try:
        year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
        if year < 1900:
            return None
        hour, minute, second, hundredths = (int(digits[i : i + 2]) for i in (8, 10, 12, 14))
        return datetime(year, month, day, hour, minute, second, hundredths * 10_000)  # noqa: DTZ001 - monitors know no zone
    except ValueError:
        return None


def write_time(moment: datetime) -> bytes:
    """AbsoluteTime without its fraction, as monitors send it."""
    return bytes.fromhex(f"{moment:%Y%m%d%H%M%S}00")


def tick_difference(later: int, earlier: int) -> int:
    """Ticks from `earlier` to `later` across the 32-bit wrap, within half a wrap either way."""
    difference = (later - earlier) % TICKS_WRAP
    return difference - TICKS_WRAP if difference >= TICKS_WRAP // 2 else difference


class Clock:
    """The monitor's wall clock from its tick counter: poll results carry ticks only."""

    def __init__(self) -> None:
        self._wall: datetime | None = None
        self._tick = 0

    def clear(self) -> None:
        self._wall = None

    def set(self, wall: datetime, tick: int) -> None:
        self._wall, self._tick = wall, tick

    def correct(self, wall: datetime, tick: int) -> None:
        """A later pair. It tells whole seconds only, so it counts when somebody has set the monitor's clock, or when the
        two have drifted apart by more than that."""
        estimate = self.at(tick)
        if estimate is None or abs(wall - estimate) > _WALL_RESOLUTION:
            self.set(wall, tick)

    def at(self, tick: int) -> datetime | None:
        """Wall time of a tick, or None while no pair of both is known."""
        if self._wall is None:
            return None
        ahead = tick_difference(tick, self._tick)
        try:
            wall = self._wall + timedelta(microseconds=ahead * MICROSECONDS_PER_TICK)
        except OverflowError:
            return None
        if ahead > 0:  # the pair moves along, so that days without a new one still survive the wrap
            self._wall, self._tick = wall, tick
        return wall


def read_attributes(data: bytes, at: int, end: int) -> tuple[dict[int, bytes], int]:
    """AttributeList at `at`: id -> value, and where the list ends. The last of a repeated id wins."""
    if at + 4 > end:
        raise MalformedError("attribute list cut off")
    count, length = PAIR.unpack_from(data, at)
    at += 4
    stop = at + length
    if stop > end:
        raise MalformedError("attribute list longer than its container")
    found: dict[int, bytes] = {}
    for _ in range(count):
        if at + 4 > stop:
            raise MalformedError("attribute list shorter than its count")
        key, length = PAIR.unpack_from(data, at)
        at += 4
        if at + length > stop:
            raise MalformedError("attribute longer than its list")
        found[key] = data[at : at + length]
        at += length
    return found, stop


def write_list(items: Iterable[bytes]) -> bytes:
    """`count, length, items`; both fields stand also when there are none."""
    parts = list(items)
    body = b"".join(parts)
    return PAIR.pack(len(parts), len(body)) + body


def write_attributes(values: Mapping[int, bytes]) -> bytes:
    return write_list(PAIR.pack(key, len(value)) + value for key, value in values.items())


def read_string(data: bytes) -> str:
    """String: length in bytes, then UTF-16; NUL and filler characters removed. Empty when it does not fit."""
    if len(data) < 2:
        return ""
    (length,) = U16.unpack_from(data)
    text = data[2 : 2 + length].decode("utf-16-be", errors="replace")
    return text.replace("\x00", "").replace("\ufeff", "").strip()


def write_string(text: str) -> bytes:
    body = (text + "\x00").encode("utf-16-be")
    return U16.pack(len(body)) + body


def read_labels(data: bytes) -> list[str]:
    """VariableLabels one after the other, until the data ends."""
    labels: list[str] = []
    at = 0
    while at + 2 <= len(data):
        (length,) = U16.unpack_from(data, at)
        labels.append(data[at + 2 : at + 2 + length].decode("ascii", errors="replace").replace("\x00", "").strip())
        at += 2 + length
    return labels


def write_label(text: str) -> bytes:
    """VariableLabel: ASCII, NUL-terminated, padded to an even length."""
    body = text.encode("ascii") + b"\x00"
    body += bytes(len(body) % 2)
    return U16.pack(len(body)) + body
