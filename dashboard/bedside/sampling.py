"""What a bed measures: readings of all its devices in, one snapshot a second out."""

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.alarms.values import SAMPLED
from dashboard.bedside.sources import MIN_FRESH_S, USABLE, Cuff, Sources
from devices.readings import Reading
from devices.registry import Monitor
from devices.signals import CUFF_SIGNALS, SIGNALS

#: A nonzero rate on any of these is a breath on the wire.
BREATHING = ("rr_co2", "rr_imp")
#: Watched from the start of a session where a device of the bed can give them.
ALWAYS = ("spo2", "hr", "pr")
#: A device that says itself that it sees no breath says so after its own limit: the count goes on from there.
NO_BREATH_S = 20.0
#: EtCO2 silent for this long: apnoea can no longer be noticed (profile A, ETCO2_LOST).
CO2_LOST_S = 30.0


class Sampler:
    """The sources of one bed and what of them is watched. `order`: signal -> device names, preferred first."""

    def __init__(self, monitors: Mapping[str, Monitor], order: Mapping[str, tuple[str, ...]]) -> None:
        self._monitors = monitors
        fresh_s = {name: max(MIN_FRESH_S, 2.5 * m.frame_interval_s) for name, m in monitors.items()}
        self.sources = Sources(fresh_s, order)
        self._watched = {name for name in ALWAYS if any(name in m.signals for m in monitors.values())}
        self._breath_mono_s: float | None = None
        self._no_breath_mono_s: float | None = None

    def take(self, device: str, readings: Iterable[Reading], mono_s: float) -> bool:
        """True when anything worth painting changed."""
        readings = list(readings)
        for reading in readings:
            if reading.signal in BREATHING and reading.value and reading.status in USABLE:
                self._breath_mono_s = mono_s
            elif reading.signal == "no_breath":
                self._no_breath_mono_s = (self._no_breath_mono_s or mono_s) if reading.value else None
        return self.sources.take(device, readings, mono_s)

    def take_by_hand(self, values: Mapping[str, float], mono_s: float, by: str) -> None:
        """Vitals that a person measured: a pressure among them stands as the last cuff reading."""
        cuff = {name: value for name, value in values.items() if name in CUFF_SIGNALS}
        if cuff:
            self.sources.show_cuff(Cuff(cuff, mono_s, f"by hand, {by}"))

    def tick_values(self, now_s: float) -> dict[str, float | None]:
        """The raw signals of a tick: a number while live, None while not, absent while not watched.

        A signal is watched from its first good value on. A cuff reading stands only in the tick after it came.
        """
        values: dict[str, float | None] = {}
        cuff = self.sources.pop_new_cuff()
        for name in SAMPLED:
            if name in CUFF_SIGNALS:
                # Always watched: where no device measures pressure, a person must.
                values[name] = cuff.values.get(name) if cuff else None
            elif name in SIGNALS or name == "no_breath":
                if name not in self._watched and self.sources.ever_good(name):
                    self._watched.add(name)
                if name in self._watched:
                    values[name] = self.sources.current(name, now_s).value
        return values

    def notes(self, now_s: float) -> dict[str, Any] | None:
        """Statuses other than ok, and the device that spoke where there are several: kept beside the numbers."""
        notes: dict[str, Any] = {}
        for name in sorted(self._watched):
            current = self.sources.current(name, now_s)
            if current.status != "ok":
                notes[name] = current.status
            elif len(self._monitors) > 1 and current.source is not None:
                notes[name] = f"@{current.source}"
        return notes or None

    def breath_age_s(self, now_s: float) -> float | None:
        """Seconds since the last breath on the wire, or as the device's own no-breath status counts; None where no device has
        told of a breath."""
        if self._breath_mono_s is None:
            return None
        age_s = now_s - self._breath_mono_s
        return age_s if self._no_breath_mono_s is None else max(age_s, NO_BREATH_S + now_s - self._no_breath_mono_s)

    def no_breath_told(self, now_s: float) -> bool:
        """Whether a device itself says now that it sees no breath."""
        return bool(self.sources.current("no_breath", now_s).value)

    def has_co2(self, now_s: float) -> bool:
        """Whether apnoea could be noticed now: a capnograph has spoken within the time after which it counts as lost."""
        current = self.sources.current("etco2", now_s)
        return current.value is not None or (current.age_s is not None and current.age_s < CO2_LOST_S)
