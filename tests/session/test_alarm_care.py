"""What people do about alarms beside acknowledging: verdicts, signatures, alarms switched off; and what is passed on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.describe import text
from dashboard.session.events import EventError
from dashboard.session.facts import as_fact
from dashboard.session.fold import Session, check, fold

T0 = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def make(cls: type[ev.Event], t_s: float = 0, **values: Any) -> Any:
    return cls(**{"at": T0 + timedelta(seconds=t_s), "by": "R.N.", "t_s": t_s, **values})


OPENED = make(
    ev.SessionOpened, bed="bed-1", patient="M. K.", weight_kg=72, concentration_mg_ml=2, planned_mg=80, planned_min=120,
    profile="A-standard-adult", profile_version="1",
)  # fmt: skip
ALARM = {"rule": "SPO2_LOW_2", "occurrence": 1, "priority": "medium", "kind": "physiological"}
RAISED = make(ev.AlarmRaised, 100, **ALARM)
CLOSED = make(ev.SessionClosed, 900)


def session(*events: ev.Event) -> Session:
    return fold(chain("s", [OPENED, RAISED, *events]))


def judged(verdict: str = "nuisance", by: str = "Dr A", occurrence: int = 1) -> ev.AlarmJudged:
    return make(ev.AlarmJudged, 950, by=by, occurrence=occurrence, verdict=verdict)


@pytest.mark.parametrize("before", [(), (CLOSED,), (CLOSED, make(ev.SessionSigned, 920))])
def test_verdicts_can_be_given_during_the_session_and_after_it(before: tuple[ev.Event, ...]) -> None:
    check(session(*before), judged())


def test_a_verdict_needs_an_alarm_that_was() -> None:
    with pytest.raises(EventError, match="no alarm 7"):
        check(session(CLOSED), judged(occurrence=7))


def test_a_verdict_is_one_of_the_words() -> None:
    with pytest.raises(EventError, match="true, nuisance, technical"):
        check(session(CLOSED), judged("perhaps"))


def test_who_has_signed_changes_no_verdict_any_more_and_others_still_may() -> None:
    signed = session(CLOSED, judged(), make(ev.AlarmReviewSigned, 960, by="Dr A"))
    with pytest.raises(EventError, match="signed this review already"):
        check(signed, judged("true"))
    with pytest.raises(EventError, match="signed this review already"):
        check(signed, make(ev.AlarmReviewSigned, 970, by="Dr A"))
    check(signed, judged("true", by="Dr B"))


def test_a_review_cannot_be_signed_while_the_session_runs() -> None:
    with pytest.raises(EventError, match="not closed"):
        check(session(), make(ev.AlarmReviewSigned, 960, by="Dr A"))


def test_the_fold_keeps_them_in_their_lists() -> None:
    one = session(
        make(ev.AlarmOff, 110, rule="HR_TREND", duration_s=600, reason="paced"),
        make(ev.AlarmOn, 120, rule="HR_TREND"),
        make(ev.AlarmActionNoted, 130, occurrence=1, action="repositioned"),
        make(ev.AudioPaused, 140),
        make(
            ev.EscalationSent,
            150,
            occurrence=1,
            rule="SPO2_LOW_2",
            priority="medium",
            step=2,
            channel="screens",
            ok=True,
        ),
        make(ev.ScreenLost, 160, screen="abcd1234", reason="hidden"),
        judged(),
    )
    lengths = [
        len(part) for part in (one.off_log, one.actions, one.audio_log, one.escalations, one.screens, one.verdicts)
    ]
    assert lengths == [2, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (make(ev.AlarmOff, 1, rule="R", duration_s=60, reason="x"), True),
        (make(ev.AlarmOn, 1, rule="R"), True),
        (judged(), False),
        (make(ev.AlarmReviewSigned, 1), False),
        (make(ev.AlarmActionNoted, 1, occurrence=1, action="x"), False),
        (make(ev.EscalationSent, 1, occurrence=1, rule="R", priority="high", step=2, channel="c", ok=True), False),
        (make(ev.ScreenLost, 1, screen="a", reason="gone"), False),
    ],
)
def test_the_engine_hears_of_switched_off_rules_and_of_nothing_else_here(event: ev.Event, told: bool) -> None:
    assert (as_fact(event) is not None) is told


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (make(ev.AlarmOff, 1, rule="HR_TREND", duration_s=600, reason="paced"), "alarm HR_TREND off for 10 min · paced"),
        (judged("true"), "alarm 1: judged true"),
        (judged(""), "alarm 1: verdict taken back"),
        (
            make(ev.EscalationSent, 1, occurrence=1, rule="APNOEA", priority="high", step=3, channel="on-call", ok=False, detail="no route"),
            "unanswered: on-call NOT TOLD: APNOEA · no route",
        ),
        (make(ev.ScreenLost, 1, screen="abcd1234", reason="hidden", person="R. Nurse"), "screen abcd is hidden or asleep (R. Nurse)"),
    ],
)  # fmt: skip
def test_lines(event: ev.Event, line: str) -> None:
    assert text(event) == line
