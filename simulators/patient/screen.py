"""What the monitor shows of a patient: sensors with their delays, noise and faults, and the cuff."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, pi, sin

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
            )
        }  # fmt: skip
        self._oximeter = Oximeter(inner.sao2, spec.finger_delay_s)
        self._shown_spo2 = inner.sao2
        self.capnograph = BreathMeter(setup.no_breath_s, spec.rr, spec.etco2)
        self.impedance = BreathMeter(setup.no_breath_s, spec.rr, 0.0)
        self.cuff = CuffCycle(setup.cuff, stream(seed, "cuff"))
        self._wave_phase = stream(seed, "wave").uniform(0.0, 2.0 * pi)
        self.sample_line_until = -inf
        self._off: dict[str, _Off] = {}

    def noise(self, name: str) -> float:
        return self._noise[name].value

    def stir(self) -> None:
        """Each second first: everything that fluctuates."""
        for noise in self._noise.values():
            noise.step()

    def second(self, now: float) -> None:
        """Each second last: the probe and the cuff see the patient as it is then."""
        inner = self._inner
        self._shown_spo2 = self._oximeter.step(inner.sao2)
        noise_bp = self._noise["bp"].value
        attached = not self._is_off("nibp", now)
        self.cuff.step(now, inner.sbp + noise_bp, inner.dbp + 0.6 * noise_bp, inner.pulse, attached)

    def take_off(self, effect: script.SensorOff, now: float) -> None:
        names = GROUPS[effect.group]
        last = {name: vital for name, vital in self.vitals(now).items() if name in names}
        self._off[effect.group] = _Off(now, now + effect.duration_s, effect.hold_s, last)

    # -- what can be seen ---------------------------------------------------------------------------------------------

    def vitals(self, now: float) -> dict[str, Vital]:
        setup = self._setup
        seen = {
            "hr": float(round(self.pulse(now))),
            "pr": float(round(self.pulse(now) + self._noise["pr"].value)),
            "spo2": float(round(min(100.0, max(0.0, self._shown_spo2 + self._noise["spo2"].value)))),
            "pi": round(self.perfusion(), 1),
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
        for group in self._off:
            self._blank(group, out, now)
        out["no_breath"] = self._no_breath(now)
        return out

    @property
    def cuff_readings(self) -> list[CuffReading]:
        return list(self.cuff.readings)

    def off(self, now: float) -> dict[str, bool]:
        """Sensor groups that are off now -> whether the monitor has noticed."""
        return {g: now - o.from_s >= o.hold_s for g, o in self._off.items() if now < o.until_s}

    def pulse(self, now: float) -> float:
        # Breath-to-breath variation is averaged out by the monitor; the 0.1 Hz wave is not.
        return max(0.0, self._inner.pulse + self._noise["hr"].value + 1.5 * sin(0.2 * pi * now + self._wave_phase))

    def perfusion(self) -> float:
        return self._spec.pi * exp(self._noise["pi"].value) * (1.0 - 0.3 * hill(self._inner.ccv, 400.0))

    def arterial(self, now: float) -> tuple[float, float]:
        noise = self._noise["bp"].value + 3.0 * sin(0.2 * pi * now + self._wave_phase) + self._noise["abp"].value
        sbp = self._inner.sbp + noise
        return sbp, min(self._inner.dbp + 0.6 * noise, sbp - 5.0)

    # -- the parts ----------------------------------------------------------------------------------------------------

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
