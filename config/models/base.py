"""The base of all settings models, and the one way a TOML file becomes one."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from config.models.errors import ConfigError


class Model(BaseModel):
    """Frozen, and refuses unknown keys: a misspelt key must never be silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


M = TypeVar("M", bound=BaseModel)
MAX_SHOWN = 80  # characters of a wrong value; it may be a whole table
#: Keys below which a wrong value is not printed: it may hold a password.
SECRET = {"contacts", "url"}
_SAID = {"extra_forbidden": "unknown key", "missing": "missing key"}
_ABOUT_A_KEY = frozenset(_SAID.values())


def load_toml(path: Path, model: type[M]) -> M:
    """The file as `model`. ConfigError, in one line, names the file, the key and what was expected."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error)}") from None


def describe(error: ValidationError) -> str:
    """All of pydantic's complaints as one line: `key: what is wrong (got value)`."""
    parts = []
    for loc, said in complaints(error):
        key = ".".join(str(part) for part in loc)
        parts.append(
            said.replace(" key", f" key {key!r}", 1) if said in _ABOUT_A_KEY else f"{key}: {said}" if key else said
        )
    return "; ".join(parts)


def complaints(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """Where, and what is wrong there, in our words."""
    out: list[tuple[tuple[int | str, ...], str]] = []
    found = error.errors()
    for item in found:
        loc = item["loc"]
        if item["type"] == "too_short" and any(is_inside(other["loc"], loc) for other in found):
            continue  # what it misses is there, and complained of itself
        if item["type"] in _SAID:
            out.append((loc, _SAID[item["type"]]))
        elif item["type"] == "value_error":
            # Our own words already say what and where; the input may be the whole file.
            out.append((loc, str(item["msg"]).removeprefix("Value error, ")))
        elif SECRET & set(loc):
            out.append((loc, str(item["msg"])))
        else:
            got = repr(item["input"])
            out.append((loc, f"{item['msg']} (got {got if len(got) <= MAX_SHOWN else got[:MAX_SHOWN] + '…'})"))
    return out


def is_inside(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer
