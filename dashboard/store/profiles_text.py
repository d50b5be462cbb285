"""An alarm profile as text and back. The text is whole: it leans on no other file, so that it still says the same in ten years."""

import tomllib
from typing import Any

import tomli_w
from pydantic import ValidationError

from config.models import ConfigError
from config.models.alarms import Profile
from config.models.base import describe

#: Approval belongs to the book, never to the text: a text that is copied or changed carries none.
APPROVAL = ("approved_by", "approved_at")
_HEAD = ("id", "title", "version")


def to_toml(profile: Profile) -> str:
    """Everything the profile says, defaults included, without its approval."""
    data = _plain(profile.model_dump(mode="json", exclude=set(APPROVAL)))
    ordered = {**{key: data[key] for key in _HEAD}, **{key: value for key, value in data.items() if key not in _HEAD}}
    return tomli_w.dumps(ordered)


def from_toml(text: str, where: str) -> Profile:
    """The inverse of `to_toml`. ConfigError names `where` and the key."""
    try:
        return Profile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{where}: {describe(error)}") from None


def same_limits(one: Profile, other: Profile) -> bool:
    """Whether two profiles judge alike: all that they say but version and approval."""
    aside = {*APPROVAL, "version"}
    return one.model_dump(exclude=aside) == other.model_dump(exclude=aside)


def _plain(value: Any) -> Any:
    """Without what stands for nothing: TOML has no null, and an empty table or list is its key's own default."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner not in (None, [], {})}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
