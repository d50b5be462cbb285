"""The HTTP and WebSocket edge of the live data path. Thin: it parses, calls the bed, and answers (docs/live-protocol.md)."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse, Response

from dashboard.bedside.bedside import Bedside
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.ward import Ward
from dashboard.live.hub import Hub, Viewer, encode

MAX_BODY = 64 * 1024
VERSION = version("infusion-dashboard")


def _now() -> datetime:
    return datetime.now(UTC)


def _refusal(error: EntryRefused) -> JSONResponse:
    return JSONResponse({"ok": False, "error": str(error), "field": error.field}, error.status)


def router(ward: Ward, hub: Hub) -> APIRouter:
    """All routes of the live path. Declare before Dash's catch-all, which would answer any unknown path with a page."""
    api = APIRouter()

    def bed_of(bed: object) -> Bedside:
        found = ward.beds.get(bed) if isinstance(bed, str) else None
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
    async def history(bed: str) -> Response:
        try:
            data = await to_thread.run_sync(bed_of(bed).history)
        except EntryRefused as error:
            return _refusal(error)
        return Response(await to_thread.run_sync(_dumps, data), media_type="application/json")

    @api.get("/live/prediction")
    async def prediction(bed: str) -> Response:
        try:
            data = await to_thread.run_sync(bed_of(bed).prediction)
        except EntryRefused as error:
            return _refusal(error)
        return Response(_dumps(data), media_type="application/json")

    @api.post("/live/record")
    async def record(request: Request) -> JSONResponse:
        body = await request.body()
        try:
            if len(body) > MAX_BODY:
                raise EntryRefused("the entry is too long", status=400)
            entry = json.loads(body)
            if not isinstance(entry, dict):
                raise EntryRefused("an entry is a JSON object", status=400)
            bed = bed_of(entry.pop("bed", None))
            done = await to_thread.run_sync(bed.record, entry)
        except ValueError:
            return _refusal(EntryRefused("the entry is not valid JSON", status=400))
        except EntryRefused as error:
            return _refusal(error)
        return JSONResponse({"ok": True, **done})

    @api.websocket("/live/ws")
    async def live(socket: WebSocket, bed: str | None = None) -> None:
        await socket.accept()
        if bed is not None and bed not in ward.beds:
            await socket.close(1008, f"no bed {bed}")
            return
        viewer = Viewer(bed)
        # Join first, then snapshot: a change in between is told twice rather than never.
        hub.join(viewer)
        try:
            for one in ward.beds.values() if bed is None else [ward.beds[bed]]:
                snapshot = await to_thread.run_sync(one.snapshot)
                viewer.offer(encode("snapshot", one.id, _now(), snapshot))
            sender = asyncio.create_task(_send(socket, viewer))
            try:
                await _listen(socket, viewer, ward)
            finally:
                sender.cancel()
                with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                    await sender
        finally:
            hub.leave(viewer)
            ward.viewer_left(id(viewer))

    return api


def _dumps(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    while not viewer.overrun:
        for text in await viewer.next():
            await socket.send_text(text)
    await socket.close(1013, "too slow: reconnect for a fresh snapshot")


async def _listen(socket: WebSocket, viewer: Viewer, ward: Ward) -> None:
    while True:
        try:
            text = await socket.receive_text()
        except (WebSocketDisconnect, RuntimeError, KeyError):
            return
        if len(text) > MAX_BODY:
            return
        reply = await _act(text, viewer, ward)
        if reply is not None:
            viewer.offer(encode("reply", reply.pop("bed", None), _now(), reply))


async def _act(text: str, viewer: Viewer, ward: Ward) -> dict[str, Any] | None:
    """Do what the browser asked; the answer goes to this connection alone."""
    do: object = None
    bed_id: object = None
    try:
        ask = json.loads(text)
        if not isinstance(ask, dict):
            raise EntryRefused("a request is a JSON object")
        do, bed_id = ask.get("do"), ask.get("bed")
        if do == "present":
            viewer.screen = {k: ask.get(k) for k in ("by", "screen", "visible", "sound")}
            ward.viewer_present(id(viewer), bed_id if isinstance(bed_id, str) else None, viewer.screen)
            return {"do": do, "bed": bed_id, "ok": True, "error": None}
        bed = ward.beds.get(bed_id) if isinstance(bed_id, str) else None
        if bed is None:
            raise EntryRefused(f"no bed {bed_id!r}", field="bed", status=404)
        if do == "acknowledge":
            await to_thread.run_sync(bed.acknowledge, ask.get("occurrence"), ask.get("by"))
        elif do == "pause_audio":
            await to_thread.run_sync(bed.pause_audio, ask.get("by"))
        elif do == "resume_audio":
            await to_thread.run_sync(bed.resume_audio, ask.get("by"))
        else:
            raise EntryRefused(f"unknown request {do!r}")
    except ValueError:
        return {"do": None, "bed": None, "ok": False, "error": "not valid JSON"}
    except EntryRefused as error:
        return {"do": do, "bed": bed_id, "ok": False, "error": str(error)}
    return {"do": do, "bed": bed_id, "ok": True, "error": None}
