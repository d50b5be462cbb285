"""The patient behind the monitor's numbers, shared by the parts that move it and the parts that show it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Inner:
    """As the last whole second left it. Pulse in 1/min, pressures and CO2 in mmHg, saturation in %, concentrations in ng/mL."""

    pulse: float
    sbp: float
    dbp: float
    temp: float
    sao2: float
    paco2: float
    ce: float = 0.0
    ccv: float = 0.0
