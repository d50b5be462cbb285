"""Pulse and pressure: drug, carbon dioxide, hypoxia and the baroreflex (sections 3.2 and 4.5 of the ketamine reference)."""

from config.models import scenario as script
from simulators.patient import effects
from simulators.patient.drugs import Drugs
from simulators.patient.inner import Inner
from simulators.patient.pk import hill
from simulators.patient.reflexes import Reflexes

#: Lags of pulse and pressure behind what drives them.
PULSE_TAU_S, PRESSURE_TAU_S = 12.0, 20.0


class Circulation:
    """Moves `inner` once a second. `pressor`: a lever that multiplies the drug's effect. `reflexes`: spells on top."""

    def __init__(self, spec: script.Patient, drugs: Drugs, reflexes: Reflexes) -> None:
        self._spec, self._drugs, self._reflexes = spec, drugs, reflexes
        self._pulse, self._sbp, self._dbp = spec.hr, spec.sbp, spec.dbp
        self.pressor = 1.0

    def second(self, inner: Inner, noise_bp: float, now_s: float, stress: float) -> None:
        """`stress`: what breathing against a closed airway adds to the pulse, 1/min."""
        spec, spells = self._spec, self._reflexes
        sbp_rise, dbp_rise, pulse_rise = self._drugs.rises(self.pressor)
        pressure_kept, pulse_kept = self._drugs.lowered(now_s)
        hypercapnic = max(0.0, inner.paco2 - 45.0)
        # The baroreflex answers what is not the drug's own rise; ketamine blunts it.
        gain = min(0.6, max(0.2, 0.6 - 0.4 * (spec.age_y - 30.0) / 45.0)) * (1.0 - 0.6 * hill(inner.ce, 50.0, 2.0))
        reflex = -gain * (0.73 * noise_bp + 0.35 * 0.5 * hypercapnic)
        pulse = (spec.hr + pulse_rise + 0.4 * hypercapnic + reflex) * pulse_kept + self._drugs.quickened(now_s)
        pulse += stress + spells.fear_pulse
        pulse = effects.hypoxic_pulse(pulse, inner.sao2)
        self._pulse += (pulse - self._pulse) / PULSE_TAU_S
        sbp = (spec.sbp + sbp_rise + 0.5 * hypercapnic) * pressure_kept
        dbp = (spec.dbp + dbp_rise) * pressure_kept
        self._sbp += (sbp - self._sbp) / PRESSURE_TAU_S
        self._dbp += (dbp - self._dbp) / PRESSURE_TAU_S
        spells.second(now_s, self._pulse, self._sbp, self._drugs.cmid)
        inner.pulse = self._pulse + spells.pulse
        inner.sbp = self._sbp + spells.sbp
        inner.dbp = min(self._dbp + spells.dbp, inner.sbp - 8.0) if spells.sbp else self._dbp
