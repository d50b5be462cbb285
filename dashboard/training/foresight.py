"""What would become of a run's patient if nobody touched anything from the trainee's coming on, worked out once for each run."""

from collections import OrderedDict
from threading import Lock
from typing import Any, Protocol

from dashboard.bedside.errors import EntryRefused
from dashboard.training.room import TrainingRoom
from dashboard.training.run import for_trainee
from dashboard.training.untouched import Untouched

Row = dict[str, Any]

#: Curves of so many runs are kept: a trainer goes back and forth between two or three.
KEPT = 8


class NotOn(EntryRefused):
    """The run that was asked about is not the one that is on: it ended, or another was forked from it, just now."""


class Worker(Protocol):
    """Works it out somewhere else; None when called off."""

    def untouched(self, owner: str, asked: Untouched) -> Row | None: ...


class Foresight:
    """Each run's untouched course, worked out once: a rewound or restarted run is the same patient again."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, int, float], Row] = OrderedDict()

    def of(self, room: TrainingRoom, session: str) -> Row:
        """May take seconds. NotOn when `session` is not the run that is on; EntryRefused when it has no untouched course."""
        run, at_bed = room.run, room.bedside.session
        if run is None or at_bed is None or at_bed.id != session:
            raise NotOn("that run is not on", field="session", status=409)
        if run.recording is not None:
            raise EntryRefused("a recording went as it went: nobody knows it untouched", status=409)
        key = (run.scenario.model_dump_json(), run.seed, run.joined_s)
        with self._lock:  # whoever asks for the same meanwhile finds it kept
            if (found := self._kept.get(key)) is None:
                # The worker need not know the room: what is the trainee's own task is taken out of the scenario here.
                asked = Untouched(for_trainee(run.scenario, run.joined_s), run.seed, run.joined_s)
                found = self._worker.untouched("training room", asked)
                if found is None:
                    raise EntryRefused("the untouched course was called off", status=409)
                self._kept[key] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
        return found
