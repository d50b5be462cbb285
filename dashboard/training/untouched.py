"""A scenario run without a bed: the virtual patient second by second through the alarm engine of its profile, while nobody acts.

And a run of the training room as it would go on without a hand, for its trainer: truth alone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.models.alarms import load_profile
from config.models.scenario import Effect, Scenario
from config.models.training import ExpectedAlarm
from dashboard.alarms import Fact, Tick, replay
from dashboard.alarms.values import Change
from simulators.scenario import Run

_USABLE = ("ok", "questionable")
_CUFF = ("nibp_sys", "nibp_dia", "nibp_map")
#: A nurse who looks after the patient's level and does nothing else, so that no reminder speaks instead of the patient.
_CHECKS_EVERY_S = 240.0
#: A frame each second, somewhat late: a line that works.
_LINK_S = 0.4

#: What the trainer's figure draws.
DRAWN = ("sao2", "paco2", "ce", "moaas")
#: Points of a curve at most: one each 2 s in a run of 3 h.
POINTS = 5400
#: True saturations of which the trainer is told when they are passed, in %: the debrief's low, and where nobody may wait any more.
_LOW = (90, 80)


@dataclass
class Lived:
    """`truth`, `shown`: second by second from 0."""

    run: Run
    truth: list[dict[str, float]] = field(default_factory=list)
    shown: list[dict[str, float | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def begins(self) -> list[Change]:
        return [change for change in self.changes if change.change in ("raised", "escalated")]


def live(
    scenario: Scenario,
    hands: tuple[tuple[float, Effect], ...] = (),
    until_s: float | None = None,
    go_on: Callable[[int], bool] = lambda _second: True,
) -> Lived:
    """`hands`: what a team does when; nobody does anything else but check consciousness. It ends early when `go_on`, asked before
    each second, says no. ConfigError when there is no such profile."""
    profile = load_profile(scenario.profile)
    last_s = int(scenario.duration_s if until_s is None else until_s)
    checks = {210.0, *(300.0 + _CHECKS_EVERY_S * n for n in range(1, int(last_s / _CHECKS_EVERY_S)))}
    attended = scenario.model_copy(update={"consciousness_at_s": tuple(sorted(c for c in checks if c < last_s))})
    run = Run(attended)
    for at_s, effect in hands:
        run.do(effect, at_s)
    out, ticks, measured_s, silent_s = Lived(run), [], None, 0.0
    for second in range(last_s + 1):
        if not go_on(second):
            break
        run.advance(float(second))
        seen = run.vitals()
        values = {name: vital.value if vital.status in _USABLE else None for name, vital in seen.items()}
        fresh = seen["nibp_sys"].value is not None and seen["nibp_sys"].at_s != measured_s
        measured_s = seen["nibp_sys"].at_s
        silent_s = silent_s + 1.0 if run.cable_out else 0.0
        if run.cable_out:
            values = dict.fromkeys(values)
        elif not fresh:
            values |= dict.fromkeys(_CUFF)
        ticks.append(Tick(float(second), values | {"link": _LINK_S + silent_s}))
        out.truth.append(run.truth())
        out.shown.append({name: None if run.cable_out else vital.value for name, vital in seen.items()})
    facts = [
        Fact(entry["t_s"], entry["type"], {k: v for k, v in entry.items() if k not in ("t_s", "type")})
        for entry in run.charted(0.0, run.now_s)
    ]
    out.changes = list(replay(profile, None, ticks, facts))
    return out


def fits(change: Change, alarm: ExpectedAlarm) -> bool:
    """Whether an alarm that came is the expected one, in its window."""
    return (change.rule, change.priority) == (alarm.rule, alarm.priority) and (
        alarm.earliest_s <= change.t_s <= alarm.latest_s
    )


def came_at(alarm: ExpectedAlarm, came: Sequence[Change]) -> float | None:
    """Seconds, when the expected alarm came in its window; None when it did not."""
    return next((change.t_s for change in came if fits(change, alarm)), None)


def unexpected(scenario: Scenario, came: Sequence[Change]) -> list[Change]:
    """Medium and high alarms that the scenario does not list."""
    return [
        change
        for change in came
        if change.priority != "low" and not any(fits(change, alarm) for alarm in scenario.expected_alarms)
    ]


@dataclass(frozen=True, slots=True)
class Untouched:
    """The question: this scenario with this seed, from `joined_s` on without a nurse and without a trainee."""

    scenario: Scenario
    seed: int
    joined_s: float


def course(asked: Untouched, go_on: Callable[[int], bool]) -> dict[str, Any]:
    """As JSON: curves from `joined_s` to the scenario's end, `story`: what happens on the way. `go_on`: asked with each second; at the
    first no it ends there. The same patient as the run's own as long as no hand is laid on that one."""
    run = Run(asked.scenario, asked.seed)
    from_s, to_s = math.floor(asked.joined_s), int(asked.scenario.duration_s)
    step = max(1, math.ceil((to_s - from_s) / POINTS))
    curves: dict[str, list[float]] = {"t_s": [], **{name: [] for name in DRAWN}}
    sao2: list[float] = []
    for second in range(to_s + 1):
        if not go_on(second):
            break
        run.advance(float(second))
        if second < from_s:
            continue
        truth = run.truth()
        sao2.append(truth["sao2"])
        if (second - from_s) % step == 0:
            curves["t_s"].append(float(second))
            for name in DRAWN:
                curves[name].append(round(truth[name], 2))
    return {"from_s": from_s, "curves": curves, "story": _story(from_s, sao2, run.story.ended)}


def _story(from_s: int, sao2: list[float], ended: tuple[float, str] | None) -> list[dict[str, Any]]:
    """When each low is first reached, when the highest of them is left again for good, and the scenario's own end."""
    told: list[dict[str, Any]] = []
    for low in _LOW:
        if (first := next((i for i, value in enumerate(sao2) if value < low), None)) is not None:
            told.append({"t_s": from_s + first, "text": f"untouched: SaO₂ < {low} %"})
    below = [i for i, value in enumerate(sao2) if value < _LOW[0]]
    if below and below[-1] + 1 < len(sao2):
        told.append({"t_s": from_s + below[-1] + 1, "text": f"untouched: SaO₂ {_LOW[0]} % again"})
    if ended is not None and ended[0] >= from_s:
        told.append({"t_s": ended[0], "text": f"untouched: {ended[1]}"})
    return sorted(told, key=lambda one: float(one["t_s"]))
