"""What a trainer injected and lasts can be ended, and is over then: in the patient as in the room."""

import pytest
from training_world import Training

from config.models.scenario import effect_of
from dashboard.bedside.errors import EntryRefused
from dashboard.training.catalogue import INJECTIONS
from dashboard.training.lasting import ending
from simulators.scenario import Run, find_scenario

TRAINER = "T. Trainer"
SCENARIO = find_scenario("crps-uneventful")
#: Nothing to end: the next readings of the cuff are bad, and that is all.
INSTANT = {"Cuff reads high", "Cuff fails"}
LASTING = [one for one in INJECTIONS if one.label not in INSTANT]


def row(label: str) -> dict[str, object]:
    (effect,) = (one.effect for one in INJECTIONS if one.label == label)
    assert effect is not None
    return effect_of(effect).model_dump()


@pytest.mark.parametrize("label", [one.label for one in LASTING])
def test_each_injection_that_lasts_can_be_ended(label: str) -> None:
    run, effect = Run(SCENARIO), effect_of(row(label))
    run.advance(100.0)
    assert not run.lasts(effect)
    run.do(effect, 100.0)
    run.advance(110.0)
    assert run.lasts(effect)
    over = ending(row(label))
    assert over is not None
    run.do(effect_of(over), 110.0)
    run.advance(112.0)
    assert not run.lasts(effect)


def test_an_ended_apnoea_is_followed_by_breaths_and_an_ended_pump_error_by_the_charted_rate() -> None:
    run = Run(SCENARIO)
    run.advance(1900.0)
    rate_mg_h = run.truth()["delivered_mg_h"]
    for label in ("Apnoea", "Pump at ×10"):
        run.do(effect_of(row(label)), 1900.0)
    run.advance(1905.0)
    assert run.truth()["rr"] == 0 and run.truth()["delivered_mg_h"] == pytest.approx(10 * rate_mg_h)
    for label in ("Apnoea", "Pump at ×10"):
        run.do(effect_of(ending(row(label)) or {}), 1905.0)
    run.advance(1907.0)
    assert run.truth()["rr"] > 5 and run.truth()["delivered_mg_h"] == pytest.approx(rate_mg_h)


@pytest.mark.parametrize("label", sorted(INSTANT))
def test_what_is_over_in_an_instant_has_no_end(label: str) -> None:
    assert ending(row(label)) is None


def test_in_the_room_it_shows_until_it_is_ended_or_the_trainee_helped(training: Training) -> None:
    room = training.room
    room.start(SCENARIO, TRAINER, from_s=100.0)
    room.inject("Apnoea", row("Apnoea"), TRAINER)
    assert list(room.lasting()) == ["Apnoea"]  # at once, though it acts at the next second
    training.pass_s(5)
    assert list(room.lasting()) == ["Apnoea"]
    room.end_inject("Apnoea", TRAINER)
    assert room.lasting() == {}
    training.pass_s(3)
    assert room.run is not None and room.run.patient.truths[-1][1]["rr"] > 5
    with pytest.raises(EntryRefused, match="nothing of that name lasts"):
        room.end_inject("Apnoea", TRAINER)
    room.inject("Apnoea", row("Apnoea"), TRAINER)
    training.pass_s(3)
    room.act("stimulated", {"kind": "stimulate"}, TRAINER)  # ends it within 3 s
    training.pass_s(6)
    assert room.lasting() == {}
