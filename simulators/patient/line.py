"""From the pump's setting to the vein: what is programmed wrongly, dead space, occlusion, a line that comes off; and the exact
drug model behind it."""

from collections import deque
from collections.abc import Iterable
from math import inf

from config.models.training import Prior
from simulators.patient import effects
from simulators.patient.pk import Kinetics
from simulators.patient.pk_steps import Body

#: A rate below this moves nothing.
_STANDS_ML_H = 1e-9


class InfusionLine:
    """Drug of one patient, walked exactly to any instant. Times in s on the scenario's clock.

    `dead_space_ml`: what lies between pump and vein, full of saline to begin with; drug arrives once it is swept. It needs
    `concentration_mg_ml`, that of the syringe. What was in the line moves on with what follows, as one plug.
    """

    def __init__(self, kinetics: Kinetics, concentration_mg_ml: float = 1.0, dead_space_ml: float = 0.0) -> None:
        self.body = Body(kinetics, (effects.CARDIOVASCULAR_KE0_PER_MIN,))
        #: What the pump is set to and believes to deliver.
        self.pump_rate_mg_h = 0.0
        self._at_s = 0.0
        self._off_until_s = -inf
        self._factor, self._factor_until_s = 1.0, -inf
        self._occluded_until_s, self._stored_mg, self._store_limit_mg = -inf, 0.0, 0.0
        self._concentration, self._dead_ml = concentration_mg_ml, dead_space_ml
        # (mL, mg/mL) from the vein back to the pump; empty without dead space.
        self._plugs: deque[tuple[float, float]] = deque([(dead_space_ml, 0.0)] if dead_space_ml > 0 else [])

    @property
    def ce(self) -> float:
        # A model without an effect site acts through plasma.
        ce = self.body.ce_ng_ml
        return self.body.cp_ng_ml if ce is None else ce

    @property
    def ccv(self) -> float:
        return self.body.lagged_ng_ml[0]

    @property
    def delivered_mg_h(self) -> float:
        """What reaches the vein now."""
        return self.body.rate_mg_h

    # -- time ---------------------------------------------------------------------------------------------------------

    def to(self, at_s: float) -> None:
        while at_s > self._at_s:
            span_s = at_s - self._at_s
            pumped = self._pumped_mg_h()
            open_to_vein = not self._off() and self._occluded_until_s == -inf
            ml_h = pumped / self._concentration
            if self._plugs and open_to_vein and ml_h > _STANDS_ML_H:
                volume, held = self._plugs[0]
                if held != self._concentration:  # else what follows is the same
                    plug_s = volume / ml_h * 3600.0
                    if self._at_s + plug_s == self._at_s:  # too little to take any time: it would never end
                        self._pass_first()
                        continue
                    span_s = min(span_s, plug_s)
                self.body.set_rate_mg_h(ml_h * held)
                self._sweep(ml_h * span_s / 3600.0)
            else:
                self.body.set_rate_mg_h(pumped if open_to_vein and not self._plugs else 0.0)
                if self._occluded_until_s > -inf:
                    self._stored_mg = min(self._store_limit_mg, self._stored_mg + pumped * span_s / 3600.0)
            self.body.step(span_s / 60.0)
            # Not the sum: it must land on `at_s` to the bit.
            self._at_s = at_s if span_s == at_s - self._at_s else self._at_s + span_s
        self._settle()

    def second(self, now_s: float) -> None:
        """Each whole second: on to it, and what has its end there ends, to the second."""
        self.to(now_s)
        if now_s >= self._off_until_s > -inf:
            self._off_until_s = -inf
        if now_s >= self._factor_until_s > -inf:
            self._factor, self._factor_until_s = 1.0, -inf
        if now_s >= self._occluded_until_s > -inf:
            self._occluded_until_s = -inf
            stored, self._stored_mg = self._stored_mg, 0.0
            self._push(stored)
        self._settle()

    def earlier(self, doses: Iterable[Prior]) -> None:
        """What was given before the clock began; it does not count as given in the session."""
        walk_to_zero(self.body, doses)
        self.body.given_mg = 0.0

    # -- pump and hands -----------------------------------------------------------------------------------------------

    def set_rate_mg_h(self, rate_mg_h: float, at_s: float) -> None:
        self.to(at_s)
        self.pump_rate_mg_h = rate_mg_h
        self._settle()

    def bolus_mg(self, dose_mg: float, at_s: float) -> None:
        self.to(at_s)
        if self._off():
            return
        if self._occluded_until_s > -inf:
            self._stored_mg = min(self._store_limit_mg, self._stored_mg + dose_mg)
        else:
            self._push(dose_mg)

    def comes_off(self, at_s: float, until_s: float) -> None:
        self.to(at_s)
        self._off_until_s = until_s
        self._settle()

    def connect(self, at_s: float) -> None:
        self.to(at_s)
        self._off_until_s = -inf
        self._settle()

    def misprogram(self, factor: float, at_s: float, until_s: float) -> None:
        self.to(at_s)
        self._factor, self._factor_until_s = factor, until_s
        self._settle()

    def occlude(self, limit_mg: float, at_s: float, until_s: float) -> None:
        """The pump pushes on until `limit_mg` is stored."""
        self.to(at_s)
        self._occluded_until_s, self._store_limit_mg, self._stored_mg = until_s, limit_mg, 0.0
        self._settle()

    def relieve(self, at_s: float) -> None:
        """Opened to air: nothing is stored, nor will be."""
        self.to(at_s)
        self._stored_mg = self._store_limit_mg = 0.0

    def flush(self, at_s: float) -> None:
        """What lies in the dead space goes in at once; saline follows."""
        self.to(at_s)
        if self._off() or self._occluded_until_s > -inf or not self._plugs:
            return
        self.body.bolus_mg(sum(volume * held for volume, held in self._plugs))
        self._plugs = deque([(self._dead_ml, 0.0)])
        self._settle()

    # -- the parts ----------------------------------------------------------------------------------------------------

    def lasts(self, kind: str) -> bool:
        """Whether an effect of that kind goes on."""
        until_s = {
            "drug_line_off": self._off_until_s,
            "pump_factor": self._factor_until_s,
            "occlusion": self._occluded_until_s,
        }
        return until_s.get(kind, -inf) > -inf

    def _off(self) -> bool:
        return self._off_until_s > -inf

    def _pumped_mg_h(self) -> float:
        return self.pump_rate_mg_h * self._factor

    def _settle(self) -> None:
        """The rate that holds from here on, as the vein sees it."""
        rate = 0.0
        if not self._off() and self._occluded_until_s == -inf:
            rate = self._pumped_mg_h()
            if self._plugs:
                rate *= self._plugs[0][1] / self._concentration
        self.body.set_rate_mg_h(rate)

    def _push(self, dose_mg: float) -> None:
        """A dose into the pump's end: without dead space into the vein, else as much volume out at the other end."""
        if dose_mg <= 0.0:
            return
        if not self._plugs:
            self.body.bolus_mg(dose_mg)
            return
        volume_ml = dose_mg / self._concentration
        arrives_mg, left_ml = 0.0, volume_ml
        for volume, held in (*self._plugs, (inf, self._concentration)):
            part = min(volume, left_ml)
            arrives_mg += part * held
            left_ml -= part
        self._sweep(volume_ml)
        self.body.bolus_mg(arrives_mg)

    def _pass_first(self) -> None:
        """The plug at the vein has gone in, and as much solution has come after."""
        volume, _ = self._plugs.popleft()
        if self._plugs and self._plugs[-1][1] == self._concentration:
            volume += self._plugs.pop()[0]
        self._plugs.append((volume, self._concentration))

    def _sweep(self, volume_ml: float) -> None:
        """So much syringe solution goes in at the pump's end, and as much leaves at the vein's."""
        entering, held = self._plugs[-1] if self._plugs[-1][1] == self._concentration else (0.0, self._concentration)
        if entering > 0.0:
            self._plugs.pop()
        self._plugs.append((entering + volume_ml, held))
        left = volume_ml
        while left > 0.0 and self._plugs:
            volume, held = self._plugs.popleft()
            if volume > left + 1e-12 or not self._plugs:
                self._plugs.appendleft((max(volume - left, 0.0), held))
                break
            left -= volume


def walk_to_zero(body: Body, doses: Iterable[Prior]) -> None:
    """`body`, empty until the first of `doses`, as it stands at 0 s."""
    boluses: list[tuple[float, float, float]] = []  # when, mg at once, change of the rate in mg/h
    for dose in doses:
        if dose.over_s == 0.0:
            boluses.append((-dose.before_s, dose.dose_mg, 0.0))
        else:
            rate = dose.dose_mg / dose.over_s * 3600.0
            boluses += [(-dose.before_s, 0.0, rate), (dose.over_s - dose.before_s, 0.0, -rate)]
    boluses.sort()
    rate = 0.0
    for (at_s, dose_mg, change), following in zip(boluses, [*(b[0] for b in boluses[1:]), 0.0], strict=False):
        rate += change
        body.bolus_mg(dose_mg)
        body.set_rate_mg_h(rate)
        body.step((following - at_s) / 60.0)
    body.set_rate_mg_h(0.0)
