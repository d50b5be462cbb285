"""The pages with made-up beds and sessions, for browser tests: `python pages_app.py PORT [BEDS [ASSETS]]`.

Fakes only what the pages are handed: services and the live socket. Layout, scripts and styles are the product's own.
"""

import asyncio
import math
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from anyio import to_thread
from dash import Input, Output, dcc, html
from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect

sys.path.insert(0, str(Path(__file__).parents[1] / "pages"))
import pages_fakes as fakes

from config.models.alarms import load_profile
from dashboard.pages import alarms, review, rooms, sessions, setup
from dashboard.pages.services import BedInfo
from dashboard.shell import Shell

ASSETS = Path(rooms.__file__).parents[1] / "assets"
T0 = 4_365.0  # seconds on the session clock when the server starts


def alarm(number: int, rule: str, priority: str, signal: str, text: str, onset: float, **more: Any) -> dict[str, Any]:
    base = {
        "kind": "physiological",
        "label": text,
        "value": 1,
        "unit": "",
        "trigger": "≤ 88",
        "advice": "",
        "state": "active",
    }
    return (
        base
        | {
            "acknowledged_by": None,
            "occurrence": number,
            "rule": rule,
            "priority": priority,
            "signal": signal,
            "text": text,
            "onset_t_s": onset,
        }
        | more
    )


ALARMS = {
    1: [alarm(1, "sbp", "low", "sbp", "SBP watch 162 mmHg", T0 - 300)],
    2: [
        alarm(1, "spo2", "high", "spo2", "SpO₂ LOW 84 %", T0 - 12),
        alarm(2, "etco2", "medium", "etco2", "EtCO₂ HIGH 52 mmHg", T0 - 118),
        alarm(3, "rr", "medium", "rr", "RR LOW 8 /min", T0 - 41, state="acknowledged", acknowledged_by="R. Nurse"),
    ],
    5: [alarm(1, "link", "high", "link", "NO DATA from monitor", T0 - 21, kind="technical")],
}
#: What the server sounds for each bed: room 5's sound is paused.
AUDIO = {
    1: {"sounding": "low", "burst": 1, "paused_s_left": 0},
    2: {"sounding": "medium", "burst": 2, "paused_s_left": 0},
    5: {"sounding": None, "burst": 1, "paused_s_left": 95.0},
}


#: As the server tells of an alarm that nobody has answered for long, and of a bed whose screens are all away.
PASSED_ON = [
    {
        "bed": "bed-2", "title": "Room 2", "simulation": False, "occurrence": 1, "rule": "SPO2_LOW_3", "priority": "high", "kind": "physiological",
        "label": "SpO₂ low", "text": "SpO₂ LOW 84 %", "trigger": "≤ 84", "step": 3, "at": None, "since_at": None, "unanswered_s": 62.0,
        "sent": [{"channel": "screens", "ok": True, "detail": ""}, {"channel": "Physician", "ok": False, "detail": "no connection"}],
        "next_step_in_s": None, "call": "Call 112",
    },
    {
        "bed": "bed-3", "title": "Room 3", "simulation": False, "occurrence": 0, "rule": "NO_SCREEN", "priority": "medium", "kind": "technical",
        "label": "No screen here can warn", "text": "NO SCREEN HERE CAN WARN: open this bed's page", "trigger": "", "step": 2, "at": None,
        "since_at": None, "unanswered_s": 12.0, "sent": [{"channel": "screens", "ok": True, "detail": ""}], "next_step_in_s": 108.0, "call": None,
    },
]  # fmt: skip
SCREENS = {
    "bed-1": [
        {
            "by": "R. Nurse",
            "screen": "a",
            "visible": True,
            "sound": "confirmed",
            "heard_s": 1.0,
            "trouble": None,
            "self_test": None,
        }
    ],
    "bed-2": [
        {
            "by": "C. Charge",
            "screen": "b",
            "visible": False,
            "sound": "confirmed",
            "heard_s": 1.0,
            "trouble": "hidden",
            "self_test": None,
        }
    ],
}


def values(n: int, t: float) -> dict[str, Any]:
    if n % 16 == 5:
        dead = {"value": None, "status": "lost", "age_s": 21.0 + t - T0, "source": "monitor", "last": 80}
        cuff = {"value": 121, "status": "ok", "age_s": 362.0 + t - T0, "source": "monitor"}
        lost = {k: dict(dead) for k in ("rate", "spo2", "etco2", "rr")}
        return lost | {"sbp": cuff | {"value": None, "last": 121}, "dbp": cuff | {"value": None, "last": 74}}
    wave = math.sin(t / 30 + n)
    low = n == 2

    def one(value: float, age: float = 0.4) -> dict[str, Any]:
        return {"value": value, "status": "ok", "age_s": age, "source": "monitor"}

    return {
        "rate": one(82 + 9 * math.sin(n) + 2 * wave), "spo2": one(84 if low else 97 + wave), "etco2": one(52 if low else 39 + wave),
        "rr": one(8 if low else 13 + wave), "sbp": one([162, 148, 118, 131, 121, 126][n % 6], 130 + t - T0), "dbp": one([90, 86, 70, 78, 74, 77][n % 6], 130 + t - T0),
    }  # fmt: skip


def session(bed: BedInfo, n: int, t: float) -> dict[str, Any] | None:
    if n % 7 == 4:
        return None
    opened = datetime.now(UTC) - timedelta(seconds=t)
    phases = ["steady", "steady", "titration", "recovery", "steady"]
    return {
        "id": f"s{n}", "bed": bed.id, "title": bed.title, "patient": ["A.B.", "T.N.", "J.L.", "P.S.", "M.K."][n % 5], "age_y": 54,
        "weight_kg": 55.0 + 7 * (n % 5), "protocol": ["START-80-2H", "CRPS-10x4H", "SCI-80-5H"][n % 3], "phase": phases[n % 5],
        "opened_at": opened.isoformat(), "started_at": (opened + timedelta(seconds=600)).isoformat(), "planned_min": 240, "t_s": t,
        "profile": "A", "approved": False, "limits_modified": False, "scale": "moaas", "scale_label": "MOAA/S", "levels": [],
        "loc": {"level": str(4 + n % 2), "at": opened.isoformat(), "by": "R.N."}, "loc_due_t_s": T0 + (600 if n % 3 else -5), "nibp_due_t_s": T0 + 300,
        "has_co2": True, "emergency_since": None, "limits": {}, "open": True,
    }  # fmt: skip


def infusion(n: int) -> dict[str, Any]:
    return {
        "state": "stopped" if n % 5 == 3 else "running", "rate_mg_h": 0 if n % 5 == 3 else 16 + 4.5 * (n % 5), "concentration_mg_ml": 1 + n % 2,
        "given_mg": 10.0 * (1 + n % 7), "planned_mg": 80.0, "source": "entered",
    }  # fmt: skip


def make_app(beds: int = 6, assets: Path = ASSETS) -> FastAPI:
    server = FastAPI()
    services = fakes.FakeServices(
        [BedInfo(f"bed-{i}", f"Room {i}") for i in range(1, beds)]
        + [BedInfo(f"bed-{beds}", "Training", simulation=True)]
    )
    services.records = {"made-up": fakes.record(), "long": fakes.record(8.0), "drill": fakes.record(simulation=True)}
    services.rows = {
        "live": [fakes.row(i) for i in range(24)],
        "simulation": [fakes.row(i + 50, True) for i in range(5)],
    }
    # Room 1: once its session is open, it shows what is missing before the start.
    services.prepared = {
        "bed-1": fakes.prepare(fakes.opened_session(), load_profile("A-standard-adult"), ("spo2", "rate"), ("etco2",))
    }
    begin = datetime.now(UTC)
    silent = {"now": False}
    passed_on: dict[str, Any] = {"rows": [], "burst": 0}
    said: list[dict[str, Any]] = []

    def now_t() -> float:
        return T0 + (datetime.now(UTC) - begin).total_seconds()

    @server.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @server.get("/vendor/plotly.min.js")
    async def plotly_js() -> Response:
        return Response("", media_type="text/javascript")  # a live page is only gone to, never drawn

    @server.get("/test/begin")
    async def set_back() -> None:
        nonlocal begin
        begin = datetime.now(UTC)

    @server.get("/test/silence")
    async def silence(on: bool) -> dict[str, bool]:
        silent["now"] = on
        return silent

    @server.get("/test/unanswered")
    async def unanswered(on: bool) -> dict[str, Any]:
        passed_on.update(rows=PASSED_ON if on else [], burst=passed_on["burst"] + on)
        return passed_on

    @server.get("/test/said")
    async def what_was_said() -> list[dict[str, Any]]:
        return said

    @server.get("/live/history")
    async def history(bed: str) -> dict[str, Any]:
        n = int(bed.split("-")[1])
        times = [t for t in range(int(now_t())) if not (n % 3 == 1 and 2_900 < t < 3_200)]
        if n % 16 == 5:
            times = [t for t in times if t < T0 - 21]
        sign = [82 + 9 * math.sin(n) + 8 * math.sin(t / 900) + 2 * math.sin(t / 7) for t in times]
        spo2 = [97 + math.sin(t / 11) - (13 * max(0.0, (t - T0 + 150) / 150) if n == 2 else 0) for t in times]
        opened = datetime.now(UTC) - timedelta(seconds=now_t())
        at = opened.timestamp() * 1000
        return {
            "bed": bed, "opened_at": opened.isoformat(), "t_s": times, "signals": {"hr": sign, "spo2": spo2},
            "rate": [[at + 600_000, 10.8], [at + 2_000_000, infusion(n)["rate_mg_h"] or 20]],
        }  # fmt: skip

    @server.websocket("/live/ws")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        seq = 0

        async def send(kind: str, bed: str | None, **fields: Any) -> None:
            nonlocal seq
            await socket.send_json(
                {"type": kind, "seq": seq, "bed": bed, "at": datetime.now(UTC).isoformat(), **fields}
            )
            seq += 1

        async def listen() -> None:
            with suppress(WebSocketDisconnect, RuntimeError):
                while True:
                    said.append(await socket.receive_json())

        listener = asyncio.create_task(listen())
        with suppress(WebSocketDisconnect, RuntimeError):
            for n, bed in enumerate(services.beds(), start=1):
                state = "lost" if n % 16 == 5 else "live"
                await send(
                    "snapshot", bed.id, values=values(n, now_t()), t_s=now_t(), alarms=ALARMS.get(n, []), infusion=infusion(n),
                    session=session(bed, n, now_t()), simulation=bed.simulation, audio=AUDIO.get(n, {}), devices=[{"name": "m", "monitor": "x", "state": state, "age_s": 1, "detail": ""}],
                )  # fmt: skip
            while True:
                if not silent["now"]:
                    await send(
                        "heartbeat",
                        None,
                        server_time=datetime.now(UTC).isoformat(),
                        recording={"ok": True, "message": ""},
                        screens=SCREENS,
                        escalation=passed_on,
                        contacts=[{"name": "Physician", "ok": not passed_on["rows"], "detail": "no connection"}],
                    )
                    for n, bed in enumerate(services.beds(), start=1):
                        await send("vitals", bed.id, values=values(n, now_t()), t_s=now_t(), tick=True)
                await asyncio.sleep(1)
        listener.cancel()

    app = Shell(server, assets)
    app.layout = html.Div([dcc.Location(id="url", refresh=True), html.Div(id="page", className="page")])

    @app.callback(Output("page", "children"), Input("url", "pathname"))
    async def show(path: str | None) -> Any:
        name, _, rest = (path or "/").strip("/").partition("/")
        routes: dict[str, Any] = {
            "": lambda: rooms.layout(services),
            "sessions": lambda: sessions.layout(services),
            "alarms": lambda: alarms.layout(services),
            "review": lambda: review.layout(services, session=rest),
            "setup": lambda: setup.layout(services, bed=rest),
            "live": lambda: html.Div(f"live page of {rest}", id="live-stub"),
        }
        return await to_thread.run_sync(routes.get(name, lambda: html.Div("no page")))

    for page in (rooms, sessions, alarms, review, setup):
        page.register(app, services)
    # Dash finds its assets on the first request for "/" alone; a page opened by its own address would come without any.
    app._setup_server()
    return server


if __name__ == "__main__":
    port, *rest = sys.argv[1:]
    app = make_app(int(rest[0]) if rest else 6, Path(rest[1]) if len(rest) > 1 else ASSETS)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
