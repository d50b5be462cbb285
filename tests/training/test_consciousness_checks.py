"""Checks against the times that profile A asks for: every 5 min in the first 30 min and for 15 min after a rise of the rate, else every
15 min, overdue 2 min after their time (the profile's intervals and rule A27). All times below are counted by hand from these."""

from datetime import UTC, datetime
from typing import Any

import pytest

from config.models.alarms import load_profile
from dashboard.session import events as ev
from dashboard.session.chain import Stored
from dashboard.training.checks import Checks, checks_of
from dashboard.training.score import SCENARIO

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
NURSE = "R. Nurse"
PROFILE = load_profile("A-standard-adult")


def at(cls: type[ev.Event], t_s: float, by: str = NURSE, **fields: Any) -> ev.Event:
    return cls(at=START, by=by, t_s=t_s, **fields)


def check(t_s: float, by: str = NURSE, back_s: float = 0.0) -> ev.Event:
    return at(ev.ConsciousnessAssessed, t_s, by, scale="moaas", level="4", back_s=back_s)


def rate(t_s: float, mg_h: float) -> ev.Event:
    return at(ev.InfusionRateChanged, t_s, rate_mg_h=mg_h, concentration_mg_ml=2.0)


BEGUN = at(ev.InfusionStarted, 0, SCENARIO, rate_mg_h=20.0, concentration_mg_ml=2.0)
CALM = [check(t_s, SCENARIO) for t_s in range(300, 1801, 300)]  # the virtual nurse's, up to minute 30


@pytest.mark.parametrize(
    ("events", "from_s", "to_s", "expected"),
    [
        ([], 0, 300, Checks(longest_s=300)),  # due at 300
        ([], 0, 420, Checks(longest_s=420, overdue_s=120)),  # the screen says overdue 2:00, and no alarm yet
        ([], 0, 421, Checks(0, 0, 1, 0, 421)),
        ([check(300), check(720)], 0, 800, Checks(2, 0, 0, 0, 420)),  # due 300 and 600: 120 s after its time is no alarm yet
        ([check(300), check(721)], 0, 800, Checks(1, 1, 0, 0, 421)),
        ([check(800, back_s=500)], 0, 400, Checks(1, 0, 0, 0, 300)),  # made at 300, entered later
        ([check(300, SCENARIO), check(590)], 400, 600, Checks(1, 0, 0, 0, 190)),  # the scenario's is nobody's merit
        ([], 700, 800, Checks(longest_s=100, overdue_s=500)),  # overdue when the trainee came: theirs from then on
        ([], 700, 821, Checks(0, 0, 1, 0, 121)),
        ([*CALM, check(2700)], 1800, 3720, Checks(1, 0, 0, 0, 1020, overdue_s=120)),  # due 2700, then 3600
        ([*CALM, check(2700)], 1800, 3721, Checks(1, 0, 1, 0, 1021)),
        # a rise at 1900 asks for the next check at 2200
        ([*CALM, rate(1900, 30.0), check(2400)], 1800, 2500, Checks(0, 1, 0, 0, 600)),
        ([*CALM, rate(1900, 10.0), check(2400)], 1800, 2500, Checks(1, 0, 0, 0, 600)),
        ([at(ev.PhaseChanged, 500, phase="discharge")], 0, 9000, Checks(0, 0, 1, 0, 500)),
        ([at(ev.PhaseChanged, 350, phase="discharge")], 0, 9000, Checks(0, 0, 0, 0, 350)),
        ([at(ev.RunPaced, 310, speed=20), at(ev.RunPaced, 500, speed=1), check(600)], 0, 650, Checks(0, 0, 0, 1, 600)),
        ([at(ev.RunPaced, 10, speed=20), at(ev.RunPaced, 290, speed=1), check(600)], 0, 650, Checks(0, 1, 0, 0, 600)),
    ],
)  # fmt: skip
def test_done_against_due(events: list[ev.Event], from_s: float, to_s: float, expected: Checks) -> None:
    record = [Stored("s", n, "", "", event) for n, event in enumerate([BEGUN, *events], 1)]
    assert checks_of(PROFILE, record, from_s, to_s) == expected


def test_a_check_that_waits_at_the_end_is_told_as_the_screen_counted_it() -> None:
    """Seen by a person: the screen counted 0:37 overdue when the trainer ended the run, and the debrief knew of no check."""
    joined = at(ev.RunJoined, 0, "T. Trainer", joined_s=0.0)
    ended = [
        at(ev.InfusionStopped, 337, "T. Trainer", reason="run ended"),
        at(ev.SessionClosed, 337, "T. Trainer", summary="run ended"),
    ]
    record = [Stored("s", n, "", "", event) for n, event in enumerate([joined, BEGUN, *ended], 1)]
    found = checks_of(PROFILE, record, 0, 337)
    assert (found.overdue_s, found.due) == (37, 1)


def test_nothing_is_due_before_the_infusion() -> None:
    record = [Stored("s", 1, "", "", check(100))]
    assert checks_of(PROFILE, record, 0, 2000) == Checks(unasked=1)
