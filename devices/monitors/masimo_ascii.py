"""Masimo oximeters (Rad-5/8/87, Radical, Radical-7), serial output ASCII 1: one line of NAME=value fields a second.

Sources: Rad-8 and Rad-87 Operator's Manuals (link, EXC bits 0-11, trend line); public data loggers and recordings for
the line of each model and the higher bits (medium confidence). Fields are read by name: the set differs by model. There
is no checksum, so the whole line must be well formed, with the digit counts that the manuals print: a lost digit then
costs the line instead of turning 97 % into 9 %.
"""

import re
from datetime import datetime

from devices.lines import Line, LineSplitter
from devices.readings import Fault, Reading, Status
from devices.registry import Monitor
from devices.signals import SIGNALS, plausible

LINE_LIMIT_BYTES = 512  # the longest known line (Radical-7, colour screen) has about 170
BPM_MAX = 240
SENSOR_SIGNALS = ("spo2", "pr", "pi")

# EXC bits.
NO_SENSOR, DEFECTIVE_SENSOR, LOW_PERFUSION, PULSE_SEARCH = 0x1, 0x2, 0x4, 0x8
INTERFERENCE, SENSOR_OFF, AMBIENT_LIGHT, UNRECOGNISED_SENSOR = 0x10, 0x20, 0x40, 0x80
INCOMPATIBLE_SENSOR, LOW_SIGNAL_IQ, MASIMO_SET, NO_CABLE = 0x100, 0x400, 0x800, 0x1000
CABLE_FAULTS, CALIBRATING = 0x1E000, 0x20000  # life expired, incompatible, unrecognised, defective

NOT_ON_PATIENT = NO_SENSOR | SENSOR_OFF | NO_CABLE
NOT_VALID = (
    NOT_ON_PATIENT
    | DEFECTIVE_SENSOR
    | PULSE_SEARCH
    | AMBIENT_LIGHT
    | UNRECOGNISED_SENSOR
    | INCOMPATIBLE_SENSOR
    | CABLE_FAULTS
    | CALIBRATING
)
LOW_QUALITY = LOW_PERFUSION | INTERFERENCE | LOW_SIGNAL_IQ

STAMP = re.compile(r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d(?= |$)")
FIELD = re.compile(r"([A-Z][A-Z0-9]*)=(\S+)")
#: What each field must look like; a name that is not listed must match `OTHER`.
SHAPES = {
    "SPO2": re.compile(r"(\d{3}|---)%"),
    "BPM": re.compile(r"(\d{3}|---)"),
    "PI": re.compile(r"(\d\d\.\d\d|--\.--)%?"),
    "SN": re.compile(r"(\d+|-+)"),
    "ALARM": re.compile(r"([0-9A-F]{2}|[0-9A-F]{4}|[0-9A-F]{6})", re.IGNORECASE),
    "EXC": re.compile(r"([0-9A-F]{3}|[0-9A-F]{6,8})", re.IGNORECASE),
    "EXC1": re.compile(r"([0-9A-F]{8})", re.IGNORECASE),
}
OTHER = re.compile(r"([+-]?[0-9.]+|[+-]?-[-.]*)%?")
REQUIRED = ("SPO2", "BPM", "ALARM", "EXC")
VALUES = (("spo2", "SPO2"), ("pr", "BPM"), ("pi", "PI"))
ASCII_2 = re.compile(r" SpO2=| PR=")

WRONG_MODE = "trend or ASCII 2 line, not live: set Serial Output to ASCII 1 on the oximeter"


class Reject(Exception):
    """Why a line contributes nothing."""


class Decoder:
    """ASCII 1 lines to `spo2`, `pr`, `pi`; each good line gives all the values it has, a bad one gives a Fault only."""

    def __init__(self) -> None:
        self.frames = 0
        self.rejects = 0
        self._lines = LineSplitter(LINE_LIMIT_BYTES)

    def feed(self, data: bytes) -> list[Reading | Fault]:
        """Any bytes, in chunks of any size. Never raises."""
        out: list[Reading | Fault] = []
        for line in self._lines.feed(data):
            out.extend(self._decode(line))
        return out

    def _decode(self, line: Line) -> list[Reading] | list[Fault]:
        text = line.raw.decode("ascii", errors="replace").strip(" ")
        if not text:
            return []
        if line.first and not STAMP.match(text):
            return []  # the port was opened in the middle of a line: nobody's error
        try:
            if line.overlong:
                raise Reject("line too long")
            readings = read_line(text)
        except Reject as reason:
            self.rejects += 1
            return [Fault(str(reason), line.raw)]
        self.frames += 1
        return readings


def read_line(text: str) -> list[Reading]:
    """One line without its terminator. Raises Reject when any part of it is not as the manuals print it."""
    stamp = STAMP.match(text)
    if stamp is None:
        raise Reject("line does not start with date and time")
    if not text.isprintable():
        raise Reject("control characters in the line")
    if ASCII_2.search(text):
        raise Reject(WRONG_MODE)
    device_time = _time(stamp.group())
    fields = _fields(text[stamp.end() :])
    exc = int(fields["EXC"], 16)
    return [_reading(signal, fields[name], exc, device_time) for signal, name in VALUES if name in fields]


def _time(stamp: str) -> datetime:
    try:
        # Naive on purpose: the oximeter's clock is display-set, in a zone it does not know.
        return datetime.strptime(stamp, "%m/%d/%y %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        raise Reject("impossible date or time") from None


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for token in text.split():
        pair = FIELD.fullmatch(token)
        if pair is None:
            raise Reject(f"not a field: {token[:20]!r}")
        name, raw = pair.groups()
        value = SHAPES.get(name, OTHER).fullmatch(raw)
        if value is None:
            raise Reject(f"malformed {name}")
        if name in fields:
            raise Reject(f"{name} twice: two lines run together")
        fields[name] = value.group(1)
    if missing := [name for name in REQUIRED if name not in fields]:
        raise Reject(f"missing {', '.join(missing)}")
    # On every known model EXC is wider than ALARM; an EXC that is not has lost its end.
    if len(fields["EXC"]) <= len(fields["ALARM"]):
        raise Reject("EXC cut short")
    return fields


def _reading(signal: str, digits: str, exc: int, device_time: datetime) -> Reading:
    unit = SIGNALS[signal].unit
    value = None if digits.startswith("-") else float(digits)
    if value is not None and (plausible(signal, value) == "invalid" or (signal == "pr" and value > BPM_MAX)):
        raise Reject(f"{signal} out of range: {digits}")
    if exc & NOT_VALID:
        return Reading(signal, None, unit, "sensor_off" if exc & NOT_ON_PATIENT else "invalid", device_time)
    # Some output modes print 000 for SpO2 and BPM while there is nothing to measure.
    if value is None or (value == 0 and signal != "pi"):
        return Reading(signal, None, unit, "unavailable", device_time)
    status: Status = "questionable" if exc & LOW_QUALITY else plausible(signal, value)
    return Reading(signal, value, unit, status, device_time)


MONITOR = Monitor(
    name="masimo_ascii",
    title="Masimo Rad-5, Rad-8, Rad-87, Radical, Radical-7 (serial ASCII 1)",
    make_decoder=Decoder,
    signals=SENSOR_SIGNALS,
    baud=9600,
    frame_interval_s=1.0,
    confidence="H",
    silence_hint="no data: set Serial Output to ASCII 1",
)
