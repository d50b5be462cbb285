"""The real page skeleton behind a scripted feed that obeys docs/live-protocol.md, so that the page can be driven alone.

`python tests/browser/fake_feed.py [SCENE]` serves it for a look in a browser; tests use `FakeFeed` in their own process.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import plotly
import uvicorn
from fake_scenes import Scenes
from fake_session import (
    BED,
    CO2_HIGH,
    LEVELS,
    LIMITS,
    NOW_S,
    PEOPLE,
    RATE_CHANGE_S,
    RR_LOW,
    SETTINGS,
    SPO2_LOW,
    STARTED_S,
    TEMP_LOW,
    history,
    iso,
    prediction,
)  # fmt: skip
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse, Response

from dashboard.pages.live import layout
from dashboard.shell import Shell

#: What the page calls, and nothing comes of it.
NO_CHARTS = "window.Plotly = { newPlot: async () => {}, update: async () => {}, purge() {} };"

__all__ = ["BED", "CO2_HIGH", "NO_CHARTS", "RR_LOW", "SPO2_LOW", "TEMP_LOW", "FakeFeed", "iso"]


class FakeFeed(Scenes):
    """One bed. Fields are what the next messages say; `tell` sends a change now; `posts` and `asks` are what came back."""

    def __init__(self) -> None:
        self.url = ""
        self.training = False
        self.app = self._make_app()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._sockets: list[tuple[WebSocket, list[int]]] = []
        self.reset()

    # -- what tests set ---------------------------------------------------------------------------------------------

    def reset(self) -> None:
        self.drop()
        self._plain()

    def show(self, scene: str, **numbers: float) -> None:
        """Another scene for the page that is open; nothing of the last one is left."""
        self._plain()
        self.scene(scene)
        self.set_values(**numbers)
        self.tell_snapshot()

    def _plain(self) -> None:
        self.began = datetime.now(UTC) - timedelta(seconds=NOW_S)
        self.mono0 = time.monotonic()
        self.training = False  # a trainee's page, for pages that are opened from now on
        self.charts = True  # False: charts cost nothing, for pages whose charts nobody looks at
        self.silent = False  # open sockets, no messages at all
        self.refuse_sockets = False
        self.record_answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]] | None = None
        self.hold_records = False  # answers to POST wait until this is false again
        self.history_fails = False
        self.recording = {"ok": True, "message": ""}
        self.posts: list[dict[str, Any]] = []
        self.asks: list[dict[str, Any]] = []
        self.histories = 0
        self.simulation = True
        self.has_session = True
        self.preparing = False  # a simulated bed that makes its own past; a test ends it and tells a snapshot
        self.session_more: dict[str, Any] = {}
        self.alarms: list[dict[str, Any]] = []
        self.recent: list[dict[str, Any]] = []
        self.audio: dict[str, Any] = {
            "paused_until_t_s": None,
            "paused_s_left": 0,
            "sounding": None,
            "burst": 0,
            "reminder": 0,
        }
        self.screens: list[dict[str, Any]] | None = None  # of the heartbeat; None: it does not tell
        self.devices = [
            {"name": "monitor", "monitor": "philips_intellivue", "state": "live", "age_s": 0.2, "detail": ""},
            {"name": "capnograph", "monitor": "capnostream", "state": "live", "age_s": 0.6, "detail": ""},
        ]
        self.values: dict[str, dict[str, Any]] = {}
        self.set_values(rate=92, spo2=97, etco2=38, rr=14, sbp=148, dbp=86, map=107, pi=3.1, breath=3)
        self.infusion: dict[str, Any] = {
            "state": "running", "rate_mg_h": 21.7, "rate_mg_kg_h": 0.35, "rate_ml_h": 10.85, "concentration_mg_ml": 2.0,
            "given_mg": 26.3, "planned_mg": 86.8, "minutes_left": 167, "started_at": iso(self.at(STARTED_S)), "source": "entered",
        }  # fmt: skip
        self.log = self._first_log()

    def set_values(self, **numbers: float | None) -> None:
        """Live numbers by derived name; None: no value (use `set_dead` to say why)."""
        source = {
            "rate": "hr",
            "rr": "rr_co2",
            "sbp": "nibp_sys",
            "dbp": "nibp_dia",
            "map": "nibp_map",
            "breath": "rr_co2",
        }
        for name, value in numbers.items():
            cuff = name in ("sbp", "dbp", "map")
            device = "capnograph" if name in ("etco2", "rr", "breath") else "monitor"
            self.values[name] = {
                "value": value, "status": "ok", "age_s": 130.0 if cuff else 0.4, "source": device, "signal": source.get(name, name), "last": value,
            }  # fmt: skip

    def set_dead(self, name: str, status: str, age_s: float) -> None:
        self.values[name] = {**self.values[name], "value": None, "status": status, "age_s": age_s}

    def set_alarms(self, alarms: list[dict[str, Any]], sounding: str | None = None, burst: int | None = None) -> None:
        """Replace the active alarms and tell every page at once."""
        self.alarms = [{**a, "onset_at": a["onset_at"] or iso(self.at(a["onset_t_s"]))} for a in alarms]
        self.audio = {**self.audio, "sounding": sounding, "burst": self.audio["burst"] + 1 if burst is None else burst}
        self.tell("alarm", alarms=self.alarms, audio=self.audio, recent=self.recent, changes=[])

    def tell(self, kind: str, **fields: Any) -> None:
        self._run(self._send_all(kind, BED, fields))

    def tell_values(self) -> None:
        self.tell("vitals", values=self.values, t_s=self.t_s(), tick=False)

    def tell_snapshot(self) -> None:
        self.tell("snapshot", **self.snapshot())

    def beat(self) -> None:
        """A heartbeat now, with what it tells of screens and record."""
        self._run(self._send_all("heartbeat", None, self._heartbeat()))

    def drop(self) -> None:
        """Close every socket, as a server that went away does."""
        self._run(self._close_all())

    # -- messages ---------------------------------------------------------------------------------------------------

    def t_s(self) -> float:
        return round(NOW_S + time.monotonic() - self.mono0, 3)

    def at(self, t_s: float) -> datetime:
        return self.began + timedelta(seconds=t_s)

    def session(self) -> dict[str, Any] | None:
        if not self.has_session:
            return None
        return {
            "id": "0192-session", "bed": BED, "title": "Room 6", "patient": "made-up patient T.N.", "age_y": 54, "weight_kg": 62,
            "protocol": "CRPS 0.35 mg/kg/h × 4 h · day 3 of 10", "phase": "steady", "opened_at": iso(self.began), "started_at": iso(self.at(STARTED_S)),
            "planned_min": 240, "t_s": self.t_s(), "profile": "B", "approved": False, "limits_modified": False, "scale": "moaas", "scale_label": "MOAA/S",
            "levels": LEVELS, "loc": {"level": "4", "at": iso(self.at(NOW_S - 188)), "by": "R. Nurse"}, "loc_due_t_s": NOW_S + 112.0,
            "nibp_due_t_s": NOW_S + 170.0, "nibp_interval_s": 300, "oxygen": {"flow_l_min": 2.0, "device": "nasal"}, "has_co2": True,
            "emergency_since": None, "limits": LIMITS, "settings": SETTINGS, "off": [], "open": True, **self.session_more,
        }  # fmt: skip

    def snapshot(self) -> dict[str, Any]:
        session = self.session()
        if self.preparing:
            quiet = {"paused_until_t_s": None, "paused_s_left": 0, "sounding": None, "burst": 0, "reminder": 0}
            return {
                "preparing": True, "values": {}, "alarms": [], "audio": quiet, "recent": [], "infusion": None, "session": None, "log": [],
                "simulation": True, "devices": [],
            }  # fmt: skip
        return {
            "preparing": False, "values": self.values, "alarms": self.alarms, "audio": self.audio, "recent": self.recent, "infusion": self.infusion if session else None,
            "session": session, "log": self.log if session else [], "simulation": self.simulation, "devices": self.devices,
        }  # fmt: skip

    def _line(
        self, seq: int, t_s: float, kind: str, text: str, by: str = "R. Nurse", priority: str | None = None
    ) -> dict[str, Any]:
        return {
            "seq": seq,
            "at": iso(self.at(t_s)),
            "t_s": t_s,
            "type": kind,
            "text": text,
            "by": by,
            "priority": priority,
            "struck": False,
        }

    def _first_log(self) -> list[dict[str, Any]]:
        rows = (
            (STARTED_S, "infusion_started", "infusion started · 2 mg/mL", "R. Nurse", None),
            (RATE_CHANGE_S, "infusion_rate_changed", "rate 10.8 → 21.7 mg/h", "R. Nurse", None),
            (2590.0, "alarm_raised", "SpO₂ probe off 2:50", "system", "medium"),
            (3082.0, "drug_given", "ondansetron 4 mg IV", "R. Nurse", None),
            (4580.0, "oxygen_changed", "O₂ 2 L/min nasal", "R. Nurse", None),
            (4897.0, "consciousness_assessed", "MOAA/S 4", "R. Nurse", None),
            (4967.0, "alarm_raised", "EtCO₂ high 52 (≥ 48)", "system", "medium"),
        )
        return [self._line(i + 1, *row) for i, row in enumerate(rows)][::-1]

    def history(self) -> dict[str, Any]:
        return history(self.at, self.t_s(), self.log, desaturating=self.values.get("spo2", {}).get("value") == 84)

    def prediction(self) -> dict[str, Any]:
        return prediction(self.at, self.t_s())

    # -- server -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Serve on a free port of this machine, in a thread of its own."""
        self._server = uvicorn.Server(
            uvicorn.Config(self.app, host="127.0.0.1", port=0, log_level="warning", ws="websockets-sansio")
        )
        threading.Thread(target=self._server.run, daemon=True).start()
        until = time.monotonic() + 20
        while not self._server.started:
            if time.monotonic() > until:
                raise RuntimeError("the fake feed did not start")
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        if self._server:
            self._server.should_exit = True

    def _run(self, work: Any) -> None:
        if self._loop is None:
            work.close()
            return
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    async def _send(
        self, socket: WebSocket, count: list[int], kind: str, bed: str | None, fields: dict[str, Any]
    ) -> None:
        body = {"seq": count[0], "type": kind, "bed": bed, "at": iso(self.at(self.t_s())), **fields}
        count[0] += 1
        await socket.send_text(json.dumps(body, ensure_ascii=False))

    async def _send_all(self, kind: str, bed: str | None, fields: dict[str, Any]) -> None:
        for socket, count in list(self._sockets):
            try:
                await self._send(socket, count, kind, bed, fields)
            except (RuntimeError, WebSocketDisconnect):
                self._forget(socket)

    def _forget(self, socket: WebSocket) -> None:
        self._sockets = [pair for pair in self._sockets if pair[0] is not socket]

    async def _close_all(self) -> None:
        for socket, _ in list(self._sockets):
            try:
                await socket.close(1012)
            except RuntimeError:
                self._forget(socket)
        self._sockets.clear()

    async def _beat(self) -> None:
        while True:
            if not self.silent:
                await self._send_all("heartbeat", None, self._heartbeat())
                if not self.preparing:
                    await self._send_all("vitals", BED, {"values": self._aged(), "t_s": self.t_s(), "tick": True})
            await asyncio.sleep(1.0)

    def _heartbeat(self) -> dict[str, Any]:
        told = {} if self.screens is None else {"screens": {BED: self.screens}}
        return {"server_time": iso(datetime.now(UTC)), "recording": self.recording, **told}

    def _aged(self) -> dict[str, Any]:
        """Cuff readings and dead values grow older; the others are always fresh."""
        past = self.t_s() - NOW_S
        return {
            name: {**v, "age_s": v["age_s"] + past} if name in ("sbp", "dbp", "map") or v["value"] is None else v
            for name, v in self.values.items()
        }

    def _make_app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def keep_loop(request: Request, forward: Any) -> Any:
            self._awake()
            return await forward(request)

        @app.get("/healthz")
        async def healthz() -> JSONResponse:
            return JSONResponse({"status": "ok"})

        @app.get("/vendor/plotly.min.js")
        async def plotly_js() -> Response:
            kept = {"Cache-Control": "no-cache"}  # one browser sees both
            if not self.charts:
                return Response(NO_CHARTS, media_type="text/javascript", headers=kept)
            path = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
            return FileResponse(path, media_type="text/javascript", headers=kept)

        @app.get("/live/history")
        async def history() -> JSONResponse:
            self.histories += 1
            return JSONResponse({"ok": False}, 503) if self.history_fails else JSONResponse(self.history())

        @app.get("/live/prediction")
        async def prediction() -> JSONResponse:
            return JSONResponse(self.prediction())

        @app.post("/live/record")
        async def record(request: Request) -> JSONResponse:
            entry = await request.json()
            self.posts.append(entry)
            while self.hold_records:  # noqa: ASYNC110 - set from the thread of the test
                await asyncio.sleep(0.02)
            status, answer = (
                self.record_answer(entry)
                if self.record_answer
                else (200, {"ok": True, "seq": 100 + len(self.posts), "text": entry["type"]})
            )
            return JSONResponse(answer, status)

        @app.websocket("/live/ws")
        async def live(socket: WebSocket) -> None:
            self._awake()
            if self.refuse_sockets:
                await socket.close(1013)
                return
            await socket.accept()
            count = [0]
            if not self.silent:
                await self._send(socket, count, "snapshot", BED, self.snapshot())
                await self._send(
                    socket,
                    count,
                    "heartbeat",
                    None,
                    self._heartbeat(),
                )
                if not self.preparing:
                    await self._send(
                        socket, count, "vitals", BED, {"values": self._aged(), "t_s": self.t_s(), "tick": True}
                    )
            self._sockets.append((socket, count))
            try:
                while True:
                    ask = json.loads(await socket.receive_text())
                    self.asks.append(ask)
                    await self._answer(socket, count, ask)
            except (WebSocketDisconnect, RuntimeError):
                self._forget(socket)

        page = Shell(app)
        page.layout = lambda: layout(BED, "Room 6", PEOPLE, training=self.training)
        return app

    async def _answer(self, socket: WebSocket, count: list[int], ask: dict[str, Any]) -> None:
        reply = {"do": ask["do"], "ok": True, "error": None}
        await self._send(socket, count, "reply", ask.get("bed"), reply)
        if ask["do"] == "acknowledge":
            done = {"state": "acknowledged", "acknowledged_by": ask["by"], "acknowledged_at": iso(self.at(self.t_s()))}
            self.alarms = [{**a, **done} if a["occurrence"] == ask["occurrence"] else a for a in self.alarms]
        elif ask["do"] in ("pause_audio", "resume_audio"):
            left = 120 if ask["do"] == "pause_audio" else 0
            self.audio = {**self.audio, "paused_s_left": left, "sounding": None if left else self.audio["sounding"]}
        else:
            return
        await self._send_all("alarm", BED, {"alarms": self.alarms, "audio": self.audio, "changes": []})

    def _awake(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._beating = self._loop.create_task(self._beat())


if __name__ == "__main__":
    shown = FakeFeed()
    shown.scene(sys.argv[1] if len(sys.argv) > 1 else "calm")
    shown.start()
    print(shown.url, flush=True)
    threading.Event().wait()
