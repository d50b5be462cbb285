"""Fan-out: sequence numbers without a hole, numbers coalesce, nothing else is dropped."""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from dashboard.live.hub import MAX_QUEUE, Hub, Viewer, encode

T = TypeVar("T")
AT = datetime(2026, 1, 2, 8, 30, tzinfo=UTC)


def run_alone(coroutine: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: Playwright leaves a running loop in the thread of a worker that has driven a browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def texts(viewer: Viewer) -> list[dict[str, Any]]:
    return [json.loads(text) for text in run_alone(asyncio.wait_for(viewer.next(), 1))]


def test_the_sequence_has_no_hole_and_alarms_go_before_numbers() -> None:
    viewer = Viewer("bed-1")
    viewer.offer_vitals("bed-1", encode("vitals", "bed-1", AT, {"values": {}}))
    viewer.offer(encode("alarm", "bed-1", AT, {"alarms": []}))
    first = texts(viewer)
    viewer.offer(encode("heartbeat", None, AT, {}))
    assert [(m["seq"], m["type"]) for m in first + texts(viewer)] == [(0, "alarm"), (1, "vitals"), (2, "heartbeat")]


def test_newer_numbers_replace_older_ones_of_the_same_bed_only() -> None:
    viewer = Viewer(None)
    for bed, value in (("bed-1", 1), ("bed-2", 2), ("bed-1", 3)):
        viewer.offer_vitals(bed, encode("vitals", bed, AT, {"values": value}))
    assert [(m["bed"], m["values"]) for m in texts(viewer)] == [("bed-1", 3), ("bed-2", 2)]


def test_a_viewer_that_cannot_keep_up_is_let_go_rather_than_skipped() -> None:
    viewer = Viewer("bed-1")
    for _ in range(MAX_QUEUE):
        viewer.offer(encode("event", "bed-1", AT, {}))
    assert not viewer.overrun
    viewer.offer(encode("event", "bed-1", AT, {}))
    assert viewer.overrun


def test_publish_reaches_the_viewers_of_that_bed_and_of_all_beds() -> None:
    async def run() -> tuple[int, int, int]:
        hub = Hub(lambda: AT)
        hub.attach(asyncio.get_running_loop())
        one, two, every = Viewer("bed-1"), Viewer("bed-2"), Viewer(None)
        for viewer in (one, two, every):
            hub.join(viewer)
        await asyncio.to_thread(hub.publish, "event", "bed-1", AT, {})
        await asyncio.to_thread(hub.publish, "event", "bed-2", AT, {})
        await asyncio.sleep(0)
        hub.leave(every)
        await asyncio.to_thread(hub.publish, "event", "bed-1", AT, {})
        await asyncio.sleep(0)
        return len(await one.next()), len(await two.next()), len(await every.next())

    assert run_alone(run()) == (2, 1, 2)


def test_a_message_is_one_json_object_with_its_bed_and_utc_time() -> None:
    viewer = Viewer("bed-1")
    viewer.offer(encode("alarm", "bed-1", AT, {"alarms": [{"text": "SpO₂ LOW 84 %"}]}))
    assert texts(viewer) == [
        {
            "seq": 0,
            "type": "alarm",
            "bed": "bed-1",
            "at": "2026-01-02T08:30:00.000+00:00",
            "alarms": [{"text": "SpO₂ LOW 84 %"}],
        }
    ]


def test_the_snapshot_comes_before_what_was_queued_while_it_was_taken() -> None:
    viewer = Viewer(None)
    viewer.offer(encode("heartbeat", None, AT, {}))
    viewer.offer_vitals("bed-1", encode("vitals", "bed-1", AT, {"values": {}}))
    viewer.begin([encode("snapshot", bed, AT, {}) for bed in ("bed-1", "bed-2")])
    assert [(m["seq"], m["type"], m["bed"]) for m in texts(viewer)] == [
        (0, "snapshot", "bed-1"),
        (1, "snapshot", "bed-2"),
        (2, "heartbeat", None),
        (3, "vitals", "bed-1"),
    ]


def test_a_heartbeat_carries_what_the_ward_tells_and_the_server_s_time() -> None:
    async def run() -> list[dict[str, Any]]:
        hub = Hub(lambda: AT)
        hub.attach(asyncio.get_running_loop())
        rooms = Viewer(None)
        hub.join(rooms)
        beat = asyncio.create_task(hub.beat(lambda: {"recording": {"ok": True, "message": ""}, "screens": {}}))
        told = [json.loads(text) for text in await asyncio.wait_for(rooms.next(), 1)]
        beat.cancel()
        return told

    (heartbeat,) = run_alone(run())
    assert {k: heartbeat[k] for k in ("recording", "screens", "server_time")} == {
        "recording": {"ok": True, "message": ""}, "screens": {}, "server_time": AT.isoformat(),
    }  # fmt: skip
