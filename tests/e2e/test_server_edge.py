"""What a running server answers to entries that cannot be, to strangers, and to things that are no requests at all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Feed, Program, ask, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from benchmarks._clinic import LineMonitor, write_station
from benchmarks.kill_nine import open_session
from dashboard.session.events import Note
from dashboard.store import Stores

NURSE = "R. Nurse"
BED = "bed-1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Program]:
    open_session(folder)
    monitor = LineMonitor()
    program = Program("serve", "--config", write_station(folder, [monitor]), "--port", 0, "--data-dir", folder)
    yield program
    program.kill()
    monitor.close()


@pytest.fixture(scope="module")
def base(server: Program) -> str:
    return server.base


def entry(**fields: Any) -> dict[str, Any]:
    return {"bed": BED, "by": NURSE, **fields}


START = {"type": "infusion_started", "rate_mg_h": 20, "concentration_mg_ml": 2}


@pytest.mark.parametrize(
    ("fields", "status", "field", "told"),
    [
        ({"type": "note", "text": " "}, 400, "text", "nothing was entered"),
        ({"type": "note", "text": "x" * 2001}, 400, "text", "at most 2,000 characters"),
        ({"type": "note", "text": "half \ud800"}, 400, None, "valid JSON"),
        ({"type": "note", "text": "nul \0"}, 400, "text", "cannot be recorded"),
        ({"type": "note", "text": "x", "colour": "red"}, 400, None, "unknown field colour"),
        ({"type": "note", "text": "x", "id": {"a": 1}}, 400, "id", "text of 1 to 64"),
        ({"type": "note", "text": "x", "id": "y" * 65}, 400, "id", "text of 1 to 64"),
        ({"type": "note", "text": "x", "by": "Eve"}, 400, "by", "who is at the bed"),
        ({"type": "note", "text": "x", "by": [NURSE]}, 400, "by", "who is at the bed"),
        ({"type": "note", "text": "x", "bed": "bed-9"}, 404, "bed", "no bed 'bed-9'; this station has bed-1"),
        ({"type": "note", "text": "x", "bed": None}, 404, "bed", "no bed None"),
        ({"type": "note", "text": "x", "back_s": 601}, 400, "back_s", "at most 600"),
        ({"type": "note", "text": "x", "back_s": 10**400}, 400, None, "valid JSON"),
        ({"type": ["note"]}, 400, "type", "the name of an entry"),
        ({"type": "wish"}, 400, "type", "cannot be recorded here"),
        ({"type": "session_opened"}, 400, "type", "cannot be recorded here"),
        ({"type": "alarm_acknowledged"}, 400, "type", "cannot be recorded here"),
        ({**START, "rate_mg_h": 0}, 400, "rate_mg_h", "more than 0"),
        ({**START, "rate_mg_h": -1}, 400, "rate_mg_h", "more than 0"),
        ({**START, "rate_mg_h": 1001}, 400, "rate_mg_h", "at most 1000"),
        ({**START, "rate_mg_h": "20"}, 400, "rate_mg_h", "a number"),
        ({**START, "rate_mg_h": True}, 400, "rate_mg_h", "a number"),
        ({**START, "rate_mg_h": float("nan")}, 400, None, "valid JSON"),
        ({**START, "rate_mg_h": float("inf")}, 400, None, "valid JSON"),
        ({**START, "rate_mg_h": 10**400}, 400, None, "valid JSON"),
        ({**START, "concentration_mg_ml": 0}, 400, "concentration_mg_ml", "more than 0"),
        ({"type": "infusion_paused"}, 400, None, "has not been started"),
        ({"type": "bolus_given", "dose_mg": 0}, 400, "dose_mg", "more than 0"),
        ({"type": "consciousness_assessed", "scale": "moaas", "level": "9"}, 400, "level", "MOAA/S has 5, 4, 3, 2, 1, 0"),
        ({"type": "consciousness_assessed", "scale": "mood", "level": "1"}, 400, "scale", "expected one of"),
        ({"type": "limit_changed", "rule": "NOPE", "old": {}, "new": {"value": 1}, "reason": "r"}, 400, "rule", "no rule"),
        ({"type": "limit_changed", "rule": "SPO2_LOW_1", "old": {}, "new": {}, "reason": "r"}, 400, "new", "nothing is changed"),
        (
            {"type": "limit_changed", "rule": "HR_HIGH_1", "old": {"value": 121}, "new": {"value": 40}, "reason": "r"},
            400, "rule", "not below the high limit",
        ),
        ({"type": "manual_vitals", "values": {"nibp_sys": 80, "nibp_dia": 90}}, 400, "values", "must be above"),
        ({"type": "manual_vitals", "values": {"spo2": 101}}, 400, "values", "between"),
        ({"type": "correction", "of": 1, "reason": "r"}, 400, "replacement", "not struck"),
        ({"type": "correction", "of": 99999, "reason": "r"}, 400, "of", "there is no entry 99999"),
        ({"type": "session_signed"}, 400, None, "not closed"),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)  # fmt: skip
def test_an_entry_that_cannot_be(base: str, fields: dict[str, Any], status: int, field: str | None, told: str) -> None:
    got, answer = ask(base, "/live/record", entry(**fields))
    assert (got, answer["ok"], answer["field"]) == (status, False, field), answer
    assert told in answer["error"]
    assert "\n" not in answer["error"]
    assert len(answer["error"]) < 250


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "valid JSON"),
        (b"{", "valid JSON"),
        (b"\xff\xfe", "valid JSON"),
        (b"[]", "is a JSON object"),
        (b"[" * 60_000, "valid JSON"),
        (b'"' + b"a" * 70_000 + b'"', "at most 64 kB"),
        (b" " * 5_000_000, "at most 64 kB"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_body_that_is_no_entry(base: str, body: bytes, told: str) -> None:
    status, answer = ask(base, "/live/record", body)
    assert (status, answer["ok"]) == (400, False)
    assert told in answer["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        ({}, 200),
    ],
)
def test_strangers_may_not_post(base: str, headers: dict[str, str], status: int) -> None:
    got, answer = ask(base, "/live/record", entry(type="note", text="who is this"), headers)
    assert got == status
    assert answer["ok"] is (status == 200)


def test_our_own_page_may_post_and_watch(base: str) -> None:
    assert ask(base, "/live/record", entry(type="note", text="ours"), {"Origin": base})[0] == 200
    with connect(f"{base.replace('http', 'ws')}/live/ws", origin=Origin(base)) as socket:
        assert json.loads(socket.recv())["type"] == "snapshot"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_strangers_may_not_watch(base: str, origin: str) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"{base.replace('http', 'ws')}/live/ws", origin=Origin(origin)),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_no_such_bed(base: str) -> None:
    with (
        connect(f"{base.replace('http', 'ws')}/live/ws?bed=bed-9") as socket,
        pytest.raises(ConnectionClosed) as closed,
    ):
        socket.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "no bed bed-9")
    for path in ("/live/history?bed=bed-9", "/live/history", "/live/prediction?bed=bed-9", "/live/prediction?bed=%00"):
        status, answer = ask(base, path)
        assert (status, answer["field"]) == (404, "bed")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "valid JSON"),
        ("[]", "is a JSON object"),
        ("{}", "no bed None"),
        ('{"do": NaN}', "valid JSON"),
        ('{"do": 1e999, "bed": "bed-1"}', "valid JSON"),
        ('{"do": "dance", "bed": "bed-1"}', "unknown request 'dance'"),
        ('{"do": {"a": 1}, "bed": "bed-1"}', "unknown request"),
        ('{"do": "acknowledge", "bed": "bed-1", "occurrence": 77, "by": "R. Nurse"}', "no longer there"),
        ('{"do": "acknowledge", "bed": "bed-1", "occurrence": [1], "by": "R. Nurse"}', "no longer there"),
        ('{"do": "pause_audio", "bed": "bed-1", "by": "Eve"}', "who is at the bed"),
        ('{"do": "\\ud800"}', "valid JSON"),
        ("[" * 60_000, "valid JSON"),
        ('"' + "a" * 70_000 + '"', "at most 64 kB"),
    ],
    ids=lambda value: value[:40],
)
def test_a_request_over_the_socket_that_cannot_be(base: str, text: str, told: str) -> None:
    feed = Feed(base, BED)
    try:
        reply = feed.send(text)
        assert reply["ok"] is False
        assert told in reply["error"]
        assert feed.do(do="present", bed=BED, by=NURSE, screen="s", visible=True)["ok"] is True
    finally:
        feed.close()


def test_the_sequence_of_a_viewer_has_no_hole(base: str) -> None:
    feed = Feed(base, BED)
    try:
        until(lambda: len(feed.messages) > 8, 10)
    finally:
        feed.close()
    assert [m["seq"] for _, m in feed.messages] == list(range(len(feed.messages)))


def test_after_all_this_nothing_broke_and_nothing_was_recorded(base: str, server: Program, folder: Path) -> None:
    status, health = ask(base, "/healthz")
    assert (status, health["status"]) == (200, "ok")
    assert "Traceback" not in server.stderr
    assert server.end() == 0
    with Stores(folder) as stores:
        [row] = stores.live.sessions()
        people = [s.event for s in stores.live.events(row.id) if s.event.by == NURSE and s.seq > 1]
        assert all(isinstance(event, Note) and event.text in ("who is this", "ours") for event in people)
        assert stores.live.verify(row.id) is None
