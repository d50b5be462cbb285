"""The session in a few numbers: worked by hand."""

from datetime import timedelta

import numpy as np
import pytest
from pages_fakes import OPENED, Script, record

from dashboard.figures.occurrences import occurrences
from dashboard.figures.record import SessionRecord
from dashboard.figures.summary import gaps_of, minutes, summary, time_in_bands
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.fold import fold

NAN = float("nan")


def session(**columns: list[float]) -> SessionRecord:
    script = Script().add(
        ev.SessionOpened, 0, bed="b", patient="T", weight_kg=70, concentration_mg_ml=1, planned_mg=40, planned_min=60, profile="A", profile_version="1"
    )  # fmt: skip
    n = len(next(iter(columns.values())))
    return SessionRecord(
        fold(chain("s", script.in_order())), "Room 1", np.arange(float(n)), {k: np.array(v) for k, v in columns.items()}
    )


def chip(one: SessionRecord, title: str) -> tuple[str, str]:
    found = next(c for c in summary(one, occurrences(one.session.alarms)) if c.title == title)
    return found.value, found.note


def test_bands_are_judged_as_the_screen_shows_the_value() -> None:
    t = np.arange(6.0)
    # 93.6 is shown as 94, 89.5 as 90, 84.4 as 84
    assert time_in_bands(t, np.array([97, 93.6, 93.4, 89.6, 86, 84.4]), (94, 90, 85)) == [2, 2, 1, 1]


def test_missing_seconds_belong_to_no_band_and_a_gap_is_not_held() -> None:
    t = np.array([0.0, 1, 2, 100, 101])
    assert sum(time_in_bands(t, np.array([97, NAN, 97, 97, 97]), (94,))) == 4


def test_a_gap_is_counted_from_the_last_value_to_the_next() -> None:
    hr = [80.0] * 100 + [NAN] * 30 + [80.0] * 70
    assert gaps_of(session(hr=hr)) == [(99.0, 130.0)]


def test_one_signal_alone_missing_is_not_a_gap_in_data() -> None:
    hr = [80.0] * 100 + [NAN] * 30 + [80.0] * 70
    assert gaps_of(session(hr=hr, spo2=[97.0] * 200)) == []


def test_data_that_never_came_or_stopped_is_a_gap() -> None:
    assert gaps_of(session(hr=[NAN] * 20 + [80.0] * 20 + [NAN] * 20)) == [(0.0, 20.0), (39.0, 59.0)]


def test_the_lowest_saturation_says_when() -> None:
    assert chip(session(spo2=[97.0] * 60 + [86.0] + [97.0] * 60), "Lowest SpO₂") == ("86 %", "at 13:05:00")


def test_pressure_is_compared_with_the_baseline() -> None:
    one = record()
    value, note = chip(one, "Highest SBP")
    top = max(v for v in one.columns["nibp_sys"] if not np.isnan(v))
    assert value == f"{top:.0f}"
    assert note.startswith(f"{100 * (top / 128 - 1):+.0f} % of baseline 128")


def test_without_a_baseline_there_is_no_percentage() -> None:
    one = session(nibp_sys=[NAN, 150.0, NAN], nibp_dia=[NAN, 80.0, NAN])
    assert chip(one, "Highest SBP") == ("150 mmHg", "no baseline taken")


def test_the_dose_as_a_share_of_the_plan() -> None:
    script = Script().add(
        ev.SessionOpened, 0, bed="b", patient="T", weight_kg=70, concentration_mg_ml=1, planned_mg=40, planned_min=60, profile="A", profile_version="1"
    )  # fmt: skip
    script.add(ev.InfusionStarted, 0, rate_mg_h=36, concentration_mg_ml=1).add(ev.InfusionStopped, 1_000, reason="done")
    one = SessionRecord(
        fold(chain("s", script.in_order())), "Room 1", np.arange(1_500.0), {"spo2": np.full(1_500, 97.0)}
    )
    assert chip(one, "Of planned dose") == ("25 %", "10 of 40 mg")


def test_nearly_all_is_not_all() -> None:
    spo2 = [97.0] * 9_990 + [91.0] * 10
    assert chip(session(spo2=spo2), "SpO₂ ≥ 94 %") == ("> 99 %", "0:10 below")


def test_never_acknowledged_leaves_out_low_priority_and_what_still_stands() -> None:
    value, note = chip(record(), "Median to acknowledge")
    assert (value, note) == ("0:09", "1 never acknowledged")


def test_nothing_measured_is_said_and_never_a_number() -> None:
    script = Script().add(
        ev.SessionOpened, 0, bed="b", patient="T", weight_kg=70, concentration_mg_ml=1, planned_mg=40, planned_min=60, profile="A", profile_version="1"
    )  # fmt: skip
    empty = SessionRecord(fold(chain("s", script.in_order())), "Room 1", np.empty(0), {})
    values = {c.title: c.value for c in summary(empty, [])}
    assert values["Lowest SpO₂"] == values["Highest SBP"] == values["SpO₂ in bands"] == "–"


@pytest.mark.parametrize(
    ("seconds", "words"), [(7, "0:07"), (59.6, "1:00"), (750, "12:30"), (3_723, "1:02:03"), (-1, "0:00")]
)
def test_times_as_words(seconds: float, words: str) -> None:
    assert minutes(seconds) == words


def test_the_clock_of_the_chips_is_the_sessions_own() -> None:
    assert record().clock(60) == f"{OPENED + timedelta(seconds=60):%H:%M:%S}"
