"""Risks asked for before a session, and which alarm profile they suggest. A suggestion: a person chooses the profile.

Selection after default-alarm-limits.md section 3: B for risks of breathing, C for risks of the heart. `unknown` is not `no`, and
suggests nothing by itself; it stays listed as not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Answer = Literal["no", "yes", "unknown"]
ANSWERS: tuple[Answer, ...] = ("no", "yes", "unknown")
BREATHING, HEART = "B-high-respiratory-risk", "C-cardiac-risk"
OLD_Y = 70.0


@dataclass(frozen=True, slots=True)
class Risk:
    """`id`: the checklist item as it is recorded."""

    id: str
    label: str
    profile: str


RISKS = (
    Risk("sleep_apnoea", "Sleep apnoea", BREATHING),
    Risk("stop_bang_3", "STOP-BANG 3 or more", BREATHING),
    Risk("opioid_benzodiazepine", "Opioid or benzodiazepine", BREATHING),
    Risk("bmi_35", "BMI 35 or more", BREATHING),
    Risk("copd", "COPD", BREATHING),
    Risk("respiratory_event", "Earlier respiratory event", BREATHING),
    Risk("hypertension", "Hypertension", HEART),
    Risk("ischaemic_heart_disease", "Ischaemic heart disease", HEART),
    Risk("arrhythmia", "Arrhythmia", HEART),
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    profile: str
    because: tuple[str, ...]


def suggestions(answers: Mapping[str, str | None], age_y: float | None) -> tuple[Suggestion, ...]:
    """None, one, or both; breathing first, because that profile asks for more before it starts."""
    out = []
    for profile in (BREATHING, HEART):
        because = [risk.label for risk in RISKS if risk.profile == profile and answers.get(risk.id) == "yes"]
        if profile == HEART and age_y is not None and age_y >= OLD_Y:
            because.append(f"age {OLD_Y:.0f} or more")
        if because:
            out.append(Suggestion(profile, tuple(because)))
    return tuple(out)


def differs(found: Sequence[Suggestion], profile: str) -> bool:
    """A suggestion stands, and another profile is chosen: that needs a reason."""
    return bool(found) and all(one.profile != profile for one in found)
