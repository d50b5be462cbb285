"""What a trainer injected that still lasts, and how it is ended: an effect that replaces it is over at once. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from config.models.scenario import Effect, effect_of
from dashboard.session.chain import Stored
from dashboard.session.events import Injected

ENDED = " ended"
#: As short as the patient's grid knows.
_AT_ONCE_S = 0.1


def lasting(record: Sequence[Stored], now_s: float, lasts: Callable[[Effect], bool]) -> dict[str, dict[str, Any]]:
    """Label -> effect of each injection that lasts at `now_s` of the run and can be ended. `lasts` asks the patient, whom a trainee may have
    helped by now; an injection acts at the next whole second, and lasts until then whatever the patient says."""
    newest: dict[str, Injected] = {}
    for stored in record:
        event = stored.event
        if isinstance(event, Injected):
            if event.label.endswith(ENDED):
                newest.pop(event.label.removesuffix(ENDED), None)
            elif ending(event.effect) is not None:
                newest[event.label] = event
    return {
        label: event.effect
        for label, event in newest.items()
        if now_s < math.floor(event.t_s) + 2.0 or lasts(effect_of(event.effect))
    }


def ending(effect: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of a scenario that ends what `effect` set going; None for what cannot be ended, or needs no ending."""
    if effect["kind"] == "pressor":
        return {**effect, "factor": 1.0}
    if "duration_s" not in effect:
        return None
    once = {**effect, "duration_s": _AT_ONCE_S}
    return {**once, "factor": 1.0} if effect["kind"] == "pump_factor" else once
