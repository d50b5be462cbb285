"""RS-232 framing: any bytes, cut anywhere; nothing from a bad frame; bounded memory."""

import random
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.monitors._intellivue_frame import MAX_COLLECTED, Deframer, fcs, frame
from devices.monitors.philips_intellivue import Decoder
from devices.readings import Fault, Reading

CAPTURES = Path(__file__).parents[1] / "captures" / "philips_intellivue"
MESSAGES = [bytes.fromhex(path.read_text().splitlines()[1]) for path in sorted(CAPTURES.glob("*.hex"))]
RESULT = bytes.fromhex((CAPTURES / "11_single_poll_result.hex").read_text().splitlines()[1])


def raw_frame(plain: bytes) -> bytes:
    """Header and check as given, escaped; written apart from `frame` so that both can be wrong only separately."""
    escaped = b"".join(bytes((0x7D, b ^ 0x20)) if b in (0x7D, 0xC0, 0xC1) else bytes((b,)) for b in plain)
    return b"\xc0" + escaped + b"\xc1"


def slow_fcs(data: bytes) -> int:
    """The definition, bit by bit."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return register ^ 0xFFFF


@given(st.binary(max_size=300))
def test_check_is_the_published_one(data: bytes) -> None:
    assert fcs(data) == slow_fcs(data)


@given(st.binary(max_size=300))
def test_every_message_survives_its_frame(data: bytes) -> None:
    wire = frame(data)
    plain = b"\x11\x01" + len(data).to_bytes(2, "big") + data
    assert wire == raw_frame(plain + slow_fcs(plain).to_bytes(2, "little"))
    assert Deframer().feed(wire) == [data]


def mutated(message: bytes, edits: list[tuple[int, int]]) -> bytes:
    out = bytearray(message)
    for at, value in edits:
        out[at % len(out)] = value
    return bytes(out)


edits = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=6)
spoiled_messages = st.builds(mutated, st.sampled_from(MESSAGES), edits)
pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"\xc0", b"\xc1", b"\x7d", b"\x7d\xc1", b"\xc0\xc0", b"\x7d\x7d"]),
    st.builds(frame, st.binary(max_size=40)),
    st.builds(frame, spoiled_messages),
    st.builds(lambda m: frame(m)[:-3], st.sampled_from(MESSAGES)),
)


def run(chunks: list[bytes]) -> tuple[list[Reading | Fault], int, int]:
    decoder = Decoder()
    items = [item for chunk in chunks for item in decoder.feed(chunk)]
    return items, decoder.frames, decoder.rejects


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=8), st.lists(st.integers(0, 4000), max_size=6))
def test_any_bytes_cut_anywhere_read_the_same(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join([*parts, b"\xc1", frame(RESULT)])
    bounds = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    whole = run([stream])
    assert run([stream[a:b] for a, b in pairwise(bounds)]) == whole
    assert run([bytes((byte,)) for byte in stream]) == whole
    # The good frame at the end is always found.
    assert any(isinstance(item, Reading) and item.signal == "spo2" for item in whole[0])


@settings(max_examples=300, deadline=None)
@given(st.lists(spoiled_messages, max_size=5))
def test_well_framed_nonsense_never_raises(contents: list[bytes]) -> None:
    decoder = Decoder()
    decoder.poll(0.0)
    for number, message in enumerate(contents):
        items = decoder.feed(frame(message))
        decoder.poll(number * 0.5)
        assert all(item.raw for item in items if isinstance(item, Fault))
    decoder.close()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(MESSAGES), st.integers(0, 600), st.integers(0, 255))
def test_never_a_value_from_a_damaged_frame(message: bytes, at: int, value: int) -> None:
    wire = frame(message)
    at = 1 + at % (len(wire) - 2)
    broken = wire[:at] + bytes((value,)) + wire[at + 1 :]
    if broken == wire:
        return
    assert not [item for item in Decoder().feed(broken) if isinstance(item, Reading)]


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"\xc0\xc1", "frame too short"),
        (b"\xc0\x11\x01\x00\x00\x18\xc1", "frame too short"),
        (b"\xc0\x11\x01\x00\x01\x18\x79\xc1", "frame length"),
        (b"\xc0\x11\x01\x00\x00\x18\x78\xc1", "frame check"),
        (b"\xc0\x11\x01\x00\x00\x79\x18\xc1", "frame check"),  # high byte first, as one public reader has it
        (
            raw_frame(b"\x12\x01\x00\x00" + slow_fcs(b"\x12\x01\x00\x00").to_bytes(2, "little")),
            "not a data export frame",
        ),
        (b"\xc0\x11\x01\x00" + frame(b""), "frame not finished"),
        (frame(b"\x77hello"), "unknown message"),
        (frame(b""), "unknown message"),
        (frame(RESULT[:-1]), "malformed message"),
    ],
)
def test_each_reject_has_its_reason(wire: bytes, reason: str) -> None:
    decoder = Decoder()
    (fault, *_) = decoder.feed(wire)
    assert isinstance(fault, Fault)
    assert fault.reason.startswith(reason)
    assert decoder.reject_reasons[reason] == 1
    assert decoder.rejects == sum(decoder.reject_reasons.values())
    assert decoder.feed(frame(RESULT))


def test_the_sender_may_abort_a_frame() -> None:
    deframer = Deframer()
    assert deframer.feed(b"\xc0\x11\x01\x00\x7d\xc1" + frame(b"ok")) == [b"ok"]
    assert (deframer.aborted, deframer.reasons) == (1, {})
    # 7D 7D is one escaped byte (5D), so the C1 after it ends a frame as usual.
    assert deframer.feed(b"\xc0\x7d\x7d\xc1")[0] == Fault("frame too short", b"\xc0\x7d\x7d")
    assert deframer.aborted == 1


def test_opening_in_the_middle_of_a_frame_is_no_fault() -> None:
    decoder = Decoder()
    items = decoder.feed(frame(RESULT)[50:] + frame(RESULT))
    assert not [item for item in items if isinstance(item, Fault)]
    assert (decoder.frames, decoder.rejects) == (1, 0)
    assert decoder.noise_bytes == len(frame(RESULT)) - 50


def test_a_frame_without_end_stays_bounded() -> None:
    deframer = Deframer()
    largest = 0
    deframer.feed(b"\xc0")
    for _ in range(300):
        assert deframer.feed(b"\x11" * 1000) == []
        largest = max(largest, sys.getsizeof(deframer._tail))
    assert largest < 3 * MAX_COLLECTED
    (fault, good) = deframer.feed(b"\xc1" + frame(b"ok"))
    assert isinstance(fault, Fault)
    assert fault.reason == "frame too long"
    assert len(fault.raw) < 100
    assert good == b"ok"


def test_escapes_do_not_grow_without_bound() -> None:
    deframer = Deframer()
    deframer.feed(b"\xc0")
    for _ in range(300):
        deframer.feed(b"\x7d" * 1000)
    assert len(deframer._tail) <= 2 * MAX_COLLECTED + 1


def test_the_longest_legal_frame_is_read() -> None:
    data = random.Random(1).randbytes(0xFFFF)
    assert Deframer().feed(frame(data)) == [data]
    assert Deframer().feed(frame(b"\xc0" * 0xFFFF)) == [b"\xc0" * 0xFFFF]
    with pytest.raises(ValueError, match="does not fit"):
        frame(bytes(0x10000))
