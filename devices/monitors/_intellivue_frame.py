"""Philips IntelliVue RS-232 frame (section 2 of the protocol notes).

C0 | 11 01 | length u16 | user data | FCS low, high | C1, where every C0, C1 or 7D between the delimiters goes out as 7D and
the byte XOR 20. FCS: CRC-16/X-25 over header and user data before escaping.
"""

import re
from binascii import crc_hqx
from collections import Counter
from typing import Final

from devices.readings import Fault

BOF, EOF, ESCAPE, ESCAPE_XOR = 0xC0, 0xC1, 0x7D, 0x20
HEADER: Final = b"\x11\x01"
OVERHEAD: Final = 6  # four header bytes, two FCS bytes
MAX_COLLECTED: Final = 65541  # un-escaped bytes of one frame
_MAX_WIRE: Final = 2 * MAX_COLLECTED  # beyond this no amount of escaping makes a legal frame
_FAULT_BYTES: Final = 64  # of a frame that is too long, enough to recognise it

_DELIMITERS = re.compile(rb"[\xc0\xc1]")
_ESCAPED = re.compile(rb"\x7d([\x00-\xff])")
_UNSAFE = re.compile(rb"[\x7d\xc0\xc1]")

#: Each byte with its bits in reverse order. The FCS is the CRC-CCITT of the C library's `crc_hqx` with all bits mirrored;
#: mirroring the input lets that routine do the work, some hundred times faster than a loop.
_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def fcs(data: bytes) -> int:
    """CRC-16/X-25: 0x906E for the nine bytes `123456789`."""
    mirrored = crc_hqx(data.translate(_MIRROR), 0xFFFF)
    return (_MIRROR[mirrored & 0xFF] << 8 | _MIRROR[mirrored >> 8]) ^ 0xFFFF


def frame(message: bytes) -> bytes:
    """One message as it goes over the wire. ValueError above 65535 bytes, which no header can express."""
    if len(message) > 0xFFFF:
        raise ValueError(f"message of {len(message)} bytes does not fit a frame")
    plain = HEADER + len(message).to_bytes(2, "big") + message
    plain += fcs(plain).to_bytes(2, "little")
    return b"\xc0" + _UNSAFE.sub(lambda m: bytes((ESCAPE, m[0][0] ^ ESCAPE_XOR)), plain) + b"\xc1"


class Deframer:
    """Bytes in, messages out; chunks of any size. Damaged frames come back as a Fault and in `reasons`, never as data.

    `noise_bytes` counts what lay outside frames: opening a port in mid-frame is normal, so that is no fault. `aborted`
    counts frames that the sender itself threw away.
    """

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()
        self.noise_bytes = 0
        self.aborted = 0
        self._tail = bytearray()
        self._in_frame = False
        self._too_long = False

    def feed(self, data: bytes) -> list[bytes | Fault]:
        out: list[bytes | Fault] = []
        at = 0
        for delimiter in _DELIMITERS.finditer(data):
            here = delimiter.start()
            self._collect(data, at, here)
            at = here + 1
            if data[here] == BOF:
                if self._in_frame and self._tail:
                    out.append(self._reject("frame too long" if self._too_long else "frame not finished"))
                self._start()
            elif self._in_frame:
                item = self._finish()
                if item is not None:
                    out.append(item)
                self._in_frame = False
                self._tail.clear()
            else:
                self.noise_bytes += 1
        self._collect(data, at, len(data))
        return out

    def _start(self) -> None:
        self._in_frame, self._too_long = True, False
        self._tail.clear()

    def _collect(self, data: bytes, start: int, stop: int) -> None:
        if not self._in_frame:
            self.noise_bytes += stop - start
            return
        if self._too_long:
            return
        # One byte more than the longest legal frame is kept, so that a longer one is known by its length.
        room = _MAX_WIRE + 1 - len(self._tail)
        self._tail += data[start : min(stop, start + room)]
        if len(self._tail) > MAX_COLLECTED and len(self._tail) - self._tail.count(ESCAPE) > MAX_COLLECTED:
            self._too_long = True
            del self._tail[_FAULT_BYTES:]

    def _finish(self) -> bytes | Fault | None:
        wire = bytes(self._tail)
        if self._too_long:
            return self._reject("frame too long")
        plain = wire
        if ESCAPE in wire:
            if _ends_in_escape(wire):
                self.aborted += 1
                return None
            plain = _ESCAPED.sub(lambda m: bytes((m[1][0] ^ ESCAPE_XOR,)), wire)
        if len(plain) < OVERHEAD:
            return self._reject("frame too short")
        if int.from_bytes(plain[2:4], "big") != len(plain) - OVERHEAD:
            return self._reject("frame length")
        if fcs(plain[:-2]) != int.from_bytes(plain[-2:], "little"):
            return self._reject("frame check")
        if plain[:2] != HEADER:
            return self._reject("not a data export frame")
        return plain[4:-2]

    def _reject(self, reason: str) -> Fault:
        self.reasons[reason] += 1
        return Fault(reason, b"\xc0" + bytes(self._tail))


def _ends_in_escape(wire: bytes) -> bool:
    """True when the last byte is an escape of its own, not the byte that an escape protects."""
    return (len(wire) - len(wire.rstrip(b"\x7d"))) % 2 == 1
