"""Two runs on one clock, the scenario's: what each screen showed, what alarmed, what was done, and the scores side by side. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.alarms.course import RANKS
from dashboard.figures.decimate import decimate
from dashboard.session.chain import Stored
from dashboard.session.closing import closing
from dashboard.session.describe import text as words_of
from dashboard.session.events import (
    SYSTEM,
    AlarmAcknowledged,
    AlarmCleared,
    AlarmDemoted,
    AlarmEscalated,
    AlarmEvent,
    AlarmRaised,
    AlarmReset,
    Event,
    SessionClosed,
    SessionOpened,
    TraineeActed,
    TrainerCommented,
    TrainingEvent,
)
from dashboard.training.cohort import Item, RunScore
from dashboard.training.happened import Line, happened
from dashboard.training.retrace import Truth
from dashboard.training.score import SCENARIO

Floats = NDArray[np.float64]

#: What is drawn of the screen: name -> columns of the record, the preferred one first.
SCREEN = {"spo2": ("spo2",), "etco2": ("etco2",), "rr": ("rr_co2", "rr_imp"), "hr": ("hr", "pr")}
#: Pressure is a level on an arterial line, and a point each time a cuff measured.
LINE, CUFF = ("abp_sys", "abp_dia"), ("nibp_sys", "nibp_dia")

Curve = tuple[list[float], list[float | None]]


@dataclass(frozen=True, slots=True)
class Span:
    """An alarm as it stood on the screen, at its worst priority. `to_s`: when it cleared, else the run's end."""

    from_s: float
    to_s: float
    rule: str
    priority: str
    text: str
    acknowledged_s: float | None


@dataclass(frozen=True, slots=True)
class Act:
    t_s: float
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One item of both; `difference_s`: b − a, where both did it and both times count."""

    a: Item
    b: Item

    @property
    def difference_s(self) -> float | None:
        if self.a.harmful or not {self.a.verdict, self.b.verdict} <= {"done", "late"}:
            return None
        a_s, b_s = self.a.latency_s, self.b.latency_s
        return None if a_s is None or b_s is None else b_s - a_s


def pairs(a: RunScore, b: RunScore) -> list[Pair]:
    """Empty for two scenarios: their items have nothing to do with each other."""
    if a.scenario != b.scenario:
        return []
    theirs = {one.id: one for one in b.items}
    return [Pair(one, theirs[one.id]) for one in a.items if one.id in theirs]


def spans(record: Sequence[Stored], to_s: float) -> list[Span]:
    """In order of their beginning."""
    open_: dict[int, Span] = {}
    out: list[Span] = []
    for stored in record:
        event = stored.event
        if not isinstance(event, AlarmEvent):
            continue
        one = open_.get(event.occurrence)
        if isinstance(event, AlarmRaised | AlarmEscalated | AlarmDemoted):
            if one is None:
                one = Span(event.t_s, to_s, event.rule, event.priority, event.message, None)
            elif RANKS[event.priority] > RANKS[one.priority]:
                one = Span(one.from_s, to_s, event.rule, event.priority, event.message, one.acknowledged_s)
            open_[event.occurrence] = one
        elif one is not None and isinstance(event, AlarmAcknowledged):
            at_s = event.t_s if one.acknowledged_s is None else one.acknowledged_s
            open_[event.occurrence] = Span(one.from_s, one.to_s, one.rule, one.priority, one.text, at_s)
        elif one is not None and isinstance(event, AlarmCleared | AlarmReset):
            del open_[event.occurrence]
            out.append(Span(one.from_s, event.t_s, one.rule, one.priority, one.text, one.acknowledged_s))
    return sorted([*out, *open_.values()], key=lambda one: (one.from_s, one.rule))


def acts(record: Sequence[Stored], from_s: float) -> list[Act]:
    """What the trainee did from `from_s` on: tapped by the trainer, or recorded at the bed; acknowledgements too."""
    found = []
    written = closing(record)
    for stored in record:
        event = stored.event
        if isinstance(event, SessionClosed):
            break  # what reviewers add later was not done in the run
        at_s = event.t_s - event.back_s
        if at_s >= from_s and stored.seq not in written and _is_act(event):
            found.append(Act(at_s, words_of(event), event.by))
    return sorted(found, key=lambda one: one.t_s)


def steps(record: Sequence[Stored], from_s: float) -> list[Line]:
    """Why two runs may differ: what the scenario and the trainer put in, told, said and how the clock went, from `from_s` on."""
    said = [
        Line(stored.event.t_s, "told", words_of(stored.event), stored.event.by)
        for stored in record
        if isinstance(stored.event, TrainerCommented) and stored.event.t_s >= from_s
    ]
    mine = [one for one in happened(record, from_s) if one.kind not in ("acted", "recorded", "forked")]
    return sorted([*mine, *said], key=lambda one: one.t_s)


def screen(t_s: Floats, columns: Mapping[str, Floats], from_s: float, to_s: float) -> dict[str, Curve]:
    """Name -> (t_s, values) of [from_s, to_s]; None where the line must break. `sbp`, `dbp`: of an arterial line, or cuff readings."""
    out: dict[str, Curve] = {}
    for name, sources in SCREEN.items():
        out[name] = _curve(t_s, _first(t_s.size, columns, sources), from_s, to_s)
    for name, line, cuff in zip(("sbp", "dbp"), LINE, CUFF, strict=True):
        arterial = _first(t_s.size, columns, (line,))
        if not np.isnan(arterial).all():
            out[name] = _curve(t_s, arterial, from_s, to_s)
            continue
        values = _first(t_s.size, columns, (cuff,))
        read = ~np.isnan(values) & (t_s >= from_s) & (t_s <= to_s)
        out[f"{name}_cuff"] = (t_s[read].tolist(), [round(float(v), 1) for v in values[read]])
    return out


def saturation(truth: Truth, from_s: float, to_s: float) -> Curve:
    """The true arterial saturation, %."""
    rows = [(t, values.get("sao2", np.nan)) for t, values in truth if from_s <= t <= to_s]
    t_s = np.array([t for t, _ in rows], dtype=np.float64)
    return _curve(t_s, np.array([value for _, value in rows], dtype=np.float64), from_s, to_s)


def _first(size: int, columns: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    out = np.full(size, np.nan)
    for name in names:
        if (column := columns.get(name)) is not None:
            out = np.where(np.isnan(out), column, out)
    return out


def _curve(t_s: Floats, values: Floats, from_s: float, to_s: float) -> Curve:
    if to_s <= from_s:
        return [], []
    x, y = decimate(t_s, values, from_s, to_s)
    return [round(float(t), 1) for t in x], [None if np.isnan(v) else round(float(v), 2) for v in y]


def _is_act(event: Event) -> bool:
    if isinstance(event, TraineeActed):
        return True
    if event.by in (SYSTEM, SCENARIO) or isinstance(event, TrainingEvent | SessionOpened):
        return False
    return not isinstance(event, AlarmEvent) or isinstance(event, AlarmAcknowledged)
