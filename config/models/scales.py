"""Scales of consciousness and sedation as data (`config/scales/*.toml`). Labels are our own short words, not the instruments'."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, model_validator

from config.models.base import Model, load_toml
from config.models.errors import ConfigError

SCALES = Path(__file__).parents[1] / "scales"


class Level(Model):
    """One level. `depth` (ASA continuum) and `acvpu` are for colour and trend alignment on screen only: a recorded level is
    never converted. `side`: agitated levels lie above alert."""

    code: str = Field(min_length=1, max_length=8)
    label: str = Field(min_length=1, max_length=80)
    depth: Literal["awake", "minimal", "moderate", "deep", "anaesthesia"] | None = None
    acvpu: Literal["A", "C", "V", "P", "U"] | None = None
    side: Literal["alert", "agitated", "sedated", "confused"]


class Scale(Model):
    """`levels` in the order in which the buttons stand, best or most agitated first; `version` goes into reports, because
    scales of one name differ between hospitals."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    version: str
    source: str
    levels: tuple[Level, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _codes_differ(self) -> Self:
        codes = [level.code for level in self.levels]
        if len(set(codes)) != len(codes):
            raise ValueError(f"scale {self.id!r} has two levels of one code")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(level.code for level in self.levels)

    def level(self, code: str) -> Level | None:
        """The level written exactly so, or with a typographic minus; None for no level of this scale."""
        plain = code.strip().replace("−", "-")
        return next((level for level in self.levels if level.code == plain), None)


def load_scale(path: Path) -> Scale:
    """ConfigError names file and key; the file is called as the scale."""
    scale = load_toml(path, Scale)
    if scale.id != path.stem:
        raise ConfigError(f"{path}: id: expected {path.stem!r}, the name of the file (got {scale.id!r})")
    return scale


def load_scales(folder: Path = SCALES) -> Mapping[str, Scale]:
    """All scales of a folder by id."""
    return MappingProxyType({path.stem: load_scale(path) for path in sorted(folder.glob("*.toml"))})


@cache
def shipped_scales() -> Mapping[str, Scale]:
    """The scales that come with the program: `moaas`, `rass`, `acvpu`."""
    return load_scales()
