"""Metabolites as data (`config/metabolites/*.toml`)."""

from typing import Annotated, Literal

from pydantic import Field

from config.models.base import Model
from config.models.drugs import Positive, Sourced


class Formation(Sourced):
    """The share of the parent's elimination that becomes this metabolite, mole for mole."""

    fraction: Annotated[float, Field(gt=0, le=1)]


class TwoCompartments(Sourced):
    volumes_l: tuple[Positive, Positive]
    flow_l_h: Positive


class Elimination(Sourced):
    clearance_l_h: Positive


class MetaboliteSpec(Model):
    """`note`: what must stand beside every figure of it."""

    key: str
    title: str
    parent: Literal["ketamine"]
    note: Annotated[str, Field(pattern="(?i)illustrative")]
    parent_g_mol: Positive
    molar_g_mol: Positive
    formation: Formation
    body: TwoCompartments
    elimination: Elimination
