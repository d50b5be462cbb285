"""When a run began for people, and who was its trainee. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from dashboard.session.chain import Stored
from dashboard.session.closing import closing
from dashboard.session.events import SYSTEM, RunForked, SessionClosed, TraineeNamed, TrainingEvent
from dashboard.training.retrace import joined_s
from dashboard.training.score import SCENARIO


def lived_from_s(record: Sequence[Stored]) -> float:
    """When the trainee's part began, on the scenario's clock: their coming, or the moment from which a fork goes on."""
    fork = next((one.event.from_t_s for one in record if isinstance(one.event, RunForked)), None)
    return joined_s(record) if fork is None else fork


def began_of(record: Sequence[Stored]) -> datetime:
    """When the trainee's part began, UTC: what came before is walked in a moment, and its times of day lie before that."""
    return record[0].event.at + timedelta(seconds=lived_from_s(record))


def trainees_of(record: Sequence[Stored]) -> tuple[str, ...]:
    """Who said that they are at the bed, and who recorded something there and is not the trainer; in order of coming."""
    written, trainer = closing(record), record[0].event.by
    found: dict[str, None] = {}
    for one in takewhile(lambda one: not isinstance(one.event, SessionClosed), record):  # reviewers come later
        event = one.event
        if isinstance(event, TraineeNamed):
            found.setdefault(event.person)
        elif (
            one.seq not in written
            and not isinstance(event, TrainingEvent)
            and event.by not in (SYSTEM, SCENARIO, trainer)
        ):
            found.setdefault(event.by)
    return tuple(found)
