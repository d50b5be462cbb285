"""The baseline of `byte_to_paint`: the same tiles and trend on a page that polls with `dcc.Interval` once a second."""

import socket
import sys

import plotly.graph_objects as go
import uvicorn
from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI

from devices.clock import SystemClock
from devices.link import Link
from devices.readings import Reading
from devices.registry import find_monitor

SIGNALS = ("pr", "spo2", "pi")


class Latest:
    """The last value of each signal, and the trend behind it."""

    def __init__(self, hours: float) -> None:
        count = int(hours * 3600)
        self.values: dict[str, float | None] = dict.fromkeys(SIGNALS)
        self.trend = {name: [72.0 + i // 60 % 20 for i in range(count)] for name in SIGNALS}

    def take(self, items: object, *_: object) -> None:
        for item in items if isinstance(items, list) else []:
            if isinstance(item, Reading) and item.signal in SIGNALS:
                self.values[item.signal] = item.value
                if item.value is not None:
                    self.trend[item.signal].append(item.value)


def main(port: int, hours: float) -> None:
    latest = Latest(hours)
    link = Link(find_monitor("masimo_ascii"), f"socket://127.0.0.1:{port}", latest.take, SystemClock())
    link.start()
    server = FastAPI()

    @server.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    app = Dash(__name__, server=server)
    app.layout = html.Div(
        [
            html.Div("--", id="hr"),
            html.Div("--", id="spo2"),
            html.Div("--", id="pi"),
            dcc.Graph(id="trend"),
            dcc.Interval(id="tick", interval=1000),
        ]
    )

    @app.callback(
        Output("hr", "children"),
        Output("spo2", "children"),
        Output("pi", "children"),
        Output("trend", "figure"),
        Input("tick", "n_intervals"),
    )
    async def draw(_: int | None) -> tuple[str, str, str, go.Figure]:
        figure = go.Figure([go.Scatter(y=latest.trend[name], name=name) for name in SIGNALS])
        shown = ["--" if v is None else f"{v:g}" for v in latest.values.values()]
        return shown[0], shown[1], shown[2], figure

    sock = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app.server, log_level="error")).run(sockets=[sock])


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
