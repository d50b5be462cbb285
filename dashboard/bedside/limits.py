"""Limits of this patient at the bedside: the rows that screens show of them, and two people who change one at a time."""

from dataclasses import asdict
from typing import Any

from dashboard import alarms
from dashboard.bedside.errors import EntryRefused
from dashboard.session.events import AlarmOff, AlarmOn, LimitChanged

#: Entries after which the rows may be others: limits and what is off, the baseline of percent limits, the scale of the level tables.
TOUCHES_SETTINGS = frozenset(
    {"limit_changed", "alarm_off", "alarm_on", "baseline_taken", "consciousness_assessed", "correction"}
)


def check_old(event: LimitChanged | AlarmOff | AlarmOn, engine: alarms.EngineState) -> None:
    """EntryRefused (409) when somebody else was faster: what the person saw as the old value is in force no more."""
    if isinstance(event, AlarmOn) and all(one.rule != event.rule for one in alarms.off(engine)):
        raise EntryRefused(f"rule {event.rule}: is on already", "rule", status=409)
    if not isinstance(event, LimitChanged):
        return
    setting = next(one for one in alarms.settings(engine) if one.rule == event.rule)
    now = {"value": setting.value, "delay_s": setting.delay_s, "hysteresis": setting.hysteresis}
    for key, old in event.old.items():
        if key in now and now[key] != old:
            raise EntryRefused(
                f"{setting.label}: changed meanwhile, {key} is {now[key]:g} now; look again", key, status=409
            )


def settings_rows(engine: alarms.EngineState) -> list[dict[str, Any]]:
    return [asdict(setting) for setting in alarms.settings(engine)]


def off_rows(engine: alarms.EngineState) -> list[dict[str, Any]]:
    return [
        {"rule": one.rule, "label": one.label, "until_t_s": one.until_t_s, "by": one.by, "reason": one.reason}
        for one in alarms.off(engine)
    ]


def modified(engine: alarms.EngineState) -> bool:
    """Whether any limit is another than the session's profile has."""
    return any(setting.modified for setting in alarms.settings(engine))
