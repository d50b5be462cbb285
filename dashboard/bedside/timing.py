"""The clock of a session: seconds since it was opened, one tick a whole second."""

import math

from devices.clock import Clock


class SessionClock:
    """Monotonic while the program runs. `base_s`: where it stands now; after a restart the wall clock bridged the gap."""

    def __init__(self, clock: Clock, base_s: float = 0.0, *, last_tick_s: float = -1.0) -> None:
        self._clock = clock
        self._base_s = base_s
        self._mono0_s = clock.mono()
        self.last_tick_s = last_tick_s

    def t_s(self) -> float:
        return self._base_s + self.here_s()

    def here_s(self) -> float:
        """Seconds since this run of the program has had the session."""
        return self._clock.mono() - self._mono0_s

    def tick_s(self) -> float:
        """The whole second that the next tick is for."""
        return float(math.floor(self.t_s()))

    def tick_is_due(self) -> bool:
        return self.tick_s() > self.last_tick_s

    def event_t_s(self) -> float:
        """An instant after the last tick and before the next, rounded so that it survives being written and read."""
        if self.last_tick_s < 0:
            return 0.0
        return round(min(max(self.t_s(), self.last_tick_s + 0.001), self.last_tick_s + 0.999), 3)
