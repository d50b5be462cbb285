"""What a demo will show: decided before the web is loaded, so that the pasts of its beds can be made meanwhile."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.models.scenario import Scenario
from config.models.station import Bed, Device
from dashboard.bed_clock import BedClock
from dashboard.data_dir import own_scenarios
from dashboard.past_maker import PastMaker
from simulators.past import Job
from simulators.replay import Recording
from simulators.scenario import find_scenario

USUAL = "crps-uneventful"
#: Scenarios of the beds after the first, in turn.
OTHERS = (USUAL, "hypertensive-response", "apnoea-desaturation")
#: A shorter past is made faster than a process starts.
WORTH_A_PROCESS_S = 120.0


@dataclass(frozen=True, slots=True)
class BedPlan:
    """`again`: how many beds before this one show the same scenario. `clock` was made at monotonic time `began`."""

    bed: Bed
    scenario: Scenario
    seed: int
    again: int
    clock: BedClock
    began: float


def plan_demo(
    *,
    beds: int,
    scenario: str | None,
    seed: int | None,
    speed: float,
    replay: str | None = None,
    start_s: float | None = None,
    data_dir: Path | None = None,
    pasts: PastMaker,
) -> "DemoPlan":
    """The options of `demo`, checked; ConfigError for what cannot be. The beds' pasts are in the making when it returns."""
    if replay is None:
        plans = planned(
            find_scenario(USUAL if scenario is None else scenario, own_scenarios(data_dir)), beds, seed, speed
        )
        pasts.make(_jobs(plans))
        return DemoPlan(plans)
    from dashboard.recordings import (  # late: it reads stores and tables, which a scenario has no use for
        JOIN_S,
        replayed,
    )

    case = replayed(replay, data_dir, start_s, scenario=scenario, seed=seed)
    assert case is not None
    plans = planned(case.scenario(case.begin_s(start_s, JOIN_S)), beds, seed, speed)
    pasts.make(_jobs(plans[1:]))
    return DemoPlan(plans, case.recording)


def planned(first: Scenario, beds: int, seed: int | None, speed: float) -> list[BedPlan]:
    """Bed 1 with `first`, the others with what is left of `OTHERS` in turn. Every bed's clock begins in its past."""
    others = [find_scenario(name) for name in OTHERS if name != first.id]
    chosen = [first, *(others[i % len(others)] for i in range(beds - 1))]
    return [
        BedPlan(
            demo_bed(number, scenario),
            scenario,
            seed if number == 1 and seed is not None else scenario.seed + number - 1,
            chosen[: number - 1].count(scenario),
            BedClock(datetime.now(UTC) - timedelta(seconds=scenario.live_from_s), speed),
            time.monotonic(),
        )
        for number, scenario in enumerate(chosen, 1)
    ]


def demo_bed(number: int, scenario: Scenario) -> Bed:
    """Bed `bed-<number>` with the monitors that the scenario names; their ports are made when it goes live."""
    devices = tuple(
        Device(name=name if count == 1 else f"{name}-{count}", monitor=name, port=f"simulated-{number}-{name}-{count}")
        for count, name in _numbered(scenario.monitors)
    )
    return Bed(id=f"bed-{number}", title=f"Room {number}", devices=devices)


def _numbered(names: Iterable[str]) -> Iterable[tuple[int, str]]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        yield counts[name], name


def _jobs(plans: Iterable[BedPlan]) -> dict[str, Job]:
    return {plan.bed.id: _job(plan) for plan in plans if plan.scenario.live_from_s >= WORTH_A_PROCESS_S}


def _job(plan: BedPlan) -> Job:
    monitors = {device.name: device.monitor for device in plan.bed.devices}
    return Job(plan.scenario, plan.seed, monitors, plan.clock.utc(), plan.scenario.live_from_s)


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """`recording`: what bed 1 replays in the place of a virtual patient."""

    beds: list[BedPlan]
    recording: Recording | None = None
