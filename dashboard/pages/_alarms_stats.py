"""Alarm figures on the page: the row of tiles on top, and the section of trends below."""

from collections.abc import Callable, Sequence

from dash import html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.analytics.kpi import PRIORITIES, Kpis, Share, Stats
from dashboard.analytics.past import NO_REFERENCE, Reference, Spread
from dashboard.session.numbers import num

Words = Callable[[float], str]


def tiles(kpis: Kpis, reference: Reference = NO_REFERENCE, plain: Share | None = None) -> html.Div:
    """What the shown sessions were like in eight figures. `reference`: the clinic's earlier sessions; `plain`: the share of short
    alarms that the same limits would have given without delay and hysteresis, once that is known."""
    return html.Div(
        [
            _rate(kpis, reference),
            *(_count(priority, kpis.by_priority[priority]) for priority in PRIORITIES),
            _short(kpis, reference, plain),
            _wait(kpis, reference),
            _never(kpis),
            _paused(kpis, reference),
        ],
        className="stats-row",
        id=ids.ALARMS_TILES,
    )


def _tile(title: str, value: str, note: Component | str = "", tone: str = "", more: Sequence[str] = ()) -> html.Div:
    """`more`: what stands behind the figure, told on hovering and to screen readers."""
    words = " · ".join(one for one in more if one)
    return html.Div(
        [
            html.Div(title, className="stat-title"),
            html.Div(
                [
                    html.Span(value, className=f"stat-value tone-{tone}" if tone else "stat-value"),
                    note if isinstance(note, Component) else html.Span(note, className="stat-note"),
                ]
            ),
            html.Span(words, className="sr-only"),
        ],
        className="plate stat",
        title=words,
    )


def _rate(kpis: Kpis, reference: Reference) -> html.Div:
    per_hour = kpis.all.per_hour
    return _tile(
        "Alarms / patient-hour",
        "–" if per_hour is None else num(per_hour, 1),
        _past(reference.per_hour, lambda value: num(value, 1)),
        more=(
            f"{kpis.all.count} alarms in {num(kpis.hours, 1)} patient-hours of {_sessions(kpis.sessions)}",
            f"physiological {kpis.physiological.count}, technical {kpis.technical.count}",
            _quartiles(reference.per_hour, lambda value: num(value, 1)),
        ),
    )


def _count(priority: str, stats: Stats) -> html.Div:
    rate = "" if stats.per_hour is None else f"{num(stats.per_hour, 1)} / h"
    return _tile(priority.capitalize(), str(stats.count), rate, priority if stats.count else "", (_answered(stats),))


def _short(kpis: Kpis, reference: Reference, plain: Share | None) -> html.Div:
    short = kpis.all.short
    note: Component | str = _past(reference.short, percent)
    better = plain is not None and plain.value is not None and short.value is not None and short.value < plain.value
    if plain is not None:
        note = f"plain limits {percent(plain.value)}"
    return _tile(
        "Shorter than 15 s",
        percent(short.value),
        html.Span(note, className="stat-note", id=ids.ALARMS_PLAIN_NOTE),
        "good" if better else "",
        (f"{short.n} of {short.of} alarms of known length", _quartiles(reference.short, percent)),
    )


def _wait(kpis: Kpis, reference: Reference) -> html.Div:
    waits = kpis.all.waits
    if waits.median_s is None or waits.longest_s is None:
        return _tile("Median to acknowledge", "–", "none acknowledged" if kpis.all.count else "")
    few = f"longest {clock(waits.longest_s)} of {waits.n}"
    each = (
        f"{priority}: {clock(one.waits.median_s)} of {one.waits.n}"
        for priority, one in kpis.by_priority.items()
        if one.waits.median_s is not None
    )
    return _tile(
        "Median to acknowledge",
        clock(waits.median_s),
        few if waits.p95_s is None else f"p95 {clock(waits.p95_s)}",
        more=(f"{waits.n} acknowledged", *each, _quartiles(reference.wait_s, clock)),
    )


def _never(kpis: Kpis) -> html.Div:
    never = {priority: count for priority, count in kpis.never_acknowledged.items() if count}
    asked = sum(kpis.by_priority[priority].acknowledged.of for priority in ("high", "medium"))
    words = ", ".join(f"{count} {priority}" for priority, count in never.items())
    note = next(iter(never)) if len(never) == 1 else words
    return _tile(
        "Never acknowledged",
        str(sum(never.values())) if asked else "–",
        note,
        next(iter(never), ""),
        (f"of {asked} high and medium alarms that are over", "a low alarm asks for no acknowledgement"),
    )


def _paused(kpis: Kpis, reference: Reference) -> html.Div:
    paused = kpis.paused
    return _tile(
        "Paused audio",
        clock(paused.total_s),
        "never" if not paused.count else "once" if paused.count == 1 else f"{paused.count} times",
        "" if paused.count else "hushed",
        (_quartiles(reference.paused_s_per_hour, lambda value: f"{clock(value)} an hour"),),
    )


def _answered(stats: Stats) -> str:
    done = stats.acknowledged
    return f"{done.n} of {done.of} acknowledged" if done.of else ""


def _past(spread: Spread, words: Words) -> str:
    """The clinic's own median, with the number of sessions where that is small."""
    if spread.median is None:
        return "no earlier sessions"
    few = "" if spread.low is not None else f" of {spread.n}"
    return f"clinic median {words(spread.median)}{few}"


def _quartiles(spread: Spread, words: Words) -> str:
    if spread.median is None:
        return ""
    middle = f"this clinic's earlier sessions: median {words(spread.median)}"
    if spread.low is None or spread.high is None:
        return f"{middle} of {spread.n}"
    return f"{middle}, half of {spread.n} between {words(spread.low)} and {words(spread.high)}"


def _sessions(count: int) -> str:
    return f"{count} session" if count == 1 else f"{count} sessions"


def percent(share: float | None) -> str:
    """Whole percent; never 0 % while there is one, nor 100 % while one is missing."""
    if share is None:
        return "–"
    if 0 < share < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def clock(seconds: float) -> str:
    """`00:09`, `04:10`, `1:02:03`."""
    whole = round(max(0.0, seconds))
    if whole < 3600:
        return f"{whole // 60:02d}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
