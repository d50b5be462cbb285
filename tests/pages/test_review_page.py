"""Rows of the review tables, and where the figure goes after what a person did."""

from dataclasses import replace
from typing import Any

import pytest
from pages_fakes import OPENED, FakeServices, record

from dashboard import ids
from dashboard.figures.occurrences import occurrences
from dashboard.pages import review
from dashboard.pages._review_rows import alarm_rows, log_rows
from dashboard.pages._review_view import AROUND_S, LEAST_WINDOW_S, WHOLE, cause_of, next_view, seconds_of

RECORD = record()
ROWS = alarm_rows(RECORD, occurrences(RECORD.session.alarms))
OLD = {"from_s": RECORD.start_s, "to_s": RECORD.end_s, "focus": None, "title": WHOLE}


def row(message: str) -> dict[str, Any]:
    return next(one for one in ROWS if one["message"] == message)


def test_a_row_says_all_that_a_reviewer_asks() -> None:
    high = row("SpO₂ LOW 84 %")
    shown = {
        key: high[key]
        for key in ("onset", "stars", "label", "value", "trigger", "lasted", "waited", "by", "repeats", "state")
    }
    assert shown == {
        "onset": "14:25:56", "stars": "***", "label": "SpO₂ low", "value": "84 %", "trigger": "≤ 84", "lasted": "1:12", "waited": "0:07", "by": "R.N.",
        "repeats": "1 of 1", "state": "cleared",
    }  # fmt: skip


def test_the_trigger_is_the_one_then_in_force() -> None:
    assert row("SpO₂ LOW 88 %")["trigger"] == "≤ 89"
    assert row("SpO₂ LOW 90 %")["trigger"] == "≤ 91"  # after the limit was changed


def test_a_technical_alarm_has_no_value_and_its_own_time() -> None:
    lost = row("No SpO₂ signal")
    assert (lost["technical"], lost["value"], lost["trigger"]) == (True, "–", "30 s")


def test_an_alarm_nobody_answered_says_so() -> None:
    assert (row("SBP HIGH 181 mmHg")["waited"], row("SBP HIGH 181 mmHg")["by"]) == ("–", "–")


def test_a_rule_that_the_profile_no_longer_knows_still_has_a_row() -> None:
    old = replace(RECORD, rules={})
    shown = next(one for one in alarm_rows(old, occurrences(old.session.alarms)) if one["message"] == "SpO₂ LOW 84 %")
    assert (shown["label"], shown["trigger"]) == ("SpO₂ LOW 84 %", "84")


def test_the_log_strikes_what_was_corrected_and_shows_both_values() -> None:
    rows = log_rows(RECORD)
    assert [one["seq"] for one in rows] == list(range(1, len(rows) + 1))
    correction = next(one for one in rows if one["correction"])
    struck = next(one for one in rows if one["struck"])
    assert "ondansetron 4 mg" in struck["text"] and f"struck by entry {correction['seq']}" in struck["text"]
    assert (
        "ondansetron 4 mg" in correction["text"]
        and "ondansetron 8 mg" in correction["text"]
        and "→" in correction["text"]
        and "wrong dose typed" in correction["text"]
    )


def test_selecting_an_alarm_shows_five_minutes_either_side_with_its_band() -> None:
    high = row("SpO₂ LOW 84 %")
    view = next_view(RECORD, OLD, ids.REVIEW_ALARMS, [high], "all", None)
    assert view is not None
    assert (view["from_s"], view["to_s"]) == (4_916 - AROUND_S, 4_916 + AROUND_S)
    assert view["focus"] == {"from_s": 4_916, "to_s": 4_988, "priority": "high"}
    assert view["title"] == "14:25:56 *** SpO₂ LOW 84 % (≤ 84) · ± 5 min"


def test_clearing_the_selection_moves_nothing() -> None:
    assert next_view(RECORD, OLD, ids.REVIEW_ALARMS, [], "all", None) is None


def test_a_window_stays_around_what_was_looked_at() -> None:
    at_alarm = next_view(RECORD, OLD, ids.REVIEW_ALARMS, [row("SpO₂ LOW 84 %")], "all", None)
    assert at_alarm is not None
    view = next_view(RECORD, at_alarm, ids.REVIEW_WINDOW, None, "3600", None)
    assert view is not None
    assert (view["from_s"], view["to_s"]) == (4_916 - 1_800, 4_916 + 1_800)
    assert view["focus"] == at_alarm["focus"]


def test_a_window_never_leaves_the_session() -> None:
    near_start = {**OLD, "from_s": 0.0, "to_s": 100.0}
    view = next_view(RECORD, near_start, ids.REVIEW_WINDOW, None, "3600", None)
    assert view is not None and view["from_s"] == RECORD.start_s


def test_dragging_zooms_and_a_double_click_shows_the_whole() -> None:
    drag = {"xaxis.range[0]": "2026-11-21 14:00:00.5", "xaxis.range[1]": "2026-11-21 14:10:00"}
    view = next_view(RECORD, OLD, ids.REVIEW_CHART, None, "all", drag)
    assert view is not None
    assert (view["from_s"], view["to_s"]) == pytest.approx((3_360.5, 3_960))
    assert next_view(RECORD, view, ids.REVIEW_CHART, None, "all", {"xaxis.autorange": True}) == OLD


def test_a_zoom_stops_at_a_window_that_still_shows_something() -> None:
    drag = {"xaxis.range[0]": "2026-11-21 14:00:00", "xaxis.range[1]": "2026-11-21 14:00:01"}
    view = next_view(RECORD, OLD, ids.REVIEW_CHART, None, "all", drag)
    assert view is not None and view["to_s"] - view["from_s"] == pytest.approx(LEAST_WINDOW_S)


@pytest.mark.parametrize(
    "drag", [{"autosize": True}, {"xaxis.range[0]": "nonsense", "xaxis.range[1]": "x"}, {"dragmode": "pan"}]
)
def test_other_news_from_the_chart_moves_nothing(drag: dict[str, Any]) -> None:
    assert next_view(RECORD, OLD, ids.REVIEW_CHART, None, "all", drag) is None


def test_the_charts_words_for_a_time_are_read_back() -> None:
    for t_s in (0.0, 4_916.25, 13_000.0):
        shown = OPENED.replace(tzinfo=None).fromtimestamp(RECORD.wall_ms(t_s) / 1000, OPENED.tzinfo)
        assert seconds_of(RECORD, f"{shown:%Y-%m-%d %H:%M:%S.%f}") == pytest.approx(t_s, abs=1e-3)


def test_a_session_that_is_not_there_is_said() -> None:
    assert "No such session" in str(review.layout(FakeServices(), session="nothing"))


@pytest.mark.parametrize(
    ("told", "picked", "known", "cause"),
    [
        ({ids.REVIEW_THEME}, None, None, ids.REVIEW_THEME),
        ({ids.REVIEW_THEME, ids.REVIEW_ALARMS}, [{"id": "5"}], None, ids.REVIEW_ALARMS),
        ({ids.REVIEW_THEME, ids.REVIEW_ALARMS}, [], "5", ids.REVIEW_THEME),
        ({ids.REVIEW_CHART, ids.REVIEW_WINDOW}, [{"id": "5"}], "5", ids.REVIEW_WINDOW),
        (
            {ids.REVIEW_CHART},
            [{"id": "5"}],
            "4",
            ids.REVIEW_ALARMS,
        ),  # the request of the pick was overtaken by a resize
        ({ids.REVIEW_ALARMS}, [], "5", ids.REVIEW_ALARMS),
    ],
)
def test_what_a_person_did_wins_over_what_came_with_it(
    told: set[str], picked: Any, known: str | None, cause: str
) -> None:
    assert cause_of(told, picked, {"picked": known}) == cause


def test_an_address_names_a_moment_and_one_outside_the_session_moves_nothing() -> None:
    view = next_view(RECORD, OLD, ids.REVIEW_AT, None, "all", None, {"at_s": 4_916.0})
    assert (
        view is not None and (view["from_s"], view["to_s"]) == (4_616, 5_216) and view["title"] == "14:25:56 · ± 5 min"
    )
    for odd in ({"at_s": -5}, {"at_s": 1e9}, {"at_s": "x"}, None):
        assert next_view(RECORD, OLD, ids.REVIEW_AT, None, "all", None, odd) is None


def test_a_row_says_what_was_done() -> None:
    assert row("SpO₂ LOW 84 %")["action"] == "" and row("SpO₂ LOW 84 %")["verdict"] == ""
    assert "MOAA/S" in row("SBP HIGH 182 mmHg")["action"]
