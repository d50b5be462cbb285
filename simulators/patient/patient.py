"""The virtual patient: drug, breathing, gas exchange, circulation and the monitor's numbers, on one fixed grid.

Gas exchange and breaths step each tenth of a second, everything slower each second, the drug exactly at every instant
that matters. The grid is always walked whole, so the trajectory depends on the seed and on what was done when, and never
on how a caller cuts time. Times are seconds on the scenario's clock, pressures mmHg, concentrations ng/mL.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from config.models import effects as fx
from config.models import scenario as script
from config.models.training import Prior
from simulators.patient import effects, hands
from simulators.patient.airway import Airway
from simulators.patient.circulation import Circulation
from simulators.patient.drugs import Drugs
from simulators.patient.gas import GasExchange, GasParameters, inspired_fraction, parameters_of
from simulators.patient.inner import Inner
from simulators.patient.line import InfusionLine
from simulators.patient.moment import Moment
from simulators.patient.pk import Kinetics
from simulators.patient.reflexes import Reflexes
from simulators.patient.screen import Screen
from simulators.patient.sensors import CuffReading
from simulators.patient.variability import TYPICAL_PERSON, Person, stream
from simulators.vitals import Vital

STEPS_PER_S = 10
STEP_S = 1.0 / STEPS_PER_S
#: Below this share of normal gas flow a breath leaves no plateau that a capnograph would count.
_SEEN_BREATH = 0.15
#: Effort below this share of normal moves no gas at all.
_NO_EFFORT = 0.05
#: Where in the cycle breathing takes up again after a pause: the first plateau follows within about a second.
_RESUME_PHASE = 0.7
_CO2_GAIN = 0.06
#: How narrow severe bronchospasm makes the airway for the capnogram: a rise of 0.6 s (section 4.7).
_FIN = 0.95
_BAG_RATE, _BAG_VENTILATION, _MASK_FIO2 = 12.0, 1.2, 0.9


class VirtualPatient:
    def __init__(
        self,
        spec: script.Patient,
        setup: script.MonitorSetup,
        kinetics: Kinetics,
        seed: int,
        person: Person = TYPICAL_PERSON,
        line: InfusionLine | None = None,
    ) -> None:
        """`line`: an empty one of the same kinetics, if it has dead space."""
        self._spec = spec
        self._n = 0
        self._asked_s = 0.0
        self._line = InfusionLine(kinetics) if line is None else line
        self._drugs = Drugs(spec, self._line, person, seed)
        parameters = parameters_of(spec)
        self._gas = GasExchange(_at_rest(parameters, self._drugs.co2_shift))
        self._resting_va, self._resting_paco2 = parameters.resting_va_l_min, parameters.paco2
        self._start_scripts()
        self._inner = Inner(spec.hr, spec.sbp, spec.dbp, spec.temp, self._gas.arterial_saturation, self._gas.paco2)
        self._airway = Airway(stream(seed, "laryngospasm"), stream(seed, "sleep apnoea"))
        self._reflexes = Reflexes(seed)
        self._circulation = Circulation(spec, self._drugs, self._reflexes)
        self._screen = Screen(spec, setup, self._inner, seed)
        self._drive, self._va, self._rr, self._phase = 1.0, self._resting_va, spec.rr, 0.0
        self._effort, self._breaths, self._was_open = 1.0, spec.rr, 1.0
        self._follower: Callable[[Moment], None] | None = None

    def _start_scripts(self) -> None:
        """What scripted effects and hands have set, each with the time until which it holds."""
        self._apnoea_until = self._roused_until = -inf
        self._weak_drive, self._weak_rate, self._weak_until = 1.0, 1.0, -inf
        self._fio2, self._oxygen_l_min = 0.21, 0.0
        self._temp_target, self._temp_per_s = self._spec.temp, 0.0

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        """The last grid instant that was walked; values are of this instant."""
        return self._n / STEPS_PER_S

    def advance(self, to_s: float) -> None:
        """Walk the grid up to `to_s`; a time that has passed changes nothing."""
        if to_s <= self._asked_s:
            return
        last = int(to_s * STEPS_PER_S + 1e-6)
        while self._n < last:
            self._n += 1
            if self._n % STEPS_PER_S == 0:
                self._second(self._n / STEPS_PER_S)
            self._breathe(self._n / STEPS_PER_S)
            if self._follower is not None:
                self._follower(self.moment())
        self._asked_s = to_s

    def follow(self, follower: Callable[[Moment], None]) -> None:
        """`follower` is told of each grid instant from now on, once it is walked; without one nothing is spent on it."""
        self._follower = follower

    # -- hands --------------------------------------------------------------------------------------------------------

    def set_rate_mg_h(self, rate_mg_h: float) -> None:
        """From the time that was last asked for, to the instant."""
        self._line.set_rate_mg_h(rate_mg_h, self._asked_s)

    def bolus_mg(self, dose_mg: float) -> None:
        self._line.bolus_mg(dose_mg, self._asked_s)

    def oxygen(self, flow_l_min: float, device: str = "") -> None:
        self._fio2, self._oxygen_l_min = inspired_fraction(flow_l_min, device), flow_l_min

    def earlier(self, doses: Sequence[Prior]) -> None:
        """What was given before the clock began; before the first `advance`."""
        self._line.earlier(dose for dose in doses if dose.drug == "ketamine")
        self._drugs.earlier([dose for dose in doses if dose.drug == "midazolam"])

    def do(self, effect: script.Effect) -> None:
        """The effect begins now, whatever its `at_s`; a new one of a kind replaces the one before."""
        now = self.now_s
        match effect:
            case script.CentralApnoea():
                self._pause(now, effect.duration_s)
            case script.Hypoventilation():
                self._weak_drive, self._weak_rate = effect.drive, effect.rate
                self._weak_until = now + effect.duration_s
            case fx.Stimulate():
                self._apnoea_until = min(self._apnoea_until, now + 3.0)
                self._roused_until = now + 60.0
                self._airway.rouse(self._roused_until)
            case script.Oxygen():
                self.oxygen(effect.flow_l_min, effect.device)
            case script.Pressor():
                self._circulation.pressor = effect.factor
            case script.TemperatureDrift():
                self._temp_target = effect.target_c
                self._temp_per_s = abs(effect.target_c - self._inner.temp) / effect.over_s
            case script.Drug():
                self._drugs.give(effect.drug, effect.dose_mg, self._asked_s)
                self._airway.drug(effect.drug, now)
                if effect.drug == "atropine":
                    self._reflexes.atropine(now)
            case fx.StopPump():
                self.set_rate_mg_h(0.0)
            case fx.CallHelp() | fx.Look() | fx.CableOut():
                pass  # nothing changes in the patient
            case _:
                hands.lay(
                    effect, now, self._asked_s, hands.Parts(self._airway, self._reflexes, self._line, self._screen)
                )
                self._note_closure(now)

    def lasts(self, effect: script.Effect) -> bool:
        """Whether what such an effect set going still goes on; False for what is over in an instant. Whose effect it was, it does not say."""
        now, kind = self.now_s, effect.kind
        match effect:
            case script.CentralApnoea():
                return now < self._apnoea_until
            case script.Hypoventilation():
                return now < self._weak_until
            case script.Pressor():
                return self._circulation.pressor != 1.0
        return (
            self._airway.lasts(kind, now)
            or self._reflexes.lasts(kind, now)
            or self._line.lasts(kind)
            or self._screen.lasts(effect, now)
        )

    # -- what can be seen ---------------------------------------------------------------------------------------------

    def vitals(self) -> dict[str, Vital]:
        """What the monitor shows now. `no_breath` is the monitor's own status: 1 from `no_breath_s` after the last breath."""
        return self._screen.vitals(self.now_s)

    def truth(self) -> dict[str, float]:
        """What no monitor shows. `rr`: breaths that move gas, by a bag too, and `efforts`: those of the chest, 1/min; `airway`: open share;
        `drive`: breathing effort; `moaas`: level; `dissociation`: 0 to 100; `cmid`: midazolam at its effect site; `delivered_mg_h`: what
        reaches the vein; `override_…`: what the monitor is made to show."""
        inner, line, patency = self._inner, self._line, self._airway.patency(self.now_s)
        drive = 0.0 if self.now_s < self._apnoea_until else self._drive
        efforts = _BAG_RATE if self._airway.bagged(self.now_s) else self._rr if drive >= _NO_EFFORT else 0.0
        return {
            "sao2": inner.sao2, "pao2": self._gas.arterial_po2, "paco2": self._gas.paco2, "cp": line.body.cp_ng_ml,
            "ce": line.ce, "ccv": line.ccv, "cmid": self._drugs.cmid, "sbp": inner.sbp, "dbp": inner.dbp, "hr": inner.pulse,
            "rr": efforts if patency > 0.0 else 0.0, "efforts": efforts, "drive": drive, "airway": patency,
            "va_l_min": self._va * self._airway.flow(self.now_s) if self.now_s >= self._apnoea_until else 0.0,
            "moaas": float(self.level), "dissociation": self._drugs.dissociation, "fear": self._reflexes.fear,
            "bronchospasm": self._airway.bronchospasm(self.now_s), "temp": inner.temp,
            "fio2": self._fio2, "rate_mg_h": line.pump_rate_mg_h, "delivered_mg_h": line.delivered_mg_h, "given_mg": line.body.given_mg,
        } | {f"override_{name}": value for name, value in self._screen.overridden(self.now_s).items()}  # fmt: skip

    @property
    def cuff_readings(self) -> list[CuffReading]:
        """The last two, oldest first."""
        return self._screen.cuff_readings

    @property
    def level(self) -> int:
        """MOAA/S-like, 5 awake to 0; one better for a minute after stimulation."""
        return min(5, self._drugs.level + (self.now_s < self._roused_until))

    def moment(self) -> Moment:
        """Now, for whatever draws waveforms."""
        now, screen = self.now_s, self._screen
        sbp, dbp = screen.arterial(now)
        # A pause: slow enough that no beat falls into it.
        pulse = 1.0 if self._reflexes.pausing(now) else screen.overlaid("hr", screen.pulse(now), now)
        narrow = self._airway.patency(now) * (1.0 - _FIN * self._airway.bronchospasm(now))
        return Moment(
            self._n, pulse, effects.respiratory_sway(self._spec.age_y, self._line.ce), self._phase, self._breaths,
            self._effort, narrow, self._sampled(now), screen.overlaid("etco2", self._plateau(), now), screen.perfusion(now), sbp, dbp,
            screen.motion, screen.overlaid("rr", self._breaths, now) if screen.overrides("rr", now) else None, screen.off(now),
        )  # fmt: skip

    # -- each second --------------------------------------------------------------------------------------------------

    def _second(self, now: float) -> None:
        inner, line, drugs, screen = self._inner, self._line, self._drugs, self._screen
        pause_s = drugs.second(now)
        if pause_s is not None and now + pause_s > self._apnoea_until:
            self._pause(now, pause_s)
        screen.stir()
        inner.ce, inner.ccv, inner.paco2 = line.ce, line.ccv, self._gas.paco2
        airway, spells = self._airway, self._reflexes
        airway.second(now)
        self._note_closure(now)
        self._gas.extra_shunt = airway.shunt(now)
        weak, slow = (self._weak_drive, self._weak_rate) if now < self._weak_until else (1.0, 1.0)
        self._drive = drugs.drive * spells.effort() * airway.gasp(now) * weak
        over = self._gas.paco2 - self._resting_paco2 - drugs.co2_shift
        # Three times the resting ventilation is as much as this patient can do.
        effort = min(3.0, self._drive * max(0.0, 1.0 + _CO2_GAIN * drugs.co2_gain * over))
        self._va = self._resting_va * effort
        pace = effort**0.5 * slow * airway.haste(now) * spells.haste()
        self._rr = max(3.0, self._spec.rr * pace + screen.noise("rr"))
        inner.sao2 = self._gas.arterial_saturation
        self._circulation.second(inner, screen.noise("bp"), now, airway.swing(now))
        step = self._temp_per_s
        inner.temp += max(-step, min(step, self._temp_target - inner.temp))
        screen.second(now, spells.motion(now), spells.pausing(now))

    def _note_closure(self, now: float) -> None:
        """When the airway closes, the breath before was the last one that the capnograph sees."""
        patency = self._airway.patency(now)
        if patency < _SEEN_BREATH <= self._was_open:
            self._screen.capnograph.ends(now)
        self._was_open = patency

    def _pause(self, now: float, duration_s: float) -> None:
        """The breath under way is the last one."""
        self._apnoea_until = now + duration_s
        self._screen.capnograph.ends(now)
        self._screen.impedance.ends(now)

    # -- each tenth of a second ---------------------------------------------------------------------------------------

    def _breathe(self, now: float) -> None:
        airway = self._airway
        patency, flow = airway.patency(now), airway.flow(now)
        if airway.bagged(now):
            effort, rate, va, fio2 = 1.0, _BAG_RATE, self._resting_va * _BAG_VENTILATION * flow, _MASK_FIO2
        else:
            fio2 = _MASK_FIO2 if airway.pressured(now) else self._fio2
            if now < self._apnoea_until:
                effort, rate, va = 0.0, 0.0, 0.0
            else:
                effort, rate, va = self._drive, self._rr, self._va * flow
        self._effort, self._breaths = (effort, rate) if effort >= _NO_EFFORT else (0.0, 0.0)
        if effort < _NO_EFFORT:
            self._gas.step(STEP_S, 0.0, fio2, patency > 0.0)
            self._phase = _RESUME_PHASE
            return
        self._gas.step(STEP_S, va, fio2, patency > 0.0)
        self._phase += rate / 60.0 * STEP_S
        if self._phase >= 1.0:
            self._phase -= 1.0
            self._screen.impedance.breath(now)
            if self._sampled(now):
                self._screen.capnograph.breath(now, self._plateau())

    def _sampled(self, now: float) -> bool:
        return self._effort * self._airway.patency(now) >= _SEEN_BREATH and now >= self._screen.sample_line_until

    def _plateau(self) -> float:
        """End-tidal CO2 of a breath now. Oxygen by cannula dilutes the sample; a half-closed airway gives small plateaus."""
        leak = 0.5 if self.now_s < self._screen.leak_until else 1.0
        diluted = 1.0 if self._fio2 > 0.5 else max(0.75, 1.0 - 0.03 * self._oxygen_l_min)
        hidden = self._airway.hidden(self.now_s)
        partial = (1.0 - 0.4 * (1.0 - self._airway.patency(self.now_s))) * (1.0 - hidden)
        noise = self._screen.noise("etco2") * (3.0 if hidden > 0.0 else 1.0)
        return max(1.0, (self._gas.paco2 - self._spec.co2_gap) * diluted * partial * leak + noise)


def _at_rest(parameters: GasParameters, shift: float) -> GasParameters:
    """Where an opioid on board lets carbon dioxide come to rest."""
    if shift == 0.0:
        return parameters
    return replace(parameters, paco2=effects.resting_paco2(parameters.paco2, shift, _CO2_GAIN))
