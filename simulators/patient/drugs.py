"""The drugs on board of one person: how much there is, and what it does there (sections 3 and 4.5 of the ketamine reference).

Ketamine runs from the pump or as a bolus, midazolam acts through its own effect site, labetalol and atropine through their
time course. Seconds on the scenario's clock, doses in mg, concentrations in ng/mL.
"""

import re
from collections.abc import Sequence
from math import exp, inf
from random import Random
from typing import Literal

from config.models import scenario as script
from config.models.training import Prior
from simulators.patient import effects
from simulators.patient.line import InfusionLine, walk_to_zero
from simulators.patient.pk import midazolam
from simulators.patient.pk_steps import Body
from simulators.patient.variability import Person, stream

CoDrug = Literal["midazolam", "labetalol", "atropine", "propofol", "suxamethonium"]
#: First word of what a person records -> drug.
_NAMES: dict[str, CoDrug] = {
    "midazolam": "midazolam", "dormicum": "midazolam", "versed": "midazolam",
    "labetalol": "labetalol", "trandate": "labetalol",
    "atropine": "atropine", "atropin": "atropine",
    "propofol": "propofol", "diprivan": "propofol",
    "suxamethonium": "suxamethonium", "succinylcholine": "suxamethonium",
}  # fmt: skip
_MG = {"mg": 1.0, "g": 1000.0, "µg": 0.001, "μg": 0.001, "ug": 0.001, "mcg": 0.001}  # micro sign and Greek mu
_MOST_MG = 500.0

#: Labetalol: 10 mg take 10 % from pressure and 8 % from pulse 5 min after it, and fade over 2 to 4 h. Rise and fade in seconds;
#: the fade is chosen so that a third is left after 2 h and an eighth after 4 h. More than 40 mg act as 40 mg.
_LABETALOL_MG, _LABETALOL_MOST_MG, _LABETALOL_PRESSURE, _LABETALOL_PULSE = 10.0, 40.0, 0.10, 0.08
_LABETALOL_RISE_S, _LABETALOL_FADE_S = 75.0, 7200.0
_LABETALOL_AT_5_MIN = exp(-300.0 / _LABETALOL_FADE_S) - exp(-300.0 / _LABETALOL_RISE_S)
#: Atropine: pulse rises with a time constant of 30 s. How far (15/min for 0.5 mg, 40/min at most) and for how long (time
#: constant 45 min) are choices from general knowledge.
_ATROPINE_MG, _ATROPINE_PULSE, _ATROPINE_MOST = 0.5, 15.0, 40.0
_ATROPINE_RISE_S, _ATROPINE_FADE_S = 30.0, 2700.0


def recognised(drug: str, dose: float, unit: str, route: str = "") -> tuple[CoDrug, float] | None:
    """(drug, mg) that a record speaks of, if name, dose and unit say it and nothing speaks against the vein; else None.

    No route counts as the vein. A dose over 500 mg is a slip of the pen rather than a dose.
    """
    name = re.match(r"[a-z]+", drug.strip().lower())
    known = _NAMES.get(name[0]) if name else None
    factor = _MG.get(unit.strip().lower())
    way = re.sub(r"[^a-z]", "", route.lower())
    if known is None or factor is None or not (way == "" or way.startswith(("iv", "intraven"))):
        return None
    dose_mg = dose * factor
    return (known, dose_mg) if 0.0 < dose_mg <= _MOST_MG else None


class FastInjection:
    """Breathing may stop after an injection that is too fast: seeded, one draw for each fast rise of the effect site.

    Hazard only where Ce rises faster than 400 ng/mL/min and exceeds 1000; 5 %, or 30 % with midazolam over 40 ng/mL or an
    opioid; 30 to 60 s later, for 20 to 90 s.
    """

    __slots__ = ("_before", "_drawn", "_due_s", "_fast", "_length_s", "_random")

    FAST_NG_ML_MIN, PEAK_NG_ML = 400.0, 1000.0
    CHANCE, CHANCE_SEDATED = 0.05, 0.30
    ONSET_S, LENGTH_S = (30.0, 60.0), (20.0, 90.0)

    def __init__(self, random: Random) -> None:
        self._random = random
        self._before = 0.0
        self._fast = self._drawn = False
        self._due_s, self._length_s = inf, 0.0

    def step(self, ce: float, sedated: bool, now_s: float) -> float | None:
        """Once a second. Seconds of the pause in breathing that begins now, if one does."""
        rise = (ce - self._before) * 60.0
        self._before = ce
        if rise > self.FAST_NG_ML_MIN:
            self._fast = True
        elif rise <= 0.0:
            self._fast = self._drawn = False
        if self._fast and not self._drawn and ce > self.PEAK_NG_ML:
            self._drawn = True
            # All three are drawn whatever comes out, so that one injection never shifts the next one's fate.
            fate, onset_s = self._random.random(), self._random.uniform(*self.ONSET_S)
            length_s = self._random.uniform(*self.LENGTH_S)
            if fate < (self.CHANCE_SEDATED if sedated else self.CHANCE):
                self._due_s, self._length_s = now_s + onset_s, length_s
        if now_s < self._due_s:
            return None
        self._due_s = inf
        return self._length_s


class Drugs:
    """Ketamine comes in by `line`, all else by hand."""

    def __init__(self, spec: script.Patient, line: InfusionLine, person: Person, seed: int) -> None:
        self._spec, self._line, self._person = spec, line, person
        self._midazolam: Body | None = None
        self._at_s = 0.0  # where midazolam is
        self._given: list[tuple[CoDrug, float, float]] = []  # drug, when, mg
        self._threshold = spec.sedation_threshold * person.sedation
        self._sensitivity = (
            spec.pressor_sensitivity * person.pressor * effects.pressor_covariates(spec.age_y, spec.hypertension)
        )
        self._familiarity = effects.familiarity(spec.prior_infusions)
        self._hazard = FastInjection(stream(seed, "fast injection"))
        self.level = 5

    # -- hands --------------------------------------------------------------------------------------------------------

    def give(self, drug: CoDrug, dose_mg: float, at_s: float) -> None:
        """Intravenously, at once. Propofol and suxamethonium act on the larynx, which hears of them elsewhere."""
        if drug == "midazolam":
            self._to(at_s)
            if self._midazolam is None:
                self._midazolam = Body(midazolam(self._spec.age_y))
            self._midazolam.bolus_mg(dose_mg)
        self._given.append((drug, at_s, dose_mg))

    def earlier(self, doses: Sequence[Prior]) -> None:
        """Midazolam from before the clock began."""
        if doses:
            self._midazolam = Body(midazolam(self._spec.age_y))
            walk_to_zero(self._midazolam, doses)

    def since_s(self, drug: CoDrug, now_s: float) -> float:
        """Seconds since its last dose; infinite if it was never given."""
        return now_s - max((at_s for name, at_s, _ in self._given if name == drug), default=-inf)

    # -- time ---------------------------------------------------------------------------------------------------------

    def second(self, now_s: float) -> float | None:
        """On to a whole second, the line first. Seconds of a pause in breathing that begins now, if a fast injection brings one."""
        self._line.second(now_s)
        self._to(now_s)
        ce, cmid = self._line.ce, self.cmid
        self.level = effects.level(effects.sedating(ce, cmid), self._threshold, self.level)
        return self._hazard.step(ce, cmid > 40.0 or self._spec.opioid_on_board > 0.0, now_s)

    def _to(self, at_s: float) -> None:
        if at_s > self._at_s:
            if self._midazolam is not None:
                self._midazolam.step((at_s - self._at_s) / 60.0)
            self._at_s = at_s

    @property
    def cmid(self) -> float:
        """Midazolam at its effect site."""
        return 0.0 if self._midazolam is None else self._midazolam.ce_ng_ml or 0.0

    # -- what it does -------------------------------------------------------------------------------------------------

    @property
    def dissociation(self) -> float:
        person = self._person
        return effects.dissociation(self._line.ce, self.cmid, person.c50, person.emax * self._familiarity)

    @property
    def drive(self) -> float:
        return effects.breathing_drive(self._line.ce, self.cmid)

    @property
    def co2_gain(self) -> float:
        """Share of the normal answer to carbon dioxide that is left."""
        return 0.5 if self.cmid > 90.0 else 1.0

    @property
    def co2_shift(self) -> float:
        """How far an opioid moves the carbon dioxide that is breathed for, mmHg."""
        return effects.opioid_shift(self._spec.opioid_on_board, self._line.ce)

    def rises(self, lever: float) -> tuple[float, float, float]:
        """(systolic mmHg, diastolic mmHg, pulse 1/min) on top of the resting values; `lever` multiplies all three."""
        strength = self._sensitivity * lever * (1.3 if self.dissociation >= 80.0 else 1.0)
        ccv, c50 = self._line.ccv, self._person.pressor_c50
        return (
            strength * effects.systolic_rise(ccv, c50) * effects.calmed(self.cmid),
            strength * effects.diastolic_rise(ccv, c50),
            strength * effects.pulse_rise(ccv, c50) * (0.3 if self._spec.beta_blocker else 1.0),
        )

    def lowered(self, now_s: float) -> tuple[float, float]:
        """(pressure, pulse) factors of labetalol."""
        dose = 0.0
        for drug, at_s, dose_mg in self._given:
            if drug == "labetalol":
                age = now_s - at_s
                dose += dose_mg * (exp(-age / _LABETALOL_FADE_S) - exp(-age / _LABETALOL_RISE_S)) / _LABETALOL_AT_5_MIN
        dose = min(dose, _LABETALOL_MOST_MG) / _LABETALOL_MG
        return 1.0 - _LABETALOL_PRESSURE * dose, 1.0 - _LABETALOL_PULSE * dose

    def quickened(self, now_s: float) -> float:
        """What atropine adds to the pulse, 1/min."""
        dose = 0.0
        for drug, at_s, dose_mg in self._given:
            if drug == "atropine":
                age = now_s - at_s
                dose += dose_mg * (exp(-age / _ATROPINE_FADE_S) - exp(-age / _ATROPINE_RISE_S))
        return min(_ATROPINE_MOST, _ATROPINE_PULSE * dose / _ATROPINE_MG)
