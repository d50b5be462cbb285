"""Spells that move pulse and pressure beside the drug: vasovagal, standing up, fear, a rhythm of its own (section 4.5).

All are offsets on what the circulation makes of drug and gases, so that they come and go without touching it.
"""

from math import exp, inf

from config.models import effects as fx
from simulators.patient.variability import Ar1, stream

_PRODROME_S = 7.0
_VAGAL_PULSE_TAU_S, _VAGAL_PRESSURE_TAU_S = 6.0, 8.0
_RECOVERY_TAU_S, _ATROPINE_TAU_S = 40.0, 30.0
#: The pause between beats comes when the pulse is nearly at its lowest.
_PAUSE_AFTER_S = 20.0
_STAND_TAU_S = 10.0
_FEAR_PULSE, _FEAR_SBP, _FEAR_DBP, _FEAR_RATE, _FEAR_EFFORT = 36.0, 30.0, 16.0, 0.40, 0.25
_VOICE, _MIDAZOLAM_FULL_NG_ML, _MIDAZOLAM = 0.30, 30.0, 0.60
_FEAR_TAU_S = 15.0
_IRREGULAR_SD = 9.0


class Reflexes:
    """Offsets on pulse (1/min) and pressures (mmHg), moved once a second. Times in s on the scenario's clock."""

    def __init__(self, seed: int) -> None:
        self.pulse = self.sbp = self.dbp = 0.0
        self._vagal_pulse = self._vagal_sbp = 0.0
        self._vagal: fx.Vasovagal | None = None
        self._vagal_from = self._legs_s = self._atropine_s = inf
        self._standing: fx.StandUp | None = None
        self._standing_until = -inf
        self._stood_pulse = self._stood_sbp = 0.0
        self._agitation, self._agitation_until = 0.0, -inf
        self._spoken_to = False
        self.fear = 0.0
        self._motion, self._motion_until = 0.0, -inf
        self._rhythm: fx.Arrhythmia | None = None
        self._rhythm_until = -inf
        self._irregular = Ar1(stream(seed, "rhythm"), 1.0, 3.0)

    # -- what befalls -------------------------------------------------------------------------------------------------

    def vasovagal(self, effect: fx.Vasovagal, now: float) -> None:
        self._vagal, self._vagal_from = effect, now
        self._legs_s = self._atropine_s = inf

    def stand(self, effect: fx.StandUp, now: float) -> None:
        self._standing, self._standing_until = effect, now + effect.duration_s

    def agitate(self, level: float, until_s: float) -> None:
        self._agitation, self._agitation_until, self._spoken_to = level, until_s, False

    def move(self, level: float, until_s: float) -> None:
        self._motion, self._motion_until = level, until_s

    def rhythm(self, effect: fx.Arrhythmia, now: float) -> None:
        self._rhythm, self._rhythm_until = effect, now + effect.duration_s

    # -- hands --------------------------------------------------------------------------------------------------------

    def legs_up(self, now: float) -> None:
        self._legs_s = min(self._legs_s, now)
        self._standing_until = min(self._standing_until, now)

    def atropine(self, now: float) -> None:
        self._atropine_s = min(self._atropine_s, now)

    def reassure(self) -> None:
        self._spoken_to = True

    # -- time ---------------------------------------------------------------------------------------------------------

    def second(self, now: float, pulse: float, sbp: float, cmid: float) -> None:
        """`pulse`, `sbp`: what they would be without any spell; `cmid`: midazolam at its effect site, ng/mL."""
        self._irregular.step()
        self._faint(now, pulse, sbp)
        fall, rise = 0.0, 0.0
        if self._standing is not None and now < self._standing_until:
            fall, rise = -self._standing.sbp_fall, self._standing.hr_rise
        self._stood_sbp = _towards(self._stood_sbp, fall, _STAND_TAU_S)
        self._stood_pulse = _towards(self._stood_pulse, rise, _STAND_TAU_S)
        afraid = self._agitation if now < self._agitation_until else 0.0
        calmed = (1.0 - _VOICE * self._spoken_to) * (1.0 - _MIDAZOLAM * min(1.0, cmid / _MIDAZOLAM_FULL_NG_ML))
        self.fear = _towards(self.fear, afraid * calmed, _FEAR_TAU_S)
        self.pulse = self._vagal_pulse + self._stood_pulse
        self.sbp = self._vagal_sbp + self._stood_sbp + _FEAR_SBP * self.fear
        self.dbp = 0.5 * self._vagal_sbp + 0.4 * self._stood_sbp + _FEAR_DBP * self.fear
        if self._rhythm is not None and now < self._rhythm_until:
            wander = _IRREGULAR_SD * self._irregular.value if self._rhythm.irregular else 0.0
            self.pulse = self._rhythm.hr + wander - pulse
            self.sbp += self._rhythm.sbp_change
            self.dbp += 0.5 * self._rhythm.sbp_change

    def _faint(self, now: float, pulse: float, sbp: float) -> None:
        spell = self._vagal
        if spell is None or now < self._vagal_from + _PRODROME_S:
            return
        over_s = min(self._vagal_from + spell.duration_s, self._legs_s)
        if now < min(over_s, self._atropine_s):
            self._vagal_pulse = _towards(self._vagal_pulse, min(0.0, spell.hr - pulse), _VAGAL_PULSE_TAU_S)
        else:
            tau_s = _ATROPINE_TAU_S if now >= self._atropine_s else _RECOVERY_TAU_S
            self._vagal_pulse = _towards(self._vagal_pulse, 0.0, tau_s)
        if now < over_s:
            self._vagal_sbp = _towards(self._vagal_sbp, min(0.0, spell.sbp - sbp), _VAGAL_PRESSURE_TAU_S)
        else:
            self._vagal_sbp = _towards(self._vagal_sbp, 0.0, _RECOVERY_TAU_S)

    def lasts(self, kind: str, now: float) -> bool:
        """Whether an effect of that kind goes on, before its after-effects."""
        if kind == "vasovagal":
            return self._vagal is not None and now < min(self._vagal_from + self._vagal.duration_s, self._legs_s)
        until = {"agitation": self._agitation_until, "motion": self._motion_until}
        return now < until.get(kind, -inf)

    # -- how it stands ------------------------------------------------------------------------------------------------

    def pausing(self, now: float) -> bool:
        """No beat: the one long pause of a vasovagal spell."""
        spell = self._vagal
        if spell is None or self._legs_s < inf or self._atropine_s < inf:
            return False
        begins = self._vagal_from + _PRODROME_S + _PAUSE_AFTER_S
        return begins <= now < min(begins + spell.pause_s, self._vagal_from + spell.duration_s)

    def motion(self, now: float) -> float:
        """How much the patient moves, 0 to 1."""
        return max(self.fear, self._motion if now < self._motion_until else 0.0)

    @property
    def fear_pulse(self) -> float:
        """What fear adds to the pulse's target, 1/min: before hypoxia has its say."""
        return _FEAR_PULSE * self.fear

    def haste(self) -> float:
        """Multiplies the breathing rate."""
        return 1.0 + _FEAR_RATE * self.fear

    def effort(self) -> float:
        """Multiplies ventilation."""
        return 1.0 + _FEAR_EFFORT * self.fear


def _towards(value: float, target: float, tau_s: float) -> float:
    return value + (target - value) * (1.0 - exp(-1.0 / tau_s))
