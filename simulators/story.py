"""What a scenario says in words of "when": triggers, patient cues, ends. Judged each whole second of a run, never in between."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from config.models import effects as fx
from config.models.scenario import Conditional, Drug, Effect, Oxygen, Scenario
from config.models.training import HANDS, Comparison, PatientCue, Trigger, comparison


@dataclass(frozen=True, slots=True)
class Seen:
    """A patient cue at the bed: what a trainer says or shows, from `t_s` until another of its kind or `until_s`."""

    t_s: float
    kind: str
    text: str
    until_s: float


class _Watched:
    """One trigger: holds since when, and whether it has fired. Fires once."""

    __slots__ = ("_comparisons", "_since_s", "_trigger", "fired")

    def __init__(self, trigger: Trigger) -> None:
        self._trigger = trigger
        self._comparisons: tuple[Comparison, ...] = tuple(comparison(text) for text in trigger.when)
        self._since_s: float | None = None
        self.fired = False

    def fires(self, now_s: float, truth: Mapping[str, float], done: Mapping[str, float]) -> bool:
        if self.fired:
            return False
        trigger = self._trigger
        holds = (
            (trigger.at_s is None or now_s >= trigger.at_s)
            and (not trigger.done or any(name in done for name in trigger.done))
            and not any(name in done for name in trigger.not_done)
            and all(c.holds(truth[c.name]) for c in self._comparisons)
        )
        if not holds:
            self._since_s = None
            return False
        self._since_s = now_s if self._since_s is None else self._since_s
        self.fired = now_s - self._since_s >= trigger.for_s
        return self.fired


class Story:
    """The same truths and deeds at the same seconds give the same story."""

    def __init__(self, scenario: Scenario) -> None:
        self._conditional: list[tuple[_Watched, Conditional]] = [(_Watched(c), c) for c in scenario.conditional]
        self._cues: list[tuple[_Watched, PatientCue]] = [(_Watched(c), c) for c in scenario.cues]
        self._ends = [(_Watched(e), e.reason) for e in scenario.ends]
        self.seen: list[Seen] = []
        #: When and why it was over.
        self.ended: tuple[float, str] | None = None

    @property
    def silent(self) -> bool:
        """There is nothing to judge."""
        return not (self._conditional or self._cues or self._ends)

    def second(self, now_s: float, truth: Mapping[str, float], done: Mapping[str, float]) -> list[Effect]:
        """What befalls the patient because of how things stand at `now_s`; their `at_s` counts from now."""
        truth = {**truth, "t_s": now_s}
        for watched, cue in self._cues:
            if watched.fires(now_s, truth, done):
                until_s = inf if cue.lasts_s is None else now_s + cue.lasts_s
                self.seen.append(Seen(now_s, cue.kind, cue.text, until_s))
        for watched, reason in self._ends:
            if watched.fires(now_s, truth, done) and self.ended is None:
                self.ended = (now_s, reason)
        found: list[Effect] = []
        for watched, conditional in self._conditional:
            if watched.fires(now_s, truth, done):
                found.extend(conditional.effects)
        return found

    def cues(self, now_s: float) -> dict[str, str]:
        """Kind -> what is seen or heard now."""
        latest = {seen.kind: seen for seen in self.seen if seen.t_s <= now_s}
        return {kind: seen.text for kind, seen in latest.items() if now_s < seen.until_s}


def deed(effect: Effect) -> str | None:
    """The name under which a hand's effect is noted as done; None for what no team does."""
    match effect:
        case Drug():
            name = f"give_{effect.drug}"
        case fx.Fix():
            name = f"fix_{effect.what}"
        case Oxygen():
            name = "oxygen" if effect.flow_l_min > 0 else "oxygen_off"
        case _:
            name = effect.kind
    return name if name in HANDS else None
