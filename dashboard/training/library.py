"""The scenarios of this machine: the shipped ones, which stay as they are, and those that were written here, one file each."""

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from config.models import ConfigError, DashboardError
from config.models.scenario import Scenario
from config.models.scenario_file import Problem, read_scenario
from dashboard.scenario_check import check_text
from simulators.scenario import find_scenario, scenario_names, scenario_path

_ID = re.compile(r"[a-z0-9-]{1,60}")
#: More is no scenario, and would be slow to check.
LONGEST = 100_000


class LibraryError(DashboardError):
    """A scenario cannot be read, kept or deleted. `status` as of HTTP; 409: the file is not the one that was read."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario of the list. `problem`: what is wrong with the file, in a line; `scenario` None when it cannot be read at all."""

    id: str
    own: bool
    scenario: Scenario | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """`digest` tells this text from any other that may have taken its place."""

    id: str
    own: bool
    text: str
    digest: str


class Library:
    """`folder`: of the own ones, made at the first save; None: shipped ones only. Methods read and write files: off the event loop."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._lock = Lock()
        self._known: dict[tuple[str, bool], tuple[str, Entry]] = {}

    def find(self, name: str) -> Scenario:
        """ConfigError when there is no such one, or when its file is wrong."""
        if name in scenario_names() or not self._is_own(name):
            return find_scenario(name, self.folder)
        entry = self._entry(name, own=True)
        if entry.problem or entry.scenario is None:
            raise ConfigError(f"{name}: {entry.problem}")
        return entry.scenario

    def changed_at(self, name: str) -> datetime | None:
        """When the file of an own scenario was last written, as its date tells; None for a shipped one and for one that is not here."""
        if not self._is_own(name):
            return None
        try:
            return datetime.fromtimestamp(self._own(name).stat().st_mtime, UTC)
        except OSError:
            return None

    def entries(self) -> list[Entry]:
        """Own ones first, each group by id. A broken file is an entry with its problem."""
        found = [self._entry(name, own=True) for name in self._own_names()]
        return found + [self._entry(name, own=False) for name in scenario_names()]

    def read(self, name: str) -> Text:
        """LibraryError 404 when there is no such one."""
        check_id(name)
        own = self._is_own(name)
        if not own and name not in scenario_names():
            raise LibraryError(f"there is no scenario {name!r}", 404)
        text = _read(self._own(name) if own else scenario_path(name))
        return Text(name, own, text, digest(text))

    def save(self, name: str, text: str, seen: str | None) -> Text:
        """Keep `text` as the own scenario `name`. `seen`: digest of what was read before, None for a new one.

        LibraryError says why not: it does not pass, a shipped one has the name, or the file is another one meanwhile (409)."""
        check_id(name)
        if name in scenario_names():
            raise LibraryError(f"{name} is a shipped scenario and stays as it is; save yours under another id", 409)
        if problems := check_as(name, text):
            raise LibraryError(f"not saved: line {problems[0]}")
        path = self._own(name)
        with self._lock:
            self._refuse_other(path, seen)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, text)
            except OSError as error:
                raise LibraryError(f"{path}: cannot be written: {error.strerror}", 503) from None
        return Text(name, True, text, digest(text))

    def delete(self, name: str, seen: str) -> Path:
        """The file becomes `<id>.toml.bak`, in the place of an earlier one of that name. Where it is now."""
        check_id(name)
        if not self._is_own(name):
            raise LibraryError(f"there is no scenario {name!r} of your own", 404)
        path = self._own(name)
        kept = path.with_name(f"{path.name}.bak")
        with self._lock:
            self._refuse_other(path, seen)
            try:
                path.replace(kept)
            except OSError as error:
                raise LibraryError(f"{path}: cannot be deleted: {error.strerror}", 503) from None
        return kept

    # -- files --------------------------------------------------------------------------------------------------------

    def _own(self, name: str) -> Path:
        if self.folder is None:
            raise LibraryError("this station keeps no scenarios of its own", 404)
        return self.folder / f"{name}.toml"

    def _own_names(self) -> list[str]:
        return [] if self.folder is None else sorted(path.stem for path in self.folder.glob("*.toml"))

    def _is_own(self, name: str) -> bool:
        return name not in scenario_names() and name in self._own_names()

    def _entry(self, name: str, *, own: bool) -> Entry:
        try:
            text = _read(self._own(name) if own else scenario_path(name))
        except LibraryError as error:
            return Entry(name, own, None, str(error))
        key = digest(text)
        known, entry = self._known.get((name, own), ("", None))
        if entry is None or known != key:  # checking twenty files takes a second, and they hardly ever change
            entry = _examined(name, text, own=own)
            self._known[(name, own)] = (key, entry)
        return entry

    def _refuse_other(self, path: Path, seen: str | None) -> None:
        there = digest(_read(path)) if path.exists() else None
        if there == seen:
            return
        if seen is None:
            raise LibraryError(f"there is a scenario {path.stem} already; take another id, or open that one", 409)
        what = "was deleted" if there is None else "was changed"
        raise LibraryError(f"{path.name} {what} on the disk after you opened it; copy your text and load it again", 409)


def check_id(name: str) -> str:
    if not _ID.fullmatch(name):
        raise LibraryError(f"{name[:60]!r} cannot be an id: small letters, digits and hyphens, at most 60")
    return name


def check_as(name: str | None, text: str) -> list[Problem]:
    """All that is wrong with `text`; with `name` also when it calls itself something else."""
    return _checked(name, text)[1]


def _checked(name: str | None, text: str) -> tuple[Scenario | None, list[Problem]]:
    if len(text) > LONGEST:
        return None, [Problem(1, "", f"longer than {LONGEST:,} characters")]
    try:
        scenario, problems = check_text(text)
    except RecursionError:
        return None, [Problem(1, "", "nested too deeply")]
    if scenario is not None and name is not None and scenario.id != name:
        lines = text.split("\n")
        line = next((i for i, row in enumerate(lines, 1) if re.match(r"\s*id\s*=", row)), 1)
        problems = [Problem(line, "id", f"is {scenario.id!r}, but the file is {name}.toml"), *problems]
    return scenario, problems


def digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()


def _examined(name: str, text: str, *, own: bool) -> Entry:
    if own and name in scenario_names():
        return Entry(name, own, None, "a shipped scenario has this id; rename the file")
    if own and not _ID.fullmatch(name):
        return Entry(name, own, None, "the file's name must be small letters, digits and hyphens")
    if not own:  # checked before it was shipped
        return Entry(name, own, read_scenario(text)[0])
    scenario, problems = _checked(name, text)
    return Entry(name, own, None if problems else scenario, f"line {problems[0]}" if problems else "")


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        raise LibraryError(f"{path.name}: cannot be read: {error.strerror}", 404) from None
    except UnicodeDecodeError:
        raise LibraryError(f"{path.name}: is no text in UTF-8") from None


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk when it returns."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
