"""What happened in a run, line by line, so that a trainer can tell afterwards what the trainee was told when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard.session.chain import Stored
from dashboard.session.closing import ENDED, PROGRAM_STOPPED, RESTARTED, closing
from dashboard.session.corrections import happened_s
from dashboard.session.describe import text as words_of
from dashboard.session.events import (
    SYSTEM,
    AlarmEvent,
    CueShown,
    Event,
    Injected,
    RunForked,
    RunPaced,
    RunSlowed,
    SessionClosed,
    SessionOpened,
    SoundConfirmed,
    TraineeActed,
    TrainingEvent,
)
from dashboard.training.score import SCENARIO

#: `acted`: tapped as done by the trainee; `recorded`: entered at the bed; `told`: a cue that the trainee was told; `script`: what the
#: scenario itself charted; `paced`: how the run's clock went, and its end; `forked`:
#: where a run goes on from another one; `patient`: what befell the patient's breathing, from the truth.
Kind = Literal["acted", "recorded", "told", "injected", "script", "paced", "forked", "patient"]
_ENDS = {ENDED: "run ended", RESTARTED: "run ended: restarted", PROGRAM_STOPPED: "run ended: the program stopped"}


@dataclass(frozen=True, slots=True)
class Line:
    """`t_s`: when it happened, on the scenario's clock."""

    t_s: float
    kind: Kind
    text: str
    by: str


def happened(record: Sequence[Stored], from_s: float) -> list[Line]:
    """From the trainee's coming at `from_s` to the end of the run, in order of time; without alarms and what answers them, marks and
    comments, which stand elsewhere."""
    written = closing(record)
    out: list[Line] = []
    for stored in record:
        event, at_s = stored.event, happened_s(stored.event)
        if isinstance(event, SessionClosed):
            out.append(
                Line(at_s, "paced", _end(event) if stored.seq in written else f"recorded: {words_of(event)}", event.by)
            )
            break  # what reviewers add later is no part of the run
        if isinstance(event, RunForked):
            words = "gone on from an earlier run at this moment: what stands before is carried over"
            out.append(Line(event.from_t_s, "forked", words, event.by))
        elif at_s >= from_s and stored.seq not in written and (line := _line(event, at_s)) is not None:
            out.append(line)
    return sorted(out, key=lambda one: one.t_s)


def _line(event: Event, at_s: float) -> Line | None:
    words = words_of(event)
    match event:
        case TraineeActed():
            return Line(at_s, "acted", words, event.by)
        case Injected():
            return Line(at_s, "injected", words, event.by)
        case CueShown():
            return Line(at_s, "told", f"told the trainee: {words}", event.by)
        case RunPaced() | RunSlowed():
            return Line(at_s, "paced", words, event.by)
        case TrainingEvent() | AlarmEvent() | SessionOpened() | SoundConfirmed():
            return None
    if event.by == SYSTEM:
        return None
    if event.by == SCENARIO:
        return Line(at_s, "script", f"by the scenario: {words}", "")
    return Line(at_s, "recorded", f"recorded: {words}", event.by)


def _end(event: SessionClosed) -> str:
    return _ENDS.get(event.summary, f"run ended: {event.summary}")
