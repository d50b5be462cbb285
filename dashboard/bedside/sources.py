"""Which device speaks for a signal now, and whether its value is alive. Pure but for its own memory; time is handed in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devices.readings import Reading
from devices.signals import CUFF_SIGNALS

#: A numeric is live this long after its reading: 2.5 frame intervals, at least 3 s (`masimo-ascii.md` section 5).
MIN_FRESH_S = 3.0
#: Two cuff results measured within this time of each other with the same values are one result told twice.
SAME_CUFF_S = 5.0

#: Device statuses under which the number itself may be used.
USABLE = ("ok", "questionable")


@dataclass(frozen=True, slots=True)
class Current:
    """A signal as it stands now. `value` is None unless live; `last` is the last good number and `age_s` its age."""

    value: float | None
    status: str
    age_s: float | None
    source: str | None
    last: float | None = None


@dataclass(frozen=True, slots=True)
class Cuff:
    """One cuff measurement. `mono_s`: when it was measured, on the bed's clock; `source`: device or person."""

    values: Mapping[str, float]
    mono_s: float
    source: str
    status: str = "ok"


@dataclass(slots=True)
class _Seen:
    """The latest of one signal from one device."""

    value: float | None
    status: str
    mono_s: float
    good: float | None = None
    good_mono_s: float | None = None


class Sources:
    """Latest readings of every device of a bed. `order`: signal -> device names, preferred first (default: as listed).

    `fresh_s`: device -> how long its numerics stay live after a reading.
    """

    def __init__(self, fresh_s: Mapping[str, float], order: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._fresh_s = dict(fresh_s)
        self._order = dict(order or {})
        self._seen: dict[str, dict[str, _Seen]] = {}
        self.cuff: Cuff | None = None
        self._new_cuff: Cuff | None = None

    def take(self, device: str, readings: Iterable[Reading], mono_s: float) -> bool:
        """Accept readings of one device. True when anything worth painting changed."""
        cuff: dict[str, Reading] = {}
        changed = False
        for reading in readings:
            if reading.signal in CUFF_SIGNALS:
                cuff[reading.signal] = reading
                continue
            changed = True
            self._keep(device, reading, mono_s)
        if cuff:
            changed = self._keep_cuff(device, cuff, mono_s) or changed
        return changed

    def _keep(self, device: str, reading: Reading, mono_s: float) -> None:
        by_device = self._seen.setdefault(reading.signal, {})
        seen = by_device.get(device)
        value = reading.value if reading.status in USABLE else None
        if seen is None:
            seen = by_device[device] = _Seen(value, reading.status, mono_s)
        seen.value, seen.status, seen.mono_s = value, reading.status, mono_s
        if value is not None:
            seen.good, seen.good_mono_s = value, mono_s

    def _keep_cuff(self, device: str, cuff: Mapping[str, Reading], mono_s: float) -> bool:
        values = {name: r.value for name, r in cuff.items() if r.value is not None and r.status in USABLE}
        if "nibp_sys" not in values and "nibp_map" not in values:
            return False
        if "nibp_sys" in values and "nibp_dia" in values and values["nibp_sys"] <= values["nibp_dia"]:
            return False  # systolic not above diastolic is impossible, not merely extreme
        age_s = max(r.age_s for r in cuff.values())
        status = "questionable" if any(r.status == "questionable" for r in cuff.values()) else "ok"
        return self.take_cuff(Cuff(values, mono_s - age_s, device, status))

    def take_cuff(self, cuff: Cuff) -> bool:
        """A new cuff measurement; False when it is an old one told again."""
        old = self.cuff
        if old is not None:
            same = old.values == cuff.values and abs(old.mono_s - cuff.mono_s) < SAME_CUFF_S
            if same or cuff.mono_s < old.mono_s - SAME_CUFF_S:
                return False
        self.cuff = self._new_cuff = cuff
        return True

    def show_cuff(self, cuff: Cuff) -> None:
        """A reading that the engine has by another way (typed in, or from before a restart): for display alone."""
        if self.cuff is None or cuff.mono_s > self.cuff.mono_s:
            self.cuff = cuff

    def pop_new_cuff(self) -> Cuff | None:
        """The measurement that arrived since the last call: a reading is an event, never a repeated level."""
        cuff, self._new_cuff = self._new_cuff, None
        return cuff

    def signals(self) -> tuple[str, ...]:
        """Signals that any device has ever spoken of."""
        return tuple(self._seen)

    def ever_good(self, signal: str) -> bool:
        return any(seen.good is not None for seen in self._seen.get(signal, {}).values())

    def current(self, signal: str, now_s: float) -> Current:
        """The preferred device wins while fresh; without a live value, the freshest refusal or the oldest memory tells why."""
        by_device = self._seen.get(signal)
        if not by_device:
            return Current(None, "unavailable", None, None)
        ranked = self._ranked(signal, by_device)
        for name in ranked:
            seen = by_device[name]
            if seen.value is not None and now_s - seen.mono_s <= self._fresh(name):
                return Current(seen.value, seen.status, now_s - seen.mono_s, name, seen.value)
        name = max(ranked, key=lambda n: by_device[n].mono_s)
        seen = by_device[name]
        speaking = now_s - seen.mono_s <= self._fresh(name)
        status = seen.status if speaking and seen.status not in USABLE else "stale"
        remembered = [s for s in by_device.values() if s.good is not None and s.good_mono_s is not None]
        last = max(remembered, key=lambda s: s.good_mono_s or 0.0, default=None)
        if last is None or last.good_mono_s is None:
            return Current(None, status, None, name)
        return Current(None, status, now_s - last.good_mono_s, name, last.good)

    def _ranked(self, signal: str, devices: Iterable[str]) -> list[str]:
        """Preferred first."""
        ranked = list(devices)
        if len(ranked) > 1:
            order = self._order.get(signal) or tuple(self._fresh_s)
            ranked.sort(key=lambda name: order.index(name) if name in order else len(order))
        return ranked

    def _fresh(self, device: str) -> float:
        return self._fresh_s.get(device, MIN_FRESH_S)
