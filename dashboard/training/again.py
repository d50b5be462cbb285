"""What a run that is over must be so that one can go on from it: walked again, it has to be the same patient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from config.models.scenario import Scenario
from dashboard.bedside.errors import EntryRefused
from dashboard.recordings import SCENARIO as RECORDED
from dashboard.session.chain import Stored
from dashboard.session.events import SYSTEM, RunMarked, SessionClosed, SessionOpened, TrainingEvent
from dashboard.store import Store
from dashboard.training.edition import noted_of
from dashboard.training.library import Library
from dashboard.training.remarks import run_of
from dashboard.training.retrace import joined_s
from dashboard.training.run import Fork
from dashboard.training.runs import today


@dataclass(frozen=True, slots=True)
class CutOff:
    """A run that ended with the program, not by anybody's hand. `scenario`: its id; `t_s`: its last second."""

    session: str
    scenario: str
    t_s: float


def latest_s(record: Sequence[Stored]) -> float:
    """The last whole second of a run that is over, before what its end itself recorded (a pump that still ran is stopped there)."""
    end_s = next((one.event.t_s for one in record if isinstance(one.event, SessionClosed)), record[-1].event.t_s)
    return max(0.0, math.ceil(end_s) - 1.0)


def moments(record: Sequence[Stored]) -> list[tuple[float, str]]:
    """Where one may go on, with words: its last second, then its marks, latest first."""
    end_s = latest_s(record)
    marks = [one.event for one in record if isinstance(one.event, RunMarked) and one.event.t_s <= end_s]
    return [(end_s, "its last second"), *((mark.t_s, mark.label or "mark") for mark in reversed(marks))]


def cut_off(record: Sequence[Stored]) -> CutOff | None:
    """None for what is no run of a trainer, or was ended by a person."""
    opened, run = record[0].event, any(isinstance(one.event, TrainingEvent) for one in record)
    closed = next((one.event for one in record if isinstance(one.event, SessionClosed)), None)
    if not run or not isinstance(opened, SessionOpened) or closed is None or closed.by != SYSTEM:
        return None
    return CutOff(record[0].session, opened.scenario, latest_s(record))


def same_patient(opened: SessionOpened, record: Sequence[Stored], library: Library) -> Scenario:
    """The scenario that the run was walked with. EntryRefused when it is gone, or is another one by now; also
    for a replay, which has no patient."""
    if opened.scenario == RECORDED:
        raise EntryRefused("a replay of a recording is not gone on from; start it again", status=409)
    now = today(opened.scenario, library.find, library.changed_at)
    if now.scenario is None:
        raise EntryRefused(f"the scenario of this run is not here any more: {opened.scenario}", status=404)
    if now.changed(noted_of(record), opened.at):
        raise EntryRefused(
            f"the scenario {opened.scenario} was changed after this run: walked again it would be another patient",
            status=409,
        )
    return now.scenario


def fork_of(
    store: Store, bed: str, session: str, library: Library, at_s: float | None = None
) -> tuple[Scenario, int, Fork]:
    """Scenario, seed, and what is gone on from: an ended run of the training room at `at_s` of its clock, None for its last second.
    EntryRefused when there is none, when it goes on, or when it could not be walked to the same patient."""
    opened, record = run_of(store, bed, session)
    scenario, end_s = same_patient(opened, record, library), latest_s(record)
    moment_s = end_s if at_s is None else at_s
    if not 0 <= moment_s <= end_s:
        raise EntryRefused("expected a moment of that run that has been", field="at_s")
    if opened.seed is None:
        raise EntryRefused("that run does not say its seed: nobody can walk it again", field="session")
    return scenario, opened.seed, Fork(session, record, moment_s, joined_s(record))
