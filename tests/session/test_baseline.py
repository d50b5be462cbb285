"""A baseline out of the last two stable readings."""

import math

import pytest

from dashboard.session.baseline import readings

NAN = math.nan


def column(seconds: int, **at: float) -> list[float]:
    return [at.get(f"t{t}", NAN) for t in range(seconds)]


def level(seconds: int, value: float) -> list[float]:
    return [value] * seconds


def test_the_mean_of_two_half_minutes() -> None:
    spo2 = level(270, 90) + level(15, 97) + level(30, 97) + level(30, 96)
    made = readings(list(range(345)), {"spo2": spo2, "hr": level(345, 72.4)}, 344.0)
    assert made.values == {"spo2": 96, "rate": 72}
    assert made.why_not["rr"] == "no reading for a minute"


def test_an_artefact_is_no_reading_and_a_drift_is_not_stable() -> None:
    spo2 = level(57, 97) + level(5, 60) + level(58, 97)
    assert readings(list(range(120)), {"spo2": spo2}, 119.0).values == {"spo2": 97}
    assert (
        readings(list(range(60)), {"spo2": level(30, 97) + level(30, 92)}, 59.0).why_not["spo2"]
        == "not stable: 97, then 92"
    )


def test_a_gap_in_the_last_minute_is_no_reading() -> None:
    spo2 = level(300, 97) + [NAN] * 25 + level(5, 97)
    assert "spo2" not in readings(list(range(330)), {"spo2": spo2}, 329.0).values


def test_the_pulse_of_the_probe_stands_in_for_the_electrodes() -> None:
    made = readings(list(range(120)), {"hr": [NAN] * 120, "pr": level(120, 81.0), "rr_imp": level(120, 15.0)}, 119.0)
    assert made.values == {"rate": 81, "rr": 15}


@pytest.mark.parametrize(
    ("sys", "values", "why"),
    [
        ({"t100": 124.0, "t400": 130.0}, {"sbp": 127, "dbp": 80, "map": 95}, None),
        ({"t100": 124.0, "t200": 120.0, "t400": 130.0}, {"sbp": 125, "dbp": 80, "map": 95}, None),
        ({"t300": 124.0, "t400": 130.0}, {}, "one cuff reading: a second one after 2 min"),
        ({"t400": 130.0}, {}, "one cuff reading: a second one after 2 min"),
        ({}, {}, "no cuff reading in 10 min"),
        ({"t100": 104.0, "t400": 130.0}, {}, "not stable: 104, then 130 mmHg"),
    ],
)
def test_two_pressures_two_minutes_apart(sys: dict[str, float], values: dict[str, float], why: str | None) -> None:
    columns = {
        "nibp_sys": column(500, **sys),
        "nibp_dia": column(500, **dict.fromkeys(sys, 80.0)),
        "nibp_map": column(500, **dict.fromkeys(sys, 95.0)),
    }
    made = readings(list(range(500)), columns, 499.0)
    assert made.values == values
    assert made.why_not.get("sbp") == why


def test_what_is_older_than_ten_minutes_is_not_looked_at() -> None:
    columns = {"nibp_sys": column(1_000, t100=124.0, t300=126.0)}
    assert readings(list(range(1_000)), columns, 999.0).why_not["sbp"] == "no cuff reading in 10 min"


def test_nothing_measured_is_nothing_suggested() -> None:
    assert readings([], {}, 0.0).values == {}
