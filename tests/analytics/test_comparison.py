"""The shipped profile against its plain limits: what the comparison counts, and that it is worth its delays on noisy sessions."""

import pytest

from benchmarks._noisy import Noisy, noisy_session
from config.models.alarms import Profile
from dashboard.alarms import Change, Fact, Tick, load_profile
from dashboard.analytics import comparison
from dashboard.analytics.comparison import Alarm, compare, desaturations, gathered, plain, together
from dashboard.analytics.kpi import Share


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("A-standard-adult")


def spo2(*stretches: tuple[int, float | None]) -> list[Tick]:
    """Seconds and value of one stretch after the other, from second 0."""
    values = [value for seconds, value in stretches for _ in range(seconds)]
    return [Tick(float(t_s), {"spo2": value}) for t_s, value in enumerate(values)]


def test_plain_limits_are_the_same_numbers_with_nothing_to_wait_for(profile: Profile) -> None:
    made = plain(profile)
    assert [rule.id for rule in made.rules] == [rule.id for rule in profile.rules]
    for ours, theirs in zip(profile.rules, made.rules, strict=True):
        assert (theirs.value, theirs.operator, theirs.priority, theirs.latch) == (
            ours.value,
            ours.operator,
            ours.priority,
            ours.latch,
        )
        assert (theirs.delay_s, theirs.hysteresis, theirs.clear_after_s) == (0, 0, 0)
        assert [branch.delay_s for branch in theirs.any] == [None] * len(ours.any)
    assert (made.rearm_s, made.settle) == (0, {})
    assert made.rule("APNOEA").value == 20, "no breath for 20 s is the limit itself"


def test_a_short_dip_alarms_with_plain_limits_alone(profile: Profile) -> None:
    ticks = spo2((60, 97.0), (8, 88.0), (60, 97.0), (6, 88.0), (60, 97.0))
    made = compare("s", profile, ticks, [])
    assert (made.alarms, made.ours) == (0, Share(0, 0))
    assert (made.plain_alarms, made.plain) == (2, Share(2, 2))
    assert made.fewer == 1.0
    assert made.hours == pytest.approx(193 / 3600)


def test_a_value_that_hovers_at_the_limit_is_one_alarm_with_hysteresis_and_many_without(profile: Profile) -> None:
    ticks = spo2((60, 97.0), *[(20, 89.0), (5, 90.0)] * 6, (60, 97.0))
    made = compare("s", profile, ticks, [])
    assert (made.alarms, made.ours) == (1, Share(0, 1))
    assert made.plain_alarms == 1, "SpO2 of 90 is still the low step of the same ladder"
    quiet = profile.model_copy(update={"rules": tuple(r for r in profile.rules if r.id == "SPO2_LOW_2")})
    made = compare("s", quiet, ticks, [])
    assert (made.alarms, made.plain_alarms) == (1, 6)


def test_a_limit_changed_at_the_bedside_counts_for_both_and_a_changed_delay_for_one(profile: Profile) -> None:
    ticks = spo2((60, 97.0), (40, 91.0), (60, 97.0))

    def changed(**new: float) -> comparison.Compared:
        return compare("s", profile, ticks, [Fact(5.0, "limit_changed", {"rule": "SPO2_LOW_2", "old": {}, "new": new})])

    assert (changed(value=91).alarms, changed(value=91).plain_alarms) == (1, 1)
    # With a delay of 30 s on 91 the alarm lasts 10 s for us, and stays 40 s with plain limits.
    both = changed(value=91, delay_s=30)
    assert (both.alarms, both.ours, both.plain) == (1, Share(1, 1), Share(0, 1))


def test_who_answered_then_answers_nothing_here(profile: Profile) -> None:
    ticks = spo2((60, 97.0), (40, 88.0), (60, 97.0))
    accepted = [Fact(80.0, "alarm_acknowledged", {"occurrence": 1, "by": "R. Nurse"})]
    assert compare("s", profile, ticks, accepted) == compare("s", profile, ticks, [])


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        (spo2((30, 97.0), (14, 84.0), (30, 97.0)), []),
        (spo2((30, 97.0), (15, 84.0), (30, 97.0)), [(30, 45, 84)]),
        (spo2((30, 97.0), (15, 85.0), (30, 97.0)), []),  # 85 is not below 85
        (spo2((30, 97.0), (10, 84.0), (1, 85.0), (10, 84.0), (30, 97.0)), []),  # it came back in between
        (spo2((30, 97.0), (8, 84.0), (5, None), (8, 82.0), (30, 97.0)), [(30, 51, 82)]),  # a short gap does not end it
        (spo2((30, 97.0), (10, 84.0), (6, None), (10, 82.0), (30, 97.0)), []),
        (spo2((20, 80.0)), [(0, 20, 80)]),
        ([], []),
    ],
)
def test_desaturations(ticks: list[Tick], expected: list[tuple[float, float, float]]) -> None:
    assert [(one.from_s, one.to_s, one.lowest) for one in desaturations("s", ticks)] == expected


def test_a_desaturation_that_the_profile_sleeps_through_is_missed(profile: Profile) -> None:
    ticks = spo2((60, 97.0), (20, 84.0), (60, 97.0))
    made = compare("s", profile, ticks, [])
    assert [one.announced_s for one in made.desaturations] == [5.0]
    deaf = profile
    for rule in ("SPO2_LOW_1", "SPO2_LOW_2", "SPO2_LOW_3"):
        deaf = deaf.with_limit(rule, {"delay_s": 60})
    made = compare("s", deaf, ticks, [])
    assert len(made.missed) == 1
    low_only = profile.model_copy(update={"rules": tuple(r for r in profile.rules if r.id == "SPO2_LOW_1")})
    assert compare("s", low_only, spo2((60, 97.0), (90, 84.0)), []).missed, "a low alarm does not announce it"


def test_an_alarm_that_stood_before_announces_at_once() -> None:
    one = comparison.Desaturation("s", 100, 130, 80)
    before = Alarm(40, 200, ((40, "SPO2_LOW_2", "medium"), (106, "SPO2_LOW_3", "high")))
    assert comparison.announced(one, [before], {"SPO2_LOW_2", "SPO2_LOW_3"}).announced_s == 0
    assert comparison.announced(one, [before], {"SPO2_LOW_3"}).announced_s == 6
    assert comparison.announced(one, [before], {"HR_HIGH_1"}).announced_s is None
    over = Alarm(40, 99, ((40, "SPO2_LOW_2", "medium"),))
    assert comparison.announced(one, [over], {"SPO2_LOW_2"}).announced_s is None


def change(t_s: float, name: str, rule: str = "R", priority: str = "high", occurrence: int = 1) -> Change:
    return Change(t_s, rule, priority, "physiological", name, 1.0, 1.0, occurrence)  # type: ignore[arg-type]


def test_a_latched_alarm_that_comes_back_is_another_alarm() -> None:
    made = gathered(
        [
            change(0, "raised"),
            change(5, "latched"),
            change(50, "raised"),
            change(90, "cleared"),
            change(95, "raised", occurrence=2),
        ]
    )
    assert [(one.from_s, one.to_s) for one in made] == [(0, 5), (50, 90), (95, None)]
    assert [one.short(100) for one in made] == [True, False, None]
    assert made[2].short(110) is False


def test_several_sessions_add_up(profile: Profile) -> None:
    one = compare("a", profile, spo2((60, 97.0), (8, 88.0), (60, 97.0)), [])
    two = compare("b", profile, spo2((60, 97.0), (20, 80.0), (60, 97.0)), [])
    both = together([one, two])
    assert (both.sessions, both.alarms, both.plain_alarms) == (2, 1, 2)
    assert [d.session for d in both.desaturations] == ["b"]
    assert together([]).fewer is None and compare("c", profile, [], []).hours == 0


# -- on simulated restless patients ---------------------------------------------------------------------------------

#: Each ends soon after its desaturation (apnoea), or after twenty minutes of noise.
CASES = [
    ("apnoea-desaturation", 1, 1.0, 2_800), ("apnoea-desaturation", 4, 2.0, 2_800), ("hypertensive-response", 2, 2.0, 1_200),
    ("crps-uneventful", 1, 2.0, 1_200),
]  # fmt: skip


@pytest.fixture(scope="module")
def sessions() -> list[Noisy]:
    return [noisy_session(name, seed, artefacts, duration_s) for name, seed, artefacts, duration_s in CASES]


def test_half_as_many_short_alarms_and_no_desaturation_missed(sessions: list[Noisy], profile: Profile) -> None:
    each = [compare(one.name, profile, one.ticks, one.facts) for one in sessions]
    made = together(each)
    print(
        f"short alarms {made.ours.n} against {made.plain.n}, desaturations {len(made.desaturations)}, missed {len(made.missed)}"
    )
    assert made.plain.n >= 50, "the sessions must be noisy for this to mean anything"
    assert made.fewer is not None and made.fewer >= 0.5
    assert len(made.desaturations) >= 3 and made.missed == ()


def test_no_desaturation_of_the_patient_is_missed_under_the_noise(sessions: list[Noisy], profile: Profile) -> None:
    """Judged by what the probe would have shown on a patient lying still."""
    spo2_rules = {"SPO2_LOW_1", "SPO2_LOW_2", "SPO2_LOW_3"}
    true = 0
    for one in sessions:
        alarms = gathered(comparison.replay(profile, None, one.ticks, one.facts))
        for found in desaturations(one.name, one.still):
            true += 1
            assert comparison.announced(found, alarms, spo2_rules).announced_s is not None, found
    assert true >= 2


def test_the_same_noise_however_time_is_cut() -> None:
    assert noisy_session("crps-uneventful", 5, 2.0, 200) == noisy_session("crps-uneventful", 5, 2.0, 200)
    assert noisy_session("crps-uneventful", 5, 2.0, 200).ticks != noisy_session("crps-uneventful", 6, 2.0, 200).ticks
