"""NEWS2 through a session, for review: the score without consciousness, and on top of it the points that consciousness adds."""

from typing import Any

from dashboard.analytics.news2 import EMERGENCY, URGENT, Course
from dashboard.figures.record import SessionRecord
from dashboard.figures.theme import FONT, Theme, rgba, theme_of

#: What the college's two thresholds ask for.
THRESHOLDS = ((URGENT, "5 urgent"), (EMERGENCY, "7 emergency"))


def news2_figure(record: SessionRecord, course: Course, theme: str | Theme = "dark") -> dict[str, Any]:
    """A minute with nothing known is a gap. A partial score is drawn as the least that it can be; the hover says of what."""
    look = theme if isinstance(theme, Theme) else theme_of(theme)
    known = [bool(one.score.points) for one in course.minutes]
    x = [record.wall_ms(one.t_s) for one in course.minutes]
    without = [one.score.without_consciousness if k else None for one, k in zip(course.minutes, known, strict=True)]
    total = [one.score.total if k else None for one, k in zip(course.minutes, known, strict=True)]
    missing = [f"{len(one.score.missing)} of 7 missing" if one.score.missing else "complete" for one in course.minutes]
    step = {"type": "scatter", "mode": "lines", "x": x, "connectgaps": False}
    traces = [
        step | {
            "name": "without consciousness", "y": without, "line": {"shape": "hv", "width": 1.8, "color": look.text},
            "hovertemplate": "without consciousness %{y}<extra></extra>",
        },
        step | {
            "name": "with consciousness", "y": total, "line": {"shape": "hv", "width": 1.4, "color": look.loc}, "fill": "tonexty",
            "fillcolor": rgba(look.loc, 0.22), "customdata": missing, "hovertemplate": "NEWS2 %{y} (%{customdata})<extra></extra>",
        },
    ]  # fmt: skip
    highest = max([EMERGENCY + 1, *(value + 1 for value in total if value is not None)])
    axis = {"gridcolor": look.grid, "zeroline": False, "tickfont": {"size": 11, "color": look.muted}, "ticks": ""}
    lines = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": {"width": 1, "dash": "dot", "color": look.muted}, "layer": "below"}
        for at, _ in THRESHOLDS
    ]  # fmt: skip
    words = [
        {
            "text": text, "xref": "paper", "x": 1, "xanchor": "right", "y": at, "yanchor": "bottom", "showarrow": False,
            "font": {"size": 11, "color": look.muted, "family": FONT},
        }
        for at, text in THRESHOLDS
    ]  # fmt: skip
    layout = {
        "autosize": True, "showlegend": False, "paper_bgcolor": look.panel, "plot_bgcolor": look.chart, "hovermode": "x unified",
        "margin": {"l": 34, "r": 12, "t": 8, "b": 26}, "font": {"family": FONT, "size": 11, "color": look.muted}, "dragmode": False,
        "hoverlabel": {"bgcolor": look.panel, "bordercolor": look.line, "font": {"size": 12, "color": look.text, "family": FONT}},
        "xaxis": axis | {"type": "date", "hoverformat": "%H:%M", "tickformat": "%H:%M", "fixedrange": True, "range": [record.wall_ms(record.start_s), record.wall_ms(record.end_s)]},
        "yaxis": axis | {"range": [0, highest], "dtick": 2, "fixedrange": True}, "shapes": lines, "annotations": words,
    }  # fmt: skip
    return {"data": traces, "layout": layout}
