"""The section below the alarm history: charts that plotly takes, words that say what was counted, links that lead to the alarms."""

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest
from alarm_histories import alarm, session
from dash.development.base_component import Component

from dashboard.analytics.comparison import Compared, Desaturation
from dashboard.analytics.kpi import Share, kpis
from dashboard.figures.record import RuleText
from dashboard.figures.trends import rules_figure, trend_figure
from dashboard.history.model import SessionAlarms
from dashboard.pages import _alarms_trends as trends
from dashboard.plain_limits import Progress


def text(component: Any) -> str:
    if isinstance(component, Component):
        return text(getattr(component, "children", ""))
    return "".join(text(one) for one in component) if isinstance(component, list | tuple) else str(component or "")


def clinic() -> list[SessionAlarms]:
    def one(number: int, count: int, version: str) -> SessionAlarms:
        alarms = [alarm(i, 400.0 * i, 10 + 10 * i, after_s=5.0 + i) for i in range(count)]
        made = session(alarms, name=f"s{number}", days=3.0 * number, hours=2, version=version)
        return replace(made, rules={"SPO2_LOW_2": RuleText("SpO₂ low", "≤", "%", "spo2")})

    return [one(0, 4, "0.1.0"), one(1, 6, "0.1.0"), one(2, 2, "0.2.0"), one(3, 0, "0.2.0")]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("week", ["2026-W47", "2026-W48"]),
        ("profile", ["A-standard-adult 0.1.0", "A-standard-adult 0.2.0"]),
        (
            "session",
            ["11-21 09:00<br>Room 1", "11-24 09:00<br>Room 1", "11-27 09:00<br>Room 1", "11-30 09:00<br>Room 1"],
        ),
    ],
)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_charts_are_ones_that_plotly_takes(by: str, names: list[str], theme: str) -> None:
    found = trends.groups(clinic(), by)
    if by == "week":
        names = [*names, "2026-W49"]
    assert [name for name, _ in found] == names
    figure = go.Figure(trend_figure(found, theme))
    assert len(figure.data) == 7 and list(figure.data[0].x) == names


def test_what_was_not_measured_is_a_gap() -> None:
    figure = trend_figure([("a", kpis([session(hours=0)])), ("b", kpis(clinic()[:1]))])
    rates = {one.get("name"): one["y"] for one in figure["data"] if one["type"] == "bar"}
    assert rates["medium"] == [None, 2.0]
    assert [one["y"] for one in figure["data"] if one["type"] == "scatter"] == [
        [None, 25.0],
        [None, 6.5],
        [None, None],
        [None, 0.0],
    ]


def test_rules_stand_most_frequent_on_top_with_stars_and_sums() -> None:
    made = kpis(
        [
            session(
                [
                    alarm(i, 60.0 * i, rule=r, priority=p)
                    for i, (r, p) in enumerate([("A", "high"), ("B", "low"), ("B", "low")])
                ]
            )
        ]
    )
    figure = rules_figure(made.rules, {"A": "apnoea", "B": "cuff overdue"}.__getitem__)
    go.Figure(figure)
    assert figure["layout"]["yaxis"]["ticktext"] == ["apnoea ***", "cuff overdue *"]
    assert figure["data"][0]["text"] == ["1 · Σ 100 %", "2 · Σ 67 %"]
    go.Figure(rules_figure((), str))


def test_what_to_look_at_leads_to_its_alarms() -> None:
    chatter = [alarm(i, 100.0 * i, rule="SPO2_LOW_2") for i in range(1, 5)]
    long = alarm(9, 5_000, 2_000, rule="SBP_HIGH")
    flood = [alarm(20 + i, 9_000.0 + 30 * i, rule=f"R{i}") for i in range(10)]
    one = session([*chatter, long, *flood], name="0193 ab")
    lines = trends.to_look_at([one], kpis([one]))[0].children
    assert [text(line) for line in lines] == [
        "flood10 alarms in 04:302026-11-21 11:30 · Room 1",
        "chatteringSPO2_LOW_2 4 times in 05:002026-11-21 09:01 · Room 1",
        "standingSBP_HIGH for 33:202026-11-21 10:23 · Room 1",
    ]
    assert [line.children.href for line in lines] == [
        "/alarms?session=0193%20ab&pick=0193%20ab%3A20",
        "/alarms?session=0193%20ab&rule=SPO2_LOW_2&pick=0193%20ab%3A1",
        "/alarms?session=0193%20ab&rule=SBP_HIGH&pick=0193%20ab%3A9",
    ]
    assert text(trends.to_look_at([session()], kpis([session()]))).startswith("Nothing: no rule fired")


def compared(**more: Any) -> Compared:
    fields: dict[str, Any] = {
        "sessions": 2, "hours": 7.5, "alarms": 20, "plain_alarms": 90, "ours": Share(6, 20), "plain": Share(64, 88),
        "desaturations": (Desaturation("s", 100, 140, 79, 5.0), Desaturation("s", 900, 930, 82, 0.0)),
    }  # fmt: skip
    return Compared(**fields | more)


def test_the_comparison_in_words() -> None:
    done = Progress(2, 2, 0, compared())
    said = text(trends.plain_words(done))
    assert (
        "6 short alarms of 20 with the limits as they were, 64 of 88 with the same limits without delay and hysteresis: 91 % fewer."
        in said
    )
    assert (
        "Missed desaturations (below 85 % for 15 s or longer): 0 of 2. Announced at the latest 5 s after the onset."
        in said
    )
    assert "over 2 recorded sessions (7.5 h)." in said
    assert trends.plain_note(done, 3) == {"words": "plain limits 73 %", "better": True, "asked": 3}


def test_a_missed_desaturation_is_said_in_red() -> None:
    words = trends.plain_words(Progress(2, 2, 0, compared(desaturations=(Desaturation("s", 100, 140, 79),))))
    assert "1 of 1." in text(words) and words[1].className == "plain-missed"  # type: ignore[union-attr]


def test_an_unfinished_comparison_says_how_far_it_is_and_writes_no_tile() -> None:
    half = Progress(1, 3, 4, compared(sessions=1, desaturations=()))
    said = text(trends.plain_words(half))
    assert "1 of 3 done so far, 4 older ones, or of unknown limits, left out" in said
    assert "No SpO₂ below 85 % for 15 s or longer" in said
    assert trends.plain_note(half, 1) is None
    assert (
        text(trends.plain_words(Progress(0, 3, 0, compared(sessions=0))))
        == "Comparing with plain limits: 0 of 3 sessions …"
    )


def test_no_alarm_either_way_is_said_so() -> None:
    calm = compared(alarms=0, plain_alarms=0, ours=Share(0, 0), plain=Share(0, 0), desaturations=())
    assert text(trends.plain_words(Progress(1, 1, 0, calm))).startswith(
        "No alarm, with delay and hysteresis or without."
    )


def test_more_short_alarms_than_plain_limits_are_called_more() -> None:
    assert "50 % more." in text(trends.plain_words(Progress(1, 1, 0, compared(ours=Share(6, 9), plain=Share(4, 9)))))
    assert trends.plain_note(Progress(1, 1, 0, compared(ours=Share(9, 9))), 0)["better"] is False  # type: ignore[index]
