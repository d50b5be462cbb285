"""A clinic's own station trains beside its patients: over the real serial path, in the store of simulations alone, heard by nobody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import Feed, Program, ask, is_alarm, until, value_of

from benchmarks._clinic import write_station
from benchmarks.kill_nine import NURSE, Speaker, open_session
from config.models import ConfigError
from dashboard.replay import list_sessions
from dashboard.stations import read_station
from dashboard.store import Stores

pytestmark = pytest.mark.long

Start = Callable[..., Program]
OpenFeed = Callable[..., Feed]
BED, TRAINING = "bed-1", "train-1"
#: Of the shipped scenarios; the run joins it early, so that its past is made within a second.
SCENARIO, FROM_S = "crps-uneventful", 30
PIN = {"kind": "override", "signal": "spo2", "value": 80, "over_s": 1}


def do(base: str, what: str, **fields: Any) -> dict[str, Any]:
    status, answer = ask(base, "/train/api/do", {"do": what, "by": NURSE, **fields})
    assert status == 200, answer
    return dict(answer)


def bare(folder: Path, line: str = "", bed: str = BED) -> Path:
    path = folder / "station.toml"
    path.write_text(f'{line}\n[[people]]\nname = "{NURSE}"\n[[beds]]\nid = "{bed}"\ntitle = "Room"\n')
    return path


def page(base: str, path: str) -> str:
    """The layout of a page, as the browser asks for it."""
    body = {
        "output": "page.children", "outputs": {"id": "page", "property": "children"}, "changedPropIds": ["url.pathname"],
        "inputs": [{"id": "url", "property": "pathname", "value": path}],
    }  # fmt: skip
    status, answer = ask(base, "/_dash-update-component", body)
    assert status == 200
    return str(answer)


def test_a_run_beside_a_real_bed(start: Start, feed: OpenFeed, tmp_path: Path, data_dir: Path) -> None:
    patient = open_session(data_dir, BED)
    with Speaker() as speaker:
        speaker.spo2 = 97
        station = write_station(tmp_path, [speaker.monitor])
        server = start("serve", "--config", station, "--port", 0, "--data-dir", data_dir)
        base = server.base
        rooms, trainee = feed(base), feed(base, TRAINING)
        session = do(base, "start", scenario=SCENARIO, from_s=FROM_S)["session"]
        do(base, "inject", label="low", effect=PIN)
        # Spoken by the simulated monitor, read by the adapter: a truth that was pinned on the wire comes back from it.
        trainee.wait(lambda m: value_of(m, "spo2") == 80, 20, "the pinned value over the serial path")
        do(base, "speed", speed=20)
        speaker.spo2 = 78
        trainee.wait(is_alarm("SPO2_LOW_3", TRAINING), 20, "an alarm of the run")
        at_s, _ = rooms.wait(lambda m: m["bed"] == BED and value_of(m, "spo2") == 78, 10, "the patient's own value")
        rooms.wait(is_alarm("SPO2_LOW_3", BED), 30, "the patient's alarm while the run goes at 20x", at_s)
        assert not rooms.seen(lambda m: m["bed"] == TRAINING)
        told = [row["bed"] for _, m in rooms.messages if m["type"] == "escalation" for row in m["rows"]]
        assert TRAINING not in told
        assert feed(base, TRAINING).wait(lambda m: m["type"] == "snapshot", 5, "a snapshot")[1]["simulation"] is True
        for path in ("/", "/alarms"):
            assert TRAINING not in page(base, path) and session not in page(base, path), path
        patients, simulated = page(base, "/sessions").split("No patient is in this list")
        assert (patient in patients, session in patients, session in simulated) == (True, False, True)
        assert "'bed': 'Training'" in simulated and TRAINING not in simulated
        assert "There is no bed" in page(base, f"/live/{TRAINING}") and "There is no bed" not in page(
            base, f"/live/{BED}"
        )
        assert TRAINING in page(base, "/train/trainee")
        do(base, "end")
        assert ask(base, "/healthz")[0] == 200
        assert server.end() == 0
    assert [row["id"] for row in list_sessions(data_dir, simulated=False)] == [patient]
    with Stores(data_dir) as stores:
        assert stores.live.session(session) is None and len(stores.live.samples(session)) == 0
        kept = stores.simulation.session(session)
        assert kept is not None and kept.simulation and not kept.is_open
        assert len(stores.simulation.samples(session)) > FROM_S
        assert stores.simulation.session(patient) is None


def test_a_damaged_store_of_simulations_costs_the_training_room_only(
    start: Start, tmp_path: Path, data_dir: Path
) -> None:
    data_dir.mkdir()
    (data_dir / "simulation.db").write_bytes(b"no database at all" * 100)
    server = start("serve", "--config", bare(tmp_path), "--port", 0, "--data-dir", data_dir)
    assert ask(server.base, "/train/api/state")[0] == 404
    until(lambda: "no training room: " in server.stderr, 5, "why")


@pytest.mark.parametrize("line", ["training = false", "training = true", ""])
def test_a_station_without_a_training_room_may_call_a_bed_as_it_likes(tmp_path: Path, line: str) -> None:
    path = bare(tmp_path, line, TRAINING)
    if line == "training = false":
        assert not read_station(path).training
        return
    with pytest.raises(ConfigError, match=r"station\.toml.*train-1.*training = false"):
        read_station(path)


def test_the_switch_is_checked_as_any_other_key(tmp_path: Path) -> None:
    path = bare(tmp_path, 'training = "sometimes"')
    with pytest.raises(ConfigError, match=r"station\.toml.*training"):
        read_station(path)
