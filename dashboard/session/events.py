"""What can happen in a session, as frozen values. The record is a list of these, only ever appended.

Every event carries `at` (UTC, entered), `by` (person, or `system`), and `t_s`: seconds on the session's own clock, which
never steps back and orders events against sample rows. `back_s` > 0 marks a back-dated entry: it happened that many
seconds before it was entered. A mistake is mended by a `Correction`, never by changing what stands.
"""

from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from dashboard.session.alarm_events import (
    AlarmAcknowledged,
    AlarmActionNoted,
    AlarmCleared,
    AlarmDemoted,
    AlarmEscalated,
    AlarmEvent,
    AlarmJudged,
    AlarmLatched,
    AlarmOff,
    AlarmOn,
    AlarmRaised,
    AlarmReset,
    AlarmReviewSigned,
    AudioPaused,
    AudioResumed,
    EscalationSent,
    LimitChanged,
    ScreenBack,
    ScreenLost,
    SoundConfirmed,
)
from dashboard.session.event_base import SYSTEM, Event, EventError
from dashboard.session.training_events import (
    CueShown,
    Injected,
    RunForked,
    RunJoined,
    RunMarked,
    RunPaced,
    RunRemarked,
    RunSlowed,
    ScenarioNoted,
    TraineeActed,
    TraineeNamed,
    TrainerCommented,
    TrainingEvent,
)

__all__ = [
    "SYSTEM",
    "TYPES",
    "AlarmAcknowledged",
    "AlarmActionNoted",
    "AlarmCleared",
    "AlarmDemoted",
    "AlarmEscalated",
    "AlarmEvent",
    "AlarmJudged",
    "AlarmLatched",
    "AlarmOff",
    "AlarmOn",
    "AlarmRaised",
    "AlarmReset",
    "AlarmReviewSigned",
    "AudioPaused",
    "AudioResumed",
    "BagChanged",
    "BaselineTaken",
    "BolusGiven",
    "ChecklistAnswered",
    "ConsciousnessAssessed",
    "Correction",
    "CueShown",
    "DeviceConnected",
    "DeviceLost",
    "DischargeScored",
    "DrugGiven",
    "EmergencyDeclared",
    "EmergencyEnded",
    "EscalationSent",
    "Event",
    "EventError",
    "Handover",
    "InfusionPaused",
    "InfusionRateChanged",
    "InfusionResumed",
    "InfusionStarted",
    "InfusionStopped",
    "Injected",
    "LimitChanged",
    "ManualVitals",
    "Note",
    "OxygenChanged",
    "PhaseChanged",
    "RunForked",
    "RunJoined",
    "RunMarked",
    "RunPaced",
    "RunRemarked",
    "RunSlowed",
    "ScenarioNoted",
    "ScreenBack",
    "ScreenLost",
    "ServiceResumed",
    "SessionClosed",
    "SessionOpened",
    "SessionSigned",
    "SideEffect",
    "SoundConfirmed",
    "TraineeActed",
    "TraineeNamed",
    "TrainerCommented",
    "TrainingEvent",
    "from_dict",
    "to_dict",
    "type_name",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened(Event):
    """Who, what is planned, and which alarm profile is in force. `patient` is initials or a made-up name, no more."""

    bed: str
    patient: str
    weight_kg: float
    concentration_mg_ml: float
    planned_mg: float
    planned_min: float
    profile: str
    profile_version: str
    age_y: float | None = None
    protocol: str = ""
    scale: str = "moaas"
    intended_depth: str = "minimal"
    simulation: bool = False
    scenario: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineTaken(Event):
    """`values`: derived signal name -> value (rate, sbp, dbp, map, spo2, etco2, rr). `reason`: why it changes after the start of the
    infusion, since which it is frozen."""

    values: dict[str, float]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistAnswered(Event):
    item: str
    answer: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionStarted(Event):
    """`source`: `entered` by a person or read from the `pump`; an entered rate is not a measured one."""

    rate_mg_h: float
    concentration_mg_ml: float
    source: str = "entered"
    ordered_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionRateChanged(Event):
    rate_mg_h: float
    concentration_mg_ml: float
    source: str = "entered"
    ordered_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BolusGiven(Event):
    dose_mg: float
    source: str = "entered"
    ordered_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BagChanged(Event):
    concentration_mg_ml: float
    volume_ml: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionPaused(Event):
    reason: str = ""
    source: str = "entered"


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionResumed(Event):
    """`rate_mg_h` None: at the rate before the pause."""

    rate_mg_h: float | None = None
    reason: str = ""
    source: str = "entered"


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionStopped(Event):
    reason: str = ""
    source: str = "entered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsciousnessAssessed(Event):
    """`level` is a string: scales have letters and signs. `dissociation`: nurse global rating 0-4, or None."""

    scale: str
    level: str
    dissociation: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OxygenChanged(Event):
    """`flow_l_min` 0 means room air."""

    flow_l_min: float
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffect(Event):
    effect: str
    severity: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugGiven(Event):
    drug: str
    dose: float
    unit: str
    route: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualVitals(Event):
    """`values`: raw signal name (`hr`, `spo2`, `nibp_sys`, `nibp_dia`, `rr_co2`, `temp` ...) -> value read by a person."""

    values: dict[str, float]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover(Event):
    to: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyDeclared(Event):
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyEnded(Event):
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConnected(Event):
    device: str
    monitor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLost(Event):
    device: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Event):
    """Strikes entry number `of`; `replacement` (type and fields) stands in its place, or None: entered in error."""

    of: int
    reason: str
    replacement: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChanged(Event):
    """`setup`, `titration`, `steady`, `recovery`, `discharge`, `emergency`."""

    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeScored(Event):
    scale: str
    score: int
    items: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResumed(Event):
    """The program came back after a stop or crash of `gap_s` seconds in which nothing was recorded."""

    gap_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed(Event):
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSigned(Event):
    statement: str = ""


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


_CLASSES = (
    SessionOpened, BaselineTaken, ChecklistAnswered, InfusionStarted, InfusionRateChanged, BolusGiven, BagChanged,
    InfusionPaused, InfusionResumed, InfusionStopped, ConsciousnessAssessed, OxygenChanged, SideEffect, DrugGiven,
    ManualVitals, Note, Handover, EmergencyDeclared, EmergencyEnded, AlarmRaised, AlarmEscalated, AlarmDemoted,
    AlarmAcknowledged, AlarmCleared, AlarmLatched, AlarmReset, AudioPaused, AudioResumed, SoundConfirmed, LimitChanged,
    AlarmOff, AlarmOn, AlarmActionNoted, AlarmJudged, AlarmReviewSigned, EscalationSent, ScreenLost, ScreenBack, DeviceConnected, DeviceLost, Correction, PhaseChanged, DischargeScored, ServiceResumed, SessionClosed, SessionSigned,
    RunJoined, RunForked, RunPaced, Injected, TraineeActed, CueShown, RunMarked, TrainerCommented,
    RunRemarked, ScenarioNoted, TraineeNamed, RunSlowed,
)  # fmt: skip

#: Snake-case name -> class, as used in files, the database and the live protocol.
TYPES: dict[str, type[Event]] = {_snake(cls.__name__): cls for cls in _CLASSES}
_NAMES = {cls: name for name, cls in TYPES.items()}


def type_name(event: Event | type[Event]) -> str:
    return _NAMES[event if isinstance(event, type) else type(event)]


def to_dict(event: Event) -> dict[str, Any]:
    """The event as JSON-ready values: `type` and every field, `at` as ISO 8601 UTC with microseconds."""
    out: dict[str, Any] = {"type": type_name(event), **asdict(event)}
    out["at"] = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return out


def from_dict(data: dict[str, Any]) -> Event:
    """The inverse of `to_dict`. EventError names an unknown type or field, or a missing one."""
    rest = dict(data)
    name = rest.pop("type", None)
    cls = TYPES.get(name) if isinstance(name, str) else None
    if cls is None:
        raise EventError(f"unknown event type {name!r}")
    known = {f.name for f in fields(cls)}
    if unknown := sorted(set(rest) - known):
        raise EventError(f"{name}: unknown field {', '.join(unknown)}")
    try:
        at = rest["at"]
        rest["at"] = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        return cls(**rest)
    except (KeyError, TypeError, ValueError) as error:
        raise EventError(f"{name}: {error}") from None
