"""Predicted against measured plasma concentrations (section 2.3 of the ketamine reference)."""

from dataclasses import dataclass

from simulators.patient.pk import Dose, drug_model

MODELS = ("kamp2020", "domino1984", "clements1981", "hijazi2003")
#: What the user interface says a prediction may be off by.
STATED_ERROR = 0.35


@dataclass(frozen=True, slots=True)
class Measured:
    """`low` and `high`: the spread that the study gives, in ng/mL; without one, the value by the stated error."""

    what: str
    source: str
    value: str
    middle: float
    low: float | None
    high: float | None
    weight_kg: float
    doses: tuple[Dose, ...]
    at_min: float
    remark: str = ""

    @property
    def band(self) -> tuple[float, float]:
        if self.low is None or self.high is None:
            return self.middle / (1.0 + STATED_ERROR), self.middle * (1.0 + STATED_ERROR)
        return self.low, self.high

    def predicted(self, model: str) -> float:
        kinetics = drug_model(model).for_weight(self.weight_kg)
        return float(kinetics.concentration(self.doses, [self.at_min])[0][0])


def _infusion(rate_mg_h: float, minutes: float) -> tuple[Dose, ...]:
    return (Dose(0, None, rate_mg_h), Dose(minutes, None, 0.0))


#: An infusion's end is read just before it stops. 70 kg where a study gives no weight.
STUDIES = (
    Measured("10 mg bolus, about 2 min", "Pharmacotherapy 2022;42:298, geometric mean", "296 (GSD 1.71)", 296, 296 / 1.71, 296 * 1.71, 70,
             (Dose(0, 10.0),), 2, "Domino falls too fast, Clements and Hijazi have no early phase"),
    Measured("0.5 mg/kg over 40 min, end", "Zarate 2006, in a review table", "185", 185, None, None, 70, _infusion(52.5, 40), 40,
             "venous forearm samples; they lie 20 to 35 % below arterial ones while an infusion runs, and Kamp and Domino are arterial"),
    Measured("0.5 mg/kg over 40 min, end", "Krystal 1994, in the same table", "100 to 250", 175, 100, 250, 70, _infusion(52.5, 40), 40,
             "a range tied to dissociation, not the end of the infusion; venous"),
    Measured("0.5 mg/kg over 40 min, end", "Zarate 2012 (from general knowledge; verify)", "204 (SD 86)", 204, 118, 290, 70,
             _infusion(52.5, 40), 40),
    Measured("5 mg over 30 min, highest", "Hasan 2021, a third party's transcription", "32", 32, None, None, 70, _infusion(10.0, 30), 30,
             "venous; a dose far below the others"),
    Measured("S-ketamine 20 mg, highest", "Simons, thesis, two arms (20 min assumed)", "273 and 260", 267, None, None, 70, _infusion(60.0, 20), 20,
             "S-ketamine alone, its duration is a guess"),
    Measured("1.2 mg/kg/h for 3 days, intensive care", "Köppel et al. (citation to verify)", "1200 (SD 300)", 1200, 900, 1500, 70,
             (Dose(0, None, 84.0),), 72 * 60, "Hijazi was built from patients with a much higher clearance"),
    Measured("2 mg/kg, then 41 µg/kg/min with N2O, at 60 min", "Idvall 1979", "2210 (SD 190)", 2210, 2020, 2400, 70,
             (Dose(0, 140.0), Dose(0, None, 172.2)), 60, "early rates were higher than the mean that is known (SD 21), and every model is low"),
)  # fmt: skip


def measured_table() -> str:
    lines = [
        "| measured | source | published ng/mL | held against | Kamp | Domino | Clements | Hijazi | Kamp off by | where it is outside |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for study in STUDIES:
        low, high = study.band
        values = [study.predicted(model) for model in MODELS]
        cells = [_shown(v) if low <= v <= high else f"**{_shown(v)}**" for v in values]
        off = 100.0 * (values[0] / study.middle - 1.0)
        lines.append(
            f"| {study.what} | {study.source} | {study.value} | {_shown(low)} to {_shown(high)} | {' | '.join(cells)} | {off:+.0f} % | {study.remark} |"
        )
    return "\n".join(lines)


def _shown(ng_ml: float) -> str:
    return f"{ng_ml:.1f}" if ng_ml < 100 else f"{ng_ml:.0f}"
