"""When the patient of a run stopped breathing, and what ended it, as lines among what happened. Pure: the truth of a run in, lines out."""

from collections.abc import Mapping

from dashboard.training.happened import Line
from dashboard.training.retrace import Truth

#: What is over sooner is a pause between two breaths, and nothing to talk about.
SHORTEST_S = 5.0
STOPPED, CLOSED, BAGGED = (
    "breathing stops",
    "the airway is closed: efforts move no air",
    "breathed for, by the bag alone",
)
OWN = "breathes by itself again"


def breath_state(truth: Mapping[str, float]) -> str:
    """Of a row of `Run.truth`."""
    if truth["efforts"] == 0.0:
        return STOPPED
    if truth["rr"] == 0.0:
        return CLOSED
    return BAGGED if truth["drive"] == 0.0 else OWN


def breath_lines(truth: Truth) -> list[Line]:
    """Each change, and the first state too where it is not breathing."""
    spells: list[tuple[float, str]] = []
    for t_s, row in truth:
        state = breath_state(row)
        if spells and spells[-1][1] == state:
            continue
        if len(spells) > 1 and t_s - spells[-1][0] < SHORTEST_S:
            spells.pop()
            if spells[-1][1] == state:
                continue
        spells.append((t_s, state))
    told = spells[1:] if spells and spells[0][1] == OWN else spells
    return [Line(t_s, "patient", f"patient: {state}", "") for t_s, state in told]
