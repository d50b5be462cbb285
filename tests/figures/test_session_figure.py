"""The whole-session figure, without Dash: what is drawn, what is not, and how much of it."""

import itertools
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from pages_fakes import OPENED, Script, record, samples

import dashboard.figures.session as figures
from dashboard.figures.arrays import unpacked
from dashboard.figures.record import LimitLine, SessionRecord
from dashboard.figures.session import BUDGET, Focus, session_figure
from dashboard.figures.theme import DARK, LIGHT, Theme
from dashboard.session import events as ev
from dashboard.session.chain import chain
from dashboard.session.fold import fold

TOKENS = Path(figures.__file__).parents[1] / "assets" / "00-tokens.css"


def traces(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace.get("name") == name]


def points(trace: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    return unpacked(trace["x"]), unpacked(trace["y"])


def made(script: Script, hours: float = 0.5, **columns: np.ndarray) -> SessionRecord:
    t_s = np.arange(0.0, hours * 3600)
    return SessionRecord(fold(chain("made", script.in_order())), "Room 1", t_s, columns)


def opened() -> Script:
    return Script().add(
        ev.SessionOpened, 0, bed="b", patient="T", weight_kg=70, concentration_mg_ml=1, planned_mg=50, planned_min=60, profile="A", profile_version="1"
    )  # fmt: skip


@pytest.fixture(scope="module")
def long() -> SessionRecord:
    return record(8.0)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("window", [None, (4_600.0, 5_200.0)])
def test_plotly_accepts_the_figure(theme: str, window: tuple[float, float] | None) -> None:
    go.Figure(session_figure(record(), window, theme, Focus(4_916, 4_988, "high")))


def test_no_trace_of_eight_hours_has_more_points_than_the_budget(long: SessionRecord) -> None:
    for trace in session_figure(long)["data"]:
        x = unpacked(trace["x"]) if isinstance(trace["x"], dict) else trace["x"]
        assert len(x) <= BUDGET, trace.get("name")


def test_a_figure_of_eight_hours_is_made_well_within_the_page_budget(long: SessionRecord) -> None:
    session_figure(long)
    start = time.perf_counter()
    session_figure(long)
    assert time.perf_counter() - start < 0.25  # 25 ms measured on two shared cores


def test_times_are_the_clinics_wall_clock() -> None:
    one = record()
    shifted = SessionRecord(one.session, one.bed_title, one.t_s, one.columns, utc_offset_s=3_600.0)
    x0, _ = points(traces(session_figure(one), "SpO₂")[0])
    x1, _ = points(traces(session_figure(shifted), "SpO₂")[0])
    assert x0[0] == OPENED.timestamp() * 1000
    assert x1[0] - x0[0] == 3_600_000
    assert shifted.clock(0) == "14:04:00"


def test_a_gap_is_a_gap_and_the_program_that_was_away_too() -> None:
    figure = session_figure(record(), (10_700.0, 11_100.0))
    for name in ("HR", "SpO₂", "EtCO₂", "RR"):
        x, y = points(traces(figure, name)[0])
        assert np.isnan(y).any(), name
        drawn = (x - OPENED.timestamp() * 1000) / 1000
        assert not ((drawn > 10_800) & (drawn < 10_950) & ~np.isnan(y)).any(), name


def test_the_lowest_second_is_drawn(long: SessionRecord) -> None:
    _, y = points(traces(session_figure(long), "SpO₂")[0])
    assert np.nanmin(y) == pytest.approx(float(np.nanmin(long.columns["spo2"])), abs=0.01)


def test_heart_rate_falls_back_to_the_pulse_second_by_second() -> None:
    hr, pr = np.full(1_800, 80.0), np.full(1_800, 82.0)
    hr[100:200] = np.nan
    _, y = points(traces(session_figure(made(opened(), hr=hr, pr=pr)), "HR")[0])
    assert set(np.unique(y)) == {80.0, 82.0}


def test_a_quantity_that_was_never_measured_has_no_panel_but_the_vital_ones_stay() -> None:
    figure = session_figure(made(opened(), spo2=np.full(1_800, 97.0)))
    titles = " ".join(note["text"] for note in figure["layout"]["annotations"])
    assert "EtCO₂" not in titles and "Predicted" not in titles
    assert "HR" in titles and "BP" in titles and "Alarms" in titles


def test_every_panel_has_a_scale_and_a_unit() -> None:
    figure = session_figure(record())
    axes = [value for key, value in figure["layout"].items() if key.startswith("yaxis")]
    assert len(axes) == 11
    for axis in axes:
        assert axis["range"][0] < axis["range"][1]
    titles = " ".join(note["text"] for note in figure["layout"]["annotations"])
    for unit in ("/min", "%", "mmHg", "mg/h", "mg", "ng/mL"):
        assert unit in titles


def test_panels_do_not_overlap() -> None:
    layout = session_figure(record())["layout"]
    domains = [layout[f"yaxis{n}"]["domain"] for n in ["", *range(2, 12)]]
    assert domains[0][1] == 1.0
    for upper, lower in itertools.pairwise(domains):
        assert lower[0] < lower[1] < upper[0]
    assert domains[-1][0] == pytest.approx(0.0, abs=1e-9)


def test_a_limit_changed_in_the_session_is_a_step_at_its_time() -> None:
    figure = session_figure(record())
    dotted = [
        t for t in figure["data"] if t.get("line", {}).get("dash") == "dot" and t["name"] == "≤ 91"
    ]  # fmt: skip
    x, y = points(dotted[0])
    seconds = (x - OPENED.timestamp() * 1000) / 1000
    assert [v for s, v in zip(seconds, y, strict=True) if s < 9_000] == [89.0]
    assert set(y[seconds > 9_000]) == {91.0}
    assert 9_000.0 in seconds


def test_limits_of_a_signal_that_no_panel_shows_are_left_out() -> None:
    one = record()
    odd = SessionRecord(one.session, "x", one.t_s, one.columns, limits=(LimitLine("temp", "≥", "low", ((0.0, 38.5),)),))
    assert not [t for t in session_figure(odd)["data"] if t.get("line", {}).get("dash") == "dot"]


def test_the_scale_grows_to_hold_what_was_measured() -> None:
    hr = np.full(1_800, 80.0)
    hr[900] = 183.0
    figure = session_figure(made(opened(), hr=hr))
    assert figure["layout"]["yaxis"]["range"][1] > 183


def test_the_rate_is_a_step_and_falls_to_nothing_in_a_pause() -> None:
    x, y = points(traces(session_figure(record(), (7_000.0, 8_000.0)), "Rate")[0])
    seconds = ((x - OPENED.timestamp() * 1000) / 1000).round(3)
    assert list(zip(seconds, y.round(1), strict=True)) == [
        (7_000, 21.7), (7_500, 21.7), (7_500, 0.0), (7_680, 0.0), (7_680, pytest.approx(21.7)), (8_000, pytest.approx(21.7)),
    ]  # fmt: skip


def test_the_given_dose_rises_exactly_and_a_bolus_is_a_jump() -> None:
    script = (
        opened().add(ev.InfusionStarted, 0, rate_mg_h=36, concentration_mg_ml=1).add(ev.BolusGiven, 1_000, dose_mg=5)
    )
    x, y = points(traces(session_figure(made(script, spo2=np.full(1_800, 97.0))), "Given")[0])
    seconds = (x - OPENED.timestamp() * 1000) / 1000
    assert y[seconds == 1_000][0] == pytest.approx(15.0)
    assert y[seconds == 999.5][0] == pytest.approx(9.995)
    assert y[-1] == pytest.approx(36 * 1_799 / 3_600 + 5)


def test_predicted_and_planned_are_dashed_and_the_band_is_there() -> None:
    figure = session_figure(record())
    assert traces(figure, "Predicted")[0]["line"]["dash"] == "dash"
    assert traces(figure, "Planned")[0]["line"]["dash"] == "dash"
    assert traces(figure, "high")[0]["fill"] == "tonexty"
    assert traces(figure, "Effect site")[0]["line"]["dash"] == "dot"


def test_blood_pressure_sticks_stand_at_their_measurement() -> None:
    figure = session_figure(record(), (1_000.0, 2_000.0))
    x, y = points(traces(figure, "BP systolic")[0])
    t_s, columns = samples()
    wanted = [(t, v) for t, v in zip(t_s, columns["nibp_sys"], strict=True) if 1_000 <= t <= 2_000 and not np.isnan(v)]
    assert list(zip((x / 1000 - OPENED.timestamp()).round(3), y, strict=True)) == wanted


def test_a_pressure_typed_in_by_hand_is_a_stick_too() -> None:
    script = opened().add(ev.ManualVitals, 600, values={"nibp_sys": 144.0, "nibp_dia": 88.0})
    figure = session_figure(made(script, spo2=np.full(1_800, 97.0)))
    (stick,) = traces(figure, "BP systolic")
    assert "typed in" in stick["customdata"][0] and "144/88" in stick["customdata"][0]


def test_the_alarm_lane_has_a_row_for_each_priority_and_an_open_alarm_runs_to_the_end() -> None:
    one = record()
    figure = session_figure(one)
    x, _ = points(traces(figure, "medium")[0])
    assert x[~np.isnan(x)][-1] == pytest.approx(one.wall_ms(one.end_s), abs=1)
    assert {
        name
        for name in ("high", "medium", "low")
        if any(t.get("line", {}).get("width") == 7 for t in traces(figure, name))
    } == {"high", "medium", "low"}


def test_the_focus_is_a_band_behind_all_panels() -> None:
    one = record()
    shapes = session_figure(one, (4_616.0, 5_216.0), "dark", Focus(4_916, 4_988, "high"))["layout"]["shapes"]
    band = shapes[0]
    assert (band["y0"], band["y1"], band["layer"]) == (0, 1, "below")
    assert (band["x0"], band["x1"]) == (one.wall_ms(4_916), one.wall_ms(4_988))


def test_a_struck_entry_has_no_mark() -> None:
    script = (
        opened()
        .add(ev.DrugGiven, 100, drug="ondansetron", dose=4, unit="mg")
        .add(ev.Correction, 200, of=2, reason="wrong patient")
    )
    figure = session_figure(made(script, spo2=np.full(1_800, 97.0)))
    assert "ondansetron" not in str(figure["data"])


def test_ten_thousand_marks_become_few_paths() -> None:
    script = opened()
    for i in range(5_000):
        script.alarm("R", "medium", 5 * i, 5 * i + 3, 1.0, 2.0, "EtCO₂ HIGH")
        script.add(ev.Note, 5 * i + 1, text="note")
    events = script.in_order()
    one = SessionRecord(fold(chain("many", events)), "Room 1", *samples(8.0))
    start = time.thread_time()  # its own work: not what runs beside it
    figure = session_figure(one)
    assert time.thread_time() - start < 1.0
    assert len(figure["data"]) < 40
    assert sum(len(unpacked(t["x"])) for t in figure["data"]) < 25_000
    marks = next(t for t in figure["data"] if t.get("name") == "Events" and t["mode"] == "markers")
    assert len(unpacked(marks["x"])) <= figures.WIDTH_PX + 2


def test_a_record_without_a_sample_still_has_a_figure() -> None:
    one = SessionRecord(fold(chain("empty", opened().in_order())), "Room 1", np.empty(0), {})
    go.Figure(session_figure(one))


@pytest.mark.parametrize(("theme", "block"), [(DARK, ":root {"), (LIGHT, ':root[data-theme="light"] {')])
def test_colours_are_those_of_the_pages(theme: Theme, block: str) -> None:
    css = TOKENS.read_text(encoding="utf-8")

    def value(name: str) -> str:
        for start in (block, ":root {"):  # what the light theme does not set is as in the dark one
            body = css[css.index(start) :].split("}", 1)[0]
            if found := re.search(rf"--{name}:\s*(#[0-9a-f]+);", body):
                return found.group(1)
        raise AssertionError(name)

    for name in Theme.__dataclass_fields__:
        if name != "name":
            assert getattr(theme, name) == value(name.replace("_", "-")), name


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_words_of_the_figure_can_be_read(theme: Theme) -> None:
    for name in ("text", "muted", "hr", "spo2", "bp", "co2", "loc", "infusion", "predicted"):
        a, b = sorted((luminance(getattr(theme, name)), luminance(theme.panel)), reverse=True)
        assert (a + 0.05) / (b + 0.05) >= 4.5, name
