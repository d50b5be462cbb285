"""A recording in the place of the virtual patient: the simulated monitors show again what was measured then.

Nothing is made up: a value holds until the source's next one, or until it is stale by the source's own interval; after that the
monitor has none. What a monitor shows is a function of recording and time alone, so the bytes are the same at any speed.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from statistics import median
from typing import Any

from devices.readings import Status
from devices.signals import CUFF_SIGNALS, plausible
from simulators.vitals import Vital

#: A value is stale this many of its source's intervals after it, as a link is lost (design section 3).
STALE_INTERVALS = 2.5
#: The hold of a source that spoke once.
SINGLE_HOLD_S = 3.0
#: The monitor's own no-breath time, as simulated monitors are set (docs/decisions/0005).
NO_BREATH_S = 20.0
#: No cuff measures again within this time: the same pressures told again sooner are the same measurement.
CUFF_AGAIN_S = 30.0
#: What tells of breaths: the first that is alive.
BREATHING = ("rr_co2", "etco2", "rr_imp")
#: Session events about the infusion.
PUMP_ENTRIES = frozenset(
    {"infusion_started", "infusion_rate_changed", "bolus_given", "bag_changed", "infusion_paused", "infusion_resumed",
     "infusion_stopped"}
)  # fmt: skip
USABLE = ("ok", "questionable")
#: Instants of a grid of 0.05 s are not exact; rows are never this near each other.
_EPSILON_S = 1e-6

#: Time, value and status of one sample. No value: the source says that there is none.
Row = tuple[float, float | None, Status]


@dataclass(frozen=True, slots=True)
class Track:
    """One signal as recorded. `at_s` rises; `hold_s`: how long a value stands without a new one; `last_above`: for each row the
    index of the last one above 0, itself included, or -1."""

    at_s: tuple[float, ...]
    values: tuple[float | None, ...]
    statuses: tuple[Status, ...]
    hold_s: float
    last_above: tuple[int, ...]

    @property
    def end_s(self) -> float:
        return self.at_s[-1] + self.hold_s

    def at(self, now_s: float) -> Vital:
        """What the source showed at `now_s`."""
        index = bisect_right(self.at_s, now_s + _EPSILON_S) - 1
        if index < 0 or now_s - self.at_s[index] > self.hold_s:
            return Vital(None, "unavailable", now_s)
        return Vital(self.values[index], self.statuses[index], now_s)

    def last_above_zero_s(self, now_s: float) -> float:
        """When the source last showed a value above 0, `now_s` at most; where it never did, when it began."""
        row = bisect_right(self.at_s, now_s + _EPSILON_S) - 1
        index = self.last_above[row] if row >= 0 else -1
        if index < 0:
            return self.at_s[0]
        until_s = self.at_s[index + 1] if index + 1 < len(self.at_s) else inf
        return min(now_s, until_s, self.at_s[index] + self.hold_s)


def track(rows: Iterable[Row]) -> Track:
    """A signal from its rows in order of time. The interval is the median between rows. ValueError without a row, and for time that
    does not rise."""
    times: list[float] = []
    values: list[float | None] = []
    statuses: list[Status] = []
    above: list[int] = []
    for at_s, value, status in rows:
        if times and at_s <= times[-1]:
            raise ValueError(f"{at_s:g} s does not come after {times[-1]:g} s")
        times.append(at_s)
        values.append(value if status in USABLE else None)
        statuses.append("unavailable" if value is None and status in USABLE else status)
        above.append(len(above) if values[-1] else above[-1] if above else -1)
    if not times:
        raise ValueError("a track needs a row")
    steps = [after - before for before, after in pairwise(times)]
    hold_s = STALE_INTERVALS * median(steps) if steps else SINGLE_HOLD_S
    return Track(tuple(times), tuple(values), tuple(statuses), hold_s, tuple(above))


def sample(signal: str, at_s: float, value: float | None) -> Row:
    """A row of a source that knows no statuses: impossible numbers are none, low extremes questionable (`devices.signals`)."""
    if value is None:
        return at_s, None, "unavailable"
    status = plausible(signal, value)
    return at_s, value if status != "invalid" else None, status


@dataclass(frozen=True, slots=True)
class CuffEvent:
    """One cuff measurement at its own time; signal name -> mmHg. A part that was not recorded is absent."""

    at_s: float
    values: Mapping[str, float]


def cuff_events(readings: Iterable[tuple[float, Mapping[str, float | None]]]) -> tuple[CuffEvent, ...]:
    """Measurements out of rows of time and pressures, in order of time: a source that repeats the last one as a level tells of it
    once. Without a systolic or mean pressure, or with one that cannot be, it is no measurement."""
    events: list[CuffEvent] = []
    told_s = -inf
    for at_s, row in readings:
        values = {n: v for n, v in row.items() if v is not None and plausible(n, v) != "invalid"}
        if "nibp_sys" not in values and "nibp_map" not in values:
            continue
        if values.get("nibp_sys", inf) <= values.get("nibp_dia", -inf):
            continue
        again = events and events[-1].values == values and at_s - told_s < CUFF_AGAIN_S
        told_s = at_s
        if not again:
            events.append(CuffEvent(at_s, values))
    return tuple(events)


@dataclass(frozen=True, slots=True)
class Recording:
    """What was measured, in seconds from the recording's beginning.

    `tracks`: raw signal name -> track, beside `no_breath` (a device's own status) and `breath` (seconds without a breath) where they
    were recorded. `has_cuff`: a cuff was there even if it never measured. `charted`: entries at the bed, in order: `t_s`, `type`, fields.
    """

    tracks: Mapping[str, Track]
    cuff: tuple[CuffEvent, ...] = ()
    has_cuff: bool = False
    charted: tuple[Mapping[str, Any], ...] = ()
    _cuff_s: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.tracks.keys() & set(CUFF_SIGNALS):
            raise ValueError("cuff pressures are events, not tracks")
        object.__setattr__(self, "_cuff_s", tuple(event.at_s for event in self.cuff))

    @property
    def end_s(self) -> float:
        """When the last value is stale."""
        return max((*(one.end_s for one in self.tracks.values()), *self._cuff_s), default=0.0)

    def vitals(self, now_s: float) -> dict[str, Vital]:
        """What a monitor showed at `now_s`. A signal that was never recorded is absent: it has no sensor."""
        out = {name: one.at(now_s) for name, one in self.tracks.items() if name != "breath"}
        if self.cuff or self.has_cuff:
            out |= self._pressures(now_s)
        if "no_breath" not in out and (said := self._no_breath(now_s)) is not None:
            out["no_breath"] = said
        return out

    def _pressures(self, now_s: float) -> dict[str, Vital]:
        """The last measurement with its own time: a monitor shows it until the next."""
        index = bisect_right(self._cuff_s, now_s + _EPSILON_S) - 1
        if index < 0:
            return dict.fromkeys(CUFF_SIGNALS, Vital(None, "unavailable"))
        event = self.cuff[index]
        found = {name: event.values.get(name) for name in CUFF_SIGNALS}
        return {n: Vital(v, "ok" if v is not None else "unavailable", event.at_s) for n, v in found.items()}

    def _no_breath(self, now_s: float) -> Vital | None:
        """A monitor's own status, from what was recorded of breathing: 1 when the last breath is 20 s ago. Without a live value nobody
        can tell; None where breathing was never recorded."""
        if (counted := self.tracks.get("breath")) is not None:
            seconds = counted.at(now_s)
            return Vital(None if seconds.value is None else float(seconds.value >= NO_BREATH_S), seconds.status, now_s)
        known = [name for name in BREATHING if name in self.tracks]
        if not known:
            return None
        for name in known:
            if self.tracks[name].at(now_s).value is not None:
                silent_s = now_s - self.tracks[name].last_above_zero_s(now_s)
                return Vital(float(silent_s >= NO_BREATH_S), at_s=now_s)
        return Vital(None, "unavailable", now_s)


class ReplayRun:
    """A recording as the patient of a simulated monitor (`simulators.vitals.PatientRun`). What people record changes no number: it
    happened as it happened. Their first entry about the infusion takes the pump out of the recording's hands, as out of a script's."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._now_s = 0.0
        self._taken_over_s = inf

    @property
    def now_s(self) -> float:
        return self._now_s

    def advance(self, to_s: float) -> None:
        """A time that has passed changes nothing."""
        self._now_s = max(self._now_s, to_s)

    def vitals(self) -> dict[str, Vital]:
        return self.recording.vitals(self._now_s)

    @property
    def cable_out(self) -> bool:
        return False  # a silence of the line is in the recording as missing numbers

    def charted(self, from_s: float, to_s: float) -> list[dict[str, Any]]:
        due = (entry for entry in self.recording.charted if from_s <= entry["t_s"] < to_s)
        return [dict(e) for e in due if e["type"] not in PUMP_ENTRIES or e["t_s"] < self._taken_over_s]

    def apply(self, event_type: str, fields: Mapping[str, Any], t_s: float) -> None:
        """No number answers; the recorded entries about the infusion from `t_s` on fall away when this is one."""
        if event_type in PUMP_ENTRIES:
            self._taken_over_s = min(self._taken_over_s, t_s)
