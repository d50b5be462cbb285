"""The client's state machine on a fake clock, message by message."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise

import pytest

from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_frame import Deframer, frame
from devices.monitors._intellivue_types import write_attributes, write_float
from devices.monitors.philips_intellivue import Decoder
from devices.readings import Fault
from simulators.monitors import _intellivue_objects as objects
from simulators.monitors._intellivue_objects import Reply, Site

START = datetime.fromisoformat("2026-01-02T08:30")


def is_request(message: bytes) -> bool:
    return message[0] == code.ASSOCIATION_REQUEST


def poll_of(action: int, polled: int, group: int) -> Callable[[bytes], bool]:
    wanted = action.to_bytes(2, "big")
    what = bytes((0, 1, 0, polled)) + group.to_bytes(2, "big")
    return lambda message: message[24:26] == wanted and message[30:36] == what


def client_sends(decoder: Decoder, now_s: float) -> list[bytes]:
    return [item for item in Deframer().feed(decoder.poll(now_s)) if isinstance(item, bytes)]


def ticking(seconds: float, start_s: float = 0.0, step_s: float = 0.1) -> Iterator[float]:
    for count in range(round(seconds / step_s)):
        yield start_s + count * step_s


CREATED = objects.mds_create_event(1, 8_000_000, objects.mds_attributes(Site(), 1, 8_000_000, START))
GRANTED = messages.association_response(8000, 1364, code.NUMERICS_1S)


def associated(options: int = code.NUMERICS_1S) -> Decoder:
    decoder = Decoder()
    decoder.poll(0.0)
    decoder.feed(frame(messages.association_response(8000, 1364, options)))
    decoder.feed(frame(CREATED))
    return decoder


def test_nobody_there_is_asked_every_second() -> None:
    decoder = Decoder()
    asked = [now_s for now_s in ticking(120) if messages.association_request() in client_sends(decoder, now_s)]
    assert asked == pytest.approx(list(range(120)), abs=0.11)
    assert (decoder.state, decoder.refused) == ("idle", False)
    assert decoder.close() == b""


def test_from_request_to_polls() -> None:
    decoder = Decoder()
    assert str(decoder.state) == "closed"
    assert client_sends(decoder, 0.0) == [messages.association_request()]
    decoder.feed(frame(GRANTED))
    assert str(decoder.state) == "wait_mds"
    assert client_sends(decoder, 1.5) == []
    decoder.feed(frame(CREATED))
    assert str(decoder.state) == "polling"
    assert client_sends(decoder, 1.5) == [
        messages.mds_create_result(1, 8_000_000),
        messages.poll_request(1, 2, code.NUMERICS, 0, active_ticks=480_000),
        messages.poll_request(2, 3, code.ALERTS, code.GROUP_ALERTS, active_ticks=480_000),
    ]
    decoder.feed(frame(CREATED))
    assert client_sends(decoder, 1.6) == [messages.mds_create_result(1, 8_000_000)]  # a repeat is only confirmed
    assert decoder.close() == frame(messages.RELEASE_REQUEST)
    assert str(decoder.state) == "release"
    assert client_sends(decoder, 2.0) == []
    decoder.feed(frame(messages.RELEASE_RESPONSE))
    assert str(decoder.state) == "closed"


def test_release_ends_by_itself_after_three_seconds() -> None:
    decoder = associated()
    decoder.close()
    assert client_sends(decoder, 2.9) == []
    decoder.poll(3.1)
    assert str(decoder.state) == "closed"


def test_a_response_without_extension_means_single_polls() -> None:
    decoder = associated(options=0)
    wanted = poll_of(code.SINGLE_POLL, code.NUMERICS, 0)
    asked = [now_s for now_s in ticking(5.15) for m in client_sends(decoder, now_s) if wanted(m)]
    assert asked == pytest.approx([0, 1, 2, 3, 4, 5], abs=0.11)


def test_a_lost_response_is_made_good_by_the_create_event() -> None:
    decoder = Decoder()
    decoder.poll(0.0)
    decoder.feed(frame(CREATED))
    assert str(decoder.state) == "polling"


def test_no_create_event_within_ten_seconds() -> None:
    decoder = Decoder()
    decoder.poll(0.0)
    decoder.feed(frame(GRANTED))
    assert client_sends(decoder, 9.9) == []
    assert client_sends(decoder, 10.0) == [messages.ABORT]
    assert str(decoder.state) == "backoff"


def test_refusals_grow_the_wait_and_are_told_after_fifteen_seconds() -> None:
    decoder = Decoder()
    asked: list[float] = []
    told_at_s = None
    for now_s in ticking(130):
        if messages.association_request() in client_sends(decoder, now_s):
            asked.append(now_s)
            assert [type(item) for item in decoder.feed(frame(messages.REFUSE))] == [Fault]
        if decoder.refused and told_at_s is None:
            told_at_s = now_s
    assert asked == pytest.approx([0, 1, 3, 7, 15, 31, 61, 91, 121], abs=1.0)
    assert told_at_s == pytest.approx(15, abs=0.2)
    # The monitor falls silent: nobody refuses any more.
    for now_s in ticking(80, start_s=130):
        decoder.poll(now_s)
    assert not decoder.refused


def test_old_association_data_is_released_aborted_and_discarded() -> None:
    decoder = Decoder()
    decoder.poll(0.0)
    old = frame(messages.operation(code.RORS, 9, code.ACTION, hr_result()))
    assert decoder.feed(old) == []
    assert client_sends(decoder, 0.1) == [messages.RELEASE_REQUEST, messages.ABORT]
    assert str(decoder.state) == "discard"
    decoder.poll(1.0)
    assert decoder.feed(old) == []
    assert client_sends(decoder, 1.9) == []
    assert client_sends(decoder, 2.2) == [messages.association_request()]


def hr_result() -> bytes:
    value = objects.observed(code.HR, 0, code.BEATS, write_float(72))
    attributes = write_attributes(objects.numeric_attributes(1, code.HR, [value]))
    return objects.poll_result(Reply(1, None, 8_000_000, code.NUMERICS, 0), [(1, 1, attributes)])


def test_an_error_turns_an_extended_poll_into_single_ones() -> None:
    decoder = associated()
    (*_, numerics, _alerts) = client_sends(decoder, 0.0)
    invoke_id = int.from_bytes(numerics[8:10], "big")
    items = decoder.feed(frame(messages.operation(code.ROER, invoke_id, 9, bytes.fromhex("0021 F13B"))))
    assert items[0].reason == "remote error 9: no such action" if isinstance(items[0], Fault) else False
    assert str(decoder.state) == "polling"
    assert any(poll_of(code.SINGLE_POLL, code.NUMERICS, 0)(m) for m in client_sends(decoder, 0.1))


def test_a_monitor_that_ignores_extended_polls_gets_single_ones() -> None:
    decoder = associated()
    alive = frame(
        messages.operation(
            code.RORS,
            5,
            code.ACTION,
            objects.poll_result(Reply(4, None, 0, code.ALERTS, code.GROUP_KEEP_ALIVE), []),
        )
    )
    singles = []
    for now_s in ticking(15):
        decoder.feed(alive)
        singles += [now_s for m in client_sends(decoder, now_s) if poll_of(code.SINGLE_POLL, code.NUMERICS, 0)(m)]
    assert singles[0] == pytest.approx(9, abs=0.3)
    assert len(singles) == pytest.approx(6, abs=1)
    # The keep-alive's result is no answer to the poll of the alert lists either.
    assert any(poll_of(code.SINGLE_POLL, code.ALERTS, code.GROUP_ALERTS)(m) for m in client_sends(decoder, 16))


def test_silence_is_no_reason_for_single_polls() -> None:
    decoder = associated()
    sent = [m for now_s in ticking(9.95) for m in client_sends(decoder, now_s)]
    assert len([m for m in sent if poll_of(code.EXTENDED_POLL, code.NUMERICS, 0)(m)]) == 4
    assert not [m for m in sent if poll_of(code.SINGLE_POLL, code.NUMERICS, 0)(m)]


def test_a_restarted_monitor_is_asked_for_everything_again() -> None:
    decoder = associated()
    client_sends(decoder, 0.0)
    again = objects.mds_create_event(1, 100, objects.mds_attributes(Site(), 2, 100, START))
    decoder.feed(frame(again))
    assert [m[24:26] for m in client_sends(decoder, 0.5)] == [b"\x0d\x06", b"\xf1\x3b", b"\xf1\x3b"]


def test_a_probe_that_is_answered_begins_a_new_association() -> None:
    decoder = associated()
    decoder.feed(frame(GRANTED))
    assert str(decoder.state) == "polling"  # nobody asked
    for now_s in ticking(3):
        decoder.poll(now_s)
    decoder.feed(frame(GRANTED))
    assert str(decoder.state) == "wait_mds"


def test_silence_probes_then_aborts_then_asks_again() -> None:
    decoder = associated()
    decoder.poll(0.0)
    sent = [(now_s, m) for now_s in ticking(15, start_s=0.1) for m in client_sends(decoder, now_s)]
    requests = [now_s for now_s, m in sent if is_request(m)]
    aborts = [now_s for now_s, m in sent if m == messages.ABORT]
    assert requests[0] == pytest.approx(2.5, abs=0.11)
    assert max(b - a for a, b in pairwise(requests)) < 1.6
    assert aborts == pytest.approx([10], abs=0.11)
    assert str(decoder.state) == "idle"


def test_a_refused_probe_ends_nothing() -> None:
    decoder = associated()
    for now_s in ticking(4):
        decoder.poll(now_s)
    decoder.feed(frame(messages.REFUSE))
    assert str(decoder.state) == "polling"


def test_a_flood_of_events_does_not_grow_the_answer() -> None:
    decoder = associated()
    decoder.feed(frame(CREATED) * 1000)
    assert len(decoder.poll(0.1)) < 2000


def test_an_echo_of_our_own_requests_is_no_monitor() -> None:
    decoder = associated()
    before = decoder.frames
    for now_s in ticking(12, step_s=0.5):
        echo = [m for m in client_sends(decoder, now_s) if is_request(m) or m[4:6] == b"\x00\x01"]
        assert decoder.feed(b"".join(frame(m) for m in echo)) == []
    assert (decoder.frames, decoder.rejects) == (before, 0)
    assert decoder.state == "idle"
