"""Simulated oximeters: the manual's own lines byte for byte, and what the decoder makes of them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import ConfigError
from devices.monitors import masimo_ascii, nellcor_ascii
from devices.readings import Fault, Reading, Status
from simulators.monitors import masimo_ascii as masimo
from simulators.monitors import nellcor_ascii as nellcor
from simulators.registry import load_simulated, make_simulated
from simulators.vitals import SimulatedMonitor, Vital, Vitals

CAPTURES = Path(__file__).parents[1] / "captures"
AT = datetime.fromisoformat("2026-01-15T10:30:04")


def oximetry(spo2: float | None, pr: float | None, pi: float | None = None, status: Status = "ok") -> Vitals:
    return {"spo2": Vital(spo2, status), "pr": Vital(pr, status), "pi": Vital(pi, status)}


def run(simulated: SimulatedMonitor, vitals: Vitals, until_s: float, step_s: float = 0.05) -> bytes:
    steps = range(round(until_s / step_s) + 1)
    return b"".join(simulated.send(vitals, k * step_s, AT + timedelta(seconds=k * step_s)) for k in steps)


def test_the_masimo_manuals_lines_byte_for_byte() -> None:
    lines = (CAPTURES / "masimo_ascii" / "rad8_worked_examples.txt").read_text().splitlines()
    shown = [
        oximetry(97, 72, 3.6),
        oximetry(84, 71, 3.1),
        oximetry(None, None, None, "sensor_off"),
    ]
    simulated = masimo.make()
    printed = [simulated.line(vitals, AT + timedelta(seconds=k)) for k, vitals in enumerate(shown)]
    assert printed == lines[:3]


def test_each_masimo_model_prints_its_own_fields() -> None:
    lines = {name: masimo.make(variant=name).line(oximetry(97, 64, 11.82), AT) for name in masimo.VARIANTS}
    assert lines["rad5"] == "01/15/26 10:30:04 SPO2=097% BPM=064 PI=11.82% ALARM=00 EXC=800"
    assert lines["radical7_blue"].endswith("DESAT=-- PIDELTA=+-- PVI=--- ALARM=0000 EXC=000800")
    assert "PI=11.82 SPCO=--% " in lines["radical7"]
    assert lines["radical7"].endswith("ALARM=000000 EXC=0000800 EXC1=00000000")
    for line in lines.values():
        assert [r.value for r in masimo_ascii.Decoder().feed(f"{line}\r\n".encode()) if isinstance(r, Reading)] == [
            97, 64, 11.82,
        ]  # fmt: skip


def test_the_nellcor_manuals_lines_byte_for_byte() -> None:
    expected = (CAPTURES / "nellcor_ascii" / "n560_worked_examples.txt").read_bytes().decode().split("\r\n")
    assert list(nellcor.make().heading()) == expected[:3]
    moving = {"spo2": Vital(84, "questionable"), "pr": Vital(71, "questionable"), "pi": Vital(4.0)}
    printed = [
        nellcor.make().line(oximetry(98, 72, 4.5), AT),
        nellcor.make().line(moving, AT + timedelta(seconds=2)),
        nellcor.make(limits=nellcor.Limits(rate_high=130), silenced=True).line(
            oximetry(84, 131, 4.0), AT + timedelta(seconds=4)
        ),
        nellcor.make(silenced=True).line({}, AT + timedelta(seconds=6)),
        nellcor.make().line(oximetry(None, None, None, "sensor_off"), AT + timedelta(seconds=8)),
        nellcor.make().line(oximetry(None, None, None, "invalid"), AT + timedelta(seconds=10)),
    ]
    assert printed == expected[3:9]
    assert {len(line) for line in printed} == {61}


@pytest.mark.parametrize(
    ("vitals", "masimo_status", "nellcor_status"),
    [
        (oximetry(97, 72, 3.6), "ok", "ok"),
        (oximetry(97, 72, 3.6, "questionable"), "questionable", "questionable"),
        (oximetry(None, None, None, "sensor_off"), "sensor_off", "sensor_off"),
        (oximetry(None, None, None, "invalid"), "invalid", "invalid"),
        (oximetry(None, None, None, "unavailable"), "unavailable", "unavailable"),
        (oximetry(97, 72, 3.6, "held"), "invalid", "held"),  # a Masimo shows dashes while it searches
        (oximetry(97, 0, 3.6), "invalid", "invalid"),  # no pulse to find
        ({}, "sensor_off", "sensor_off"),
    ],
)
def test_a_sensors_state_crosses_the_wire(vitals: Vitals, masimo_status: Status, nellcor_status: Status) -> None:
    for simulated, decoder, status in (
        (masimo.make(), masimo_ascii.Decoder(), masimo_status),
        (nellcor.make(), nellcor_ascii.Decoder(), nellcor_status),
    ):
        out = decoder.feed(run(simulated, vitals, 0))
        assert {item.status for item in out if isinstance(item, Reading)} == {status}
        assert not [item for item in out if isinstance(item, Fault)]


VALUES = st.floats(1, 100), st.floats(1, 240), st.floats(0.02, 20)


@given(*VALUES, st.sampled_from(sorted(masimo.VARIANTS)), st.booleans())
def test_masimo_values_survive_the_wire(spo2: float, pr: float, pi: float, variant: str, blank: bool) -> None:
    data = run(masimo.make(variant=variant, blank_lines=blank), oximetry(spo2, pr, pi), 0)
    got = {r.signal: r.value for r in masimo_ascii.Decoder().feed(data) if isinstance(r, Reading)}
    assert got == {
        "spo2": pytest.approx(spo2, abs=0.5),
        "pr": pytest.approx(pr, abs=0.5),
        "pi": pytest.approx(pi, abs=0.0051),
    }


@given(*VALUES)
def test_nellcor_values_survive_the_wire(spo2: float, pr: float, pi: float) -> None:
    data = run(nellcor.make(), oximetry(spo2, pr, pi), 0)
    got = {r.signal: r.value for r in nellcor_ascii.Decoder().feed(data) if isinstance(r, Reading)}
    assert got == {"spo2": pytest.approx(spo2, abs=0.51), "pr": pytest.approx(pr, abs=0.51)}


def test_pace_and_headings() -> None:
    assert run(masimo.make(), oximetry(97, 72, 3.6), 10).count(b"\r\n") == 11
    data = run(nellcor.make(), oximetry(97, 72, 3.6), 100)
    rows = [b"VERSION" in line for line in data.split(b"\r\n") if b"ADULT" not in line and b"TIME" not in line]
    assert data.count(b"Jan-26") == 51
    assert [k for k, is_heading in enumerate(rows) if is_heading] == [0, 26, 52]  # every 25 data lines


def test_after_a_standstill_one_line_not_many() -> None:
    simulated = masimo.make()
    assert [simulated.send(oximetry(97, 72), t, AT).count(b"\n") for t in (0, 60, 60.5, 61)] == [1, 1, 0, 1]


def test_nellcor_honours_xoff_until_xon() -> None:
    simulated = nellcor.make()
    assert simulated.send(oximetry(97, 72), 0, AT)
    simulated.receive(b"\x13", 1)
    assert simulated.send(oximetry(97, 72), 2, AT) == b""
    simulated.receive(b"\x11", 3)
    assert simulated.send(oximetry(97, 72), 4, AT)


def test_registry_names_are_the_decoders() -> None:
    assert {"masimo_ascii", "nellcor_ascii"} <= set(load_simulated())
    assert make_simulated("Masimo-ASCII", variant="rad5").send(oximetry(97, 72), 0, AT)
    with pytest.raises(ConfigError, match=r"no simulated monitor 'nope'.*masimo_ascii"):
        make_simulated("nope")
    with pytest.raises(ConfigError, match="unknown option among colour"):
        make_simulated("masimo_ascii", colour=1)
    with pytest.raises(ConfigError, match="unknown variant 'rad9'; known: rad8"):
        make_simulated("masimo_ascii", variant="rad9")
