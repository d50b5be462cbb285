"""NEWS2, for review only: never an alarm source. Table: Royal College of Physicians, National Early Warning Score (NEWS) 2,
2017, free to use with acknowledgement (default-alarm-limits.md section 5).

A score needs seven parameters. What was not measured, or is too old to stand for this minute, is missing: the score is then
partial, a lower bound, and says which. Under ketamine new confusion is often the drug's effect, so every score is told with and
without the points for consciousness.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from config.models.alarms import Interval
from config.models.scales import Scale
from dashboard.figures.record import Floats, SessionRecord, cuff_readings
from dashboard.session.gates import NEWS2_SCALE
from dashboard.session.state import Session

ACKNOWLEDGEMENT = "NEWS2 © Royal College of Physicians 2017"
#: Parameter -> what people call it, in the order of the chart.
LABELS = {
    "rr": "respiration rate", "spo2": "SpO₂", "oxygen": "air or oxygen", "sbp": "systolic BP", "pulse": "pulse",
    "consciousness": "consciousness", "temp": "temperature",
}  # fmt: skip
PARAMETERS = tuple(LABELS)
_UP = math.inf
#: Bands as (highest value of the band, points), lowest band first; a value is rounded to the chart's own step before.
_BANDS: dict[str, tuple[tuple[float, int], ...]] = {
    "rr": ((8, 3), (11, 1), (20, 0), (24, 2), (_UP, 3)),
    "spo2": ((91, 3), (93, 2), (95, 1), (_UP, 0)),
    "sbp": ((90, 3), (100, 2), (110, 1), (219, 0), (_UP, 3)),
    "pulse": ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (_UP, 3)),
    "temp": ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (_UP, 2)),
}
#: SpO2 scale 2, for hypercapnic respiratory failure: a high saturation scores only where oxygen made it.
_SCALE_2_AIR = ((83, 3), (85, 2), (87, 1), (_UP, 0))
_SCALE_2_OXYGEN = ((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (_UP, 3))
OXYGEN_POINTS, ALTERED_POINTS = 2, 3
URGENT, EMERGENCY = 5, 7
#: A value that a person typed stands for this long; a temperature for an hour (ours: no source gives an age).
TYPED_S, TEMP_S = 900.0, 3600.0
#: A cuff takes up to a minute, an assessment comes a little late: both stand for their interval and this much more.
GRACE_S = 60.0
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known at one moment; None: not known. `consciousness`: A, C, V, P or U. `oxygen`: True when any is given."""

    rr: float | None = None
    spo2: float | None = None
    oxygen: bool | None = None
    sbp: float | None = None
    pulse: float | None = None
    consciousness: str | None = None
    temp: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """`points` of each parameter that is known, `missing` the others: any of these makes the score partial."""

    points: Mapping[str, int]
    missing: tuple[str, ...]

    @property
    def partial(self) -> bool:
        return bool(self.missing)

    @property
    def total(self) -> int:
        """With consciousness; of a partial score, the least that it can be."""
        return sum(self.points.values())

    @property
    def without_consciousness(self) -> int:
        return self.total - self.points.get("consciousness", 0)

    @property
    def red(self) -> bool:
        """One parameter alone scores 3: asks for a review by itself."""
        return 3 in self.points.values()

    @property
    def response(self) -> Literal["low", "low-medium", "medium", "high"]:
        """The college's clinical risk: 7 or more high, 5 or 6 medium, a single 3 low-medium."""
        if self.total >= EMERGENCY:
            return "high"
        if self.total >= URGENT:
            return "medium"
        return "low-medium" if self.red else "low"


def score(seen: Observed, spo2_scale: Literal[1, 2] = 1) -> Score:
    """The points of what is known. On scale 2 a saturation of 93 % or more cannot be scored without knowing about oxygen."""
    points: dict[str, int] = {}
    for name in ("rr", "sbp", "pulse", "temp"):
        value = getattr(seen, name)
        if value is not None:
            points[name] = _points(_BANDS[name], value, 1 if name == "temp" else 0)
    if seen.spo2 is not None:
        if spo2_scale == 1:
            points["spo2"] = _points(_BANDS["spo2"], seen.spo2)
        elif seen.oxygen is not None or _rounded(seen.spo2) <= 92:
            points["spo2"] = _points(_SCALE_2_OXYGEN if seen.oxygen else _SCALE_2_AIR, seen.spo2)
    if seen.oxygen is not None:
        points["oxygen"] = OXYGEN_POINTS if seen.oxygen else 0
    if seen.consciousness is not None:
        points["consciousness"] = 0 if seen.consciousness == "A" else ALTERED_POINTS
    ordered = {name: points[name] for name in PARAMETERS if name in points}
    return Score(ordered, tuple(name for name in PARAMETERS if name not in points))


def _points(bands: Sequence[tuple[float, int]], value: float, decimals: int = 0) -> int:
    shown = _rounded(value, decimals)
    return next(points for top, points in bands if shown <= top)


def _rounded(value: float, decimals: int = 0) -> float:
    """As the chart has it: whole numbers, temperature to a tenth; a half goes up, as people round."""
    scale = 10.0**decimals
    return math.floor(value * scale + 0.5 + 1e-9) / scale


# -- minute by minute -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Minute:
    """The score at `t_s` on the session clock, and what it was made of."""

    t_s: float
    seen: Observed
    score: Score


@dataclass(frozen=True, slots=True)
class Course:
    """A session's scores, one a minute. `never`: parameters that no minute had, such as a temperature that nobody took."""

    minutes: tuple[Minute, ...]
    spo2_scale: Literal[1, 2] = 1

    @property
    def never(self) -> tuple[str, ...]:
        if not self.minutes:
            return PARAMETERS
        return tuple(name for name in PARAMETERS if all(name in one.score.missing for one in self.minutes))

    @property
    def worst(self) -> Minute | None:
        """The first minute with the highest score; None when nothing at all was known."""
        known = [one for one in self.minutes if one.score.points]
        return max(known, key=lambda one: (one.score.total, -one.t_s), default=None)


def course(record: SessionRecord, intervals: Mapping[str, Interval], scales: Mapping[str, Scale]) -> Course:
    """Every whole minute from the first sample to the last. `intervals`: the profile's, `nibp` and `loc`: for so long a cuff
    reading and an assessment stand."""
    if record.t_s.size == 0:
        return Course(())
    sources = _Sources(record, intervals, scales)
    first = math.ceil(record.start_s / MINUTE_S) * MINUTE_S
    times = np.arange(first, float(record.t_s[-1]) + 1e-9, MINUTE_S)
    scale = spo2_scale(record.session)
    found = []
    for t_s in times.tolist():
        seen = sources.at(t_s)
        found.append(Minute(t_s, seen, score(seen, scale)))
    return Course(tuple(found), scale)


def spo2_scale(session: Session) -> Literal[1, 2]:
    """Scale 2 only where a clinician has set it for this patient."""
    answered = session.checklist.get(NEWS2_SCALE)
    return 2 if answered is not None and answered.event.answer == "2" else 1


@dataclass(slots=True)
class _Track:
    """Values that stand for a while: `until_s[i]` is the last moment at which `values[i]` still counts."""

    t_s: list[float] = field(default_factory=list)
    until_s: list[float] = field(default_factory=list)
    values: list[float | str] = field(default_factory=list)

    def add(self, t_s: float, until_s: float, value: float | str) -> None:
        index = bisect_right(self.t_s, t_s)
        self.t_s.insert(index, t_s)
        self.until_s.insert(index, until_s)
        self.values.insert(index, value)

    def at(self, t_s: float, after_s: float = -math.inf) -> float | str | None:
        """What stands at `t_s`, if it is newer than `after_s`."""
        index = bisect_right(self.t_s, t_s) - 1
        if index < 0 or t_s > self.until_s[index] or self.t_s[index] <= after_s:
            return None
        return self.values[index]


class _Sources:
    """Where each parameter comes from, made ready to be asked minute by minute."""

    def __init__(self, record: SessionRecord, intervals: Mapping[str, Interval], scales: Mapping[str, Scale]) -> None:
        self._t_s = record.t_s
        self._live = {
            "rr": record.trend("rr"),
            "spo2": record.trend("spo2"),
            "pulse": record.trend("rate"),
            "sbp": record.trend("abp_sys"),
            "temp": record.columns.get("temp", np.full(record.t_s.size, np.nan)),
        }
        self._valid_s = {name: self._t_s[~np.isnan(column)] for name, column in self._live.items()}
        session = record.session
        self._typed = {name: _Track() for name in self._live}
        for entry in session.manual_vitals:
            for name, raws in _TYPED.items():
                value = next((entry.event.values[raw] for raw in raws if raw in entry.event.values), None)
                if value is not None:
                    self._typed[name].add(entry.t_s, entry.t_s + (TEMP_S if name == "temp" else TYPED_S), value)
        for cuff in cuff_readings(record):
            stands_s = interval_s(session, intervals.get("nibp"), cuff.t_s) if not cuff.manual else TYPED_S
            self._typed["sbp"].add(cuff.t_s, cuff.t_s + stands_s + GRACE_S, cuff.sys)
        self._loc = _Track()
        for one in session.assessments:
            scale = scales.get(one.event.scale)
            level = scale.level(one.event.level) if scale else None
            stands_s = interval_s(session, intervals.get("loc"), one.t_s)
            # A level without a letter (agitation) replaces the one before, but gives no points.
            self._loc.add(one.t_s, one.t_s + stands_s + GRACE_S, (level.acvpu if level else None) or "")
        self._oxygen = [(entry.t_s, entry.event.flow_l_min > 0) for entry in session.oxygen_log]

    def at(self, t_s: float) -> Observed:
        low, high = np.searchsorted(self._t_s, [t_s - MINUTE_S, t_s], side="right")
        found: dict[str, float | None] = {}
        for name, column in self._live.items():
            found[name] = _median(column[low:high])
            if found[name] is None:
                # What was measured since is newer than what somebody typed, even where it is lost again.
                valid_s = self._valid_s[name]
                before = int(np.searchsorted(valid_s, t_s, side="right"))
                typed = self._typed[name].at(t_s, float(valid_s[before - 1]) if before else -math.inf)
                found[name] = float(typed) if typed is not None else None
        index = bisect_right(self._oxygen, t_s, key=lambda one: one[0]) - 1
        letter = self._loc.at(t_s)
        return Observed(
            rr=found["rr"],
            spo2=found["spo2"],
            oxygen=self._oxygen[index][1] if index >= 0 else None,
            sbp=found["sbp"],
            pulse=found["pulse"],
            consciousness=str(letter) if letter else None,
            temp=found["temp"],
        )


#: Parameter -> what a person types for it, preferred first.
_TYPED = {
    "rr": ("rr_co2", "rr_imp"), "spo2": ("spo2",), "pulse": ("hr", "pr"), "sbp": ("abp_sys",), "temp": ("temp",),
}  # fmt: skip


def interval_s(session: Session, interval: Interval | None, t_s: float) -> float:
    """The check interval in force at `t_s`: a value taken then stands for so long. Before the start, as in steady running."""
    if interval is None:
        return TYPED_S
    started_s = session.infusion.started_s
    if started_s is None or t_s < started_s:
        return interval.steady_s
    if session.infusion.state_at(t_s) == "stopped":
        return interval.recovery_s
    closer = [started_s + interval.first_for_s]
    closer += [entry.t_s + interval.after_for_s for entry in session.drugs if entry.t_s <= t_s]
    closer += [one.t_s + interval.after_for_s for one in session.happened if started_s < one.t_s <= t_s]
    return interval.fast_s if t_s < max(closer) else interval.steady_s


def _median(values: Floats) -> float | None:
    """Of the last minute: one artefact is no observation."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else None
