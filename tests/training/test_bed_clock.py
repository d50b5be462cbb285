"""The clock of a simulated bed: held, released, paced; it never steps."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.bed_clock import BedClock

START = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


def test_held_released_and_paced() -> None:
    real = [50.0]
    clock = BedClock(START, 2.0, real=lambda: real[0])
    clock.set(100.0)
    real[0] += 10
    assert clock.mono() == 100.0
    clock.pace(5.0)  # of a held clock: it stays held
    real[0] += 10
    assert (clock.mono(), clock.speed) == (100.0, 5.0)
    clock.release()
    real[0] += 2
    assert clock.mono() == 110.0
    clock.pace(0.0)
    real[0] += 60
    assert clock.mono() == 110.0
    clock.pace(0.5)
    real[0] += 4
    assert clock.mono() == 112.0
    assert clock.utc() == START + timedelta(seconds=112)
    with pytest.raises(ValueError, match="0 or more"):
        clock.pace(-1.0)
