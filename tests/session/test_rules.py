"""What can be entered, and what deserves a second look."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.session.chain import chain, link
from dashboard.session.events import (
    TYPES,
    AlarmRaised,
    BagChanged,
    BaselineTaken,
    BolusGiven,
    ChecklistAnswered,
    ConsciousnessAssessed,
    Correction,
    DeviceLost,
    DischargeScored,
    DrugGiven,
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    EventError,
    Handover,
    InfusionPaused,
    InfusionRateChanged,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    LimitChanged,
    ManualVitals,
    Note,
    OxygenChanged,
    PhaseChanged,
    SessionClosed,
    SessionOpened,
    SessionSigned,
    SideEffect,
    from_dict,
)
from dashboard.session.fold import Session, apply, check, fold, warnings
from dashboard.session.rules import notices

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)
NAN, INF = math.nan, math.inf


def make(cls: type[Event], t_s: float, **values: Any) -> Event:
    return cls(**{"at": START + timedelta(seconds=t_s), "by": "R.N.", "t_s": t_s, **values})


PLAN: dict[str, Any] = {
    "bed": "bed-1", "patient": "T.N.", "weight_kg": 62, "concentration_mg_ml": 2, "planned_mg": 86.8,
    "planned_min": 240, "profile": "B-high-respiratory-risk", "profile_version": "0.1.0",
}  # fmt: skip
OPENED = make(SessionOpened, 0, **PLAN)
STARTED = make(InfusionStarted, 700, rate_mg_h=10.8, concentration_mg_ml=2)
PAUSED = make(InfusionPaused, 800)
STOPPED = make(InfusionStopped, 900)
T = 2000.0


def folded(*events: Event) -> Session:
    return fold(chain("s", [OPENED, *events]))


def rate(rate_mg_h: Any, concentration_mg_ml: Any = 2, **values: Any) -> Event:
    return make(InfusionRateChanged, T, rate_mg_h=rate_mg_h, concentration_mg_ml=concentration_mg_ml, **values)


def start(rate_mg_h: Any = 10.8, concentration_mg_ml: Any = 2, **values: Any) -> Event:
    return make(InfusionStarted, T, rate_mg_h=rate_mg_h, concentration_mg_ml=concentration_mg_ml, **values)


def look(**values: Any) -> Event:
    return make(ConsciousnessAssessed, T, **{"scale": "moaas", "level": "4", **values})


def fix(of: Any, /, **new: Any) -> Event:
    return make(Correction, T, of=of, reason="typing error", replacement=new or None)


GOOD = [
    ((), start()),
    ((), make(BolusGiven, T, dose_mg=5)),
    ((), make(BagChanged, T, concentration_mg_ml=1)),
    ((STARTED,), rate(21.7)),
    ((STARTED,), rate(0)),
    ((STARTED,), rate(21.7, source="pump")),
    ((STARTED,), make(InfusionPaused, T, back_s=600)),
    ((STARTED, PAUSED), make(InfusionResumed, T)),
    ((STARTED, PAUSED), make(BolusGiven, T, dose_mg=5)),
    ((STARTED, PAUSED), make(InfusionStopped, T)),
    ((STARTED, STOPPED), start()),
    ((), look()),
    ((), look(scale="rass", level="-2", dissociation=4)),
    ((), look(scale="acvpu", level="C")),
    ((), make(OxygenChanged, T, flow_l_min=0)),
    ((), make(ManualVitals, T, values={"nibp_sys": 120, "nibp_dia": 80, "temp": 36.5})),
    ((), make(BaselineTaken, T, values={"rate": 75, "sbp": 120, "dbp": 70})),
    ((), make(Note, T, text="x" * 2000)),
    ((), make(Note, T, text="two\nlines, Größe, 痛")),
    ((), make(DischargeScored, T, scale="aldrete", score=9, items={"activity": 2, "respiration": 7})),
    ((), make(EmergencyDeclared, T)),
    ((make(EmergencyDeclared, 10),), make(EmergencyEnded, T, summary="fine")),
    ((STARTED, STOPPED), make(SessionClosed, T)),
    ((make(SessionClosed, 10),), make(SessionSigned, T)),
    ((STARTED,), fix(2, rate_mg_h=21)),
    ((STARTED,), fix(1, weight_kg=70)),
    ((STARTED, PAUSED), fix(3)),
    ((make(BolusGiven, 10, dose_mg=5), make(Correction, 20, of=2, reason="x")), fix(2, dose_mg=4)),
]


@pytest.mark.parametrize(("before", "event"), GOOD)
def test_good_entries_pass(before: tuple[Event, ...], event: Event) -> None:
    check(folded(*before), event)


BAD = [
    # the infusion's order
    ((), make(InfusionPaused, T), None, "has not been started"),
    ((), make(InfusionResumed, T), None, "not paused"),
    ((), make(InfusionStopped, T), None, "has not been started"),
    ((), rate(5), None, "has not been started"),
    ((STARTED,), start(), None, "started already"),
    ((STARTED, PAUSED), start(), None, "started already"),
    ((STARTED,), make(InfusionResumed, T), None, "not paused"),
    ((STARTED, PAUSED), make(InfusionPaused, T), None, "paused already"),
    ((STARTED, STOPPED), make(InfusionStopped, T), None, "stopped already"),
    ((STARTED, STOPPED), rate(5), None, "has been stopped"),
    ((STARTED, STOPPED), make(InfusionPaused, T), None, "has been stopped"),
    # back-dated before what it needs, or so that a later entry no longer fits
    ((start(),), make(InfusionPaused, T + 10, back_s=60), None, "has not been started"),
    ((STARTED, make(InfusionPaused, T)), make(InfusionPaused, T + 60, back_s=300), None, "entry 3 (infusion paused)"),
    ((STARTED, rate(5)), make(InfusionStopped, T + 60, back_s=300), None, "entry 3 (infusion rate changed)"),
    # numbers
    ((STARTED,), rate(-1), "rate_mg_h", "0 or more"),
    ((STARTED,), rate(1000.1), "rate_mg_h", "at most 1000"),
    ((STARTED,), rate(NAN), "rate_mg_h", "number"),
    ((STARTED,), rate(INF), "rate_mg_h", "number"),
    ((STARTED,), rate("5"), "rate_mg_h", "number"),
    ((STARTED,), rate(True), "rate_mg_h", "number"),
    ((STARTED,), rate(None), "rate_mg_h", "number"),
    ((STARTED,), rate(5, 0), "concentration_mg_ml", "more than 0"),
    ((STARTED,), rate(5, -2), "concentration_mg_ml", "more than 0"),
    ((STARTED,), rate(5, 101), "concentration_mg_ml", "at most 100"),
    ((STARTED,), rate(5, source="guessed"), "source", "entered, pump"),
    ((), start(0), "rate_mg_h", "more than 0"),
    ((STARTED, PAUSED), make(InfusionResumed, T, rate_mg_h=-3), "rate_mg_h", "0 or more"),
    ((), make(BolusGiven, T, dose_mg=0), "dose_mg", "more than 0"),
    ((), make(BolusGiven, T, dose_mg=501), "dose_mg", "at most 500"),
    ((), make(BagChanged, T, concentration_mg_ml=0), "concentration_mg_ml", "more than 0"),
    ((), make(BagChanged, T, concentration_mg_ml=1, volume_ml=0), "volume_ml", "more than 0"),
    ((), make(OxygenChanged, T, flow_l_min=-1), "flow_l_min", "0 or more"),
    ((), make(DrugGiven, T, drug="midazolam", dose=0, unit="mg"), "dose", "more than 0"),
    ((), make(DrugGiven, T, drug="midazolam", dose=NAN, unit="mg"), "dose", "number"),
    # scales and vitals
    ((), look(scale="moass"), "scale", "moaas"),
    ((), look(scale="gcs", level="15"), "scale", "expected one of"),
    ((), look(level="6"), "level", "MOAA/S has 5, 4, 3, 2, 1, 0"),
    ((), look(level=4), "level", "text"),
    ((), look(scale="rass", level="1"), "level", "+1"),
    ((), look(dissociation=5), "dissociation", "at most 4"),
    ((), look(dissociation=1.5), "dissociation", "whole number"),
    ((), make(ManualVitals, T, values={}), "values", "nothing"),
    ((), make(ManualVitals, T, values={"spo3": 98}), "values", "no such vital sign"),
    ((), make(ManualVitals, T, values={"sbp": 120}), "values", "no such vital sign"),
    ((), make(ManualVitals, T, values={"pump_state": 1}), "values", "no such vital sign"),
    ((), make(ManualVitals, T, values={"spo2": 101}), "values", "between 0 and 100"),
    ((), make(ManualVitals, T, values={"spo2": NAN}), "values", "number"),
    ((), make(ManualVitals, T, values={"nibp_sys": 80, "nibp_dia": 80}), "values", "above"),
    ((), make(BaselineTaken, T, values={"sbp": 500}), "values", "between"),
    ((), make(DischargeScored, T, scale="aldrete", score=11), "score", "0 to 10"),
    ((), make(DischargeScored, T, scale="padss", score=9, items={"pain": 2}), "score", "add up to 2"),
    # texts
    ((), make(Note, T, text=" \n "), "text", "nothing was entered"),
    ((), make(Note, T, text="x" * 2001), "text", "at most 2,000"),
    ((), make(Note, T, text="a\x00b"), "text", "cannot be recorded"),
    ((), make(Note, T, text="a\ud800b"), "text", "cannot be recorded"),
    ((), make(Note, T, text="x", by=" "), "by", "nothing was entered"),
    ((), make(SideEffect, T, effect=""), "effect", "nothing was entered"),
    ((), make(SideEffect, T, effect="nausea", note="x" * 2001), "note", "at most 2,000"),
    ((), make(Handover, T, to=""), "to", "nothing was entered"),
    ((), make(ChecklistAnswered, T, item="asthma", answer=""), "answer", "nothing was entered"),
    ((), make(LimitChanged, T, rule="R", old={}, new={"value": 1}, reason=""), "reason", "nothing was entered"),
    ((), make(LimitChanged, T, rule="R", old={}, new={}, reason="x"), "new", "nothing is changed"),
    ((), make(LimitChanged, T, rule="R", old={}, new={"limit": 1}, reason="x"), "new", "no such setting"),
    ((), make(LimitChanged, T, rule="R", old={}, new={"delay_s": 601}, reason="x"), "new", "between 0 and 600"),
    ((), make(PhaseChanged, T, phase="lunch"), "phase", "setup"),
    # time
    ((), make(Note, T, text="x", back_s=601), "back_s", "at most 600"),
    ((), make(Note, T, text="x", back_s=-1), "back_s", "0 or more"),
    ((), make(Note, T, text="x", back_s=NAN), "back_s", "number"),
    ((), make(Note, 100, text="x", back_s=101), "back_s", "before the session was opened"),
    ((), make(Note, T, text="x", at=START.replace(tzinfo=None)), "at", "zone"),
    # open and closed
    ((), OPENED, None, "open already"),
    ((make(SessionClosed, 10),), make(Note, T, text="x"), None, "closed"),
    ((make(SessionClosed, 10),), fix(1, weight_kg=70), None, "closed"),
    ((make(SessionClosed, 10), make(SessionSigned, 11)), make(SessionSigned, T), None, "signed already"),
    ((), make(SessionSigned, T), None, "not closed"),
    ((STARTED,), make(SessionClosed, T), None, "running"),
    ((STARTED, PAUSED), make(SessionClosed, T), None, "paused"),
    ((), make(EmergencyEnded, T, summary="x"), None, "no emergency"),
    ((make(EmergencyDeclared, 1),), make(EmergencyDeclared, T), None, "on already"),
    # corrections
    ((), fix(2), "of", "no entry 2"),
    ((), fix(0), "of", "no entry 0"),
    ((), fix("2"), "of", "whole number"),
    ((make(AlarmRaised, 5, rule="R", occurrence=1, priority="low", kind="technical"),), fix(2), "of", "alarm raised"),
    ((make(DeviceLost, 5, device="m"),), fix(2), "of", "device lost"),
    ((STARTED, make(Correction, 800, of=2, reason="x")), fix(3), "of", "correction"),
    ((STARTED,), make(Correction, T, of=2, reason=""), "reason", "nothing was entered"),
    ((STARTED,), fix(2, rate_mg_h=-5), "replacement", "rate_mg_h"),
    ((STARTED,), fix(2, rate_mg_h=NAN), "replacement", "number"),
    ((STARTED,), fix(2, rate="5"), "replacement", "unknown field rate"),
    ((STARTED,), fix(2, type="no_such"), "replacement", "unknown event type"),
    ((STARTED,), fix(2, type="note"), "replacement", "text"),
    ((STARTED,), fix(2, type="session_closed"), "replacement", "cannot stand in place"),
    ((STARTED,), fix(2, type="session_opened", **PLAN), "replacement", "cannot stand in place"),
    ((STARTED,), fix(2, t_s=T + 1), "replacement", "future"),
    ((STARTED,), fix(2, t_s=-5.0), "replacement", "t_s"),
    ((STARTED,), fix(1), "replacement", "not struck"),
    ((STARTED,), fix(1, simulation=True), "replacement", "simulation mark"),
    ((STARTED,), fix(1, bed="bed-2"), "replacement", "simulation mark"),
    ((STARTED,), fix(1, weight_kg=0), "replacement", "weight_kg"),
    ((STARTED, PAUSED), fix(2), "replacement", "entry 3 (infusion paused)"),
    ((STARTED, PAUSED), fix(2, t_s=850.0), "replacement", "entry 3 (infusion paused)"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "event", "field", "words"), BAD)
def test_bad_entries_are_refused_by_field(
    before: tuple[Event, ...], event: Event, field: str | None, words: str
) -> None:
    with pytest.raises(EventError) as error:
        check(folded(*before), event)
    assert words in str(error.value)
    assert error.value.field == field
    assert "\n" not in str(error.value)


def test_what_already_does_not_fit_holds_nothing_up() -> None:
    """A pause that came in with no infusion running stays in the record; the infusion goes on."""
    session = folded(make(InfusionPaused, 10), STARTED)
    assert session.infusion.ignored == (2,)
    check(session, rate(5))
    check(session, fix(3, rate_mg_h=5))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weight_kg": 0}, "weight_kg"),
        ({"weight_kg": -62}, "weight_kg"),
        ({"weight_kg": NAN}, "weight_kg"),
        ({"weight_kg": 401}, "weight_kg"),
        ({"concentration_mg_ml": 0}, "concentration_mg_ml"),
        ({"concentration_mg_ml": -1}, "concentration_mg_ml"),
        ({"planned_mg": 0}, "planned_mg"),
        ({"planned_min": 0}, "planned_min"),
        ({"patient": ""}, "patient"),
        ({"scale": "x"}, "scale"),
        ({"intended_depth": "deep"}, "intended_depth"),
        ({"age_y": -1}, "age_y"),
        ({"simulation": "no"}, "simulation"),
    ],
)
def test_a_session_cannot_open_with(change: dict[str, Any], field: str) -> None:
    with pytest.raises(EventError) as error:
        check(Session(), make(SessionOpened, 0, **{**PLAN, **change}))
    assert error.value.field == field


def test_nothing_comes_before_the_opening() -> None:
    check(Session(), OPENED)
    with pytest.raises(EventError, match="no session is open"):
        check(Session(), make(Note, T, text="x"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2000, 2000) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_whatever_comes_over_the_wire_is_recorded_or_refused(data: st.DataObject, name: str) -> None:
    """Any JSON in any field: an EventError, or an entry that the chain and the fold take."""
    import dataclasses

    base = {"type": name, "at": START + timedelta(seconds=T), "by": "R.N.", "t_s": T}
    wanted = [f.name for f in dataclasses.fields(TYPES[name]) if f.name not in base]
    session = folded(STARTED)
    try:
        event = from_dict({**base, **{field: data.draw(JSON) for field in wanted}})
        check(session, event)
    except EventError:
        return
    warnings(session, event)
    apply(session, link("s", 3, "0" * 64, event))


@pytest.mark.parametrize(
    ("before", "event", "expected"),
    [
        ((), start(31), []),  # 0.5 mg/kg/h
        ((), start(62), []),  # 1.0
        ((), start(62.1), ["above 1 mg/kg/h: enhanced monitoring"]),
        ((), start(124), ["above 1 mg/kg/h"]),  # 2.0
        ((), start(125), ["above 2 mg/kg/h: needs the prescriber"]),
        ((STARTED,), rate(62.1), ["above 1 mg/kg/h"]),
        ((STARTED,), rate(108), ["above 1 mg/kg/h", "108 mg/h against 10.8 mg/h: a factor of ten"]),
        ((STARTED,), rate(1.08), ["a factor of ten"]),
        ((), start(217), ["above 2 mg/kg/h", "217 mg/h against 21.7 mg/h: a factor of ten"]),
        ((), start(10.8, 20), ["concentration 2 → 20 mg/mL: check with a second person; a factor of ten"]),
        ((STARTED,), rate(10.8, 1), ["concentration 2 → 1 mg/mL: check with a second person"]),
        ((STARTED,), rate(10.8, 0.2), ["classic slip"]),
        ((), make(BagChanged, T, concentration_mg_ml=2), []),
        ((STARTED,), make(BagChanged, T, concentration_mg_ml=2), []),
        ((STARTED,), make(BagChanged, T, concentration_mg_ml=20), ["classic slip", "5.4 mL/h the dose becomes 108 mg/h", "above 1 mg/kg/h"]),
        ((), make(BolusGiven, T, dose_mg=21.7), []),  # 0.35 mg/kg
        ((), make(BolusGiven, T, dose_mg=22), ["bolus 0.35 mg/kg: above 0.35 mg/kg"]),
        ((make(BolusGiven, 1, dose_mg=80),), make(BolusGiven, T, dose_mg=10), ["90 mg given: 104 % of the planned 86.8 mg"]),
        ((STARTED, PAUSED), make(InfusionResumed, T, rate_mg_h=70), ["above 1 mg/kg/h"]),
        ((STARTED,), make(InfusionPaused, T, back_s=240), ["back-dated by 4 min"]),
        ((STARTED,), fix(2, rate_mg_h=108), ["above 1 mg/kg/h"]),
        ((), make(Note, T, text="x"), []),
    ],
)  # fmt: skip
def test_a_second_look(before: tuple[Event, ...], event: Event, expected: list[str]) -> None:
    session = folded(*before)
    check(session, event)
    texts = warnings(session, event)
    for words in expected:
        assert any(words in text for text in texts), texts
    assert bool(texts) is bool(expected), texts


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"concentration_mg_ml": 1}, None),
        ({"concentration_mg_ml": 10}, "10 mg/mL is not a usual infusion strength (1, 2, 5 mg/mL): a factor of ten?"),
        ({"concentration_mg_ml": 0.2}, "a factor of ten?"),
        ({"weight_kg": 6.2, "planned_mg": 8.7}, "weight 6.2 kg is unusual"),
        ({"planned_mg": 868}, "planned 3.5 mg/kg/h"),
    ],
)
def test_a_second_look_at_the_plan(change: dict[str, Any], words: str | None) -> None:
    texts = warnings(Session(), make(SessionOpened, 0, **{**PLAN, **change}))
    assert texts == [] if words is None else any(words in text for text in texts)


@pytest.mark.parametrize(
    ("rate_mg_h", "at_h", "expected"),
    [
        (21.7, 1, []),
        (70, 1, [("low", "1.13 mg/kg/h: above 1 mg/kg/h: enhanced monitoring setting")]),
        (130, 0.1, [("medium", "2.1 mg/kg/h: above 2 mg/kg/h: needs the prescriber's confirmation")]),
        (21.7, 4.001, [("low", "86.8 mg given: 100 % of the planned 86.8 mg")]),
        (21.7, 4.4, [("medium", "95.5 mg given: 110 % of the planned 86.8 mg")]),
    ],
)
def test_what_stands_while_it_runs(rate_mg_h: float, at_h: float, expected: list[tuple[str, str]]) -> None:
    session = folded(make(InfusionStarted, 0, rate_mg_h=rate_mg_h, concentration_mg_ml=2))
    assert notices(session, at_h * 3600) == expected
