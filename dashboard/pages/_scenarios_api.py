"""What the scenario editor asks: does the text pass, what does it do, keep it, put it away. Nothing leaves this machine."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from config.models import DashboardError
from dashboard.bedside.errors import EntryRefused
from dashboard.pages._json import asked as body_of
from dashboard.pages._json import refused, text
from dashboard.pages.services import Services
from dashboard.training.library import LibraryError, check_as

#: Previews wait for their turn; threads of their own, so that no other page waits with them.
_WAITING = 16


def router(services: Services) -> APIRouter:
    api = APIRouter(prefix="/train/api/scenarios")
    waiting = CapacityLimiter(_WAITING)

    async def body(request: Request) -> dict[str, Any]:
        if services.training_bed() is None:
            raise EntryRefused("this station has no training room", status=404)
        return await body_of(request)

    @api.post("/check")
    async def check(request: Request) -> Response:
        try:
            asked = await body(request)
            found = await to_thread.run_sync(checked, asked)
        except DashboardError as error:
            return _refused(error)
        return JSONResponse({"ok": True, "problems": found})

    @api.post("/preview")
    async def preview(request: Request) -> Response:
        try:
            asked = await body(request)
            owner, toml = text(asked, "owner", 60), _text(asked)
            if problems := await to_thread.run_sync(check_as, None, toml):
                raise EntryRefused(f"line {problems[0]}", field="text")
            found = await to_thread.run_sync(services.previews().ask, owner, toml, limiter=waiting)
        except DashboardError as error:
            return _refused(error)
        return Response(
            orjson.dumps({"ok": True, "dropped": found is None, **(found or {})}), media_type="application/json"
        )

    @api.post("/save")
    async def save(request: Request) -> Response:
        try:
            asked = await body(request)
            seen = text(asked, "seen", 64) if asked.get("seen") is not None else None
            kept = await to_thread.run_sync(services.scenarios().save, text(asked, "id"), _text(asked), seen)
        except DashboardError as error:
            return _refused(error)
        return JSONResponse({"ok": True, "id": kept.id, "digest": kept.digest})

    @api.post("/delete")
    async def delete(request: Request) -> Response:
        try:
            asked = await body(request)
            kept = await to_thread.run_sync(services.scenarios().delete, text(asked, "id"), text(asked, "seen", 64))
        except DashboardError as error:
            return _refused(error)
        return JSONResponse({"ok": True, "kept": kept.name})

    return api


def checked(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Problems by line; with `id` also whether the text calls itself so."""
    name = asked.get("id")
    return [asdict(problem) for problem in check_as(name if isinstance(name, str) else None, _text(asked))]


def _text(asked: Mapping[str, Any]) -> str:
    """As it was typed: blanks at the ends belong to it."""
    found = asked.get("text")
    if not isinstance(found, str):
        raise EntryRefused("text is missing", field="text")
    return found


def _refused(error: DashboardError) -> JSONResponse:
    if isinstance(error, LibraryError):
        return JSONResponse({"ok": False, "error": str(error), "field": None}, error.status)
    return refused(error)
