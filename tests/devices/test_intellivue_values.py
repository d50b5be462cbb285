"""What a numeric object means: states, units, sources."""

import pytest
from intellivue_build import NAN, T0, created, numeric, one, read, result, value

from devices.monitors import _intellivue_codes as code
from devices.monitors.philips_intellivue import MONITOR, Decoder
from devices.readings import Fault, Reading, Status
from devices.registry import PollingDecoder, find_monitor
from devices.signals import SIGNALS
from simulators.monitors._intellivue_objects import Site


def test_registered() -> None:
    assert find_monitor("philips-intellivue") is MONITOR
    assert isinstance(MONITOR.make_decoder(), PollingDecoder)
    assert set(MONITOR.signals) <= SIGNALS.keys()


@pytest.mark.parametrize(
    ("state", "number", "expected", "status"),
    [
        (0x0000, 72.0, 72.0, "ok"),
        (0x8000, 72.0, None, "invalid"),
        (0x4000, 72.0, 72.0, "questionable"),
        (0x2000, 72.0, None, "unavailable"),
        (0x1000, 72.0, None, "unavailable"),
        (0x0800, 72.0, None, "invalid"),  # test data
        (0x0400, 72.0, None, "invalid"),  # demonstration data
        (0x0401, 72.0, None, "invalid"),  # bits combine
        (0x4400, 72.0, None, "invalid"),
        (0x2400, 72.0, None, "invalid"),
        (0xA000, 72.0, None, "invalid"),
        (0x0100, 72.0, None, "invalid"),  # no published meaning, but the high byte is not 0
        (0x00E3, 72.0, 72.0, "ok"),  # the low byte never invalidates
        (0x0000, NAN, None, "unavailable"),
        (0x0000, b"\x00\x80\x00\x00", None, "unavailable"),
        (0x0000, b"\x00\x7f\xff\xfe", None, "invalid"),
        (0x0000, 12.0, 12.0, "questionable"),  # a low extreme is kept
        (0x0000, 0.0, 0.0, "questionable"),
        (0x0000, 400.0, None, "invalid"),  # impossible
        (0x0000, -5.0, None, "invalid"),
    ],
)
def test_measurement_state(state: int, number: float | bytes, expected: float | None, status: Status) -> None:
    reading = one(numeric(value(code.HR, number, code.BEATS, state)))
    assert (reading.signal, reading.value, reading.status) == ("hr", expected, status)


@pytest.mark.parametrize(
    ("physio", "number", "unit", "signal", "expected", "status"),
    [
        (code.ET_CO2, 38.0, code.MMHG, "etco2", 38.0, "ok"),
        (code.ET_CO2, 5.0, code.KPA, "etco2", 37.5031, "ok"),
        (code.ET_CO2, 5.0, code.PERCENT, "etco2", 38.0, "questionable"),  # 7.6 mmHg per vol % at sea level only
        (code.INSPIRED_CO2, 0.0, code.KPA, "fico2", 0.0, "ok"),
        (code.ABP + 1, 16.0, code.KPA, "abp_sys", 120.00992, "ok"),
        (code.ABP + 3, 100.0, code.MBAR, "abp_map", 75.0062, "ok"),
        (code.ABP + 3, 100.0, code.CMH2O, "abp_map", 73.5559, "ok"),
        (code.TEMPERATURE, 36.6, code.CELSIUS, "temp", 36.6, "ok"),
        (code.TEMPERATURE, 98.6, code.FAHRENHEIT, "temp", 37.0, "ok"),
        (code.SPO2, 98.0, code.PERCENT, "spo2", 98.0, "ok"),
        (code.SPO2, 42.0, code.PERCENT, "spo2", 42.0, "questionable"),
        (code.PERFUSION, 3.2, code.DIMENSIONLESS, "pi", 3.2, "ok"),
        (code.RESP, 14.0, code.BREATHS, "rr_imp", 14.0, "ok"),
        (code.AIRWAY_RR, 0.0, code.BREATHS, "rr_co2", 0.0, "ok"),
    ],
)
def test_units(physio: int, number: float, unit: int, signal: str, expected: float, status: Status) -> None:
    reading = one(numeric(value(physio, number, unit)))
    assert reading.signal == signal
    assert reading.value == pytest.approx(expected)
    assert reading.unit == SIGNALS[signal].unit
    assert reading.status == status


def test_an_unknown_unit_is_told_not_guessed() -> None:
    decoder = Decoder()
    items = decoder.datagram(result(numeric(value(code.ET_CO2, 38, 0x1234)), numeric(value(code.HR, 70, code.BEATS))))
    assert [item.reason for item in items if isinstance(item, Fault)] == ["etco2: unknown unit 0x1234"]
    assert [item.signal for item in items if isinstance(item, Reading)] == ["hr"]
    # The right kind of unit for the wrong signal is no better.
    assert isinstance(decoder.datagram(result(numeric(value(code.SPO2, 98, code.BEATS))))[0], Fault)


def test_demonstration_flags_the_session_and_gives_no_values() -> None:
    decoder = Decoder()
    items = decoder.datagram(result(numeric(value(code.HR, 80, code.BEATS, code.DEMO_DATA | 1))))
    assert decoder.demo
    assert [item.value for item in items if isinstance(item, Reading)] == [None]
    assert len([item for item in items if isinstance(item, Fault)]) == 1
    again = decoder.datagram(result(numeric(value(code.HR, 80, code.BEATS, code.DEMO_DATA | 1))))
    assert not [item for item in again if isinstance(item, Fault)]


def test_operating_mode_tells_a_demonstration() -> None:
    decoder = Decoder()
    decoder.datagram(created(site=Site(demo=True)))
    assert decoder.demo


def test_live_pulse_is_pleth_first_and_never_the_cuffs() -> None:
    pleth, pressure = value(code.PLETH_PULSE, 71, code.BEATS), value(code.PULSE, 75, code.BEATS)
    assert one(numeric(pressure), numeric(pleth)).value == 71
    assert one(numeric(pressure)).value == 75
    assert read(Decoder(), numeric(value(code.NBP_PULSE, 69, code.BEATS))) == []
    lost = value(code.PLETH_PULSE, NAN, code.BEATS, code.UNAVAILABLE)
    assert one(numeric(lost), numeric(pressure)).value == 75


def test_a_slower_source_waits_while_the_better_one_lives() -> None:
    decoder = Decoder()
    abp, art = value(code.ABP + 1, 120, code.MMHG), value(code.ART + 1, 99, code.MMHG)
    lost = value(code.ABP + 1, NAN, code.MMHG, code.UNAVAILABLE)
    assert [r.value for r in read(decoder, numeric(abp))] == [120]
    assert read(decoder, numeric(art), ticks=T0 + 8000) == []  # another part of the same linked result
    assert [r.value for r in read(decoder, numeric(abp), numeric(art), ticks=T0 + 8192)] == [120]
    assert [r.value for r in read(decoder, numeric(lost), numeric(art), ticks=T0 + 16_384)] == [99]
    assert read(decoder, numeric(lost), ticks=T0 + 20_000) == []  # and the other way round
    assert [r.value for r in read(decoder, numeric(art), ticks=T0 + 80_000)] == [99]
    assert [r.status for r in read(decoder, numeric(lost), ticks=T0 + 160_000)] == ["unavailable"]


def test_pressures_come_from_one_line() -> None:
    abp = numeric(value(code.ABP + 3, 80, code.MMHG))  # mean alone is legal
    art = numeric(
        value(code.ART + 1, 130, code.MMHG), value(code.ART + 2, 70, code.MMHG), value(code.ART + 3, 91, code.MMHG)
    )
    assert {r.signal: r.value for r in read(Decoder(), art, abp)} == {"abp_map": 80}


@pytest.mark.parametrize("base", [code.ABP, code.ART, code.AORTA, code.FEMORAL, code.BRACHIAL, code.PRESSURE])
def test_compound_order_does_not_matter(base: int) -> None:
    parts = [value(base + 3, 80, code.MMHG), value(base + 1, 120, code.MMHG), value(base + 2, 60, code.MMHG)]
    assert {r.signal: r.value for r in read(Decoder(), numeric(*parts))} == {
        "abp_sys": 120,
        "abp_dia": 60,
        "abp_map": 80,
    }


def test_limits_and_settings_are_no_measurement() -> None:
    limit = b"\x00\x00\x00\x00\x00\x82" + bytes(6)
    assert read(Decoder(), numeric(value(code.SPO2, 90, code.PERCENT), METRIC_SPECIFICATION=limit)) == []
    measured = b"\x00\x00\x00\x00\x00\x01" + bytes(6)
    assert len(read(Decoder(), numeric(value(code.SPO2, 90, code.PERCENT), METRIC_SPECIFICATION=measured))) == 1
    off = one(numeric(value(code.SPO2, 90, code.PERCENT), METRIC_STATE=b"\x80\x00"))
    assert (off.value, off.status) == (None, "unavailable")
