"""What holds between results: the cuff's last one, clocks, alert lists, sequence and linked parts."""

from datetime import datetime, timedelta

import pytest
from intellivue_build import NAN, START, T0, created, numeric, read, result, value

from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_types import (
    Clock,
    read_time,
    tick_difference,
    write_attributes,
    write_time,
)
from devices.monitors.philips_intellivue import Decoder
from devices.readings import Fault, Reading
from simulators.monitors import _intellivue_objects as objects
from simulators.monitors._intellivue_objects import Alarm, Reply, Site

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


def test_another_monitor_has_cuff_results_of_its_own() -> None:
    decoder = Decoder()
    decoder.datagram(created())
    read(decoder, cuff(118, 64, 82, START))
    attributes = objects.mds_attributes(Site(), 1, T0, START) | {code.SYSTEM_ID: bytes.fromhex("0006 0009FB000002")}
    decoder.datagram(objects.mds_create_event(1, T0, attributes))
    assert [r.value for r in read(decoder, cuff(118, 64, 82, START))] == [118, 64, 82]


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


def test_a_restarted_monitor_without_a_date_has_no_wall_clock() -> None:
    decoder = Decoder()
    decoder.datagram(created())
    attributes = objects.mds_attributes(Site(), 2, 100, START)
    del attributes[code.DATE_TIME]
    decoder.datagram(objects.mds_create_event(1, 100, attributes))
    (reading,) = read(decoder, numeric(value(code.HR, 70, code.BEATS)), ticks=8100)
    assert reading.device_time is None


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


def linked(state: int, count: int, *things: tuple[int, int, bytes], sequence: int) -> bytes:
    body = objects.poll_result(Reply(2, sequence, T0, code.NUMERICS, 0), list(things))
    return messages.linked_operation(state, count, 3, code.ACTION, body)


def reasons(items: list[Reading | Fault]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Fault)]


def test_a_missing_linked_part_is_told_and_the_values_kept() -> None:
    decoder = Decoder()
    hr = numeric(value(code.HR, 70, code.BEATS))
    assert reasons(decoder.datagram(linked(1, 1, hr, sequence=4))) == []
    items = decoder.datagram(linked(3, 3, hr, sequence=4))
    assert reasons(items) == ["linked part missing: 1 to 3"]
    assert len(items) == 2
    assert decoder.datagram(result(sequence=4)) == []
    assert reasons(decoder.datagram(linked(2, 2, hr, sequence=5))) == ["linked part missing: 0 to 2"]
    assert reasons(decoder.datagram(linked(1, 1, hr, sequence=6))) == ["linked result without its end"]


def test_a_linked_result_without_end_is_told_after_two_seconds() -> None:
    decoder = Decoder()
    decoder.poll(0.0)
    decoder.datagram(messages.association_response(8000, 1364, code.NUMERICS_1S))
    decoder.datagram(created())
    decoder.datagram(linked(1, 1, numeric(value(code.HR, 70, code.BEATS)), sequence=0))
    decoder.poll(1.9)
    assert reasons(decoder.datagram(alerts())) == []
    decoder.poll(2.0)
    assert reasons(decoder.datagram(alerts())) == ["linked result without its end"]
    assert reasons(decoder.datagram(alerts())) == []


def test_the_empty_end_of_a_linked_alert_list_ends_no_apnoea() -> None:
    decoder = Decoder()
    entry = Alarm(code.AIRWAY_RR, code.APNOEA, code.ALERT_HIGH_PATIENT, 0x8206, "*** APNEA")
    things = [(0, 0x8401, write_attributes(objects.alert_attributes([entry], [], changes=1)))]
    head = Reply(3, 0, T0, code.ALERTS, code.GROUP_ALERTS)
    part = messages.linked_operation(1, 1, 4, code.ACTION, objects.poll_result(head, things))
    assert decoder.datagram(part) == [Reading("no_breath", 1.0, "")]
    assert decoder.datagram(messages.operation(code.RORS, 4, code.ACTION, objects.poll_result(head, []))) == []
    # The same empty list by itself, as in standby, is a list without an apnoea.
    assert decoder.datagram(messages.operation(code.RORS, 4, code.ACTION, objects.poll_result(head, []))) == [
        Reading("no_breath", 0.0, "")
    ]


def test_a_message_with_one_bad_length_gives_no_value_at_all() -> None:
    hr, compound = (
        numeric(value(code.HR, 70, code.BEATS)),
        numeric(value(code.SPO2, 98, code.PERCENT), COMPOUND=b"\x00\x09\x00\x00"),
    )
    decoder = Decoder()
    items = decoder.datagram(result(hr, compound))
    assert [type(item) for item in items] == [Fault]
    assert (decoder.frames, decoder.rejects) == (0, 1)
