"""A session that a stop or crash cut off, made again from its record."""

import logging
import math
from dataclasses import dataclass
from datetime import datetime

from config.models import ConfigError
from dashboard import alarms
from dashboard.alarms.values import Change
from dashboard.session.chain import Stored
from dashboard.session.events import AlarmEvent, SessionOpened
from dashboard.session.facts import as_fact
from dashboard.store import Store
from devices.signals import CUFF_SIGNALS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """`engine` as it stood at the last tick; `untold`: changes of that tick that a crash kept out of the record. `last_s`,
    `last_at`: session clock and UTC of the last thing recorded. `cuff`: the last reading and when it was, if there was one."""

    engine: alarms.EngineState
    untold: list[Change]
    last_s: float
    last_at: datetime
    cuff: tuple[dict[str, float], float] | None


def profile_of(store: Store, opened: SessionOpened) -> alarms.Profile:
    """The limits that the session was opened with. Where their text is nowhere to be found (a record older than the book of profiles,
    a file that is gone) the patient still needs alarms: those of the profile's current version."""
    try:
        return store.profiles.resolve(opened.profile, opened.profile_version)
    except ConfigError as error:
        log.error("%s; its current version watches instead", error)
        return store.profiles.current(opened.profile)


def interrupted(store: Store, session_id: str, record: list[Stored], profile: alarms.Profile) -> Interrupted:
    """The alarm state is made again tick by tick, from the snapshots and entries alone."""
    told = [fact for stored in record if (fact := as_fact(stored.event, stored.seq)) is not None]
    engine, changes = alarms.catch_up(profile, None, store.ticks(session_id), told)
    spoken = sum(isinstance(stored.event, AlarmEvent) for stored in record)
    last = store.last_tick(session_id)
    last_s = max([last[0] if last else -1.0, *(stored.event.t_s for stored in record)])
    last_at = last[1] if last else record[-1].event.at
    return Interrupted(engine, changes[spoken:], last_s, last_at, _last_cuff(store, session_id))


def _last_cuff(store: Store, session_id: str) -> tuple[dict[str, float], float] | None:
    columns = store.samples(session_id)
    sys = columns.values.get("nibp_sys")
    for i in reversed(range(len(columns) if sys is not None else 0)):
        found = {name: float(columns.values[name][i]) for name in CUFF_SIGNALS if name in columns.values}
        if not math.isnan(found["nibp_sys"]):
            return {name: value for name, value in found.items() if not math.isnan(value)}, float(columns.t_s[i])
    return None
