"""The whole session on one time axis: one panel per quantity, gaps as gaps, limits dotted, nothing that was not recorded.

Figures are plain dictionaries in plotly's form: building them through plotly's classes takes five times as long, and a
test holds them valid. Every trace is cut to the window and thinned to `BUDGET` points (`figures.decimate`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.figures.arrays import f4, f8
from dashboard.figures.decimate import decimate
from dashboard.figures.lanes import Bar, Label, merged, one_per_pixel, place, strokes
from dashboard.figures.occurrences import STARS, Occurrence, occurrences
from dashboard.figures.panels import (
    ALARM_ROW,
    ALWAYS,
    LEFT_PX,
    PANELS,
    Focus,
    Panel,
    frame,
    highest_per,
    round_up,
    steps,
    title,
)
from dashboard.figures.record import Cuff, Floats, SessionRecord, cuff_readings
from dashboard.figures.scales import level_number, ticks_of
from dashboard.figures.theme import FONT, Theme, rgba, theme_of
from dashboard.figures.words import MARKED, short
from dashboard.session.events import PhaseChanged
from dashboard.session.numbers import num

BUDGET = 2_400
#: Width of the time axis that marks are thinned for. A wider screen draws them a little further apart.
WIDTH_PX = 900.0
#: Width for which labels are placed: that of the chart on the smallest screen, so that they never overlap.
LABELS_PX = 480.0
RIGHT_PX, TOP_PX, BOTTOM_PX = 14, 6, 26
PANEL_GAP = 0.012

Window = tuple[float, float]
Trace = dict[str, Any]


def session_figure(
    record: SessionRecord, window: Window | None = None, theme: str | Theme = "dark", focus: Focus | None = None
) -> dict[str, Any]:
    """The figure of `window` (seconds on the session clock; None: the whole session), drawn in `theme`."""
    look = theme if isinstance(theme, Theme) else theme_of(theme)
    start_s, end_s = window or (record.start_s, record.end_s)
    if end_s <= start_s:
        end_s = start_s + 1.0
    view = View(record, start_s, end_s, look)
    for panel in PANELS:
        getattr(view, f"_{panel.key}")(panel)
    return view.figure(focus)


class View:
    """Collects the panels of one figure: traces, scales, words."""

    def __init__(self, record: SessionRecord, start_s: float, end_s: float, theme: Theme) -> None:
        self.record, self.start_s, self.end_s, self.theme = record, start_s, end_s, theme
        self.zero_ms = record.wall_ms(0.0)
        self.pixel_s = (end_s - start_s) / WIDTH_PX
        self.rows: list[tuple[Panel, list[Trace], dict[str, Any]]] = []
        self.labels: list[dict[str, Any]] = []

    def _rate(self, panel: Panel) -> None:
        self._trend(panel, "rate")

    def _spo2(self, panel: Panel) -> None:
        self._trend(panel, "spo2")

    def _etco2(self, panel: Panel) -> None:
        self._trend(panel, "etco2")

    def _rr(self, panel: Panel) -> None:
        self._trend(panel, "rr")

    def _trend(self, panel: Panel, signal: str) -> None:
        column = self.record.trend(signal)
        if np.all(np.isnan(column)) and panel.key not in ALWAYS:
            return
        x, y = decimate(self.record.t_s, column, self.start_s, self.end_s, BUDGET)
        colour = panel.colour(self.theme)
        trace = self._line(panel.title, x, y, colour, hover=f"{panel.title} %{{y:.0f}} {panel.unit}")
        limits = self._limits((signal,), colour)
        self._add(panel, [*limits, trace], self._scale(panel, y, *(np.asarray(t["_y"]) for t in limits)))

    def _bp(self, panel: Panel) -> None:
        colour = panel.colour(self.theme)
        traces = self._limits(("sbp",), colour)  # six lines of three pressures would hide the sticks
        seen = [np.asarray(t["_y"]) for t in traces]
        for name, words in (("abp_sys", "ABP systolic"), ("abp_dia", "ABP diastolic")):
            column = self.record.trend(name)
            if not np.all(np.isnan(column)):
                x, y = decimate(self.record.t_s, column, self.start_s, self.end_s, BUDGET)
                traces.append(self._line(words, x, y, colour, hover=f"{words} %{{y:.0f}} mmHg"))
                seen.append(y)
        cuffs = [cuff for cuff in cuff_readings(self.record) if self.start_s <= cuff.t_s <= self.end_s]
        # A stick takes about four pixels: of more than one on a pixel the highest pressure is the one to keep.
        cuffs = highest_per(cuffs, 4 * self.pixel_s)
        if cuffs:
            traces.extend(self._sticks(cuffs, colour))
            seen.append(np.array([v for c in cuffs for v in (c.sys, c.dia) if v is not None]))
        self._add(panel, traces, self._scale(panel, *seen))

    def _sticks(self, cuffs: Sequence[Cuff], colour: str) -> list[Trace]:
        pairs = [cuff for cuff in cuffs if cuff.dia is not None]
        x = np.repeat([cuff.t_s for cuff in pairs], 3)
        y = np.array([v for cuff in pairs for v in (cuff.sys, cuff.dia, np.nan)], dtype=np.float64)
        stick = self._line("BP", x, y, colour, width=1.2, hover=None)
        words = [
            f"BP {cuff.sys:.0f}/{'–' if cuff.dia is None else f'{cuff.dia:.0f}'}"
            f"{'' if cuff.mean is None else f' ({cuff.mean:.0f})'} mmHg{' typed in' if cuff.manual else ''}"
            for cuff in cuffs
        ]
        times = [cuff.t_s for cuff in cuffs]
        # Carets with the value at the tip, as anaesthesia charts draw them.
        down = self._marks("BP systolic", times, [c.sys for c in cuffs], colour, "y-down", words)
        up = self._marks(
            "BP diastolic", [c.t_s for c in pairs], [float(c.dia or 0) for c in pairs], colour, "y-up", None
        )
        return [stick, down, up]

    def _infusion(self, panel: Panel) -> None:
        segments = self.record.session.infusion.segments
        x, y = steps([(s.from_s, s.rate_mg_h) for s in segments], self.start_s, self.end_s)
        colour = panel.colour(self.theme)
        trace = self._line("Rate", x, y, colour, hover="ketamine %{y:.1f} mg/h", fill=rgba(colour, 0.16))
        boluses = [b for b in self.record.session.infusion.boluses if self.start_s <= b.t_s <= self.end_s]
        traces = [trace]
        if boluses:
            words = [f"bolus {num(b.dose_mg)} mg" for b in boluses]
            traces.append(
                self._marks(
                    "Bolus", [b.t_s for b in boluses], [0.0] * len(boluses), colour, "triangle-up", words, size=9
                )
            )
        self._add(panel, traces, self._scale(panel, y, neat=True))

    def _given(self, panel: Panel) -> None:
        infusion = self.record.session.infusion
        if not infusion.segments and not infusion.boluses:
            return
        bends = {self.start_s, self.end_s, *(s.from_s for s in infusion.segments)}
        for bolus in infusion.boluses:
            bends |= {bolus.t_s - 0.5, bolus.t_s}
        x = np.array(sorted(t for t in bends if self.start_s <= t <= self.end_s))
        y = np.array([infusion.given_mg(float(t)) for t in x])
        colour = panel.colour(self.theme)
        traces = [self._line("Given", x, y, colour, hover="given %{y:.1f} mg")]
        planned = self.record.session.planned_mg
        if planned > 0:
            plan = self._line(
                "Planned",
                np.array([self.start_s, self.end_s]),
                np.array([planned, planned]),
                colour,
                width=1,
                hover=None,
            )
            plan["line"]["dash"] = "dash"
            traces.insert(0, plan)
        self._add(panel, traces, self._scale(panel, y, np.array([planned]), neat=True))

    def _predicted(self, panel: Panel) -> None:
        prediction = self.record.prediction
        if prediction is None:
            return
        colour = panel.colour(self.theme)

        def line(name: str, curve: Floats, **more: Any) -> Trace:
            x, y = decimate(prediction.t_s, curve, self.start_s, self.end_s, 1_200, gap_s=np.inf)
            return self._line(name, x, y, colour, **more)

        low, high = (line(n, c, width=0, hover=None) for n, c in (("low", prediction.low), ("high", prediction.high)))
        high.update(fill="tonexty", fillcolor=rgba(colour, 0.15))
        lines = [low, high, line("Predicted", prediction.cp, hover="predicted %{y:.0f} ng/mL, not measured")]
        lines[-1]["line"]["dash"] = "dash"
        if prediction.ce is not None:
            lines.append(line("Effect site", prediction.ce, width=1, hover="effect site %{y:.0f} ng/mL, predicted"))
            lines[-1]["line"]["dash"] = "dot"
        self._add(panel, lines, self._scale(panel, high["_y"], neat=True))

    def _loc(self, panel: Panel) -> None:
        opened = self.record.session.opened
        scale = opened.scale if opened else "moaas"
        colour = panel.colour(self.theme)
        seen = [
            (entry.t_s, value, f"{entry.event.scale.upper()} {entry.event.level} · {entry.by}")
            for entry in self.record.session.assessments
            if entry.event.scale == scale and (value := level_number(scale, entry.event.level)) is not None
        ]
        x, y = steps([(t, v) for t, v, _ in seen], self.start_s, self.end_s, until_last=True)
        inside = [
            i
            for i in one_per_pixel([t for t, _, _ in seen], self.start_s, 3 * self.pixel_s)
            if self.start_s <= seen[i][0] <= self.end_s
        ]
        line = self._line("LOC", x, y, colour, width=1, hover=None)
        dots = self._marks(
            "LOC",
            [seen[i][0] for i in inside],
            [seen[i][1] for i in inside],
            colour,
            "circle",
            [seen[i][2] for i in inside],
            size=6,
        )
        values, texts = ticks_of(scale)
        axis = {"range": [min(values) - 0.9, max(values) + 0.9], "tickvals": values, "ticktext": texts}
        self._add(panel, [line, dots], axis)

    def _alarms(self, panel: Panel) -> None:
        traces: list[Trace] = []
        rows = occurrences(self.record.session.alarms)
        for priority, row in ALARM_ROW.items():
            bars = merged(
                (self._bar(one) for one in rows if one.priority == priority and self._inside(one)), self.pixel_s
            )
            if not bars:
                continue
            x = np.array([t for bar in bars for t in (bar.from_s, bar.to_s, bar.to_s)])
            y = np.tile([row, row, np.nan], len(bars))
            trace = self._line(priority, x, y, self.theme.edge(priority), width=7, hover="%{customdata}")
            trace["customdata"] = [text for bar in bars for text in (bar.text, bar.text, "")]
            traces.append(trace)
        axis = {"range": [panel.low, panel.high], "tickvals": [1.85, 0.85, -0.15], "ticktext": ["***", "**", "*"]}
        self._add(panel, traces, axis)

    def _events(self, panel: Panel) -> None:
        rank = {cls: i for i, cls in enumerate(MARKED)}
        marks = [
            (stored.event.t_s - stored.event.back_s, stored.event)
            for stored in self.record.session.record
            if type(stored.event) in rank and stored.seq not in self.record.session.struck
        ]
        marks = sorted((m for m in marks if self.start_s <= m[0] <= self.end_s), key=lambda m: m[0])
        kept = [marks[i] for i in one_per_pixel([t for t, _ in marks], self.start_s, self.pixel_s)]
        x, y = strokes([t for t, _ in kept], 0.1, 2.9)
        ticks = self._line("Events", x, y, rgba(self.theme.muted, 0.55), width=1, hover=None)
        labels = place(
            (Label(t, short(event), rank[type(event)]) for t, event in kept if not isinstance(event, PhaseChanged)),
            self.start_s, self.end_s, LABELS_PX, rows=2,
        )  # fmt: skip
        words = {
            "type": "scatter", "mode": "text", "x": f8([self._ms(one.label.t_s) for one in labels]), "y": [2.25 - 1.4 * one.row for one in labels],
            "text": [f"{one.label.text} " if one.before else f" {one.label.text}" for one in labels], "cliponaxis": True, "hoverinfo": "skip",
            "textposition": ["middle left" if one.before else "middle right" for one in labels], "textfont": {"size": 11, "color": self.theme.text},
        }  # fmt: skip
        hover = self._marks(
            "Events",
            [t for t, _ in kept],
            [0.1] * len(kept),
            self.theme.muted,
            "line-ns",
            [short(e) for _, e in kept],
            size=1,
        )
        self._add(panel, [ticks, words, hover], {"range": [panel.low, panel.high], "tickvals": []})

    def _ms(self, t_s: Any) -> Any:
        return t_s * 1000.0 + self.zero_ms

    def _inside(self, one: Occurrence) -> bool:
        return one.onset_s <= self.end_s and (one.ended_s is None or one.ended_s >= self.start_s)

    def _bar(self, one: Occurrence) -> Bar:
        text = f"{STARS[one.priority]} {one.message or one.rule}"
        to_s = self.record.end_s if one.ended_s is None else one.ended_s
        return Bar(max(one.onset_s, self.start_s), min(to_s, self.end_s), text)

    def _line(
        self,
        name: str,
        x: Floats,
        y: Floats,
        colour: str,
        *,
        width: float = 1.4,
        hover: str | None,
        fill: str | None = None,
    ) -> Trace:
        trace: Trace = {
            "type": "scatter", "mode": "lines", "name": name, "x": f8(self._ms(x)), "y": f4(y), "connectgaps": False,
            "line": {"color": colour, "width": width, "simplify": False}, "_y": y,
        }  # fmt: skip
        if fill is not None:
            trace.update(fill="tozeroy", fillcolor=fill)
        return trace | ({"hoverinfo": "skip"} if hover is None else {"hovertemplate": hover + "<extra></extra>"})

    def _marks(
        self,
        name: str,
        x: Sequence[float],
        y: Sequence[float],
        colour: str,
        symbol: str,
        words: Sequence[str] | None,
        size: int = 8,
    ) -> Trace:
        caret = symbol in ("y-down", "y-up", "line-ns")
        trace: Trace = {
            "type": "scatter", "mode": "markers", "name": name, "x": f8(self._ms(np.asarray(x, dtype=np.float64))), "y": f4(y), "_y": np.asarray(y),
            "marker": {"symbol": symbol + ("-open" if caret else ""), "size": size, "color": colour, "line": {"width": 1.4, "color": colour}},
        }  # fmt: skip
        if words is None:
            return trace | {"hoverinfo": "skip"}
        return trace | {"customdata": list(words), "hovertemplate": "%{customdata}<extra></extra>"}

    def _limits(self, signals: Sequence[str], colour: str) -> list[Trace]:
        out = []
        for limit in self.record.limits:
            if limit.signal in signals:
                x, y = steps(limit.steps, self.start_s, self.end_s)
                trace = self._line(
                    f"{limit.operator} {num(limit.steps[-1][1])}", x, y, rgba(colour, 0.75), width=1, hover=None
                )
                trace["line"]["dash"] = "dot"
                out.append(trace)
        return out

    def _scale(self, panel: Panel, *seen: Floats, neat: bool = False) -> dict[str, Any]:
        """The panel's own scale, widened to hold what was measured; `neat`: from 0 to a round number above the greatest.
        Numbers stand well inside the panel, so that two panels' numbers never meet."""
        values = np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in seen]) if seen else np.empty(0)
        values = values[~np.isnan(values)]
        low, high, every = panel.low, panel.high, panel.every
        if neat:
            high, every = round_up(float(values.max()) if values.size else high)
            return {"range": [0, 1.2 * high], "tickvals": [every, high] if every < high else [high]}
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
        margin = 0.06 * (high - low)
        low, high = low - margin, high + margin
        inside = 0.08 * (high - low)
        ticks = np.arange(np.ceil((low + inside) / every), np.floor((high - inside) / every) + 1) * every
        return {"range": [low, high], "tickvals": ticks.tolist()}

    def _add(self, panel: Panel, traces: list[Trace], axis: dict[str, Any]) -> None:
        self.rows.append((panel, traces, axis))

    def figure(self, focus: Focus | None) -> dict[str, Any]:
        theme = self.theme
        total = sum(panel.weight for panel, _, _ in self.rows)
        unit = (1.0 - PANEL_GAP * (len(self.rows) - 1)) / total
        layout: dict[str, Any] = {
            "autosize": True, "showlegend": False, "paper_bgcolor": theme.panel, "plot_bgcolor": theme.chart, "dragmode": "zoom",
            "margin": {"l": LEFT_PX, "r": RIGHT_PX, "t": TOP_PX, "b": BOTTOM_PX}, "hovermode": "x unified", "hoversubplots": "axis",
            "hoverlabel": {"bgcolor": theme.panel, "bordercolor": theme.line, "font": {"size": 12, "color": theme.text, "family": FONT}},
            "font": {"family": FONT, "size": 11, "color": theme.muted}, "hoverdistance": 30,
            "uirevision": f"{self.start_s:.3f}-{self.end_s:.3f}",
        }  # fmt: skip
        annotations: list[dict[str, Any]] = []
        shapes: list[dict[str, Any]] = []
        data: list[Trace] = []
        top = 1.0
        for i, (panel, traces, axis) in enumerate(self.rows, start=1):
            name = "" if i == 1 else str(i)
            bottom = max(0.0, top - unit * panel.weight)
            layout[f"yaxis{name}"] = {
                "domain": [bottom, top], "fixedrange": True, "zeroline": False, "showgrid": panel.key not in ("alarms", "events"),
                "gridcolor": theme.grid, "tickfont": {"size": 11, "color": theme.muted}, "ticks": "", "anchor": "x", **axis,
            }  # fmt: skip
            shapes.append(frame(bottom, top, theme))
            annotations.append(title(panel, top, theme))
            data.extend(
                {**{k: v for k, v in t.items() if k != "_y"}, "xaxis": "x", "yaxis": f"y{name}"} for t in traces
            )
            top = bottom - PANEL_GAP
        if focus is not None:
            shapes.insert(0, self._band(focus))
        layout["xaxis"] = {
            "type": "date", "range": [self._ms(self.start_s), self._ms(self.end_s)], "anchor": f"y{len(self.rows)}", "gridcolor": theme.grid,
            "tickfont": {"size": 11, "color": theme.muted}, "showspikes": True, "spikemode": "across", "spikecolor": theme.muted,
            "spikethickness": 1, "spikedash": "solid", "spikesnap": "cursor", "hoverformat": "%H:%M:%S", "zeroline": False,
            "tickformatstops": [
                {"dtickrange": [None, 60_000], "value": "%H:%M:%S"},
                {"dtickrange": [60_000, 43_200_000], "value": "%H:%M"},
                {"dtickrange": [43_200_000, None], "value": "%d %b"},
            ],
        }  # fmt: skip
        return {"data": data, "layout": layout | {"annotations": annotations, "shapes": shapes}}

    def _band(self, focus: Focus) -> dict[str, Any]:
        colour = self.theme.edge(focus.priority)
        return {
            "type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "x0": self._ms(focus.from_s),
            "x1": self._ms(max(focus.to_s, focus.from_s + 3 * self.pixel_s)), "fillcolor": rgba(colour, 0.16), "line": {"width": 1, "color": rgba(colour, 0.7)},
            "layer": "below",
        }  # fmt: skip


__all__ = ["BUDGET", "Focus", "Trace", "View", "Window", "session_figure"]
