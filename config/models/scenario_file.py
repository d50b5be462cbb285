"""A scenario file becomes a `Scenario`: presets of patients filled in, and every complaint with the line that it is about."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.models.base import complaints
from config.models.errors import ConfigError
from config.models.scenario import Patient, Scenario
from config.models.toml_lines import Path as KeyPath
from config.models.toml_lines import key_lines, line_of

PATIENTS = Path(__file__).parents[1] / "patients"
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")
_KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` from 1; `key` dotted, empty for the file as a whole."""

    line: int
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.line}: {self.key}: {self.text}" if self.key else f"{self.line}: {self.text}"


class Places:
    """Where the keys of one text stand."""

    def __init__(self, text: str) -> None:
        self._lines = key_lines(text)

    def problem(self, path: Sequence[str | int], text: str) -> Problem:
        """About a key, or about the table that should hold it."""
        if not path and (named := self._named(text)):
            path, text = named, text.removeprefix(".".join(map(str, named)) + ": ")
        return Problem(line_of(self._lines, tuple(path)), ".".join(map(str, path)), text)

    def _named(self, text: str) -> KeyPath:
        """A rule about the whole file says itself which key it is about."""
        for found in _KEY.findall(text):
            path: KeyPath = tuple(found.split("."))
            if path in self._lines:
                return path
        return ()


def patient_presets() -> list[str]:
    return sorted(path.stem for path in PATIENTS.glob("*.toml"))


def read_scenario(text: str) -> tuple[Scenario | None, list[Problem]]:
    """The scenario, or None and all that is wrong with it, by line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        return None, [Problem(line, "", f"not valid TOML: {_AT_LINE.sub('', str(error))}")]
    places = Places(text)
    try:
        data = {**data, "patient": _patient(data["patient"])} if "patient" in data else data
    except ConfigError as error:
        path = ("patient", "preset") if isinstance(data["patient"], dict) else ("patient",)
        return None, [places.problem(path, str(error))]
    try:
        return Scenario.model_validate(data), []
    except ValidationError as error:
        found_all = [places.problem(_own_path(data, loc), said) for loc, said in complaints(error)]
        return None, sorted(set(found_all), key=lambda p: (p.line, p.key))


def load_scenario(path: Path) -> Scenario:
    """ConfigError, in one line, names the file, and line and key of each problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    scenario, problems = read_scenario(text)
    if scenario is None:
        raise ConfigError(f"{path}:" + "; ".join(map(str, problems)))
    return scenario


def _patient(given: Any) -> Any:
    """A preset's name, or a table whose `preset` is the ground that its other keys change."""
    if isinstance(given, str):
        return _preset(given)
    if isinstance(given, dict) and "preset" in given:
        return {**_preset(given["preset"]), **{key: value for key, value in given.items() if key != "preset"}}
    return given


def _preset(name: Any) -> dict[str, Any]:
    if name not in patient_presets():
        raise ConfigError(f"unknown patient {name!r}; there are {', '.join(patient_presets())}")
    data = tomllib.loads((PATIENTS / f"{name}.toml").read_text(encoding="utf-8"))
    try:
        Patient.model_validate(data)
    except ValidationError as error:
        loc, said = complaints(error)[0]
        raise ConfigError(f"config/patients/{name}.toml: {'.'.join(map(str, loc))}: {said}") from None
    return data


def _own_path(data: Any, loc: Sequence[str | int]) -> KeyPath:
    """A place as the file has it: the kind of an effect, which stands in the checker's own path, is left out."""
    path: list[str | int] = []
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        known = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if known:
            data = data[part]
        elif not last or (isinstance(data, dict) and data.get("kind") == part):
            continue
        path.append(part)
    return tuple(path)
