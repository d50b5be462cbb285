"""Recordings that a trainer can choose as a case: files of the folder for them, and recorded sessions, without anybody's name."""

from dataclasses import dataclass
from pathlib import Path

from config.models import ConfigError
from config.models.scenario import Scenario
from dashboard.recordings import READERS, SCENARIO, Case, read_file, read_session_case
from dashboard.store import SessionRow, Store, Stores
from simulators.replay import Recording

#: Of each store the newest so many sessions can be chosen: a list for a person who chooses.
NEWEST = 40


@dataclass(frozen=True, slots=True)
class Choice:
    """`id`: what to open it by. `title` and `about` hold nobody's name."""

    id: str
    title: str
    about: str


class Cases:
    """`folder` need not be there. Every method reads from disk."""

    def __init__(self, stores: Stores, folder: Path) -> None:
        self._stores, self._folder = stores, folder

    def choices(self) -> list[Choice]:
        """Files by name, then sessions that are over, patients' before simulated ones, newest first."""
        files = [Choice(f"file:{path.name}", path.name, "file") for path in self._files()]
        return files + [
            Choice(f"session:{row.id}", _title(row), _about(store, row))
            for store in self._stores.existing()
            for row in self._over(store)
        ]

    def open(self, name: str, from_s: float) -> tuple[Scenario, Recording]:
        """What a run of it is opened with, from that second on, and what was measured. ConfigError for what is not in the list, what
        cannot be read, and for a beginning past its end."""
        kind, _, what = name.partition(":")
        case, title = self._file(what) if kind == "file" else self._session(what)
        end_s = case.recording.end_s
        if not 0 <= from_s < end_s:
            raise ConfigError(f"{title}: {from_s / 60:g} min is not in it, it ends after {end_s / 60:.1f} min")
        return case.scenario(from_s).model_copy(update={"title": title}), case.recording

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if path.suffix.lower() in READERS and path.is_file())

    def _over(self, store: Store) -> list[SessionRow]:
        # A session that is itself a replay would only be a copy; its source is in the list.
        rows = [row for row in store.sessions() if not row.is_open and row.scenario != SCENARIO]
        return rows[:NEWEST]

    def _file(self, name: str) -> tuple[Case, str]:
        found = next((path for path in self._files() if path.name == name), None)
        if found is None:
            raise ConfigError(f"{self._folder}: there is no recording {name!r} in it")
        return read_file(found), name

    def _session(self, session: str) -> tuple[Case, str]:
        for store in self._stores.existing():
            row = store.session(session)
            if row is not None and not row.is_open:
                return read_session_case(store, row.id), _title(row)
        raise ConfigError(f"there is no recorded session {session!r} that is over")


def _title(row: SessionRow) -> str:
    return f"Session of {row.opened_at.astimezone():%Y-%m-%d %H:%M}"


def _about(store: Store, row: SessionRow) -> str:
    last = store.last_tick(row.id)
    minutes = "nothing measured" if last is None else f"{last[0] / 60:.0f} min"
    return " · ".join([minutes, row.profile, *(["simulated"] if row.simulation else [])])
