"""What stands before a start, and what only a physician may do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.models.alarms import load_profile
from dashboard.session import events as ev
from dashboard.session import gates
from dashboard.session.chain import chain
from dashboard.session.fold import fold
from dashboard.session.state import Session

OPENED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PROFILE = load_profile("A-standard-adult")


def entry(cls: type[ev.Event], t_s: float = 60.0, by: str = "A. Physician", **data: Any) -> Any:
    return cls(at=OPENED + timedelta(seconds=t_s), by=by, t_s=t_s, **data)


def session(*events: ev.Event) -> Session:
    opened = entry(
        ev.SessionOpened, 0.0, bed="bed-1", patient="T. B.", weight_kg=70.0, concentration_mg_ml=2.0, planned_mg=80.0, planned_min=120.0,
        profile="A-standard-adult", profile_version="0.1.0",
    )  # fmt: skip
    return fold(chain("s", [opened, *events]))


def waived(reason: str = "capnograph broken, anaesthetist stays") -> ev.ChecklistAnswered:
    return entry(ev.ChecklistAnswered, item="start_without_etco2", answer="override", note=reason)  # type: ignore[no-any-return]


STARTED = entry(ev.InfusionStarted, 300.0, rate_mg_h=20.0, concentration_mg_ml=2.0)


def test_what_is_required_is_missing_until_it_is_seen_or_waived() -> None:
    assert gates.missing(session(), ("etco2",), ()) == ("etco2",)
    assert gates.missing(session(), ("etco2",), ("spo2", "etco2")) == ()
    assert gates.missing(session(waived()), ("etco2",), ()) == ()
    assert gates.missing(session(waived()), ("etco2", "spo2"), ()) == ("spo2",)
    assert gates.missing(session(), (), ()) == ()


def test_a_waiver_can_be_taken_back() -> None:
    back = entry(ev.ChecklistAnswered, 90.0, item="start_without_etco2", answer="no")
    assert gates.missing(session(waived(), back), ("etco2",), ()) == ("etco2",)


def test_the_refusal_says_what_is_missing_and_who_can_act() -> None:
    words = gates.refusal(PROFILE, ("etco2",))
    assert "does not start without CO₂" in words and "a physician" in words and "\n" not in words


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (waived(), "by"),
        (entry(ev.ChecklistAnswered, item="news2_spo2_scale", answer="2"), "by"),
        (entry(ev.BaselineTaken, 400.0, values={"rate": 70.0}, reason="probe was on the wrong patient"), "by"),
    ],
)
def test_what_is_a_physicians_to_decide(event: ev.Event, field: str) -> None:
    running = session(STARTED)
    gates.check_role(running, event, "physician")
    for role in ("nurse", "charge", None, ""):
        with pytest.raises(ev.EventError, match="physician") as refused:
            gates.check_role(running, event, role)
        assert refused.value.field == field


def test_a_physician_says_why() -> None:
    with pytest.raises(ev.EventError, match="note: say why"):
        gates.check_role(session(), waived("  "), "physician")
    with pytest.raises(ev.EventError, match="reason: the baseline is frozen"):
        gates.check_role(session(STARTED), entry(ev.BaselineTaken, 400.0, values={"rate": 70.0}), "physician")


@pytest.mark.parametrize(
    "event",
    [
        entry(ev.BaselineTaken, values={"rate": 70.0}),
        entry(ev.ChecklistAnswered, item="copd", answer="yes"),
        entry(ev.ChecklistAnswered, item="news2_spo2_scale", answer="1"),
        entry(ev.Note, text="music on"),
        STARTED,
    ],
)
def test_everything_else_is_anybodys_before_the_start(event: ev.Event) -> None:
    gates.check_role(session(), event, "nurse")


# -- a baseline inside a low step -----------------------------------------------------------------------------------


def test_a_baseline_in_a_low_step_is_offered_one_point_and_no_more() -> None:
    (found,) = gates.inside_low_steps(PROFILE, PROFILE, {"spo2": 93.0, "rate": 70.0, "sbp": 125.0})
    assert (found.rule, found.operator, found.limit, found.offered, found.helps) == ("SPO2_LOW_1", "≤", 93, 92, True)
    assert found.reason == "baseline SpO₂ 93 lies inside the low step ≤ 93"
    (lower,) = gates.inside_low_steps(PROFILE, PROFILE, {"spo2": 91.0})
    assert (lower.offered, lower.helps) == (92, False), "one point, wherever the baseline is"


def test_a_high_low_step_moves_up() -> None:
    (found,) = gates.inside_low_steps(PROFILE, PROFILE, {"sbp": 160.0})
    assert (found.rule, found.operator, found.limit, found.offered, found.helps) == ("SBP_WATCH", "≥", 160, 161, True)


def test_a_step_that_was_moved_already_is_not_moved_again() -> None:
    moved = PROFILE.with_limit("SPO2_LOW_1", {"value": 92})
    assert gates.inside_low_steps(moved, PROFILE, {"spo2": 93.0}) == []
    (again,) = gates.inside_low_steps(moved, PROFILE, {"spo2": 92.0})
    assert again.offered is None


def test_a_step_that_would_meet_the_other_side_is_not_offered() -> None:
    (found,) = gates.inside_low_steps(PROFILE, PROFILE.model_copy(update={"rules": ()}), {"spo2": 93.0})
    assert found.offered is None, "a rule that the profile does not have has no default"


def test_a_baseline_outside_all_low_steps_offers_nothing() -> None:
    assert gates.inside_low_steps(PROFILE, PROFILE, {"spo2": 98.0, "sbp": 120.0, "rate": 40.0, "etco2": 38.0}) == []
