"""Entries of people: which there are, what makes one valid, and the wait until it is on the disk."""

from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from config.models import ConfigError, DashboardError
from config.models.alarms import Profile
from dashboard.bedside.errors import EntryRefused
from dashboard.session.chain import Stored
from dashboard.session.describe import text
from dashboard.session.events import TYPES, Event, EventError, LimitChanged, from_dict
from dashboard.session.rules import check
from dashboard.session.state import Session

#: An entry that is not on disk by then is reported as not saved.
SAVE_TIMEOUT_S = 10.0

#: What a person may record through the page; alarms, devices and session opening come from the program itself.
HUMAN_TYPES = frozenset(TYPES) - {
    "session_opened", "alarm_raised", "alarm_escalated", "alarm_demoted", "alarm_acknowledged", "alarm_cleared",
    "alarm_latched", "alarm_reset", "device_connected", "device_lost", "service_resumed", "audio_paused", "audio_resumed",
    "phase_changed", "escalation_sent", "screen_lost", "screen_back",
}  # fmt: skip


def checked(event: Event, session: Session) -> None:
    """EntryRefused, naming the field, when `event` cannot be the next entry."""
    try:
        check(session, event)
    except EventError as error:
        raise EntryRefused(str(error), error.field) from None


def entry_of(fields: Mapping[str, Any], session: Session, profile: Profile | None) -> Event:
    """The entry that a page sent. EntryRefused names the field that is wrong."""
    try:
        event = from_dict(dict(fields))
    except EventError as error:
        raise EntryRefused(str(error), error.field) from None
    checked(event, session)
    if isinstance(event, LimitChanged) and profile is not None:
        try:
            profile.with_limit(event.rule, event.new)
        except ConfigError as error:
            raise EntryRefused(str(error), "rule") from None
    return event


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
