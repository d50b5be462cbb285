"""Versions of the alarm profiles for their dialog: what there is, what differs, and approving one."""

from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.models import ConfigError, DashboardError
from dashboard.pages._json import asked, refused, text
from dashboard.pages.services import Services, StoreName
from dashboard.store.profiles import ProfileBook, ProfileVersion
from dashboard.store.profiles_diff import differences


def router(services: Services) -> APIRouter:
    """Declare before Dash's catch-all."""
    api = APIRouter()

    @api.get("/profiles/list")
    async def listed(store: str = "live", profile: str = "") -> JSONResponse:
        try:
            return JSONResponse({"ok": True, **await to_thread.run_sync(_list, services, _store(store), profile)})
        except DashboardError as error:
            return refused(error)

    @api.post("/profiles/approve")
    async def approve(request: Request) -> JSONResponse:
        try:
            return JSONResponse({"ok": True, **await to_thread.run_sync(_approve, services, await asked(request))})
        except DashboardError as error:
            return refused(error)

    return api


def _store(word: object) -> StoreName:
    return "simulation" if word == "simulation" else "live"


def _list(services: Services, store: StoreName, profile: str) -> dict[str, Any]:
    book = services.profile_book(store)
    known = book.known()
    profile = (
        profile if profile in known else services.default_profile() if services.default_profile() in known else known[0]
    )
    versions = book.versions(profile)
    current = _current(book, profile)
    return {
        "profile": profile,
        "profiles": list(known),
        "current": current,
        "approvers": list(services.approvers()),
        "versions": [_row(book, one, versions, current) for one in versions],
    }


def _current(book: ProfileBook, profile: str) -> str:
    try:
        return book.current(profile).version
    except ConfigError:
        return ""


def _row(book: ProfileBook, one: ProfileVersion, versions: list[ProfileVersion], current: str) -> dict[str, Any]:
    """`differences`: from the version it was made from, else from the one before it."""
    index = versions.index(one)
    base = one.base_version or (versions[index + 1].version if index + 1 < len(versions) else "")
    return {
        "version": one.version, "title": one.title, "state": one.state, "current": one.version == current, "by": one.proposed_by,
        "reason": one.reason, "evidence": list(one.evidence.get("what changes", [])), "sessions": one.evidence.get("sessions"),
        "at": one.recorded_at.astimezone().strftime("%Y-%m-%d %H:%M") if one.recorded_at else "",
        "approved_by": one.approved_by, "note": one.approval_note,
        "approved_at": one.approved_at.astimezone().strftime("%Y-%m-%d") if one.approved_at else "",
        "base": base, "differences": _differences(book, one, base),
    }  # fmt: skip


def _differences(book: ProfileBook, one: ProfileVersion, base: str) -> list[dict[str, str]]:
    if not base:
        return []
    try:
        pair = [book.resolve(one.profile, version) for version in (base, one.version)]
    except ConfigError:
        return []
    return [
        {"rule": d.rule, "label": d.label, "setting": d.setting, "before": d.before, "after": d.after}
        for d in differences(*pair)
    ]


def _approve(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    store, profile, version = _store(data.get("store")), text(data, "profile", 64), text(data, "version", 64)
    note = data.get("note")
    services.approve(store, profile, version, text(data, "by", 60), note if isinstance(note, str) else "")
    return _list(services, store, profile)
