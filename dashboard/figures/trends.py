"""Alarm figures side by side as small charts: one bar or point a week, profile version or session."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.analytics.kpi import Kpis, RuleCount
from dashboard.figures.theme import FONT, Theme, theme_of

#: Bars beyond this are left out, the oldest first: more could not be told apart.
MOST_GROUPS = 26
RULES_SHOWN = 10
GAP = 0.06

Groups = Sequence[tuple[str, Kpis]]


def trend_figure(groups: Groups, theme: str | Theme = "dark") -> dict[str, Any]:
    """Four charts on one row: alarms an hour by priority, share shorter than 15 s, seconds to acknowledge, sound paused. What was not
    measured (no hours, no acknowledgement) is a gap, never a zero."""
    look = theme if isinstance(theme, Theme) else theme_of(theme)
    groups = groups[-MOST_GROUPS:]
    names = [name for name, _ in groups]
    n = [f"{k.sessions} session{'' if k.sessions == 1 else 's'}, {k.hours:.1f} h" for _, k in groups]
    data: list[dict[str, Any]] = []
    for priority in ("low", "medium", "high"):
        data.append(
            {
                "type": "bar", "name": priority, "x": names, "y": [k.by_priority[priority].per_hour for _, k in groups], "customdata": n,
                "marker": {"color": look.edge(priority)}, "hovertemplate": f"%{{x}}<br>{priority} %{{y:.1f}} / h (%{{customdata}})<extra></extra>",
                "xaxis": "x", "yaxis": "y",
            }
        )  # fmt: skip
    data.append(
        _line(
            names, [_percent(k.all.short.value) for _, k in groups], n, "%{y:.0f} % shorter than 15 s", look.infusion, 2
        )
    )
    data.append(_line(names, [k.all.waits.median_s for _, k in groups], n, "median %{y:.0f} s", look.infusion, 3))
    data.append(
        _line(names, [k.all.waits.p95_s for _, k in groups], n, "95th percentile %{y:.0f} s", look.muted, 3, dash="dot")
    )
    paused = [k.paused.total_s / k.hours / 60 if k.all.per_hour is not None else None for _, k in groups]
    data.append(_line(names, paused, n, "%{y:.1f} min paused an hour", look.infusion, 4))
    titles = (
        "Alarms / patient-hour",
        "Shorter than 15 s, %",
        "Seconds to acknowledge (dotted: p95)",
        "Minutes paused / hour",
    )
    width = (1 - GAP * 3) / 4
    layout: dict[str, Any] = {
        "autosize": True, "showlegend": False, "barmode": "stack", "bargap": 0.35, "paper_bgcolor": look.panel, "plot_bgcolor": look.chart,
        "margin": {"l": 34, "r": 10, "t": 28, "b": 34}, "font": {"family": FONT, "size": 11, "color": look.muted}, "dragmode": False,
        "hoverlabel": {"bgcolor": look.panel, "bordercolor": look.line, "font": {"size": 12, "color": look.text, "family": FONT}},
        "annotations": [],
    }  # fmt: skip
    for i, words in enumerate(titles):
        key, low = "" if i == 0 else str(i + 1), i * (width + GAP)
        layout[f"xaxis{key}"] = {
            "type": "category", "domain": [low, low + width], "anchor": f"y{key}", "fixedrange": True, "tickangle": 0, "nticks": 4,
            "tickfont": {"size": 11, "color": look.muted}, "gridcolor": look.grid, "categoryorder": "array", "categoryarray": names,
        }  # fmt: skip
        layout[f"yaxis{key}"] = {
            "anchor": f"x{key}", "rangemode": "tozero", "fixedrange": True, "nticks": 4, "gridcolor": look.grid, "zeroline": False,
            "tickfont": {"size": 11, "color": look.muted},
        }  # fmt: skip
        layout["annotations"].append(
            {
                "text": words, "xref": "paper", "yref": "paper", "x": low, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 6,
                "showarrow": False, "font": {"size": 12, "color": look.text, "family": FONT},
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def rules_figure(
    rules: Sequence[RuleCount], words: Callable[[str], str], theme: str | Theme = "dark"
) -> dict[str, Any]:
    """The most frequent rules, the first on top, with what they and those above them make of all alarms."""
    look = theme if isinstance(theme, Theme) else theme_of(theme)
    shown = list(rules[:RULES_SHOWN])[::-1]
    colours: Mapping[str, str] = {p: look.edge(p) for p in ("high", "medium", "low")}
    labels = [f"{words(one.rule)} {'*' * {'high': 3, 'medium': 2}.get(one.priority, 1)}" for one in shown]
    bar = {
        "type": "bar", "orientation": "h", "y": [one.rule for one in shown], "x": [one.count for one in shown],
        "marker": {"color": [colours[one.priority] for one in shown]}, "cliponaxis": False, "textposition": "outside",
        "text": [f"{one.count} · Σ {100 * one.cumulative:.0f} %" for one in shown], "textfont": {"size": 11, "color": look.muted},
        "customdata": [one.per_hour for one in shown], "hovertemplate": "%{y}: %{x} alarms, %{customdata:.2f} / h<extra></extra>",
    }  # fmt: skip
    most = max((one.count for one in shown), default=1)
    layout = {
        "autosize": True, "showlegend": False, "paper_bgcolor": look.panel, "plot_bgcolor": look.panel, "dragmode": False, "bargap": 0.45,
        "margin": {"l": 8, "r": 8, "t": 4, "b": 6}, "font": {"family": FONT, "size": 12, "color": look.text},
        "xaxis": {"visible": False, "range": [0, most * 1.35], "fixedrange": True},
        "yaxis": {
            "type": "category", "tickmode": "array", "tickvals": [one.rule for one in shown], "ticktext": labels, "automargin": True,
            "fixedrange": True, "ticks": "", "ticklabelstandoff": 6, "tickfont": {"size": 12, "color": look.text},
        },
        "hoverlabel": {"bgcolor": look.panel, "bordercolor": look.line, "font": {"size": 12, "color": look.text, "family": FONT}},
    }  # fmt: skip
    if not shown:
        layout["annotations"] = [
            {"text": "No alarms", "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False, "font": {"size": 13, "color": look.muted}}
        ]  # fmt: skip
        layout["yaxis"] = {"visible": False}
    return {"data": [bar], "layout": layout}


def _line(
    x: Sequence[str],
    y: Sequence[float | None],
    n: Sequence[str],
    words: str,
    colour: str,
    axis: int,
    dash: str = "solid",
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "x": list(x), "y": list(y), "customdata": list(n), "xaxis": f"x{axis}", "yaxis": f"y{axis}",
        "line": {"width": 1.8, "color": colour, "dash": dash}, "marker": {"size": 7, "color": colour}, "connectgaps": False, "cliponaxis": False,
        "hovertemplate": f"%{{x}}<br>{words} (%{{customdata}})<extra></extra>",
    }  # fmt: skip


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
