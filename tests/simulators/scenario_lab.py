"""A scenario run without a bed: the virtual patient second by second through the alarm engine of its profile."""

from dataclasses import dataclass, field

from config.models.alarms import load_profile
from config.models.scenario import Effect, Scenario
from dashboard.alarms import Fact, Tick, replay
from dashboard.alarms.values import Change
from simulators.scenario import Run

_USABLE = ("ok", "questionable")
#: A nurse who looks after the patient's level and does nothing else, so that no reminder speaks instead of the patient.
_CHECKS_EVERY_S = 240.0


@dataclass
class Lived:
    """`truth`, `shown`: second by second."""

    run: Run
    truth: list[dict[str, float]] = field(default_factory=list)
    shown: list[dict[str, float | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def begins(self) -> list[Change]:
        return [change for change in self.changes if change.change in ("raised", "escalated")]


def live(scenario: Scenario, hands: tuple[tuple[float, Effect], ...] = (), until_s: float | None = None) -> Lived:
    """`hands`: what a team does when; nobody does anything else but check consciousness."""
    last_s = int(scenario.duration_s if until_s is None else until_s)
    checks = {210.0, *(300.0 + _CHECKS_EVERY_S * n for n in range(1, int(last_s / _CHECKS_EVERY_S)))}
    attended = scenario.model_copy(update={"consciousness_at_s": tuple(sorted(c for c in checks if c < last_s))})
    run = Run(attended)
    for at_s, effect in hands:
        run.do(effect, at_s)
    out, ticks, measured_s = Lived(run), [], None
    for second in range(last_s + 1):
        run.advance(float(second))
        seen = run.vitals()
        values = {name: vital.value if vital.status in _USABLE else None for name, vital in seen.items()}
        fresh = seen["nibp_sys"].value is not None and seen["nibp_sys"].at_s != measured_s
        measured_s = seen["nibp_sys"].at_s
        if not fresh:
            values |= dict.fromkeys(("nibp_sys", "nibp_dia", "nibp_map"))
        ticks.append(Tick(float(second), values | {"link": 0.4}))
        out.truth.append(run.truth())
        out.shown.append({name: vital.value for name, vital in seen.items()})
    facts = [
        Fact(entry["t_s"], entry["type"], {k: v for k, v in entry.items() if k not in ("t_s", "type")})
        for entry in run.charted(0.0, run.now_s)
    ]
    out.changes = list(replay(load_profile(scenario.profile), None, ticks, facts))
    return out
