"""What is known of a session at one moment, as one frozen value. `dashboard.session.fold` makes it from the record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from dashboard.session.chain import Stored
from dashboard.session.events import (
    AlarmActionNoted,
    AlarmEvent,
    AlarmJudged,
    AlarmOff,
    AlarmOn,
    AlarmReviewSigned,
    AudioPaused,
    AudioResumed,
    BaselineTaken,
    ChecklistAnswered,
    ConsciousnessAssessed,
    DischargeScored,
    DrugGiven,
    EmergencyDeclared,
    EscalationSent,
    Event,
    Handover,
    LimitChanged,
    ManualVitals,
    Note,
    OxygenChanged,
    ScreenBack,
    ScreenLost,
    ServiceResumed,
    SessionClosed,
    SessionOpened,
    SessionSigned,
    SideEffect,
    SoundConfirmed,
)
from dashboard.session.infusion import Happened, Infusion

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
    audio_log: tuple[Entry[AudioPaused | AudioResumed], ...] = ()
    off_log: tuple[Entry[AlarmOff | AlarmOn], ...] = ()
    actions: tuple[Entry[AlarmActionNoted], ...] = ()
    verdicts: tuple[Entry[AlarmJudged], ...] = ()
    review_signatures: tuple[Entry[AlarmReviewSigned], ...] = ()
    escalations: tuple[Entry[EscalationSent], ...] = ()
    screens: tuple[Entry[ScreenLost | ScreenBack], ...] = ()
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
