"""What scripts rely on (design section 8): names, shapes, values and exit status of the commands."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.alarms.values import Tick
from dashboard.session.events import AlarmRaised, InfusionStarted, SessionClosed, SessionOpened
from dashboard.store import StoredTick, Stores
from devices.clock import SystemClock
from simulators.scenario import Run as Scenario
from simulators.scenario import find_scenario
from simulators.wire import Fleet

Run = Callable[..., Any]
CAPTURES = Path(__file__).parents[1] / "captures"
COMMANDS = (
    "demo",
    "serve",
    "simulate",
    "decode",
    "monitors",
    "ports",
    "alarms",
    "predict",
    "sessions",
    "doctor",
    "profiles",
    "scenario",
)


def rows(done: Any) -> list[dict[str, Any]]:
    assert done.code == 0, done
    return [json.loads(line) for line in done.lines]


# -- help ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_holds_an_example_that_the_command_knows(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert (done.code, done.err) == (0, "")
    text = " ".join(done.out.split())
    found = re.search(rf"Example: infusion-dashboard {command}\b(.*)$", text)
    assert found, text
    for option in re.findall(r"--[a-z-]+", found[1]):
        assert text.count(option) > 1, f"{option} stands in the example alone"


def test_help_lists_every_command(run: Run) -> None:
    done = run("--help")
    assert done.code == 0
    assert all(f"  {command} " in done.out for command in COMMANDS)


# -- monitors and decode ---------------------------------------------------------------------------------------------


def test_monitors_as_json(run: Run) -> None:
    done = run("monitors", "--json")
    assert done.code == 0
    found = {row["name"]: row for row in json.loads(done.out)}
    assert {"philips_intellivue", "masimo_ascii", "nellcor_ascii"} <= set(found)
    for row in found.values():
        assert {"name", "title", "kind", "signals", "link", "frame_interval_s", "confidence"} <= set(row)
        assert row["kind"] in ("monitor", "pump")
        assert {"transport", "baud", "bits", "parity", "stop"} == set(row["link"])
    assert found["philips_intellivue"]["link"]["baud"] == 115_200
    assert found["masimo_ascii"]["link"] == {"transport": "serial", "baud": 9600, "bits": 8, "parity": "N", "stop": 1}
    plain = run("monitors")
    assert all(name in plain.out for name in found)


@pytest.mark.parametrize("start", ["E1", "C0"])
def test_decode_the_single_poll_result_serial_and_lan(run: Run, start: str) -> None:
    lines = (CAPTURES / "philips_intellivue/11_single_poll_result.hex").read_text().splitlines()
    line = next(line for line in lines if line.startswith(start))
    found = rows(run("decode", "--monitor", "philips_intellivue", "--hex", "-", stdin=line.encode()))
    assert {row["signal"]: row["value"] for row in found} == {
        "hr": 72, "spo2": 98, "pr": None, "nibp_sys": 118, "nibp_dia": 64, "nibp_map": 82, "etco2": 38, "fico2": 0, "rr_co2": 12,
    }  # fmt: skip
    assert list(found[0]) == ["signal", "value", "unit", "status", "device_time"]
    by_name = {row["signal"]: row for row in found}
    assert by_name["nibp_sys"]["device_time"] == "2026-01-02T08:30:00"
    assert (by_name["pr"]["status"], by_name["hr"]["unit"]) == ("unavailable", "1/min")


@pytest.mark.parametrize("start", ["E1", "C0"])
def test_decode_a_linked_result_line_by_line(run: Run, start: str) -> None:
    parts = sorted((CAPTURES / "philips_intellivue").glob("12_linked_part_*.hex"))
    lines = [line for part in parts for line in part.read_text().splitlines() if line.startswith(start)]
    found = rows(run("decode", "--monitor", "philips-intellivue", "--hex", "-", stdin="\n".join(lines).encode()))
    assert [(row["signal"], row["value"]) for row in found] == [
        ("hr", 72), ("spo2", 98), ("nibp_sys", 118), ("nibp_dia", 64), ("nibp_map", 82),
    ]  # fmt: skip


def test_decode_the_faults_that_a_monitor_tells(run: Run) -> None:
    for name, told in (("14_remote_error", "no such action"), ("16_refuse", "refuses")):
        found = rows(
            run("decode", "--monitor", "philips_intellivue", "--hex", CAPTURES / f"philips_intellivue/{name}.hex")
        )
        assert all(set(row) == {"fault", "raw"} and told in row["fault"] and bytes.fromhex(row["raw"]) for row in found)
        assert found


def test_decode_the_worked_lines_of_the_oximeters(run: Run) -> None:
    masimo = rows(run("decode", "--monitor", "masimo_ascii", CAPTURES / "masimo_ascii/rad8_worked_examples.txt"))
    assert [(r["signal"], r["value"], r["status"]) for r in masimo[:7]] == [
        ("spo2", 97, "ok"), ("pr", 72, "ok"), ("pi", 3.6, "ok"), ("spo2", 84, "ok"), ("pr", 71, "ok"), ("pi", 3.1, "ok"),
        ("spo2", None, "sensor_off"),
    ]  # fmt: skip
    assert masimo[0]["device_time"] == "2026-01-15T10:30:04"
    nellcor = rows(run("decode", "--monitor", "nellcor_ascii", CAPTURES / "nellcor_ascii/n560_worked_examples.txt"))
    assert [(r["value"], r["status"]) for r in nellcor if r["signal"] == "spo2"][:4] == [
        (98, "ok"), (84, "questionable"), (84, "ok"), (None, "sensor_off"),
    ]  # fmt: skip


def test_decode_reads_a_capture_and_bytes_alike(run: Run, tmp_path: Path) -> None:
    data = (CAPTURES / "masimo_ascii/radical_rad5.txt").read_bytes()
    capture, text = tmp_path / "c.jsonl", tmp_path / "c.hex"
    chunks = [data[i : i + 7] for i in range(0, len(data), 7)]
    capture.write_text(
        "\n".join(json.dumps({"t": 0.1 * i, "rx": c.hex()}) for i, c in enumerate(chunks)) + '\n{"t": 9, "tx": "00"}\n'
    )
    text.write_text("# seven bytes a line\n\n" + "\n".join(c.hex(" ") for c in chunks))
    plain = run("decode", "--monitor", "masimo_ascii", "-", stdin=data)
    assert len(plain.lines) == 6
    assert run("decode", "--monitor", "masimo_ascii", capture).out == plain.out
    assert run("decode", "--monitor", "masimo_ascii", "--hex", text).out == plain.out


@pytest.mark.parametrize(("line", "args"), [("zz 11", ["--hex"]), ("abc", ["--hex"]), ('{"rx": "zz"}', []), ("{", [])])
def test_decode_names_the_line_that_is_not(run: Run, tmp_path: Path, line: str, args: list[str]) -> None:
    path = tmp_path / "x.txt"
    path.write_text(('{"rx": "30"}\n' if not args else "30 31\n") + line + "\n")
    done = run("decode", "--monitor", "masimo_ascii", *args, path)
    assert done.code == 2
    assert done.complaint.startswith(f"{path}: line 2: expected ")


@pytest.mark.parametrize("monitor", ["philips_intellivue", "masimo_ascii", "nellcor_ascii"])
def test_decode_any_bytes_without_a_word_of_python(run: Run, monitor: str) -> None:
    garbage = bytes((i * 167 + i // 3) % 256 for i in range(20_000))
    done = run("decode", "--monitor", monitor, "-", stdin=garbage)
    assert all("fault" in row for row in rows(done))
    empty = run("decode", "--monitor", monitor, "-", stdin=b"")
    assert (empty.code, empty.out, empty.err) == (0, "", f"-: 0 bytes, but no reading of {monitor} in them\n")


# -- alarms ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def alarms(run: Run, tmp_path: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """`t_s, rule, change` of each line, for a table of vitals and a list of events."""

    def judged(table: str, events: list[dict[str, Any]] | None = None, *more: str) -> list[tuple[Any, ...]]:
        vitals, facts = tmp_path / "v.csv", tmp_path / "e.jsonl"
        vitals.write_text(table)
        facts.write_text("".join(json.dumps(e) + "\n" for e in events or []))
        args = ["--profile", "A-standard-adult", "--vitals", vitals, *(["--events", facts] if events else []), *more]
        found = rows(run("alarms", *args))
        assert all(list(r) == ["t_s", "rule", "priority", "kind", "change", "value", "limit"] for r in found)
        return [(r["t_s"], r["rule"], r["change"]) for r in found]

    return judged


Judge = Callable[..., list[tuple[Any, ...]]]


def test_a_cell_holds_until_the_next_row(alarms: Judge) -> None:
    assert alarms("t_s,spo2\n0,97\n10,80\n40,97\n41,97\n") == [
        (15, "SPO2_LOW_3", "raised"),
        (40, "SPO2_LOW_3", "latched"),
    ]


def test_the_engine_ticks_each_whole_second_between_rows(alarms: Judge) -> None:
    assert alarms("t_s,spo2\n0,97\n9.3,80\n16,80\n")[0] == (15, "SPO2_LOW_3", "raised")


def test_an_empty_cell_is_no_value_and_an_absent_column_is_silent(alarms: Judge) -> None:
    assert alarms("t_s,spo2\n0,97\n10,\n60,\n") == [(40, "SPO2_LOST", "raised")]
    assert alarms("t_s,hr\n0,70\n600,70\n") == []


def test_a_cuff_reading_stands_only_in_its_row(alarms: Judge) -> None:
    table = "t_s,nibp_sys,nibp_dia\n0,120,70\n60,185,90\n61,,\n200,,\n"
    assert [line for line in alarms(table) if "CRIT" in line[1]] == []
    twice = "t_s,nibp_sys,nibp_dia\n0,120,70\n60,185,90\n61,,\n200,186,90\n201,,\n"
    assert (200, "SBP_CRIT", "escalated") in alarms(twice)


def test_percent_rules_need_a_baseline(alarms: Judge) -> None:
    table = "t_s,sbp\n0,150\n1,\n5,\n"
    assert alarms(table) == []
    assert alarms(table, None, "--baseline", "sbp=120,hr=70") == [(0, "SBP_WATCH", "raised")]


def test_overdue_rules_need_a_start_of_the_infusion(alarms: Judge) -> None:
    table = "t_s,spo2\n0,97\n1000,97\n"
    assert alarms(table) == []
    started = {"t_s": 10, "type": "infusion_started", "rate_mg_h": 20, "concentration_mg_ml": 2}
    assert ("LOC_DUE", "raised") in {line[1:] for line in alarms(table, [started])}


def test_acknowledging_level_and_what_if(alarms: Judge) -> None:
    table = "t_s,spo2\n0,97\n10,80\n40,97\n60,97\n"
    accepted = [{"t_s": 20, "type": "alarm_acknowledged", "rule": "SPO2_LOW_3", "by": "R.N."}]
    assert alarms(table, accepted) == [
        (15, "SPO2_LOW_3", "raised"),
        (20, "SPO2_LOW_3", "acknowledged"),
        (40, "SPO2_LOW_3", "cleared"),
    ]
    assert alarms(table, None, "--limit", "SPO2_LOW_3=84,delay_s=20")[0][1] == "SPO2_LOW_2"
    level = [{"t_s": 5.5, "type": "consciousness_assessed", "scale": "moaas", "level": "1"}]
    assert alarms("t_s,spo2\n0,97\n20,97\n", level) == [(6, "LOC_LEVEL_HIGH", "raised")]


# -- sessions, doctor, ports -----------------------------------------------------------------------------------------


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """One closed session of a patient with 100 s of ticks and an alarm, and one simulated session that is open."""
    folder = tmp_path / "data"
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with Stores(folder) as stores:
        for store, simulation in ((stores.live, False), (stores.simulation, True)):
            opened = SessionOpened(
                at=start, by="R.N.", t_s=0.0, bed="room-1", patient="T.N.", weight_kg=62, concentration_mg_ml=2, planned_mg=86.8,
                planned_min=240, profile="A-standard-adult", profile_version="0.1.0", simulation=simulation,
            )  # fmt: skip
            session = f"0{int(simulation)}f00d-aaaa"
            store.writer.open_session(session, opened).result(10)
            infusion = InfusionStarted(at=start, by="R.N.", t_s=10.0, rate_mg_h=36, concentration_mg_ml=2)
            store.writer.append(session, infusion).result(10)
            for t_s in range(1, 101):
                tick = Tick(float(t_s), {"spo2": 80.0 if t_s >= 50 else 97.0})
                store.writer.sample(session, StoredTick(start + timedelta(seconds=t_s), float(t_s), tick))
            at = start + timedelta(seconds=100)
            if not simulation:
                told: dict[str, Any] = {
                    "rule": "SPO2_LOW_3",
                    "occurrence": 1,
                    "priority": "high",
                    "kind": "physiological",
                }
                store.writer.append(session, AlarmRaised(at=at, by="system", t_s=55.0, value=80.0, limit=84.0, **told))
                store.writer.append(session, SessionClosed(at=at, by="R.N.", t_s=110.0)).result(10)
            store.writer.flush()
    yield folder


def test_sessions_of_patients_and_simulations_never_in_one_list(run: Run, data_dir: Path) -> None:
    [live] = json.loads(run("sessions", "--json", "--data-dir", data_dir).out)
    assert (live["id"], live["patient"], live["state"], live["alarms"]) == ("00f00d-aaaa", "T.N.", "closed", 1)
    assert live["simulation"] is False
    [made] = json.loads(run("sessions", "--json", "--simulated", "--data-dir", data_dir).out)
    assert (made["id"], made["state"], made["simulation"], made["alarms"]) == ("01f00d-aaaa", "open", True, 0)
    assert made["given_mg"] == pytest.approx(0.9)
    table = run("sessions", "--data-dir", data_dir)
    assert [line.split()[0] for line in table.lines] == ["id", "00f00d-aaaa"]


def test_sessions_of_an_empty_folder(run: Run, tmp_path: Path) -> None:
    done = run("sessions", "--data-dir", tmp_path / "new")
    assert (done.code, done.out) == (0, "no sessions recorded yet\n")
    assert json.loads(run("sessions", "--json", "--data-dir", tmp_path / "new").out) == []
    assert not (tmp_path / "new").exists()


def test_a_recorded_session_is_run_again_from_its_prefix(run: Run, data_dir: Path) -> None:
    again = run("alarms", "--session", "00f", "--data-dir", data_dir)
    assert [(r["t_s"], r["rule"], r["change"]) for r in rows(again)] == [(55, "SPO2_LOW_3", "raised")]
    assert again.out == run("alarms", "--session", "00f", "--recorded", "--data-dir", data_dir).out
    assert run("alarms", "--session", "00f", "--limit", "SPO2_LOW_3=70", "--data-dir", data_dir).out != again.out
    several = run("alarms", "--session", "0", "--data-dir", data_dir)
    assert (several.code, "give more of it" in several.complaint) == (2, True)
    none = run("alarms", "--session", "9", "--data-dir", data_dir)
    assert (none.code, "`sessions` lists them" in none.complaint) == (2, True)


def test_doctor_says_what_stands_and_what_to_do(run: Run, data_dir: Path, tmp_path: Path) -> None:
    done = run("doctor", "--json", "--data-dir", data_dir)
    found = json.loads(done.out)
    assert all(set(f) == {"state", "what", "detail"} and f["state"] in ("ok", "warning", "error") for f in found)
    assert [f["detail"].endswith("1 sessions, records intact") for f in found if f["what"] == "database"] == [
        True,
        True,
    ]
    assert done.code == int(any(f["state"] == "error" for f in found))
    plain = run("doctor", "--data-dir", data_dir)
    assert len(plain.lines) == len(found)
    assert all(line.split()[0] in ("ok", "warning", "error") for line in plain.lines)
    (data_dir / "live.db").write_bytes(b"not a database" * 500)
    broken = run("doctor", "--json", "--data-dir", data_dir)
    assert broken.code == 1
    assert any(f["state"] == "error" and "left as it is" in f["detail"] for f in json.loads(broken.out))


def test_doctor_tries_the_ports_of_a_station(run: Run, tmp_path: Path) -> None:
    station = tmp_path / "station.toml"
    with Fleet(SystemClock()) as fleet:
        there = fleet.add("masimo_ascii", f"pty:{tmp_path / 'there'}", lambda _: {})
        devices = ", ".join(
            f'{{name = "{name}", monitor = "masimo_ascii", port = "{port}"}}'
            for name, port in (("there", there.url), ("gone", tmp_path / "gone"), ("file", __file__))
        )
        station.write_text(
            f'people = [{{name = "R. Nurse"}}]\nbeds = [{{id = "b", title = "B", devices = [{devices}]}}]\n'
        )
        done = run("doctor", "--json", "--config", station, "--data-dir", tmp_path / "data")
    told = {f["detail"].split(":")[0]: f for f in json.loads(done.out) if f["what"] == "bed b"}
    assert {name: f["state"] for name, f in told.items()} == {"there": "ok", "gone": "error", "file": "error"}
    assert "no such port: plug in" in told["gone"]["detail"]
    assert "not a serial port" in told["file"]["detail"]
    assert done.code == 1


def test_ports_and_which_monitor_answers(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = Scenario(find_scenario("crps"))
    fleet = Fleet(SystemClock())
    endpoint = fleet.add("masimo_ascii", f"pty:{tmp_path / 'port'}", lambda _: patient.vitals())
    listed = [SimpleNamespace(device=endpoint.url, description="a test")]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: listed)
    with fleet:
        [row] = json.loads(run("ports", "--json", "--probe").out)
    assert (row["port"], row["monitor"]) == (endpoint.url, "masimo_ascii")
    table = run("ports")
    assert (table.code, table.lines[0].split()) == (0, ["port", "description", "usable"])
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    assert run("ports").out.startswith("no serial ports; plug in the adapter")
    assert json.loads(run("ports", "--json").out) == []
