"""What a numeric object means: states, units, sources, cuff results, apnoea, clocks."""

from datetime import datetime, timedelta

import pytest

from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_types import (
    Clock,
    read_time,
    tick_difference,
    write_attributes,
    write_float,
    write_time,
)
from devices.monitors.philips_intellivue import MONITOR, Decoder
from devices.readings import Fault, Reading, Status
from devices.registry import PollingDecoder, find_monitor
from devices.signals import SIGNALS
from simulators.monitors import _intellivue_objects as objects
from simulators.monitors._intellivue_objects import Alarm, Reply, Site

START = datetime.fromisoformat("2026-01-02T08:30")
T0 = 8_000_000
NAN = b"\x00\x7f\xff\xff"


def value(physio: int, number: float | bytes, unit: int, state: int = 0, decimals: int = 1) -> bytes:
    word = number if isinstance(number, bytes) else write_float(number, decimals)
    return objects.observed(physio, state, unit, word)


def numeric(
    *values: bytes, handle: int = 1, label: int = 1, stamp: datetime | None = None, **extra: bytes
) -> tuple[int, int, bytes]:
    attributes = objects.numeric_attributes(handle, label, values, stamp=stamp)
    attributes |= {getattr(code, key): value for key, value in extra.items()}
    return 1, handle, write_attributes(attributes)


def result(*things: tuple[int, int, bytes], ticks: int = T0, sequence: int | None = None) -> bytes:
    body = objects.poll_result(Reply(2, sequence, ticks, code.NUMERICS, 0), list(things))
    return messages.operation(code.RORS, 3, code.ACTION, body)


def created(wall: datetime = START, ticks: int = T0, association: int = 1, site: Site | None = None) -> bytes:
    return objects.mds_create_event(1, ticks, objects.mds_attributes(site or Site(), association, ticks, wall))


def read(decoder: Decoder, *things: tuple[int, int, bytes], ticks: int = T0) -> list[Reading]:
    return [item for item in decoder.datagram(result(*things, ticks=ticks)) if isinstance(item, Reading)]


def one(*things: tuple[int, int, bytes]) -> Reading:
    (reading,) = read(Decoder(), *things)
    return reading


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


# The cuff


def cuff(
    sys: float | bytes, dia: float | bytes, mean: float | bytes, stamp: datetime | None, state: int = 0
) -> tuple[int, int, bytes]:
    parts = [value(code.NBP + 1 + i, number, code.MMHG, state) for i, number in enumerate((sys, dia, mean))]
    return numeric(*parts, label=code.NBP, stamp=stamp)


def test_a_cuff_result_is_told_once_with_its_time_and_age() -> None:
    decoder = Decoder()
    decoder.datagram(created())
    first = read(decoder, cuff(118, 64, 82, START - timedelta(minutes=4)), ticks=T0)
    assert [(r.signal, r.value, r.device_time, r.age_s) for r in first] == [
        ("nibp_sys", 118, START - timedelta(minutes=4), 240),
        ("nibp_dia", 64, START - timedelta(minutes=4), 240),
        ("nibp_map", 82, START - timedelta(minutes=4), 240),
    ]
    for second in range(1, 60):
        assert read(decoder, cuff(118, 64, 82, START - timedelta(minutes=4)), ticks=T0 + second * 8000) == []
    # The same numbers measured again are a new measurement.
    again = read(decoder, cuff(118, 64, 82, START + timedelta(seconds=60)), ticks=T0 + 61 * 8000)
    assert [(r.value, r.age_s) for r in again] == [(118, 1), (64, 1), (82, 1)]


def test_an_old_cuff_result_is_not_new_after_another_association() -> None:
    decoder = Decoder()
    decoder.datagram(created())
    assert len(read(decoder, cuff(118, 64, 82, START))) == 3
    decoder.datagram(created(START + timedelta(minutes=1), T0 + 480_000, association=2))
    assert read(decoder, cuff(118, 64, 82, START), ticks=T0 + 480_000) == []


def test_without_a_stamp_changed_values_are_new() -> None:
    decoder = Decoder()
    decoder.datagram(created())
    assert len(read(decoder, cuff(118, 64, 82, None))) == 3
    assert read(decoder, cuff(118, 64, 82, None), ticks=T0 + 8000) == []
    assert read(decoder, cuff(118, 64, 82, START), ticks=T0 + 16_000) == []  # only the stamp was missing
    changed = read(decoder, cuff(120, 64, 82, None), ticks=T0 + 24_000)
    assert [r.value for r in changed] == [120, 64, 82]
    assert changed[0].device_time == START + timedelta(seconds=3)


def test_an_early_indication_waits_for_the_rest() -> None:
    decoder = Decoder()
    early = code.EARLY_INDICATION | code.MEASURING
    assert read(decoder, cuff(118, NAN, NAN, START, early)) == []
    assert [r.value for r in read(decoder, cuff(118, 64, 82, START))] == [118, 64, 82]


def test_a_component_that_comes_later_under_the_same_stamp() -> None:
    decoder = Decoder()
    assert [r.value for r in read(decoder, cuff(118, NAN, 82, START))] == [118, None, 82]
    assert [(r.signal, r.value) for r in read(decoder, cuff(118, 64, 82, START))] == [("nibp_dia", 64)]
    assert read(decoder, cuff(118, 64, 82, START)) == []


def test_no_result_yet_and_a_failed_one() -> None:
    decoder = Decoder()
    assert read(decoder, cuff(NAN, NAN, NAN, None, code.UNAVAILABLE)) == []
    failed = read(decoder, cuff(NAN, NAN, NAN, START, code.INVALID))
    assert [(r.value, r.status) for r in failed] == [(None, "invalid")] * 3
    assert read(decoder, cuff(NAN, NAN, NAN, START, code.INVALID)) == []
    assert read(decoder, cuff(NAN, NAN, NAN, START + timedelta(minutes=3), code.MEASURING | code.UNAVAILABLE)) == []


def test_a_tick_stamp_gives_the_age_without_a_wall_clock() -> None:
    decoder = Decoder()
    thing = numeric(value(code.NBP + 1, 118, code.MMHG), STAMP_RELATIVE=(T0 - 80_000).to_bytes(4, "big"))
    (reading,) = read(decoder, thing)
    assert reading.age_s == 10


def test_kpa_and_mmhg_are_the_same_cuff_result() -> None:
    decoder = Decoder()
    assert len(read(decoder, numeric(value(code.NBP + 1, 118, code.MMHG)))) == 1
    assert read(decoder, numeric(value(code.NBP + 1, 15.7, code.KPA))) == []


# Clocks


def test_device_time_survives_the_wrap_of_the_tick_counter() -> None:
    decoder = Decoder()
    near = (1 << 32) - 8000
    decoder.datagram(created(START, near))
    (before,) = read(decoder, numeric(value(code.HR, 70, code.BEATS)), ticks=near + 4000)
    (after,) = read(decoder, numeric(value(code.HR, 70, code.BEATS)), ticks=8000)
    assert before.device_time == START + timedelta(seconds=0.5)
    assert after.device_time == START + timedelta(seconds=2)


def test_a_week_without_a_new_pair() -> None:
    clock = Clock()
    clock.set(START, 1234)
    for hour in range(1, 24 * 7 + 1):
        wall = clock.at((1234 + hour * 3600 * 8000) % (1 << 32))
    assert wall == START + timedelta(days=7)


def test_tick_difference() -> None:
    assert tick_difference(5, (1 << 32) - 3) == 8
    assert tick_difference((1 << 32) - 3, 5) == -8


@pytest.mark.parametrize(
    "data",
    [
        "FF FF FF FF FF FF FF FF",
        "00 00 00 00 00 00 00 00",
        "20 26 13 02 08 30 00 00",
        "20 26 0A 02 08 30 00 00",
        "20 26",
    ],
)
def test_times_that_are_none(data: str) -> None:
    assert read_time(bytes.fromhex(data)) is None


def test_time_both_ways() -> None:
    assert write_time(START) == bytes.fromhex("20 26 01 02 08 30 00 00")
    assert read_time(bytes.fromhex("20 26 01 02 08 30 00 50")) == START.replace(microsecond=500_000)


def test_a_new_clock_pair_moves_device_time() -> None:
    decoder = Decoder()
    decoder.datagram(created())
    attributes = write_attributes(objects.mds_attributes(Site(), 1, T0 + 8000, START + timedelta(hours=1)))
    body = objects.poll_result(Reply(5, None, T0 + 8000, code.MDS, 0), [(0, 0, attributes)])
    decoder.datagram(messages.operation(code.RORS, 9, code.ACTION, body))
    (reading,) = read(decoder, numeric(value(code.HR, 70, code.BEATS)), ticks=T0 + 16_000)
    assert reading.device_time == START + timedelta(hours=1, seconds=1)


# Alerts and sequence


def alerts(*events: int, state: int = 0, polled_group: int = code.GROUP_ALERTS, demo: bool = False) -> bytes:
    entries = [Alarm(code.AIRWAY_RR, event, code.ALERT_HIGH_PATIENT, 0x8206, "*** APNEA") for event in events]
    attributes = objects.alert_attributes(entries, [], changes=1, state=state, device_state=0x0100 if demo else 0)
    things = [(0, 0x8401, write_attributes(attributes))]
    body = objects.poll_result(Reply(3, None, T0, code.ALERTS, polled_group), things)
    return messages.operation(code.RORS, 4, code.ACTION, body)


def test_the_monitors_own_apnoea() -> None:
    decoder = Decoder()
    quiet, apnoea = alerts(3246), alerts(3246, 3072, state=8)
    assert decoder.datagram(quiet) == []
    assert decoder.datagram(apnoea) == [Reading("no_breath", 1.0, "")]
    assert decoder.datagram(alerts(3073)) == [Reading("no_breath", 1.0, "")]  # bit 0 is only the wording
    assert decoder.datagram(quiet) == [Reading("no_breath", 0.0, "")]
    assert decoder.datagram(quiet) == []


def test_the_keep_alive_is_no_alert_list() -> None:
    decoder = Decoder()
    decoder.datagram(alerts(3072))
    body = objects.poll_result(Reply(4, None, T0, code.ALERTS, code.GROUP_KEEP_ALIVE), [])
    assert decoder.datagram(messages.operation(code.RORS, 5, code.ACTION, body)) == []
    assert len(decoder.alerts.patient) == 1


def test_apnoea_of_a_demonstration_is_none() -> None:
    for message in (alerts(3072, state=code.ALERT_DEMO), alerts(3072, state=code.ALERT_TEST), alerts(3072, demo=True)):
        assert not [item for item in Decoder().datagram(message) if isinstance(item, Reading)]


def test_sequence_jumps_are_told_and_the_values_kept() -> None:
    decoder = Decoder()
    hr = numeric(value(code.HR, 70, code.BEATS))
    for sequence, jump in [
        (0, False),
        (1, False),
        (2, False),
        (5, True),
        (6, False),
        (0, False),
        (1, False),
        (0xFFFF, True),
        (0, False),
    ]:
        items = decoder.datagram(result(hr, sequence=sequence))
        assert [item.reason.startswith("sequence jump") for item in items if isinstance(item, Fault)] == [True] * jump
        assert len([item for item in items if isinstance(item, Reading)]) == 1


def test_a_message_with_one_bad_length_gives_no_value_at_all() -> None:
    hr, compound = (
        numeric(value(code.HR, 70, code.BEATS)),
        numeric(value(code.SPO2, 98, code.PERCENT), COMPOUND=b"\x00\x09\x00\x00"),
    )
    decoder = Decoder()
    items = decoder.datagram(result(hr, compound))
    assert [type(item) for item in items] == [Fault]
    assert (decoder.frames, decoder.rejects) == (0, 1)
