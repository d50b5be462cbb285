"""What trainers say of a run that is over: appended to the run's own record, where nothing of it is ever rewritten."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from config.models import ConfigError
from config.models.scenario import Scenario
from dashboard.bedside.entries import checked, saved
from dashboard.bedside.errors import EntryRefused
from dashboard.session.chain import Stored
from dashboard.session.events import RunRemarked, SessionOpened, TrainingEvent
from dashboard.session.fold import fold
from dashboard.store import Store
from dashboard.training.called_for import called_for


@dataclass(frozen=True, slots=True)
class Remark:
    """`about`: the id of an expected action, empty for the run as a whole. `at`: UTC."""

    about: str
    text: str
    by: str
    at: datetime


def remarks_of(record: Sequence[Stored]) -> list[Remark]:
    """The last word about each, the run as a whole first, then in order of saying; what was taken back is not there."""
    last: dict[str, Remark] = {}
    for stored in record:
        event = stored.event
        if not isinstance(event, RunRemarked):
            continue
        last.pop(event.about, None)  # said anew: it moves to the end
        if event.text.strip():
            last[event.about] = Remark(event.about, event.text, event.by, event.at)
    return sorted(last.values(), key=lambda one: one.about != "")


def run_of(store: Store, bed: str, session: str) -> tuple[SessionOpened, list[Stored]]:
    """A run of the training room that is over. EntryRefused when there is no such run, or when it is still going on."""
    row = store.session(session)
    record = store.events(session) if row is not None and row.bed == bed else []
    opened = record[0].event if record else None
    if not isinstance(opened, SessionOpened):
        raise EntryRefused(f"there is no run {session!r}", field="session", status=404)
    if not opened.simulation or not any(isinstance(one.event, TrainingEvent) for one in record):
        raise EntryRefused("that session is no training run", field="session", status=404)
    if fold(record).is_open:
        raise EntryRefused("that run is still going on; end it first", status=409)
    return opened, record


class RemarkBook:
    """`people`: who may remark. `find`: the scenario of that id, ConfigError when it is not here any more."""

    def __init__(self, store: Store, bed: str, people: Collection[str], find: Callable[[str], Scenario]) -> None:
        self._store, self._bed, self._people, self._find = store, bed, people, find
        self._lock = Lock()  # an entry is checked against the record that it is then added to

    def record(self, session: str, about: str, text: str, by: str, request_id: str) -> list[Remark]:
        """The run's remarks with this one among them, durable. The same `request_id` again records nothing more.

        EntryRefused: 400 names the field that is wrong, 404 no such run, 409 it goes on, 503 not saved."""
        if by not in self._people:
            raise EntryRefused("say first who is commenting", field="by")
        with self._lock:
            opened, record = run_of(self._store, self._bed, session)
            if self._store.recorded(session, request_id) is None:
                standing = {one.about for one in remarks_of(record)}
                if about not in standing | {
                    "",
                    *self._lines(opened.scenario),
                    *(one.action.id for one in called_for(record)),
                }:
                    raise EntryRefused(f"the score sheet of this run has no line {about!r}", field="about")
                if not text.strip() and about not in standing:
                    raise EntryRefused("text: nothing was entered", field="text")
                at, t_s = datetime.now(UTC), record[-1].event.t_s  # the run's clock stands still at its end
                event = RunRemarked(at=at, by=by, t_s=t_s, about=about, text=text.strip())
                checked(event, fold(record))
                record = [*record, saved(self._store.writer.append(session, event, request_id, keep=False))]
        return remarks_of(record)

    def _lines(self, scenario: str) -> tuple[str, ...]:
        try:
            found = self._find(scenario)
        except ConfigError:
            return ()
        return tuple(one.id for one in found.actions) if found.id == scenario else ()
