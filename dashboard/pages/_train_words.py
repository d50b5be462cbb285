"""What the trainer's page says of the patient's truth in words. Pure."""

from collections.abc import Mapping

from dashboard.training.breaths import BAGGED, CLOSED, STOPPED, breath_state


def breathing(truth: Mapping[str, float]) -> str:
    """Of a row of `Run.truth`: breaths that move gas, the open share of the airway, and what stands in the way of breathing."""
    rr, efforts, airway = truth["rr"], truth["efforts"], truth["airway"]
    why = {
        STOPPED: " (APNOEA)",
        CLOSED: f" (OBSTRUCTED, {efforts:.0f}/min efforts)",
        BAGGED: " (by the bag alone)",
    }.get(breath_state(truth), " (partly obstructed)" if airway < 1 else "")
    return f"breathing {rr:.0f}/min{why}, airway {100 * airway:.0f} %"
