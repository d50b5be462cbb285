"""Below the alarm history: what delay and hysteresis are worth, how the figures move, which rules alarm most, what to look at."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from config.models import DashboardError
from dashboard import ids
from dashboard.analytics.kpi import Kpis, Spell, kpis
from dashboard.analytics.past import by_profile, by_session, by_week
from dashboard.figures.trends import rules_figure, trend_figure
from dashboard.history.model import SessionAlarms
from dashboard.pages._alarms_stats import clock, percent
from dashboard.pages.services import Services
from dashboard.plain_limits import Progress
from dashboard.session.numbers import num

BY = {"week": "By week", "profile": "By profile version", "session": "By session"}
#: How often the page asks how far the comparison is.
ASK_MS = 1_500
#: Lines of the list of what to look at; the others are counted.
MOST_LINES = 30
CONFIG = {"displayModeBar": False, "responsive": True}


def layout() -> html.Div:
    charts = dcc.Graph(id=ids.ALARMS_TRENDS, figure=_blank(), config=CONFIG, style={"height": "100%"})
    rules = dcc.Graph(id=ids.ALARMS_RULES, figure=_blank(), config=CONFIG, style={"height": "100%"})
    by = dcc.RadioItems(
        id=ids.ALARMS_BY, options=[{"value": key, "label": words} for key, words in BY.items()], value="week", className="segments"
    )  # fmt: skip
    return html.Div(
        [
            dcc.Interval(id=ids.ALARMS_PLAIN_ASK, interval=ASK_MS),
            dcc.Store(id=ids.ALARMS_PLAIN_DATA),
            html.Span(id=f"{ids.ALARMS_PLAIN_DATA}-said", hidden=True),
            html.Section(
                [
                    html.H2("What delay and hysteresis are worth"),
                    html.Div("Comparing with plain limits …", id=ids.ALARMS_PLAIN, className="plain", role="status"),
                ],
                className="plate trends-plain",
            ),
            html.Section(
                [
                    html.Div([html.H2("Trends"), html.Span(id=ids.ALARMS_TRENDS_OF, className="hushed"), by], className="table-head trends-head"),
                    html.Div(charts, className="trends-chart"),
                ],
                className="plate trends-all",
            ),
            html.Div(
                [
                    html.Section([html.H2("Most frequent rules"), html.Div(rules, className="trends-rules")], className="plate"),
                    html.Section(
                        [html.H2("To look at: chattering, standing, floods"), html.Div(id=ids.ALARMS_LOOK, className="trends-look")],
                        className="plate",
                    ),
                ],
                className="trends-pair",
            ),
        ],
        className="trends",
        id=ids.ALARMS_TRENDS_BOX,
    )  # fmt: skip


def register(app: Dash, services: Services) -> None:
    @app.callback(
        Output(ids.ALARMS_TRENDS, "figure"),
        Output(ids.ALARMS_RULES, "figure"),
        Output(ids.ALARMS_LOOK, "children"),
        Output(ids.ALARMS_TRENDS_OF, "children"),
        Input(ids.ALARMS_SCOPE, "data"),
        Input(ids.ALARMS_BY, "value"),
        Input(ids.ALARMS_THEME, "data"),
        prevent_initial_call=True,
    )
    async def draw(scope: Mapping[str, Any] | None, by: str, theme: str) -> Any:
        if not scope:
            return no_update
        try:
            return await to_thread.run_sync(_drawn, services, scope, by, theme)
        except DashboardError as error:
            return _blank(), _blank(), html.P(f"Not read: {error}"), ""

    @app.callback(
        Output(ids.ALARMS_PLAIN, "children"),
        Output(ids.ALARMS_PLAIN_DATA, "data"),
        Output(ids.ALARMS_PLAIN_ASK, "disabled"),
        Input(ids.ALARMS_PLAIN_ASK, "n_intervals"),
        Input(ids.ALARMS_SCOPE, "data"),
        prevent_initial_call=True,
    )
    async def compare(times: int | None, scope: Mapping[str, Any] | None) -> Any:
        if not isinstance(scope, Mapping):
            return no_update
        names = [str(name) for name in scope.get("sessions", [])]
        if not names:
            return "No session is shown.", None, True
        try:
            progress = await to_thread.run_sync(services.plain_limits, names)
        except DashboardError as error:
            return f"Not compared: {error}", None, True
        return plain_words(progress), plain_note(progress, times or 0), progress.finished

    app.clientside_callback(
        ClientsideFunction("stats", "plain"), Output(f"{ids.ALARMS_PLAIN_DATA}-said", "children"), Input(ids.ALARMS_PLAIN_DATA, "data")
    )  # fmt: skip


def _drawn(services: Services, scope: Mapping[str, Any], by: str, theme: str) -> tuple[Any, ...]:
    histories = services.histories()
    shown = [one for name in scope.get("sessions", []) if (one := histories.one(str(name))) is not None]
    store = "simulation" if scope.get("store") == "simulation" else "live"
    # One session is no trend: it is seen among all of its store.
    among = shown if len(shown) > 1 else histories.sessions(store, limit=300)  # type: ignore[arg-type]
    made = kpis(shown)
    of = f"{len(among)} session{'' if len(among) == 1 else 's'}{'' if len(shown) > 1 else ' of this clinic'}, {sum(one.patient_hours for one in among):.0f} h"
    return (
        trend_figure(groups(among, by), theme),
        rules_figure(made.rules, words_of(shown), theme),
        to_look_at(shown, made),
        of,
    )


def groups(sessions: Sequence[SessionAlarms], by: str) -> list[tuple[str, Kpis]]:
    if by == "profile":
        return by_profile(sessions)
    if by == "session":
        found = by_session(sessions)
        return [(f"{one.wall(one.start_s):%m-%d %H:%M}<br>{one.bed_title}", made) for one, made in found]
    return by_week(sessions)


def words_of(sessions: Iterable[SessionAlarms]) -> Callable[[str], str]:
    """Rule id -> what people call it, after the profile that the sessions had."""
    named = {rule: text.label for one in sessions for rule, text in one.rules.items()}
    return lambda rule: named.get(rule, rule)


# -- what to look at ------------------------------------------------------------------------------------------------


def to_look_at(sessions: Sequence[SessionAlarms], made: Kpis) -> list[Component]:
    """Each line leads to its alarms. Floods first: they hide the others."""
    known = {one.id: one for one in sessions}
    words = words_of(sessions)
    crowded = [
        one
        for one in made.crowded
        if not any(f.session == one.session and f.from_s <= one.to_s and one.from_s <= f.to_s for f in made.floods)
    ]
    lines = [
        *(_line(known, one, "flood", f"{one.count} alarms in {clock(one.to_s - one.from_s)}") for one in made.floods),
        *(_line(known, one, "crowded", f"{one.count} alarms in {clock(one.to_s - one.from_s)}") for one in crowded),
        *(_line(known, one, "chattering", f"{words(one.rule)} {one.count} times in {clock(one.to_s - one.from_s)}") for one in made.chattering),
        *(_line(known, one, "standing", f"{words(one.rule)} for {clock(one.to_s - one.from_s)}") for one in made.standing),
    ]  # fmt: skip
    if not lines:
        return [
            html.P(
                "Nothing: no rule fired more than 3 times in 5 min, none stood for 30 min, no 6 alarms in 10 min.",
                className="hushed",
            )
        ]
    out: list[Component] = [html.Ul(lines[:MOST_LINES], className="look-list")]
    if len(lines) > MOST_LINES:
        out.append(html.P(f"and {len(lines) - MOST_LINES} more", className="hushed"))
    return out


def _line(known: Mapping[str, SessionAlarms], one: Spell, kind: str, words: str) -> html.Li:
    session = known[one.session]
    address = f"/alarms?session={quote(one.session)}"
    if one.rule:
        address += f"&rule={quote(one.rule)}"
    address += f"&pick={quote(f'{one.session}:{one.occurrences[0]}')}"
    when = f"{session.wall(one.from_s):%Y-%m-%d %H:%M} · {session.bed_title}"
    return html.Li(
        html.A(
            [html.B(kind, className=f"look-kind look-{kind}"), html.Span(words), html.Span(when, className="hushed")],
            href=address, className="look-line",
        )
    )  # fmt: skip


# -- plain limits ---------------------------------------------------------------------------------------------------


def plain_note(progress: Progress, asked: int) -> dict[str, Any] | None:
    """For the tile `Shorter than 15 s`, once all is known. `asked` makes it news to the browser each time."""
    ours, plain = progress.compared.ours.value, progress.compared.plain.value
    if not progress.finished or plain is None:
        return None
    return {"words": f"plain limits {percent(plain)}", "better": ours is not None and ours < plain, "asked": asked}


def plain_words(progress: Progress) -> list[Component | str]:
    """The comparison in sentences, with its counts; what is still being worked out is said."""
    made = progress.compared
    if not made.sessions:
        return [
            "Nothing to compare."
            if progress.finished
            else f"Comparing with plain limits: 0 of {progress.total} sessions …"
        ]
    counts: list[Component | str] = ["No alarm, with delay and hysteresis or without."]
    if made.alarms or made.plain_alarms:
        counts = [
            html.B(f"{made.ours.n} short alarm{'' if made.ours.n == 1 else 's'}"),
            f" of {made.ours.of} with the limits as they were, ",
            html.B(f"{made.plain.n}"),
            f" of {made.plain.of} with the same limits without delay and hysteresis",
            _fewer(made.fewer),
        ]
    out: list[Component | str] = [
        html.P(counts),
        html.P(_missed(progress), className="plain-missed" if made.missed else ""),
        html.P(
            f"Short: less than 15 s. The same engine over {made.sessions} recorded session{'' if made.sessions == 1 else 's'} "
            f"({num(made.hours, 1)} h){_left(progress)}. An alarm that a delay held back began later and is counted as long as it stood.",
            className="hushed",
        ),
    ]  # fmt: skip
    return out


def _fewer(fewer: float | None) -> str:
    if fewer is None:
        return "."
    return f": {100 * fewer:.0f} % fewer." if fewer >= 0 else f": {-100 * fewer:.0f} % more."


def _missed(progress: Progress) -> list[Component | str]:
    made = progress.compared
    count, missed = len(made.desaturations), made.missed
    if not count:
        return ["No SpO₂ below 85 % for 15 s or longer: nothing could be missed."]
    words = f"Missed desaturations (below 85 % for 15 s or longer): {len(missed)} of {count}."
    late = [one.announced_s for one in made.desaturations if one.announced_s is not None]
    if not late:
        return [html.B(words)]
    when = (
        f"at the latest {max(late):.0f} s after the onset"
        if max(late) > 0
        else "before the saturation had fallen so far"
    )
    return [html.B(words), f" Announced {when}."]


def _left(progress: Progress) -> str:
    parts = [] if progress.finished else [f"{progress.done} of {progress.total} done so far"]
    if progress.left_out:
        parts.append(f"{progress.left_out} older ones, or of unknown limits, left out")
    return f"; {', '.join(parts)}" if parts else ""


def _blank() -> dict[str, Any]:
    hidden = {"visible": False}
    return {
        "data": [],
        "layout": {"xaxis": hidden, "yaxis": hidden, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"},
    }
