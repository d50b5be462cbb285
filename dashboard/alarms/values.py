"""What goes into the engine and what comes out: plain values, the same for live, simulated and replayed data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Priority = Literal["high", "medium", "low"]
Kind = Literal["physiological", "technical"]
ChangeName = Literal["raised", "escalated", "demoted", "acknowledged", "cleared", "latched", "reset"]

#: Columns of a tick snapshot, in stored order: raw signals, then what the bedside itself knows.
#: `link`: silence of the worst device in seconds, shifted so that 5 means lost. `no_breath`: 1 while a device itself says
#: that it sees no breath. `nurse_present`: 1 while an identified person is at a screen of the bed.
SAMPLED = (
    "hr", "pr", "spo2", "pi", "nibp_sys", "nibp_dia", "nibp_map", "abp_sys", "abp_dia", "abp_map", "etco2", "fico2",
    "rr_co2", "rr_imp", "temp", "pump_rate_ml_h", "pump_volume_ml", "pump_state", "link", "no_breath", "nurse_present",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tick:
    """The values of one bed at whole second `t_s` of its session clock.

    `values`: raw name (`SAMPLED`) or derived name (then used as it stands) -> number, or None while there is no valid
    live value. A name that is absent is not monitored: its rules, stale included, are silent. Cuff signals hold a value
    only in the tick in which a measurement arrives. Ticks may skip seconds; `t_s` always rises.
    """

    t_s: float
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """A session event as the engine sees it: its snake-case type and fields, at `t_s` between two ticks."""

    t_s: float
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One transition. `occurrence` numbers the alarm within the session; `by` is set for what a person did."""

    t_s: float
    rule: str
    priority: Priority
    kind: Kind
    change: ChangeName
    value: float | str | None
    limit: float | str | None
    occurrence: int
    by: str = ""
