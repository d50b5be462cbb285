"""A session of our own stores as a recording. Numbers, doses and levels are taken over; names and free text are not."""

from collections.abc import Iterator
from typing import Any, get_args

from config.models import ConfigError
from config.models.alarms import FOLDER
from config.models.protocols import shipped_protocols
from dashboard.recordings.values import PHYSICIAN, Plan
from dashboard.session.corrections import corrected, happened_s
from dashboard.session.events import (
    BaselineTaken,
    ChecklistAnswered,
    Correction,
    Event,
    SessionOpened,
    to_dict,
    type_name,
)
from dashboard.session.fold import fold
from dashboard.session.gates import OVERRIDE, WITHOUT
from dashboard.session.state import Session
from dashboard.store import Store
from devices.readings import Status
from devices.signals import CUFF_SIGNALS, SIGNALS
from simulators.replay import Recording, Row, cuff_events, track

#: Charted again: type of entry -> the fields that hold no free text. What was read from a pump is charted by the nurse here.
CHARTED: dict[str, tuple[str, ...]] = {
    "baseline_taken": ("values",),
    "checklist_answered": ("item", "answer"),
    "infusion_started": ("rate_mg_h", "concentration_mg_ml"),
    "infusion_rate_changed": ("rate_mg_h", "concentration_mg_ml"),
    "bolus_given": ("dose_mg",),
    "bag_changed": ("concentration_mg_ml", "volume_ml"),
    "infusion_paused": (),
    "infusion_resumed": ("rate_mg_h",),
    "infusion_stopped": (),
    "consciousness_assessed": ("scale", "level", "dissociation"),
    "oxygen_changed": ("flow_l_min",),
}
#: What only a physician may chart needs a reason, and the recorded one is free text.
AS_RECORDED = "as recorded"
#: Above this an age tells who somebody is.
OLDEST_Y = 89.0
_STATUSES = frozenset(get_args(Status))


def read_session(store: Store, session_id: str) -> tuple[Recording, Plan]:
    """ConfigError when no vitals were recorded in it."""
    session = fold(store.events(session_id))
    opened = session.opened
    rows: dict[str, list[Row]] = {}
    cuff = []
    for stored in store.stored_ticks(session_id):
        t_s, values, notes = stored.tick.t_s, stored.tick.values, stored.notes or {}
        cuff.append((t_s, {name: values.get(name) for name in CUFF_SIGNALS}))
        for name, value in values.items():
            if name not in CUFF_SIGNALS and (name in SIGNALS or name == "no_breath"):
                rows.setdefault(name, []).append((t_s, value, _status(value, notes.get(name))))
    if opened is None or not rows:
        raise ConfigError(f"session {session_id}: no vitals were recorded in it")
    tracks = {name: track(of_one) for name, of_one in rows.items()}
    return Recording(tracks, cuff_events(cuff), has_cuff=True, charted=tuple(_charted(session))), _plan(opened)


def _status(value: float | None, note: object) -> Status:
    """A note is a status, `stale`, or the device that spoke (`dashboard.bedside.sampling`)."""
    if note in _STATUSES:
        return note  # type: ignore[return-value]  # it is one of them
    return "ok" if value is not None else "unavailable"


def _plan(opened: SessionOpened) -> Plan:
    return Plan(
        weight_kg=opened.weight_kg,
        age_y=None if opened.age_y is None or opened.age_y > OLDEST_Y else opened.age_y,
        concentration_mg_ml=opened.concentration_mg_ml,
        planned_mg=opened.planned_mg,
        planned_min=opened.planned_min,
        protocol=opened.protocol if opened.protocol in shipped_protocols() else "",
        profile=opened.profile if any(path.stem == opened.profile for path in FOLDER.glob("*.toml")) else "",
    )


def _charted(session: Session) -> list[dict[str, Any]]:
    started_s = session.infusion.started_s
    out = []
    for event in _standing(session):
        kind = type_name(event)
        if kind not in CHARTED:
            continue
        t_s = happened_s(event)
        if isinstance(event, ChecklistAnswered) and not event.item.startswith(WITHOUT):
            continue
        fields = to_dict(event)
        entry = {"t_s": t_s, "type": kind, **{name: fields[name] for name in CHARTED[kind]}}
        if isinstance(event, ChecklistAnswered) and event.answer == OVERRIDE:
            entry |= {"by": PHYSICIAN, "note": AS_RECORDED}
        elif isinstance(event, BaselineTaken) and started_s is not None and t_s > started_s:
            entry |= {"by": PHYSICIAN, "reason": AS_RECORDED}
        out.append(entry)
    return sorted(out, key=lambda entry: entry["t_s"])


def _standing(session: Session) -> Iterator[Event]:
    """The record with its corrections made."""
    for stored in session.record:
        event: Event | None = stored.event
        if isinstance(event, Correction):
            continue
        correction = session.entry(session.struck[stored.seq]) if stored.seq in session.struck else None
        if correction is not None and isinstance(correction.event, Correction):
            event = corrected(stored.event, correction.event)
        if event is not None:
            yield event
