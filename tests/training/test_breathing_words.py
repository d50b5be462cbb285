"""What the trainer is told of breathing is what the patient does, whoever made it so."""

import pytest

from config.models.scenario import effect_of
from dashboard.pages._train_words import breathing
from dashboard.training.breaths import breath_lines
from simulators.scenario import Run, find_scenario


def told(scenario: str, at_s: float, *done: tuple[float, dict[str, object]]) -> str:
    run = Run(find_scenario(scenario))
    for when_s, effect in done:
        run.do(effect_of(effect), when_s)
    run.advance(at_s)
    return breathing(run.truth())


def test_before_and_in_an_apnoea_of_the_script() -> None:
    assert told("s02-central-apnoea", 300.0).endswith("/min, airway 100 %")
    assert told("s02-central-apnoea", 430.0) == "breathing 0/min (APNOEA), airway 100 %"


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ([{"kind": "central_apnoea", "duration_s": 90}], "breathing 0/min (APNOEA), airway 100 %"),
        ([{"kind": "central_apnoea", "duration_s": 90}, {"kind": "ventilate", "duration_s": 60}], "breathing 12/min (by the bag alone), airway 100 %"),
    ],
)  # fmt: skip
def test_an_injected_apnoea_and_the_bag(effects: list[dict[str, object]], words: str) -> None:
    assert told("crps-uneventful", 120.0, *((100.0, one) for one in effects)) == words


def test_an_obstructed_patient_works_and_moves_nothing() -> None:
    words = told("crps-uneventful", 120.0, (100.0, {"kind": "obstruction", "fraction": 1.0, "duration_s": 60}))
    assert words.startswith("breathing 0/min (OBSTRUCTED, ") and words.endswith("/min efforts), airway 0 %")
    assert int(words.split("OBSTRUCTED, ")[1].split("/")[0]) >= 8  # the resting rate is 14: effort goes on


def test_half_an_obstruction_still_moves_gas() -> None:
    words = told("crps-uneventful", 120.0, (100.0, {"kind": "obstruction", "fraction": 0.5, "duration_s": 60}))
    assert words.endswith(" (partly obstructed), airway 50 %") and not words.startswith("breathing 0/")


def test_after_the_apnoea_breathing_is_told_again() -> None:
    words = told("crps-uneventful", 150.0, (100.0, {"kind": "central_apnoea", "duration_s": 40}))
    assert "APNOEA" not in words and not words.startswith("breathing 0/")


def told_lines(at_s: float, *done: tuple[float, dict[str, object]]) -> list[tuple[float, str]]:
    run = Run(find_scenario("crps-uneventful"))
    for when_s, effect in done:
        run.do(effect_of(effect), when_s)
    truth = []
    for t_s in range(90, int(at_s) + 1):
        run.advance(float(t_s))
        truth.append((float(t_s), run.truth()))
    return [(one.t_s, one.text) for one in breath_lines(truth)]


def test_what_stopped_breathing_and_what_ended_it_stands_among_what_happened() -> None:
    assert told_lines(150.0) == []
    apnoea: dict[str, object] = {"kind": "central_apnoea", "duration_s": 90}
    assert told_lines(220.0, (100.0, apnoea), (130.0, {"kind": "ventilate", "duration_s": 30})) == [
        (100.0, "patient: breathing stops"),
        (130.0, "patient: breathed for, by the bag alone"),
        (160.0, "patient: breathing stops"),
        (190.0, "patient: breathes by itself again"),
    ]


def test_a_closed_airway_is_told_as_one_and_a_breath_missed_is_not() -> None:
    (first, closed), (_, again) = told_lines(170.0, (100.0, {"kind": "obstruction", "fraction": 1.0, "duration_s": 30}))
    assert (first, closed, again) == (100.0, "patient: the airway is closed: efforts move no air", "patient: breathes by itself again")  # fmt: skip
    assert told_lines(150.0, (100.0, {"kind": "central_apnoea", "duration_s": 3})) == []
    # A run that is entered while the patient does not breathe says so.
    assert told_lines(95.0, (80.0, {"kind": "central_apnoea", "duration_s": 60})) == [
        (90.0, "patient: breathing stops")
    ]
