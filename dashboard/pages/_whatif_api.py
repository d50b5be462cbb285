"""What the panel "What if …" asks of the server. A question is answered at once with "on its way"; its progress is asked for."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.models import DashboardError
from config.models.alarms import Profile, Rule
from dashboard.alarms.plan import make_plan
from dashboard.bedside.errors import EntryRefused
from dashboard.figures.limits import rule_texts
from dashboard.history.model import SessionAlarms
from dashboard.pages._json import asked, refused, text
from dashboard.pages.services import Histories, Services, StoreName
from dashboard.store.profiles import ProfileBook, next_version
from dashboard.whatif.jobs import Job, Question
from dashboard.whatif.limits import SETTINGS, Changes, applied, askable, now_of, without_delay_and_hysteresis
from dashboard.whatif.report import Item, Report, Tally

#: Moments listed under one line; nobody looks through more.
MOST_ITEMS = 300
#: Sessions in one question.
MOST_SESSIONS = 1_000


def router(services: Services) -> APIRouter:
    """Declare before Dash's catch-all."""
    api = APIRouter()

    async def answer(work: Callable[..., dict[str, Any]], *args: Any) -> JSONResponse:
        try:
            return JSONResponse({"ok": True, **await to_thread.run_sync(work, services, *args)})
        except DashboardError as error:
            return refused(error)

    async def about(request: Request, work: Callable[[Services, Mapping[str, Any]], dict[str, Any]]) -> JSONResponse:
        try:
            data = await asked(request)
        except DashboardError as error:
            return refused(error)
        return await answer(work, data)

    @api.post("/whatif/open")
    async def opened(request: Request) -> JSONResponse:
        return await about(request, _open)

    @api.post("/whatif/ask")
    async def ask(request: Request) -> JSONResponse:
        return await about(request, _ask)

    @api.post("/whatif/off")
    async def off(request: Request) -> JSONResponse:
        return await about(request, _off)

    @api.get("/whatif/job")
    async def job(owner: str) -> JSONResponse:
        return await answer(_job, owner)

    @api.post("/whatif/propose")
    async def propose(request: Request) -> JSONResponse:
        return await about(request, _propose)

    return api


# -- what can be asked -------------------------------------------------------------------------------------------------


def _open(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of the profile that judged most of the sessions (or of `profile`), as they are now."""
    store, found = _scope(services, data)
    book = services.profile_book(store)
    services.whatif().warm()
    ran = Counter(one.profile for one in found)
    if not ran:
        raise EntryRefused("none of these sessions is there any more")
    wanted = data.get("profile")
    profile_id = wanted if isinstance(wanted, str) and wanted in ran else ran.most_common(1)[0][0]
    mine = [one for one in found if one.profile == profile_id]
    base = _base(book, mine)
    return {
        "profiles": [{"id": name, "sessions": count} for name, count in ran.most_common()],
        "profile": base.id,
        "title": base.title,
        "version": base.version,
        "approved": base.approved,
        "next": next_version(book, base.id),
        "sessions": len(mine),
        "others": len(found) - len(mine),
        "hours": round(sum(one.patient_hours for one in mine), 2),
        "rules": _rules(base),
        "offered": _offered(base),
        "plain": without_delay_and_hysteresis(base),
        "people": list(services.people()),
    }


def _base(book: ProfileBook, sessions: list[SessionAlarms]) -> Profile:
    """The version that the sessions share, else the one now in force."""
    versions = {one.profile_version for one in sessions}
    profile_id = sessions[0].profile
    return book.resolve(profile_id, versions.pop()) if len(versions) == 1 else book.current(profile_id)


def _rules(profile: Profile) -> list[dict[str, Any]]:
    """One row a rule; those of one ladder share a name, so that steps stand together."""
    texts = rule_texts(profile)
    ladder = {step.rule.id: step.ladder for step in make_plan(profile, {}).steps}
    return [
        {
            "id": rule.id, "label": rule.label, "priority": rule.priority, "operator": texts[rule.id].operator or "after",
            "unit": _unit(rule, texts[rule.id].unit), "step": _step(rule), "ladder": ladder[rule.id],
            **{key: getattr(now_of(rule), key) for key in SETTINGS},
        }
        for rule in askable(profile)
    ]  # fmt: skip


def _offered(profile: Profile) -> list[str]:
    """What one asks about first: the medium step of saturation, CO₂ and breathing."""
    out = []
    for signal, side in (("spo2", "low"), ("etco2", "high"), ("rr", "low")):
        found = (r.id for r in profile.rules if r.signals == (signal,) and r.priority == "medium" and r.limits)
        out += [rule for rule in found if profile.rule(rule).limits[0].side == side][:1]
    return out


def _unit(rule: Rule, unit: str) -> str:
    first = rule.operator if not rule.any else next((b.operator for b in rule.any if b.value is not None), "")
    return "%" if first.startswith("pct") else unit


def _step(rule: Rule) -> float:
    """By how much one press of a button moves the limit."""
    return 0.1 if rule.signals == ("temp",) else 1.0


# -- a question and its answer -----------------------------------------------------------------------------------------


def _ask(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    store, found = _scope(services, data)
    base = services.profile_book(store).resolve(text(data, "profile"), text(data, "version"))
    question = Question(store, tuple(one.id for one in found), base, _changes(data))
    job = services.whatif().ask(text(data, "owner", 80), question)
    return {"total": job.total, "others": job.others}


def _off(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    services.whatif().call_off(text(data, "owner", 80))
    return {}


def _job(services: Services, owner: str) -> dict[str, Any]:
    job = services.whatif().job(owner)
    if job is None:
        raise EntryRefused("nothing was asked", status=404)
    shown: dict[str, Any] = {"state": job.state, "done": job.done, "total": job.total, "others": job.others, "took_s": round(job.took_s, 2)}  # fmt: skip
    if job.state == "failed":
        shown["message"] = job.message
    if job.report is not None:
        shown["report"] = _report(job, job.report, services.histories())
    return shown


def _report(job: Job, report: Report, histories: Histories) -> dict[str, Any]:
    rules = {rule.id: rule for rule in job.question.base.rules}
    return {
        "sessions": report.sessions, "hours": round(report.hours, 3), "before": _tally(report.before), "after": _tally(report.after),
        "left_out": report.left_out, "other_version": report.other_version,
        "lines": [
            {"key": line.key, "tone": line.tone, "text": line.text, "count": len(line.items),
             "items": [_item(item, rules, histories) for item in line.items[:MOST_ITEMS]]}
            for line in report.lines
        ],
    }  # fmt: skip


def _tally(tally: Tally) -> dict[str, int]:
    return {
        **{str(name): count for name, count in tally.by_priority.items()},
        "short": tally.short,
        "total": tally.total,
    }


def _item(item: Item, rules: Mapping[str, Rule], histories: Histories) -> dict[str, Any]:
    one = histories.one(item.session)
    rule = rules.get(item.rule)
    return {
        "session": item.session, "title": item.title, "at_s": item.at_s, "words": item.words, "priority": item.priority,
        "wall": "" if one is None else f"{one.wall(item.at_s):%H:%M:%S}", "occurrence": item.occurrence,
        "label": rule.label if rule is not None else "SpO₂",
    }  # fmt: skip


def _propose(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the panel last worked out, as a version that waits for approval."""
    job = services.whatif().job(text(data, "owner", 80))
    if job is None or job.report is None:
        raise EntryRefused("re-run first: a proposal rests on what it would have done")
    by, reason = text(data, "by", 60), text(data, "reason", 500)
    if by not in services.people():
        raise EntryRefused("say who proposes it", field="by")
    question = job.question
    evidence = {**job.report.numbers, "changes": {rule: dict(change) for rule, change in question.changes.items()}}
    changed = applied(question.base, question.changes)
    version = services.profile_book(question.store).propose(changed, by, reason, evidence)
    return {"profile": question.base.id, "version": version, "store": question.store}


# -- what was sent -----------------------------------------------------------------------------------------------------


def _scope(services: Services, data: Mapping[str, Any]) -> tuple[StoreName, list[SessionAlarms]]:
    """The sessions by their ids; one that is gone is left out."""
    ids = data.get("sessions")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise EntryRefused("sessions: expected a list of ids", field="sessions")
    if len(ids) > MOST_SESSIONS:
        raise EntryRefused(f"{len(ids)} sessions: at most {MOST_SESSIONS} at once; choose dates", field="sessions")
    store: StoreName = "simulation" if data.get("store") == "simulation" else "live"
    found = [one for name in ids if (one := services.histories().one(name)) is not None]
    return store, [one for one in found if one.simulation is (store == "simulation")]


def _changes(data: Mapping[str, Any]) -> Changes:
    changes = data.get("changes")
    fits = isinstance(changes, dict) and all(
        isinstance(change, dict)
        and all(key in SETTINGS and isinstance(number, int | float) and not isinstance(number, bool) for key, number in change.items())
        for change in changes.values()
    )  # fmt: skip
    if not fits:
        raise EntryRefused("changes: expected a rule, and value, delay_s or hysteresis as numbers", field="changes")
    assert isinstance(changes, dict)
    return {str(rule): {key: float(number) for key, number in change.items()} for rule, change in changes.items()}
