"""When a run that goes faster than real time should fall back to it: at what a trainee is scored by, or should see begin. Pure."""

from collections.abc import Sequence

from config.models.scenario import Scenario
from dashboard.session.chain import Stored
from dashboard.session.events import AlarmEscalated, AlarmRaised, RunPaced, RunSlowed
from dashboard.training.called_for import called_for

_LOUD = ("medium", "high")


def came_due(scenario: Scenario, record: Sequence[Stored], joined_s: float, now_s: float) -> str | None:
    """What came due since the run went fast, in the words of the screen; None: nothing, or it does not go fast.

    That is the run's first medium or high alarm since the trainee came, and the first of each alarm or time that an expected action
    waits for, and what an injection calls for. Whoever goes fast again after that is not held up by the same thing twice.
    """
    begun = next((n for n in range(len(record) - 1, -1, -1) if isinstance(record[n].event, RunPaced)), None)
    if begun is None:
        return None
    paced = record[begun].event
    assert isinstance(paced, RunPaced)
    if paced.speed <= 1:
        return None
    waited = {action.cue.alarm for action in scenario.actions if action.cue.alarm is not None}
    seen: set[str] = set()
    for n, stored in enumerate(record):
        event = stored.event
        if not isinstance(event, AlarmRaised | AlarmEscalated):
            continue
        names = {event.rule} & waited
        if event.t_s >= joined_s and event.priority in _LOUD:
            names.add("loud")
        if n > begun and names - seen:
            return event.message or event.rule
        seen |= names
    # An entry's time lies between two ticks and may be somewhat before the clock's: what was said already is not due again.
    said = {stored.event.reason for stored in record if isinstance(stored.event, RunSlowed)}
    times = [
        *((action.cue.at_s, action.text) for action in scenario.actions if action.cue.at_s is not None),
        *(
            (one.cue_s, one.action.text)
            for one in called_for(record)
            if one.cue_s is not None and not one.action.harmful
        ),
    ]
    now_due = [text for at_s, text in times if paced.t_s < at_s <= now_s]
    return None if said.intersection(now_due) else next(iter(now_due), None)
