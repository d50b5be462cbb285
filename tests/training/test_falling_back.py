"""A fast run falls back to real time at what a trainee is scored by, once."""

from typing import Any

import pytest
from recorded_runs import ALARM_S, JOINED_S, S02, TRAINER, Recorded
from training_world import Training

from dashboard.session import events as ev
from dashboard.session.describe import text
from dashboard.training.due import came_due
from simulators.scenario import find_scenario


def due(run: Recorded, now_s: float, scenario: str = S02) -> str | None:
    return came_due(find_scenario(scenario), run.record(), JOINED_S, now_s)


def run(*steps: tuple[str, Any]) -> Recorded:
    made = Recorded("s")
    for what, value in steps:
        if what == "pace":
            made.paced(*value)
        else:
            rule, priority, t_s = value
            made._add(
                ev.AlarmRaised, t_s, "system", rule=rule, priority=priority, kind="physiological", occurrence=1, message=f"{rule} now"
            )  # fmt: skip
    return made


FAST = ("pace", (300.0, 5.0))


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([FAST], None),
        ([FAST, ("alarm", ("APNOEA", "high", 420.0))], "APNOEA now"),  # what S02's actions wait for
        ([FAST, ("alarm", ("HR_LOW_1", "medium", 420.0))], "HR_LOW_1 now"),  # the first of the run
        ([FAST, ("alarm", ("HR_LOW_0", "low", 420.0))], None),
        # Fast again after the first alarm: another that nothing waits for does not slow the run, the awaited one does, once.
        ([("alarm", ("HR_LOW_1", "medium", 280.0)), FAST, ("alarm", ("SPO2_LOW_2", "medium", 420.0))], None),
        ([("alarm", ("HR_LOW_1", "medium", 280.0)), FAST, ("alarm", ("APNOEA", "high", 420.0))], "APNOEA now"),
        ([("alarm", ("APNOEA", "high", 280.0)), FAST, ("alarm", ("APNOEA", "high", 420.0))], None),
        ([FAST, ("alarm", ("APNOEA", "high", 420.0)), ("pace", (421.0, 1.0))], None),
        ([FAST, ("pace", (310.0, 0.5)), ("alarm", ("APNOEA", "high", 420.0))], None),
        # Before the trainee came nobody could have missed it.
        ([("alarm", ("HR_LOW_1", "medium", JOINED_S - 40)), FAST, ("alarm", ("SPO2_LOW_2", "medium", 420.0))], "SPO2_LOW_2 now"),
    ],
)  # fmt: skip
def test_what_came_due(steps: list[tuple[str, Any]], words: str | None) -> None:
    assert due(run(*steps), ALARM_S + 10) == words


@pytest.mark.parametrize(
    ("from_s", "now_s", "comes"), [(300.0, 329.0, False), (300.0, 331.0, True), (331.0, 400.0, False)]
)
def test_a_time_that_an_action_waits_for(from_s: float, now_s: float, comes: bool) -> None:
    """S08: the first actions count from 330 s, the next from 445 s."""
    assert (due(Recorded("s").paced(from_s, 20.0), now_s, "s08-pump-times-ten") is not None) is comes


def test_the_room_says_why_and_goes_on_at_real_time_with_sound(training: Training) -> None:
    session = training.room.start(find_scenario("s08-pump-times-ten"), TRAINER, from_s=310.0)
    training.room.pace(20.0, TRAINER)
    training.real_s += 0.9
    training.room.turn()
    assert training.room.clock.speed == 20.0
    training.real_s += 0.2  # at 332 s
    training.room.turn()
    assert training.room.clock.speed == 1.0 and not training.room.bedside.quiet
    said = [stored.event for stored in training.store.events(session) if isinstance(stored.event, ev.RunSlowed)]
    assert len(said) == 1 and text(said[0]).startswith("back to 1x: ")
    training.room.pace(20.0, TRAINER)
    training.room.turn()
    assert training.room.clock.speed == 20.0  # who goes fast again meant it
