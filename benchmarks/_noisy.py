"""Simulated sessions of a restless patient as the alarm engine gets them: one tick a second, and what the nurse charted."""

from dataclasses import dataclass

from dashboard.alarms import Fact, Tick
from simulators.scenario import Run, find_scenario

USABLE = ("ok", "questionable")


@dataclass(frozen=True, slots=True)
class Noisy:
    """`still`: SpO2 second by second of the same patient lying still: what the noise covers."""

    name: str
    ticks: tuple[Tick, ...]
    facts: tuple[Fact, ...]
    still: tuple[Tick, ...]


def noisy_session(scenario: str, seed: int, artefacts: float, duration_s: int | None = None) -> Noisy:
    """The same arguments give the same session, bit by bit."""
    chosen = find_scenario(scenario).model_copy(update={"artefacts": artefacts, "variability": True})
    run = Run(chosen, seed)
    ticks: list[Tick] = []
    still: list[Tick] = []
    measured_s: float | None = None
    for second in range(int(chosen.duration_s if duration_s is None else duration_s)):
        run.advance(float(second))
        seen = run.vitals()
        values = {name: vital.value if vital.status in USABLE else None for name, vital in seen.items()}
        fresh = seen["nibp_sys"].value is not None and seen["nibp_sys"].at_s != measured_s
        measured_s = seen["nibp_sys"].at_s
        if not fresh:
            values |= dict.fromkeys(("nibp_sys", "nibp_dia", "nibp_map"))
        ticks.append(Tick(float(second), values | {"link": 0.4}))
        still.append(Tick(float(second), {"spo2": run.patient.vitals()["spo2"].value}))
    facts = tuple(
        Fact(entry["t_s"], entry["type"], {key: value for key, value in entry.items() if key not in ("t_s", "type")})
        for entry in run.charted(0.0, run.now_s)
    )
    return Noisy(f"{chosen.id} {seed} {artefacts:g}", tuple(ticks), facts, tuple(still))
