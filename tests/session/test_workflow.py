"""Suggested phases, and entries as the alarm engine sees them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.alarms.values import Fact
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.facts import as_fact
from dashboard.session.fold import fold
from dashboard.session.workflow import suggest_phase

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)


def make(cls: type[ev.Event], t_s: float, **values: Any) -> ev.Event:
    return cls(**{"at": START + timedelta(seconds=t_s), "by": "R.N.", "t_s": t_s, **values})


OPENED = make(
    ev.SessionOpened, 0, bed="bed-1", patient="T.N.", weight_kg=62, concentration_mg_ml=2, planned_mg=86.8, planned_min=240,
    profile="B-high-respiratory-risk", profile_version="0.1.0",
)  # fmt: skip
STARTED = make(ev.InfusionStarted, 600, rate_mg_h=10.8, concentration_mg_ml=2)
STOPPED = make(ev.InfusionStopped, 9000)


def faster(t_s: float) -> ev.Event:
    return make(ev.InfusionRateChanged, t_s, rate_mg_h=21.7, concentration_mg_ml=2)


def scores(t_s: float, aldrete: int, padss: int) -> list[ev.Event]:
    return [
        make(ev.DischargeScored, t_s, scale="aldrete", score=aldrete),
        make(ev.DischargeScored, t_s, scale="padss", score=padss),
    ]


@pytest.mark.parametrize(
    ("events", "t_s", "phase"),
    [
        ([], 0, "setup"),
        ([], 5000, "setup"),
        ([STARTED], 599, "setup"),
        ([STARTED], 600, "titration"),
        ([STARTED], 2399, "titration"),
        ([STARTED], 2400, "steady"),
        ([STARTED, faster(2500)], 2500, "titration"),
        ([STARTED, faster(2500)], 4300, "steady"),
        ([STARTED, make(ev.BolusGiven, 2500, dose_mg=5)], 4299, "titration"),
        ([STARTED, make(ev.BagChanged, 2500, concentration_mg_ml=2)], 2501, "steady"),
        ([STARTED, make(ev.BagChanged, 2500, concentration_mg_ml=1)], 2501, "titration"),
        ([STARTED, STOPPED], 9000, "recovery"),
        ([STARTED, STOPPED, *scores(9500, 9, 9)], 9600, "discharge"),
        ([STARTED, STOPPED, *scores(9500, 10, 8)], 9600, "recovery"),
        ([STARTED, STOPPED, *scores(9500, 9, 9), *scores(9600, 9, 8)], 9700, "recovery"),
        ([STARTED, *scores(700, 10, 10), STOPPED], 9100, "recovery"),  # a score from before the stop says nothing
        ([STARTED, make(ev.EmergencyDeclared, 700)], 800, "emergency"),
        ([STARTED, make(ev.EmergencyDeclared, 700), make(ev.EmergencyEnded, 800, summary="x")], 900, "titration"),
        ([STARTED, STOPPED, make(ev.InfusionStarted, 9100, rate_mg_h=5, concentration_mg_ml=2)], 9200, "titration"),
    ],
)
def test_phases(events: list[ev.Event], t_s: float, phase: str) -> None:
    assert suggest_phase(fold(chain("s", [OPENED, *events])), t_s) == phase


def test_the_engine_sees_type_fields_and_time_of_entry() -> None:
    event = make(ev.ConsciousnessAssessed, 700.25, scale="moaas", level="3", back_s=120)
    fact = as_fact(event)
    assert fact is not None
    assert (fact.t_s, fact.type) == (700.25, "consciousness_assessed")
    assert (fact.data["scale"], fact.data["level"], fact.data["by"], fact.data["back_s"]) == ("moaas", "3", "R.N.", 120)


@pytest.mark.parametrize("name", sorted(ev.TYPES))
def test_the_engine_is_not_told_what_it_said(name: str) -> None:
    told = {"rule": "R", "occurrence": 7, "priority": "high", "kind": "physiological"}
    if not issubclass(ev.TYPES[name], ev.AlarmEvent):
        return
    fact = as_fact(make(ev.TYPES[name], 1, **told))
    assert isinstance(fact, Fact) is (name in ("alarm_acknowledged", "alarm_reset"))
    if fact is not None:
        assert (fact.data["occurrence"], fact.data["rule"]) == (7, "R")


@pytest.mark.parametrize(
    "event",
    [
        STARTED,
        STOPPED,
        make(ev.AudioPaused, 1),
        make(ev.LimitChanged, 1, rule="R", old={}, new={"value": 1}, reason="x"),
        make(ev.BaselineTaken, 1, values={"sbp": 120}),
        make(ev.PhaseChanged, 1, phase="steady"),
        make(ev.Correction, 1, of=2, reason="x"),
    ],
)
def test_what_rules_depend_on_is_told(event: ev.Event) -> None:
    assert as_fact(event) is not None
