"""What the pages of all runs and of two runs ask for. Everything comes from the training room's own store, of simulations alone."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from config.models import DashboardError
from dashboard.bedside.errors import EntryRefused
from dashboard.pages import _train_runs_rows as rows
from dashboard.pages._json import asked as body_of
from dashboard.pages._json import refused
from dashboard.session.chain import Stored
from dashboard.training import compare
from dashboard.training.clock import clock
from dashboard.training.cohort import RunScore, cohorts
from dashboard.training.library import Library
from dashboard.training.retrace import joined_s
from dashboard.training.room import TrainingRoom
from dashboard.training.runs import RunBook

#: Signals of the record that a comparison draws.
_DRAWN = {name for names in compare.SCREEN.values() for name in names} | {*compare.LINE, *compare.CUFF}


def router(room: TrainingRoom | None, library: Library | None = None) -> APIRouter:
    """`library`: whose scenarios the runs are of; without it the shipped ones."""
    api = APIRouter(prefix="/train/api")
    known = library or Library()
    book = (
        None
        if room is None
        else RunBook(room.bedside.store, room.bedside.id, known.find, _now_of(room), known.changed_at)
    )

    def the_book() -> RunBook:
        if book is None:
            raise EntryRefused("this station has no training room", status=404)
        return book

    async def told(work: Callable[[], dict[str, Any]]) -> Response:
        try:
            return _json(await to_thread.run_sync(work))
        except DashboardError as error:
            return refused(error)

    @api.get("/runs")
    async def runs(request: Request) -> Response:
        return await told(lambda: runs_of(the_book(), dict(request.query_params)))

    @api.post("/runs.csv")
    async def sheet(request: Request) -> Response:
        try:
            shown = (await body_of(request)).get("sessions")
            if not isinstance(shown, list):
                raise EntryRefused("sessions: expected the runs that are shown", field="sessions")
            text = await to_thread.run_sync(sheet_of, the_book(), [str(one) for one in shown])
        except DashboardError as error:
            return refused(error)
        return Response(
            text, media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="SIMULATION-runs.csv"'}
        )

    @api.get("/compare")
    async def two(a: str = "", b: str = "") -> Response:
        return await told(lambda: two_of(room, the_book(), a, b))

    @api.get("/forks")
    async def forks(session: str = "") -> Response:
        return await told(lambda: forks_of(the_book(), session))

    @api.get("/truth")
    async def truth(session: str = "") -> Response:
        return await told(lambda: truth_of(the_book(), session))

    return api


def runs_of(book: RunBook, words: Mapping[str, str]) -> dict[str, Any]:
    """`scenario`, `from`, `to` (dates of this computer's clock, both included), `first`: `1` without forks and restarts. EntryRefused
    for a date that is none."""
    told = book.runs(_day(words, "from"), _day(words, "to", 1))
    wanted, first = words.get("scenario", ""), words.get("first") == "1"
    shown = [one for one in told.runs if (not wanted or one.scenario == wanted) and (one.first or not first)]
    by_session = {one.session: one for one in told.runs}
    items = next((one.items for one in shown if one.known), None) if wanted else None
    return {
        "rows": [rows.row(one, by_session) for one in shown],
        "columns": rows.columns(items if wanted else None),
        "cohorts": [rows.cohort_data(one) for one in cohorts(shown, first_only=first)],
        "scenarios": sorted({(one.scenario, one.title) for one in told.runs}, key=lambda pair: pair[1]),
        "total": len(told.runs),
        "problems": list(told.problems),
    }


def forks_of(book: RunBook, session: str) -> dict[str, Any]:
    """The ended runs that went on from this one, oldest first."""
    found = sorted(
        (one for one in book.runs().runs if one.forked_from == session and not one.going), key=lambda one: one.began_at
    )
    return {"forks": [{"session": one.session, "began": rows.began(one), "at": clock(one.from_s)} for one in found]}


def sheet_of(book: RunBook, shown: list[str]) -> str:
    by_session = {one.session: one for one in book.runs().runs}
    return rows.sheet([by_session[session] for session in shown if session in by_session])


def two_of(room: TrainingRoom | None, book: RunBook, a: str, b: str) -> dict[str, Any]:
    """EntryRefused when the two are not two runs that are over. Of two scenarios only vitals are told: nothing else is comparable."""
    if not a or not b or a == b:
        raise EntryRefused("choose two runs", field="b")
    assert room is not None  # else there is no book
    ours, theirs = book.ended(a), book.ended(b)
    others = {a: ours[0], b: theirs[0]}
    for one, _ in (ours, theirs):
        if one.forked_from is not None:
            with suppress(EntryRefused):  # one that is not here any more is called by its id
                others[one.forked_from] = book.ended(one.forked_from)[0]
    same = ours[0].scenario == theirs[0].scenario
    return {
        "same": same,
        "a": _side(room, *ours, others, same=same),
        "b": _side(room, *theirs, others, same=same),
        "pairs": [_pair(one) for one in compare.pairs(ours[0], theirs[0])],
    }


def truth_of(book: RunBook, session: str) -> dict[str, Any]:
    one, record = book.ended(session)
    t_s, values = compare.saturation(book.truth(session), joined_s(record), one.to_s)
    return {"sao2": [t_s, values]}


def _side(
    room: TrainingRoom, one: RunScore, record: list[Stored], others: Mapping[str, RunScore], *, same: bool
) -> dict[str, Any]:
    from_s = joined_s(record)
    samples = room.bedside.store.samples(one.session, from_s, one.to_s, _DRAWN)
    return {
        "session": one.session, "title": one.title, "began": rows.began(one), "by": one.by, "trainees": list(one.trainees),
        "about": f"{one.patient} · seed {one.seed} · {clock(from_s)} to {clock(one.to_s)}", "from_s": from_s, "to_s": one.to_s,
        "note": rows.note(one, others), "fork_s": one.from_s if one.forked_from is not None else None, "known": one.known,
        "changed": one.changed,
        "screen": compare.screen(samples.t_s, samples.values, from_s, one.to_s),
        "alarms": [
            {"from_s": s.from_s, "to_s": s.to_s, "priority": s.priority, "text": s.text, "acknowledged_s": s.acknowledged_s}
            for s in compare.spans(record, one.to_s) if s.to_s >= from_s
        ] if same else [],
        "acts": [{"t_s": act.t_s, "text": act.text, "by": act.by} for act in compare.acts(record, from_s)] if same else [],
        "steps": [{"t_s": s.t_s, "text": s.text, "by": s.by, "kind": s.kind} for s in compare.steps(record, from_s)] if same else [],
    }  # fmt: skip


def _pair(one: compare.Pair) -> dict[str, Any]:
    difference = "–" if one.difference_s is None else f"{one.difference_s:+.0f} s".replace("-", "−")
    return {
        "id": one.a.id, "text": one.a.text, "target": rows.target(one.a), "a": rows.cell(one.a), "b": rows.cell(one.b),
        "a_met": one.a.met, "b_met": one.b.met, "difference": difference,
    }  # fmt: skip


def _now_of(room: TrainingRoom) -> Any:
    def now_s(session: str) -> float | None:
        going = room.bedside.session
        return room.clock.mono() if going is not None and going.id == session else None

    return now_s


def _day(words: Mapping[str, str], key: str, later_days: int = 0) -> datetime | None:
    if not (word := words.get(key, "")):
        return None
    try:
        day = date.fromisoformat(word) + timedelta(days=later_days)
    except (ValueError, OverflowError):
        raise EntryRefused(f"{key}: expected a date such as 2026-11-21", field=key) from None
    return datetime.combine(day, time()).astimezone()


def _json(data: object) -> Response:
    return Response(orjson.dumps(data), media_type="application/json")
