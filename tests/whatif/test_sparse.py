"""The quick run says what the whole run says, byte for byte: it only leaves out what can change nothing."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from whatif_lab import BASELINE, random_recording, recording

from config.models.alarms import FOLDER, Profile, load_profile
from dashboard import alarms
from dashboard.alarms.values import Change, Fact
from dashboard.whatif import sparse
from dashboard.whatif.limits import applied, ladders, only, touched, without_delay_and_hysteresis

SHIPPED = sorted(path.stem for path in FOLDER.glob("*.toml"))
SEEDS = range(6)


def whole(profile: Profile, seed: int) -> list[Change]:
    one = random_recording(seed)
    return list(alarms.replay(profile, None, one.ticks(), one.facts))


@cache
def whole_adult(seed: int) -> list[Change]:
    """Asked by many tests; only read."""
    return whole(load_profile("A-standard-adult"), seed)


def lines(changes: list[Change]) -> list[str]:
    return [f"{change.occurrence} {change.by} {alarms.line(change)}" for change in changes]


@pytest.mark.parametrize("name", SHIPPED)
def test_byte_for_byte_with_every_shipped_profile(name: str) -> None:
    profile = load_profile(name)
    said = 0
    for seed in SEEDS:
        expected = lines(whole(profile, seed))
        one = random_recording(seed)
        assert lines(list(sparse.replay(profile, None, one, one.facts))) == expected, seed
        said += len(expected)
    assert said > 25 * len(SEEDS)  # the recordings are no quiet ones


@pytest.mark.parametrize("seed", [*SEEDS, 100])
def test_byte_for_byte_as_plain_thresholds(seed: int) -> None:
    profile = load_profile("A-standard-adult")
    plain = applied(profile, without_delay_and_hysteresis(profile))
    one = random_recording(seed)
    assert lines(list(sparse.replay(plain, None, one, one.facts))) == lines(whole(plain, seed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rule", ["SPO2_LOW_2", "SBP_HIGH", "ETCO2_HI_1", "APNOEA", "SPO2_LOST", "PUMP_RATE_DIFF", "NIBP_STALE", "LINK_LOST", "HR_TREND"])  # fmt: skip
def test_a_ladder_alone_says_what_it_says_among_the_others(rule: str, seed: int) -> None:
    """Only the ladders in which something changes are run again; occurrence numbers apart, nothing else has a say in them."""
    profile = load_profile("A-standard-adult")
    mine = touched(profile, {rule: {"hysteresis": 0.125}})
    one = random_recording(seed)
    alone = [alarms.line(change) for change in sparse.replay(only(profile, mine), None, one, one.facts)]
    among = [alarms.line(change) for change in whole_adult(seed) if change.rule in mine]
    assert alone == among


def test_quiet_hours_are_left_out() -> None:
    """What makes it quick: in two calm hours hardly a tick is asked."""
    calm = {"hr": [72.0] * 7200, "spo2": [97.0] * 7200, "rr_co2": [14.0] * 7200, "etco2": [38.0] * 7200}
    one = recording(calm, [Fact(5.2, "baseline_taken", {"values": BASELINE})])
    asked: list[int] = []
    tick = one.tick
    one.__dict__["tick"] = lambda index: asked.append(index) or tick(index)
    assert list(sparse.replay(load_profile("A-standard-adult"), None, one, one.facts)) == []
    assert len(asked) < 10


def test_every_ladder_of_every_profile_has_a_name_of_its_own() -> None:
    for name in SHIPPED:
        profile = load_profile(name)
        found = ladders(profile)
        assert set(found) == {rule.id for rule in profile.rules}
        assert all(found[found[rule]] == found[rule] for rule in found)
        assert found["SPO2_LOW_1"] == found["SPO2_LOW_3"] != found["SPO2_LOST"]


def test_the_recordings_rise_in_time() -> None:
    for seed in SEEDS:
        one = random_recording(seed)
        assert all(a < b for a, b in pairwise(one.times))
        assert np.all(np.diff(one.t_s) > 0)
