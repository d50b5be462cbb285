"""The one vocabulary of signals (design section 3).

MDC codes are IEEE 11073-10101 reference ids in partition 2 (SCADA); LOINC codes are those in common use for vital signs.
Plausible ranges: input sanity ranges of the default alarm limits; only values outside them are impossible. Low extremes
(`questionable_below`) are kept, flagged and alarm: they may be a dying patient rather than a bad sensor.
"""

from dataclasses import dataclass
from typing import Literal

from devices.readings import Status


@dataclass(frozen=True, slots=True)
class Signal:
    """One row: `low`/`high` bound the possible values; `decimals` is for display; `colour` is the parameter's hue."""

    name: str
    label: str
    unit: str
    low: float
    high: float
    decimals: int
    mdc: str
    loinc: str
    colour: str
    questionable_below: float | None = None
    kind: Literal["numeric", "wave", "state"] = "numeric"


HR, SPO2, BP, CO2, RR_DIM, TEMP, PUMP = "#3ddc84", "#4aa3ff", "#f2f4f7", "#ff8fc7", "#c46a98", "#c9a7ff", "#a9a4ff"

_ROWS = (
    Signal("hr", "HR", "1/min", 0, 300, 0, "MDC_ECG_HEART_RATE", "8867-4", HR, questionable_below=25),
    Signal("pr", "Pulse", "1/min", 0, 300, 0, "MDC_PULS_OXIM_PULS_RATE", "8889-8", HR, questionable_below=25),
    Signal("spo2", "SpO₂", "%", 0, 100, 0, "MDC_PULS_OXIM_SAT_O2", "59408-5", SPO2, questionable_below=50),
    Signal("pi", "PI", "%", 0, 100, 1, "MDC_SAT_O2_QUAL", "61006-3", SPO2),
    Signal("nibp_sys", "NIBP sys", "mmHg", 0, 300, 0, "MDC_PRESS_BLD_NONINV_SYS", "76534-7", BP, questionable_below=30),
    Signal("nibp_dia", "NIBP dia", "mmHg", 0, 225, 0, "MDC_PRESS_BLD_NONINV_DIA", "76535-4", BP, questionable_below=10),
    Signal(
        "nibp_map", "NIBP mean", "mmHg", 0, 250, 0, "MDC_PRESS_BLD_NONINV_MEAN", "76536-2", BP, questionable_below=20
    ),
    Signal("abp_sys", "ABP sys", "mmHg", 0, 300, 0, "MDC_PRESS_BLD_ART_ABP_SYS", "76215-3", BP, questionable_below=30),
    Signal("abp_dia", "ABP dia", "mmHg", 0, 225, 0, "MDC_PRESS_BLD_ART_ABP_DIA", "76213-8", BP, questionable_below=10),
    Signal(
        "abp_map", "ABP mean", "mmHg", 0, 250, 0, "MDC_PRESS_BLD_ART_ABP_MEAN", "76214-6", BP, questionable_below=20
    ),
    Signal("etco2", "EtCO₂", "mmHg", 0, 150, 0, "MDC_AWAY_CO2_ET", "19891-1", CO2),
    Signal("fico2", "FiCO₂", "mmHg", 0, 150, 0, "MDC_AWAY_CO2_INSP_MIN", "19889-5", CO2),
    Signal("rr_co2", "RR", "1/min", 0, 150, 0, "MDC_CO2_RESP_RATE", "9279-1", RR_DIM),
    Signal("rr_imp", "RR imp", "1/min", 0, 150, 0, "MDC_TTHOR_RESP_RATE", "76270-8", RR_DIM),
    Signal("temp", "Temp", "°C", 25, 45, 1, "MDC_TEMP", "8310-5", TEMP),
    Signal("pump_rate_ml_h", "Pump rate", "mL/h", 0, 2000, 1, "MDC_FLOW_FLUID_PUMP", "", PUMP),
    Signal("pump_volume_ml", "Pump volume", "mL", 0, 10000, 1, "MDC_VOL_FLUID_DELIV", "", PUMP),
    Signal("pump_state", "Pump state", "", 0, 10, 0, "MDC_PUMP_STAT", "", PUMP, kind="state"),
    Signal("ecg", "ECG", "mV", -10, 10, 2, "MDC_ECG_ELEC_POTL", "", HR, kind="wave"),
    Signal("pleth", "Pleth", "", -1, 2, 2, "MDC_PULS_OXIM_PLETH", "", SPO2, kind="wave"),
    Signal("capno", "CO₂", "mmHg", -10, 150, 1, "MDC_AWAY_CO2", "", CO2, kind="wave"),
    Signal("resp", "Resp", "Ω", -20, 20, 2, "MDC_RESP", "", RR_DIM, kind="wave"),
    Signal("abp_wave", "ABP", "mmHg", -20, 300, 0, "MDC_PRESS_BLD_ART_ABP", "", BP, kind="wave"),
)

SIGNALS: dict[str, Signal] = {row.name: row for row in _ROWS}
CUFF_SIGNALS = ("nibp_sys", "nibp_dia", "nibp_map")

#: Signals that the rules and screens use, derived from the raw ones (design section 3).
DERIVED = ("rate", "spo2", "sbp", "dbp", "map", "etco2", "rr", "breath", "loc", "link", "temp")


def plausible(signal: str, value: float) -> Status:
    """`ok`, `questionable` for a low extreme, `invalid` for an impossible value (out of the signal's range)."""
    row = SIGNALS[signal]
    if not row.low <= value <= row.high:
        return "invalid"
    if row.questionable_below is not None and value < row.questionable_below:
        return "questionable"
    return "ok"
