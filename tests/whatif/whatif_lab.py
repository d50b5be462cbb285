"""Made-up recordings: random ones in which everything happens that an engine must remember, and written ones."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from config.models.alarms import load_profile
from dashboard import alarms
from dashboard.alarms.values import SAMPLED, Fact, Tick
from dashboard.session.events import SYSTEM, TYPES, AlarmJudged, LimitChanged, SessionClosed, SessionOpened
from dashboard.store import Store, StoredTick
from dashboard.whatif.recording import Recording

NAN = float("nan")
ADULT = load_profile("A-standard-adult")
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
BASELINE = {"rate": 75.0, "sbp": 120.0, "dbp": 75.0, "spo2": 97.0, "etco2": 38.0, "rr": 14.0}


def recording(columns: Mapping[str, Sequence[float | None]], facts: Sequence[Fact] = (), from_s: float = 0.0) -> Recording:  # fmt: skip
    """One value a second; None where there was none. Every named signal is watched throughout."""
    arrays = {name: np.array([NAN if v is None else v for v in values]) for name, values in columns.items()}
    size = len(next(iter(arrays.values())))
    mask = sum(1 << SAMPLED.index(name) for name in arrays)
    return Recording(from_s + np.arange(size, dtype=np.float64), arrays, np.full(size, mask, np.int64), tuple(facts))


def random_recording(seed: int, size: int = 900) -> Recording:
    """Every signal wanders through its limits, comes and goes; cuffs, pumps, people, breath and links behave as badly as they may."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(size, dtype=np.float64)
    if rng.random() < 0.3:
        t_s = t_s[rng.random(size) > 0.02]  # seconds that the program was too busy for
        t_s += rng.integers(0, 3) * (t_s > size / 2) * 97.0
    n = len(t_s)
    columns = {
        "hr": _wander(rng, n, 75, 45, 135, 30), "pr": _wander(rng, n, 76, 45, 135, 30), "spo2": _wander(rng, n, 95, 70, 100, 12),
        "pi": _wander(rng, n, 3, 0, 9, 2), "etco2": _wander(rng, n, 42, 10, 70, 14), "fico2": np.zeros(n),
        "rr_co2": np.round(_wander(rng, n, 9, 0, 30, 6)), "rr_imp": np.round(_wander(rng, n, 10, 0, 30, 6)),
        "temp": _wander(rng, n, 37, 34, 40, 1), "pump_rate_ml_h": np.round(_wander(rng, n, 12, 0, 20, 2)),
        "pump_volume_ml": t_s / 300, "pump_state": rng.choice([1.0, 1.0, 1.0, 5.0, 8.0, 42.0], (n // 60) + 1).repeat(60)[:n],
        "link": np.where(rng.random((n // 90) + 1) < 0.1, 9.0, 0.4).repeat(90)[:n],
        "no_breath": np.where(rng.random((n // 40) + 1) < 0.1, 1.0, 0.0).repeat(40)[:n],
        "nurse_present": np.where(rng.random((n // 400) + 1) < 0.5, 1.0, NAN).repeat(400)[:n],
        "abp_sys": _wander(rng, n, 125, 70, 210, 30), "abp_dia": _wander(rng, n, 80, 60, 130, 20), "abp_map": _wander(rng, n, 92, 50, 140, 20),
    }  # fmt: skip
    for name, column in columns.items():
        _holes(rng, column, never=name in ("pump_volume_ml",))
    for name, middle in (("nibp_sys", 150), ("nibp_dia", 95), ("nibp_map", 100)):
        columns[name] = np.where(t_s % 150 == 3, np.round(rng.normal(middle, 28, n)), NAN)
    absent = [name for name in columns if rng.random() < (0.8 if name.startswith("abp") else 0.2)]
    for name in absent:
        del columns[name]
    mask = np.full(n, sum(1 << SAMPLED.index(name) for name in columns), np.int64)
    for name in rng.choice(list(columns), 3):
        mask[: int(rng.integers(0, n // 2))] &= ~(1 << SAMPLED.index(name))  # plugged in later
        columns[name][(mask & (1 << SAMPLED.index(name))) == 0] = NAN
    return Recording(t_s, columns, mask, tuple(_facts(rng, float(t_s[-1]))))


def _wander(rng: np.random.Generator, n: int, middle: float, low: float, high: float, scale: float) -> np.ndarray[Any, Any]:  # fmt: skip
    knots = np.clip(rng.normal(middle, scale, n // 60 + 2), low, high)
    line = np.interp(np.arange(n), np.arange(len(knots)) * 60, knots)
    return np.clip(np.round(line + rng.normal(0, scale / 10, n), 1), low, high)


def _holes(rng: np.random.Generator, column: np.ndarray[Any, Any], *, never: bool) -> None:
    if never:
        return
    for _ in range(int(rng.integers(0, 5))):
        at, length = int(rng.integers(0, len(column))), int(rng.integers(1, 120))
        column[at : at + length] = NAN


def _facts(rng: np.random.Generator, end_s: float) -> list[Fact]:
    def at(share: float) -> float:
        return round(float(end_s * share) + float(rng.random()) * 0.9, 3)

    facts = [
        Fact(0.0, "session_opened", {"intended_depth": "minimal", "concentration_mg_ml": 1.0}),
        Fact(at(0.02), "baseline_taken", {"values": BASELINE}),
        Fact(at(0.05), "infusion_started", {"rate_mg_h": 12.0, "concentration_mg_ml": 1.0}),
    ]
    for share in rng.random(4):
        facts.append(Fact(at(share), "consciousness_assessed", {"scale": "moaas", "level": str(rng.integers(0, 6))}))
    for share in rng.random(3):
        facts.append(Fact(at(share), "infusion_rate_changed", {"rate_mg_h": float(rng.integers(8, 16))}))
    some = [
        Fact(at(rng.random()), "limit_changed", {"rule": "SPO2_LOW_2", "new": {"value": 87.0, "delay_s": 5.0}}),
        Fact(at(rng.random()), "limit_changed", {"rule": "HR_HIGH_1", "new": {"value": 110.0}}),
        Fact(at(rng.random()), "manual_vitals", {"values": {"nibp_sys": 190.0, "nibp_dia": 100.0}}),
        Fact(at(rng.random()), "service_resumed", {"gap_s": 60.0}),
        Fact(at(rng.random()), "side_effect", {"effect": "stridor", "seq": 900}),
        Fact(at(rng.random()), "side_effect", {"effect": "vomiting", "seq": 901}),
        Fact(at(rng.random()), "infusion_paused", {}),
        Fact(at(rng.random()), "infusion_stopped", {}),
        Fact(at(rng.random()), "alarm_off", {"rule": "SBP_WATCH", "duration_s": 300.0, "reason": "known", "by": "R. N."}),
        Fact(at(rng.random()), "alarm_acknowledged", {"rule": "SPO2_LOW_3", "by": "R. N.", "priority": "high"}),
        Fact(at(rng.random()), "alarm_acknowledged", {"rule": "APNOEA", "by": "R. N.", "priority": "high"}),
        Fact(at(rng.random()), "audio_paused", {"duration_s": 120.0}),
        Fact(at(0.9), "phase_changed", {"phase": "discharge"}),
    ]  # fmt: skip
    facts.extend(fact for fact in some if rng.random() < 0.6)
    return sorted(facts, key=lambda fact: fact.t_s)


def record(store: Store, name: str, *, bottom: float = 86.0, judged: str = "", profile: str = ADULT.id, limit: bool = False) -> None:  # fmt: skip
    """Five minutes with one desaturation of 40 s, as the bed would have recorded it."""
    at = START + timedelta(hours=len(store.sessions()))
    opened = SessionOpened(
        at=at, by="R. N.", t_s=0.0, bed="bed-1", patient="T", weight_kg=70, concentration_mg_ml=1, planned_mg=50, planned_min=60,
        profile=profile, profile_version=ADULT.version, simulation=bool(store.simulation),
    )  # fmt: skip
    store.writer.open_session(name, opened).result(10)
    ticks = [Tick(float(t), {"spo2": bottom if 60 <= t < 100 else 97.0, "hr": 72.0}) for t in range(300)]
    for tick in ticks:
        store.writer.sample(name, StoredTick(at + timedelta(seconds=tick.t_s), 1000 + tick.t_s, tick))
    for change in alarms.replay(ADULT, None, ticks, []):
        event = TYPES[f"alarm_{change.change}"]
        fields = {
            "rule": change.rule,
            "occurrence": change.occurrence,
            "priority": change.priority,
            "kind": change.kind,
        }
        moment = at + timedelta(seconds=change.t_s)
        store.writer.append(name, event(at=moment, by=SYSTEM, t_s=change.t_s, **fields)).result(10)
    if limit:
        moved = {"old": {"value": 89.0}, "new": {"value": 80.0}, "reason": "x"}
        store.writer.append(name, LimitChanged(at=at, by="R. N.", t_s=110.0, rule="SPO2_LOW_2", **moved)).result(10)
    if judged:
        word = AlarmJudged(at=at, by="Dr. R", t_s=299.0, occurrence=1, verdict=judged)
        store.writer.append(name, word).result(10)
    store.writer.append(name, SessionClosed(at=at + timedelta(seconds=300), by="R. N.", t_s=300.0)).result(10)
    store.writer.flush()
