"""What the monitor shows of a patient: sensors with their delays, noise and faults, and the cuff."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, inf, pi, sin

from config.models import effects as fx
from config.models import scenario as script
from devices.readings import Status
from simulators.patient.inner import Inner
from simulators.patient.pk import hill
from simulators.patient.sensors import BreathMeter, CuffCycle, CuffReading, Oximeter
from simulators.patient.variability import Ar1, stream
from simulators.vitals import Vital

GROUPS = {
    "spo2": ("spo2", "pr", "pi"),
    "ecg": ("hr", "rr_imp"),
    "co2": ("etco2", "fico2", "rr_co2"),
    "nibp": ("nibp_sys", "nibp_dia", "nibp_map"),
    "temp": ("temp",),
    "abp": ("abp_sys", "abp_dia", "abp_map"),
}


#: Signal of an override -> the names that show it; pressures act on what is measured instead.
_SHOWN_AS = {
    "hr": ("hr", "pr"), "spo2": ("spo2",), "rr": ("rr_co2", "rr_imp"), "etco2": ("etco2",), "temp": ("temp",), "sbp": (), "dbp": (),
}  # fmt: skip
#: Perfusion index below which a probe finds no pulse; it repeats its last value for this long (section 4.4).
_FAINT_PI, _FREEZE_S = 0.3, 10.0
#: Pressure below which the finger's pulse grows small, and at which it is gone.
_SMALL_SBP, _GONE_SBP = 90.0, 64.0
#: A monitor's pulse is a mean over so many seconds: a pause between beats lowers it only so far.
_PULSE_OVER_S = 12
#: What a moving finger reads towards, and how much of the way at full motion.
_MOTION_SPO2, _MOTION_SHARE = 85.0, 0.8
_MOVES, _SHAKES = 0.2, 0.6


@dataclass(frozen=True, slots=True)
class _Overriding:
    """From `start` to `value` in a straight line; released: from `value` back to the model's."""

    start: float
    value: float
    from_s: float
    over_s: float
    released: bool = False

    def at(self, now: float, model: float) -> float:
        done = 1.0 if self.over_s == 0.0 else min(1.0, (now - self.from_s) / self.over_s)
        low, high = (self.value, model) if self.released else (self.start, self.value)
        return high if done == 1.0 else low + (high - low) * done

    def over(self, now: float) -> bool:
        return self.released and now >= self.from_s + self.over_s


@dataclass(frozen=True, slots=True)
class _Off:
    """A sensor that is off from `from_s` to `until_s`; for `hold_s` the monitor still repeats `last`."""

    from_s: float
    until_s: float
    hold_s: float
    last: Mapping[str, Vital]


class Screen:
    """The sensors on one patient. Times in s, the grid instant that was walked last."""

    def __init__(self, spec: script.Patient, setup: script.MonitorSetup, inner: Inner, seed: int) -> None:
        self._spec, self._setup, self._inner = spec, setup, inner
        self._noise = {
            name: Ar1(stream(seed, name), sd, tau_s)
            for name, sd, tau_s in (
                ("hr", 2.0, 120.0), ("pr", 0.5, 8.0), ("bp", 3.0, 90.0), ("abp", 1.5, 1.0), ("spo2", 0.4, 20.0),
                ("rr", 1.0, 60.0), ("etco2", 1.0, 30.0), ("temp", 0.1, 1800.0), ("pi", 0.15, 120.0),
                ("motion", 1.0, 5.0), ("electrode", 1.0, 3.0),
            )
        }  # fmt: skip
        self._oximeter = Oximeter(inner.sao2, spec.finger_delay_s)
        self._shown_spo2 = inner.sao2
        self.capnograph = BreathMeter(setup.no_breath_s, spec.rr, spec.etco2)
        self.impedance = BreathMeter(setup.no_breath_s, spec.rr, 0.0)
        self.cuff = CuffCycle(setup.cuff, stream(seed, "cuff"))
        self._wave_phase = stream(seed, "wave").uniform(0.0, 2.0 * pi)
        self.sample_line_until = self.leak_until = -inf
        self._off: dict[str, _Off] = {}
        self._overridden: dict[str, _Overriding] = {}
        self._motion = 0.0
        self._paused: deque[bool] = deque([False] * _PULSE_OVER_S, maxlen=_PULSE_OVER_S)
        self._faint_s, self._frozen = inf, (0.0, 0.0)

    def noise(self, name: str) -> float:
        return self._noise[name].value

    def stir(self) -> None:
        """Each second first: everything that fluctuates."""
        for noise in self._noise.values():
            noise.step()

    def second(self, now: float, motion: float = 0.0, pausing: bool = False) -> None:
        """Each second last: the probe and the cuff see the patient as it is then. `motion`: 0 to 1. `pausing`: no beat."""
        inner = self._inner
        self._motion = motion
        self._paused.append(pausing)
        self._shown_spo2 = self._oximeter.step(inner.sao2)
        noise_bp = self._noise["bp"].value
        attached = not self._is_off("nibp", now) and motion < _SHAKES
        sbp, dbp = self._pressures(now)
        self.cuff.step(now, sbp + noise_bp, dbp + 0.6 * noise_bp, inner.pulse, attached)
        if not self._faint(now):
            self._faint_s = inf
        elif self._faint_s == inf:
            self._faint_s, self._frozen = now, (self._saturation(), self._pulse_rate(now))

    def take_off(self, effect: script.SensorOff, now: float) -> None:
        names = GROUPS[effect.group]
        last = {name: vital for name, vital in self.vitals(now).items() if name in names}
        self._off[effect.group] = _Off(now, now + effect.duration_s, effect.hold_s, last)

    def fix(self, group: str, now: float) -> None:
        """The sensor is put back; a cuff measures rightly again, a sample line is open."""
        self._off.pop(group, None)
        if group == "nibp":
            self.cuff.spoil(0, None)
        elif group == "co2":
            self.sample_line_until = min(self.sample_line_until, now)
            self.leak_until = min(self.leak_until, now)

    def lasts(self, effect: script.Effect, now: float) -> bool:
        """Whether a sensor or the sample line is still off, or the line still leaks, as `effect` made it."""
        match effect:
            case script.SensorOff():
                return self._is_off(effect.group, now)
            case script.SampleLineOff():
                return now < self.sample_line_until
            case fx.SampleLineLeak():
                return now < self.leak_until
        return False

    def override(self, effect: fx.Override, now: float) -> None:
        pressures = dict(zip(("sbp", "dbp"), self._pressures(now), strict=True))
        shown = [vital.value for name, vital in self.vitals(now).items() if name in _SHOWN_AS[effect.signal]]
        start = pressures.get(effect.signal, next((v for v in shown if v is not None), effect.value))
        self._overridden[effect.signal] = _Overriding(start, effect.value, now, effect.over_s)

    def release(self, signal: str, over_s: float, now: float) -> None:
        if signal in self._overridden:
            reached = self._overridden[signal].at(now, self._overridden[signal].value)
            self._overridden[signal] = _Overriding(reached, reached, now, over_s, released=True)

    def overridden(self, now: float) -> dict[str, float]:
        """Signals that do not show the model, and what they go to or came from."""
        return {name: one.value for name, one in self._overridden.items() if not one.over(now)}

    # -- what can be seen ---------------------------------------------------------------------------------------------

    def vitals(self, now: float) -> dict[str, Vital]:
        setup = self._setup
        seen = {
            "hr": float(round(self._electric(now))),
            "pr": self._pulse_rate(now),
            "spo2": self._saturation(),
            "pi": round(self.perfusion(now), 1),
            "rr_imp": float(round(self.impedance.rate(now))),
            "temp": round(self._inner.temp + self._noise["temp"].value, 1),
        }
        if setup.capnography:
            silent = self.capnograph.silent(now)
            seen["etco2"] = 0.0 if silent else float(round(self.capnograph.etco2))
            seen["fico2"] = 0.0
            seen["rr_co2"] = float(round(self.capnograph.rate(now)))
        if setup.arterial_line:
            sbp, dbp = self.arterial(now)
            seen |= {"abp_sys": float(round(sbp)), "abp_dia": float(round(dbp))}
            seen["abp_map"] = float(round(dbp + (sbp - dbp) / 3.0))
        out = {name: Vital(value, at_s=now) for name, value in seen.items()}
        out |= self._cuff_vitals()
        self._disturb(out, now)
        for signal, one in self._overridden.items():
            for name in _SHOWN_AS[signal]:
                if name in out and not one.over(now):
                    model = out[name].value
                    shown = one.at(now, one.value if model is None else model)
                    out[name] = Vital(round(shown, 1) if name == "temp" else float(round(shown)), at_s=now)
        for group in self._off:
            self._blank(group, out, now)
        out["no_breath"] = self._no_breath(now)
        return out

    @property
    def cuff_readings(self) -> list[CuffReading]:
        return list(self.cuff.readings)

    @property
    def motion(self) -> float:
        """0 to 1."""
        return self._motion

    def overrides(self, signal: str, now: float) -> bool:
        one = self._overridden.get(signal)
        return one is not None and not one.over(now)

    def overlaid(self, signal: str, model: float, now: float) -> float:
        """What the monitor is made to show instead of the model's value, before rounding."""
        return self._overridden[signal].at(now, model) if self.overrides(signal, now) else model

    def off(self, now: float) -> dict[str, bool]:
        """Sensor groups that are off now -> whether the monitor has noticed."""
        return {g: now - o.from_s >= o.hold_s for g, o in self._off.items() if now < o.until_s}

    def pulse(self, now: float) -> float:
        # Breath-to-breath variation is averaged out by the monitor; the 0.1 Hz wave is not.
        return max(0.0, self._inner.pulse + self._noise["hr"].value + 1.5 * sin(0.2 * pi * now + self._wave_phase))

    def perfusion(self, now: float = -inf) -> float:
        """Perfusion index in the finger, %; given the time, also under a cuff on the same arm."""
        small = min(1.0, max(0.02, (self._inner.sbp - _GONE_SBP) / (_SMALL_SBP - _GONE_SBP)))
        squeezed = 0.02 if self._setup.cuff_on_probe_arm and self.cuff.squeezes(now) else 1.0
        usual = self._spec.pi * exp(self._noise["pi"].value) * (1.0 - 0.3 * hill(self._inner.ccv, 400.0))
        return usual * small**2 * squeezed

    def arterial(self, now: float) -> tuple[float, float]:
        noise = self._noise["bp"].value + 3.0 * sin(0.2 * pi * now + self._wave_phase) + self._noise["abp"].value
        sbp, dbp = self._pressures(now)
        return sbp + noise, min(dbp + 0.6 * noise, sbp + noise - 5.0)

    # -- the parts ----------------------------------------------------------------------------------------------------

    def _pressures(self, now: float) -> tuple[float, float]:
        """What can be measured, before noise."""
        sbp, dbp = self._inner.sbp, self._inner.dbp
        if self._overridden:
            high, low = self._overridden.get("sbp"), self._overridden.get("dbp")
            sbp = sbp if high is None else high.at(now, sbp)
            dbp = dbp if low is None else low.at(now, dbp)
        return sbp, dbp

    def _counted(self, now: float) -> float:
        return self.pulse(now) * (1.0 - sum(self._paused) / _PULSE_OVER_S)

    def _electric(self, now: float) -> float:
        """From the ECG, which shaking makes count wrongly."""
        shaken = 14.0 * self._motion * self._noise["electrode"].value if self._motion >= _SHAKES else 0.0
        return max(0.0, self._counted(now) + shaken)

    def _pulse_rate(self, now: float) -> float:
        return float(round(max(0.0, self._counted(now) + self._noise["pr"].value)))

    def _saturation(self) -> float:
        shown = self._shown_spo2 + self._noise["spo2"].value
        if self._motion >= _MOVES:
            wander = (1.0 + 2.0 * self._motion) * self._noise["motion"].value
            shown += _MOTION_SHARE * self._motion * (_MOTION_SPO2 - shown) + wander
        return float(round(min(100.0, max(0.0, shown))))

    def _faint(self, now: float) -> bool:
        return self.perfusion(now) < _FAINT_PI

    def _disturb(self, out: dict[str, Vital], now: float) -> None:
        """Values that motion makes doubtful, and a pulse that the probe no longer finds."""
        if self._motion >= _MOVES:
            for name in ("spo2", "pr"):
                out[name] = replace(out[name], status="questionable")
        if self._motion >= _SHAKES:
            out["hr"] = replace(out["hr"], status="questionable")
        if self._faint_s < inf:
            held = now - self._faint_s < _FREEZE_S
            for name, value in zip(("spo2", "pr"), self._frozen, strict=True):
                out[name] = Vital(value, "questionable", now) if held else Vital(None, "invalid", now)

    def _no_breath(self, now: float) -> Vital:
        """From the capnograph, else from impedance; a monitor with neither on the patient cannot tell."""
        if self._setup.capnography and not self._is_off("co2", now):
            return Vital(float(self.capnograph.silent(now)), at_s=now)
        if not self._is_off("ecg", now):
            return Vital(float(self.impedance.silent(now)), at_s=now)
        return Vital(None, "sensor_off", now)

    def _cuff_vitals(self) -> dict[str, Vital]:
        if not self.cuff.readings:
            return dict.fromkeys(GROUPS["nibp"], Vital(None, "unavailable"))
        reading = self.cuff.readings[-1]
        status: Status = "ok" if reading.sys is not None else "invalid"
        values = (reading.sys, reading.dia, reading.map)
        return {n: Vital(v, status, reading.at_s) for n, v in zip(GROUPS["nibp"], values, strict=True)}

    def _is_off(self, group: str, now: float) -> bool:
        off = self._off.get(group)
        return off is not None and off.from_s + off.hold_s <= now < off.until_s

    def _blank(self, group: str, out: dict[str, Vital], now: float) -> None:
        off = self._off[group]
        if group == "nibp" or now >= off.until_s:  # a cuff that is off shows at its next measurement
            return
        for name in GROUPS[group]:
            if name in out:
                held = now - off.from_s < off.hold_s
                out[name] = off.last[name] if held else Vital(None, "sensor_off", now)
