"""The tiles over the alarm history: what each says, and that little is said to be little."""

from typing import Any

from alarm_histories import alarm, session
from dash.development.base_component import Component

from dashboard.analytics.kpi import Share, kpis
from dashboard.analytics.past import reference
from dashboard.history.model import Period
from dashboard.pages._alarms_stats import clock, percent, tiles


def said(tile: Component) -> tuple[str, str, str, str]:
    """Title, figure, note, and the class of the figure."""
    title, line, _ = tile.children
    value, note = line.children
    return title.children, value.children, note.children, value.className.removeprefix("stat-value").strip()


def row(*args: Any) -> dict[str, tuple[str, str, str]]:
    return {title: rest for title, *rest in map(said, tiles(*args).children)}  # type: ignore[misc]


def a_session() -> Any:
    """25 alarms in four hours: 2 high, 11 medium, 12 low; seven of them short."""
    many = [
        alarm(i, 500.0 * i, 8 if i < 7 else 40, priority=p, after_s=None if p == "low" else float(i))
        for i, p in enumerate(["high"] * 2 + ["medium"] * 10 + ["low"] * 12)
    ]
    pauses = [Period("audio paused", t, t + s) for t, s in ((0, 120), (900, 100), (2000, 30))]
    return session([*many, alarm(99, 14_000, 12)], periods=pauses, hours=25 / 6.3)


def test_the_tiles_of_a_session() -> None:
    past = reference([session([alarm(i, 60.0 * i) for i in range(n)], name=f"s{n}", hours=1) for n in (2, 3, 4, 5, 6)])
    assert row(kpis([a_session()]), past, Share(71, 100)) == {
        "Alarms / patient-hour": ["6.3", "clinic median 4", ""],
        "High": ["2", "0.5 / h", "tone-high"],
        "Medium": ["11", "2.8 / h", "tone-medium"],
        "Low": ["12", "3 / h", "tone-low"],
        "Shorter than 15 s": ["32 %", "plain limits 71 %", "tone-good"],
        "Median to acknowledge": ["00:06", "p95 00:11", ""],
        "Never acknowledged": ["1", "medium", "tone-medium"],
        "Paused audio": ["04:10", "3 times", ""],
    }


def test_nothing_is_made_of_nothing() -> None:
    assert row(kpis([])) == {
        "Alarms / patient-hour": ["–", "no earlier sessions", ""],
        "High": ["0", "", ""],
        "Medium": ["0", "", ""],
        "Low": ["0", "", ""],
        "Shorter than 15 s": ["–", "no earlier sessions", ""],
        "Median to acknowledge": ["–", "", ""],
        "Never acknowledged": ["–", "", ""],
        "Paused audio": ["00:00", "never", "tone-hushed"],
    }


def test_few_are_said_to_be_few() -> None:
    few = kpis([session([alarm(1, 0, after_s=4), alarm(2, 900, after_s=8)])])
    past = reference([session([alarm(1, 0)], hours=1)])
    assert row(few, past)["Median to acknowledge"] == ["00:06", "longest 00:08 of 2", ""]
    assert row(few, past)["Alarms / patient-hour"] == ["0.5", "clinic median 1 of 1", ""]


def test_plain_limits_that_are_no_worse_earn_no_green() -> None:
    made = kpis([a_session()])
    assert row(made, reference([]), Share(1, 100))["Shorter than 15 s"][2] == ""


def test_words_of_figures() -> None:
    assert [percent(share) for share in (None, 0.0, 0.004, 0.28, 0.996, 1.0)] == [
        "–",
        "0 %",
        "< 1 %",
        "28 %",
        "> 99 %",
        "100 %",
    ]
    assert [clock(s) for s in (0, 9.4, 250, 3600, -3)] == ["00:00", "00:09", "04:10", "1:00:00", "00:00"]
