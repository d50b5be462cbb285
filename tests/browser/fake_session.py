"""The made-up session that the fake feed tells of: constants, alarms, history and prediction."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from simulators.patient.pk import drug_model

#: Second of the session clock -> UTC.
At = Callable[[float], datetime]

BED = "bed-6"
PEOPLE = ("R. Nurse", "K. Second", "A. Physician")
LEVELS = [
    {"code": "5", "label": "answers normal-voice name readily"},
    {"code": "4", "label": "slow, sleepy answer to name"},
    {"code": "3", "label": "answers only loud or repeated name"},
    {"code": "2", "label": "answers only a mild prod or shake"},
    {"code": "1", "label": "reacts only to painful trapezius squeeze"},
    {"code": "0", "label": "no reaction to painful squeeze"},
]
LIMITS = {
    "rate": {
        "low": [["≤ 49", 49, "medium"], ["≤ 40", 40, "high"]],
        "high": [["≥ 121", 121, "medium"], ["≥ 131", 131, "high"]],
    },
    "spo2": {"low": [["≤ 93", 93, "low"], ["≤ 89", 89, "medium"], ["≤ 84", 84, "high"]], "high": []},
    "sbp": {
        "low": [["≤ 90", 90, "medium"], ["≤ 80", 80, "high"]],
        "high": [["≥ 160", 160, "low"], ["≥ 180", 180, "medium"], ["≥ 200", 200, "high"]],
    },
    "dbp": {"low": [], "high": [["≥ 110", 110, "medium"], ["≥ 120", 120, "high"]]},
    "etco2": {"low": [["≤ 25", 25, "low"]], "high": [["≥ 48", 48, "medium"], ["≥ 60", 60, "high"]]},
    "rr": {"low": [["≤ 9", 9, "medium"], ["≤ 6", 6, "high"]], "high": [["≥ 25", 25, "medium"]]},
}
STARTED_S = 720.0
NOW_S = 5085.0  # of the session clock when the feed starts: 1:12:45 after the start of the infusion
RATE_CHANGE_S = 2340.0


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def alarm(occurrence: int, rule: str, priority: str, signal: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "occurrence": occurrence, "rule": rule, "priority": priority, "kind": "physiological", "signal": signal, "label": text, "text": text,
        "value": None, "unit": "", "trigger": "", "advice": "", "onset_t_s": NOW_S - 12.0, "onset_at": None, "state": "active",
        "acknowledged_by": None, "acknowledged_at": None, "prompt_repeat": False, "group": "", "escalation": None, **more,
    }  # fmt: skip


def setting(
    rule: str, label: str, signal: str, side: str, priority: str, value: float | None, **more: Any
) -> dict[str, Any]:
    """One row of `session.settings`; `more` overrides what a plain rule of the profile has."""
    row = {
        "rule": rule, "label": label, "signal": signal, "side": side, "priority": priority, "kind": "physiological", "unit": "1/min", "value": value,
        "delay_s": 15.0, "hysteresis": 3.0, "clear_after_s": 0.0, "changeable": True, "why_not": "", "off_allowed": False, "off_max_s": 0.0, "off_until_s": None,
        **more,
    }  # fmt: skip
    sign = {"low": "≤ ", "high": "≥ "}.get(side, "")
    defaults = {f"default_{key}": row[key] for key in ("value", "delay_s", "hysteresis")}
    row = {"text": "" if row["value"] is None else f"{sign}{row['value']:g}", **defaults, **row}
    changed = any(row[key] != row[f"default_{key}"] for key in ("value", "delay_s", "hysteresis"))
    return {"modified": changed, **row}


NEVER_OFF = "never off: this is what must not be missed"
SETTINGS = [
    setting("HR_LOW_1", "HR low", "rate", "low", "medium", 49.0, delay_s=10.0),
    setting("HR_LOW_2", "HR very low", "rate", "low", "high", 40.0, delay_s=5.0),
    setting("HR_TREND", "HR above baseline", "rate", "high", "low", 30.0, unit="%", delay_s=120.0, hysteresis=5.0, text="≥ 30 % over baseline", off_allowed=True, off_max_s=3600.0),
    setting("HR_HIGH_1", "HR high", "rate", "high", "medium", 121.0, hysteresis=5.0, off_allowed=True, off_max_s=600.0),
    setting("HR_HIGH_2", "HR very high", "rate", "high", "high", 131.0, delay_s=10.0, hysteresis=5.0),
    setting("HR_LOST", "HR lost", "rate", "", "medium", 30.0, kind="technical", unit="s", text="no value for 30 s", delay_s=0.0, hysteresis=0.0, changeable=False, why_not="fixed: a lost signal is never waited for longer"),
    setting("SPO2_LOW_1", "SpO₂ low", "spo2", "low", "low", 93.0, unit="%", delay_s=60.0, hysteresis=1.0, off_allowed=True, off_max_s=900.0),
    setting("SPO2_LOW_2", "SpO₂ low", "spo2", "low", "medium", 89.0, unit="%", hysteresis=2.0),
    setting("SPO2_LOW_3", "SpO₂ very low", "spo2", "low", "high", 84.0, unit="%", delay_s=5.0, hysteresis=2.0),
    setting("SPO2_LOST", "SpO₂ lost", "spo2", "", "medium", 30.0, kind="technical", unit="s", text="no value for 30 s", delay_s=0.0, hysteresis=0.0, changeable=False, why_not="fixed: a lost signal is never waited for longer"),
    setting("SBP_HIGH_1", "Systolic high", "sbp", "high", "low", 160.0, unit="mmHg", delay_s=0.0, hysteresis=5.0, off_allowed=True, off_max_s=1800.0),
    setting("SBP_HIGH_2", "Systolic high", "sbp", "high", "medium", 180.0, unit="mmHg", delay_s=0.0, hysteresis=10.0),
    setting("SBP_LOW_1", "Systolic low", "sbp", "low", "medium", 90.0, unit="mmHg", delay_s=0.0, hysteresis=5.0),
    setting("ETCO2_HIGH_1", "EtCO₂ high", "etco2", "high", "medium", 48.0, unit="mmHg", off_allowed=True, off_max_s=300.0),
    setting("RR_LOW_1", "RR low", "rr", "low", "medium", 9.0, hysteresis=2.0),
    setting("APNOEA", "No breath", "breath", "", "high", 20.0, unit="s", text="20 s without a breath", delay_s=0.0, hysteresis=0.0, changeable=False, why_not="fixed in the profile: apnoea"),
    setting("LOC_LEVEL", "Consciousness deeper than intended", "loc", "", "high", None, text="by level", delay_s=0.0, hysteresis=0.0, changeable=False, why_not="the levels belong to the profile"),
]  # fmt: skip
#: One limit less safe than the profile's, one wait longer.
MODIFIED = {
    "SPO2_LOW_2": {"value": 86.0, "text": "≤ 86", "modified": True},
    "HR_HIGH_1": {"delay_s": 30.0, "modified": True},
}


def settings_with(changes: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """SETTINGS with some rows changed."""
    return [{**row, **changes.get(row["rule"], {})} for row in SETTINGS]


SPO2_LOW = alarm(
    7,
    "SPO2_LOW_3",
    "high",
    "spo2",
    "SpO₂ LOW",
    value=84.0,
    unit="%",
    trigger="≤ 88",
    advice="look at the patient, then the sensor",
    group="respiratory",
)
CO2_HIGH = alarm(
    5, "ETCO2_HIGH_1", "medium", "etco2", "EtCO₂ HIGH", value=52.0, unit="mmHg", trigger="≥ 48", onset_t_s=NOW_S - 118.0,
    advice="airway, breathing, rate of the infusion", group="respiratory",
)  # fmt: skip
RR_LOW = alarm(
    6, "RR_LOW_1", "medium", "rr", "RR LOW", value=8.0, unit="1/min", trigger="≤ 9", onset_t_s=NOW_S - 41.0,
    advice="rouse, look at the chest", group="respiratory",
)  # fmt: skip
SBP_HIGH = alarm(
    10, "SBP_HIGH_2", "medium", "sbp", "SBP HIGH 188", value=188.0, unit="mmHg", trigger="≥ 180", onset_t_s=NOW_S - 128.0,
    advice="repeat at rest, ask for headache", prompt_repeat=True,
)  # fmt: skip
TEMP_LOW = alarm(8, "TEMP_LOW", "low", "temp", "Temperature LOW", value=34.9, unit="°C", trigger="≤ 35")
OVERDUE = alarm(9, "LOC_OVERDUE", "low", "loc", "Consciousness check overdue", kind="technical")


def history(at: At, now_s: float, log: list[dict[str, Any]], *, desaturating: bool) -> dict[str, Any]:
    """The session so far: a gap in SpO₂, cuff readings each 5 min, two past alarms; falling at the end if `desaturating`."""
    t_s = [float(t) for t in range(int(now_s))]
    wave = [math.sin(t / 97.0) + 0.4 * math.sin(t / 11.0) for t in t_s]
    ms = [round(at(t).timestamp() * 1000) for t in t_s]
    drop = [max(0.0, t - (NOW_S - 240)) / 20 if desaturating else 0.0 for t in t_s]
    signals: dict[str, list[float | None]] = {
        "rate": [round(76 + 14 * min(1, t / 4000) + 1.4 * w) for t, w in zip(t_s, wave, strict=True)],
        "spo2": [
            None if 2590 <= t < 2760 else round(96.5 + 0.5 * w - d) for t, w, d in zip(t_s, wave, drop, strict=True)
        ],
        "etco2": [round(37 + 4 * t / 5000 + 0.5 * w + d * 0.8) for t, w, d in zip(t_s, wave, drop, strict=True)],
        "rr": [round(14 - 2 * t / 5000 + 0.5 * w - d * 0.4) for t, w, d in zip(t_s, wave, drop, strict=True)],
    }
    cuff = [
        {
            "t_s": t,
            "at_ms": round(at(t).timestamp() * 1000),
            "sys": 130 + i % 5 * 5,
            "dia": 70 + i % 4 * 4,
            "map": 92,
        }
        for i, t in enumerate(range(240, int(NOW_S) - 130, 300))
    ]
    loc = [
        {
            "at_ms": round(at(t).timestamp() * 1000),
            "scale": "moaas",
            "level": "5" if t < 2700 else "4",
            "by": "R. Nurse",
        }
        for t in (300, 720, 1320, 1920, 2700, 3300, 3900, 4500, 4897)
    ]
    stamp = lambda t: round(at(t).timestamp() * 1000)  # noqa: E731
    return {
        "bed": BED, "session": "0192-session", "opened_at": iso(at(0.0)), "t_s": t_s, "at_ms": ms, "signals": signals, "cuff": cuff,
        "events": log, "loc": loc,
        "alarms": [
            {"occurrence": 1, "rule": "HR_TREND", "priority": "low", "text": "HR trend", "from_ms": stamp(1100), "to_ms": stamp(1120)},
            {"occurrence": 2, "rule": "SPO2_LOST", "priority": "medium", "text": "SpO₂ probe off", "from_ms": stamp(2590), "to_ms": stamp(2760)},
        ],
        "rate": [[stamp(STARTED_S), 10.85], [stamp(RATE_CHANGE_S), 21.7]],
    }  # fmt: skip


def prediction(at: At, now_s: float) -> dict[str, Any]:
    """A plausible curve past and ahead, with a band, to the end of the plan."""
    now, end = now_s, STARTED_S + 240 * 60
    t_s = [STARTED_S + i * 120.0 for i in range(int((end - STARTED_S) / 120) + 1)]
    cp = [
        round(
            90 * (1 - math.exp(-(t - STARTED_S) / 1500))
            + max(0.0, 90 * (1 - math.exp(-(t - RATE_CHANGE_S) / 1500)) if t > RATE_CHANGE_S else 0),
            1,
        )
        for t in t_s
    ]
    ms = [round(at(t).timestamp() * 1000) for t in t_s]
    later = [now_s + i * 60.0 for i in range(66)]
    falling = [round(120 * math.exp(-(t - now_s) / 1500), 1) for t in later]
    return {
        "model": "kamp2020", "title": "Kamp 2020", "bias": drug_model("kamp2020").spec.bias, "covered": True, "at_ms": ms, "cp_ng_ml": cp,
        "ce_ng_ml": [round(0.97 * c, 1) for c in cp], "low": [round(0.7 * c, 1) for c in cp], "high": [round(1.4 * c, 1) for c in cp],
        "if_paused": {
            "at_ms": [round(at(t).timestamp() * 1000) for t in later], "cp_ng_ml": falling, "ce_ng_ml": [round(1.05 * c, 1) for c in falling],
        }, "now_ms": round(at(now).timestamp() * 1000),
        "rate_ahead": [[round(at(end).timestamp() * 1000), 21.7], [round(at(end).timestamp() * 1000), 0.0]],
    }  # fmt: skip
