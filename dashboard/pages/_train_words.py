"""What the trainer's page says of the patient's truth in words. Pure."""

from collections.abc import Mapping


def breathing(truth: Mapping[str, float]) -> str:
    """Of a row of `Run.truth`: breaths that move gas, the open share of the airway, and what stands in the way of breathing."""
    rr, efforts, airway = truth["rr"], truth["efforts"], truth["airway"]
    if efforts == 0:
        why = " (APNOEA)"
    elif rr == 0:
        why = f" (OBSTRUCTED, {efforts:.0f}/min efforts)"
    elif airway < 1:
        why = " (partly obstructed)"
    else:
        why = ""
    return f"breathing {rr:.0f}/min{why}, airway {100 * airway:.0f} %"
