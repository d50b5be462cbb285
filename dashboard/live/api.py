"""The HTTP and WebSocket edge of the live data path. Thin: it parses, calls the bed, and answers (docs/live-protocol.md)."""

import asyncio
import contextlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse, Response

from config.models import DashboardError
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.ward import Ward
from dashboard.live.hub import Hub, Viewer, encode
from dashboard.store.tables import REQUEST_ID_LENGTH

MAX_BODY = 64 * 1024
#: Digits of a whole number in a request; more than a float can tell apart has no meaning here.
MAX_DIGITS = 18
#: How a browser closes a socket whose page is left; whatever else ends a connection is no goodbye (docs/live-protocol.md).
GOODBYE = (1000, 1001)
VERSION = version("infusion-dashboard")


def _now() -> datetime:
    return datetime.now(UTC)


def _refusal(error: DashboardError) -> JSONResponse:
    """What a bed refuses says its own status; whatever else keeps it from answering is the store's trouble."""
    field, status = (error.field, error.status) if isinstance(error, EntryRefused) else (None, 503)
    return JSONResponse({"ok": False, "error": str(error), "field": field}, status)


def router(ward: Ward, hub: Hub) -> APIRouter:
    """All routes of the live path. Declare before Dash's catch-all, which would answer any unknown path with a page."""
    api = APIRouter()

    def bed_of(bed: object) -> Bedside:
        found = ward.find(bed) if isinstance(bed, str) else None
        if found is None:
            raise EntryRefused(f"no bed {bed!r}; this station has {', '.join(ward.beds)}", field="bed", status=404)
        return found

    @api.get("/healthz")
    async def healthz() -> JSONResponse:
        trouble = ward.trouble()
        if trouble:
            return JSONResponse({"status": "failing", "version": VERSION, "trouble": trouble}, 503)
        return JSONResponse({"status": "ok", "version": VERSION})

    @api.get("/vendor/plotly.min.js")
    async def plotly() -> FileResponse:
        path = files("plotly") / "package_data" / "plotly.min.js"
        return FileResponse(str(path), media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"})

    @api.get("/live/history")
    async def history(bed: str | None = None) -> Response:
        try:
            data = await to_thread.run_sync(bed_of(bed).history)
        except DashboardError as error:
            return _refusal(error)
        return Response(await to_thread.run_sync(_dumps, data), media_type="application/json")

    @api.get("/live/prediction")
    async def prediction(bed: str | None = None) -> Response:
        try:
            data = await to_thread.run_sync(bed_of(bed).prediction)
        except DashboardError as error:
            return _refusal(error)
        return Response(_dumps(data), media_type="application/json")

    @api.post("/live/record")
    async def record(request: Request) -> JSONResponse:
        try:
            entry = _object(await _body(request), "an entry")
            bed = bed_of(entry.pop("bed", None))
            _check_frame(entry)
            _refuse_while_held(bed)
            done = await to_thread.run_sync(bed.record, entry)
        except DashboardError as error:
            return _refusal(error)
        return JSONResponse({"ok": True, **done})

    @api.websocket("/live/ws")
    async def live(socket: WebSocket, bed: str | None = None) -> None:
        await socket.accept()
        one_bed = ward.find(bed) if bed is not None else None
        if bed is not None and one_bed is None:
            await socket.close(1008, f"no bed {bed}")
            return
        viewer = Viewer(bed)
        # Join first, then snapshot: a change in between is told twice rather than never.
        hub.join(viewer)
        closed = 0
        try:
            watched = ward.beds.values() if one_bed is None else [one_bed]
            snapshots = [encode("snapshot", one.id, _now(), await to_thread.run_sync(one.snapshot)) for one in watched]
            viewer.begin([*snapshots, encode("escalation", None, _now(), ward.desk.message())])
            sender = asyncio.create_task(_send(socket, viewer))
            try:
                closed = await _listen(socket, viewer, ward)
            finally:
                sender.cancel()
                with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                    await sender
        finally:
            hub.leave(viewer)
            ward.desk.screens.left(id(viewer), goodbye=closed in GOODBYE)

    return api


async def _body(request: Request) -> bytes:
    """All of it is read, or the sender would never hear why it was refused; no more than an entry's worth is kept."""
    kept = bytearray()
    async for chunk in request.stream():
        if len(kept) <= MAX_BODY:
            kept += chunk
    return bytes(kept)


def _object(text: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object that a page sent. EntryRefused for anything else, also for what Python's reader lets through and no
    record can hold: NaN, endless digits, half a character, endless nesting."""
    if len(text) > MAX_BODY:
        raise EntryRefused(f"{what} is at most {MAX_BODY // 1024} kB long")
    try:
        found = json.loads(text, parse_constant=_no_number, parse_int=_whole, parse_float=_finite)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise EntryRefused(f"{what} must be valid JSON") from None
    if not isinstance(found, dict):
        raise EntryRefused(f"{what} is a JSON object")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _check_frame(entry: Mapping[str, Any]) -> None:
    """What every entry has, whatever its type."""
    request_id, kind = entry.get("id"), entry.get("type")
    if request_id is not None and not (isinstance(request_id, str) and 0 < len(request_id) <= REQUEST_ID_LENGTH):
        raise EntryRefused(f"id: expected a text of 1 to {REQUEST_ID_LENGTH} characters", field="id")
    if not isinstance(kind, str):
        raise EntryRefused("type: expected the name of an entry, such as note", field="type")


def _refuse_while_held(bed: Bedside) -> None:
    if bed.held:
        # Its clock stands in the past: whatever is entered now would be recorded as done then.
        raise EntryRefused("this simulated bed is still making its past; try again in a few seconds", status=409)


def _dumps(data: Mapping[str, Any]) -> bytes:
    """An 8 h history is a quarter of a million numbers: encoded while nothing else can run, so it must be quick."""
    return orjson.dumps(data)


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    while not viewer.overrun:
        for text in await viewer.next():
            await socket.send_text(text)
    await socket.close(1013, "too slow: reconnect for a fresh snapshot")


async def _listen(socket: WebSocket, viewer: Viewer, ward: Ward) -> int:
    """Answers until the connection ends; returns the code with which the browser closed it, 0 when it did not."""
    while True:
        try:
            text = await socket.receive_text()
        except WebSocketDisconnect as gone:
            return gone.code
        except (RuntimeError, KeyError):
            return 0
        reply = await _act(text, viewer, ward)
        viewer.offer(encode("reply", reply.pop("bed"), _now(), reply))


async def _act(text: str, viewer: Viewer, ward: Ward) -> dict[str, Any]:
    """Do what the browser asked; the answer goes to this connection alone."""
    do: str | None = None
    bed_id: str | None = None
    try:
        ask = _object(text, "a request")
        do, bed_id = (word if isinstance(word := ask.get(key), str) else None for key in ("do", "bed"))
        if do == "present":
            ward.desk.screens.told(viewer.bed, id(viewer), ask)
            return {"do": do, "bed": bed_id, "ok": True, "error": None}
        if do == "self_test":
            ward.desk.screens.tested(id(viewer), ok=ask.get("ok") is True, detail=str(ask.get("detail") or ""))
            return {"do": do, "bed": bed_id, "ok": True, "error": None}
        bed = ward.find(bed_id or "")
        if bed is None:
            raise EntryRefused(f"no bed {ask.get('bed')!r}", field="bed", status=404)
        if do not in ("acknowledge", "pause_audio", "resume_audio"):
            raise EntryRefused(f"unknown request {ask.get('do')!r}")
        _refuse_while_held(bed)
        if do == "acknowledge":
            await to_thread.run_sync(bed.acknowledge, ask.get("occurrence"), ask.get("by"))
        elif do == "pause_audio":
            await to_thread.run_sync(bed.pause_audio, ask.get("by"))
        else:
            await to_thread.run_sync(bed.resume_audio, ask.get("by"))
    except DashboardError as error:
        return {"do": do, "bed": bed_id, "ok": False, "error": str(error)}
    return {"do": do, "bed": bed_id, "ok": True, "error": None}
