"""One limit over time: every phase meets every stimulus, against a table written by hand."""

from itertools import product

import pytest

from dashboard.alarms.conditions import Condition, Phase, judge
from dashboard.alarms.plan import Watch

#: Where the value lies for a limit of 90 that clears at 92 (low side; mirrored for the high side).
VALUES = {"out": 89.0, "at the limit": 90.0, "worse": 80.0, "in the hysteresis": 91.0, "inside": 92.0, "missing": None}
STIMULI = (*VALUES, "out, held back")
DELAY_S, CLEAR_AFTER_S, SINCE_S = 10.0, 5.0, 100.0
#: Just before and just when the time of the phase is over.
EARLY, LATE = "early", "late"
MOMENTS = {
    "off": {EARLY: 101.0, LATE: 200.0}, "armed": {EARLY: 101.0, LATE: 200.0},
    "pending": {EARLY: 109.9, LATE: 110.0}, "on": {EARLY: 101.0, LATE: 200.0}, "clearing": {EARLY: 104.9, LATE: 105.0},
}  # fmt: skip

# phase, stimulus -> phase after it, early and late; one word: at any time.
EXPECTED: dict[tuple[str, str], str | tuple[str, str]] = {
    ("off", "out"): "pending",
    ("off", "at the limit"): "pending",
    ("off", "worse"): "pending",
    ("off", "out, held back"): "pending",
    ("off", "in the hysteresis"): "off",
    ("off", "inside"): "off",
    ("off", "missing"): "off",
    ("armed", "out"): "pending",
    ("armed", "at the limit"): "pending",
    ("armed", "worse"): "pending",
    ("armed", "out, held back"): "pending",
    ("armed", "in the hysteresis"): "off",
    ("armed", "inside"): "off",
    ("armed", "missing"): "armed",
    ("pending", "out"): ("pending", "on"),
    ("pending", "at the limit"): ("pending", "on"),
    ("pending", "worse"): ("pending", "on"),
    ("pending", "out, held back"): "pending",
    ("pending", "in the hysteresis"): "off",
    ("pending", "inside"): "off",
    ("pending", "missing"): "pending",
    ("on", "out"): "on",
    ("on", "at the limit"): "on",
    ("on", "worse"): "on",
    ("on", "out, held back"): "on",
    ("on", "in the hysteresis"): "on",
    ("on", "inside"): "clearing",
    ("on", "missing"): "on",
    ("clearing", "out"): "on",
    ("clearing", "at the limit"): "on",
    ("clearing", "worse"): "on",
    ("clearing", "out, held back"): "on",
    ("clearing", "in the hysteresis"): "on",
    ("clearing", "inside"): ("clearing", "off"),
    ("clearing", "missing"): "clearing",
}


def watch(
    sense: int, *, delay_s: float = DELAY_S, clear_after_s: float = CLEAR_AFTER_S, confirm: bool = False
) -> Watch:
    trigger, clear = (90.0, 92.0) if sense < 0 else (-90.0, -92.0)
    return Watch(0, 0, 0, sense, trigger, clear, delay_s, clear_after_s, confirm, False)


def value_of(stimulus: str, sense: int) -> float | None:
    value = VALUES[stimulus.removesuffix(", held back")]
    return value if value is None or sense < 0 else -value


def before(phase: str, sense: int) -> Condition:
    worst = None if phase in ("off", "armed", "pending") else -sense * 88.0
    return Condition(Phase[phase.upper()], SINCE_S, worst, -5.0)


def test_the_table_is_whole() -> None:
    assert set(EXPECTED) == set(product((p.name.lower() for p in Phase), STIMULI))


@pytest.mark.parametrize("sense", [-1, 1])
@pytest.mark.parametrize(("phase", "stimulus", "moment"), list(product(MOMENTS, STIMULI, (EARLY, LATE))))
def test_every_phase_meets_every_stimulus(phase: str, stimulus: str, moment: str, sense: int) -> None:
    expected = EXPECTED[phase, stimulus]
    wanted = expected if isinstance(expected, str) else expected[moment == LATE]
    t_s, value = MOMENTS[phase][moment], value_of(stimulus, sense)
    was = before(phase, sense)
    now = judge(watch(sense), was, value, t_s, held_back="held back" in stimulus)
    assert now.phase.name.lower() == wanted
    # Since when: a delay and a clearing run from their own start; when it cleared is kept until it clears again.
    begins = {"pending": phase != "pending", "clearing": phase != "clearing", "off": phase == "clearing"}
    assert now.since_s == (t_s if begins.get(wanted, False) else SINCE_S)
    assert now.off_s == (t_s if (phase, wanted) == ("clearing", "off") else -5.0)
    if value is None:
        assert now is was
    if wanted == "on" and phase != "pending":
        assert now.worst == (value if stimulus == "worse" else was.worst)
    elif wanted == "on":
        assert now.worst == value
    else:
        assert now.worst == was.worst


@pytest.mark.parametrize("sense", [-1, 1])
@pytest.mark.parametrize(
    ("phase", "stimulus", "wanted"),
    [("off", "out", "on"), ("off", "out, held back", "pending"), ("armed", "out", "on"), ("on", "inside", "off")],
)
def test_without_delay_and_waiting(phase: str, stimulus: str, wanted: str, sense: int) -> None:
    quick = watch(sense, delay_s=0.0, clear_after_s=0.0)
    now = judge(quick, before(phase, sense), value_of(stimulus, sense), 150.0, held_back="held back" in stimulus)
    assert (now.phase.name.lower(), now.since_s) == (wanted, 150.0)
    assert now.off_s == (150.0 if wanted == "off" else -5.0)


@pytest.mark.parametrize("sense", [-1, 1])
@pytest.mark.parametrize(
    ("phase", "stimulus", "wanted"),
    [
        ("off", "out", "armed"),
        ("off", "out, held back", "armed"),
        ("off", "inside", "off"),
        ("off", "missing", "off"),
        ("armed", "out", "on"),
        ("armed", "out, held back", "pending"),
        ("armed", "in the hysteresis", "off"),
        ("armed", "missing", "armed"),
        ("pending", "out", "on"),
        ("on", "inside", "off"),
    ],
)
def test_a_limit_that_the_next_reading_must_confirm(phase: str, stimulus: str, wanted: str, sense: int) -> None:
    confirming = watch(sense, delay_s=0.0, clear_after_s=0.0, confirm=True)
    now = judge(confirming, before(phase, sense), value_of(stimulus, sense), 150.0, held_back="held back" in stimulus)
    assert now.phase.name.lower() == wanted
    if phase == "off" and wanted == "armed":
        assert now.since_s == 150.0


def test_the_first_value_that_is_on_is_the_worst_so_far() -> None:
    on = judge(watch(-1, delay_s=0.0), Condition(), 89.0, 1.0, held_back=False)
    assert on.worst == 89.0
    on = judge(watch(-1), Condition(Phase.ON, 1.0, None), 89.0, 2.0, held_back=False)
    assert on.worst == 89.0
