"""Screens as the socket sees them: who speaks, who says goodbye, and what a new viewer is told of alarms at other beds."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1] / "bedside"))
from bed_world import World

from dashboard.bedside.ward import Ward
from dashboard.live.api import router
from dashboard.live.hub import Hub
from dashboard.store import open_store

HERE = {"do": "present", "bed": "bed-1", "by": "R. Nurse", "screen": "a1", "visible": True, "sound": "confirmed"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_store(tmp_path / "live.db") as store:
        yield World(store)


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    ward = Ward([world.bed], list, world.desk)
    hub = Hub(world.clock.utc)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hub.attach(asyncio.get_running_loop())
        beat = asyncio.create_task(hub.beat(ward.heartbeat))
        yield
        beat.cancel()

    app = FastAPI(lifespan=lifespan)
    app.include_router(router(ward, hub))
    with TestClient(app) as running:
        yield running


def until(socket: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(20):
        message: dict[str, Any] = socket.receive_json()
        if wanted(message):
            return message
    raise AssertionError("never told")


def listed(world: World) -> dict[str, list[str]]:
    return {bed: [row["screen"] for row in rows] for bed, rows in world.desk.screens.rows().items()}


def settled(look: Callable[[], Any], value: Any) -> None:
    deadline = time.monotonic() + 5
    while look() != value and time.monotonic() < deadline:
        time.sleep(0.01)
    assert look() == value


def test_a_screen_that_speaks_is_in_the_heartbeat_of_every_other(client: TestClient, world: World) -> None:
    with client.websocket_connect("/live/ws?bed=bed-1") as bed, client.websocket_connect("/live/ws") as rooms:
        bed.send_json(HERE)
        rooms.send_json({**HERE, "bed": None, "screen": "r1", "by": None})
        assert until(rooms, lambda m: m["type"] == "reply")["ok"] is True
        told = until(rooms, lambda m: m["type"] == "heartbeat" and len(m["screens"]) == 2)
    assert [(bed, [r["screen"] for r in rows]) for bed, rows in sorted(told["screens"].items())] == [
        ("*", ["r1"]),
        ("bed-1", ["a1"]),
    ]
    assert told["screens"]["bed-1"][0]["trouble"] is None
    assert told["escalation"] == {"rows": [], "burst": 0} and told["contacts"] == []


def test_a_page_speaks_for_its_own_bed_alone(client: TestClient, world: World) -> None:
    with client.websocket_connect("/live/ws") as rooms:
        rooms.send_json(HERE)
        until(rooms, lambda m: m["type"] == "reply")
        assert listed(world) == {"*": ["a1"]}
        assert not world.desk.screens.anyone("bed-1")


@pytest.mark.parametrize(
    ("code", "left"), [(1000, {}), (1001, {}), (4000, {"bed-1": ["a1"]}), (1006, {"bed-1": ["a1"]})]
)
def test_goodbye_is_a_closing_code(client: TestClient, world: World, code: int, left: dict[str, list[str]]) -> None:
    with client.websocket_connect("/live/ws?bed=bed-1") as bed:
        bed.send_json(HERE)
        until(bed, lambda m: m["type"] == "reply")
        assert listed(world) == {"bed-1": ["a1"]}
        bed.close(code)
    settled(lambda: listed(world), left)


def test_a_self_test_is_kept_with_its_screen(client: TestClient, world: World) -> None:
    with client.websocket_connect("/live/ws?bed=bed-1") as bed:
        bed.send_json(HERE)
        bed.send_json({"do": "self_test", "ok": False, "detail": "no signal at the output"})
        assert until(bed, lambda m: m["type"] == "reply" and m["do"] == "self_test")["ok"] is True
        (row,) = world.desk.screens.rows()["bed-1"]
    assert row["self_test"] == {"ok": False, "detail": "no signal at the output"}


def test_a_new_viewer_is_told_of_what_nobody_answers_right_after_its_snapshots(
    client: TestClient, world: World
) -> None:
    world.open()
    for _ in range(50):
        world.desk.screens.told("bed-1", 1, HERE)
        world.advance(1, hr=72.0, spo2=80.0, rr_co2=14.0)
    with client.websocket_connect("/live/ws?bed=bed-1") as viewer:
        first, second = viewer.receive_json(), viewer.receive_json()
    assert (first["type"], second["type"], second["bed"]) == ("snapshot", "escalation", None)
    assert [(row["bed"], row["step"], row["priority"]) for row in second["rows"]] == [("bed-1", 2, "high")]
    assert first["alarms"][0]["escalation"]["step"] == 2
