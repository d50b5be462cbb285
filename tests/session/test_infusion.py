"""Doses against worked examples and against a plain second-by-second sum."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.session.chain import chain
from dashboard.session.events import (
    BagChanged,
    BolusGiven,
    Event,
    InfusionPaused,
    InfusionRateChanged,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    SessionOpened,
)
from dashboard.session.fold import Session, fold

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)
HOUR = 3600.0


def make(cls: type[Event], t_s: float, **values: Any) -> Event:
    return cls(at=START + timedelta(seconds=t_s), by="R.N.", t_s=t_s, **values)


def opened(**values: Any) -> Event:
    plan: dict[str, Any] = {
        "bed": "bed-1", "patient": "T.N.", "weight_kg": 62, "concentration_mg_ml": 2, "planned_mg": 86.8,
        "planned_min": 240, "profile": "B-high-respiratory-risk", "profile_version": "0.1.0",
    }  # fmt: skip
    return make(SessionOpened, 0, **{**plan, **values})


def folded(*events: Event) -> Session:
    return fold(chain("s", [opened(), *events]))


def started(t_s: float, rate_mg_h: float = 10.8, concentration_mg_ml: float = 2) -> Event:
    return make(InfusionStarted, t_s, rate_mg_h=rate_mg_h, concentration_mg_ml=concentration_mg_ml)


def rate(t_s: float, rate_mg_h: float, concentration_mg_ml: float = 2, **values: Any) -> Event:
    return make(InfusionRateChanged, t_s, rate_mg_h=rate_mg_h, concentration_mg_ml=concentration_mg_ml, **values)


def test_the_drawing() -> None:
    """The patient of the drawings: 62 kg, 10.8 mg/h from 13:14, 21.7 mg/h (0.35 mg/kg/h) from 13:41, seen at 14:26."""
    session = folded(started(180), rate(1800, 21.7))
    now_s = 4500.0
    by_hand = 10.8 * 27 / 60 + 21.7 * 45 / 60
    assert session.given_mg(now_s) == pytest.approx(by_hand, abs=1e-12)
    assert session.rate_mg_h == 21.7
    assert session.rate_ml_h == pytest.approx(10.85)
    assert session.rate_mg_kg_h == pytest.approx(0.35)
    assert session.given_ml(now_s) == pytest.approx(by_hand / 2)
    assert session.minutes_left(now_s) == pytest.approx((86.8 - by_hand) / 21.7 * 60)


@pytest.mark.parametrize(
    ("events", "at_s", "given_mg"),
    [
        ([], HOUR, 0.0),
        ([started(0, 30)], 0, 0.0),
        ([started(0, 30)], HOUR, 30.0),
        ([started(0, 30), make(InfusionPaused, HOUR)], 3 * HOUR, 30.0),
        ([started(0, 30), make(InfusionPaused, HOUR), make(InfusionResumed, 2 * HOUR)], 3 * HOUR, 60.0),
        ([started(0, 30), make(InfusionPaused, HOUR), make(InfusionResumed, 2 * HOUR, rate_mg_h=10)], 3 * HOUR, 40.0),
        ([started(0, 30), make(InfusionPaused, HOUR), make(BolusGiven, 1.5 * HOUR, dose_mg=7)], 2 * HOUR, 37.0),
        (
            [started(0, 30), make(InfusionPaused, HOUR), rate(1.5 * HOUR, 12), make(InfusionResumed, 2 * HOUR)],
            3 * HOUR,
            42.0,
        ),
        ([make(BolusGiven, 60, dose_mg=5), started(HOUR, 30)], 2 * HOUR, 35.0),
        ([make(BolusGiven, 60, dose_mg=5)], 59, 0.0),
        ([make(BolusGiven, 60, dose_mg=5)], 60, 5.0),
        ([started(0, 30), make(InfusionStopped, HOUR)], 4 * HOUR, 30.0),
        ([started(0, 30), make(InfusionStopped, HOUR), started(2 * HOUR, 20)], 3 * HOUR, 50.0),
        ([started(0, 30), rate(HOUR, 0), rate(2 * HOUR, 10)], 3 * HOUR, 40.0),
        ([started(0, 30), rate(HOUR, 60)], HOUR - 0.5, 30 - 30 * 0.5 / HOUR),  # what comes later is not yet there
        # entered at 2 h, happened at 1 h 50 min
        ([started(0, 30), rate(2 * HOUR, 60, back_s=600)], 2 * HOUR, 30 * 11 / 6 + 60 / 6),
        # a later entry, back-dated before an earlier one: the earlier one stands from its own time on
        ([started(0, 30), rate(HOUR, 60), rate(HOUR + 300, 6, back_s=600)], 2 * HOUR, 30 * 11 / 12 + 6 / 12 + 60),
        # a bag of another strength at an unchanged mL/h
        ([started(0, 30, 1), make(BagChanged, HOUR, concentration_mg_ml=2)], 2 * HOUR, 90.0),
        ([started(0, 30, 1), make(BagChanged, HOUR, concentration_mg_ml=1)], 2 * HOUR, 60.0),
        ([started(0, 30, 1), make(BagChanged, HOUR, concentration_mg_ml=2), rate(HOUR, 30)], 2 * HOUR, 60.0),
    ],
)
def test_given(events: list[Event], at_s: float, given_mg: float) -> None:
    assert folded(*events).given_mg(at_s) == pytest.approx(given_mg, abs=1e-9)


def test_four_days_are_exact() -> None:
    """22 mg/h for 4 days: 2112 mg (CRPS-4D), with a bag every 8 h."""
    bags = [make(BagChanged, h * HOUR, concentration_mg_ml=1) for h in range(8, 96, 8)]
    session = folded(started(0, 22, 1), *bags, make(InfusionStopped, 96 * HOUR))
    assert session.given_mg(200 * HOUR) == pytest.approx(2112, abs=1e-9)
    assert session.given_ml(200 * HOUR) == pytest.approx(2112, abs=1e-9)


def test_volume_follows_the_strength_of_the_bag() -> None:
    session = folded(started(0, 30, 1), rate(HOUR, 30, 2), make(BolusGiven, 1.5 * HOUR, dose_mg=6))
    assert session.given_ml(2 * HOUR) == pytest.approx(30 + 15 + 3)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "not_started"),
        ([started(0)], "running"),
        ([started(0), make(InfusionPaused, 1)], "paused"),
        ([started(0), make(InfusionPaused, 1), make(InfusionResumed, 2)], "running"),
        ([started(0), make(InfusionPaused, 1), make(InfusionStopped, 2)], "stopped"),
        ([started(0), make(InfusionPaused, 1), rate(2, 5)], "paused"),
    ],
)
def test_state(events: list[Event], state: str) -> None:
    session = folded(*events)
    assert session.infusion.state == state
    assert session.infusion.state_at(100) == state
    assert (session.rate_mg_h > 0) is (state == "running")


def test_a_restart_keeps_the_first_start() -> None:
    infusion = folded(started(60), make(InfusionStopped, 120), started(180)).infusion
    assert (infusion.started_s, infusion.stopped_s) == (60, None)


def test_nothing_is_left_to_run_when_nothing_runs() -> None:
    assert folded().minutes_left(0) is None
    assert folded(started(0, 30), make(InfusionPaused, 60)).minutes_left(120) is None
    assert folded(started(0, 500)).minutes_left(HOUR) == 0.0  # over the plan


def test_what_cannot_be_is_ignored_by_number() -> None:
    session = folded(make(InfusionPaused, 10), started(20, 30), started(30, 99), make(InfusionResumed, 40))
    assert session.infusion.ignored == (2, 4, 5)
    assert session.infusion.rate_mg_h == 30


OPS = st.one_of(
    st.builds(lambda r, c: (InfusionStarted, {"rate_mg_h": r, "concentration_mg_ml": c}), st.integers(1, 80), st.sampled_from([1, 2, 5])),
    st.builds(lambda r, c: (InfusionRateChanged, {"rate_mg_h": r, "concentration_mg_ml": c}), st.integers(0, 80), st.sampled_from([1, 2, 5])),
    st.builds(lambda d: (BolusGiven, {"dose_mg": d}), st.integers(1, 30)),
    st.builds(lambda c: (BagChanged, {"concentration_mg_ml": c}), st.sampled_from([1, 2, 5, 10])),
    st.just((InfusionPaused, {})),
    st.builds(lambda r: (InfusionResumed, {"rate_mg_h": r}), st.none() | st.integers(0, 80)),
    st.just((InfusionStopped, {})),
)  # fmt: skip


def plainly(entries: list[tuple[int, type[Event], dict[str, Any]]], until_s: int) -> tuple[float, float]:
    """mg and mL by adding up every second; knows nothing of segments."""
    todo = sorted(enumerate(entries), key=lambda e: (e[1][0], e[0]))
    state, ml_h, mg_ml, mg, ml = "new", 0.0, 2.0, 0.0, 0.0
    for second in range(until_s + 1):
        while todo and todo[0][1][0] == second:
            _, (_, cls, values) = todo.pop(0)
            if cls is InfusionStarted and state in ("new", "ended"):
                state, mg_ml = "on", float(values["concentration_mg_ml"])
                ml_h = values["rate_mg_h"] / mg_ml
            elif cls is InfusionRateChanged and state in ("on", "held"):
                mg_ml = float(values["concentration_mg_ml"])
                ml_h = values["rate_mg_h"] / mg_ml
            elif cls is InfusionPaused and state == "on":
                state = "held"
            elif cls is InfusionResumed and state == "held":
                state = "on"
                if values["rate_mg_h"] is not None:
                    ml_h = values["rate_mg_h"] / mg_ml
            elif cls is InfusionStopped and state in ("on", "held"):
                state = "ended"
            elif cls is BagChanged:
                mg_ml = float(values["concentration_mg_ml"])
            elif cls is BolusGiven:
                mg += values["dose_mg"]
                ml += values["dose_mg"] / mg_ml
        if state == "on" and second < until_s:
            ml += ml_h / 3600
            mg += ml_h * mg_ml / 3600
    return mg, ml


@given(
    st.lists(st.tuples(st.integers(0, 40), OPS, st.sampled_from([0, 0, 0, 5, 30, 60])), max_size=14),
    st.integers(0, 500),
)
def test_any_order_of_entries_against_a_plain_sum(
    script: list[tuple[int, tuple[type[Event], dict[str, Any]], int]], after_s: int
) -> None:
    t_s, events, plain = 60, [], []
    for wait_s, (cls, values), back_s in script:
        t_s += wait_s
        events.append(make(cls, t_s, back_s=back_s, **values))
        plain.append((t_s - back_s, cls, values))
    session = folded(*events)
    for until_s in (t_s, t_s + after_s):
        mg, ml = plainly(plain, until_s)
        assert session.given_mg(until_s) == pytest.approx(mg, abs=1e-6)
        assert session.given_ml(until_s) == pytest.approx(ml, abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 40), OPS), max_size=10), st.integers(0, 400), st.integers(0, 400))
def test_a_dose_never_shrinks(
    script: list[tuple[int, tuple[type[Event], dict[str, Any]]]], one: int, other: int
) -> None:
    t_s, events = 0, []
    for wait_s, (cls, values) in script:
        t_s += wait_s
        events.append(make(cls, t_s, **values))
    session = folded(*events)
    assert session.given_mg(min(one, other)) <= session.given_mg(max(one, other))
