"""What a live session's record says of its alarms is what a bed says that is played the record at fifty times the speed, and what the
`alarms` command says of it: byte for byte."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playback import play
from running import Feed, Program, ask, command, command_here, is_alarm, until

from dashboard.store import Stores
from simulators.scenario import find_scenario

NURSE = "R. Nurse"
BED = "bed-1"
PLAYED = 50


def record(base: str, kind: str, **fields: Any) -> dict[str, Any]:
    status, answer = ask(base, "/live/record", entry(kind, **fields))
    assert status == 200, answer
    return dict(answer)


def entry(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "bed": BED, "by": NURSE, "type": kind, **fields}


def occurrence(feed: Feed, rule: str) -> int:
    _, message = feed.wait(is_alarm(rule), 10, rule)
    return int(next(a["occurrence"] for a in message["alarms"] if a["rule"] == rule))


@pytest.mark.long
def test_alarms_of_a_live_session_run_again_to_the_same_bytes(
    start: Callable[..., Program], feed: Callable[..., Feed], data_dir: Path, tmp_path: Path
) -> None:
    server = start("demo", "--beds", 1, "--seed", 3, "--no-browser", "--port", 0, "--data-dir", data_dir)
    screen = feed(server.base, BED)
    # While the bed makes its past its clock stands there, and an entry of now would be recorded as one of then.
    first = entry("note", text="the test begins")
    answers = [ask(server.base, "/live/record", first)]
    while answers[-1][0] == 409:
        time.sleep(0.05)
        answers.append(ask(server.base, "/live/record", first))
    assert {status for status, _ in answers} <= {409, 200}
    assert answers[-1][1]["t_s"] >= find_scenario("crps").live_from_s
    screen.wait(lambda m: m["type"] == "vitals" and m["values"].get("spo2", {}).get("value"), 5, "live numbers")

    changed = {"value": 99, "delay_s": 3}
    record(
        server.base, "limit_changed", rule="SPO2_LOW_1", old={"value": 93, "delay_s": 60}, new=changed, reason="a test"
    )
    reply = screen.do(do="acknowledge", bed=BED, occurrence=occurrence(screen, "SPO2_LOW_1"), by=NURSE)
    assert (reply["ok"], reply["error"]) == (True, None)
    record(server.base, "consciousness_assessed", scale="moaas", level="2", note="only to a loud voice")
    assert screen.do(do="pause_audio", bed=BED, by=NURSE)["ok"]
    medium = occurrence(screen, "LOC_LEVEL_MEDIUM")
    assert screen.latest("alarm")["audio"]["paused_s_left"] > 100
    record(server.base, "consciousness_assessed", scale="moaas", level="1")
    high = occurrence(screen, "LOC_LEVEL_HIGH")
    assert high == medium
    assert screen.do(do="acknowledge", bed=BED, occurrence=high, by=NURSE)["ok"]
    assert not screen.do(do="acknowledge", bed=BED, occurrence=high, by=NURSE)["ok"]
    assert screen.do(do="resume_audio", bed=BED, by=NURSE)["ok"]
    record(server.base, "manual_vitals", values={"nibp_sys": 205.0, "nibp_dia": 100.0})
    occurrence(screen, "SBP_CRIT")
    record(server.base, "infusion_rate_changed", rate_mg_h=11.5, concentration_mg_ml=2)
    record(server.base, "consciousness_assessed", scale="moaas", level="4")
    until(lambda: not any(a["rule"].startswith("LOC") for a in screen.latest("alarm")["alarms"]), 5)
    assert server.end() == 0

    with Stores(data_dir) as stores:
        [row] = stores.simulation.sessions()
        assert row.closed_at is not None, "a demo that was ended closes its sessions"
        columns = stores.simulation.samples(row.id)
        assert stores.simulation.verify(row.id) is None
        assert stores.existing() == [stores.simulation]
        live_from_s = float(answers[-1][1]["t_s"])
        live_s = float(columns.t_s[-1]) - live_from_s
        assert live_s >= 5
        with Stores(tmp_path / "played") as others:
            took_s = play(stores.simulation, row.id, others.simulation, speed=PLAYED, from_s=live_from_s)
    assert live_s / PLAYED * 0.9 <= took_s
    again = command("alarms", "--session", "latest", "--data-dir", data_dir)
    recorded = command_here("alarms", "--session", row.id[:30], "--recorded", "--data-dir", data_dir)
    assert (again.returncode, again.stderr) == (0, "")
    played = command_here("alarms", "--session", row.id[:30], "--recorded", "--data-dir", tmp_path / "played")
    assert (0, again.stdout) == recorded == played
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    told = {(line["rule"], line["change"]) for line in lines}
    assert told >= {
        ("SPO2_LOW_1", "raised"), ("SPO2_LOW_1", "acknowledged"), ("LOC_LEVEL_MEDIUM", "raised"), ("LOC_LEVEL_HIGH", "escalated"),
        ("LOC_LEVEL_HIGH", "acknowledged"), ("SBP_CRIT", "raised"),
    }  # fmt: skip
    assert [line["t_s"] for line in lines] == sorted(line["t_s"] for line in lines)
    # And the same session under another limit is another story.
    status, what_if = command_here("alarms", "--session", "latest", "--limit", "SBP_CRIT=250", "--data-dir", data_dir)
    assert status == 0
    assert what_if != again.stdout
