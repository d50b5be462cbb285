"""What waveforms are drawn from: the patient at one instant of the grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Moment:
    """The patient at grid instant `n` (tenths of a second), behind every number that the monitor shows at that time.

    `pulse`: 1/min, averaged over breaths as a monitor does; `sway`: how far breathing moves it, 1/min. `cycle`: share of the breath
    that is done, 0 where breathing in begins and the breath before is counted; `breaths`: 1/min, 0 without effort; `effort`: share
    of the normal one; `airway`: open share, narrow bronchi counted. `sampled`: the gas breathed out reaches the capnograph and is enough to count;
    `plateau`: end-tidal CO2 of a breath that ended now, mmHg. `pi` in %, `sbp` and `dbp` in mmHg as an arterial line reads them.
    `motion`: 0 still to 1.
    `forced_breaths`: 1/min that the monitor is made to show instead, None: nothing is.
    `off`: sensor group -> whether the monitor has noticed.
    """

    n: int
    pulse: float
    sway: float
    cycle: float
    breaths: float
    effort: float
    airway: float
    sampled: bool
    plateau: float
    pi: float
    sbp: float
    dbp: float
    motion: float = 0.0
    forced_breaths: float | None = None
    off: Mapping[str, bool] = field(default_factory=dict)
