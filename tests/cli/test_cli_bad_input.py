"""Whatever is wrong with a command or a file: one line on standard error that says what, status 2, and no traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.models.alarms import FOLDER as PROFILES

Run = Callable[..., Any]
PROFILE = (PROFILES / "A-standard-adult.toml").read_text(encoding="utf-8")
PEOPLE = '[[people]]\nname = "R. Nurse"\n'
BED = '[[beds]]\nid = "room-1"\ntitle = "Room 1"\n'
DEVICE = '[[beds.devices]]\nname = "m"\nmonitor = "masimo_ascii"\nport = "/dev/ttyUSB0"\n'
BOLUS = [{"t_min": 0, "bolus_mg": 35}]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nope"], "No such command 'nope'"),
        (["demo", "--nope"], "No such option: --nope"),
        (["demo", "--beds", "0"], "--beds"),
        (["demo", "--beds", "many"], "--beds"),
        (["demo", "--speed", "0"], "--speed"),
        (["demo", "--speed", "nan"], "--speed"),
        (["demo", "--port", "65536"], "--port"),
        (["demo", "--scenario", "nope"], "unknown scenario 'nope'; this version has: apnoea"),
        (["demo", "--scenario", ""], "unknown scenario ''"),
        (["demo", "--host", "0.0.0.0"], "listens on this machine only"),
        (["serve"], "--config"),
        (["serve", "--config", "none.toml"], "none.toml: no such file"),
        (["serve", "--config", "."], "Is a directory"),
        (["simulate"], "--monitor"),
        (["simulate", "--monitor", "nope"], "unknown monitor 'nope'; this version reads: "),
        (["simulate", "--monitor", "masimo_ascii", "--link", "tcp:x"], "expected tcp:HOST:PORT"),
        (["simulate", "--monitor", "masimo_ascii", "--link", "tcp:127.0.0.1:99999"], "a port from 0"),
        (
            ["simulate", "--monitor", "masimo_ascii", "--link", "udp:127.0.0.1:4000"],
            "no monitor of this version has a UDP",
        ),
        (["simulate", "--monitor", "masimo_ascii", "--link", "/dev/null"], "/dev/null: not a serial port"),
        (["simulate", "--monitor", "masimo_ascii", "--link", "none"], "none: no such port"),
        (["simulate", "--monitor", "masimo_ascii", "--fault", "nonsense"], "expected KIND[:TARGET]@START"),
        (["simulate", "--monitor", "masimo_ascii", "--fault", "sensor_off:toe@1"], "unknown target 'toe'; known: spo2"),
        (["simulate", "--monitor", "masimo_ascii", "--fault", "melt@1"], "unknown kind 'melt'; known: sensor_off"),
        (["simulate", "--monitor", "masimo_ascii", "--duration", "0"], "duration 0"),
        (["simulate", "--monitor", "masimo_ascii", "--start", "inf"], "--start inf: crps-uneventful ends after"),
        (["simulate", "--monitor", "masimo_ascii", "--start", "1e7"], "ends after"),
        (["simulate", "--monitor", "masimo_ascii", "--scenario", "nope"], "unknown scenario"),
        (["decode", "--monitor", "masimo_ascii"], "file"),
        (["decode", "x.bin"], "--monitor"),
        (["decode", "--monitor", "nope", "-"], "unknown monitor 'nope'"),
        (["decode", "--monitor", "masimo_ascii", "none.bin"], "none.bin: cannot be read"),
        (["alarms"], "--vitals FILE.csv or --session ID"),
        (["alarms", "--vitals", "none.csv"], "none.csv: No such file"),
        (
            ["alarms", "--profile", "nope", "--vitals", "none.csv"],
            "no alarm profile 'nope'; there are A-standard-adult",
        ),
        (["alarms", "--session", "latest", "--vitals", "x.csv"], "--session and --vitals exclude each other"),
        (["alarms", "--recorded", "--vitals", "x.csv"], "--recorded needs --session"),
        (["alarms", "--session", "latest", "--recorded", "--limit", "A=1"], "--recorded and --limit"),
        (["predict"], "--regimen"),
        (["predict", "--regimen", "none.json"], "none.json: cannot be read"),
        (["predict", "--regimen", "x.json", "--every", "1", "--at", "2"], "--every and --at exclude each other"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_commands_and_options(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*args)
    assert (done.code, told in done.complaint) == (2, True), done
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "missing key 'people'; missing key 'beds'"),
        ("[[beds]", "not valid TOML"),
        (PEOPLE + BED + DEVICE.replace("masimo_ascii", "nope"), "bed 'room-1': unknown monitor 'nope'; this version reads: "),
        (PEOPLE + BED + DEVICE.replace('port = "/dev/ttyUSB0"', ""), "missing key 'beds.0.devices.0.port'"),
        (PEOPLE + BED.replace("title", "titel"), "missing key 'beds.0.title'; unknown key 'beds.0.titel'"),
        (PEOPLE + BED + BED, "two beds have the same id"),
        (PEOPLE + PEOPLE + BED, "two people have the same name; add a middle initial"),
        (PEOPLE + BED + DEVICE + DEVICE.replace('"m"', '"n"'), "port /dev/ttyUSB0 is given to two devices"),
        ('profile = "Z"\n' + PEOPLE + BED, "profile: no alarm profile 'Z'"),
        (PEOPLE + BED + DEVICE.replace("/dev/ttyUSB0", "bogus://x"), "device 'm': port bogus://x: "),
        (PEOPLE + BED + 'prefer = {spo2 = ["m"]}', "prefer.spo2 names m, which is not a device of the bed"),
        (PEOPLE + BED + 'prefer = {spo9 = ["m"]}\n' + DEVICE, "prefer: no signal spo9; there are hr"),
        (PEOPLE + BED + DEVICE + 'baud = "fast"', "beds.0.devices.0.baud"),
        (PEOPLE + 'beds = []', "beds"),
    ],
)  # fmt: skip
def test_station_files(run: Run, tmp_path: Path, text: str, told: str) -> None:
    station = tmp_path / "station.toml"
    station.write_text(text, encoding="utf-8")
    data = tmp_path / "data"
    done = run("serve", "--config", station, "--port", 0, "--data-dir", data)
    assert done.code == 2
    assert done.complaint.startswith(f"{station}: ")
    assert told in done.complaint
    assert len(done.complaint) < len(str(station)) + 300
    assert not data.exists()
    [finding] = [f for f in json.loads(run("doctor", "--json", "--config", station).out) if f["what"] == "station"]
    assert (finding["state"], finding["detail"]) == ("error", done.complaint)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("value = 121", "value = 45"), "rule HR_LOW_1: low limit 49 is not below the high limit 45 of HR_HIGH_1"),
        (('id = "SPO2_LOW_2"', 'id = "SPO2_LOW_1"'), "rule SPO2_LOW_1: there are two of this id"),
        (("hysteresis = 1", "hystersis = 1"), "hystersis"),
        (('priority = "low"', 'priority = "loud"'), "priority"),
        (('operator = "<="', 'operator = "<"'), "operator"),
        (("delay_s = 60", "delay_s = -60"), "delay_s"),
        (('signal = "spo2"', 'signal = "spo9"'), "spo9"),
    ],
)
def test_profile_files(run: Run, tmp_path: Path, change: tuple[str, str], told: str) -> None:
    profile, vitals = tmp_path / "own.toml", tmp_path / "v.csv"
    assert change[0] in PROFILE
    profile.write_text(PROFILE.replace(*change, 1), encoding="utf-8")
    vitals.write_text("t_s,spo2\n0,97\n", encoding="utf-8")
    done = run("alarms", "--profile", profile, "--vitals", vitals)
    assert done.code == 2
    assert done.complaint.startswith(f"{profile}: ")
    assert told in done.complaint


@pytest.mark.parametrize(
    ("csv", "told"),
    [
        ("", "line 1: no column t_s"),
        ("spo2\n97\n", "line 1: no column t_s"),
        ("t_s,spo9\n0,97\n", "line 1: unknown column spo9; there are hr"),
        ("t_s,spo2,spo2\n0,97,97\n", "column spo2 is there twice"),
        ("t_s,spo2\n0,97\n0,80\n", "line 3, column t_s: 0 does not come after 0"),
        ("t_s,spo2\n,97\n", "line 2, column t_s: empty"),
        ("t_s,spo2\n0,high\n", "line 2, column spo2: 'high' is not a number"),
        ("t_s,spo2\n0,nan\n", "line 2, column spo2: 'nan' is not a number"),
        ("t_s,spo2\n0\n", "line 2: 1 cells, the header has 2"),
    ],
)
def test_vitals_files(run: Run, tmp_path: Path, csv: str, told: str) -> None:
    vitals = tmp_path / "v.csv"
    vitals.write_text(csv, encoding="utf-8")
    done = run("alarms", "--vitals", vitals)
    assert done.code == 2
    assert done.complaint.startswith(str(vitals))
    assert told in done.complaint


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 1: not JSON"),
        ("[1]", "line 1: an object with t_s and type"),
        ('{"t_s": 1, "type": "nope"}', "line 1, type: unknown event 'nope'"),
        ('{"type": "note"}', "line 1, t_s"),
        ('{"t_s": 1, "type": "consciousness_assessed", "scale": "moaas", "level": "9"}', "moaas has no level '9'"),
        ('{"t_s": 1, "type": "limit_changed", "rule": "NOPE", "new": {"value": 1}}', "no rule 'NOPE'"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=lambda value: value[:40],
)
def test_event_files(run: Run, tmp_path: Path, line: str, told: str) -> None:
    vitals, events = tmp_path / "v.csv", tmp_path / "e.jsonl"
    vitals.write_text("t_s,spo2\n0,97\n", encoding="utf-8")
    events.write_text(line, encoding="utf-8")
    done = run("alarms", "--vitals", vitals, "--events", events)
    assert (done.code, told in done.complaint) == (2, True), done.complaint


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--limit", "x"], "RULE=VALUE"),
        (["--limit", "NOPE=3"], "no rule 'NOPE'"),
        (["--limit", "SPO2_LOW_1=low"], "name=number"),
        (["--limit", "SPO2_LOW_1=50,delay_s=-1"], "delay_s"),
        (["--baseline", "hr"], "name=number"),
        (["--baseline", "hr=-1"], "hr must be a number above 0"),
        (["--baseline", "toe=1"], "unknown signal 'toe'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_if_options(run: Run, tmp_path: Path, args: list[str], told: str) -> None:
    vitals = tmp_path / "v.csv"
    vitals.write_text("t_s,spo2\n0,97\n", encoding="utf-8")
    done = run("alarms", "--vitals", vitals, *args)
    assert (done.code, told in done.complaint) == (2, True), done.complaint


@pytest.mark.parametrize(
    ("regimen", "told"),
    [
        ("", "not valid JSON"),
        ("[1]", "expected an object with weight_kg and events"),
        ("[" * 100_000, "nested too deeply"),
        ({"weight_kg": 0, "events": BOLUS}, "weight_kg: Input should be greater than 0"),
        ({"weight_kg": "heavy", "events": BOLUS}, "weight_kg"),
        ({"weight_kg": 70}, "missing key 'events'"),
        ({"weight_kg": 70, "events": []}, "events"),
        ({"weight_kg": 70, "concentration_mg_ml": 0, "events": BOLUS}, "unknown key 'concentration_mg_ml'"),
        ({"weight_kg": 70, "events": [{"t_min": 0, "bolus": 35}]}, "unknown key 'events.0.bolus'"),
        ({"weight_kg": 70, "events": [{"t_min": 0, "rate_mg_h": -1}]}, "events.0.rate_mg_h"),
        ({"weight_kg": 70, "events": [*[{"t_min": 5, "bolus_mg": 1}], *BOLUS]}, "events must be in order of time"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_regimen_files(run: Run, tmp_path: Path, regimen: object, told: str) -> None:
    path = tmp_path / "regimen.json"
    path.write_text(regimen if isinstance(regimen, str) else json.dumps(regimen), encoding="utf-8")
    done = run("predict", "--regimen", path, "--every", 60)
    assert (done.code, told in done.complaint) == (2, True), done.complaint
    assert len(done.complaint) < len(str(path)) + 200


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--at", "x"], "--at x: expected minutes such as 0,5,10"),
        (["--at", "0,-1"], "--at: times must be 0 or more"),
        (["--at", "nan"], "--at: times must be 0 or more"),
        (["--at", ","], "--at: give at least one time"),
        (["--every", "0"], "--every: must be greater than 0"),
        (["--every", "nan"], "--every: must be greater than 0"),
        (["--every", "1e-9"], "--every: 1e-09 min gives more than a million lines"),
        (["--model", "nope"], "unknown drug model 'nope'; this version has: clements1981"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_prediction_options(run: Run, tmp_path: Path, args: list[str], told: str) -> None:
    path = tmp_path / "regimen.json"
    path.write_text(json.dumps({"weight_kg": 70, "events": BOLUS}), encoding="utf-8")
    done = run("predict", "--regimen", path, *args)
    assert done.code == 2
    assert done.complaint.startswith(told)


def test_a_file_in_place_of_the_data_folder(run: Run, tmp_path: Path) -> None:
    file, station = tmp_path / "file", tmp_path / "station.toml"
    file.write_text("mine")
    station.write_text(PEOPLE + BED)
    for line in (["sessions"], ["alarms", "--session", "latest"], ["serve", "--config", station, "--port", 0]):
        done = run(*line, "--data-dir", file)
        assert (done.code, str(file) in done.complaint) == (2, True), done
    assert file.read_text() == "mine"
    found = json.loads(run("doctor", "--json", "--data-dir", file).out)
    assert [f["state"] for f in found if f["what"] == "data folder"] == ["error"]


def test_no_command_shows_what_there_is(run: Run) -> None:
    done = run()
    assert (done.code, done.out) == (2, "")
    assert {"demo", "serve", "decode", "doctor"} <= {line.split()[0] for line in done.err.splitlines() if line.strip()}
