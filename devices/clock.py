"""Time is handed in. One clock per bed, shared by its adapters, engine and simulated monitors."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def mono(self) -> float:
        """Seconds that never step back; the zero is arbitrary."""
        ...

    def utc(self) -> datetime:
        """Wall time for the record, aware, in UTC."""
        ...


class SystemClock:
    """The computer's own clocks."""

    speed = 1.0

    def mono(self) -> float:
        return time.monotonic()

    def utc(self) -> datetime:
        return datetime.now(UTC)


class ScaledClock:
    """Runs `speed` times as fast as real time, from `start_s` and `start_utc` (default: now) at construction.

    `real` is the real monotonic clock in seconds, replaceable in tests. ValueError unless `speed` > 0.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        start_s: float = 0.0,
        start_utc: datetime | None = None,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._real = real
        self._origin_s = real()
        self._start_s = start_s
        self._start_utc = start_utc if start_utc is not None else datetime.now(UTC)

    def mono(self) -> float:
        return self._start_s + self._elapsed_s()

    def utc(self) -> datetime:
        return self._start_utc + timedelta(seconds=self._elapsed_s())

    def _elapsed_s(self) -> float:
        return (self._real() - self._origin_s) * self.speed


def speed_of(clock: Clock) -> float:
    """How many of the clock's seconds pass in a real one; 1 for a clock that does not say."""
    return float(getattr(clock, "speed", 1.0))
