"""Infusion protocols and the dose guard as data (`config/protocols/*.toml`). Proposals for a site to approve: they fill in a
form and colour a number; nothing here doses a patient."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.models.base import Model, load_toml
from config.models.errors import ConfigError

PROTOCOLS = Path(__file__).parents[1] / "protocols"
DOSE_GUARD = "dose_guard.toml"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Plan:
    """A protocol for one patient and one day. `rate_mg_h` is the even rate; where the duration is a minimum, the highest."""

    planned_mg: float
    planned_min: float
    rate_mg_h: float


class Protocol(Model):
    """One regimen. `amount` in `basis` units; both None where the prescriber enters freely. `duration`: `exact`, or `minimum` for
    "at least". `max_rate_mg_h`: a cap that the source itself states."""

    code: str
    title: str
    indication: str
    basis: Literal["mg", "mg/kg", "mg/h", "mg/kg/h"] | None = None
    amount: Positive | None = None
    duration_min: Positive | None = None
    duration: Literal["exact", "minimum"] = "exact"
    days: int = Field(default=1, ge=1, le=365)
    max_rate_mg_h: Positive | None = None
    profile: str = "A-standard-adult"
    scale: str = "moaas"
    intended_depth: Literal["minimal", "moderate"] = "minimal"
    evidence: str
    source: str
    notes: str = ""

    @model_validator(mode="after")
    def _whole_or_free(self) -> Self:
        given = [self.basis is not None, self.amount is not None, self.duration_min is not None]
        if any(given) and not all(given):
            raise ValueError("basis, amount and duration_min go together: all three, or none for free entry")
        return self

    def plan(self, weight_kg: float) -> Plan | None:
        """Dose, minutes and rate for a patient of `weight_kg`; None for free entry. ConfigError for a weight of 0 or less."""
        if self.amount is None or self.duration_min is None:
            return None
        if not weight_kg > 0:
            raise ConfigError(f"weight_kg: expected more than 0 (got {weight_kg!r})")
        hours = self.duration_min / 60
        per_kg = weight_kg if self.basis in ("mg/kg", "mg/kg/h") else 1.0
        rate_mg_h = self.amount * per_kg * (1.0 if self.basis in ("mg/h", "mg/kg/h") else 1 / hours)
        if self.max_rate_mg_h is not None:
            rate_mg_h = min(rate_mg_h, self.max_rate_mg_h)
        return Plan(rate_mg_h * hours, self.duration_min, rate_mg_h)


class Band(Model):
    """Rates up to and including `up_to_mg_kg_h`; None: all above. `priority` None: shown, not warned about."""

    up_to_mg_kg_h: Positive | None = None
    priority: Literal["low", "medium"] | None = None
    text: str


class DoseGuard(Model):
    """What deserves a second look at a dose. Warns, never blocks."""

    version: str
    source: str
    bands: tuple[Band, ...] = Field(min_length=1)
    bolus_mg_kg: Positive
    order_difference_pct: Positive
    order_difference_s: Positive
    dose_reached_pct: Positive
    dose_exceeded_pct: Positive
    usual_mg_ml: tuple[Positive, ...] = Field(min_length=1)
    factor_suspected: float = Field(gt=1)
    usual_weight_kg: tuple[Positive, Positive]

    @model_validator(mode="after")
    def _bands_rise_to_an_open_end(self) -> Self:
        ends = [band.up_to_mg_kg_h for band in self.bands]
        closed = [end for end in ends if end is not None]
        if ends[-1] is not None or len(closed) != len(ends) - 1 or closed != sorted(set(closed)):
            raise ValueError("bands: expected rising up_to_mg_kg_h, and none in the last band alone")
        return self

    def band(self, rate_mg_kg_h: float) -> Band:
        """The band that a rate lies in; the limits belong to the lower band ("above 0.5" is not 0.5)."""
        # Entered in mg/h and divided by the weight, 0.5 may come out as 0.5000000000000001: that is still 0.5.
        rate = round(rate_mg_kg_h, 9)
        return next(band for band in self.bands if band.up_to_mg_kg_h is None or rate <= band.up_to_mg_kg_h)


def load_protocols(folder: Path = PROTOCOLS) -> Mapping[str, Protocol]:
    """All protocols of a folder by code, in order of file name. ConfigError names file and key, or two of one code."""
    out: dict[str, Protocol] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name == DOSE_GUARD:
            continue
        protocol = load_toml(path, Protocol)
        if protocol.code in out:
            raise ConfigError(f"{path}: code: {protocol.code!r} is the code of another protocol")
        out[protocol.code] = protocol
    return MappingProxyType(out)


@cache
def shipped_protocols() -> Mapping[str, Protocol]:
    return load_protocols()


@cache
def shipped_dose_guard() -> DoseGuard:
    return load_toml(PROTOCOLS / DOSE_GUARD, DoseGuard)
