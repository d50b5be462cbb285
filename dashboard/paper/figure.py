"""The figure of a debrief for paper: truth beside what the monitor showed, alarms and acts. As assets/train-figure.js draws it."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from numpy.typing import NDArray

#: Label, what is true, what the monitor showed, colour, least range.
ROWS: tuple[tuple[str, str, str | None, str, tuple[float, float]], ...] = (
    ("SpO₂ %", "sao2", "shown_spo2", "#0b5fc4", (80, 100)),
    ("CO₂ mmHg", "paco2", "shown_etco2", "#b51d6e", (20, 60)),
    ("Ce ng/mL", "ce", None, "#7b45bd", (0, 100)),
    ("MOAA/S", "moaas", None, "#85571c", (0, 5)),
)
Style = Literal["-", "--", "-.", ":"]
ALARMS: dict[str, tuple[str, Style]] = {"high": ("#c62828", "--"), "medium": ("#b26f00", "-.")}
DONE: dict[str, tuple[str, Style]] = {"acted": ("#0a7a3c", "-"), "injected": ("#5044c8", ":")}
CROWD = 40
#: Seconds between two marks of the time axis: the smallest that gives at most nine.
STEPS_S = (10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
INCH_MM = 25.4
#: The date among it would make each sheet another one.
_SAID_OF_ITSELF = ("Date", "Creator", "Format", "Type")


def clock(seconds: float | None) -> str:
    """The run's clock, "07:05"; minutes go on after an hour."""
    if seconds is None:
        return "–"
    whole = max(0, int(seconds))
    return f"{whole // 60:02d}:{whole % 60:02d}"


def figure_svg(data: Mapping[str, Any], width_mm: float, height_mm: float) -> bytes:
    """Lines, not dots: sharp on a projector too, and a fifth of the bytes."""
    out = io.BytesIO()
    debrief_figure(data, width_mm, height_mm).savefig(out, format="svg", metadata=dict.fromkeys(_SAID_OF_ITSELF))
    return out.getvalue()


def debrief_figure(data: Mapping[str, Any], width_mm: float, height_mm: float) -> Figure:
    """One axis for each of ROWS, from `debrief_of`'s data; empty axes for a run without any truth."""
    layout = ConstrainedLayoutEngine(h_pad=0.02, hspace=0.02)
    figure = Figure(figsize=(width_mm / INCH_MM, height_mm / INCH_MM), layout=layout)
    axes: Sequence[Axes] = figure.subplots(len(ROWS), 1, sharex=True)
    truth = data["truth"]
    t_s = _column(truth, "t_s")
    for axis, (label, real, shown, colour, least) in zip(axes, ROWS, strict=True):
        true, seen = _column(truth, real), _column(truth, shown)
        style = "steps-post" if real == "moaas" else "default"
        axis.plot(t_s, true, color=colour, linewidth=2.0, drawstyle=style, zorder=4)
        if shown:
            axis.plot(t_s, seen, color=colour, linewidth=0.8, alpha=0.85, zorder=3)
        axis.set_ylim(*_range(np.concatenate([true, seen]), least))
        axis.set_ylabel(label, color=colour, fontsize=8)
        axis.tick_params(labelsize=7.5, colors="#3a4a5f", length=2)
        axis.grid(color="#e3e8ee", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.locator_params(axis="y", nbins=4)
        _marks(axis, data)
    _time_axis(axes[-1], data["from_s"], max(data["to_s"], float(t_s[-1]) if t_s.size else 0.0))
    _numbers(axes[0], [one for one in data["happened"] if one.get("mark")], width_mm)
    figure.align_ylabels(axes)
    figure.legend(handles=_legend(), loc="outside upper center", ncols=3, fontsize=7.5, frameon=False)
    return figure


def _column(truth: Mapping[str, Any], name: str | None) -> NDArray[np.float64]:
    values = truth.get(name, ()) if name else ()
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _range(values: NDArray[np.float64], least: tuple[float, float]) -> tuple[float, float]:
    low, high = least
    found = values[np.isfinite(values)]
    if found.size:
        low, high = min(low, float(found.min())), max(high, float(found.max()))
    room = 0.06 * (high - low)
    return low - room, high + room


def _marks(axis: Axes, data: Mapping[str, Any]) -> None:
    """Under the curves; alarms so many that they would hide the grid are drawn fainter, acts never."""

    def upright(times_s: Sequence[float], colour: str, style: Style, faint: float, above: int) -> None:
        axis.vlines(
            times_s, 0, 1, transform=axis.get_xaxis_transform(), colors=colour, linestyles=style, linewidth=1.1, alpha=faint, zorder=above
        )  # fmt: skip

    faint = 1.0 if sum(one["priority"] in ALARMS for one in data["alarms"]) <= CROWD else 0.45
    for priority, (colour, style) in ALARMS.items():
        upright([one["t_s"] for one in data["alarms"] if one["priority"] == priority], colour, style, faint, 1)
    for kind, (colour, style) in DONE.items():
        upright([one["t_s"] for one in data["happened"] if one["kind"] == kind], colour, style, 1.0, 2)


def _numbers(axis: Axes, marks: Sequence[Mapping[str, Any]], width_mm: float) -> None:
    """The number of each act and injection over its line; those that would lie on one another share a place: "2–5"."""
    from_s, to_s = axis.get_xlim()
    apart_s = 6.5 / (width_mm - 20.0) * (to_s - from_s)  # mm on paper: two numbers and a dash
    groups: list[list[Mapping[str, Any]]] = []
    for one in marks:
        if groups and one["t_s"] - groups[-1][0]["t_s"] < apart_s:
            groups[-1].append(one)
        else:
            groups.append([one])
    for group in groups:
        first, last = group[0], group[-1]
        words = f"{first['mark']}" if len(group) == 1 else f"{first['mark']}–{last['mark']}"
        axis.text(
            (first["t_s"] + last["t_s"]) / 2, 1.02, words, transform=axis.get_xaxis_transform(), ha="center", va="bottom", fontsize=7.5,
        )  # fmt: skip


def _time_axis(axis: Axes, from_s: float, to_s: float) -> None:
    to_s = max(from_s + 60.0, to_s + 0.02 * (to_s - from_s))
    step_s = next((step for step in STEPS_S if (to_s - from_s) / step <= 9), STEPS_S[-1])
    ticks = np.arange(np.ceil(from_s / step_s) * step_s, to_s, step_s)
    axis.set_xlim(from_s, to_s)
    axis.set_xticks(ticks, [clock(float(t)) for t in ticks])
    axis.set_xlabel("time of the scenario, min:s", fontsize=8, color="#3a4a5f")


def _legend() -> list[Line2D]:
    def line(label: str, colour: str, style: Style, width: float) -> Line2D:
        return Line2D([], [], color=colour, linestyle=style, linewidth=width, label=label)

    return [
        line("true (thick)", "#1c2733", "-", 2.0), line("as the monitor showed it (thin)", "#1c2733", "-", 0.7),
        line("high alarm (dashed)", *ALARMS["high"], 1.1), line("medium alarm (dash and dot)", *ALARMS["medium"], 1.1),
        line("the trainee did (upright, numbered below)", *DONE["acted"], 1.1), line("injected (dotted)", *DONE["injected"], 1.1),
    ]  # fmt: skip
