"""The time between the opening of a session and the start of the infusion: what is there, what is missing, and who may waive it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.models.alarms import Profile
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.sampling import CO2_LOST_S, Sampler
from dashboard.session import gates
from dashboard.session.baseline import Readings, readings
from dashboard.session.events import Event, EventError, InfusionStarted
from dashboard.session.gates import Inside, inside_low_steps, missing, refusal
from dashboard.session.state import Session
from dashboard.store import Store

if TYPE_CHECKING:
    from dashboard.bedside.bedside import Bedside

#: Derived signal -> the raw ones that give it.
_RAW = {"rate": ("hr", "pr"), "rr": ("rr_co2", "rr_imp"), "breath": ("rr_co2", "rr_imp")}
_PRESSURE = ("sbp", "dbp", "map")


def check_gate(
    event: Event, session: Session, profile: Profile | None, role: str | None, sampler: Sampler, now_s: float
) -> None:
    """EntryRefused (409) for a start without what the profile requires, and for what only a physician may enter."""
    try:
        gates.check_role(session, event, role)
    except EventError as error:
        raise EntryRefused(str(error), error.field, 409) from None
    if isinstance(event, InfusionStarted) and profile is not None:
        absent = missing(session, required(profile), seen(required(profile), session, sampler, now_s))
        if absent:
            raise EntryRefused(refusal(profile, absent), status=409)


def required(profile: Profile) -> tuple[str, ...]:
    """Signals without which the profile starts no infusion."""
    return profile.requires


def seen(names: tuple[str, ...], session: Session, sampler: Sampler, now_s: float) -> tuple[str, ...]:
    """Those of `names` that are measured now, or were less than half a minute ago; a pressure once there was a reading."""

    def here(name: str) -> bool:
        if name in _PRESSURE:
            return sampler.sources.cuff is not None or any("nibp_sys" in e.event.values for e in session.manual_vitals)
        found = [sampler.sources.current(raw, now_s) for raw in _RAW.get(name, (name,))]
        return any(one.value is not None or (one.age_s is not None and one.age_s < CO2_LOST_S) for one in found)

    return tuple(name for name in names if here(name))


@dataclass(frozen=True, slots=True)
class Preparation:
    """Where a session stands before (and after) its start. `profile`: the limits in force for this patient. `absent`: required
    signals that are missing and not waived; `seen`: of the usual signals, those measured now."""

    session: Session
    profile: Profile
    started: bool
    absent: tuple[str, ...]
    seen: tuple[str, ...]
    inside: tuple[Inside, ...]
    readings: Readings

    @property
    def baseline(self) -> Mapping[str, float]:
        return self.session.baseline.event.values if self.session.baseline else {}


#: What a start should not do without, whatever the profile.
USUAL = ("spo2", "rate", "etco2", "sbp")


def preparation(bed: "Bedside", store: Store) -> Preparation | None:
    """None without an open session. Reads the last minutes of the record: call it from a thread."""
    session, profile, engine = bed.session, bed.profile, bed.engine
    if session is None or profile is None or engine is None:
        return None
    now_s = bed.clock.mono()
    in_force = engine.plan.profile
    t_s = bed.t_s()
    columns = store.samples(session.id, max(0.0, t_s - 600.0), t_s)
    found = readings(columns.t_s.tolist(), {name: column.tolist() for name, column in columns.values.items()}, t_s)
    names = tuple(dict.fromkeys((*USUAL, *required(profile))))
    here = seen(names, session, bed.sampler, now_s)
    baseline = session.baseline.event.values if session.baseline else {}
    return Preparation(
        session,
        in_force,
        session.infusion.started_s is not None,
        missing(session, required(profile), here),
        here,
        tuple(inside_low_steps(in_force, profile, baseline)),
        found,
    )
