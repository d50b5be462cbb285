"""A monitor that dies without a word, and comes back: a pseudo-terminal and a network link at two beds of one server."""

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from running import Feed, Program, ask, is_alarm, until, value_of

from dashboard.store import Stores

NURSE = "R. Nurse"
BEDS = ("pty-bed", "tcp-bed")
LOST_WITHIN_S = 6.0
BACK_WITHIN_S = 3.0


def station(folder: Path, pty: Path, tcp_port: int) -> Path:
    rows = [f'[[people]]\nname = "{NURSE}"']
    for bed, monitor, port in (
        (BEDS[0], "philips_intellivue", pty),
        (BEDS[1], "masimo_ascii", f"socket://127.0.0.1:{tcp_port}"),
    ):
        rows += [f'[[beds]]\nid = "{bed}"\ntitle = "{bed}"']
        rows += [f'[[beds.devices]]\nname = "monitor"\nmonitor = "{monitor}"\nport = "{port}"']
    path = folder / "station.toml"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def live(feed: Feed, bed: str, since_s: float, seconds: float) -> float:
    """When the first live SpO2 of that bed came after `since_s`."""
    at_s, _ = feed.wait(
        lambda m: m["type"] == "vitals" and m["bed"] == bed and value_of(m, "spo2") is not None,
        seconds,
        f"live numbers of {bed}",
        since_s,
    )
    return at_s


@pytest.mark.long
def test_lost_within_six_seconds_back_within_three(
    start: Callable[..., Program], feed: Callable[..., Feed], tmp_path: Path, data_dir: Path, free_port: int
) -> None:
    pty = tmp_path / "monitor"
    simulators = {
        BEDS[0]: ("simulate", "--monitor", "philips_intellivue", "--link", f"pty:{pty}", "--start", 600),
        BEDS[1]: ("simulate", "--monitor", "masimo_ascii", "--link", f"tcp:127.0.0.1:{free_port}", "--start", 600),
    }
    running = {bed: start(*line) for bed, line in simulators.items()}
    for bed in BEDS:
        assert running[bed].first_line in (str(pty), f"socket://127.0.0.1:{free_port}")
    server = start(
        "serve", "--config", station(tmp_path, pty, free_port), "--port", 0, "--data-dir", prepared(data_dir)
    )
    screen = feed(server.base)
    for bed in BEDS:
        live(screen, bed, 0.0, 10)
    time.sleep(2.5)  # some ticks with numbers

    killed_s = time.monotonic()
    for bed in BEDS:
        running[bed].kill()
    # As a system takes the name of a pulled adapter away. Left there, it would soon name the line of another test's simulator.
    pty.unlink()
    for bed in BEDS:
        at_s, message = screen.wait(is_alarm("LINK_LOST", bed), LOST_WITHIN_S + 2, f"LINK_LOST at {bed}", killed_s)
        assert at_s - killed_s <= LOST_WITHIN_S
        [alarm] = [a for a in message["alarms"] if a["rule"] == "LINK_LOST"]
        assert (alarm["kind"], alarm["priority"], alarm["state"]) == ("technical", "medium", "active")
    time.sleep(1.2)  # a whole tick after both
    for bed in BEDS:
        told = screen.latest("vitals", bed)["values"]["spo2"]
        assert told["value"] is None
        assert told["status"] == "lost"
        assert told["age_s"] >= 4
        assert told["last"] > 50
        device = screen.latest("event", bed)["devices"][0]
        assert (device["state"], device["name"]) == ("lost", "monitor")

    back_s = time.monotonic()
    for bed in BEDS:
        running[bed] = start(*simulators[bed])
        assert running[bed].first_line
    ready_s = time.monotonic()
    for bed in BEDS:
        assert live(screen, bed, back_s, BACK_WITHIN_S + 2) - ready_s <= BACK_WITHIN_S
    until(lambda: not any(a["rule"] == "LINK_LOST" for b in BEDS for a in screen.latest("alarm", b)["alarms"]), 5)
    time.sleep(1.5)
    assert ask(server.base, "/healthz")[0] == 200
    assert server.end() == 0  # and that end is no device lost: see what `examine` expects
    assert "Traceback" not in server.stderr

    with Stores(data_dir) as stores:
        for row in stores.live.sessions():
            examine(stores, row.id)


def prepared(data_dir: Path) -> Path:
    """An open session at each bed, as a set-up page or a restart leaves it."""
    from benchmarks.kill_nine import open_session

    for bed in BEDS:
        open_session(data_dir, bed)
    return data_dir


def examine(stores: Stores, session: str) -> None:
    """In the record: connected, lost, the alarm, connected again; and no number while nothing came."""
    record = stores.live.events(session)
    told = [type(s.event).__name__ for s in record if "Device" in type(s.event).__name__]
    assert told == ["DeviceConnected", "DeviceLost", "DeviceConnected"]
    [raised] = [
        s.event for s in record if getattr(s.event, "rule", "") == "LINK_LOST" and "Raised" in type(s.event).__name__
    ]
    [cleared] = [
        s.event for s in record if getattr(s.event, "rule", "") == "LINK_LOST" and "Cleared" in type(s.event).__name__
    ]
    columns = stores.live.samples(session)
    silent = (columns.t_s >= raised.t_s) & (columns.t_s < cleared.t_s)
    assert silent.sum() >= 2
    for name, column in columns.values.items():
        if name != "link":
            assert all(value != value for value in column[silent].tolist()), f"{name} was repeated while nothing came"
    # A number stands for at most 3 s after its reading.
    spo2 = columns.values["spo2"]
    last_heard = max(t for t, v in zip(columns.t_s[columns.t_s < raised.t_s], spo2, strict=False) if v == v)
    assert raised.t_s - last_heard >= 2
    assert all(b - a == 1 for a, b in pairwise(columns.t_s.tolist()[1:]))
    assert stores.live.verify(session) is None
