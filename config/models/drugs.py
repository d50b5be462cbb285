"""Drug models as data (`config/drug_models/*.toml`) and the regimen file of the `predict` command."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from config.models.base import Model

#: How far a source can be trusted: read alike in several places; read once or computed; a guess or illustrative.
Confidence = Literal["high", "moderate", "low"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Sourced(Model):
    """Parameters that come from one place. `source`: where they were published or read."""

    source: Annotated[str, Field(min_length=1)]
    confidence: Confidence


class Flows(Sourced):
    """Volumes and clearances at `reference_weight_kg`, each scaled by (weight / reference) to its exponent."""

    reference_weight_kg: Positive
    volumes_l: tuple[Positive, ...] = Field(min_length=1, max_length=3)  # V1, V2, V3
    clearance_l_h: Positive
    flows_l_h: tuple[Positive, ...] = Field(max_length=2)  # Q2, Q3
    volume_exponent: float
    clearance_exponent: float

    @model_validator(mode="after")
    def _one_flow_for_each_outer_volume(self) -> Self:
        if len(self.flows_l_h) != len(self.volumes_l) - 1:
            raise ValueError("flows_l_h needs one entry for each volume after the first")
        return self


class Exchange(Sourced):
    """Rate constants between the first compartment and the others."""

    out_per_min: tuple[Positive, ...] = Field(max_length=2)  # k12, k13
    back_per_min: tuple[Positive, ...] = Field(max_length=2)  # k21, k31

    @model_validator(mode="after")
    def _a_way_back_for_each_way_out(self) -> Self:
        if len(self.out_per_min) != len(self.back_per_min):
            raise ValueError("out_per_min and back_per_min need the same number of entries")
        return self


class Rates(Exchange):
    """Strictly per kilogram: V1 in L/kg and rate constants, which do not depend on weight."""

    v1_l_per_kg: Positive
    k10_per_min: Positive


class Fixed(Exchange):
    """For a group of people of about `age_y`, whatever they weigh; between two groups, age interpolates."""

    age_y: Positive
    v1_l: Positive
    clearance_l_min: Positive


class EffectSite(Sourced):
    """ke0 = intercept + ln_weight * ln(weight in kg), 1/min. Valid only with the model it stands in."""

    intercept_per_min: float
    ln_weight_per_min: float = 0.0


class Validity(Model):
    """Who the model was built from, for the "outside the evidence" mark of the overlay."""

    weight_kg: tuple[Positive, Positive]
    min_age_y: NotNegative
    population: str


class DrugModelSpec(Model):
    """One shipped model. Exactly one of `flows`, `rates` and `fixed`; no `effect_site`: no effect-site curve is offered.

    `confidence` is that of the whole; each group of parameters has its own beside its source.
    """

    key: str
    title: str
    substance: Literal["ketamine", "midazolam"]
    drug: str
    citation: str
    confidence: Confidence
    bias: str
    validity: Validity
    flows: Flows | None = None
    rates: Rates | None = None
    fixed: Fixed | None = None
    effect_site: EffectSite | None = None

    @model_validator(mode="after")
    def _one_parametrisation(self) -> Self:
        if sum(group is not None for group in (self.flows, self.rates, self.fixed)) != 1:
            raise ValueError("give exactly one of [flows], [rates] and [fixed]")
        return self


class RegimenEvent(Model):
    """A bolus, or a rate that holds until the next rate event. Exactly one of the two."""

    model_config = ConfigDict(strict=True)

    t_min: NotNegative
    bolus_mg: NotNegative | None = None
    rate_mg_h: NotNegative | None = None

    @model_validator(mode="after")
    def _bolus_or_rate(self) -> Self:
        if (self.bolus_mg is None) == (self.rate_mg_h is None):
            raise ValueError("give either bolus_mg or rate_mg_h")
        return self


class Regimen(Model):
    """The `predict` command's file: who, and what was given when, in order of time. `age_y`: for a model that needs it."""

    weight_kg: Annotated[float, Field(gt=0, le=500, strict=True, allow_inf_nan=False)]
    age_y: Annotated[float, Field(gt=0, le=130, strict=True, allow_inf_nan=False)] | None = None
    events: list[RegimenEvent] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for index in range(1, len(self.events)):
            if self.events[index].t_min < self.events[index - 1].t_min:
                raise ValueError(f"events.{index}.t_min: events must be in order of time")
        return self
