"""What the end of a training run itself wrote into its record. Nobody at the bed did that, so it answers no alarm and earns no score. Pure."""

from collections.abc import Sequence

from dashboard.session.chain import Stored
from dashboard.session.events import SYSTEM, Event, InfusionStopped, SessionClosed, TrainingEvent

#: How the training room closes a run: ended or restarted by the trainer, with the program, or to go on from an earlier moment.
ENDED, RESTARTED, PROGRAM_STOPPED, REWOUND = "run ended", "restarted", "program stopped", "rewound to "


def closing(record: Sequence[Stored]) -> frozenset[int]:
    """Numbers of the entries with which the room closed a run: its end, and the stop of a pump that still ran. Empty for a session that is
    no run of a trainer, that goes on, or that was closed at the bed."""
    stop: Stored | None = None
    run = False
    for one in record:
        event = one.event
        run = run or isinstance(event, TrainingEvent)
        if isinstance(event, InfusionStopped):
            stop = one
        elif isinstance(event, SessionClosed):
            if not run or not _by_the_room(event):
                return frozenset()
            # Alarms may stand between the two: the bed's engine goes on until the session is closed.
            theirs = stop is not None and _same_hand(stop.event, event)
            return frozenset({one.seq, stop.seq} if stop is not None and theirs else {one.seq})
    return frozenset()


def lived(record: Sequence[Stored]) -> list[Stored]:
    """The record without what the room's closing wrote."""
    written = closing(record)
    return [one for one in record if one.seq not in written]


def _same_hand(stop: Event, end: SessionClosed) -> bool:
    return isinstance(stop, InfusionStopped) and (stop.reason, stop.by) == (end.summary, end.by)


def _by_the_room(end: SessionClosed) -> bool:
    return end.by == SYSTEM or end.summary in (ENDED, RESTARTED, PROGRAM_STOPPED) or end.summary.startswith(REWOUND)
