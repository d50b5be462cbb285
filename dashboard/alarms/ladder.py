"""One occurrence of an alarm, from raised to cleared or reset, as a table."""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.alarms.values import ChangeName


class Phase(StrEnum):
    NORMAL = "normal"
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    LATCHED = "latched"


class Stimulus(StrEnum):
    """What befalls an occurrence: `HOLDS` a step holds where none did; `WORSE`, `LESS`: another step speaks now; `GONE`: no
    step holds any more; `GONE_LATCHING`: likewise, and the rule that spoke last latches; `ACK`: a person has seen it."""

    HOLDS = "holds"
    WORSE = "worse"
    LESS = "less"
    GONE = "gone"
    GONE_LATCHING = "gone latching"
    ACK = "ack"


#: A pair that is not listed leaves the occurrence as it is and says nothing.
NEXT: dict[tuple[Phase, Stimulus], tuple[Phase, ChangeName]] = {
    (Phase.NORMAL, Stimulus.HOLDS): (Phase.ACTIVE, "raised"),
    (Phase.ACTIVE, Stimulus.WORSE): (Phase.ACTIVE, "escalated"),
    (Phase.ACTIVE, Stimulus.LESS): (Phase.ACTIVE, "demoted"),
    (Phase.ACTIVE, Stimulus.GONE): (Phase.NORMAL, "cleared"),
    (Phase.ACTIVE, Stimulus.GONE_LATCHING): (Phase.LATCHED, "latched"),
    (Phase.ACTIVE, Stimulus.ACK): (Phase.ACKNOWLEDGED, "acknowledged"),
    # A worse step is news: it must sound again although somebody knew of the lesser one.
    (Phase.ACKNOWLEDGED, Stimulus.WORSE): (Phase.ACTIVE, "escalated"),
    (Phase.ACKNOWLEDGED, Stimulus.LESS): (Phase.ACKNOWLEDGED, "demoted"),
    (Phase.ACKNOWLEDGED, Stimulus.GONE): (Phase.NORMAL, "cleared"),
    (Phase.ACKNOWLEDGED, Stimulus.GONE_LATCHING): (Phase.NORMAL, "cleared"),
    # Still the same occurrence: nobody has seen it yet, and it must not ask for two acknowledgements.
    (Phase.LATCHED, Stimulus.HOLDS): (Phase.ACTIVE, "raised"),
    (Phase.LATCHED, Stimulus.ACK): (Phase.NORMAL, "reset"),
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`step`: the one that speaks, since `step_t_s`. `turn`: counts what asked for attention in this session, so that a pause knows what came
    after it; `latches`: its rule, or the level of consciousness that it stood for, stays until somebody has seen it; `hushed_until_s`: it may not sound before then because the same rule sounded a moment ago; `ended_s`: when a
    latched one recovered."""

    occurrence: int
    step: int
    phase: Phase
    onset_t_s: float
    step_t_s: float
    latches: bool = False
    turn: int = 0
    hushed_until_s: float = float("-inf")
    ended_s: float | None = None
    acknowledged_by: str = ""
    acknowledged_t_s: float | None = None
