"""What every decoder returns: plain values, no behaviour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal["ok", "questionable", "invalid", "sensor_off", "unavailable", "held"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoded value.

    `value` is None when the monitor says it has none (lead off, warming up), never 0 or -1.
    `status`: `ok`; `questionable` (shown, flagged, alarms); `invalid`, `sensor_off`, `unavailable` (no value);
    `held` (the device repeats an old value: not live).
    `device_time` is the monitor's own clock, naive because monitors know no zone; for a cuff reading it is the
    time of measurement. `age_s` is how long before this frame the value was measured, by the device's own clock,
    where the device tells (cuff readings); 0 for a live value.
    """

    signal: str
    value: float | None
    unit: str
    status: Status = "ok"
    device_time: datetime | None = None
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Bytes that could not be decoded, or a device's refusal, kept so that nothing is lost silently."""

    reason: str
    raw: bytes
