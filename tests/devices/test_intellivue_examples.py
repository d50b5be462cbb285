"""The worked examples of the protocol notes, section 17: bytes that neither our decoder nor our simulator made."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_frame import Deframer, fcs, frame
from devices.monitors._intellivue_types import read_float, write_attributes, write_float
from devices.monitors.philips_intellivue import Decoder
from devices.readings import Fault, Reading
from simulators.monitors import _intellivue_objects as objects
from simulators.monitors._intellivue_objects import Alarm, Reply, Site, numeric_attributes, observed

CAPTURES = Path(__file__).parents[1] / "captures" / "philips_intellivue"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.hex"))
START = datetime.fromisoformat("2026-01-02T08:30")
NO_VALUE = b"\x00\x7f\xff\xff"


def lines(name: str) -> list[bytes]:
    text = (CAPTURES / f"{name}.hex").read_text()
    return [bytes.fromhex(line) for line in text.splitlines() if not line.startswith("#")]


def message(name: str) -> bytes:
    return lines(name)[0]


FRAMED = [name for name in NAMES if len(lines(name)) == 2]
FROM_MONITOR = [
    "04_mds_create_event",
    "11_single_poll_result",
    "12_linked_part_1",
    "12_linked_part_2",
    "13_alert_result",
]


def values(items: list[Reading | Fault]) -> dict[str, float | None]:
    return {item.signal: item.value for item in items if isinstance(item, Reading)}


def test_check_values() -> None:
    assert fcs(b"123456789") == 0x906E
    assert frame(b"") == bytes.fromhex("C0 11 01 00 00 18 79 C1")
    plain = bytes.fromhex("11 01 00 00 18 79")
    assert fcs(plain) ^ 0xFFFF == 0xF0B8  # what the register holds after every good frame with its check


def test_all_examples_are_here() -> None:
    assert len(NAMES) == 24
    assert len(FRAMED) == 22


@pytest.mark.parametrize("name", FRAMED)
def test_frames_both_ways(name: str) -> None:
    bare, framed = lines(name)
    assert frame(bare) == framed
    assert Deframer().feed(framed) == [bare]


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_understood_by_itself(name: str) -> None:
    decoder = Decoder()
    items = decoder.datagram(message(name))
    assert decoder.rejects == 0
    assert decoder.frames == 1
    expected = {"14_remote_error": 1, "16_refuse": 1}.get(name, 0)
    assert len([item for item in items if isinstance(item, Fault)]) == expected


@pytest.mark.parametrize("name", FRAMED)
def test_any_single_damaged_byte_yields_no_value(name: str) -> None:
    _, framed = lines(name)
    for at in range(1, len(framed) - 1):
        for flip in (0x01, 0x20, 0x80):
            broken = framed[:at] + bytes((framed[at] ^ flip,)) + framed[at + 1 :]
            decoder = Decoder()
            items = decoder.feed(broken)
            assert not values(items)
            assert decoder.frames == 0


def test_client_messages_are_byte_exact() -> None:
    assert messages.association_request() == message("01_association_request")
    waves = code.NUMERICS_1S | 0x08000000
    assert messages.association_request(options=waves, objects=True) == message("02_association_request_waves")
    assert messages.mds_create_result(1, 8_000_000) == message("05_mds_create_result")
    assert messages.poll_request(2, 1, code.NUMERICS, 0) == message("06_single_poll")
    extended = messages.poll_request(3, 2, code.NUMERICS, 0, active_ticks=480_000)
    assert extended == message("07_extended_poll_numerics")
    alerts = messages.poll_request(4, 3, code.ALERTS, code.GROUP_ALERTS, active_ticks=480_000)
    assert alerts == message("08_extended_poll_alerts")
    assert messages.poll_request(60, 60, code.ALERTS, code.GROUP_KEEP_ALIVE) == message("09_keep_alive_escaped_fcs")
    assert messages.poll_request(5, 4, code.ALERTS, code.GROUP_KEEP_ALIVE) == message("10_keep_alive")
    assert message("16_release_request") == messages.RELEASE_REQUEST
    assert message("16_abort") == messages.ABORT


def hr() -> tuple[int, int, bytes]:
    value = observed(code.HR, 0, code.BEATS, write_float(72))
    return 1, 0x8201, write_attributes(numeric_attributes(0x8201, code.HR, [value], label_string="HR    "))


def spo2() -> tuple[int, int, bytes]:
    value = observed(code.SPO2, 0, code.PERCENT, write_float(98, 1))
    return 1, 0x8202, write_attributes(numeric_attributes(0x8202, code.SPO2, [value]))


def pulse() -> tuple[int, int, bytes]:
    value = observed(code.PLETH_PULSE, code.UNAVAILABLE, code.BEATS, NO_VALUE)
    return 1, 0x8203, write_attributes(numeric_attributes(0x8203, code.PLETH_PULSE, [value]))


def cuff() -> tuple[int, int, bytes]:
    parts = [observed(code.NBP + i, 0, code.MMHG, write_float(v)) for i, v in ((1, 118), (2, 64), (3, 82))]
    return 1, 0x8204, write_attributes(numeric_attributes(0x8204, code.NBP, parts, stamp=START))


def co2() -> tuple[int, int, bytes]:
    parts = [observed(i, 0, code.MMHG, write_float(v)) for i, v in ((code.ET_CO2, 38), (code.INSPIRED_CO2, 0))]
    return 1, 0x8205, write_attributes(numeric_attributes(0x8205, code.CO2, parts))


def airway() -> tuple[int, int, bytes]:
    value = observed(code.AIRWAY_RR, code.IN_ALARM, code.BREATHS, write_float(12))
    return 1, 0x8206, write_attributes(numeric_attributes(0x8206, code.AIRWAY_RR, [value]))


def test_monitor_messages_are_byte_exact() -> None:
    assert messages.association_response(8000, 1364, code.NUMERICS_1S) == message("03_association_response")
    attributes = objects.mds_attributes(Site(), 1, 8_000_000, START)
    assert objects.mds_create_event(1, 8_000_000, attributes) == message("04_mds_create_event")
    keep_alive = objects.poll_result(Reply(4, None, 8_020_000, code.ALERTS, code.GROUP_KEEP_ALIVE), [])
    assert messages.operation(code.RORS, 5, code.ACTION, keep_alive) == message("10_keep_alive_result")
    single = objects.poll_result(
        Reply(1, None, 8_008_000, code.NUMERICS, 0), [hr(), spo2(), pulse(), cuff(), co2(), airway()]
    )
    assert messages.operation(code.RORS, 2, code.ACTION, single) == message("11_single_poll_result")
    head = Reply(2, 7, 0x007B0C00, code.NUMERICS, 0)
    first = objects.poll_result(head, [hr(), spo2()])
    assert messages.linked_operation(1, 1, 3, code.ACTION, first) == message("12_linked_part_1")
    second = objects.poll_result(head, [cuff()])
    assert messages.linked_operation(3, 2, 3, code.ACTION, second) == message("12_linked_part_2")
    last = objects.poll_result(head, [])
    assert messages.operation(code.RORS, 3, code.ACTION, last) == message("12_linked_part_3")
    error = messages.operation(code.ROER, 6, 9, bytes.fromhex("0021 0C99"))
    assert error == message("14_remote_error")
    assert message("16_refuse") == messages.REFUSE
    assert message("16_release_response") == messages.RELEASE_RESPONSE
    indication = objects.connect_indication(bytes((192, 168, 1, 50)), bytes.fromhex("00 09 FB 00 00 01"))
    assert indication == message("17_connect_indication")


def test_alert_message_is_byte_exact() -> None:
    desat = Alarm(code.SPO2, 3246, code.ALERT_HIGH_PATIENT, 0x8202, "*** DESAT")
    attributes = write_attributes(objects.alert_attributes([desat], [], changes=1))
    head = Reply(3, 0, 0x007A5080, code.ALERTS, code.GROUP_ALERTS)
    body = objects.poll_result(head, [(0, 0x8401, attributes)])
    assert messages.operation(code.RORS, 4, code.ACTION, body) == message("13_alert_result")


def test_single_poll_result_values() -> None:
    decoder = Decoder()
    decoder.datagram(message("04_mds_create_event"))
    items = decoder.datagram(message("11_single_poll_result"))
    assert values(items) == {
        "hr": 72, "spo2": 98.0, "pr": None, "nibp_sys": 118, "nibp_dia": 64, "nibp_map": 82,
        "etco2": 38, "fico2": 0, "rr_co2": 12,
    }  # fmt: skip
    by_signal = {item.signal: item for item in items if isinstance(item, Reading)}
    assert by_signal["pr"].status == "unavailable"
    assert by_signal["hr"] == Reading("hr", 72, "1/min", "ok", START + timedelta(seconds=1))
    assert by_signal["nibp_sys"] == Reading("nibp_sys", 118, "mmHg", "ok", START, 1.0)
    assert (decoder.model, decoder.bed_label, decoder.demo) == ("Philips M8003A", "BED 1", False)


def test_a_bare_result_without_any_association() -> None:
    items = Decoder().datagram(message("11_single_poll_result"))
    assert values(items)["hr"] == 72
    assert all(item.device_time is None for item in items if isinstance(item, Reading) and item.signal == "hr")


def test_frames_and_datagrams_share_one_state() -> None:
    decoder = Decoder()
    decoder.feed(lines("04_mds_create_event")[1])
    items = decoder.datagram(message("11_single_poll_result"))
    assert Reading("spo2", 98.0, "%", "ok", START + timedelta(seconds=1)) in items
    # The same cuff result again, whichever way it comes, is not a new measurement.
    assert "nibp_sys" not in values(decoder.feed(lines("12_linked_part_2")[1]))


def test_linked_parts_are_read_as_they_come() -> None:
    decoder = Decoder()
    assert values(decoder.feed(lines("12_linked_part_1")[1])) == {"hr": 72, "spo2": 98.0}
    assert values(decoder.feed(lines("12_linked_part_2")[1])) == {"nibp_sys": 118, "nibp_dia": 64, "nibp_map": 82}
    assert decoder.feed(lines("12_linked_part_3")[1]) == []
    assert decoder.rejects == 0


def test_alert_result_decodes() -> None:
    decoder = Decoder()
    assert decoder.datagram(message("13_alert_result")) == []
    (alert,) = decoder.alerts.patient
    assert (alert.source, alert.event, alert.kind, alert.state) == (code.SPO2, 3246, code.ALERT_HIGH_PATIENT, 8)
    assert (alert.handle, alert.text) == (0x8202, "*** DESAT")
    assert decoder.alerts.technical == ()


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("00 00 00 20", "32.0"),
        ("FF 00 01 40", "32.0"),
        ("FD 00 7D 00", "32.0"),
        ("02 00 00 20", "3200.0"),
        ("FF 00 03 D4", "98.0"),
        ("FF 00 01 6E", "36.6"),
        ("FF FF FE 0C", "-50.0"),
        ("00 7F FF FF", "nan"),
        ("00 80 00 00", "nan"),
        ("00 80 00 01", "nan"),
        ("00 7F FF FE", "inf"),
        ("00 80 00 02", "-inf"),
        ("FE 7F FF FF", "nan"),  # by the mantissa alone, whatever the exponent
    ],
)
def test_float_table(data: str, value: str) -> None:
    assert repr(read_float(int.from_bytes(bytes.fromhex(data), "big"))) == value


@pytest.mark.parametrize("value", [0.0, 98.0, 36.6, -50.0, 8_388_605.0])
def test_floats_survive_the_way_back(value: float) -> None:
    assert read_float(int.from_bytes(write_float(value, 0 if value > 1000 else 1), "big")) == value


def test_floats_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        write_float(8_388_606)
