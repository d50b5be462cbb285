"""`.vital` files of VitalRecorder as recordings: numbers alone, waveforms are passed over.

Format: VitalDB, "Vital File Format" (version 3): one gzip stream, little endian. Header: `VITA`, version, length of the rest.
Then packets: type byte, 4 bytes of length, data. Strings have 4 bytes of length before them. What is not known is passed over by its length.
Meanings of tracks: its `montype` table, and the parameter list of the VitalDB data set for names.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from config.models import ConfigError
from dashboard.alarms_cli import MAX_SPAN_S
from devices.signals import CUFF_SIGNALS, SIGNALS
from simulators.replay import Recording, cuff_events, sample, track

DEVICE, TRACK, RECORD = 9, 0, 1
NUMBERS = 2  # rec_type
#: recfmt -> struct code; the code of "no value" for whole numbers.
FORMATS: dict[int, tuple[str, float | None]] = {
    1: ("<f", None), 2: ("<d", None), 3: ("<b", -128), 4: ("<B", 255), 5: ("<h", -32768), 6: ("<H", 65535),
    7: ("<i", -2147483648), 8: ("<I", 4294967295),
}  # fmt: skip
#: A packed file holds a whole waveform in one packet; a number or a name needs far less than this.
MAX_PACKET = 1 << 20

#: Track name, without the device -> raw signal. GE Solar 8000 and Dräger Primus as in the VitalDB data set, then Philips IntelliVue.
SIGNAL_OF = {
    "HR": "hr", "ECG_HR": "hr", "PLETH_HR": "pr", "PLETH_SPO2": "spo2", "PLETH_SAT_O2": "spo2", "PLETH_PERF_REL": "pi",
    "NIBP_SBP": "nibp_sys", "NIBP_DBP": "nibp_dia", "NIBP_MBP": "nibp_map",
    "NIBP_SYS": "nibp_sys", "NIBP_DIA": "nibp_dia", "NIBP_MEAN": "nibp_map",
    "ART_SBP": "abp_sys", "ART_DBP": "abp_dia", "ART_MBP": "abp_map",
    "ART_SYS": "abp_sys", "ART_DIA": "abp_dia", "ART_MEAN": "abp_map",
    "ABP_SYS": "abp_sys", "ABP_DIA": "abp_dia", "ABP_MEAN": "abp_map",
    "ETCO2": "etco2", "AWAY_CO2_ET": "etco2", "INCO2": "fico2", "AWAY_CO2_INSP_MIN": "fico2",
    "RR_CO2": "rr_co2", "AWAY_RR": "rr_co2", "CO2_RR": "rr_co2", "RR": "rr_imp", "BT": "temp", "TEMP": "temp",
}  # fmt: skip
#: montype -> raw signal, where the name says nothing.
SIGNAL_OF_MONTYPE = {
    2: "hr", 9: "pr", 10: "spo2", 5: "abp_sys", 6: "abp_dia", 7: "abp_map", 16: "nibp_sys", 17: "nibp_dia", 18: "nibp_map",
    15: "etco2", 14: "rr_co2", 12: "rr_imp", 19: "temp",
}  # fmt: skip
#: Of two tracks of one signal the monitor's is shown, then the ventilator's, then any other.
_PREFERRED = ("solar8000", "intellivue", "primus")
MMHG_PER_KPA = 7.50062
_UNITS = {
    "1/min": ("", "/min", "1/min", "bpm", "rpm", "brpm", "beats/min", "breaths/min"), "%": ("", "%"), "mmHg": ("", "mmhg"),
    "°C": ("", "c", "°c", "degc", "deg c", "cel", "celsius", "℃"),
}  # fmt: skip

#: Unix time and value of one record; None: the device says that it has none.
Told = tuple[float, float | None]


@dataclass(slots=True)
class _Numbers:
    """One track of numbers: whose, what, and its records."""

    device: str
    name: str
    code: str
    nothing: float | None
    unit: str = ""
    gain: float = 1.0
    offset: float = 0.0
    montype: int = 0
    rows: list[Told] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"{self.device}/{self.name}" if self.device else self.name

    @property
    def signal(self) -> str | None:
        """None for what we do not know, and for a unit that we cannot turn into ours."""
        name = SIGNAL_OF.get(self.name.upper()) or SIGNAL_OF_MONTYPE.get(self.montype)
        return name if name is not None and self._factor(name) is not None else None

    def values(self, signal: str) -> list[Told]:
        """In order of time, in our unit; of two of one instant the later one in the file."""
        factor = self._factor(signal) or 1.0
        return sorted({at: None if value is None else value * factor for at, value in self.rows}.items())

    def _factor(self, signal: str) -> float | None:
        ours, unit = SIGNALS[signal].unit, self.unit.strip().lower()
        if ours == "mmHg" and unit == "kpa":
            return MMHG_PER_KPA
        # A perfusion index has no unit of its own.
        return 1.0 if unit in _UNITS[ours] or signal == "pi" else None


def read_vital(path: Path) -> Recording:
    """Second 0 is the first value that we know. ConfigError names the file, and its tracks when we know none of them."""
    try:
        with path.open("rb") as file, gzip.GzipFile(fileobj=file) as unpacked:
            found = _tracks(unpacked, path)
    except OSError as error:  # BadGzipFile is one
        reason = error.strerror or "not a .vital file (not packed by gzip)"
        raise ConfigError(f"{path}: {reason}") from None
    except (EOFError, zlib.error, struct.error, UnicodeDecodeError):
        raise ConfigError(f"{path}: cut off or damaged") from None
    chosen = _chosen(found)
    if not chosen:
        names = ", ".join(sorted({one.title for one in found})[:12]) or "none of numbers"
        raise ConfigError(f"{path}: no vital sign that a monitor shows; its tracks: {names}")
    return _recording(chosen, path)


def _recording(chosen: dict[str, list[Told]], path: Path) -> Recording:
    zero = min(rows[0][0] for rows in chosen.values())
    if max(rows[-1][0] for rows in chosen.values()) - zero > MAX_SPAN_S:
        raise ConfigError(f"{path}: spans more than {MAX_SPAN_S / 86_400:g} days")
    tracks = {
        signal: track(sample(signal, at - zero, value) for at, value in rows)
        for signal, rows in chosen.items()
        if signal not in CUFF_SIGNALS
    }
    cuff = cuff_events(_measurements(chosen, zero))
    return Recording(tracks, cuff, has_cuff=any(signal in CUFF_SIGNALS for signal in chosen))


def _measurements(chosen: dict[str, list[Told]], zero: float) -> list[tuple[float, dict[str, float | None]]]:
    """The parts of one measurement are written in the same second, not always at the same instant."""
    told = sorted(
        (at - zero, name, value) for name in CUFF_SIGNALS for at, value in chosen.get(name, ()) if value is not None
    )
    out: list[tuple[float, dict[str, float | None]]] = []
    for at_s, name, value in told:
        if not out or at_s - out[-1][0] >= 1.0 or name in out[-1][1]:
            out.append((at_s, {}))
        out[-1][1][name] = value
    return out


def _chosen(found: list[_Numbers]) -> dict[str, list[Told]]:
    """Signal -> rows of the preferred track that holds any."""

    def rank(one: _Numbers) -> int:
        device = one.device.lower()
        return _PREFERRED.index(device) if device in _PREFERRED else len(_PREFERRED)

    chosen: dict[str, list[Told]] = {}
    for one in sorted(found, key=rank):  # stable: else as they stand in the file
        if (signal := one.signal) is not None and signal not in chosen and any(v is not None for _, v in one.rows):
            chosen[signal] = one.values(signal)
    return chosen


# -- packets ------------------------------------------------------------------------------------------------------------------


def _tracks(file: gzip.GzipFile, path: Path) -> list[_Numbers]:
    if file.read(4) != b"VITA":
        raise ConfigError(f"{path}: not a .vital file (does not begin with VITA)")
    (rest,) = struct.unpack("<H", _exactly(file, 6)[4:])
    _exactly(file, rest)
    devices: dict[int, str] = {0: ""}
    found: dict[int, _Numbers] = {}
    every: dict[tuple[int, str], _Numbers] = {}  # in order of first mention
    for kind, data in _packets(file):
        if kind == DEVICE:
            number, name = _device(data)
            devices[number] = name
        elif kind == TRACK:
            number, new = _track(data, devices)
            found.pop(number, None)
            if new is not None:
                if (told := every.get((number, new.title))) is not None:
                    new.rows = told.rows  # described again: the recording was joined, or a setting changed
                found[number] = every[number, new.title] = new
        elif kind == RECORD:
            _record(data, found)
    return list(every.values())


def _packets(file: gzip.GzipFile) -> Iterator[tuple[int, bytes]]:
    while head := file.read(5):
        if len(head) < 5:
            raise EOFError
        kind, size = struct.unpack("<BI", head)
        if kind in (DEVICE, TRACK, RECORD) and size <= MAX_PACKET:
            yield kind, _exactly(file, size)
        else:
            _skip(file, size)


def _skip(file: gzip.GzipFile, size: int) -> None:
    while size > 0:
        size -= len(_exactly(file, min(size, MAX_PACKET)))


def _exactly(file: BinaryIO | gzip.GzipFile, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _device(data: bytes) -> tuple[int, str]:
    (number,) = struct.unpack_from("<I", data)
    kind, at = _string(data, 4)
    name = _string(data, at)[0] if len(data) >= at + 4 else ""
    return number, name or kind


def _track(data: bytes, devices: dict[int, str]) -> tuple[int, _Numbers | None]:
    """Number and description; None for what holds no numbers. What follows the name may be left out."""
    number, kind, fmt = struct.unpack_from("<HBB", data)
    if kind != NUMBERS or fmt not in FORMATS:
        return number, None
    name, at = _string(data, 4)
    code, nothing = FORMATS[fmt]
    out = _Numbers("", name, code, nothing)
    if len(data) >= at + 4:
        out.unit, at = _string(data, at)
    if len(data) >= at + 16 + 16 and nothing is not None:
        gain, out.offset = struct.unpack_from("<dd", data, at + 16)  # after range, colour and sample rate
        out.gain = gain or 1.0
    if len(data) >= at + 33:
        out.montype = data[at + 32]
    if len(data) >= at + 37:
        out.device = devices.get(struct.unpack_from("<I", data, at + 33)[0], "")
    return number, out


def _record(data: bytes, found: dict[int, _Numbers]) -> None:
    info, at, number = struct.unpack_from("<HdH", data)
    one = found.get(number)
    if one is None:
        return
    (raw,) = struct.unpack_from(one.code, data, 2 + info)
    if math.isfinite(at):
        there = math.isfinite(raw) and raw != one.nothing
        one.rows.append((at, raw * one.gain + one.offset if there else None))


def _string(data: bytes, at: int) -> tuple[str, int]:
    (size,) = struct.unpack_from("<I", data, at)
    end = at + 4 + size
    if end > len(data):
        raise struct.error("a text that is longer than its packet")
    return data[at + 4 : end].decode("utf-8", "replace"), end
