"""A power cut loses nothing that was answered. The same run as the benchmark, with few kills."""

from pathlib import Path

import pytest

from benchmarks.kill_nine import Entry, naive_given_mg, run


@pytest.mark.long
def test_nothing_answered_is_lost_or_doubled_by_five_kills(tmp_path: Path) -> None:
    outcome = run(tmp_path, kills=5, seed=4)
    assert outcome.faults == []
    assert (outcome.lost, outcome.doubled) == (0, 0)
    assert outcome.answered > 200
    assert outcome.alarms >= 1
    assert outcome.acknowledged >= 1
    assert outcome.ticks >= 5


def test_the_naive_integrator_knows_its_sums() -> None:
    script: list[tuple[Entry, float]] = [
        ({"type": "infusion_started", "rate_mg_h": 36.0}, 100.0),
        ({"type": "bolus_given", "dose_mg": 5.0}, 150.0),
        ({"type": "infusion_paused"}, 200.0),
        ({"type": "infusion_resumed"}, 300.0),
        ({"type": "infusion_rate_changed", "rate_mg_h": 72.0}, 400.0),
    ]
    assert naive_given_mg(script, 500.0) == 5.0 + 1.0 + 1.0 + 2.0
