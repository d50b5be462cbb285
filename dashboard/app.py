"""The web application: live routes first, then Dash for the pages, behind one gate. Built from parts that are handed in."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import unquote

from anyio import to_thread
from dash import Input, Output, dcc, html
from fastapi import FastAPI

from config.models.scales import shipped_scales
from dashboard.bedside.ward import Ward
from dashboard.live.api import router
from dashboard.live.gate import Gate
from dashboard.live.hub import Hub
from dashboard.pages import (
    _alarms_api,
    _profiles_api,
    _scenarios_api,
    _train_api,
    _train_curves_api,
    _train_remarks_api,
    _train_runs_api,
    _whatif_api,
    alarms,
    review,
    rooms,
    scenarios,
    sessions,
    setup,
    train,
)
from dashboard.pages.live import layout as live_layout
from dashboard.pages.services import Services
from dashboard.shell import TITLE, Shell
from dashboard.training.room import TrainingRoom

log = logging.getLogger(__name__)

#: An event loop that is held up longer than this is told in the log: something blocks it.
LAG_S = 0.25

Layout = Callable[..., Any]
#: Parts of a path after the page's own; one where nothing is said.
DEEPEST = {"": 0, "sessions": 0, "alarms": 0, "train": 2}


def make_app(ward: Ward, hub: Hub, services: Services, room: TrainingRoom | None = None) -> FastAPI:
    """The ASGI application. Start `ward` yourself; the hub is attached to the loop that serves."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hub.attach(asyncio.get_running_loop())
        tasks = [asyncio.create_task(hub.beat(ward.heartbeat)), asyncio.create_task(_watch_lag())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    server = FastAPI(title=TITLE, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    server.include_router(router(ward, hub))
    server.include_router(_alarms_api.router(services.review))
    server.include_router(_whatif_api.router(services))
    server.include_router(_profiles_api.router(services))
    server.include_router(_scenarios_api.router(services))
    server.include_router(_train_api.router(room, services.scenarios(), services.cases()))
    server.include_router(_train_curves_api.router(room, services.previews()))
    server.include_router(_train_remarks_api.router(room, services.scenarios()))
    server.include_router(_train_runs_api.router(room, services.scenarios()))
    dash = Shell(server)
    dash.layout = html.Div([dcc.Location(id="url", refresh=True), html.Div(id="page", className="page")])
    routes = _routes(ward, services)

    @dash.callback(Output("page", "children"), Input("url", "pathname"))
    async def show(pathname: str | None) -> Any:
        return await to_thread.run_sync(_page, routes, pathname or "/")

    for page in (rooms, sessions, alarms, review, setup, train):
        page.register(dash, services)
    # Dash 4.4 makes its list of assets at the first request of `/`; a browser that came first to another page would get
    # one without scripts and styles.
    dash._setup_server()  # type: ignore[no-untyped-call]
    server.add_middleware(Gate)
    return server


def _routes(ward: Ward, services: Services) -> dict[str, Layout]:
    """First part of the path -> layout of what follows it. Adding a page is one row."""
    scales = {scale.id: scale.levels for scale in shipped_scales().values()}

    def live(bed: str = "") -> Any:
        one = ward.beds.get(bed)
        if one is None:
            return not_found(f"There is no bed {bed!r} at this station.")
        return live_layout(one.id, one.title, list(services.people()), scales, setup_href=f"/setup/{one.id}")

    def trainee() -> Any:
        one = next(iter(ward.training.values()), None)
        if one is None:
            return not_found("This station has no training room.")
        return live_layout(one.id, one.title, list(services.people()), scales, training=True)

    def training(part: str = "", scenario: str = "") -> Any:
        if part == "scenarios":
            return scenarios.layout(services, scenario)
        if scenario:
            return not_found(f"There is no page /train/{part}/{scenario}.")
        return trainee() if part == train.TRAINEE else train.layout(services, part)

    return {
        "": lambda: rooms.layout(services),
        "live": live,
        "sessions": lambda: sessions.layout(services),
        "alarms": lambda: alarms.layout(services),
        "train": training,
        "review": lambda session="": review.layout(services, session=session),
        "setup": lambda bed="": setup.layout(services, bed=bed),
    }


def _page(routes: dict[str, Layout], pathname: str) -> Any:
    name, *rest = [unquote(part) for part in pathname.strip("/").split("/")]
    layout = routes.get(name)
    if layout is None or len(rest) > DEEPEST.get(name, 1):
        return not_found(f"There is no page {pathname}.")
    try:
        return layout(*rest)
    except Exception:
        log.exception("page %s", pathname)
        return not_found("This page could not be shown; the program's log says why. Recording and alarms go on.")


def not_found(message: str) -> html.Div:
    return html.Div([html.H1(message), html.A("Rooms", href="/")], className="empty-page", role="alert")


async def _watch_lag() -> None:
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(0.1)
        late_s = loop.time() - before - 0.1
        if late_s > LAG_S:
            log.warning("the event loop was held up for %.2f s", late_s)
