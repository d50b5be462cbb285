"""The simulated IntelliVue monitor by itself: what a real one does with a client that behaves, and with one that does not."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from config.models import ConfigError
from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_alerts import read_alerts
from devices.monitors._intellivue_frame import Deframer, frame
from devices.monitors._intellivue_messages import PolledObject, PollResult
from devices.monitors._intellivue_types import read_float, read_string, read_time
from devices.monitors._intellivue_values import read_values
from devices.readings import Fault, Status
from simulators.monitors._intellivue_objects import CuffStamps
from simulators.monitors.philips_intellivue import Simulated, make, silence_limit_s
from simulators.registry import make_simulated
from simulators.vitals import SimulatedMonitor, Vital, Vitals

START = datetime.fromisoformat("2026-01-02T08:30")
VITALS: Vitals = {"hr": Vital(72), "spo2": Vital(98), "etco2": Vital(38), "fico2": Vital(0), "rr_co2": Vital(12)}
EXTENDED = messages.poll_request(3, 2, code.NUMERICS, 0, active_ticks=480_000)


class Client:
    """Says exactly what the test tells it to, and collects the answers with their times."""

    def __init__(self, monitor: Simulated, vitals: Vitals = VITALS) -> None:
        self.monitor, self.vitals, self.now_s = monitor, vitals, 0.0

    def say(self, *wanted: bytes) -> list[bytes]:
        for message in wanted:
            self.monitor.receive(frame(message), self.now_s)
        return [message for _, message in self.wait(0.1)]

    def wait(self, seconds: float) -> list[tuple[float, bytes]]:
        heard: list[tuple[float, bytes]] = []
        for _ in range(round(seconds * 10)):
            wire = self.monitor.send(self.vitals, self.now_s, START + timedelta(seconds=self.now_s))
            heard += [(round(self.now_s, 2), m) for m in Deframer().feed(wire) if isinstance(m, bytes)]
            self.now_s += 0.1
        return heard

    def associate(self) -> None:
        _, event = self.say(messages.association_request())
        op = messages.read_operation(event)
        assert self.say(messages.mds_create_result(op.invoke_id, 0)) == []
        assert self.monitor.state == "active"


def active(monitor: Simulated | None = None, vitals: Vitals = VITALS) -> Client:
    client = Client(monitor or make(), vitals)
    client.associate()
    return client


def result(message: bytes) -> PollResult:
    op = messages.read_operation(message)
    found = messages.read_poll_result(message, op.start, op.end)
    assert found is not None
    return found


def results(heard: list[tuple[float, bytes]]) -> list[tuple[float, PollResult]]:
    return [
        (at_s, result(message)) for at_s, message in heard if messages.read_operation(message).command == code.ACTION
    ]


def thing(polled: PollResult, label: int) -> PolledObject:
    return next(o for o in polled.objects if o.attributes[code.LABEL][2:] == label.to_bytes(2, "big"))


def single(client: Client, polled: int = code.NUMERICS, group: int = 0) -> PollResult:
    (answer,) = client.say(messages.poll_request(2, 1, polled, group))
    return result(answer)


# Association


def test_registered_by_name() -> None:
    monitor: SimulatedMonitor = make_simulated("philips-intellivue", kpa=True)
    assert isinstance(monitor, Simulated)
    assert monitor.site.kpa
    with pytest.raises(ConfigError):
        make_simulated("philips_intellivue", colour="green")
    with pytest.raises(ConfigError):
        make(max_mtu=100)


def test_request_is_answered_and_the_event_follows_at_once() -> None:
    client = Client(make())
    response, event = client.say(messages.association_request())
    assert response == messages.association_response(8000, 1364, code.NUMERICS_1S)
    assert event[8:24] == bytes.fromhex("0001 0001") + event[12:14] + bytes.fromhex("0021 0000 0000") + event[20:24]
    assert client.monitor.state == "wait_confirm"


def test_only_what_is_supported_is_granted() -> None:
    request = messages.association_request(min_poll_period_ticks=1000, mtu=5000, options=0x88000000)
    response, _ = Client(make()).say(request)
    granted = messages.read_association(response)
    assert (granted.min_poll_period_ticks, granted.mtu_rx, granted.options) == (4000, 1364, code.NUMERICS_1S)
    # Without any numeric period the whole extension is ignored.
    response, _ = Client(make()).say(messages.association_request(options=0x08000000))
    assert messages.read_association(response).options == 0


@pytest.mark.parametrize(
    "request_",
    [
        messages.association_request(system_type=0),
        messages.association_request(mtu=299),
        messages.association_request()[:60],
    ],
)
def test_refused(request_: bytes) -> None:
    client = Client(make())
    assert client.say(request_) == [messages.REFUSE]
    assert client.monitor.state == "free"


def test_a_second_client_is_refused_a_repeated_request_is_not_answered_twice() -> None:
    client = Client(make())
    assert len(client.say(messages.association_request(), messages.association_request())) == 2
    assert client.say(messages.association_request()) == []
    client = active()
    assert client.say(messages.association_request()) == [messages.REFUSE]
    assert client.monitor.state == "active"


def test_an_event_that_nobody_confirms_is_sent_three_times_then_abort() -> None:
    client = Client(make())
    client.monitor.receive(frame(messages.association_request()), 0.0)
    heard = client.wait(15)
    assert [at_s for at_s, m in heard if m[0] == code.DATA] == pytest.approx([0.0, 3.1, 6.2], abs=0.11)
    assert [at_s for at_s, m in heard if m == messages.ABORT] == pytest.approx([9.3], abs=0.21)
    assert client.monitor.state == "free"


def test_release_and_polls_are_ignored_before_the_confirmation() -> None:
    client = Client(make())
    client.say(messages.association_request())
    assert client.say(messages.RELEASE_REQUEST, EXTENDED) == []
    assert client.monitor.state == "wait_confirm"


def test_release_and_abort() -> None:
    client = active()
    assert client.say(messages.RELEASE_REQUEST) == [messages.RELEASE_RESPONSE]
    assert client.say(messages.RELEASE_REQUEST) == []  # nobody is associated
    client.associate()
    assert client.say(messages.ABORT) == []
    assert client.monitor.state == "free"
    client.monitor.abort()
    assert client.say() == []
    client.associate()
    client.monitor.abort()
    assert client.say() == [messages.ABORT]


@pytest.mark.parametrize(
    ("period_ticks", "limit_s"), [(4000, 10), (8000, 10), (26_400, 10), (80_000, 30), (360_000, 130)]
)
def test_silence_of_the_client_ends_the_association(period_ticks: int, limit_s: float) -> None:
    assert silence_limit_s(period_ticks) == pytest.approx(limit_s)
    client = Client(make())
    client.say(messages.association_request(min_poll_period_ticks=period_ticks))
    start_s = client.now_s
    client.say(messages.mds_create_result(1, 0), EXTENDED)
    heard = client.wait(limit_s + 5)
    assert [at_s - start_s for at_s, m in heard if m == messages.ABORT] == pytest.approx([limit_s], abs=0.2)
    assert client.monitor.state == "free"


def test_a_keep_alive_keeps_it() -> None:
    client = active()
    for _ in range(20):
        (answer,) = client.say(messages.poll_request(5, 4, code.ALERTS, code.GROUP_KEEP_ALIVE))
        assert result(answer).objects == []
        client.wait(5)
    assert client.monitor.state == "active"


# Polls


def test_extended_poll_each_1024_ms_until_its_period_ends() -> None:
    client = active()
    client.monitor.receive(frame(messages.poll_request(3, 2, code.NUMERICS, 0, active_ticks=16_000)), client.now_s)
    start_s = client.now_s
    found = results(client.wait(6))
    assert [r.sequence for _, r in found] == [0, 1, 2]
    assert [at_s - start_s for at_s, _ in found] == pytest.approx([0, 1.024, 2.048], abs=0.1)
    assert all((r.poll_number, r.polled, r.group) == (2, code.NUMERICS, 0) for _, r in found)


def test_results_keep_their_pace() -> None:
    client = active(make(ticks_at_start=0))
    client.monitor.receive(frame(EXTENDED), client.now_s)
    found = []
    for _ in range(8):
        client.monitor.receive(frame(messages.poll_request(5, 4, code.MDS, 0)), client.now_s)
        found += [r for _, r in results(client.wait(5)) if r.polled == code.NUMERICS]
    steps = [b.ticks - a.ticks for a, b in pairwise(found)]
    assert sum(steps) / len(steps) == pytest.approx(8192, rel=0.01)


def test_a_renewal_starts_the_sequence_again() -> None:
    client = active()
    client.say(EXTENDED)
    client.wait(3)
    (first, *_) = client.say(messages.poll_request(9, 2, code.NUMERICS, 0, active_ticks=480_000))
    assert (result(first).sequence, messages.read_operation(first).invoke_id) == (0, 9)
    assert {messages.read_operation(m).invoke_id for _, m in client.wait(3)} == {9}


def test_a_poll_without_scope_is_ignored() -> None:
    good = messages.poll_request(2, 1, code.NUMERICS, 0)
    argument = good[14:20] + good[24:]
    client = active()
    assert client.say(messages.operation(code.ROIV, 2, code.ACTION, argument)) == []
    assert len(client.say(good)) == 1


def test_errors_for_what_it_does_not_know() -> None:
    client = active()
    argument = bytes.fromhex("0021 0000 0000 0000 0000 0C99 0000")
    assert client.say(messages.operation(code.ROIV, 6, code.ACTION, argument)) == [
        messages.operation(code.ROER, 6, 9, bytes.fromhex("0021 0C99"))
    ]
    (answer,) = client.say(messages.poll_request(7, 1, 0x77, 0))
    assert messages.read_operation(answer)[:3] == (code.ROER, 7, 0)


def test_groups() -> None:
    client = active()
    whole, bare = single(client), single(client, group=code.GROUP_OBSERVED)
    assert code.LABEL in whole.objects[0].attributes
    assert set(bare.objects[0].attributes) == {code.OBSERVED}
    assert code.OBSERVED not in single(client, group=code.GROUP_DYNAMIC).objects[0].attributes


def test_results_above_the_mtu_are_linked() -> None:
    client = active(make(max_mtu=300), {**VITALS, "temp": Vital(36.6), "pr": Vital(71)})
    parts = client.say(messages.poll_request(2, 1, code.NUMERICS, 0))
    assert all(len(part) <= 300 for part in parts)
    ops = [messages.read_operation(part) for part in parts]
    assert [op.kind for op in ops] == [code.ROLRS] * (len(parts) - 1) + [code.RORS]
    assert [op.linked_count for op in ops[:-1]] == list(range(1, len(parts)))
    assert [op.linked_state for op in ops[:-1]] == [1] + [2] * (len(parts) - 3) + [3]
    assert result(parts[-1]).objects == []
    assert sum(len(result(part).objects) for part in parts) == 6


@pytest.mark.parametrize(
    ("status", "state", "number"),
    [("ok", 0, 98), ("questionable", 0x4000, 98), ("invalid", 0x8000, None), ("sensor_off", 0x2000, None),
     ("unavailable", 0x2000, None), ("held", 0x2000, None)],
)  # fmt: skip
def test_status_becomes_state_bits(status: Status, state: int, number: float | None) -> None:
    (value,) = read_values(single(active(vitals={"spo2": Vital(98, status)})).objects[0].attributes)
    assert value.state == state
    if number is None:
        assert value.word == 0x007FFFFF
    else:
        assert read_float(value.word) == number


def test_a_signal_without_sensor_has_no_object() -> None:
    labels = [o.attributes[code.LABEL] for o in single(active(vitals={"hr": Vital(70)})).objects]
    assert labels == [bytes.fromhex("00024182")]


def test_the_cuff_stamp_stands_still_until_the_next_measurement() -> None:
    client = active(vitals={"nibp_sys": Vital(118, at_s=-8.0), "nibp_dia": Vital(64, at_s=-8.0)})
    stamps = set()
    for _ in range(40):
        stamps.add(read_time(single(client).objects[0].attributes[code.STAMP_ABSOLUTE]))
        client.wait(0.7)
    assert stamps == {START - timedelta(seconds=8)}
    client.vitals = {"nibp_sys": Vital(118, at_s=client.now_s), "nibp_dia": Vital(64, at_s=client.now_s)}
    later = read_time(single(client).objects[0].attributes[code.STAMP_ABSOLUTE])
    assert later is not None
    assert later > START


def test_rounding_of_the_wall_clock_makes_no_new_measurement() -> None:
    stamps = CuffStamps()
    first = stamps.stamp(-8.0, 0.0, START)
    assert first == START - timedelta(seconds=8)
    assert stamps.stamp(-8.0, 1.0, START + timedelta(microseconds=999_999)) == first


def test_kpa_and_french() -> None:
    client = active(make(kpa=True, french=True))
    co2 = read_values(thing(single(client), code.CO2).attributes)
    assert [(v.unit, read_float(v.word)) for v in co2] == [(code.KPA, 5.1), (code.KPA, 0.0)]
    assert read_string(thing(single(client), code.HR).attributes[code.LABEL_STRING]) == "FC"


def test_demo_marks_every_value() -> None:
    client = active(make(demo=True))
    values = [v for o in single(client).objects for v in read_values(o.attributes)]
    assert values
    assert all(v.state & code.DEMO_DATA for v in values)


def test_alarms_of_the_monitor() -> None:
    client = active()
    quiet = read_alerts(single(client, code.ALERTS, code.GROUP_ALERTS).objects)
    assert (quiet.patient, quiet.technical) == ((), ())
    client.vitals = {**VITALS, "no_breath": Vital(1), "spo2": Vital(None, "sensor_off")}
    polled = single(client, code.ALERTS, code.GROUP_ALERTS)
    loud = read_alerts(polled.objects)
    assert [(a.event, a.source, a.text) for a in loud.patient] == [(code.APNOEA, code.AIRWAY_RR, "*** APNEA")]
    assert [a.text for a in loud.technical] == ["SpO2 SENSOR OFF"]
    condition = polled.objects[0].attributes[code.ALERT_CONDITION]
    assert condition[2:6] == bytes.fromhex("0001 0400")


def test_two_runs_are_equal_to_the_byte() -> None:
    def run() -> list[tuple[float, bytes]]:
        client = active()
        client.say(EXTENDED)
        return client.wait(9)

    assert run() == run()


def test_bad_check_and_cut_frames() -> None:
    for monitor in (make(bad_check_every=2), make(cut_every=2)):
        wire = b""
        for now_s in range(3):
            monitor.receive(frame(messages.association_request()) + frame(messages.ABORT), now_s)
            wire += monitor.send(VITALS, now_s, START)
        assert any(isinstance(item, Fault) for item in Deframer().feed(wire))


def test_silent_monitor() -> None:
    client = Client(make(silent=True))
    assert client.say(messages.association_request()) == []


def test_datagrams_carry_the_bare_messages() -> None:
    monitor = make()
    monitor.receive_datagram(messages.association_request(), 0.0)
    response, _ = monitor.datagrams(VITALS, 0.0, START)
    assert response == messages.association_response(8000, 1364, code.NUMERICS_1S)


def test_garbage_from_the_client_is_survived() -> None:
    client = active()
    for length in range(len(EXTENDED)):
        client.monitor.receive(frame(EXTENDED[:length]), client.now_s)
        client.monitor.receive(EXTENDED[:length], client.now_s)
        client.wait(0.1)
    assert single(client).objects
