"""From the pump's setting to the vein: a line that comes off, and the exact drug model behind it."""

from math import inf

from simulators.patient import effects
from simulators.patient.pk import Kinetics
from simulators.patient.pk_steps import Body


class InfusionLine:
    """Drug of one patient, walked exactly to any instant. Times in s on the scenario's clock."""

    def __init__(self, kinetics: Kinetics) -> None:
        self.body = Body(kinetics, (effects.CARDIOVASCULAR_KE0_PER_MIN,))
        #: What the pump is set to and believes to deliver.
        self.pump_rate_mg_h = 0.0
        self._at_s = 0.0
        self._off_until_s = -inf

    @property
    def ce(self) -> float:
        # A model without an effect site acts through plasma.
        ce = self.body.ce_ng_ml
        return self.body.cp_ng_ml if ce is None else ce

    @property
    def ccv(self) -> float:
        return self.body.lagged_ng_ml[0]

    def to(self, at_s: float) -> None:
        if at_s > self._at_s:
            self.body.step((at_s - self._at_s) / 60.0)
            self._at_s = at_s

    def second(self, now_s: float) -> None:
        """Each whole second: on to it, and a line that came off is connected again to the second."""
        self.to(now_s)
        if now_s >= self._off_until_s > -inf:
            self._off_until_s = -inf
            self.body.set_rate_mg_h(self.pump_rate_mg_h)

    def set_rate_mg_h(self, rate_mg_h: float, at_s: float) -> None:
        self.pump_rate_mg_h = rate_mg_h
        self.to(at_s)
        self.body.set_rate_mg_h(rate_mg_h if at_s >= self._off_until_s else 0.0)

    def bolus_mg(self, dose_mg: float, at_s: float) -> None:
        self.to(at_s)
        if at_s >= self._off_until_s:
            self.body.bolus_mg(dose_mg)

    def comes_off(self, at_s: float, until_s: float) -> None:
        self._off_until_s = until_s
        self.to(at_s)
        self.body.set_rate_mg_h(0.0)
