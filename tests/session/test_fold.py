"""Corrections, back-dating, and what the state keeps."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.session.chain import chain
from dashboard.session.events import (
    AlarmRaised,
    BaselineTaken,
    BolusGiven,
    ConsciousnessAssessed,
    Correction,
    DrugGiven,
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    InfusionPaused,
    InfusionRateChanged,
    InfusionStarted,
    LimitChanged,
    Note,
    OxygenChanged,
    PhaseChanged,
    SessionClosed,
    SessionOpened,
    SoundConfirmed,
    to_dict,
    type_name,
)
from dashboard.session.fold import Session, apply, fold

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)


def make(cls: type[Event], t_s: float, **values: Any) -> Event:
    return cls(**{"at": START + timedelta(seconds=t_s), "by": "R.N.", "t_s": t_s, **values})


OPENED = make(
    SessionOpened, 0, bed="bed-1", patient="T.N.", weight_kg=62, concentration_mg_ml=2, planned_mg=86.8, planned_min=240,
    profile="B-high-respiratory-risk", profile_version="0.1.0",
)  # fmt: skip


def folded(*events: Event) -> Session:
    return fold(chain("s", [OPENED, *events]))


def without_record(session: Session) -> dict[str, Any]:
    """The state but for what tells that there was a correction."""
    return {f.name: getattr(session, f.name) for f in fields(Session) if f.name not in ("record", "struck")}


def fix(t_s: float, of: int, /, **new: Any) -> Event:
    return make(Correction, t_s, of=of, reason="typing error", replacement=new or None)


def test_what_the_state_keeps() -> None:
    session = folded(
        make(BaselineTaken, 10, values={"sbp": 120.0, "rate": 75.0}),
        make(SoundConfirmed, 20, screen="bed-1"),
        make(InfusionStarted, 180, rate_mg_h=10.8, concentration_mg_ml=2),
        make(PhaseChanged, 180, phase="titration"),
        make(ConsciousnessAssessed, 300, scale="moaas", level="5"),
        make(ConsciousnessAssessed, 600, scale="moaas", level="4", dissociation=1),
        make(OxygenChanged, 700, flow_l_min=2, device="nasal"),
        make(DrugGiven, 800, drug="ondansetron", dose=4, unit="mg", route="IV"),
        make(LimitChanged, 850, rule="SPO2_LOW_2", old={"value": 89}, new={"value": 88}, reason="COPD"),
        make(AlarmRaised, 900, by="system", rule="SPO2_LOW_3", occurrence=1, priority="high", kind="physiological"),
        make(EmergencyDeclared, 950),
    )
    assert session.id == "s"
    assert session.seq == 12
    assert session.is_open
    assert session.phase == "titration"
    assert session.baseline is not None
    assert session.baseline.event.values["sbp"] == 120.0
    assert session.last_assessment is not None
    assert (session.last_assessment.event.level, session.last_assessment.t_s) == ("4", 600)
    assert session.oxygen is not None
    assert session.oxygen.flow_l_min == 2
    assert [entry.event.drug for entry in session.drugs] == ["ondansetron"]
    assert [entry.event.rule for entry in session.limits_changed] == ["SPO2_LOW_2"]
    assert [entry.event.rule for entry in session.alarms] == ["SPO2_LOW_3"]
    assert session.emergency_since == START + timedelta(seconds=950)
    assert len(session.sounds) == 1


def test_an_emergency_ends_and_a_session_closes() -> None:
    session = folded(make(EmergencyDeclared, 5), make(EmergencyEnded, 9, summary="fine"), make(SessionClosed, 10))
    assert session.emergency_since is None
    assert not session.is_open


def test_an_empty_record_is_an_empty_session() -> None:
    assert fold([]) == Session()
    assert Session().given_mg(100) == 0
    assert Session().minutes_left(100) is None


def test_a_back_dated_look_does_not_hide_a_later_one() -> None:
    session = folded(
        make(ConsciousnessAssessed, 600, scale="moaas", level="4"),
        make(ConsciousnessAssessed, 700, scale="moaas", level="5", back_s=300),
    )
    assert [entry.event.level for entry in session.assessments] == ["5", "4"]
    assert session.assessments[0].at == START + timedelta(seconds=400)
    assert session.last_assessment is not None
    assert session.last_assessment.event.level == "4"


def test_a_corrected_rate_counts_from_the_first_and_both_stay() -> None:
    session = folded(
        make(InfusionStarted, 0, rate_mg_h=10, concentration_mg_ml=2),
        make(InfusionRateChanged, 1800, rate_mg_h=217, concentration_mg_ml=2),
        fix(1900, 3, rate_mg_h=21.7),
    )
    assert session.given_mg(3600) == pytest.approx(5 + 21.7 / 2)
    assert session.struck == {3: 4}
    stood = session.entry(3)
    assert stood is not None
    assert isinstance(stood.event, InfusionRateChanged)
    assert stood.event.rate_mg_h == 217


def test_an_entry_made_in_error_counts_for_nothing() -> None:
    session = folded(make(BolusGiven, 10, dose_mg=20), fix(20, 2))
    assert session.given_mg(100) == 0
    assert session.struck == {2: 3}


def test_the_last_correction_of_an_entry_stands() -> None:
    session = folded(make(BolusGiven, 10, dose_mg=20), fix(20, 2), fix(30, 2, dose_mg=2), fix(40, 2, dose_mg=3))
    assert session.given_mg(100) == 3
    assert session.struck == {2: 5}


def test_a_corrected_time_moves_the_entry() -> None:
    session = folded(make(ConsciousnessAssessed, 600, scale="moaas", level="4"), fix(700, 2, t_s=300.0))
    assert session.last_assessment is not None
    assert session.last_assessment.t_s == 300
    assert session.last_assessment.at == START + timedelta(seconds=300)


def test_a_corrected_weight_changes_the_rate_per_kg() -> None:
    session = folded(
        make(InfusionStarted, 0, rate_mg_h=21.7, concentration_mg_ml=2), fix(5, 1, type="session_opened", weight_kg=70)
    )
    assert session.rate_mg_kg_h == pytest.approx(0.31)


def test_an_entry_may_become_one_of_another_kind() -> None:
    session = folded(make(Note, 10, text="2 L oxygen"), fix(20, 2, type="oxygen_changed", flow_l_min=2, device="nasal"))
    assert session.notes == ()
    assert session.oxygen is not None
    assert session.oxygen.flow_l_min == 2


def test_a_correction_that_cannot_be_read_leaves_the_entry() -> None:
    session = folded(make(BolusGiven, 10, dose_mg=20), fix(20, 2, dosis=3), fix(30, 99), fix(40, 4, reason="x"))
    assert session.given_mg(100) == 20
    assert session.struck == {}


NUMBER = st.floats(0.5, 90).map(lambda x: round(x, 2))
KINDS: list[tuple[type[Event], dict[str, Any]]] = [
    (InfusionStarted, {"rate_mg_h": NUMBER, "concentration_mg_ml": st.sampled_from([1, 2])}),
    (InfusionRateChanged, {"rate_mg_h": NUMBER, "concentration_mg_ml": st.sampled_from([1, 2])}),
    (InfusionPaused, {}),
    (BolusGiven, {"dose_mg": NUMBER}),
    (ConsciousnessAssessed, {"scale": st.just("moaas"), "level": st.sampled_from("543210")}),
    (OxygenChanged, {"flow_l_min": NUMBER}),
    (DrugGiven, {"drug": st.just("midazolam"), "dose": NUMBER, "unit": st.just("mg")}),
    (Note, {"text": st.text(min_size=1, max_size=5)}),
]
ENTRY = st.one_of(
    *(
        st.builds(
            lambda t_s, back_s, values, cls=cls: (cls, t_s, {**values, "back_s": back_s}),
            st.integers(600, 7200).map(float),
            st.sampled_from([0.0, 0.0, 30.0, 600.0]),
            st.fixed_dictionaries(wanted),
        )
        for cls, wanted in KINDS
    )
)
SCRIPT = st.lists(ENTRY, min_size=1, max_size=12)


def events_of(script: list[tuple[type[Event], float, dict[str, Any]]]) -> list[Event]:
    return [make(cls, t_s, **values) for cls, t_s, values in sorted(script, key=lambda entry: entry[1])]


@given(SCRIPT, ENTRY, st.integers(0, 99))
def test_a_correction_makes_the_state_as_if_it_had_been_entered_right(
    script: list[tuple[type[Event], float, dict[str, Any]]],
    right: tuple[type[Event], float, dict[str, Any]],
    which: int,
) -> None:
    events = events_of(script)
    index = which % len(events)
    cls, _, values = right
    entered_right = make(cls, events[index].t_s, **values)
    data = to_dict(entered_right)
    replacement = {name: data[name] for name in ("type", *values)}
    correction = make(Correction, 9000, of=index + 2, reason="typing error", replacement=replacement)
    twin = [*events[:index], entered_right, *events[index + 1 :]]
    assert without_record(folded(*events, correction)) == without_record(folded(*twin))


@given(SCRIPT, st.integers(0, 99))
def test_a_struck_entry_leaves_no_trace_in_the_state(
    script: list[tuple[type[Event], float, dict[str, Any]]], which: int
) -> None:
    events = events_of(script)
    index = which % len(events)
    session = folded(*events, make(Correction, 9000, of=index + 2, reason="wrong patient"))
    twin = folded(*events[:index], *events[index + 1 :])
    for at_s in (0, 1800, 5000, 9000):
        assert session.given_mg(at_s) == pytest.approx(twin.given_mg(at_s))
        assert session.infusion.state_at(at_s) == twin.infusion.state_at(at_s)
    for name in ("assessments", "oxygen_log", "drugs", "notes"):
        assert [(e.t_s, e.event) for e in getattr(session, name)] == [(e.t_s, e.event) for e in getattr(twin, name)]
    assert len(session.record) == len(events) + 2


@given(SCRIPT, st.integers(0, 99))
def test_folding_may_stop_and_go_on_anywhere(script: list[tuple[type[Event], float, dict[str, Any]]], cut: int) -> None:
    events = events_of(script)
    fixes = [
        make(Correction, 9000, of=2, reason="x"),
        make(Correction, 9001, of=1, reason="y", replacement={"weight_kg": 70}),
    ]
    record = chain("s", [OPENED, *events[:2], *fixes, *events[2:], make(Correction, 9002, of=2, reason="z")])
    at = cut % len(record)
    session = fold(record[:at])
    for stored in record[at:]:
        session = apply(session, stored)
    assert session == fold(record) == reduce(apply, record, Session())


def test_events_survive_being_written_down() -> None:
    from dashboard.session.events import from_dict

    for event in events_of([(cls, 700.0, {}) for cls, wanted in KINDS if not wanted]):
        assert from_dict(to_dict(event)) == event
    assert type_name(OPENED) == "session_opened"
    assert from_dict(to_dict(replace(OPENED, by="Zoë Müller"))) == replace(OPENED, by="Zoë Müller")
