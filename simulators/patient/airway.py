"""The airway between effort and gas: obstruction, spasm of larynx and bronchi, sleep apnoea, vomiting, and hands that open it."""

from math import inf
from random import Random

from config.models import effects as fx

#: Share of gas flow that a partial spasm of the larynx lets through.
_PARTIAL = 0.40
_SPASM_HASTE = 1.75
#: What ends a spasm, weakest first, and after how long (s). Choices of ours; the order is that of the usual drill.
_BREAKS_AFTER_S = {"cpap": 15.0, "propofol": 30.0, "relaxant": 45.0}
_STRENGTH = {"cpap": 0, "propofol": 1, "relaxant": 2}
#: CPAP ends so many of the spasms that are left to chance (scenario S03).
_CPAP_CHANCE = 0.80
#: Blood that passes unaired lung: severe bronchospasm, and retching. Chosen for 88 and 91 % on air.
_BRONCHIAL_SHUNT, _RETCHING_SHUNT = 0.26, 0.16
_SNORT_S, _SNORT_EFFORT = 15.0, 2.2
_SPASM_STRESS = 24.0


class Airway:
    """Times in s on the scenario's clock. The throat (obstruction, sleep) can be splinted open; the larynx cannot."""

    def __init__(self, spasms: Random, sleep: Random) -> None:
        self._spasms, self._sleep = spasms, sleep
        self._obstruction, self._obstruction_until = 0.0, -inf
        self._open_until = self._bag_until = self._cpap_until = -inf
        self._spasm: fx.Laryngospasm | None = None
        self._spasm_until = -inf
        self._weakest = "cpap"
        self._bronchial, self._bronchial_until = 0.0, -inf
        self._vomit_until = self._cough_until = -inf
        self._doze: fx.SleepApnoea | None = None
        self._doze_until = self._roused_until = -inf
        self._cycle_s = self._closed_s = 0.0

    # -- what befalls it ----------------------------------------------------------------------------------------------

    def obstruct(self, fraction: float, until_s: float) -> None:
        self._obstruction, self._obstruction_until = fraction, until_s

    def spasm(self, effect: fx.Laryngospasm, now: float) -> None:
        # Drawn for each spasm, whatever its script says, so that one never shifts the fate of the next.
        chance = self._spasms.random()
        going_on = now < self._spasm_until  # partial becomes complete: the same spasm, with its fate
        if effect.breaks != "chance":
            self._weakest = effect.breaks
        elif not going_on:
            self._weakest = "cpap" if chance < _CPAP_CHANCE else "propofol"
        self._spasm, self._spasm_until = effect, now + effect.duration_s
        if now < self._cpap_until:
            self._treat_spasm("cpap", now)

    def bronchi(self, severity: float, until_s: float) -> None:
        self._bronchial, self._bronchial_until = severity, until_s

    def vomit(self, until_s: float) -> None:
        self._vomit_until = until_s

    def cough(self, until_s: float) -> None:
        self._cough_until = until_s

    def doze(self, effect: fx.SleepApnoea, now: float) -> None:
        self._doze, self._doze_until = effect, now + effect.duration_s
        self._close(effect, now)

    def _close(self, effect: fx.SleepApnoea, now: float) -> None:
        self._cycle_s, self._closed_s = now, self._sleep.uniform(effect.shortest_s, effect.longest_s)

    # -- hands --------------------------------------------------------------------------------------------------------

    def open(self, until_s: float, now: float) -> None:
        self._open_until = until_s
        if self._spasm is not None and self._spasm.degree == "partial":
            self._treat_spasm("cpap", now)

    def bag(self, until_s: float) -> None:
        self._bag_until = until_s

    def cpap(self, until_s: float, now: float) -> None:
        self._cpap_until = until_s
        self._treat_spasm("cpap", now)

    def drug(self, name: str, now: float) -> None:
        """Propofol and suxamethonium act on the larynx."""
        if name in ("propofol", "suxamethonium"):
            self._treat_spasm("relaxant" if name == "suxamethonium" else name, now)

    def suction(self, now: float) -> None:
        if now < self._vomit_until:
            self._vomit_until = now + (self._vomit_until - now) / 2.0

    def rouse(self, until_s: float) -> None:
        self._roused_until = until_s

    def _treat_spasm(self, means: str, now: float) -> None:
        if now < self._spasm_until and _STRENGTH[means] >= _STRENGTH[self._weakest]:
            self._spasm_until = min(self._spasm_until, now + _BREAKS_AFTER_S[means])

    def lasts(self, kind: str, now: float) -> bool:
        """Whether an effect of that kind goes on, held open for the moment or not."""
        until = {
            "obstruction": self._obstruction_until, "laryngospasm": self._spasm_until, "bronchospasm": self._bronchial_until,
            "sleep_apnoea": self._doze_until, "vomiting": self._vomit_until, "cough": self._cough_until,
        }  # fmt: skip
        return now < until.get(kind, -inf)

    # -- how it stands ------------------------------------------------------------------------------------------------

    def second(self, now: float) -> None:
        """Each second: the cycle of sleep apnoea."""
        if self._doze is not None and now >= self._cycle_s + self._closed_s + self._doze.breathing_s:
            self._close(self._doze, now)

    def patency(self, now: float) -> float:
        """Open share, of throat and larynx together."""
        return self._throat(now) * self._larynx(now)

    def flow(self, now: float) -> float:
        """Share of effort that moves gas into the lung: narrow bronchi and retching cost some of it, fast breaths through a
        crowing larynx regain some."""
        return (
            self._throat(now)
            * min(1.0, _SPASM_HASTE * self._larynx(now))
            * (1.0 - 0.35 * self.bronchospasm(now))
            * (0.6 if now < self._vomit_until else 1.0)
        )

    def hidden(self, now: float) -> float:
        """Share of a plateau that coughing, retching and a crowing larynx keep from the sample line."""
        if now < self._vomit_until or now < self._cough_until:
            return 0.4
        return 0.25 if self._larynx(now) < 1.0 else 0.0

    def bagged(self, now: float) -> bool:
        return now < self._bag_until

    def pressured(self, now: float) -> bool:
        """CPAP is on."""
        return now < self._cpap_until

    def bronchospasm(self, now: float) -> float:
        return self._bronchial if now < self._bronchial_until else 0.0

    def shunt(self, now: float) -> float:
        """On top of the patient's own."""
        return _BRONCHIAL_SHUNT * self.bronchospasm(now) + (_RETCHING_SHUNT if now < self._vomit_until else 0.0)

    def haste(self, now: float) -> float:
        """Multiplies the breathing rate: spasm and cough make breaths fast and shallow."""
        spasm = 1.0 if self._larynx(now) == 1.0 else _SPASM_HASTE
        restless = 1.4 if now < self._vomit_until or now < self._cough_until else 1.0
        return spasm * restless * (1.0 + 0.5 * self.bronchospasm(now))

    def swing(self, now: float) -> float:
        """What a spasm, and the cycle of sleep apnoea, do to the pulse, 1/min."""
        if not self._dozing(now):
            return 0.0 if self._larynx(now) == 1.0 else _SPASM_STRESS
        if self._closed(now):
            return -14.0
        return 16.0 if self._snorts(now) else 0.0

    def gasp(self, now: float) -> float:
        """Multiplies effort: the breaths of the short awakening that ends an obstruction are deep."""
        return _SNORT_EFFORT if self._dozing(now) and self._snorts(now) else 1.0

    def _snorts(self, now: float) -> bool:
        return 0.0 <= now - self._cycle_s - self._closed_s < _SNORT_S

    def _held(self, now: float) -> bool:
        return now < self._open_until or now < self._bag_until or now < self._cpap_until

    def _throat(self, now: float) -> float:
        if self._held(now):
            return 1.0
        open_share = 1.0 - self._obstruction if now < self._obstruction_until else 1.0
        return 0.0 if self._dozing(now) and self._closed(now) else open_share

    def _larynx(self, now: float) -> float:
        if self._spasm is None or now >= self._spasm_until:
            return 1.0
        return _PARTIAL if self._spasm.degree == "partial" else 0.0

    def _dozing(self, now: float) -> bool:
        return now < self._doze_until and now >= self._roused_until and not self._held(now)

    def _closed(self, now: float) -> bool:
        return now < self._cycle_s + self._closed_s
