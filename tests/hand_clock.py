"""A clock that stands still until it is told."""

from datetime import datetime, timedelta


class HandClock:
    """`now_s` seconds after `start`, by hand; `step_s` moves the wall clock alone. Monotonic seconds begin at `zero_s`."""

    def __init__(self, start: datetime, zero_s: float = 0.0) -> None:
        self.start, self._zero_s = start, zero_s
        self.now_s, self.step_s = zero_s, 0.0

    def mono(self) -> float:
        return self.now_s

    def utc(self) -> datetime:
        return self.start + timedelta(seconds=self.now_s - self._zero_s + self.step_s)
