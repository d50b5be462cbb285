"""Where a reviewer's browser sends what it judges: one POST an entry, answered once it is on the disk."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config.models import DashboardError
from dashboard.bedside.errors import EntryRefused
from dashboard.history.model import SessionAlarms
from dashboard.pages._alarms_rows import verdict_fields
from dashboard.store.tables import REQUEST_ID_LENGTH

MAX_BODY = 16 * 1024

Review = Callable[[str, Mapping[str, Any], str], SessionAlarms]


def router(review: Review) -> APIRouter:
    """Declare before Dash's catch-all. `review` as `dashboard.pages.services.Services.review`."""
    api = APIRouter()

    @api.post("/history/record")
    async def record(request: Request) -> JSONResponse:
        try:
            entry = _entry(await request.body())
            session, request_id = entry.pop("session"), entry.pop("id")
            done = await to_thread.run_sync(review, session, entry, request_id)
        except DashboardError as error:
            field, status = (error.field, error.status) if isinstance(error, EntryRefused) else (None, 503)
            return JSONResponse({"ok": False, "error": str(error), "field": field}, status)
        return JSONResponse({"ok": True, "signed_by": list(done.signed_by), "rows": changed(done)})

    return api


def changed(session: SessionAlarms) -> list[dict[str, Any]]:
    """What the table shows anew, for every alarm of the session: a signature changes many."""
    return [{"id": f"{session.id}:{one.number}", **verdict_fields(session, one.number)} for one in session.occurrences]


def _entry(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise EntryRefused(f"an entry is at most {MAX_BODY // 1024} kB long")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise EntryRefused("an entry must be valid JSON") from None
    if not isinstance(found, dict):
        raise EntryRefused("an entry is a JSON object")
    request_id = found.get("id")
    if not isinstance(request_id, str) or not 0 < len(request_id) <= REQUEST_ID_LENGTH:
        raise EntryRefused(f"id: expected a text of 1 to {REQUEST_ID_LENGTH} characters", field="id")
    if not isinstance(found.get("session"), str):
        raise EntryRefused("session: expected its id", field="session")
    return found
