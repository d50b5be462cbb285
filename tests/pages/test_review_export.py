"""The alarm history as a file: the numbers of the record, and no simulated row without its mark."""

from io import StringIO

import pandas as pd
from pages_fakes import record

from dashboard.pages._review_export import alarm_csv


def read_back(simulation: bool) -> pd.DataFrame:
    return pd.read_csv(StringIO(alarm_csv(record(simulation=simulation)).removeprefix("\ufeff")))


def test_every_row_of_a_simulated_session_says_so() -> None:
    assert read_back(simulation=True)["simulation"].all()
    assert not read_back(simulation=False)["simulation"].any()


def test_a_row_holds_value_limit_times_and_name() -> None:
    frame = read_back(simulation=False)
    high = frame[frame["message"] == "SpO₂ LOW 84 %"].iloc[0]
    assert (float(high["value"]), float(high["limit_in_force"])) == (84.0, 84.0)
    assert (high["lasted_s"], high["acknowledged_after_s"], high["acknowledged_by"]) == (72.0, 7.0, "R. Nurse")
    assert list(frame["onset_s"]) == sorted(frame["onset_s"])


def test_what_was_never_acknowledged_is_empty() -> None:
    frame = read_back(simulation=False)
    never = frame[frame["acknowledged_by"].isna()]
    assert len(never)
    assert never["acknowledged_after_s"].isna().all()
