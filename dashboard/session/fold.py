"""A session is its record, folded: `functools.reduce(apply, record, Session())`. Replay, crash recovery, screen, report and
"why did it alarm?" all read this one state.

An entry takes effect when it happened (`t_s - back_s`), not when it was typed. A correction makes the state as if the right
entry had been made in the first place; both stay in `record`, and `struck` says which stand no more. Cost: an entry is
O(number of entries) in a copied tuple of references (microseconds); a correction refolds the whole record, about 10 ms for
5,000 entries, so a record with c corrections folds in O(n (c + 1)).
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Generic, TypeVar

from dashboard.session.chain import Stored
from dashboard.session.events import (
    AlarmEvent,
    BaselineTaken,
    ChecklistAnswered,
    ConsciousnessAssessed,
    Correction,
    DeviceConnected,
    DeviceLost,
    DischargeScored,
    DrugGiven,
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    Handover,
    LimitChanged,
    ManualVitals,
    Note,
    OxygenChanged,
    PhaseChanged,
    ServiceResumed,
    SessionClosed,
    SessionOpened,
    SessionSigned,
    SideEffect,
    SoundConfirmed,
    from_dict,
    to_dict,
)
from dashboard.session.infusion import INFUSION_EVENTS, S_PER_H, Happened, Infusion, infusion_of

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Entry(Generic[E]):
    """An entry as it stands: number in the record, when it happened (session clock and UTC), and what."""

    seq: int
    t_s: float
    at: datetime
    event: E

    @property
    def by(self) -> str:
        return self.event.by


@dataclass(frozen=True, slots=True)
class Session:
    """Everything known of a session. Lists are in order of happening; `record` is the raw record in order of entry."""

    record: tuple[Stored, ...] = ()
    struck: Mapping[int, int] = field(default_factory=dict)  # entry number -> number of the correction that struck it
    opened: SessionOpened | None = None
    phase: str = "setup"
    phase_since_s: float = 0.0
    baseline: Entry[BaselineTaken] | None = None
    checklist: Mapping[str, Entry[ChecklistAnswered]] = field(default_factory=dict)
    infusion: Infusion = field(default_factory=Infusion)
    happened: tuple[Happened, ...] = ()  # what `infusion` was computed from
    assessments: tuple[Entry[ConsciousnessAssessed], ...] = ()
    oxygen_log: tuple[Entry[OxygenChanged], ...] = ()
    drugs: tuple[Entry[DrugGiven], ...] = ()
    side_effects: tuple[Entry[SideEffect], ...] = ()
    notes: tuple[Entry[Note], ...] = ()
    handovers: tuple[Entry[Handover], ...] = ()
    manual_vitals: tuple[Entry[ManualVitals], ...] = ()
    limits_changed: tuple[Entry[LimitChanged], ...] = ()
    sounds: tuple[Entry[SoundConfirmed], ...] = ()
    discharge_scores: tuple[Entry[DischargeScored], ...] = ()
    alarms: tuple[Entry[AlarmEvent], ...] = ()
    gaps: tuple[Entry[ServiceResumed], ...] = ()
    devices: Mapping[str, Entry[Event]] = field(default_factory=dict)  # name -> last connected or lost
    emergency: Entry[EmergencyDeclared] | None = None
    closed: Entry[SessionClosed] | None = None
    signed: Entry[SessionSigned] | None = None

    @property
    def id(self) -> str:
        return self.record[0].session if self.record else ""

    @property
    def seq(self) -> int:
        """Number of the last entry; 0 when there is none."""
        return self.record[-1].seq if self.record else 0

    @property
    def is_open(self) -> bool:
        return self.opened is not None and self.closed is None

    @property
    def simulation(self) -> bool:
        return self.opened is not None and self.opened.simulation

    @property
    def weight_kg(self) -> float:
        return self.opened.weight_kg if self.opened else 0.0

    @property
    def planned_mg(self) -> float:
        return self.opened.planned_mg if self.opened else 0.0

    @property
    def last_assessment(self) -> Entry[ConsciousnessAssessed] | None:
        return self.assessments[-1] if self.assessments else None

    @property
    def oxygen(self) -> OxygenChanged | None:
        """Oxygen now; None: nothing recorded, room air assumed by nobody."""
        return self.oxygen_log[-1].event if self.oxygen_log else None

    @property
    def emergency_since(self) -> datetime | None:
        return self.emergency.at if self.emergency else None

    @property
    def rate_mg_h(self) -> float:
        return self.infusion.rate_mg_h

    @property
    def rate_ml_h(self) -> float:
        return self.infusion.rate_ml_h

    @property
    def rate_mg_kg_h(self) -> float:
        return self.rate_mg_h / self.weight_kg if self.weight_kg > 0 else 0.0

    def given_mg(self, t_s: float) -> float:
        return self.infusion.given_mg(t_s)

    def given_ml(self, t_s: float) -> float:
        return self.infusion.given_ml(t_s)

    def minutes_left(self, t_s: float) -> float | None:
        """Until the planned dose is in, at the rate of now; None while nothing runs."""
        rate_mg_h = self.infusion.rate_at(t_s)
        if rate_mg_h <= 0 or not self.planned_mg:
            return None
        return max(0.0, self.planned_mg - self.given_mg(t_s)) / rate_mg_h * 60

    def entry(self, seq: int) -> Stored | None:
        """Entry number `seq` of the record, struck or not."""
        return self.record[seq - 1] if 1 <= seq <= len(self.record) else None

    def at_of(self, t_s: float) -> datetime | None:
        """UTC at `t_s` on the session clock, counted from the opening."""
        return self.opened.at + timedelta(seconds=t_s - self.opened.t_s) if self.opened else None


#: Which events are simply kept, and in which list.
_LISTS: dict[type[Event], str] = {
    ConsciousnessAssessed: "assessments",
    OxygenChanged: "oxygen_log",
    DrugGiven: "drugs",
    SideEffect: "side_effects",
    Note: "notes",
    Handover: "handovers",
    ManualVitals: "manual_vitals",
    LimitChanged: "limits_changed",
    SoundConfirmed: "sounds",
    DischargeScored: "discharge_scores",
    ServiceResumed: "gaps",
}


def fold(record: Iterable[Stored]) -> Session:
    """The state after the whole record. Never raises on a record that `check` let in, nor on one it would refuse."""
    return reduce(apply, record, Session())


def apply(session: Session, stored: Stored) -> Session:
    """One entry further."""
    session = replace(session, record=(*session.record, stored))
    if isinstance(stored.event, Correction):
        return _refold(session.record)
    return _step(session, stored.seq, stored.event)


def corrected(original: Event, correction: Correction) -> Event | None:
    """What stands in place of `original`; None: it was entered in error. Fields that the replacement leaves out (who, when)
    are the original's; of another type it needs that type's own fields. EventError names what does not fit."""
    if correction.replacement is None:
        return None
    given = dict(correction.replacement)
    old = to_dict(original)
    keep = old if given.get("type", old["type"]) == old["type"] else {f.name: old[f.name] for f in fields(Event)}
    return from_dict({**keep, **given})


def happened_s(event: Event) -> float:
    """When it happened, on the session clock."""
    return event.t_s - event.back_s


def insert_happened(entries: Iterable[Happened], entry: Happened) -> tuple[Happened, ...]:
    out = list(entries)
    insort(out, entry, key=lambda e: (e.t_s, e.seq))
    return tuple(out)


def _refold(record: tuple[Stored, ...]) -> Session:
    corrections = {s.event.of: s for s in record if isinstance(s.event, Correction)}  # the last one of an entry wins
    session = Session(record=record, struck={of: s.seq for of, s in corrections.items()})
    for stored in record:
        event: Event | None = stored.event
        if isinstance(event, Correction):
            continue
        if (correction := corrections.get(stored.seq)) is not None:
            assert isinstance(correction.event, Correction)
            event = corrected(stored.event, correction.event)
        if event is not None:
            session = _step(session, stored.seq, event)
    return session


def _step(session: Session, seq: int, event: Event) -> Session:
    t_s = happened_s(event)
    entry: Entry[Any] = Entry(seq, t_s, event.at - timedelta(seconds=event.back_s), event)
    if isinstance(event, INFUSION_EVENTS):
        return _infused(session, insert_happened(session.happened, Happened(t_s, seq, event)))
    if (name := _LISTS.get(type(event))) is not None:
        return replace(session, **{name: _inserted(getattr(session, name), entry)})
    match event:
        case AlarmEvent():
            return replace(session, alarms=(*session.alarms, entry))
        case SessionOpened():
            return _infused(replace(session, opened=event), session.happened)
        case PhaseChanged():
            return replace(session, phase=event.phase, phase_since_s=t_s)
        case BaselineTaken():
            return replace(session, baseline=entry)
        case ChecklistAnswered():
            return replace(session, checklist={**session.checklist, event.item: entry})
        case EmergencyDeclared():
            return session if session.emergency else replace(session, emergency=entry)
        case EmergencyEnded():
            return replace(session, emergency=None)
        case DeviceConnected() | DeviceLost():
            return replace(session, devices={**session.devices, event.device: entry})
        case SessionClosed():
            return replace(session, closed=entry)
        case SessionSigned():
            return replace(session, signed=entry)
    return session  # audio and the rest live in the record alone


def _infused(session: Session, happened: tuple[Happened, ...]) -> Session:
    concentration = session.opened.concentration_mg_ml if session.opened else 0.0
    return replace(session, happened=happened, infusion=infusion_of(happened, concentration))


def _inserted(entries: tuple[Entry[Any], ...], entry: Entry[Any]) -> tuple[Entry[Any], ...]:
    if not entries or entries[-1].t_s <= entry.t_s:
        return (*entries, entry)
    out = list(entries)
    insort(out, entry, key=lambda e: (e.t_s, e.seq))
    return tuple(out)


__all__ = ["S_PER_H", "Entry", "Session", "apply", "corrected", "fold", "happened_s", "insert_happened"]
