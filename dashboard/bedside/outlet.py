"""What a bed tells its screens, and when: numbers coalesced, alarms only when something that is shown has changed."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboard.alarms.values import Change
from dashboard.bedside import messages

if TYPE_CHECKING:
    from dashboard.bedside.bedside import Bedside

#: Numbers go out at most this often beside the tick; a monitor that speaks faster is coalesced.
VITALS_EVERY_S = 0.1

Publish = Callable[[str, datetime, Mapping[str, Any]], None]


class Outlet:
    """One for each bed; called under the bed's lock. `publish(kind, at, fields)` tells every screen. While the bed is held there
    is nothing to see."""

    def __init__(self, bed: "Bedside", publish: Publish) -> None:
        self._bed, self._publish = bed, publish
        self._last_vitals_s = -math.inf
        self._shown: tuple[Any, ...] = ()
        self.vitals_due = False

    def forget(self) -> None:
        """A new session is told anew."""
        self._shown = ()

    def say(self, kind: str, fields: Mapping[str, Any], *, held: bool = False) -> None:
        """`held`: also while the bed is."""
        if held or not self._bed.held:
            self._publish(kind, self._bed.clock.utc(), fields)

    def vitals(self, now_s: float, *, tick: bool = False) -> None:
        """The numbers as they stand, unless they went out a moment ago."""
        if self._bed.held or (not tick and now_s - self._last_vitals_s < VITALS_EVERY_S):
            return
        self._last_vitals_s, self.vitals_due = now_s, False
        t_s = self._bed.last_tick_s if tick else round(self._bed.t_s(), 3)
        self.say("vitals", {"values": messages.values(self._bed, now_s), "t_s": t_s, "tick": tick})

    def alarms(self, changes: Iterable[Change] = ()) -> None:
        """Tell every screen when anything that it shows of the alarms has changed."""
        if self._bed.held:  # nor is anything worked out that nobody may see
            return
        fields = messages.alarm_state(self._bed)
        shown = messages.fingerprint(fields)
        changed = list(changes)
        if shown != self._shown or changed:
            self._shown = shown
            self.say("alarm", {**fields, "changes": [messages.change(c) for c in changed]})
