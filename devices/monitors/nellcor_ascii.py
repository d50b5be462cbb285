"""Nellcor oximeters (NPB-290/295, N-395, N-550, N-560, N-595, N-600), ASCII real-time output: a line each 2 s.

Sources: data port appendices of the NPB-290, NPB-295 and N-395 Operator's Manuals; public parsers and a long N-560
recording. PM100N and PM1000N: whether they print exactly this is unconfirmed. Older models shift columns, so lines are
split on white space; there is no checksum, so the whole line must fit. The pulse amplitude PA is a bar-graph number, not
a perfusion index in percent, and is left out.
"""

import re
from datetime import datetime

from devices.lines import Line, LineSplitter
from devices.readings import Fault, Reading, Status
from devices.registry import Monitor
from devices.signals import SIGNALS, plausible

LINE_LIMIT_BYTES = 256
WIDTH = 61  # of an N-560 data line, which is padded with spaces
MISFITS_FORGIVEN = 3
XON = b"\x11"
XON_AFTER_S = 5.0
PA_MAX = 254

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: Status codes; BU (battery in use) at medium confidence.
CODES = {
    "AO": "alarm off",
    "AS": "alarm silenced",
    "BU": "battery in use",
    "LB": "low battery",
    "LM": "loss of pulse with interference",
    "LP": "loss of pulse",
    "MO": "interference (motion)",
    "PH": "pulse rate above limit",
    "PL": "pulse rate below limit",
    "PS": "pulse search",
    "SD": "sensor disconnected",
    "SH": "SpO2 above limit",
    "SL": "SpO2 below limit",
    "SO": "sensor off patient",
}
NOT_ON_PATIENT = frozenset({"SD", "SO"})
NO_PULSE = frozenset({"LP", "LM"})
MAX_CODES = 6

STARTS_WITH_DATE = re.compile(r" {0,2}\d{2}-[A-Za-z]{3}-\d{2} ")
DATA = re.compile(
    r" {0,2}(\d{2})-([A-Za-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2})"
    r" +(\d{1,3}|---)\*? +(\d{1,3}|---)\*? +(\d{1,3}|---)((?: +[A-Z]{2})*) *"
)
TITLE = re.compile(r" *\S.*\bVERSION\b.*\b(CRC|TREND)\b.*", re.IGNORECASE)
OTHER_HEADERS = re.compile(r" +(ADULT|NEO).*| *TIME +%SPO2 +BPM +PA +STATUS *", re.IGNORECASE)
OUTPUT_COMPLETE = "OUTPUT COMPLETE"


class Reject(Exception):
    """Why a line contributes nothing."""


class Decoder:
    """Real-time lines to `spo2` and `pr`. Header lines are passed over; the rows of a trend printout are not live."""

    def __init__(self) -> None:
        self.frames = 0
        self.rejects = 0
        self._lines = LineSplitter(LINE_LIMIT_BYTES)
        self._in_trend = False
        self._pads = False
        self._misfits = 0
        self._fed = False
        self._quiet_since_s: float | None = None

    def feed(self, data: bytes) -> list[Reading | Fault]:
        """Any bytes, in chunks of any size. Never raises."""
        self._fed = self._fed or bool(data)
        out: list[Reading | Fault] = []
        for line in self._lines.feed(data):
            out.extend(self._decode(line))
        return out

    def poll(self, now_s: float) -> bytes:
        """XON after each 5 s of silence: it restarts an output that a stray XOFF has stopped, and is no command."""
        if self._fed or self._quiet_since_s is None:
            self._fed, self._quiet_since_s = False, now_s
            return b""
        if now_s - self._quiet_since_s < XON_AFTER_S:
            return b""
        self._quiet_since_s = now_s
        return XON

    def close(self) -> bytes:
        return b""

    def _decode(self, line: Line) -> list[Reading] | list[Fault]:
        text = line.raw.decode("ascii", errors="replace")
        if not text.strip():
            return []
        is_data = STARTS_WITH_DATE.match(text) is not None
        if not is_data and not line.overlong and (passed := self._header(text, line.raw)) is not None:
            return passed
        if line.first and not is_data:
            return []  # the port was opened in the middle of a line: nobody's error
        if self._in_trend:
            return []
        try:
            if line.overlong:
                raise Reject("line too long")
            readings = read_line(text)
            self._check_width(text)
        except Reject as reason:
            self.rejects += 1
            return [Fault(str(reason), line.raw)]
        self.frames += 1
        return readings

    def _header(self, text: str, raw: bytes) -> list[Fault] | None:
        """What a header line gives (mostly nothing); None when it is not one."""
        if title := TITLE.fullmatch(text):
            self._in_trend = title.group(1).upper() == "TREND"
            return [Fault("trend printout, not live: its rows are passed over", raw)] if self._in_trend else []
        if text.strip().upper() == OUTPUT_COMPLETE:
            self._in_trend = False
            return []
        return [] if OTHER_HEADERS.fullmatch(text) else None

    def _check_width(self, text: str) -> None:
        """A model that pads its lines sends them all equally long: on it another length means lost bytes, perhaps a
        digit. Models that do not pad, or pad otherwise, are left alone, and a wrong guess is given up."""
        if len(text) == WIDTH:
            self._misfits = 0
            self._pads = self._pads or text.endswith(" ")
        elif self._pads:
            self._misfits += 1
            self._pads = self._misfits < MISFITS_FORGIVEN
            raise Reject(f"{len(text)} columns instead of {WIDTH}: bytes lost")


def read_line(text: str) -> list[Reading]:
    """One data line without its terminator. Raises Reject when any part of it is not as the manuals print it."""
    match = DATA.fullmatch(text)
    if match is None:
        raise Reject("not a data line")
    *stamp, spo2, pulse, amplitude, codes_text = match.groups()
    codes = codes_text.split()
    if unknown := [code for code in codes if code not in CODES]:
        raise Reject(f"unknown status code {unknown[0]}")
    if len(codes) > MAX_CODES:
        raise Reject("too many status codes")
    if amplitude != "---" and int(amplitude) > PA_MAX:
        raise Reject(f"PA out of range: {amplitude}")
    device_time = _time(*stamp)
    present = frozenset(codes)
    return [_reading(signal, raw, present, device_time) for signal, raw in (("spo2", spo2), ("pr", pulse))]


def _time(day: str, month: str, year: str, hour: str, minute: str, second: str) -> datetime:
    try:
        number = MONTHS.index(month.upper()) + 1
        # Naive on purpose: the oximeter's clock is display-set, in a zone it does not know.
        return datetime(2000 + int(year), number, int(day), int(hour), int(minute), int(second))  # noqa: DTZ001
    except ValueError:
        raise Reject("impossible date or time") from None


def _reading(signal: str, digits: str, codes: frozenset[str], device_time: datetime) -> Reading:
    unit = SIGNALS[signal].unit
    value = None if digits == "---" else float(digits)
    if value is not None and plausible(signal, value) == "invalid":
        raise Reject(f"{signal} out of range: {digits}")
    if codes & NOT_ON_PATIENT:
        return Reading(signal, None, unit, "sensor_off", device_time)
    if codes & NO_PULSE:
        return Reading(signal, None, unit, "invalid", device_time)
    if not value:  # 0 is printed during pulse search; it never means an SpO2 or rate of zero
        return Reading(signal, None, unit, "invalid" if "PS" in codes else "unavailable", device_time)
    if "PS" in codes:
        return Reading(signal, value, unit, "held", device_time)
    status: Status = "questionable" if "MO" in codes else plausible(signal, value)
    return Reading(signal, value, unit, status, device_time)


MONITOR = Monitor(
    name="nellcor_ascii",
    title="Nellcor NPB-290/295, N-395, N-550, N-560, N-595, N-600 (ASCII real-time)",
    make_decoder=Decoder,
    signals=("spo2", "pr"),
    baud=9600,
    frame_interval_s=2.0,
    xonxoff=True,
    confidence="H",
    silence_hint="no data: check the cable; an NPB-290 class unit sends nothing on battery power",
)
