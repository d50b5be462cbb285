"""Oxygen stores and two carbon dioxide pools (sections 4.1 to 4.3 of the ketamine reference).

Pressures in mmHg, contents in mL/dL, flows in L/min, saturations in %.
"""

from dataclasses import dataclass

from config.models.scenario import Patient

DRY_MMHG = 760.0 - 47.0
RQ = 0.8
#: mL of oxygen (STPD) in 1 mL of alveolar gas at 760 mmHg.
_STPD = 0.826
_STORE = _STPD / 760.0
#: Two-pool CO2 of a sedated patient: K_f, K_s in L and G in L/min.
_K_FAST_L, _K_SLOW_L, _G_L_MIN = 4.6, 46.2, 18.6
#: Carbon dioxide given off in apnoea replaces part of the oxygen taken up, mL/min.
_APNOEIC_CO2_ML_MIN = 20.0


@dataclass(frozen=True, slots=True)
class GasParameters:
    """Defaults: adult of 70 kg at rest."""

    vo2_ml_min: float = 230.0
    frc_l: float = 2.5
    cardiac_output_l_min: float = 5.0
    shunt: float = 0.02
    arterial_pool_l: float = 1.25
    venous_pool_l: float = 3.5
    haemoglobin_g_dl: float = 14.0
    paco2: float = 40.0
    vco2_ml_min: float = 200.0

    @property
    def resting_va_l_min(self) -> float:
        """Alveolar ventilation that holds `paco2`."""
        return 0.863 * self.vco2_ml_min / self.paco2


def parameters_of(spec: Patient) -> GasParameters:
    """Of a scenario's patient; carbon dioxide in the ratio of the typical adult to the oxygen taken up."""
    typical = GasParameters()
    return GasParameters(
        vo2_ml_min=spec.vo2_ml_min,
        frc_l=spec.frc_l,
        cardiac_output_l_min=spec.cardiac_output_l_min,
        shunt=spec.shunt,
        arterial_pool_l=spec.arterial_pool_l,
        venous_pool_l=spec.venous_pool_l,
        haemoglobin_g_dl=spec.haemoglobin_g_dl,
        paco2=spec.etco2 + spec.co2_gap,
        vco2_ml_min=spec.vo2_ml_min * typical.vco2_ml_min / typical.vo2_ml_min,
    )


def saturation(po2: float) -> float:
    """Severinghaus 1979, %."""
    return 0.0 if po2 <= 0 else 100.0 / (23400.0 / (po2**3 + 150.0 * po2) + 1.0)


def content(po2: float, haemoglobin_g_dl: float = 14.0) -> float:
    return 0.0134 * haemoglobin_g_dl * saturation(po2) + 0.0031 * po2


def po2_of(content_ml_dl: float, haemoglobin_g_dl: float = 14.0) -> float:
    """The inverse of `content`, by bisection, to 1e-6 mmHg."""
    low, high = 0.0, 760.0
    for _ in range(30):
        middle = (low + high) / 2.0
        if content(middle, haemoglobin_g_dl) < content_ml_dl:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def alveolar_po2(fio2: float, paco2: float) -> float:
    """The alveolar gas equation."""
    return fio2 * DRY_MMHG - paco2 / RQ


def inspired_fraction(flow_l_min: float, device: str = "") -> float:
    """FiO2 of supplemental oxygen: nasal cannula 0.04 per L/min up to 6 L/min; simple mask 0.40 to 0.60 at 5 to 10 L/min;
    reservoir mask 0.6 to 0.9 at 8 to 15 L/min."""
    if flow_l_min <= 0:
        return 0.21
    kind = device.lower()
    if "reserv" in kind or "breather" in kind:
        return min(0.9, max(0.6, 0.6 + 0.3 * (flow_l_min - 8.0) / 7.0))
    if "mask" in kind:
        return min(0.6, max(0.4, 0.4 + 0.04 * (flow_l_min - 5.0)))
    return 0.21 + 0.04 * min(flow_l_min, 6.0)


class GasExchange:
    """State of one patient, in equilibrium at rest on `fio2` to begin with."""

    __slots__ = (
        "_co2_slow", "_conductance", "_lung_ml", "_p", "_store_ml", "arterial_content", "extra_shunt",
        "paco2", "venous_content",
    )  # fmt: skip

    def __init__(self, parameters: GasParameters, fio2: float = 0.21) -> None:
        self._p = p = parameters
        #: Blood that passes unaired lung for a while, on top of the patient's own shunt.
        self.extra_shunt = 0.0
        po2 = alveolar_po2(fio2, p.paco2)
        self._lung_ml = p.frc_l * 1000.0
        self._store_ml = _STORE * self._lung_ml * po2
        capillary = content(po2, p.haemoglobin_g_dl)
        self.venous_content = capillary - p.vo2_ml_min / (p.cardiac_output_l_min * 10.0 * (1.0 - p.shunt))
        self.arterial_content = (1.0 - p.shunt) * capillary + p.shunt * self.venous_content
        # mL/min of oxygen per mmHg and L/min of ventilation. From the resting state instead of 1000·0.826/760 (which it
        # meets within some per cent), so that a patient at rest sits exactly on the alveolar gas equation.
        self._conductance = p.vo2_ml_min / (p.resting_va_l_min * p.paco2 / RQ)
        self.paco2 = p.paco2
        self._co2_slow = p.paco2 + 0.863 * p.vco2_ml_min / _G_L_MIN

    @property
    def alveolar_po2(self) -> float:
        return self._store_ml / (_STORE * self._lung_ml)

    @property
    def arterial_po2(self) -> float:
        return po2_of(self.arterial_content, self._p.haemoglobin_g_dl)

    @property
    def arterial_saturation(self) -> float:
        return saturation(self.arterial_po2)

    def step(self, dt_s: float, va_l_min: float, fio2: float, airway_open: bool) -> None:
        """`va_l_min` 0: no gas moves by breathing; then an open airway still draws gas in as oxygen is taken up, and a closed
        one lets the lung shrink. Meant for steps of 0.25 s or less."""
        p, dt = self._p, dt_s / 60.0
        shunt = p.shunt + self.extra_shunt
        po2 = self._store_ml / (_STORE * self._lung_ml)
        capillary = content(po2, p.haemoglobin_g_dl)
        flow_dl = p.cardiac_output_l_min * 10.0
        uptake = flow_dl * (1.0 - shunt) * (capillary - self.venous_content)
        inspired = fio2 * DRY_MMHG
        change = -uptake
        if airway_open or va_l_min > 0:
            missing_ml = p.frc_l * 1000.0 - self._lung_ml
            if missing_ml > 0:  # the lung that shrank behind a closed airway fills at once
                self._store_ml += _STORE * missing_ml * inspired
                self._lung_ml += missing_ml
            # The drawing-in stands for apnoea only; breathing brings its own gas. Inspired gas is not lowered by CO2 / 0.8:
            # the conductance already holds the difference, and it must not count twice.
            change += (
                va_l_min * self._conductance * (inspired - po2)
                if va_l_min > 0
                else max(0.0, uptake - _APNOEIC_CO2_ML_MIN) * fio2
            )
        else:
            self._lung_ml = max(200.0, self._lung_ml - uptake * dt)
        self._store_ml = max(1e-3, self._store_ml + change * dt)
        mixed = (1.0 - shunt) * capillary + shunt * self.venous_content
        arterial, venous = self.arterial_content, self.venous_content
        self.arterial_content = arterial + flow_dl * (mixed - arterial) * dt / (p.arterial_pool_l * 10.0)
        returned = max(0.0, arterial - p.vo2_ml_min / flow_dl)
        self.venous_content = venous + flow_dl * (returned - venous) * dt / (p.venous_pool_l * 10.0)
        exchange = _G_L_MIN * (self._co2_slow - self.paco2)
        self.paco2 += (exchange - va_l_min * self.paco2) * dt / _K_FAST_L
        self._co2_slow += (0.863 * p.vco2_ml_min - exchange) * dt / _K_SLOW_L
