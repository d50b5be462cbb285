"""Five minutes either side of one alarm: the panels of the session figure, closer, on an axis that counts from the onset."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.figures.lanes import Label, place
from dashboard.figures.occurrences import Occurrence
from dashboard.figures.panels import PANELS, Panel, steps
from dashboard.figures.record import LimitLine, SessionRecord
from dashboard.figures.scales import level_number
from dashboard.figures.session import LABELS_PX, View
from dashboard.figures.theme import Theme, rgba, theme_of
from dashboard.session.numbers import num

AROUND_S = 300.0
_SHARED = {panel.key: panel for panel in PANELS}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something else that bears on the alarm, from `from_s` to `to_s`, in a few words."""

    from_s: float
    to_s: float
    text: str


STRIP: tuple[Panel, ...] = (
    replace(_SHARED["spo2"], weight=1.3),
    replace(_SHARED["etco2"], weight=0.9),
    replace(_SHARED["rr"], weight=0.8),
    replace(_SHARED["rate"], weight=0.9),
    replace(_SHARED["bp"], weight=1.1),
    replace(_SHARED["infusion"], weight=0.8, unit=""),  # its words carry the unit
    Panel("oxygen", "O₂", "L/min", lambda t: t.muted, 0.6, 0, 4, 2),
    replace(_SHARED["loc"], weight=0.9),
    replace(_SHARED["alarms"], weight=0.75),
    Panel("also", "Also", "", lambda t: t.muted, 0.5, 0, 1, 1),
)


def strip_figure(
    record: SessionRecord,
    at_s: float,
    one: Occurrence | None = None,
    also: Sequence[Stretch] = (),
    acknowledged_by: str = "",
    theme: str | Theme = "dark",
) -> dict[str, Any]:
    """The figure around `at_s` (session clock). `one`: the alarm that it is about; its own limit is drawn as it was in force then.
    `acknowledged_by`: initials beside the mark of its acknowledgement."""
    look = theme if isinstance(theme, Theme) else theme_of(theme)
    own = None if one is None else _own_limit(record, one)
    view = _Strip(record if own is None else _with(record, own), at_s, look, also, own)
    for panel in STRIP:
        getattr(view, f"_{panel.key}")(panel)
    return view.strip(one, acknowledged_by)


def _own_limit(record: SessionRecord, one: Occurrence) -> LimitLine | None:
    """The limit of the rule that spoke, as it was in force then; None where it is no number of one signal."""
    rule = record.rules.get(one.rule)
    if rule is None or not rule.operator or not isinstance(one.limit, float | int):
        return None
    at_s = one.onset_s if one.asked_s is None else one.asked_s
    return LimitLine(rule.signal, rule.operator, one.priority, ((at_s - AROUND_S * 2, float(one.limit)),))


def _with(record: SessionRecord, own: LimitLine) -> SessionRecord:
    """The lines of the session, and `own` where none of them stands there already."""
    (from_s, value), *_ = own.steps
    there = any(
        line.signal == own.signal and line.operator == own.operator and _value(line, from_s + AROUND_S * 2) == value
        for line in record.limits
    )
    return record if there else replace(record, limits=(*record.limits, own))


def _value(line: LimitLine, at_s: float) -> float | None:
    return next((value for from_s, value in reversed(line.steps) if from_s <= at_s), None)


class _Strip(View):
    def __init__(
        self, record: SessionRecord, at_s: float, theme: Theme, also: Sequence[Stretch], own: LimitLine | None
    ) -> None:
        super().__init__(record, at_s - AROUND_S, at_s + AROUND_S, theme)
        self.at_s, self.also, self.own = at_s, also, own
        self.named: list[tuple[int, float, str]] = []  # panel, height, words

    def _trend(self, panel: Panel, signal: str) -> None:
        super()._trend(panel, signal)
        if self.rows and self.rows[-1][0] is panel:
            self._name_limit(signal)

    def _bp(self, panel: Panel) -> None:
        super()._bp(panel)
        self._name_limit("sbp")

    def _name_limit(self, signal: str) -> None:
        """The trigger in words, on its line at the left edge."""
        if self.own is not None and self.own.signal == signal:
            value = self.own.steps[0][1]
            self.named.append((len(self.rows), value, f"{self.own.operator} {num(value)}"))

    def _infusion(self, panel: Panel) -> None:
        super()._infusion(panel)
        self._say(
            (
                max(s.from_s, self.start_s),
                f"{num(s.rate_mg_h, 1)} mg/h" if s.state == "running" else s.state,
                s.rate_mg_h,
            )
            for s in self._inside_window(self.record.session.infusion.segments, lambda s: s.from_s)
        )

    def _oxygen(self, panel: Panel) -> None:
        log = self.record.session.oxygen_log
        if not log:
            return
        x, y = steps([(e.t_s, e.event.flow_l_min) for e in log], self.start_s, self.end_s)
        colour = self.theme.text
        trace = self._line("O₂", x, y, colour, width=1.2, hover="O₂ %{y:.1f} L/min", fill=rgba(self.theme.muted, 0.12))
        self._add(panel, [trace], self._scale(panel, y, neat=True))
        self._say(
            (
                max(e.t_s, self.start_s),
                f"{num(e.event.flow_l_min)} L" if e.event.flow_l_min else "room air",
                e.event.flow_l_min,
            )
            for e in self._inside_window(log, lambda e: e.t_s)
        )

    def _loc(self, panel: Panel) -> None:
        super()._loc(panel)
        opened = self.record.session.opened
        scale = opened.scale if opened else "moaas"
        heights = {
            e.t_s: height
            for e in self.record.session.assessments
            if e.event.scale == scale and (height := level_number(scale, e.event.level)) is not None
        }
        known = [e for e in self.record.session.assessments if e.t_s in heights]
        self._say(
            (max(e.t_s, self.start_s), e.event.level, heights[e.t_s])
            for e in self._inside_window(known, lambda e: e.t_s)
        )

    def _also(self, panel: Panel) -> None:
        shown = [one for one in self.also if one.from_s <= self.end_s and one.to_s >= self.start_s]
        if not shown:
            return
        spans = [(max(one.from_s, self.start_s), min(one.to_s, self.end_s)) for one in shown]
        least_s = 4 * self.pixel_s
        x = np.array([t for a, b in spans for t in (a, max(b, a + least_s), b)], dtype=np.float64)
        trace = self._line(
            "Also", x, np.tile([0.2, 0.2, np.nan], len(spans)), self.theme.muted, width=4, hover="%{customdata}"
        )
        trace["customdata"] = [text for one in shown for text in (one.text, one.text, "")]
        self._add(panel, [trace], {"range": [panel.low, panel.high], "tickvals": []})
        self._say((a, one.text, 0.2) for one, (a, _) in zip(shown, spans, strict=True))

    def _inside_window(self, entries: Iterable[Any], when: Callable[[Any], float]) -> list[Any]:
        """Those that begin in the window, and the last one before it."""
        log = list(entries)
        before = [one for one in log if when(one) <= self.start_s][-1:]
        return before + [one for one in log if self.start_s < when(one) <= self.end_s]

    def _say(self, words: Iterable[tuple[float, str, float]]) -> None:
        """(time, text, value) in the panel that was added last: the text in that half of it where the value's line is not."""
        low, high = self.rows[-1][2]["range"]
        heights = (low + 0.24 * (high - low), low + 0.76 * (high - low))
        self._write([(t_s, text, heights[value < (low + high) / 2]) for t_s, text, value in words])

    def _write(self, words: Sequence[tuple[float, str, float]]) -> None:
        """(time, text, height) in the panel that was added last, as far as they find room."""
        heights = {(t_s, text): y for t_s, text, y in words}
        labels = place((Label(t_s, text, 0) for t_s, text, _ in words), self.start_s, self.end_s, LABELS_PX, rows=1)
        if not labels:
            return
        panel, traces, axis = self.rows[-1]
        trace = {
            "type": "scatter", "mode": "text", "x": [self._ms(one.label.t_s) for one in labels],
            "y": [heights[one.label.t_s, one.label.text] for one in labels],
            "text": [f"{one.label.text} " if one.before else f" {one.label.text}" for one in labels],
            "textposition": ["middle left" if one.before else "middle right" for one in labels], "cliponaxis": True, "hoverinfo": "skip",
            "textfont": {"size": 11, "color": self.theme.text},
        }  # fmt: skip
        self.rows[-1] = (panel, [*traces, trace], axis)

    def strip(self, one: Occurrence | None, by: str) -> dict[str, Any]:
        figure = self.figure(None)
        layout = figure["layout"]
        for annotation in layout["annotations"]:
            annotation["text"] = annotation["text"].replace("<br>", " ")
        minutes = range(-5, 6)
        layout["xaxis"] |= {
            "tickvals": [self._ms(self.at_s + 60 * m) for m in minutes],
            "ticktext": [_minute(m) for m in minutes],
            "range": [self._ms(self.start_s - 0.5), self._ms(self.end_s + 0.5)],
            "tickangle": 0,
            "fixedrange": True,
        }
        layout["margin"] |= {"t": 22, "r": 28}
        layout["dragmode"] = False
        onset = {
            "type": "line", "xref": "x", "yref": "paper", "x0": self._ms(self.at_s), "x1": self._ms(self.at_s), "y0": 0, "y1": 1,
            "line": {"width": 1, "color": rgba(self.theme.muted, 0.8)}, "layer": "below",
        }  # fmt: skip
        layout["shapes"] = [*self._bands(one), onset, *layout["shapes"]]
        layout["annotations"].extend(self._limit_words(panel, y, words) for panel, y, words in self.named)
        if one is not None and one.acknowledged_s is not None:
            self._answered(layout, one, by)
        return figure

    def _limit_words(self, panel: int, y: float, words: str) -> dict[str, Any]:
        """On a ground of their own: another limit's line may run behind them."""
        return {
            "xref": "x", "yref": f"y{'' if panel == 1 else panel}", "x": self._ms(self.start_s), "y": y, "xanchor": "left", "yanchor": "middle",
            "showarrow": False, "text": words, "font": {"size": 11, "color": self.theme.text}, "bgcolor": self.theme.chart, "borderpad": 0, "xshift": 2,
        }  # fmt: skip

    def _bands(self, one: Occurrence | None) -> list[dict[str, Any]]:
        """A band for each spell of the alarm."""
        if one is None:
            return []
        colour = self.theme.edge(one.priority)
        out = []
        for from_s, to_s in one.spells or ((one.onset_s, one.ended_s),):
            end_s = self.record.end_s if to_s is None else to_s
            if from_s <= self.end_s and end_s >= self.start_s:
                out.append(
                    {
                        "type": "rect",
                        "xref": "x",
                        "yref": "paper",
                        "y0": 0,
                        "y1": 1,
                        "x0": self._ms(max(from_s, self.start_s)),
                        "x1": self._ms(min(max(end_s, from_s + 3 * self.pixel_s), self.end_s)),
                        "fillcolor": rgba(colour, 0.18),
                        "line": {"width": 0},
                        "layer": "below",
                    }
                )
        return out

    def _answered(self, layout: dict[str, Any], one: Occurrence, by: str) -> None:
        assert one.acknowledged_s is not None and one.waited_s is not None
        if not self.start_s <= one.acknowledged_s <= self.end_s:
            return
        x = self._ms(one.acknowledged_s)
        layout["shapes"].append(
            {
                "type": "line",
                "xref": "x",
                "yref": "paper",
                "x0": x,
                "x1": x,
                "y0": 0,
                "y1": 1,
                "line": {"width": 1.2, "color": self.theme.text, "dash": "dash"},
                "layer": "above",
            }
        )
        waited = f"{one.waited_s // 60:.0f}:{one.waited_s % 60:02.0f}"
        late = one.acknowledged_s > self.at_s + AROUND_S / 2
        layout["annotations"].append(
            {
                "xref": "x",
                "yref": "paper",
                "x": x,
                "y": 1,
                "yshift": 2,
                "yanchor": "bottom",
                "xanchor": "right" if late else "left",
                "showarrow": False,
                "text": f"ack {by} after {waited}".replace("  ", " "),
                "font": {"size": 11, "color": self.theme.text},
            }
        )


def _minute(m: int) -> str:
    """`−5 min`, `−4`, … `onset` … `+5 min`."""
    if m == 0:
        return "onset"
    return f"{m:+d}".replace("-", "−") + (" min" if abs(m) == 5 else "")
