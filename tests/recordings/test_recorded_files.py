"""CSV and `.vital` recordings. The `.vital` captures were written by another program (`captures/vital/written_by.py`)."""

import gzip
import json
import struct
from pathlib import Path

import pytest

from config.models import ConfigError
from dashboard.alarms_cli import run_files
from dashboard.recordings import open_case
from simulators.replay import Recording

CAPTURES = Path(__file__).parent.parent / "captures" / "vital"


def csv(folder: Path, text: str) -> Path:
    path = folder / "case.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Recording:
    return open_case(str(csv(folder, text))).recording


def at(recording: Recording, now_s: float) -> dict[str, float | None]:
    return {name: vital.value for name, vital in recording.vitals(now_s).items()}


# -- CSV ----------------------------------------------------------------------------------------------------------------------


def test_columns_and_cells_as_the_alarms_command_takes_them(tmp_path: Path) -> None:
    text = "t_s,hr,spo2,nibp_sys,nibp_dia,temp\n1000,70,97,,,36.5\n1001,71,,128,77,\n1002,72,350,,,36.6\n"
    recording = read(tmp_path, text)
    nothing = {"nibp_sys": None, "nibp_dia": None, "nibp_map": None}
    cuff = {"nibp_sys": 128, "nibp_dia": 77, "nibp_map": None}
    assert at(recording, 0) == {"hr": 70, "spo2": 97, "temp": 36.5, **nothing}
    assert at(recording, 1) == {"hr": 71, "spo2": None, "temp": None, **cuff}
    assert at(recording, 2.5) == {"hr": 72, "spo2": None, "temp": 36.6, **cuff}  # 350 % cannot be
    assert recording.vitals(2.5)["nibp_sys"].at_s == 1
    assert recording.end_s == pytest.approx(2 + 2.5)


def test_derived_columns_become_what_a_monitor_shows(tmp_path: Path) -> None:
    recording = read(
        tmp_path, "t_s,rate,pr,sbp,dbp,rr,etco2,link,breath\n0,70,69,120,70,14,38,0,2\n1,70,69,,,0,0,0,21\n"
    )
    assert at(recording, 0) == {
        "hr": 70, "pr": 69, "nibp_sys": 120, "nibp_dia": 70, "nibp_map": None, "rr_co2": 14, "etco2": 38, "no_breath": 0,
    }  # fmt: skip
    assert at(recording, 1)["no_breath"] == 1
    assert "rr_imp" in read(tmp_path, "t_s,rr\n0,14\n").tracks
    assert at(read(tmp_path, "t_s,rate,hr\n0,99,70\n"), 0) == {"hr": 70}


def test_levels_of_consciousness_are_charted(tmp_path: Path) -> None:
    recording = read(tmp_path, "t_s,hr,loc\n10,70,5\n70,71,\n130,72,3\n")
    assert [dict(entry) for entry in recording.charted] == [
        {"t_s": 0, "type": "consciousness_assessed", "scale": "moaas", "level": "5"},
        {"t_s": 120, "type": "consciousness_assessed", "scale": "moaas", "level": "3"},
    ]


def test_apnoea_alarms_of_a_csv_are_those_of_its_replay(tmp_path: Path) -> None:
    """No breath for 20 s by the `alarms` command is no breath for 20 s by the replayed monitor."""
    rows = [f"{t},{12 if t < 30 or t >= 90 else 0},{38 if t < 30 or t >= 90 else 0}" for t in range(120)]
    path = csv(tmp_path, "\n".join(["t_s,rr_co2,etco2", *rows]))
    alarms = [json.loads(line) for line in run_files("A-standard-adult", path, None)]
    [raised_s] = [one["t_s"] for one in alarms if (one["rule"], one["change"]) == ("APNOEA", "raised")]
    recording = open_case(str(path)).recording
    status = [t for t in range(120) if at(recording, t)["no_breath"]]
    assert status == list(range(50, 90))  # the last breath held until 30 s
    assert 0 <= status[0] - raised_s <= 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: no column t_s"),
        ("t_s,hr\n", "no row of values"),
        ("t_s,hr\n0,\n1,\n", "no value of a vital sign"),
        ("t_s,loc\n0,5\n", "no value of a vital sign"),
        ("t_s,pulse\n0,70\n", "line 1: unknown column pulse; there are hr, pr"),
        ("t_s,hr\n0,70\n0,71\n", "line 3, column t_s: 0 does not come after 0"),
        ("t_s,hr\n0,x\n", "line 2, column hr: 'x' is not a number"),
    ],
)
def test_a_bad_csv(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"case\.csv") as error:
        read(tmp_path, text)
    assert told in str(error.value)


# -- .vital -------------------------------------------------------------------------------------------------------------------


def test_a_vital_file_of_another_program() -> None:
    case = open_case(str(CAPTURES / "monitor.vital"))
    recording = case.recording
    assert recording.tracks.keys() == {"hr", "pr", "spo2", "etco2", "rr_co2", "temp"}  # neither BIS nor the waveform
    assert at(recording, 0.5) == pytest.approx(
        {"hr": 70, "pr": 71, "spo2": 97, "etco2": 38, "rr_co2": 14, "temp": 36.6, "no_breath": 0, "nibp_sys": None,
         "nibp_dia": None, "nibp_map": None}
    )  # fmt: skip
    assert [recording.vitals(t)["hr"].value for t in (19.9, 20, 119)] == [70, 71, 75]
    # nothing was recorded from 40 s to 60 s; rows come each 2 s
    assert [recording.vitals(t)["spo2"].value for t in (38, 42.9, 43.1, 59.9, 60)] == [97, 97, None, None, 97]
    assert [recording.vitals(t)["temp"].value is None for t in (3, 4, 5.9, 6)] == [False, True, True, False]
    assert [recording.vitals(t)["no_breath"].value for t in (109, 111)] == [0, 1]
    assert [(event.at_s, dict(event.values)) for event in recording.cuff] == [
        (10, {"nibp_sys": 128, "nibp_dia": 78, "nibp_map": 95}),
        (80, {"nibp_sys": 141, "nibp_dia": 84, "nibp_map": 103}),
    ]
    assert "Jane" not in repr((case, case.scenario(0.0)))


def test_tracks_of_unknown_names_by_what_they_mean() -> None:
    """Whole numbers with gain, "no value" of their format, kPa, the monitor type in the place of a known name."""
    recording = open_case(str(CAPTURES / "other_names.vital")).recording
    found = [recording.vitals(t) for t in (0, 3, 29)]
    assert [v["spo2"].value for v in found] == pytest.approx([96.0, 95.7, 93.1])
    assert [v["pr"].value for v in found] == [60, None, 89]
    assert [v["etco2"].value for v in found[:2]] == pytest.approx([5 * 7.50062] * 2)


def track(number: int, name: str, unit: str = "", montype: int = 0) -> bytes:
    """Packet 0 by the format's table, spelled out."""
    texts = b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in (name, unit))
    data = struct.pack("<HBB", number, 2, 1) + texts + struct.pack("<ffIfddBI", 0, 0, 0, 0, 1, 0, montype, 0)
    return struct.pack("<BI", 0, len(data)) + data


def record(number: int, at_s: float, value: float) -> bytes:
    data = struct.pack("<HdHf", 10, at_s, number, value)
    return struct.pack("<BI", 1, len(data)) + data


HEADER = b"VITA" + struct.pack("<IHhII", 3, 10, -540, 1, 1)


def vital(folder: Path, *packets: bytes, header: bytes = HEADER) -> Path:
    path = folder / "case.vital"
    path.write_bytes(gzip.compress(header + b"".join(packets)))
    return path


def test_the_short_header_and_packets_that_nobody_knows(tmp_path: Path) -> None:
    strange = struct.pack("<BI", 77, 5) + b"abcde"
    packets = (
        strange,
        track(1, "HR"),
        record(1, 5.0, 61),
        record(9, 5.0, 99),
        strange,
        track(1, "HR"),
        record(1, 4.0, 60),
    )
    recording = open_case(str(vital(tmp_path, *packets))).recording
    assert [recording.vitals(t)["hr"].value for t in (0, 1)] == [60, 61]  # in order of time, described twice


def test_parts_of_a_cuff_reading_belong_together_within_a_second(tmp_path: Path) -> None:
    names = ("NIBP_SBP", "NIBP_DBP", "NIBP_MBP")
    told = [(1, 0.0, 120), (2, 0.4, 70), (1, 300.0, 130), (2, 301.5, 75), (3, 302.0, 90)]
    packets = [track(n, name) for n, name in enumerate(names, 1)] + [record(*one) for one in told]
    cuff = open_case(str(vital(tmp_path, *packets))).recording.cuff
    assert [(event.at_s, dict(event.values)) for event in cuff] == [
        (0, {"nibp_sys": 120, "nibp_dia": 70}),
        (300, {"nibp_sys": 130}),
        (301.5, {"nibp_dia": 75, "nibp_map": 90}),
    ]


def packed(content: bytes) -> bytes:
    """Without the time of packing: it would make the test's name another one in each worker."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"VITA", "not a .vital file (not packed by gzip)"),
        (b"", "does not begin with VITA"),
        (packed(b"VETO"), "does not begin with VITA"),
        (packed(HEADER)[:-6], "cut off or damaged"),
        (packed(HEADER + record(1, 0.0, 1.0)[:-2]), "cut off or damaged"),
        (packed(HEADER + struct.pack("<BI", 0, 1) + b"x"), "cut off or damaged"),
        (packed(HEADER + struct.pack("<BI", 0, 8) + struct.pack("<HBBI", 1, 2, 1, 99)), "cut off or damaged"),
        (packed(HEADER), "its tracks: none of numbers"),
        (packed(HEADER + track(1, "BIS") + track(2, "SQI") + record(1, 0.0, 95.0)), "its tracks: BIS, SQI"),
        (packed(HEADER + track(1, "BT", "°F") + record(1, 0.0, 98.0)), "its tracks: BT"),
        (packed(HEADER + track(1, "HR") + record(1, 0.0, 60.0) + record(1, 9e5, 60.0)), "more than 8 days"),
    ],
)
def test_a_bad_vital_file(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "case.vital"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        open_case(str(path))
    assert told in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("cut", range(24, 488, 23))
def test_a_file_cut_anywhere_is_refused_in_words(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "case.vital"
    path.write_bytes((CAPTURES / "other_names.vital").read_bytes()[:cut])
    with pytest.raises(ConfigError, match="cut off or damaged"):
        open_case(str(path))
