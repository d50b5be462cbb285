"""What a trainer has at hand: injections, what a trainee may do, and patient cues. Durations are choices for teaching, not physiology:
long enough that an untrained team needs to act. Effects are rows of a scenario file (`config.models.scenario`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """`effect` None: it changes nothing that the model knows."""

    label: str
    effect: Mapping[str, Any] | None


def _choice(label: str, kind: str | None = None, **fields: Any) -> Choice:
    return Choice(label, None if kind is None else {"kind": kind, **fields})


INJECTIONS: tuple[Choice, ...] = (
    _choice("Apnoea", "central_apnoea", duration_s=90),
    _choice("Obstruction", "obstruction", fraction=1, duration_s=120),
    _choice("Laryngospasm", "laryngospasm", degree="complete", duration_s=240),
    _choice("Slow breathing", "hypoventilation", drive=0.45, duration_s=600),
    _choice("Vomiting", "vomiting"),
    _choice("Agitation", "agitation", level=1, duration_s=300),
    _choice("BP surge", "pressor", factor=3.4),
    _choice("Vasovagal", "vasovagal", duration_s=180),
    _choice("Probe off", "sensor_off", group="spo2", duration_s=180),
    _choice("CO₂ line off", "sample_line_off", duration_s=180),
    _choice("ECG off", "sensor_off", group="ecg", duration_s=180),
    _choice("Cable out", "cable_out", duration_s=180),
    _choice("Cuff reads high", "cuff_artefact", count=1, sys=188, dia=120),
    _choice("Cuff fails", "cuff_artefact", count=2),
    _choice("Drug line off", "drug_line_off", duration_s=600),
    _choice("Pump at ×10", "pump_factor", factor=10, duration_s=600),
    _choice("Motion", "motion", level=0.8, duration_s=120),
)

ACTIONS: tuple[Choice, ...] = (
    _choice("stimulated", "stimulate"),
    _choice("opened airway", "open_airway", duration_s=90),
    _choice("bag-mask", "ventilate", duration_s=60),
    _choice("oxygen on", "oxygen", flow_l_min=6, device="mask"),
    _choice("CPAP, tight mask", "cpap", duration_s=120),
    _choice("suction", "suction"),
    _choice("stopped pump", "stop_pump"),
    _choice("called help", "call_help"),
    _choice("looked, listened", "look"),
    _choice("legs up", "legs_up"),
    _choice("calmed", "reassure"),
    _choice("probe back on", "fix", what="spo2"),
    _choice("CO₂ line fixed", "fix", what="co2"),
    _choice("cable back in", "fix", what="cable"),
    _choice("cuff started", "cuff"),
)

#: Kind of cue -> what can be said of it.
CUES: dict[str, tuple[str, ...]] = {
    "chest": ("moves", "does not move", "works hard, no air"),
    "sound": ("quiet breathing", "snoring", "stridor", "silent"),
    "eyes": ("open", "closed", "nystagmus"),
    "skin": ("pink", "pale", "sweaty", "blue"),
    "answers": ("to words", "confused", "to touch only", "not at all"),
    "mouth": ("dry", "salivates", "vomits"),
}
#: The kind that tells the level of consciousness.
LEVEL_CUE = "answers"

#: What may be pinned: signal, label, unit, range of the control.
OVERRIDES: tuple[tuple[str, str, str], ...] = (
    ("spo2", "SpO₂", "%"), ("hr", "HR", "1/min"), ("sbp", "SBP", "mmHg"), ("dbp", "DBP", "mmHg"), ("etco2", "EtCO₂", "mmHg"),
    ("rr", "RR", "1/min"),
)  # fmt: skip
