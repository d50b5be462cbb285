"""Nellcor ASCII real-time output: the manual's lines, headings, trend printouts, codes."""

import itertools
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.monitors.nellcor_ascii import CODES, MONITOR, MONTHS, Decoder
from devices.readings import Fault, Reading, Status
from devices.registry import PollingDecoder

CAPTURES = Path(__file__).parents[1] / "captures" / "nellcor_ascii"
HEADINGS = (
    b"N-560    VERSION 1.56.00    CRC:XXXX  SpO2 Limit: 90-100%    PR Limit: 60-170BPM\r\n"
    b"                             ADULT            0SAT-S\r\n"
    b"TIME                 %SpO2   BPM     PA     Status\r\n"
)
NORMAL = b"15-Jan-26 10:30:04    98      72      45                     \r\n"
AT = datetime.fromisoformat("2026-01-15T10:30:04")
Shown = list[tuple[float | None, Status]]


def items(*chunks: bytes) -> list[Reading | Fault]:
    decoder = Decoder()
    return [item for chunk in chunks for item in decoder.feed(chunk)]


def readings(*chunks: bytes) -> list[Reading]:
    return [item for item in items(*chunks) if isinstance(item, Reading)]


def line(spo2: str = "98", bpm: str = "72", pa: str = "45", codes: str = "") -> bytes:
    return f"15-Jan-26 10:30:04  {spo2:>4}    {bpm:>4}    {pa:>4}    {codes}".ljust(61).encode() + b"\r\n"


def test_the_worked_examples() -> None:
    decoder = Decoder()
    out = decoder.feed((CAPTURES / "n560_worked_examples.txt").read_bytes())
    assert [(r.signal, r.value, r.status) for r in out if isinstance(r, Reading)] == [
        ("spo2", 98, "ok"), ("pr", 72, "ok"),
        ("spo2", 84, "questionable"), ("pr", 71, "questionable"),
        ("spo2", 84, "ok"), ("pr", 131, "ok"),
        ("spo2", None, "sensor_off"), ("pr", None, "sensor_off"),
        ("spo2", None, "sensor_off"), ("pr", None, "sensor_off"),
        ("spo2", None, "invalid"), ("pr", None, "invalid"),
    ]  # fmt: skip
    assert (len(out), decoder.frames, decoder.rejects) == (12, 6, 0)  # headings are neither data nor faults


def test_units_and_device_time() -> None:
    assert readings(NORMAL) == [Reading("spo2", 98, "%", "ok", AT), Reading("pr", 72, "1/min", "ok", AT)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (line(codes="SD"), [(None, "sensor_off")] * 2),
        (line(codes="SO"), [(None, "sensor_off")] * 2),
        (line(codes="LP"), [(None, "invalid")] * 2),
        (line(codes="LM"), [(None, "invalid")] * 2),
        (line("0", "0", "---", "PS"), [(None, "invalid")] * 2),
        (line("97", "70", "---", "PS"), [(97, "held"), (70, "held")]),
        (line("0", "0", "---"), [(None, "unavailable")] * 2),
        (line("---", "---", "---"), [(None, "unavailable")] * 2),
        (line("---", "72"), [(None, "unavailable"), (72, "ok")]),
        (line(codes="MO"), [(98, "questionable"), (72, "questionable")]),
        (line(codes="AS AO BU LB"), [(98, "ok"), (72, "ok")]),
        (line("98", "72", codes="SH PL SL PH"), [(98, "ok"), (72, "ok")]),
        (line(codes="SL PH MO LB AS AO"), [(98, "questionable"), (72, "questionable")]),
        (line("49*", "24*", codes="SL PL"), [(49, "questionable"), (24, "questionable")]),
        (line("100", "300", "254"), [(100, "ok"), (300, "ok")]),
    ],
)
def test_codes_and_missing_values(data: bytes, expected: Shown) -> None:
    assert [(r.value, r.status) for r in readings(data)] == expected


def test_every_code_of_the_manual_is_known() -> None:
    assert sorted(CODES) == ["AO", "AS", "BU", "LB", "LM", "LP", "MO", "PH", "PL", "PS", "SD", "SH", "SL", "SO"]
    assert all(len(readings(line(codes=code))) == 2 for code in CODES)


@pytest.mark.parametrize("month", ["JAN", "Jan", "jan"])
def test_the_months_case_varies(month: str) -> None:
    assert readings(NORMAL.replace(b"Jan", month.encode()))[0].device_time == AT


def test_older_models_shift_columns_and_do_not_pad() -> None:
    shifted = b"15-JAN-26 10:30:04   98      72      45   MO\r\n15-JAN-26 10:30:06   97      71      44\r\n"
    assert [r.value for r in readings(shifted)] == [98, 72, 97, 71]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (NORMAL.replace(b"98 ", b"9? "), "not a data line"),
        (NORMAL[:30] + b"\r\n", "not a data line"),
        (NORMAL[:30] + NORMAL, "not a data line"),
        (line(codes="XX"), "unknown status code XX"),
        (line(codes="A"), "not a data line"),
        (line("101"), "spo2 out of range: 101"),
        (line(bpm="301"), "pr out of range: 301"),
        (line(pa="255"), "PA out of range: 255"),
        (NORMAL.replace(b"Jan", b"Jax"), "impossible date or time"),
        (NORMAL.replace(b"15-", b"32-"), "impossible date or time"),
        (NORMAL.replace(b"10:30:04", b"25:30:04"), "impossible date or time"),
        (NORMAL.replace(b"   98 ", b"   9 "), "60 columns instead of 61: bytes lost"),
        (b"x" * 300 + b"\r\n", "line too long"),
        (b"Interactive Mode\r\n", "not a data line"),
    ],
)
def test_a_damaged_line_gives_a_fault_and_nothing_else(data: bytes, reason: str) -> None:
    decoder = Decoder()
    decoder.feed(NORMAL)
    out = decoder.feed(data)
    assert [item.reason if isinstance(item, Fault) else item for item in out] == [reason]
    assert (decoder.frames, decoder.rejects) == (1, 1)
    assert decoder.feed(NORMAL) == readings(NORMAL)


def test_a_wrong_guess_about_padding_is_given_up() -> None:
    short = NORMAL.rstrip() + b"\r\n"
    assert len(readings(NORMAL, *[short] * 5)) == 2 * (1 + 2)  # three lines are refused, then believed


def test_a_trend_printout_is_not_live() -> None:
    decoder = Decoder()
    out = decoder.feed((CAPTURES / "n560_trend_printout.txt").read_bytes())
    assert [item.reason for item in out if isinstance(item, Fault)] == [
        "trend printout, not live: its rows are passed over"
    ]
    assert [r.value for r in out if isinstance(r, Reading)] == [84, 131]  # after `Output Complete`
    assert (decoder.frames, decoder.rejects) == (1, 0)


def test_live_headings_end_a_trend_printout() -> None:
    assert [r.value for r in readings(HEADINGS.replace(b"CRC:XXXX", b"TREND"), NORMAL, HEADINGS, NORMAL)] == [98, 72]


@pytest.mark.parametrize(
    "heading",
    [
        b"TIME                 %SPO2   BPM     PA     Status\r\n",
        b"                             NEO              25SAT-S   SPO2 RESP MODE: FAST\r\n",
    ],
)
def test_headings_of_other_models(heading: bytes) -> None:
    assert items(NORMAL, heading) == readings(NORMAL)


@pytest.mark.parametrize("start", [1, 12, 30, len(NORMAL) - 1])
def test_opening_in_the_middle_of_a_line_is_nobodys_fault(start: int) -> None:
    decoder = Decoder()
    assert decoder.feed(NORMAL[start:] + NORMAL) == readings(NORMAL)
    assert decoder.rejects == 0


def test_xon_is_sent_only_into_silence() -> None:
    decoder = Decoder()
    assert isinstance(decoder, PollingDecoder)
    assert [decoder.poll(t) for t in (100.0, 104.9)] == [b"", b""]
    decoder.feed(NORMAL)
    assert [decoder.poll(t) for t in (105.0, 109.9, 110.0, 110.1, 115.0)] == [b"", b"", b"\x11", b"", b"\x11"]
    assert decoder.close() == b""


def test_link_settings() -> None:
    assert (MONITOR.baud, MONITOR.bits, MONITOR.parity, MONITOR.stop, MONITOR.xonxoff) == (9600, 8, "N", 1, True)
    assert MONITOR.lost_after_s == 5
    assert MONITOR.signals == ("spo2", "pr")


def good_line(spo2: int, bpm: int, pa: int, codes: list[str], month: str, shift: int) -> bytes:
    text = f"07-{month}-26 10:30:04 {' ' * shift}{spo2:>4}    {bpm:>4}    {pa:>4}    {' '.join(codes)}"
    return text.encode() + b"\r\n"


SAFE = sorted(set(CODES) - {"SD", "SO", "LP", "LM", "PS", "MO"})
LINES = st.builds(
    good_line,
    st.integers(0, 100),
    st.integers(0, 300),
    st.integers(0, 254),
    st.lists(st.sampled_from(sorted(CODES)), max_size=6),
    st.sampled_from(MONTHS),
    st.integers(0, 3),
)


@given(
    st.integers(50, 100), st.integers(25, 300), st.integers(0, 254), st.lists(st.sampled_from(SAFE), max_size=6),
    st.sampled_from(MONTHS), st.integers(0, 3),
)  # fmt: skip
def test_every_well_formed_line_is_read(spo2: int, bpm: int, pa: int, codes: list[str], month: str, shift: int) -> None:
    got = readings(good_line(spo2, bpm, pa, codes, month, shift))
    assert [(r.value, r.status) for r in got] == [(spo2, "ok"), (bpm, "ok")]
    assert got[0].device_time == AT.replace(month=MONTHS.index(month) + 1, day=7)


PARTS = st.binary(max_size=80) | LINES | st.sampled_from([HEADINGS, NORMAL, b"\r\n", b"Output Complete\r\n"])


@given(st.lists(PARTS, max_size=8), st.lists(st.integers(0, 900), max_size=4))
def test_any_bytes_cut_anywhere_read_the_same(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join([*parts, b"\r\n", HEADINGS, NORMAL])
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    out = items(*(stream[a:b] for a, b in itertools.pairwise(places)))
    assert out == items(stream)
    assert out[-2:] == readings(NORMAL)


@given(st.integers(0, len(NORMAL) - 3))
def test_one_lost_byte_of_a_padded_line_shows_nothing(at: int) -> None:
    assert readings(NORMAL, NORMAL[:at] + NORMAL[at + 1 :]) == readings(NORMAL)


@given(st.integers(0, len(NORMAL) - 3), st.integers(0, 7))
def test_one_flipped_bit_never_shows_a_wrong_number_unless_it_is_another_digit(at: int, bit: int) -> None:
    damaged = bytearray(NORMAL)
    damaged[at] ^= 1 << bit
    digit_or_blank = chr(NORMAL[at]) in "0123456789 " and chr(damaged[at]) in "0123456789 "
    if not digit_or_blank:
        for got, sent in zip(readings(bytes(damaged)), readings(NORMAL), strict=False):
            assert got.value in (None, sent.value)
