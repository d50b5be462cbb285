"""A Nellcor N-560's data port in ASCII real-time mode: a 61-column line each 2 s, headings after every 25 of them.

Column numbers are those of the operator manuals' data port appendix, 0-based.
"""

from dataclasses import dataclass
from datetime import datetime

from devices.monitors.nellcor_ascii import MONTHS, PA_MAX, WIDTH
from simulators.vitals import Vital, Vitals

INTERVAL_S = 2.0
ROWS_PER_HEADING = 25
SPO2_END, BPM_END, PA_END = 24, 32, 40  # numbers are right aligned up to these columns; `*` follows at once
CODE_COLUMNS = (44, 47, 50, 53)
SILENCED_COLUMN, ALARM_OFF_COLUMN = 56, 59
XON, XOFF = 0x11, 0x13
NOTHING = Vital(None, "unavailable")
PA_PER_PI_PERCENT = 10  # a plausible bar graph: PI 4.5 % shows 45; the real relation is not published
PA_UNKNOWN = 45
SENSOR_SIGNALS = ("spo2", "pr", "pi")


@dataclass(frozen=True, slots=True)
class Limits:
    """The oximeter's own alarm limits, inclusive; the headings print them and they set `*` and codes."""

    spo2_low: int = 90
    spo2_high: int = 100
    rate_low: int = 60
    rate_high: int = 170


class Simulated:
    """Prints the vitals of the moment each 2 s; honours XON and XOFF and takes no commands."""

    def __init__(self, limits: Limits, silenced: bool, alarm_off: bool) -> None:
        self._limits = limits
        self._silenced = silenced
        self._alarm_off = alarm_off
        self._due_s: float | None = None
        self._rows = 0
        self._stopped = False

    def receive(self, data: bytes, now_s: float) -> None:
        for byte in data:
            if byte in (XON, XOFF):
                self._stopped = byte == XOFF

    def abort(self) -> None:
        """There is no association to end."""

    def send(self, vitals: Vitals, now_s: float, wall: datetime) -> bytes:
        if self._due_s is not None and now_s < self._due_s:
            return b""
        late = self._due_s is None or now_s - self._due_s >= INTERVAL_S
        self._due_s = INTERVAL_S + (now_s if late or self._due_s is None else self._due_s)
        if self._stopped:
            return b""
        lines = [*self.heading(), ""] if self._rows % ROWS_PER_HEADING == 0 else [""]
        self._rows += 1
        lines[-1] = self.line(vitals, wall)
        return "".join(f"{line}\r\n" for line in lines).encode("ascii")

    def heading(self) -> tuple[str, str, str]:
        limits = self._limits
        return (  # with the manual's own placeholder for the checksum of its program
            f"N-560    VERSION 1.56.00    CRC:XXXX  SpO2 Limit: {limits.spo2_low}-{limits.spo2_high}%    "
            f"PR Limit: {limits.rate_low}-{limits.rate_high}BPM",
            f"{'':29}ADULT            0SAT-S",
            "TIME                 %SpO2   BPM     PA     Status",
        )

    def line(self, vitals: Vitals, wall: datetime) -> str:
        """One data line without its terminator, always 61 columns."""
        spo2, rate, amplitude, codes = _measured(vitals)
        limits = self._limits
        marks = ["", ""]
        for at, (digits, low, high, below, above) in enumerate(
            (
                (spo2, limits.spo2_low, limits.spo2_high, "SL", "SH"),
                (rate, limits.rate_low, limits.rate_high, "PL", "PH"),
            )
        ):
            # A number that is held or missing is not judged.
            if amplitude != "---" and digits.isdigit() and not low <= int(digits) <= high:
                marks[at] = "*"
                codes.append(below if int(digits) < low else above)
        row = [" "] * WIDTH
        _put(row, 0, f"{wall:%d}-{MONTHS[wall.month - 1].capitalize()}-{wall:%y %H:%M:%S}")
        for end, text, mark in ((SPO2_END, spo2, marks[0]), (BPM_END, rate, marks[1]), (PA_END, amplitude, "")):
            _put(row, end - len(text), text + mark)
        for column, code in zip(CODE_COLUMNS, codes, strict=False):
            _put(row, column, code)
        if self._silenced:
            _put(row, SILENCED_COLUMN, "AS")
        if self._alarm_off:
            _put(row, ALARM_OFF_COLUMN, "AO")
        return "".join(row)


def _measured(vitals: Vitals) -> tuple[str, str, str, list[str]]:
    """SpO2, BPM and PA as printed, and the codes of the sensor's state."""
    spo2, rate, perfusion = (vitals.get(name, NOTHING) for name in SENSOR_SIGNALS)
    states = {spo2.status, rate.status}
    if not any(name in vitals for name in SENSOR_SIGNALS):
        return "---", "---", "---", ["SD"]
    if "sensor_off" in states:
        return "---", "---", "---", ["SO"]
    if "held" in states:
        return _number(spo2, 100), _number(rate, 300), "---", ["PS"]
    pulseless = rate.status in ("ok", "questionable") and (rate.value or 0) < 0.5
    if "invalid" in states or pulseless:
        return "0", "0", "---", ["PS"]
    amplitude = PA_UNKNOWN if perfusion.value is None else round(perfusion.value * PA_PER_PI_PERCENT)
    codes = ["MO"] if "questionable" in states else []
    return _number(spo2, 100), _number(rate, 300), str(min(max(amplitude, 0), PA_MAX)), codes


def _number(vital: Vital, high: int) -> str:
    return "---" if vital.value is None or vital.status == "unavailable" else str(min(max(round(vital.value), 1), high))


def _put(row: list[str], column: int, text: str) -> None:
    row[column : column + len(text)] = text


def make(limits: Limits | None = None, silenced: bool = False, alarm_off: bool = False) -> Simulated:
    """`silenced` and `alarm_off`: the oximeter's own alarm switches, shown as AS and AO."""
    return Simulated(limits or Limits(), silenced, alarm_off)
