"""The alarm engine with the whole of profile A: share of a core for 16 beds at 1 Hz, and seconds to re-run 8 hours.

Input: eight hours of all signals with cuff readings, a slow desaturation and a lost probe each half hour, and entries, so that
alarms come and go. Baseline, from the same run: the same engine without its shortcut for quiet values.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dashboard.alarms import EngineState, Fact, Tick, load_profile, start, step, tell

BEDS = 16
SPAN_S = 8 * 3600
CORE_BUDGET_PCT = 2.0
#: A restart with a session running must not be felt: the bed has no alarms until the engine has caught up.
RERUN_BUDGET_S = 2.0
BASELINE = {"rate": 75.0, "sbp": 120.0, "etco2": 38.0}


def recording() -> list[Tick]:
    return [Tick(float(t_s), _values(t_s)) for t_s in range(SPAN_S)]


def _values(t_s: int) -> dict[str, float | None]:
    phase = t_s % 1800
    cuff = t_s % 300 == 0
    dip = min(max(phase - 600, 0) // 12, max(900 - phase, 0) // 12, 16)
    return {
        "hr": 72.0 + t_s % 5,
        "pr": 72.0 + t_s % 4,
        "spo2": None if 1200 <= phase < 1260 else 97.0 - dip,
        "pi": 3.1,
        "nibp_sys": 120.0 + phase / 30 if cuff else None,
        "nibp_dia": 75.0 if cuff else None,
        "nibp_map": 90.0 if cuff else None,
        "etco2": 38.0 + t_s % 3,
        "fico2": 0.0,
        "rr_co2": 14.0,
        "rr_imp": 14.0,
        "temp": 36.8,
        "pump_rate_ml_h": 12.0,
        "pump_state": 1.0,
        "link": 0.4,
        "no_breath": 0.0,
        "nurse_present": 1.0,
    }


def _opened() -> EngineState:
    profile = load_profile("A-standard-adult")
    started = Fact(0.0, "infusion_started", {"rate_mg_h": 12.0, "concentration_mg_ml": 1.0})
    return tell(profile, start(profile, BASELINE), started)[0]


def _without_shortcut(state: EngineState) -> EngineState:
    groups = tuple(replace(group, low=float("inf"), high=float("-inf")) for group in state.plan.groups)
    return replace(state, plan=replace(state.plan, groups=groups))


def _seconds(state: EngineState, ticks: list[Tick]) -> float:
    profile = state.plan.profile
    best = float("inf")
    for _ in range(3):
        begin, now = time.perf_counter(), state
        for tick in ticks:
            now, _ = step(profile, now, tick)
        best = min(best, time.perf_counter() - begin)
    return best


def measure() -> Iterator[dict[str, Any]]:
    ticks, opened = recording(), _opened()
    rerun_s = _seconds(opened, ticks)
    plain_s = _seconds(_without_shortcut(opened), ticks)
    for name, value, baseline, unit, budget in (
        (
            "alarm_engine_16_beds",
            rerun_s / SPAN_S * BEDS * 100,
            plain_s / SPAN_S * BEDS * 100,
            "% of a core",
            CORE_BUDGET_PCT,
        ),
        ("alarm_engine_rerun_8h", rerun_s, plain_s, "s", RERUN_BUDGET_S),
    ):
        yield {
            "name": name,
            "value": round(value, 4),
            "unit": unit,
            "budget": budget,
            "ok": value <= budget,
            "baseline": round(baseline, 4),
            "ratio": round(value / baseline, 3),
        }
