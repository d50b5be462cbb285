"""Masimo ASCII 1: the manual's lines, the validity rule, and what must never be shown."""

import itertools
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.monitors.masimo_ascii import MONITOR, Decoder
from devices.readings import Fault, Reading, Status

CAPTURES = Path(__file__).parents[1] / "captures" / "masimo_ascii"
NORMAL = (
    b"01/15/26 10:30:04 SN=0000012345 SPO2=097% BPM=072 PI=03.60% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+-- "
    b"ALARM=0000 EXC=000800\r\n"
)
COLOUR = (
    b"01/15/26 10:30:04 SN=---------- SPO2=097% BPM=072 PI=03.60 SPCO=--% SPMET=--.-% SPHB=--.- SPOC=-- RESVD=--- "
    b"DESAT=-- PIDELTA=+-- PVI=017 ALARM=000000 EXC=0000800 EXC1=00000000\r\n"
)
RAD5 = b"01/15/26 10:30:04 SPO2=097% BPM=064 PI=11.82% ALARM=20 EXC=800\r\n"
AT = datetime.fromisoformat("2026-01-15T10:30:04")


def items(*chunks: bytes) -> list[Reading | Fault]:
    decoder = Decoder()
    return [item for chunk in chunks for item in decoder.feed(chunk)]


def readings(*chunks: bytes) -> list[Reading]:
    return [item for item in items(*chunks) if isinstance(item, Reading)]


def shown(line: bytes) -> list[tuple[str, float | None, Status]]:
    return [(r.signal, r.value, r.status) for r in readings(line)]


def with_fields(spo2: str = "097", bpm: str = "072", pi: str = "03.60", exc: str = "000800") -> bytes:
    return f"01/15/26 10:30:04 SN=1 SPO2={spo2}% BPM={bpm} PI={pi}% ALARM=0000 EXC={exc}\r\n".encode()


def test_the_worked_examples() -> None:
    decoder = Decoder()
    out = decoder.feed((CAPTURES / "rad8_worked_examples.txt").read_bytes())
    values = [(r.signal, r.value, r.status) for r in out if isinstance(r, Reading)]
    assert values == [
        ("spo2", 97, "ok"), ("pr", 72, "ok"), ("pi", 3.6, "ok"),
        ("spo2", 84, "ok"), ("pr", 71, "ok"), ("pi", 3.1, "ok"),
        ("spo2", None, "sensor_off"), ("pr", None, "sensor_off"), ("pi", None, "sensor_off"),
        ("spo2", None, "sensor_off"), ("pr", None, "sensor_off"), ("pi", None, "sensor_off"),
    ]  # fmt: skip
    assert [fault.reason for fault in out if isinstance(fault, Fault)] == ["malformed SPO2"]
    assert (decoder.frames, decoder.rejects) == (4, 1)


def test_units_and_device_time() -> None:
    assert readings(NORMAL) == [
        Reading("spo2", 97, "%", "ok", AT),
        Reading("pr", 72, "1/min", "ok", AT),
        Reading("pi", 3.6, "%", "ok", AT),
    ]


def test_each_models_line() -> None:
    assert shown(COLOUR) == [("spo2", 97, "ok"), ("pr", 72, "ok"), ("pi", 3.6, "ok")]
    blue = NORMAL.replace(b" ALARM", b" PVI=--- ALARM")
    assert shown(blue) == [("spo2", 97, "ok"), ("pr", 72, "ok"), ("pi", 3.6, "ok")]
    rad5 = readings((CAPTURES / "radical_rad5.txt").read_bytes())  # with an empty line after each
    assert [r.value for r in rad5] == [97, 64, 11.82, 96, 65, 11.6]


@pytest.mark.parametrize(
    ("exc", "status"),
    [
        *((f"{bit | 0x800:06X}", "sensor_off") for bit in (0x000001, 0x000020, 0x001000)),
        *((f"{bit | 0x800:06X}", "invalid") for bit in (0x2, 0x8, 0x40, 0x80, 0x100, 0x2000, 0x4000, 0x8000)),
        *((f"{bit | 0x800:06X}", "invalid") for bit in (0x010000, 0x020000)),
        *((f"{bit | 0x800:06X}", "questionable") for bit in (0x4, 0x10, 0x400)),
        *((f"{bit:06X}", "ok") for bit in (0, 0x800, 0x040000, 0x080000, 0x100000, 0x200000, 0x400000)),
        ("000828", "sensor_off"),
        ("00080C", "invalid"),
    ],
)
def test_exc_bits_decide_what_a_number_is_worth(exc: str, status: Status) -> None:
    worth = [97, 72, 3.6] if status in ("ok", "questionable") else [None] * 3
    assert shown(with_fields(exc=exc)) == [(s, v, status) for s, v in zip(("spo2", "pr", "pi"), worth, strict=True)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (with_fields(spo2="000", bpm="000"), [("spo2", None, "unavailable"), ("pr", None, "unavailable")]),
        (with_fields(spo2="---"), [("spo2", None, "unavailable"), ("pr", 72, "ok")]),
        (with_fields(bpm="---"), [("spo2", 97, "ok"), ("pr", None, "unavailable")]),
        (with_fields(bpm="001"), [("spo2", 97, "ok"), ("pr", 1, "questionable")]),
        (with_fields(bpm="024"), [("spo2", 97, "ok"), ("pr", 24, "questionable")]),
        (with_fields(bpm="025"), [("spo2", 97, "ok"), ("pr", 25, "ok")]),
        (with_fields(bpm="240"), [("spo2", 97, "ok"), ("pr", 240, "ok")]),
        (with_fields(spo2="100"), [("spo2", 100, "ok"), ("pr", 72, "ok")]),
        (with_fields(spo2="049"), [("spo2", 49, "questionable"), ("pr", 72, "ok")]),
    ],
)
def test_missing_zero_and_extreme_values(line: bytes, expected: list[tuple[str, float | None, Status]]) -> None:
    assert shown(line)[:2] == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"01/15/26 10:30:07 SN=0000012345 SPO2=09\r\n", "malformed SPO2"),
        (with_fields(spo2="0&7"), "malformed SPO2"),
        (with_fields(spo2="97"), "malformed SPO2"),  # a lost digit must not become 9 %
        (with_fields(spo2="101"), "spo2 out of range: 101"),
        (with_fields(bpm="241"), "pr out of range: 241"),
        (with_fields(bpm="0 72"), "malformed BPM"),
        (with_fields(pi="3.6"), "malformed PI"),
        (with_fields(exc="00080G"), "malformed EXC"),
        (with_fields(exc="0008"), "malformed EXC"),
        (with_fields(exc="000"), "EXC cut short"),
        (NORMAL.replace(b" BPM=072", b""), "missing BPM"),
        (NORMAL.replace(b"ALARM=0000 ", b""), "missing ALARM"),
        (NORMAL.replace(b" EXC=000800", b""), "missing EXC"),
        (NORMAL.replace(b"SPO2=097%", b"SP02=097%"), "missing SPO2"),
        (NORMAL.replace(b"\r\n", b" ") + RAD5, "not a field: '01/15/26'"),
        (NORMAL.replace(b"\r\n", b"") + RAD5, "malformed EXC"),
        (NORMAL.replace(b" ALARM", b" SPO2=096% ALARM"), "SPO2 twice: two lines run together"),
        (NORMAL.replace(b"01/15/26", b"13/15/26"), "impossible date or time"),
        (NORMAL.replace(b"10:30:04", b"10:61:04"), "impossible date or time"),
        (NORMAL.replace(b" DESAT", b"\x0bDESAT"), "control characters in the line"),
        (b"x" * 600 + b"\r\n", "line too long"),
        (b"printer ready\r\n", "line does not start with date and time"),
    ],
)
def test_a_damaged_line_gives_a_fault_and_nothing_else(line: bytes, reason: str) -> None:
    decoder = Decoder()
    decoder.feed(NORMAL)
    out = decoder.feed(line)
    assert [item.reason if isinstance(item, Fault) else item for item in out] == [reason]
    assert (decoder.frames, decoder.rejects) == (1, 1)
    assert decoder.feed(NORMAL) == readings(NORMAL)


@pytest.mark.parametrize("line", [NORMAL, RAD5, COLOUR.replace(b" EXC1=00000000", b"")])
def test_a_line_cut_short_anywhere_gives_no_value(line: bytes) -> None:
    body = line.rstrip()
    for end in range(len(body)):
        assert readings(body[:end] + b"\r\n") == [], body[:end]


def test_trend_lines_are_refused_with_what_to_do() -> None:
    decoder = Decoder()
    out = decoder.feed((CAPTURES / "ascii2_trend.txt").read_bytes())
    assert [isinstance(item, Fault) and "set Serial Output to ASCII 1" in item.reason for item in out] == [True, True]
    assert decoder.frames == 0
    assert MONITOR.silence_hint == "no data: set Serial Output to ASCII 1"


@pytest.mark.parametrize("start", [1, 9, 17, 40, len(NORMAL) - 2, len(NORMAL) - 1])
def test_opening_in_the_middle_of_a_line_is_nobodys_fault(start: int) -> None:
    decoder = Decoder()
    assert decoder.feed(NORMAL[start:] + NORMAL) == readings(NORMAL)
    assert decoder.rejects == 0


def test_link_settings() -> None:
    assert (MONITOR.baud, MONITOR.bits, MONITOR.parity, MONITOR.stop, MONITOR.xonxoff) == (9600, 8, "N", 1, False)
    assert MONITOR.lost_after_s == 5
    assert MONITOR.signals == ("spo2", "pr", "pi")


def good_line(spo2: int, bpm: int, pi: float, name: str) -> bytes:
    return with_fields(f"{spo2:03d}", f"{bpm:03d}", f"{pi:05.2f}").replace(b"SN=1", name.encode() + b"=1.5%")


LINES = st.builds(
    good_line, st.integers(1, 100), st.integers(1, 240), st.floats(0.02, 20), st.sampled_from(["SPHB", "PVI", "XY9"])
)


@given(st.integers(1, 100), st.integers(1, 240), st.integers(2, 2000))
def test_every_well_formed_line_is_read(spo2: int, bpm: int, pi_hundredths: int) -> None:
    pi = pi_hundredths / 100
    assert [r.value for r in readings(good_line(spo2, bpm, pi, "PVI"))] == [spo2, bpm, pi]


@given(
    st.lists(st.binary(max_size=80) | LINES | st.just(b"\r\n"), max_size=8), st.lists(st.integers(0, 900), max_size=4)
)
def test_any_bytes_cut_anywhere_read_the_same(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join([*parts, b"\r\n", NORMAL])
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    out = items(*(stream[a:b] for a, b in itertools.pairwise(places)))
    assert out == items(stream)
    assert out[-3:] == readings(NORMAL)


@given(st.integers(0, len(NORMAL) - 3), st.integers(0, 7))
def test_one_flipped_bit_never_shows_a_wrong_number_unless_it_is_another_digit(at: int, bit: int) -> None:
    """Without a checksum a digit that became another digit cannot be known; everything else must be."""
    damaged = bytearray(NORMAL)
    damaged[at] ^= 1 << bit
    digit_to_digit = chr(NORMAL[at]).isdigit() and chr(damaged[at]).isdigit()
    if not digit_to_digit:
        for got, sent in zip(readings(bytes(damaged)), readings(NORMAL), strict=False):
            assert got.value in (None, sent.value)


@given(st.integers(0, len(NORMAL) - 3))
def test_one_lost_byte_never_shows_a_wrong_number(at: int) -> None:
    values = {r.signal: r.value for r in readings(NORMAL[:at] + NORMAL[at + 1 :])}
    assert values.items() <= {"spo2": 97, "pr": 72, "pi": 3.6}.items()
