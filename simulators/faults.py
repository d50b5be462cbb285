"""What goes wrong on purpose: sensors that come off, lines that are damaged, cables that are pulled.

Everything is decided by the run's clock and a seed, so a run repeats bit by bit.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from config.models import ConfigError
from devices.readings import Status
from simulators.vitals import Vitals

Kind = Literal["sensor_off", "invalid", "corrupt", "cut", "silence", "unplug", "abort"]
KINDS: tuple[str, ...] = get_args(Kind)
VALUE_KINDS: dict[str, Status] = {"invalid": "invalid", "sensor_off": "sensor_off"}  # the later one prevails
MOMENTARY = ("cut", "abort")  # without a duration these happen once

#: What comes off together with one sensor.
GROUPS: dict[str, frozenset[str]] = {
    "spo2": frozenset({"spo2", "pr", "pi", "pleth"}),
    "co2": frozenset({"etco2", "fico2", "rr_co2", "capno"}),
    "ecg": frozenset({"hr", "rr_imp", "ecg", "resp"}),
    "nibp": frozenset({"nibp_sys", "nibp_dia", "nibp_map"}),
    "abp": frozenset({"abp_sys", "abp_dia", "abp_map", "abp_wave"}),
    "temp": frozenset({"temp"}),
}

FORM = re.compile(r"(?P<kind>[a-z_]+)(?::(?P<target>[a-z0-9_]+))?@(?P<start>[0-9.]+)(?:\+(?P<duration>[0-9.]+))?")
USAGE = "KIND[:TARGET]@START[+DURATION] in seconds, e.g. sensor_off:spo2@60+20"
CORRUPT_BYTE_SHARE = 0.01  # of bytes that lose a bit: about every line of a text protocol at 100 bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """One planned fault, from `start_s` on the run's clock for `duration_s`; None: to the end, or once for `cut` and
    `abort`. `target`: a sensor group for `sensor_off` and `invalid`, None for all."""

    kind: Kind
    start_s: float
    duration_s: float | None = None
    target: str | None = None

    def active(self, now_s: float) -> bool:
        return self.start_s <= now_s and (self.duration_s is None or now_s < self.start_s + self.duration_s)


def parse_fault(text: str) -> Fault:
    """The form of the command line, `KIND[:TARGET]@START[+DURATION]`. ConfigError says what is wrong with it."""
    match = FORM.fullmatch(text.strip().lower().replace("-", "_"))
    if match is None:
        raise ConfigError(f"fault {text!r}: expected {USAGE}")
    kind, target = match["kind"], match["target"]
    if kind not in KINDS:
        raise ConfigError(f"fault {text!r}: unknown kind {kind!r}; known: {', '.join(KINDS)}")
    if target is not None and kind not in VALUE_KINDS:
        raise ConfigError(f"fault {text!r}: {kind} takes no target")
    if target is not None and target not in GROUPS:
        raise ConfigError(f"fault {text!r}: unknown target {target!r}; known: {', '.join(GROUPS)}")
    try:
        start_s = float(match["start"])
        duration_s = float(match["duration"]) if match["duration"] else None
    except ValueError:
        raise ConfigError(f"fault {text!r}: expected {USAGE}") from None
    if duration_s == 0:
        raise ConfigError(f"fault {text!r}: the duration must be above 0 s")
    return Fault(kind, start_s, duration_s, target)  # type: ignore[arg-type]  # kind was looked up in KINDS


class FaultPlan:
    """Applies planned faults to vitals and to bytes. One per simulated monitor; asked with a rising `now_s`."""

    def __init__(self, faults: Sequence[Fault] = (), seed: int = 0) -> None:
        self.faults = tuple(faults)
        self._rng = random.Random(seed)
        self._done: set[Fault] = set()

    @property
    def unplugs(self) -> bool:
        """Whether the port ever goes away: its name must then outlive it."""
        return any(fault.kind == "unplug" for fault in self.faults)

    def vitals(self, vitals: Vitals, now_s: float) -> Vitals:
        """What the sensors still give. A signal that was not there stays away."""
        out = dict(vitals)
        for kind, status in VALUE_KINDS.items():
            for fault in self._active(kind, now_s):
                hit = out.keys() if fault.target is None else GROUPS[fault.target] & out.keys()
                out.update({name: replace(out[name], value=None, status=status) for name in hit})
        return out

    def wire(self, data: bytes, now_s: float) -> bytes:
        """What still reaches the other end of the cable of `data`, the bytes due now."""
        if not data or self._active("silence", now_s):
            return b""
        for fault in self._active("cut", now_s):
            if fault not in self._done and len(data) > 1:
                self._once(fault)
                data = data[: self._rng.randrange(1, len(data))]
        if self._active("corrupt", now_s):
            data = bytes(self._flip(byte) for byte in data)
        return data

    def unplugged(self, now_s: float) -> bool:
        return bool(self._active("unplug", now_s))

    def aborts(self, now_s: float) -> bool:
        """True once when an abort falls due; with a duration, at every question while it lasts."""
        due = [fault for fault in self._active("abort", now_s) if fault not in self._done]
        for fault in due:
            self._once(fault)
        return bool(due)

    def _active(self, kind: str, now_s: float) -> list[Fault]:
        return [fault for fault in self.faults if fault.kind == kind and fault.active(now_s)]

    def _once(self, fault: Fault) -> None:
        if fault.duration_s is None:
            self._done.add(fault)

    def _flip(self, byte: int) -> int:
        return byte ^ (1 << self._rng.randrange(8)) if self._rng.random() < CORRUPT_BYTE_SHARE else byte
