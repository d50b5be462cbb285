"""Entries as the alarm engine sees them, live and in replay alike."""

from dashboard.alarms.values import Fact
from dashboard.session.events import (
    AlarmActionNoted,
    AlarmEvent,
    AlarmJudged,
    AlarmReviewSigned,
    DeviceConnected,
    DeviceLost,
    EscalationSent,
    Event,
    Note,
    ScreenBack,
    ScreenLost,
    TrainingEvent,
    to_dict,
    type_name,
)

#: What the engine said itself, or has no rule about: told back to it, its own transitions would count twice. An
#: acknowledgement is a person's and is told, also where it reset a latched alarm.
_UNTOLD = ("alarm_raised", "alarm_escalated", "alarm_demoted", "alarm_cleared", "alarm_latched")
_SILENT = (
    Note, DeviceConnected, DeviceLost, AlarmActionNoted, AlarmJudged, AlarmReviewSigned, EscalationSent, ScreenLost, ScreenBack,
    TrainingEvent,
)  # fmt: skip


def as_fact(event: Event, seq: int | None = None) -> Fact | None:
    """The event's type and fields at its time of entry (`t_s`: what the engine knew, and when, cannot be back-dated); None for
    what is not told to the engine. `seq`: its number in the record, by which a later correction names it."""
    name = type_name(event)
    if isinstance(event, _SILENT) or (isinstance(event, AlarmEvent) and name in _UNTOLD):
        return None
    data = to_dict(event)
    for key in ("type", "t_s"):
        del data[key]
    if seq is not None:
        data["seq"] = seq
    return Fact(event.t_s, name, data)
