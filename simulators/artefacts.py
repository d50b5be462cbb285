"""What a restless patient does to the numbers: motion, probes that come off, talking into the cannula, a cuff that is moved.

Every artefact is a pure function of seed and time, so that a run gives the same bits however time is cut. How often and how long
is ours, chosen so that alarms look as they do in clinical counts: most last less than half a minute (Görges 2009: median 17 s) and
most false ones come from SpO2 (alarms.md section 4). At `rate` 1 the patient is restless; 0.5 makes episodes half as frequent.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import log
from random import Random

from simulators.patient.variability import stream
from simulators.vitals import Vital, Vitals


@dataclass(frozen=True, slots=True)
class Kind:
    """`every_s`: mean pause between two episodes; `median_s`, `spread` (SD of the log), `low_s`, `high_s`: how long one lasts."""

    name: str
    every_s: float
    median_s: float
    spread: float
    low_s: float
    high_s: float


#: A moving finger reads low; the pulse is counted wrong with it.
MOTION = Kind("motion", 360.0, 8.0, 0.6, 3.0, 40.0)
#: The probe slips off and is put back.
PROBE_OFF = Kind("probe_off", 2_400.0, 20.0, 0.7, 5.0, 120.0)
#: An electrode is pulled or rubbed: beats are counted twice or missed.
ELECTRODE = Kind("electrode", 720.0, 6.0, 0.6, 2.0, 25.0)
#: Talking and breathing through the mouth: small plateaus, a rate that jumps.
TALKING = Kind("talking", 420.0, 10.0, 0.6, 3.0, 40.0)
KINDS = (MOTION, PROBE_OFF, ELECTRODE, TALKING)
#: Of a hundred cuff measurements under motion so many fail, and so many are wrong by this SD (mmHg).
CUFF_FAILS, CUFF_WRONG, CUFF_SD = 0.04, 0.06, 18.0
#: An artefact does not begin at its full size: the monitor averages.
_RAMP_S = 3.0


@dataclass(frozen=True, slots=True)
class Episode:
    """From `from_s` to `to_s`; `size` and `turn`, 0 to 1: how strong, and which way it goes."""

    from_s: float
    to_s: float
    size: float
    turn: float

    def strength(self, now_s: float) -> float:
        return min(1.0, (now_s - self.from_s + 1.0) / _RAMP_S)


class Episodes:
    """The episodes of one kind, drawn in order as time is asked for."""

    def __init__(self, kind: Kind, seed: int, rate: float) -> None:
        self._kind, self._rate = kind, rate
        self._random = stream(seed, f"artefact {kind.name}")
        self._from_s: list[float] = []
        self._drawn: list[Episode] = []
        self._reached_s = 0.0

    def at(self, now_s: float) -> Episode | None:
        """The episode that is on at `now_s`."""
        while self._reached_s <= now_s:
            self._draw()
        index = bisect_right(self._from_s, now_s) - 1
        found = self._drawn[index] if index >= 0 else None
        return found if found is not None and now_s < found.to_s else None

    def _draw(self) -> None:
        kind, random = self._kind, self._random
        from_s = self._reached_s + random.expovariate(self._rate / kind.every_s)
        long_s = min(kind.high_s, max(kind.low_s, random.lognormvariate(log(kind.median_s), kind.spread)))
        self._drawn.append(Episode(from_s, from_s + long_s, random.random(), random.random()))
        self._from_s.append(from_s)
        self._reached_s = from_s + long_s


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What waveforms suffer at one instant: strengths from 0 to 1. `talking`: the share of each plateau that is lost."""

    motion: float = 0.0
    probe_off: bool = False
    electrode: float = 0.0
    talking: float = 0.0


CALM = Disturbance()


class Artefacts:
    """Lies over what a monitor would have shown. `rate` > 0."""

    def __init__(self, seed: int, rate: float) -> None:
        if rate <= 0:
            raise ValueError(f"rate must be above 0 (got {rate:g})")
        self._seed = seed
        self._episodes = {kind: Episodes(kind, seed, rate) for kind in KINDS}
        self._rate = rate

    def over(self, vitals: Vitals, now_s: float) -> dict[str, Vital]:
        """The numbers as the monitor shows them at `now_s` on a patient who moves."""
        out = dict(vitals)
        if (moved := self._episodes[MOTION].at(now_s)) is not None:
            self._finger(out, moved, now_s)
        if self._episodes[PROBE_OFF].at(now_s) is not None:
            _off(out, ("spo2", "pr", "pi"), now_s)
        if (rubbed := self._episodes[ELECTRODE].at(now_s)) is not None:
            factor = 1.4 + 0.8 * rubbed.size if rubbed.turn < 0.7 else 0.5 + 0.25 * rubbed.size
            _scaled(out, "hr", 1.0 + (factor - 1.0) * rubbed.strength(now_s), 20.0, 300.0)
        if (talked := self._episodes[TALKING].at(now_s)) is not None:
            strength = talked.strength(now_s)
            _scaled(out, "etco2", 1.0 - _lost(talked, now_s), 1.0, 150.0)
            factor = 1.5 + 0.7 * talked.size if talked.turn < 0.6 else 0.4 + 0.3 * talked.size
            _scaled(out, "rr_co2", 1.0 + (factor - 1.0) * strength, 1.0, 60.0)
        self._cuff(out)
        return out

    def disturbance(self, now_s: float) -> Disturbance:
        """The same episodes, for the waveforms under the numbers."""
        moved, rubbed, talked = (self._episodes[kind].at(now_s) for kind in (MOTION, ELECTRODE, TALKING))
        off = self._episodes[PROBE_OFF].at(now_s) is not None
        if moved is None and rubbed is None and talked is None and not off:
            return CALM
        return Disturbance(
            0.0 if moved is None else (0.4 + 0.6 * moved.size) * moved.strength(now_s),
            off,
            0.0 if rubbed is None else (0.4 + 0.6 * rubbed.size) * rubbed.strength(now_s),
            0.0 if talked is None else _lost(talked, now_s),
        )

    def _finger(self, out: dict[str, Vital], moved: Episode, now_s: float) -> None:
        low = (4.0 + 12.0 * moved.size) * moved.strength(now_s)
        seen = out.get("spo2")
        if seen is not None and seen.value is not None and seen.status == "ok":
            out["spo2"] = replace(seen, value=float(round(max(0.0, seen.value - low))), status="questionable")
        _scaled(out, "pr", 0.6 + moved.turn, 20.0, 300.0)
        _scaled(out, "pi", 0.4, 0.1, 20.0, decimals=1)

    def _cuff(self, out: dict[str, Vital]) -> None:
        """Whether a measurement is spoilt depends on the measurement, not on when it is looked at."""
        seen = out.get("nibp_sys")
        if seen is None or seen.value is None:
            return
        random = Random(f"{self._seed}/artefact cuff/{seen.at_s:.1f}")
        chance = random.random() / self._rate
        names = [name for name in ("nibp_sys", "nibp_dia", "nibp_map") if name in out]
        if chance < CUFF_FAILS:
            for name in names:
                out[name] = replace(out[name], value=None, status="invalid")
        elif chance < CUFF_FAILS + CUFF_WRONG:
            error = random.gauss(0.0, CUFF_SD)
            for name, share in zip(names, (1.0, 0.6, 0.75), strict=False):
                value = out[name].value
                if value is not None:
                    out[name] = replace(out[name], value=float(round(max(20.0, value + share * error))))


def _lost(talked: Episode, now_s: float) -> float:
    """Share of a plateau that a talking patient breathes past the cannula."""
    return (0.2 + 0.4 * talked.size) * talked.strength(now_s)


def _off(out: dict[str, Vital], names: tuple[str, ...], now_s: float) -> None:
    for name in names:
        if name in out:
            out[name] = Vital(None, "sensor_off", now_s)


def _scaled(out: dict[str, Vital], name: str, factor: float, low: float, high: float, decimals: int = 0) -> None:
    seen: Vital | None = out.get(name)
    if seen is None or not seen.value:  # nothing there, or no breath: nothing to distort
        return
    value = min(high, max(low, seen.value * factor))
    out[name] = replace(seen, value=round(value, decimals) if decimals else float(round(value)), status="questionable")
