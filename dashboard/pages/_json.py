"""Requests of the pages' scripts as JSON, and what is wrong with them in one line."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from config.models import ConfigError, DashboardError
from dashboard.bedside.errors import EntryRefused

#: Ids of a thousand sessions, and room.
MAX_BODY = 128 * 1024


async def asked(request: Request) -> dict[str, Any]:
    """The body as an object. EntryRefused says what is wrong with it."""
    body = await request.body()
    if len(body) > MAX_BODY:
        raise EntryRefused(f"a request is at most {MAX_BODY // 1024} kB long")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise EntryRefused("a request must be valid JSON") from None
    if not isinstance(found, dict):
        raise EntryRefused("a request is a JSON object")
    return found


def text(data: Mapping[str, Any], key: str, longest: int = 400) -> str:
    """EntryRefused when it is not there, empty, or too long."""
    found = data.get(key)
    if not isinstance(found, str) or not found.strip():
        raise EntryRefused(f"{key} is missing", field=key)
    if len(found) > longest:
        raise EntryRefused(f"{key}: at most {longest} characters", field=key)
    return found.strip()


def refused(error: DashboardError) -> JSONResponse:
    """400 for what the sender can mend, 503 for what the program cannot do now."""
    if isinstance(error, EntryRefused):
        return JSONResponse({"ok": False, "error": str(error), "field": error.field}, error.status)
    return JSONResponse({"ok": False, "error": str(error), "field": None}, 400 if isinstance(error, ConfigError) else 503)  # fmt: skip
