"""A CSV shown again by a simulated monitor over a real pseudo-terminal, to the page and into the simulation store. It takes some
seconds: a demo is started, and lives through 20 s of the recording at ten times the speed."""

from collections.abc import Callable
from pathlib import Path

from running import Feed, Program, ask, value_of

from dashboard.store import Stores

PULSE = 60
ROWS = 600


def recording(folder: Path) -> Path:
    """The pulse rises by one each 10 s; from 200 s on the oximeter is silent; nobody breathes after 100 s."""
    path = folder / "case.csv"
    rows = [
        f"{t},{PULSE + t // 10},{97 if t < 200 else ''},{14 if t < 100 else 0},{38 if t < 100 else 0}"
        for t in range(ROWS)
    ]
    path.write_text("\n".join(["t_s,hr,spo2,rr_co2,etco2", *rows]), encoding="utf-8")
    return path


def test_bed_one_of_the_demo_shows_a_recording(
    start: Callable[..., Program], feed: Callable[..., Feed], tmp_path: Path, data_dir: Path
) -> None:
    case = recording(tmp_path)
    server = start(
        "demo", "--beds", 1, "--replay", case, "--start", 180, "--speed", 10, "--no-browser", "--port", 0, "--data-dir", data_dir
    )  # fmt: skip
    screen = feed(server.base, "bed-1")
    _, snapshot = screen.wait(lambda m: m["type"] == "snapshot" and m["session"], 20, "the session")
    assert snapshot["simulation"] is True
    assert snapshot["session"]["patient"] == "Replay"
    screen.wait(
        lambda m: m["type"] == "vitals" and (value_of(m, "hr") or 0) >= PULSE + 20, 20, "the pulse of 200 s and later"
    )
    screen.wait(
        lambda m: m["type"] == "vitals" and "spo2" in m["values"] and value_of(m, "spo2") is None, 20, "no SpO2"
    )
    assert ask(server.base, "/healthz")[0] == 200
    assert server.end() == 0
    assert not (data_dir / "live.db").exists()
    with Stores(data_dir) as stores:
        [row] = stores.simulation.sessions()
        assert (row.simulation, row.scenario, row.patient) == (True, "replay", "Replay")
        raised = [s.event.t_s for s in stores.simulation.events(row.id) if getattr(s.event, "rule", "") == "APNOEA"]
        ticks = {tick.t_s: tick.values for tick in stores.simulation.ticks(row.id)}
    assert 120 <= raised[0] <= 123  # 20 s after the last breath, and a poll of the monitor's alarm list
    # before 180 s without a port, later over one: the same numbers, 2 s late at most and one tick skipped at ten times the speed
    late = {t: PULSE + t // 10 - v["hr"] for t, v in ticks.items() if t >= 10 and v.get("hr") is not None}
    assert len(late) > 165
    assert max(late) > 195
    assert set(late.values()) <= {0, 1}
