"""What readers of recordings share."""

from dataclasses import dataclass

#: Who charts again what only a physician may: one of the demo's invented people.
PHYSICIAN = "A. Physician"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recorded session was opened with, without who the patient was. `protocol`, `profile`: of those that are shipped, else empty:
    another site's are not here, and may be free text."""

    weight_kg: float
    age_y: float | None
    concentration_mg_ml: float
    planned_mg: float
    planned_min: float
    protocol: str
    profile: str
