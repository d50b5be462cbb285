"""Entries of people: which there are, what makes one valid, and the wait until it is on the disk."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from config.models import ConfigError, DashboardError
from dashboard.alarms import EngineState, Fact
from dashboard.alarms.checks import check_change, check_off
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.limits import check_old
from dashboard.session.chain import Stored
from dashboard.session.describe import text
from dashboard.session.events import (
    TYPES,
    AlarmOff,
    AlarmOn,
    Event,
    EventError,
    LimitChanged,
    SessionOpened,
    TrainingEvent,
    from_dict,
    to_dict,
    type_name,
)
from dashboard.session.fold import fold
from dashboard.session.rules import check, warnings
from dashboard.session.state import Session
from dashboard.store import Store, StoreError

#: An entry that is not on disk by then is reported as not saved.
SAVE_TIMEOUT_S = 10.0

#: Sessions of the bed, newest first, in which an entry sent again is looked for.
SESSIONS_BACK = 2

#: What a person may record through the page; alarms, devices and session opening come from the program itself.
HUMAN_TYPES = frozenset(TYPES) - {
    "session_opened", "alarm_raised", "alarm_escalated", "alarm_demoted", "alarm_acknowledged", "alarm_cleared",
    "alarm_latched", "alarm_reset", "device_connected", "device_lost", "service_resumed", "audio_paused", "audio_resumed",
    "phase_changed", "escalation_sent", "screen_lost", "screen_back",
} - {name for name, cls in TYPES.items() if issubclass(cls, TrainingEvent)}  # fmt: skip
#: What a trainer records, from the training page.
TRAINER_TYPES = frozenset(name for name, cls in TYPES.items() if issubclass(cls, TrainingEvent))


def check_person(people: Collection[str], by: object) -> None:
    """EntryRefused when `by` is nobody of this station."""
    if not isinstance(by, str) or by not in people:
        raise EntryRefused("say first who is at the bed", field="by")


def asked(
    entry: Mapping[str, Any], people: Collection[str], kinds: Collection[str]
) -> tuple[dict[str, Any], str | None, object]:
    """What a page sent: the entry's own fields, the number of the request, and the session it was written for. EntryRefused for an
    entry of nobody, or of none of the `kinds` that are recorded there."""
    fields = dict(entry)
    request_id = str(fields.pop("id", "") or "") or None
    meant_for = fields.pop("session", None)
    check_person(people, fields.get("by"))
    if fields.get("type") not in kinds:
        raise EntryRefused(f"{fields.get('type')!r} cannot be recorded here", field="type")
    return fields, request_id, meant_for


def check_session(session: Session | None, meant_for: object) -> Session:
    """The open session. EntryRefused without one, and for an entry that was written for another."""
    if session is None:
        raise EntryRefused("this bed has no open session; set one up first", status=409)
    if meant_for not in (None, session.id):
        raise EntryRefused("written for a session that is closed: another one is open at this bed now", status=409)
    return session


def checked(event: Event, session: Session) -> None:
    """EntryRefused, naming the field, when `event` cannot be the next entry."""
    try:
        check(session, event)
    except EventError as error:
        raise EntryRefused(str(error), error.field) from None


def entry_of(fields: Mapping[str, Any], session: Session, engine: EngineState | None) -> Event:
    """The entry that a page sent. EntryRefused names the field that is wrong."""
    try:
        event = from_dict(dict(fields))
    except EventError as error:
        raise EntryRefused(str(error), error.field) from None
    checked(event, session)
    if isinstance(event, LimitChanged | AlarmOff | AlarmOn) and engine is not None:
        try:
            if isinstance(event, LimitChanged):
                check_change(engine.default_profile, engine.plan.profile, event.rule, event.new, event.reason)
            else:
                check_off(engine.plan.profile, Fact(event.t_s, type_name(event), to_dict(event)))
        except ConfigError as error:
            raise EntryRefused(str(error), "rule") from None
        check_old(event, engine)
    return event


def remembered(store: Store, opened: SessionOpened) -> None:
    """The text of the limits that come into force is in the book before the session is: EntryRefused otherwise."""
    try:
        store.profiles.remember(store.profiles.resolve(opened.profile, opened.profile_version))
    except ConfigError as error:
        raise EntryRefused(str(error), "profile") from None
    except StoreError as error:
        raise EntryRefused(f"not saved: {error}", status=503) from None


def saved(future: Future[Stored]) -> Stored:
    """The entry once it is on the disk; EntryRefused (503) when it does not get there."""
    try:
        return future.result(SAVE_TIMEOUT_S)
    except FutureTimeout:
        raise EntryRefused("not saved: the disk does not answer; write it on paper too", status=503) from None
    except DashboardError as error:
        raise EntryRefused(str(error), status=503) from None


def answer(stored: Stored, hints: list[str]) -> dict[str, Any]:
    """What the page is told of an entry that stands."""
    return {"seq": stored.seq, "t_s": stored.event.t_s, "text": text(stored.event), "warnings": hints}


def told_before(store: Store, bed: str, request_id: str | None) -> dict[str, Any] | None:
    """The answer to a request that was carried out already: asked again, nothing more is recorded. It may have been for the
    session before: an entry whose answer was lost must not end up with the next patient."""
    if request_id is None:
        return None
    for row in store.sessions(bed=bed, limit=SESSIONS_BACK):
        if (stored := store.recorded(row.id, request_id)) is not None:
            before = fold(store.events(row.id)[: stored.seq - 1])
            return answer(stored, warnings(before, stored.event))
    return None
