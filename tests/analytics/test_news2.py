"""NEWS2 against the table of the Royal College of Physicians (2017), edge by edge, and what a session's minutes are made of."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models.alarms import Interval
from config.models.scales import shipped_scales
from dashboard.analytics import news2
from dashboard.analytics.news2 import Observed, score
from dashboard.figures.record import SessionRecord
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.fold import fold
from dashboard.session.gates import NEWS2_SCALE

#: Parameter, value, points: both sides of every edge of the official table.
TABLE = [
    *[("rr", value, points) for value, points in [(0, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)]],
    *[("spo2", value, points) for value, points in [(50, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)]],
    *[("sbp", value, points) for value, points in [(60, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (260, 3)]],
    *[("pulse", value, points) for value, points in [(20, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3), (220, 3)]],
    *[("temp", value, points) for value, points in [(33.0, 3), (35.0, 3), (35.1, 1), (36.0, 1), (36.1, 0), (38.0, 0), (38.1, 1), (39.0, 1), (39.1, 2), (41.0, 2)]],
    *[("consciousness", value, points) for value, points in [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)]],
    ("oxygen", False, 0), ("oxygen", True, 2),
]  # fmt: skip
#: SpO2 on scale 2 -> points on air and on oxygen.
SCALE_2 = [
    (70, 3, 3), (83, 3, 3), (84, 2, 2), (85, 2, 2), (86, 1, 1), (87, 1, 1), (88, 0, 0), (92, 0, 0), (93, 0, 1), (94, 0, 1), (95, 0, 2),
    (96, 0, 2), (97, 0, 3), (100, 0, 3),
]  # fmt: skip
WELL = Observed(rr=16, spo2=97, oxygen=False, sbp=125, pulse=72, consciousness="A", temp=36.8)


@pytest.mark.parametrize(("name", "value", "points"), TABLE)
def test_the_table(name: str, value: float | str | bool, points: int) -> None:
    made = score(Observed(**{name: value}))  # type: ignore[arg-type]
    assert made.points == {name: points}
    assert set(made.missing) == set(news2.PARAMETERS) - {name}


@pytest.mark.parametrize(("spo2", "air", "oxygen"), SCALE_2)
def test_scale_2_for_hypercapnic_failure(spo2: float, air: int, oxygen: int) -> None:
    assert score(Observed(spo2=spo2, oxygen=False), 2).points["spo2"] == air
    assert score(Observed(spo2=spo2, oxygen=True), 2).points["spo2"] == oxygen


def test_on_scale_2_a_high_saturation_needs_to_know_about_oxygen() -> None:
    assert score(Observed(spo2=92), 2).points == {"spo2": 0}
    assert "spo2" in score(Observed(spo2=93), 2).missing


@pytest.mark.parametrize(
    ("seen", "total", "without", "response"),
    [
        (WELL, 0, 0, "low"),
        (Observed(rr=8, spo2=97, oxygen=False, sbp=125, pulse=72, consciousness="A", temp=36.8), 3, 3, "low-medium"),
        (Observed(rr=21, spo2=95, oxygen=True, sbp=125, pulse=72, consciousness="A", temp=36.8), 5, 5, "medium"),
        (Observed(rr=16, spo2=97, oxygen=True, sbp=125, pulse=95, consciousness="C", temp=36.8), 6, 3, "medium"),
        (Observed(rr=8, spo2=91, oxygen=True, sbp=125, pulse=72, consciousness="V", temp=36.8), 11, 8, "high"),
        (Observed(rr=25, spo2=91, oxygen=True, sbp=90, pulse=131, consciousness="U", temp=35.0), 20, 17, "high"),
        (Observed(rr=12, spo2=94, oxygen=False, sbp=105, pulse=45, consciousness="A", temp=38.5), 4, 4, "low"),
    ],
)
def test_totals_and_the_colleges_response(seen: Observed, total: int, without: int, response: str) -> None:
    made = score(seen)
    assert (made.total, made.without_consciousness, made.response, made.partial) == (total, without, response, False)


def test_fractions_are_rounded_as_the_chart_has_them() -> None:
    assert score(Observed(rr=8.4)).points["rr"] == 3
    assert score(Observed(rr=8.5)).points["rr"] == 1
    assert score(Observed(temp=35.04)).points["temp"] == 3
    assert score(Observed(temp=35.05)).points["temp"] == 1


@given(
    st.builds(
        Observed,
        rr=st.none() | st.floats(0, 80), spo2=st.none() | st.floats(0, 100), oxygen=st.none() | st.booleans(),
        sbp=st.none() | st.floats(20, 300), pulse=st.none() | st.floats(0, 250),
        consciousness=st.none() | st.sampled_from("ACVPU"), temp=st.none() | st.floats(25, 45),
    ),
    st.sampled_from([1, 2]),
)  # fmt: skip
def test_every_patient_has_a_score_of_0_to_20(seen: Observed, scale: int) -> None:
    made = score(seen, scale)  # type: ignore[arg-type]
    assert 0 <= made.without_consciousness <= made.total <= 20
    assert set(made.points) | set(made.missing) == set(news2.PARAMETERS)
    assert not set(made.points) & set(made.missing)


# -- a session's minutes --------------------------------------------------------------------------------------------

OPENED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
INTERVALS = {
    name: Interval(fast_s=300, first_for_s=1800, after_for_s=900, steady_s=600, recovery_s=900)
    for name in ("nibp", "loc")
}
NAN = float("nan")


def happened(*events: tuple[type[ev.Event], float, dict[str, object]]) -> list[ev.Event]:
    opened: dict[str, object] = {
        "bed": "bed-1", "patient": "T. B.", "weight_kg": 70.0, "concentration_mg_ml": 2.0, "planned_mg": 80.0, "planned_min": 120.0,
        "profile": "A-standard-adult", "profile_version": "0.1.0",
    }  # fmt: skip
    rows = [(ev.SessionOpened, 0.0, opened), *events]
    return [cls(at=OPENED + timedelta(seconds=t), by="R. Nurse", t_s=t, **data) for cls, t, data in rows]  # type: ignore[arg-type]


def recorded(minutes: int, events: list[ev.Event], **columns: list[tuple[float, float, float]]) -> SessionRecord:
    """`columns`: signal -> (from_s, to_s, value) stretches, one sample a second; NaN elsewhere."""
    t_s = np.arange(0.0, minutes * 60 + 1)
    made = {}
    for name, stretches in columns.items():
        made[name] = np.full(t_s.size, NAN)
        for from_s, to_s, value in stretches:
            made[name][(t_s >= from_s) & (t_s <= to_s)] = value
    return SessionRecord(session=fold(chain("0193-news", events)), bed_title="Room 1", t_s=t_s, columns=made)


def minutes(record: SessionRecord) -> dict[int, news2.Minute]:
    return {round(one.t_s / 60): one for one in news2.course(record, INTERVALS, shipped_scales()).minutes}


def test_the_minutes_of_a_session() -> None:
    events = happened(
        (ev.OxygenChanged, 10, {"flow_l_min": 0.0}),
        (ev.ConsciousnessAssessed, 30, {"scale": "moaas", "level": "5"}),
        (ev.ManualVitals, 40, {"values": {"temp": 36.6}}),
        (ev.ConsciousnessAssessed, 200, {"scale": "moaas", "level": "3"}),
        (ev.OxygenChanged, 290, {"flow_l_min": 2.0}),
    )
    whole = (0.0, 600.0)
    made = minutes(
        recorded(10, events, hr=[(*whole, 80)], spo2=[(*whole, 97)], rr_co2=[(*whole, 14)], nibp_sys=[(50, 50, 120)])
    )
    assert list(made) == list(range(11))
    assert (made[1].score.total, made[1].score.partial) == (0, False)
    assert (made[4].score.total, made[4].score.without_consciousness) == (3, 0)
    assert (made[5].score.total, made[5].score.without_consciousness) == (5, 2)


def test_without_a_thermometer_every_minute_is_partial_and_says_so() -> None:
    course = news2.course(recorded(3, happened(), hr=[(0, 180, 80)]), INTERVALS, shipped_scales())
    assert course.never == ("rr", "spo2", "oxygen", "sbp", "consciousness", "temp")
    assert all(one.score.partial for one in course.minutes)
    assert course.worst is not None and course.worst.score.total == 0


def test_a_cuff_reading_stands_for_its_interval_and_a_minute_more() -> None:
    """Before the start the steady interval holds: 10 min, and one."""
    made = minutes(recorded(15, happened(), nibp_sys=[(60, 60, 88)]))
    assert [n for n, one in made.items() if one.seen.sbp is not None] == list(range(1, 13))
    assert made[12].score.points["sbp"] == 3 and "sbp" in made[13].score.missing


def test_close_to_the_start_a_cuff_reading_grows_old_sooner() -> None:
    running = happened((ev.InfusionStarted, 30, {"rate_mg_h": 20.0, "concentration_mg_ml": 2.0}))
    made = minutes(recorded(15, running, nibp_sys=[(60, 60, 88)]))
    assert [n for n, one in made.items() if one.seen.sbp is not None] == list(range(1, 8))


@pytest.mark.parametrize(
    ("at_s", "stands_s"),
    [(0, 600), (100, 300), (1899, 300), (1900, 600), (2500, 300), (3399, 300), (3401, 600), (4000, 900)],
)
def test_the_interval_in_force(at_s: float, stands_s: float) -> None:
    rate = {"rate_mg_h": 20.0, "concentration_mg_ml": 2.0}
    session = fold(chain("s", happened(
        (ev.InfusionStarted, 100, rate), (ev.InfusionRateChanged, 2500, rate | {"rate_mg_h": 30.0}), (ev.InfusionStopped, 4000, {}),
    )))  # fmt: skip
    assert news2.interval_s(session, INTERVALS["nibp"], at_s) == stands_s
    assert news2.interval_s(session, None, at_s) == news2.TYPED_S


def test_one_artefact_is_no_observation_and_a_gap_is_none() -> None:
    made = minutes(recorded(3, happened(), spo2=[(0, 80, 97), (70, 72, 60), (170, 180, 97)]))
    assert made[2].seen.spo2 == 97
    assert made[1].seen.spo2 == 97
    made = minutes(recorded(4, happened(), spo2=[(0, 60, 97)]))
    assert made[1].seen.spo2 == 97 and made[2].seen.spo2 is None


def test_a_typed_value_fills_in_until_something_is_measured() -> None:
    events = happened((ev.ManualVitals, 60, {"values": {"hr": 112.0, "rr_co2": 22.0}}))
    made = minutes(recorded(20, events, hr=[(150, 180, 80)]))
    assert [made[n].seen.pulse for n in (1, 2, 3, 4)] == [112, 112, 80, None], "what was measured since is newer"
    assert [made[n].seen.rr for n in (1, 16, 17)] == [22, 22, None]


def test_agitation_has_no_letter_and_replaces_the_level_before() -> None:
    events = happened(
        (ev.ConsciousnessAssessed, 10, {"scale": "rass", "level": "0"}), (ev.ConsciousnessAssessed, 100, {"scale": "rass", "level": "+3"}),
    )  # fmt: skip
    made = minutes(recorded(3, events, hr=[(0, 180, 80)]))
    assert made[1].seen.consciousness == "A"
    assert made[2].seen.consciousness is None and "consciousness" in made[2].score.missing


def test_scale_2_only_when_it_was_set() -> None:
    def scale(**answer: str) -> int:
        return news2.spo2_scale(
            fold(
                chain(
                    "s",
                    happened(*([(ev.ChecklistAnswered, 5, {"item": NEWS2_SCALE, **answer})] if answer else [])),
                )
            )
        )

    assert (scale(), scale(answer="1"), scale(answer="2")) == (1, 1, 2)
    events = happened(
        (ev.ChecklistAnswered, 5, {"item": NEWS2_SCALE, "answer": "2"}), (ev.OxygenChanged, 6, {"flow_l_min": 1.0})
    )
    assert minutes(recorded(1, events, spo2=[(0, 60, 97)]))[1].score.points == {"spo2": 3, "oxygen": 2}


def test_nobody_assumes_room_air() -> None:
    assert "oxygen" in minutes(recorded(1, happened(), spo2=[(0, 60, 97)]))[1].score.missing


def test_an_empty_record_has_no_minute() -> None:
    course = news2.course(recorded(0, happened()), INTERVALS, shipped_scales())
    assert course.worst is None
    empty = SessionRecord(session=fold(chain("s", happened())), bed_title="", t_s=np.empty(0), columns={})
    assert news2.course(empty, INTERVALS, shipped_scales()).minutes == ()
