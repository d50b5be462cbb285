"""The debrief on paper: read back from the PDF, every word is there, on as many pages as it takes."""

import io
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from pypdf import PdfReader

from dashboard.paper.debrief import debrief_pdf
from dashboard.paper.figure import debrief_figure
from dashboard.paper.process import PaperFailed, debrief_paper

CET = timezone(timedelta(hours=1))
OPENED, MADE = datetime(2026, 11, 2, 10, 0, tzinfo=CET), datetime(2026, 11, 2, 23, 30, tzinfo=CET)
#: More than a page of 50 lines holds in its column.
LONG = " ".join(f"word{n}" for n in range(1200))


def run(**more: Any) -> dict[str, Any]:
    """What `debrief_of` gives of a run of five seconds in which nothing happened."""
    return {
        "session": "01a224f4-1a09-70a0-a72c-8ef8b2287271", "title": "Apnoea", "scenario": "s02", "by": "Łukasz Ångström",
        "about": "J. K. · 27 y · 78 kg · A-standard-adult · seed 2", "opened_at": OPENED.isoformat(), "forked_from": None,
        "from_s": 240.0, "to_s": 245.0, "scores": [], "outcome": [("Lowest true saturation", "79 %")], "alarms": [], "trainer": [],
        "happened": [], "points": [], "truth": {"t_s": []}, **more,
    }  # fmt: skip


def said(t_s: float, text: str, kind: str = "said") -> dict[str, Any]:
    return {"t_s": t_s, "text": text, "kind": kind, "by": "T. Trainer"}


def score(text: str, verdict: str, words: str, done_s: float | None = None) -> dict[str, Any]:
    return {"id": f"{text}:id", "text": text, "target": "≤ 30 s", "cue_s": 263.0, "done_s": done_s, "verdict": verdict, "words": words, "by": ""}  # fmt: skip


def alarm(n: int, priority: str = "high", waited_s: float | None = None) -> dict[str, Any]:
    return {"rule": f"R{n}", "priority": priority, "text": f"alarm-{n};", "t_s": 240.0 + n, "waited_s": waited_s, "by": "R. Nurse"}  # fmt: skip


def remark(about: str, text: str) -> dict[str, Any]:
    return {"about": about, "text": text, "by": "T. Trainer", "at": "2026-11-02T22:15:00+00:00"}


@pytest.fixture(scope="module")
def made() -> bytes:
    """A run with more of everything than a page holds."""
    return debrief_pdf(
        run(
            scores=[
                score("Opens the airway", "done", "12 s", 275.9), score("Looks at the patient", "done", "-20 s", 243.0),
                score("Calls for help", "late", "late, 85 s", 3725.0), score("Stimulates", "missed", "missed"),
            ],
            alarms=[alarm(n, ("high", "medium", "low")[n % 3], None if n % 2 else 12.4) for n in range(200)],
            happened=[said(500, "trainer: Probe off", "injected"), said(505, "trainee: called help", "acted")],
            trainer=[said(502, f"comment: {LONG} the end"), said(504, "SpO₂ ≤ 85 · Łukasz − {nb} **no** \x02\x07")],
            pump=[said(400, "rate 20 → 10 mg/h")], calls=[said(506, "called help")],
            remarks=[remark("", "calm"), remark("Opens the airway:id", "slow\n\nbut right " + "x" * 900), remark("give-oxygen", "early")],
            points=["Who pushed what, and who knew?"],
        ), began_at=OPENED, made_at=MADE,
    )  # fmt: skip


@pytest.fixture(scope="module")
def full(made: bytes) -> list[str]:
    """The text of each page, with line ends as blanks."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(made)).pages]


def test_every_page_says_that_it_is_a_simulation_and_which_page(full: list[str]) -> None:
    assert len(full) > 8
    for n, text in enumerate(full, 1):
        assert text.startswith("SIMULATION ") and f"page {n} of {len(full)}" in text


def test_about_scores_and_times(full: list[str]) -> None:
    first = full[0]
    for words in (
        "J. K. · 27 y · 78 kg · A-standard-adult · seed 2", "Trainer Łukasz Ångström", "Began 2026-11-02 10:00 UTC+01:00",
        "This sheet made 2026-11-02 23:30 UTC+01:00", "04:00 to 04:05", "Opens the airway ≤ 30 s 04:23 → 04:35 done, 12 s",
        "Looks at the patient ≤ 30 s 04:23 → 04:03 done, −20 s", "Calls for help ≤ 30 s 04:23 → 62:05 late, 85 s", "Stimulates ≤ 30 s 04:23 → – missed",
        "Lowest true saturation 79 %",
    ):  # fmt: skip
        assert words in first


def test_two_hundred_alarms_flow_over_pages_under_their_heads(full: list[str]) -> None:
    on = [text for text in full if "alarm-" in text]
    assert len(on) > 3
    assert [text.count("At Priority Alarm Acknowledged By") for text in on] == [1] * len(on)
    found = re.findall(r"(high|medium|low) alarm-(\d+); (never|after 12 s)", " ".join(on))
    assert found == [
        (("high", "medium", "low")[n % 3], str(n), "never" if n % 2 else "after 12 s") for n in range(200)
    ]  # fmt: skip


def test_a_long_comment_is_whole_and_the_rest_stays_in_order(full: list[str]) -> None:
    on = [text for text in full if "word" in text]
    assert len(on) >= 3
    assert re.findall(r"word(\d+)", " ".join(on)) == [str(n) for n in range(1200)]
    text = " ".join(full)
    places = [
        text.index(words) for words in ("trainer: Probe off", "word0 ", "the end", "SpO₂ ≤ 85", "trainee: called help")
    ]
    assert places == sorted(places)


def test_any_text_is_set_as_it_was_typed(full: list[str]) -> None:
    text = " ".join(full)
    assert "SpO₂ ≤ 85 · Łukasz − {nb} **no**" in text and "rate 20 → 10 mg/h" in text
    remarks = text[text.index("About Comment By Written") :]
    assert remarks.count("x") >= 900 and "the run as a whole calm T. Trainer 2026-11-02 23:15 UTC+01:00" in remarks
    assert "Opens the airway slow but right" in remarks and "give oxygen early" in remarks
    assert "Who pushed what, and who knew?" in text


def test_only_the_foot_stands_in_the_lower_margin(made: bytes) -> None:
    for page in PdfReader(io.BytesIO(made)).pages:
        heights: set[float] = set()

        def look(text: str, _: Any, matrix: list[float], *__: Any, heights: set[float] = heights) -> None:
            if text.strip():
                heights.add(matrix[5])

        page.extract_text(visitor_text=look)
        foot = {y for y in heights if y < 18 * 72 / 25.4}  # points from the lower edge
        assert len(foot) == 1 and len(heights) > 4 and max(foot) < 14 * 72 / 25.4


def test_an_empty_run_says_so_and_the_same_data_give_the_same_bytes() -> None:
    """In zones of their own: each time with its offset."""
    india, empty = timezone(timedelta(hours=5, minutes=30)), run(outcome=[])
    once, again = (
        debrief_pdf(empty, began_at=OPENED.astimezone(india), made_at=MADE.astimezone(UTC)) for _ in range(2)
    )
    assert once == again
    reader = PdfReader(io.BytesIO(once))
    text = " ".join(page.extract_text() for page in reader.pages)
    for words in ("expects no actions", "No alarm in this run.", "Nothing was injected", "names no points"):
        assert words in text
    assert "2026-11-02 14:30 UTC+05:30" in text and "2026-11-02 22:30 UTC+00:00" in text
    assert "pump" not in text and "Calls for help" not in text
    assert reader.metadata is not None and reader.metadata.title == "SIMULATION: Debrief: Apnoea"
    assert reader.metadata.creation_date == MADE


def test_the_figure_shows_truth_screen_alarms_and_acts() -> None:
    truth = {
        "t_s": [0.0, 100.0, 240.0, 700.0], "sao2": [97.0, 96.0, None, 61.0], "shown_spo2": [98.0, None, 97.0, 70.0],
        "paco2": [40.0] * 4, "shown_etco2": [38.0] * 4, "ce": [0.0, 1.0, 2.0, 250.0], "moaas": [5.0, 4.0, 1.0, 0.0],
    }  # fmt: skip
    figure = debrief_figure(
        run(
            truth=truth, to_s=700.0, alarms=[alarm(1), alarm(2, "medium"), alarm(3, "low")],
            happened=[said(300, "a", "acted"), said(310, "b", "injected")],
        ), 180, 118,
    )  # fmt: skip
    assert [len(axis.lines) for axis in figure.axes] == [2, 2, 1, 1]
    saturation, *_, level = figure.axes
    true, shown = saturation.lines
    np.testing.assert_array_equal(true.get_ydata(), [97.0, 96.0, np.nan, 61.0])
    np.testing.assert_array_equal(shown.get_ydata(), [98.0, np.nan, 97.0, 70.0])
    assert true.get_linewidth() > 2 * shown.get_linewidth()
    for axis in figure.axes:  # a low alarm is no mark
        marks = [
            (float(segment[0, 0]), to_hex(one.get_edgecolor()[0]), one.get_linestyle()[0][1] is None)
            for one in axis.collections if isinstance(one, LineCollection) for segment in one.get_segments()
        ]  # fmt: skip
        assert marks == [
            (241.0, "#c62828", False),
            (242.0, "#b26f00", False),
            (300.0, "#0a7a3c", True),
            (310.0, "#5044c8", False),
        ]
    assert saturation.get_ylim()[0] < 61 and saturation.get_ylim()[1] > 100
    assert level.get_xlim()[0] == 240.0 and level.get_xlim()[1] > 700.0
    assert level.lines[0].get_drawstyle() == "steps-post"
    assert [one.get_text() for one in level.get_xticklabels()][:2] == ["04:00", "05:00"]


def test_what_the_other_process_could_not_do_is_one_line() -> None:
    broken = run(scores=[score("x", "no such verdict", "")])
    with pytest.raises(PaperFailed, match=r"^the PDF could not be made: KeyError: 'no such verdict'$"):
        debrief_paper(broken, began_at=OPENED, made_at=MADE)
    stuck = (sys.executable, "-S", "-c", "import threading; threading.Event().wait()")
    with pytest.raises(PaperFailed, match=r"not ready after 0\.2 s"):
        debrief_paper(run(), began_at=OPENED, made_at=MADE, command=stuck, most_s=0.2)
    with pytest.raises(PaperFailed, match="could not be made"):
        debrief_paper(run(), began_at=OPENED, made_at=MADE, command=("/no/such/program",))


def test_a_start_of_the_program_loads_none_of_it() -> None:
    """In a process of its own, two seconds: libraries import each other, which no reading of our imports would show."""
    script = "import sys, dashboard.cli, dashboard.runtime, dashboard.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "dashboard.paper.process" in loaded
    assert not {"fpdf", "matplotlib", "fontTools", "dashboard.paper.debrief"} & set(loaded)
