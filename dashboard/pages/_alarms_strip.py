"""The strip beside the table: five minutes either side of what is selected, and what a reviewer does about it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.figures.occurrences import Occurrence
from dashboard.figures.record import SOURCES, SessionRecord
from dashboard.figures.strip import AROUND_S, Stretch, strip_figure
from dashboard.figures.summary import minutes
from dashboard.history.model import PERIODS, SessionAlarms
from dashboard.history.moment import facts, sent
from dashboard.pages._alarm_words import headline, initials, spells, verdict_who
from dashboard.pages._alarms_rows import PERIODS as WORDS
from dashboard.pages._nav import attrs
from dashboard.pages.services import Services
from dashboard.session.numbers import num

EMPTY_FIGURE: dict[str, Any] = {
    "data": [],
    "layout": {
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": {"visible": False}, "yaxis": {"visible": False},
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picked:
    """What is selected: an alarm by its number, or (None) a moment of a session."""

    session: str
    number: int | None
    at_s: float


def picked_of(data: Any) -> Picked | None:
    """None for anything that no table of ours sends."""
    if not isinstance(data, dict):
        return None
    session, number, at_s = data.get("session"), data.get("number"), data.get("t_s")
    if not isinstance(session, str) or not isinstance(at_s, int | float) or not -1e7 < at_s < 1e7:
        return None
    return Picked(session, number if isinstance(number, int) else None, float(at_s))


def strip() -> html.Div:
    graph = dcc.Graph(
        id=ids.ALARMS_STRIP,
        figure=EMPTY_FIGURE,
        config={
            "displayModeBar": False,
            "displaylogo": False,
            "responsive": True,
            "scrollZoom": False,
            "doubleClick": False,
        },
        className="strip-chart",
        style={"height": "100%"},
    )
    return html.Div(
        [
            html.Div(line(None, None), id=ids.ALARMS_LINE, className="strip-line", **attrs({"aria-live": "polite"})),
            html.Div(graph, className="chart-box"),
            _acts(),
        ],
        className="plate alarms-strip",
    )


def _acts() -> html.Div:
    """Verdicts for a hand instead of a key, and the way to the session."""
    words = (("true", "T", "True"), ("nuisance", "N", "Nuisance"), ("technical", "X", "Technical"), ("", "U", "Undo"))
    buttons = [
        html.Button(
            [html.Kbd(key), text],
            type="button",
            className=f"btn judge judge-{word or 'undo'}",
            disabled=True,
            **attrs({"data-judge": word, "title": f"{text} (key {key})"}),
        )
        for word, key, text in words
    ]
    jump = html.A(
        ["Session", html.Kbd("↵")],
        className="btn strip-jump",
        hidden=True,
        title="The session at this moment",
        **attrs({"data-el": "jump"}),
    )
    note = html.Div(className="strip-note", **attrs({"data-el": "note"}))  # the script puts a field in: html has none
    return html.Div([*buttons, note, jump], className="strip-acts")


def show(services: Services, picked: Picked, theme: str) -> tuple[dict[str, Any], list[Component]]:
    """The figure, and the line above it. Blocks: it reads ten minutes of samples."""
    history = services.histories().one(picked.session)
    if history is None:
        return EMPTY_FIGURE, line(None, None, "This session is no longer on this computer.")
    one = next((o for o in history.occurrences if o.number == picked.number), None)
    at_s = picked.at_s if one is None else one.onset_s
    record = services.window(picked.session, at_s - AROUND_S, at_s + AROUND_S)
    if record is None:
        return EMPTY_FIGURE, line(None, None, "This session could not be read.")
    by = initials(one.acknowledged_by) if one else ""
    figure = strip_figure(record, at_s, one, stretches(history), by, theme)
    return figure, line(history, one, at_s=at_s, worst=worst_value(history, one, record))


def worst_value(history: SessionAlarms, one: Occurrence | None, record: SessionRecord) -> str:
    """`lowest 77 at 13:30:23`: how far it went while the alarm stood, within the record's ten minutes; empty where the rule is no plain
    limit of one signal, or the value of the alarm was the worst already."""
    rule = history.rules.get(one.rule) if one is not None else None
    if one is None or rule is None or rule.operator not in ("≤", "≥") or rule.signal not in SOURCES:
        return ""
    if rule.unit == "%" and rule.signal != "spo2":
        return ""  # so far from the baseline, which is not what the signal says
    column = record.trend(rule.signal)
    end_s = history.end_s if one.ended_s is None else one.ended_s
    stood = (record.t_s >= one.onset_s) & (record.t_s <= end_s) & ~np.isnan(column)
    if not stood.any():
        return ""
    low = rule.operator == "≤"
    values = column[stood]
    i = int(np.argmin(values) if low else np.argmax(values))
    worst = float(values[i])
    if isinstance(one.value, int | float) and (worst >= one.value if low else worst <= one.value):
        return ""
    return f"{'lowest' if low else 'highest'} {num(worst, 1)} at {history.wall(float(record.t_s[stood][i])):%H:%M:%S}"


def stretches(history: SessionAlarms) -> list[Stretch]:
    words = {kind: WORDS.get(kind, "No data") for kind in PERIODS}
    return [
        Stretch(
            one.from_s,
            one.to_s,
            f"{words[one.kind]}: {one.what}" if one.what and one.kind != "no data" else one.what or words[one.kind],
        )
        for one in history.periods
    ]


def line(
    history: SessionAlarms | None,
    one: Occurrence | None,
    empty: str = "Select an alarm.",
    at_s: float = 0.0,
    worst: str = "",
) -> list[Component]:
    """All that is asked about an alarm, in one line: what, trigger then in force, infusion, consciousness, oxygen, who and when."""
    if history is None:
        return [html.Span(empty, className="hushed")]
    clock = f"{history.wall(at_s):%H:%M:%S}"
    if one is None:
        return [html.B(clock), html.Span("5 minutes either side", className="hushed")]
    what = html.B(f"{clock} {headline(history.rules, one)}", className=f"word-{one.priority}")
    later = one.asked_s is not None and one.asked_s > one.onset_s
    since = f"{one.priority} from {history.wall(one.asked_s):%H:%M:%S}" if later and one.asked_s is not None else ""
    parts = [since, worst, *facts(history, one), answered(one), sent(history, one), spells(one, history.end_s)]
    who = verdict_who(history.verdicts.get(one.number, ()))
    return [
        what,
        html.Span(" · ".join(part for part in parts if part), className="strip-facts"),
        *([html.Span(who, className="strip-who")] if who else []),
    ]


def answered(one: Occurrence) -> str:
    """`ack R.N. after 0:07`, or that nobody did."""
    if one.waited_s is None:
        return "not acknowledged"
    return f"ack {initials(one.acknowledged_by)} after {minutes(one.waited_s)}".replace("  ", " ")
