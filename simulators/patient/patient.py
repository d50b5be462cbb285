"""The virtual patient: drug, breathing, gas exchange, circulation and the monitor's numbers, on one fixed grid.

Gas exchange and breaths step each tenth of a second, everything slower each second, the drug exactly at every instant
that matters. The grid is always walked whole, so the trajectory depends on the seed and on what was done when, and never
on how a caller cuts time. Times are seconds on the scenario's clock, pressures mmHg, concentrations ng/mL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, inf, pi, sin
from typing import assert_never

from config.models import scenario as script
from devices.readings import Status
from simulators.patient import effects
from simulators.patient.gas import GasExchange, inspired_fraction, parameters_of
from simulators.patient.moment import Moment
from simulators.patient.pk import Kinetics, hill
from simulators.patient.pk_steps import Body
from simulators.patient.sensors import BreathMeter, CuffCycle, CuffReading, Oximeter
from simulators.patient.variability import TYPICAL_PERSON, Ar1, Person, stream
from simulators.vitals import Vital

STEPS_PER_S = 10
STEP_S = 1.0 / STEPS_PER_S
#: Lags of pulse and pressure behind what drives them.
_PULSE_TAU_S, _PRESSURE_TAU_S = 12.0, 20.0
#: Below this share of normal gas flow a breath leaves no plateau that a capnograph would count.
_SEEN_BREATH = 0.15
#: Effort below this share of normal moves no gas at all.
_NO_EFFORT = 0.05
#: Where in the cycle breathing takes up again after a pause: the first plateau follows within about a second.
_RESUME_PHASE = 0.7
_CO2_GAIN = 0.06
_BAG_RATE, _BAG_VENTILATION, _BAG_FIO2 = 12.0, 1.2, 0.9
_GROUPS = {
    "spo2": ("spo2", "pr", "pi"),
    "ecg": ("hr", "rr_imp"),
    "co2": ("etco2", "fico2", "rr_co2"),
    "nibp": ("nibp_sys", "nibp_dia", "nibp_map"),
    "temp": ("temp",),
    "abp": ("abp_sys", "abp_dia", "abp_map"),
}


@dataclass(frozen=True, slots=True)
class _Off:
    """A sensor that is off from `from_s` to `until_s`; for `hold_s` the monitor still repeats `last`."""

    from_s: float
    until_s: float
    hold_s: float
    last: Mapping[str, Vital]


class VirtualPatient:
    def __init__(
        self,
        spec: script.Patient,
        setup: script.MonitorSetup,
        kinetics: Kinetics,
        seed: int,
        person: Person = TYPICAL_PERSON,
    ) -> None:
        self._spec, self._setup = spec, setup
        self._n = 0
        self._asked_s = 0.0
        self._body, self._body_s = Body(kinetics, (effects.CARDIOVASCULAR_KE0_PER_MIN,)), 0.0
        self._threshold = spec.sedation_threshold * person.sedation
        self._sensitivity = (
            spec.pressor_sensitivity * person.pressor * effects.pressor_covariates(spec.age_y, spec.hypertension)
        )
        parameters = parameters_of(spec)
        self._gas = GasExchange(parameters)
        self._resting_va, self._resting_paco2 = parameters.resting_va_l_min, parameters.paco2
        self._start_scripts()
        self._level = 5
        self._pulse, self._sbp, self._dbp, self._temp = spec.hr, spec.sbp, spec.dbp, spec.temp
        self._drive, self._va, self._rr, self._phase = 1.0, self._resting_va, spec.rr, 0.0
        self._effort, self._breaths = 1.0, spec.rr
        self._noise = {
            name: Ar1(stream(seed, name), sd, tau_s)
            for name, sd, tau_s in (
                ("hr", 2.0, 120.0), ("pr", 0.5, 8.0), ("bp", 3.0, 90.0), ("abp", 1.5, 1.0), ("spo2", 0.4, 20.0),
                ("rr", 1.0, 60.0), ("etco2", 1.0, 30.0), ("temp", 0.1, 1800.0), ("pi", 0.15, 120.0),
            )
        }  # fmt: skip
        self._oximeter = Oximeter(self._gas.arterial_saturation, spec.finger_delay_s)
        self._sao2 = self._gas.arterial_saturation
        self._shown_spo2 = self._sao2
        self._capnograph = BreathMeter(setup.no_breath_s, spec.rr, spec.etco2)
        self._impedance = BreathMeter(setup.no_breath_s, spec.rr, 0.0)
        self._cuff = CuffCycle(setup.cuff, stream(seed, "cuff"))
        self._wave_phase = stream(seed, "wave").uniform(0.0, 2.0 * pi)
        self._follower: Callable[[Moment], None] | None = None

    def _start_scripts(self) -> None:
        """What scripted effects and hands have set, each with the time until which it holds."""
        self._apnoea_until = self._open_until = self._bag_until = self._roused_until = -inf
        self._obstruction, self._obstruction_until = 0.0, -inf
        self._weak_drive, self._weak_until = 1.0, -inf
        self._sample_line_until = self._drug_line_until = -inf
        self._pump_rate_mg_h = 0.0
        self._fio2, self._oxygen_l_min = 0.21, 0.0
        self._pressor = 1.0
        self._temp_target, self._temp_per_s = self._spec.temp, 0.0
        self._off: dict[str, _Off] = {}

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
        self._pump_rate_mg_h = rate_mg_h
        self._drug_to(self._asked_s)
        self._body.set_rate_mg_h(rate_mg_h if self._asked_s >= self._drug_line_until else 0.0)

    def bolus_mg(self, dose_mg: float) -> None:
        self._drug_to(self._asked_s)
        if self._asked_s >= self._drug_line_until:
            self._body.bolus_mg(dose_mg)

    def oxygen(self, flow_l_min: float, device: str = "") -> None:
        self._fio2, self._oxygen_l_min = inspired_fraction(flow_l_min, device), flow_l_min

    def do(self, effect: script.Effect) -> None:
        """The effect begins now, whatever its `at_s`; a new one of a kind replaces the one before."""
        now = self.now_s
        match effect:
            case script.CentralApnoea():
                self._apnoea_until = now + effect.duration_s
                self._capnograph.ends(now)
                self._impedance.ends(now)
            case script.Obstruction():
                self._obstruction, self._obstruction_until = effect.fraction, now + effect.duration_s
                if 1.0 - effect.fraction < _SEEN_BREATH:
                    self._capnograph.ends(now)
            case script.Hypoventilation():
                self._weak_drive, self._weak_until = effect.drive, now + effect.duration_s
            case script.Stimulate():
                self._apnoea_until = min(self._apnoea_until, now + 3.0)
                self._roused_until = now + 60.0
            case script.OpenAirway():
                self._open_until = now + effect.duration_s
            case script.Ventilate():
                self._bag_until = now + effect.duration_s
            case script.Oxygen():
                self.oxygen(effect.flow_l_min, effect.device)
            case script.Pressor():
                self._pressor = effect.factor
            case script.TemperatureDrift():
                self._temp_target = effect.target_c
                self._temp_per_s = abs(effect.target_c - self._temp) / effect.over_s
            case script.SensorOff():
                names = _GROUPS[effect.group]
                last = {name: vital for name, vital in self.vitals().items() if name in names}
                self._off[effect.group] = _Off(now, now + effect.duration_s, effect.hold_s, last)
            case script.SampleLineOff():
                self._sample_line_until = now + effect.duration_s
                self._capnograph.ends(now)
            case script.DrugLineOff():
                self._drug_line_until = now + effect.duration_s
                self._drug_to(self._asked_s)
                self._body.set_rate_mg_h(0.0)
            case script.CuffNow():
                self._cuff.start(now)
            case _:
                assert_never(effect)

    # -- what can be seen ---------------------------------------------------------------------------------------------

    def vitals(self) -> dict[str, Vital]:
        """What the monitor shows now. `no_breath` is the monitor's own status: 1 from `no_breath_s` after the last breath."""
        now, setup = self.now_s, self._setup
        seen = {
            "hr": float(round(self._shown_pulse(now))),
            "pr": float(round(self._shown_pulse(now) + self._noise["pr"].value)),
            "spo2": float(round(min(100.0, max(0.0, self._shown_spo2 + self._noise["spo2"].value)))),
            "pi": round(self._perfusion(), 1),
            "rr_imp": float(round(self._impedance.rate(now))),
            "temp": round(self._temp + self._noise["temp"].value, 1),
        }
        if setup.capnography:
            silent = self._capnograph.silent(now)
            seen["etco2"] = 0.0 if silent else float(round(self._capnograph.etco2))
            seen["fico2"] = 0.0
            seen["rr_co2"] = float(round(self._capnograph.rate(now)))
        if setup.arterial_line:
            sbp, dbp = self._arterial(now)
            seen |= {"abp_sys": float(round(sbp)), "abp_dia": float(round(dbp))}
            seen["abp_map"] = float(round(dbp + (sbp - dbp) / 3.0))
        out = {name: Vital(value, at_s=now) for name, value in seen.items()}
        out |= self._cuff_vitals()
        for group in self._off:
            self._take_off(group, out, now)
        out["no_breath"] = self._no_breath(now)
        return out

    def truth(self) -> dict[str, float]:
        """What no monitor shows. `airway`: open share; `drive`: breathing effort; `moaas`: level; `dissociation`: 0 to 100."""
        return {
            "sao2": self._sao2, "pao2": self._gas.arterial_po2, "paco2": self._gas.paco2, "cp": self._body.cp_ng_ml,
            "ce": self._ce, "ccv": self._ccv, "sbp": self._sbp, "dbp": self._dbp, "hr": self._pulse, "rr": self._rr,
            "drive": 0.0 if self.now_s < self._apnoea_until else self._drive, "airway": self._patency(self.now_s),
            "va_l_min": self._va * self._patency(self.now_s) if self.now_s >= self._apnoea_until else 0.0,
            "moaas": float(self.level), "dissociation": effects.dissociation(self._ce),
            "fio2": self._fio2, "rate_mg_h": self._pump_rate_mg_h, "given_mg": self._body.given_mg,
        }  # fmt: skip

    @property
    def cuff_readings(self) -> list[CuffReading]:
        """The last two, oldest first."""
        return list(self._cuff.readings)

    @property
    def level(self) -> int:
        """MOAA/S-like, 5 awake to 0; one better for a minute after stimulation."""
        return min(5, self._level + (self.now_s < self._roused_until))

    def moment(self) -> Moment:
        """Now, for whatever draws waveforms."""
        now = self.now_s
        sbp, dbp = self._arterial(now)
        off = {g: now - o.from_s >= o.hold_s for g, o in self._off.items() if now < o.until_s}
        return Moment(
            self._n, self._shown_pulse(now), effects.respiratory_sway(self._spec.age_y, self._ce), self._phase, self._breaths,
            self._effort, self._patency(now), self._sampled(now), self._plateau(), self._perfusion(), sbp, dbp, off,
        )  # fmt: skip

    # -- each second --------------------------------------------------------------------------------------------------

    @property
    def _ce(self) -> float:
        # A model without an effect site acts through plasma.
        ce = self._body.ce_ng_ml
        return self._body.cp_ng_ml if ce is None else ce

    @property
    def _ccv(self) -> float:
        return self._body.lagged_ng_ml[0]

    def _drug_to(self, at_s: float) -> None:
        if at_s > self._body_s:
            self._body.step((at_s - self._body_s) / 60.0)
            self._body_s = at_s

    def _second(self, now: float) -> None:
        self._drug_to(now)
        if now >= self._drug_line_until > -inf:  # reconnected, to the second
            self._drug_line_until = -inf
            self._body.set_rate_mg_h(self._pump_rate_mg_h)
        for noise in self._noise.values():
            noise.step()
        ce, ccv = self._ce, self._ccv
        self._level = effects.level(ce, self._threshold, self._level)
        self._drive = effects.breathing_drive(ce) * (self._weak_drive if now < self._weak_until else 1.0)
        over = self._gas.paco2 - self._resting_paco2
        # Three times the resting ventilation is as much as this patient can do.
        effort = min(3.0, self._drive * max(0.0, 1.0 + _CO2_GAIN * over))
        self._va = self._resting_va * effort
        self._rr = max(3.0, self._spec.rr * effort**0.5 + self._noise["rr"].value)
        self._sao2 = self._gas.arterial_saturation
        self._circulate(ce, ccv)
        self._shown_spo2 = self._oximeter.step(self._sao2)
        step = self._temp_per_s
        self._temp += max(-step, min(step, self._temp_target - self._temp))
        noise_bp = self._noise["bp"].value
        attached = not self._is_off("nibp")
        self._cuff.step(now, self._sbp + noise_bp, self._dbp + 0.6 * noise_bp, self._pulse, attached)

    def _circulate(self, ce: float, ccv: float) -> None:
        spec, paco2 = self._spec, self._gas.paco2
        strength = self._sensitivity * self._pressor * (1.3 if effects.dissociation(ce) >= 80.0 else 1.0)
        hypercapnic = max(0.0, paco2 - 45.0)
        # The baroreflex answers what is not the drug's own rise; ketamine blunts it.
        gain = min(0.6, max(0.2, 0.6 - 0.4 * (spec.age_y - 30.0) / 45.0)) * (1.0 - 0.6 * hill(ce, 50.0, 2.0))
        reflex = -gain * (0.73 * self._noise["bp"].value + 0.35 * 0.5 * hypercapnic)
        drug = strength * effects.pulse_rise(ccv) * (0.3 if spec.beta_blocker else 1.0)
        pulse = effects.hypoxic_pulse(spec.hr + drug + 0.4 * hypercapnic + reflex, self._sao2)
        self._pulse += (pulse - self._pulse) / _PULSE_TAU_S
        sbp = spec.sbp + strength * effects.systolic_rise(ccv) + 0.5 * hypercapnic
        dbp = spec.dbp + strength * effects.diastolic_rise(ccv)
        self._sbp += (sbp - self._sbp) / _PRESSURE_TAU_S
        self._dbp += (dbp - self._dbp) / _PRESSURE_TAU_S

    # -- each tenth of a second ---------------------------------------------------------------------------------------

    def _patency(self, now: float) -> float:
        if now < self._open_until or now < self._bag_until or now >= self._obstruction_until:
            return 1.0
        return 1.0 - self._obstruction

    def _breathe(self, now: float) -> None:
        patency = self._patency(now)
        if now < self._bag_until:
            effort, rate, va, fio2 = 1.0, _BAG_RATE, self._resting_va * _BAG_VENTILATION, _BAG_FIO2
        elif now < self._apnoea_until:
            effort, rate, va, fio2 = 0.0, 0.0, 0.0, self._fio2
        else:
            effort, rate, va, fio2 = self._drive, self._rr, self._va * patency, self._fio2
        self._effort, self._breaths = (effort, rate) if effort >= _NO_EFFORT else (0.0, 0.0)
        if effort < _NO_EFFORT:
            self._gas.step(STEP_S, 0.0, fio2, patency > 0.0)
            self._phase = _RESUME_PHASE
            return
        self._gas.step(STEP_S, va, fio2, patency > 0.0)
        self._phase += rate / 60.0 * STEP_S
        if self._phase >= 1.0:
            self._phase -= 1.0
            self._impedance.breath(now)
            if self._sampled(now):
                self._capnograph.breath(now, self._plateau())

    def _sampled(self, now: float) -> bool:
        return self._effort * self._patency(now) >= _SEEN_BREATH and now >= self._sample_line_until

    def _plateau(self) -> float:
        """End-tidal CO2 of a breath now. Oxygen by cannula dilutes the sample; a half-closed airway gives small plateaus."""
        diluted = 1.0 if self._fio2 > 0.5 else max(0.75, 1.0 - 0.03 * self._oxygen_l_min)
        partial = 1.0 - 0.4 * (1.0 - self._patency(self.now_s))
        return max(1.0, (self._gas.paco2 - self._spec.co2_gap) * diluted * partial + self._noise["etco2"].value)

    # -- the monitor's numbers ----------------------------------------------------------------------------------------

    def _shown_pulse(self, now: float) -> float:
        # Breath-to-breath variation is averaged out by the monitor; the 0.1 Hz wave is not.
        return max(0.0, self._pulse + self._noise["hr"].value + 1.5 * sin(0.2 * pi * now + self._wave_phase))

    def _perfusion(self) -> float:
        return self._spec.pi * exp(self._noise["pi"].value) * (1.0 - 0.3 * hill(self._ccv, 400.0))

    def _arterial(self, now: float) -> tuple[float, float]:
        noise = self._noise["bp"].value + 3.0 * sin(0.2 * pi * now + self._wave_phase) + self._noise["abp"].value
        sbp = self._sbp + noise
        return sbp, min(self._dbp + 0.6 * noise, sbp - 5.0)

    def _no_breath(self, now: float) -> Vital:
        """From the capnograph, else from impedance; a monitor with neither on the patient cannot tell."""
        if self._setup.capnography and not self._is_off("co2"):
            return Vital(float(self._capnograph.silent(now)), at_s=now)
        if not self._is_off("ecg"):
            return Vital(float(self._impedance.silent(now)), at_s=now)
        return Vital(None, "sensor_off", now)

    def _cuff_vitals(self) -> dict[str, Vital]:
        if not self._cuff.readings:
            return dict.fromkeys(_GROUPS["nibp"], Vital(None, "unavailable"))
        reading = self._cuff.readings[-1]
        status: Status = "ok" if reading.sys is not None else "invalid"
        values = (reading.sys, reading.dia, reading.map)
        return {n: Vital(v, status, reading.at_s) for n, v in zip(_GROUPS["nibp"], values, strict=True)}

    def _is_off(self, group: str) -> bool:
        off = self._off.get(group)
        return off is not None and off.from_s + off.hold_s <= self.now_s < off.until_s

    def _take_off(self, group: str, out: dict[str, Vital], now: float) -> None:
        off = self._off[group]
        if group == "nibp" or now >= off.until_s:  # a cuff that is off shows at its next measurement
            return
        for name in _GROUPS[group]:
            if name in out:
                held = now - off.from_s < off.hold_s
                out[name] = off.last[name] if held else Vital(None, "sensor_off", now)
