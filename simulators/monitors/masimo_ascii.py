"""A Masimo oximeter's serial port in ASCII 1 mode: one line a second, with the fields and widths of each model.

The bits and the line limits come from the decoder's module; the lines themselves are written here from the manuals'
examples, not from the decoder's patterns.
"""

from dataclasses import dataclass
from datetime import datetime

from config.models import ConfigError
from devices.monitors import masimo_ascii as wire
from simulators.vitals import Vital, Vitals

INTERVAL_S = 1.0
NOTHING = Vital(None, "unavailable")

# ALARM bits.
SPO2_HIGH, SPO2_LOW, RATE_HIGH, RATE_LOW, ALARM_ACTIVE = 0x01, 0x02, 0x04, 0x08, 0x10

RAD8 = (
    "{time} SN={serial} SPO2={spo2}% BPM={bpm} PI={pi}% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- "
    "ALARM={alarm:04X} EXC={exc:06X}"
)
#: Lines by model. The colour Radical-7 prints PI without a percent sign and wider flag words.
VARIANTS = {
    "rad8": RAD8,
    "radical7_blue": RAD8.replace(" ALARM", " PVI=--- ALARM"),
    "radical7": (
        "{time} SN=---------- SPO2={spo2}% BPM={bpm} PI={pi} SPCO=--% SPMET=--.-% SPHB=--.- SPOC=-- RESVD=--- "
        "DESAT=-- PIDELTA=+-- PVI=--- ALARM={alarm:06X} EXC={exc:07X} EXC1=00000000"
    ),
    "rad5": "{time} SPO2={spo2}% BPM={bpm} PI={pi}% ALARM={alarm:02X} EXC={exc:03X}",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The oximeter's own alarm limits, inclusive; they only set bits in ALARM."""

    spo2_low: float = 90
    spo2_high: float = 100
    rate_low: float = 50
    rate_high: float = 140


class Simulated:
    """Prints the vitals of the moment each second. It takes no commands."""

    def __init__(self, template: str, serial: str, limits: Limits, blank_lines: bool) -> None:
        self._template = template
        self._serial = serial
        self._limits = limits
        self._end = "\r\n\r\n" if blank_lines else "\r\n"
        self._due_s: float | None = None

    def receive(self, data: bytes, now_s: float) -> None:
        """The port listens to nothing in this mode."""

    def abort(self) -> None:
        """There is no association to end."""

    def send(self, vitals: Vitals, now_s: float, wall: datetime) -> bytes:
        if self._due_s is not None and now_s < self._due_s:
            return b""
        late = self._due_s is None or now_s - self._due_s >= INTERVAL_S
        self._due_s = INTERVAL_S + (now_s if late or self._due_s is None else self._due_s)
        return (self.line(vitals, wall) + self._end).encode("ascii")

    def line(self, vitals: Vitals, wall: datetime) -> str:
        """One line without its terminator."""
        spo2, rate, perfusion = (vitals.get(name, NOTHING) for name in wire.SENSOR_SIGNALS)
        connected = any(name in vitals for name in wire.SENSOR_SIGNALS)
        exc = wire.MASIMO_SET | (_quality(spo2, rate, perfusion) if connected else wire.NO_SENSOR)
        measuring = not exc & wire.NOT_VALID
        values = {
            "spo2": _digits(spo2, measuring, 1, 100, "03.0f", "---"),
            "bpm": _digits(rate, measuring, 1, wire.BPM_MAX, "03.0f", "---"),
            "pi": _digits(perfusion, measuring, 0.02, 20, "05.2f", "--.--"),
        }
        return self._template.format(
            time=wall.strftime("%m/%d/%y %H:%M:%S"),
            serial=self._serial,
            alarm=self._alarm(values["spo2"], values["bpm"], measuring),
            exc=exc,
            **values,
        )

    def _alarm(self, spo2: str, bpm: str, measuring: bool) -> int:
        limits = self._limits
        bits = 0 if measuring else ALARM_ACTIVE
        if spo2.isdigit():
            bits |= SPO2_LOW * (int(spo2) < limits.spo2_low) | SPO2_HIGH * (int(spo2) > limits.spo2_high)
        if bpm.isdigit():
            bits |= RATE_LOW * (int(bpm) < limits.rate_low) | RATE_HIGH * (int(bpm) > limits.rate_high)
        return bits | (ALARM_ACTIVE if bits else 0)


def _quality(*vitals: Vital) -> int:
    """EXC bits of the one sensor that all values come from."""
    states = {vital.status for vital in vitals}
    if "sensor_off" in states:
        return wire.SENSOR_OFF | wire.LOW_PERFUSION  # both, as real units report it
    # A held number means that the oximeter is searching; a heart without pulse gives it nothing to find either.
    pulseless = vitals[1].status in ("ok", "questionable") and (vitals[1].value or 0) < 0.5
    if states & {"invalid", "held"} or pulseless:
        return wire.PULSE_SEARCH
    return wire.LOW_SIGNAL_IQ if "questionable" in states else 0


def _digits(vital: Vital, measuring: bool, low: float, high: float, form: str, blank: str) -> str:
    shown = measuring and vital.value is not None and vital.status in ("ok", "questionable")
    return format(min(max(vital.value or 0.0, low), high), form) if shown else blank


def make(
    variant: str = "rad8",
    serial: str = "0000012345",
    limits: Limits | None = None,
    blank_lines: bool = False,
) -> Simulated:
    """`variant`: rad8, rad5, radical7 (colour screen), radical7_blue. `blank_lines`: as some firmware prints them."""
    if variant not in VARIANTS:
        raise ConfigError(f"masimo_ascii: unknown variant {variant!r}; known: {', '.join(VARIANTS)}")
    return Simulated(VARIANTS[variant], serial, limits or Limits(), blank_lines)
