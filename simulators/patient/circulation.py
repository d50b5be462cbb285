"""Pulse and pressure: drug, carbon dioxide, hypoxia and the baroreflex (sections 3.2 and 4.5 of the ketamine reference)."""

from config.models import scenario as script
from simulators.patient import effects
from simulators.patient.inner import Inner
from simulators.patient.pk import hill
from simulators.patient.variability import Person

#: Lags of pulse and pressure behind what drives them.
PULSE_TAU_S, PRESSURE_TAU_S = 12.0, 20.0


class Circulation:
    """Moves `inner` once a second. `pressor`: a lever that multiplies the drug's effect."""

    def __init__(self, spec: script.Patient, person: Person) -> None:
        self._spec = spec
        self.pressor = 1.0
        self._sensitivity = (
            spec.pressor_sensitivity * person.pressor * effects.pressor_covariates(spec.age_y, spec.hypertension)
        )

    def second(self, inner: Inner, noise_bp: float) -> None:
        spec, ccv = self._spec, inner.ccv
        strength = self._sensitivity * self.pressor * (1.3 if effects.dissociation(inner.ce) >= 80.0 else 1.0)
        hypercapnic = max(0.0, inner.paco2 - 45.0)
        # The baroreflex answers what is not the drug's own rise; ketamine blunts it.
        gain = min(0.6, max(0.2, 0.6 - 0.4 * (spec.age_y - 30.0) / 45.0)) * (1.0 - 0.6 * hill(inner.ce, 50.0, 2.0))
        reflex = -gain * (0.73 * noise_bp + 0.35 * 0.5 * hypercapnic)
        drug = strength * effects.pulse_rise(ccv) * (0.3 if spec.beta_blocker else 1.0)
        pulse = effects.hypoxic_pulse(spec.hr + drug + 0.4 * hypercapnic + reflex, inner.sao2)
        inner.pulse += (pulse - inner.pulse) / PULSE_TAU_S
        sbp = spec.sbp + strength * effects.systolic_rise(ccv) + 0.5 * hypercapnic
        dbp = spec.dbp + strength * effects.diastolic_rise(ccv)
        inner.sbp += (sbp - inner.sbp) / PRESSURE_TAU_S
        inner.dbp += (dbp - inner.dbp) / PRESSURE_TAU_S
