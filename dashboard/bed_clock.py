"""The clock of a simulated bed."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta


class BedClock:
    """Set by hand while the bed's past is made, then running at `speed` times real time; a trainer changes that, down to 0.

    `real` is the real monotonic clock in seconds, replaceable in tests. Read from many threads, set by one.
    """

    def __init__(self, start_utc: datetime, speed: float, *, real: Callable[[], float] = time.monotonic) -> None:
        self._real = real
        self._start_utc = start_utc
        # In one piece, so that no reader sees half of a change: at this second of the clock, this real time (None: held), so fast.
        self._pace: tuple[float, float | None, float] = (0.0, None, speed)

    @property
    def speed(self) -> float:
        return self._pace[2]

    def mono(self) -> float:
        at_s, since, speed = self._pace
        return at_s if since is None else at_s + (self._real() - since) * speed

    def utc(self) -> datetime:
        return self._start_utc + timedelta(seconds=self.mono())

    def set(self, at_s: float, start_utc: datetime | None = None) -> None:
        """Hold the clock at `at_s`."""
        self._pace = (at_s, None, self.speed)
        self._start_utc = start_utc or self._start_utc

    def release(self) -> None:
        """Let it run from where it is held."""
        self._pace = (self.mono(), self._real(), self.speed)

    def pace(self, speed: float) -> None:
        """Go on `speed` times as fast from now; 0 stands still. ValueError below 0."""
        if not speed >= 0:
            raise ValueError(f"speed must be 0 or more, not {speed}")
        held = self._pace[1] is None
        self._pace = (self.mono(), None if held else self._real(), speed)
