"""NEWS2 on the review page: what it says of a session, and that it never hides how partial it is."""

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from dash.development.base_component import Component
from pages_fakes import record

from config.models.alarms import load_profile
from config.models.scales import shipped_scales
from dashboard.analytics.news2 import ACKNOWLEDGEMENT, course
from dashboard.figures.news2 import news2_figure
from dashboard.pages import _review_news2


@pytest.fixture(scope="module")
def made() -> Any:
    return replace(record(), intervals=load_profile("A-standard-adult").intervals)


def text(component: Any) -> str:
    if isinstance(component, Component):
        return text(getattr(component, "children", ""))
    return " ".join(text(one) for one in component) if isinstance(component, list) else str(component or "")


def test_the_sentence_names_the_worst_minute_and_what_was_never_measured(made: Any) -> None:
    said = text(_review_news2.body(made, "dark"))
    assert "Highest at least 6  at 14:26 (at least 6 without consciousness)" in said
    assert "Partial: no temperature" in said and "SpO₂ scale 1" in said
    assert ACKNOWLEDGEMENT in said and "For review only: nothing here alarms" in said


def test_every_minute_is_a_row_with_values_and_points(made: Any) -> None:
    rows = _review_news2.rows(made, course(made, made.intervals, shipped_scales()))
    assert len(rows) == 240 and len({row["id"] for row in rows}) == 240
    worst = next(row for row in rows if row["at"] == "14:26")
    assert (worst["said"], worst["spo2"], worst["oxygen"], worst["rr"]) == ("≥ 6", "91 (3)", "oxygen (2)", "10 (1)")
    assert worst["missing"] == "missing: temperature" and worst["temp"] == "–"


def test_a_minute_of_nothing_is_a_gap_and_no_zero(made: Any) -> None:
    empty = replace(
        made,
        columns={name: np.full(made.t_s.size, np.nan) for name in made.columns},
        session=replace(made.session, assessments=(), oxygen_log=()),
    )
    nothing = course(empty, empty.intervals, shipped_scales())
    assert text(_review_news2.words(empty, nothing)) == "Nothing was recorded that NEWS2 could be made of."
    assert {row["said"] for row in _review_news2.rows(empty, nothing)} == {"–"}
    assert set(news2_figure(empty, nothing)["data"][1]["y"]) == {None}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_figure_is_one_that_plotly_takes(made: Any, theme: str) -> None:
    figure = go.Figure(news2_figure(made, course(made, made.intervals, shipped_scales()), theme))
    without, total = figure.data
    assert max(total.y) == 6 and all(a <= b for a, b in zip(without.y, total.y, strict=True))
    assert [one.text for one in figure.layout.annotations] == ["5 urgent", "7 emergency"]
