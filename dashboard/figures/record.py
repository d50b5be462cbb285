"""What the review figure and tables are drawn from: a session's folded record beside its samples, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from config.models.alarms import Interval
from dashboard.session.chain import Broken
from dashboard.session.state import Session

Floats = NDArray[np.float64]

#: Derived signal -> sampled columns, the preferred one first (design section 3).
SOURCES: dict[str, tuple[str, ...]] = {
    "rate": ("rate", "hr", "pr"),
    "spo2": ("spo2",),
    "etco2": ("etco2",),
    "rr": ("rr", "rr_co2", "rr_imp"),
    "abp_sys": ("abp_sys",),
    "abp_dia": ("abp_dia",),
}


@dataclass(frozen=True, slots=True)
class RuleText:
    """How a rule reads: `label` ("SpO₂ low"), `operator` (`≤`, `≥` or empty), `unit`, and the derived signal it watches. `check`: it
    waits for a person's check that is due, not for the patient."""

    label: str
    operator: str = ""
    unit: str = ""
    signal: str = ""
    check: bool = False


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit through the session: from `steps[i][0]` seconds on, `steps[i][1]` was what triggered."""

    signal: str
    operator: str
    priority: str
    steps: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted concentration in plasma with its band, and at the effect site, ng/mL; never measured. `title` names the model;
    `ce` is None where it has no published effect site."""

    title: str
    t_s: Floats
    cp: Floats
    low: Floats
    high: Floats
    ce: Floats | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """`t_s` rises, one row a tick; `columns` are as long, NaN where there was no valid live value. `utc_offset_s`: of the
    clinic's clock when the session opened, so that axes read as the clock on the wall did. `broken`: the first link of the
    record's chain that does not hold, None when it is intact. `intervals`: how often pressure (`nibp`) and consciousness (`loc`) are
    due by the profile in force. `scenario`: what may be said of it; None: as the session was opened with."""

    session: Session
    bed_title: str
    t_s: Floats
    columns: Mapping[str, Floats]
    utc_offset_s: float = 0.0
    approved: bool = False
    profile_title: str = ""
    limits: tuple[LimitLine, ...] = ()
    rules: Mapping[str, RuleText] = field(default_factory=dict)
    prediction: Prediction | None = None
    broken: Broken | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    scenario: str | None = None

    @property
    def start_s(self) -> float:
        return float(self.t_s[0]) if self.t_s.size else 0.0

    @property
    def end_s(self) -> float:
        """The last sample or the last entry, whichever came later; at least a second after the start."""
        last = [self.start_s + 1.0]
        if self.t_s.size:
            last.append(float(self.t_s[-1]))
        last.extend(stored.event.t_s for stored in self.session.record[-1:])
        return max(last)

    def trend(self, signal: str) -> Floats:
        """A derived signal: second by second the first of its sources that has a value."""
        out = np.full(self.t_s.size, np.nan)
        for name in SOURCES[signal]:
            if (column := self.columns.get(name)) is not None:
                out = np.where(np.isnan(out), column, out)
        return out

    def wall_ms(self, t_s: float) -> float:
        """Milliseconds for a chart's time axis, which shows them as they stand: the clinic's wall clock."""
        opened = self.session.opened
        if opened is None:
            return t_s * 1000.0
        return (opened.at.timestamp() + self.utc_offset_s + t_s - opened.t_s) * 1000.0

    def clock(self, t_s: float) -> str:
        """`14:25:56` on the clinic's wall clock."""
        opened = self.session.opened
        at = opened.at if opened else None
        if at is None:
            return f"{t_s:.0f} s"
        return f"{at + timedelta(seconds=self.utc_offset_s + t_s - (opened.t_s if opened else 0.0)):%H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Cuff:
    """One cuff reading; `manual`: typed in by a person."""

    t_s: float
    sys: float
    dia: float | None
    mean: float | None
    manual: bool = False


def cuff_readings(record: SessionRecord) -> list[Cuff]:
    """Every blood-pressure measurement, in order of time: a cuff column holds a value only where one arrived."""
    sys = record.columns.get("nibp_sys")
    out: list[Cuff] = []
    if sys is not None:
        dia, mean = (record.columns.get(name) for name in ("nibp_dia", "nibp_map"))
        for i in np.flatnonzero(~np.isnan(sys)):
            out.append(Cuff(float(record.t_s[i]), float(sys[i]), _at(dia, i), _at(mean, i)))
    for entry in record.session.manual_vitals:
        values = entry.event.values
        if (typed := values.get("nibp_sys")) is not None:
            out.append(Cuff(entry.t_s, typed, values.get("nibp_dia"), values.get("nibp_map"), manual=True))
    return sorted(out, key=lambda cuff: cuff.t_s)


def _at(column: Floats | None, i: np.intp) -> float | None:
    return None if column is None or np.isnan(column[i]) else float(column[i])
