"""Decoder and simulated monitor joined in memory: whole sessions, faults and recoveries on a fake clock."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from devices.monitors import _intellivue_codes as code
from devices.monitors import _intellivue_messages as messages
from devices.monitors._intellivue_frame import Deframer
from devices.monitors.philips_intellivue import Decoder
from devices.readings import Fault, Reading
from simulators.monitors.philips_intellivue import Simulated, make
from simulators.vitals import Vital, Vitals

START = datetime.fromisoformat("2026-01-02T08:30")
VITALS: Vitals = {
    "hr": Vital(72),
    "spo2": Vital(98.2),
    "pr": Vital(71),
    "pi": Vital(3.2),
    "nibp_sys": Vital(118, at_s=-100),
    "nibp_dia": Vital(64, at_s=-100),
    "nibp_map": Vital(82, at_s=-100),
    "abp_sys": Vital(121),
    "abp_dia": Vital(61),
    "abp_map": Vital(81),
    "etco2": Vital(38),
    "fico2": Vital(1),
    "rr_co2": Vital(12),
    "rr_imp": Vital(11),
    "temp": Vital(36.6),
}
STEP_S = 0.05
Item = Reading | Fault


class Bench:
    """A decoder and a monitor joined by a cable without delay, asked as densely as the link layer asks."""

    def __init__(self, monitor: Simulated, vitals: Vitals = VITALS) -> None:
        self.decoder, self.monitor, self.vitals = Decoder(), monitor, vitals
        self.now_s = 0.0
        self.plugged = True
        self.sent: list[tuple[float, bytes]] = []

    def run(self, seconds: float) -> list[tuple[float, Item]]:
        """What was decoded, with its time."""
        items: list[tuple[float, Item]] = []
        for _ in range(round(seconds / STEP_S)):
            self._to_monitor(self.decoder.poll(self.now_s))
            wire = self.monitor.send(self.vitals, self.now_s, START + timedelta(seconds=self.now_s))
            if self.plugged:
                items += [(self.now_s, item) for item in self.decoder.feed(wire)]
                self._to_monitor(self.decoder.poll(self.now_s))
            self.now_s += STEP_S
        return items

    def _to_monitor(self, wire: bytes) -> None:
        self.sent += [(self.now_s, item) for item in Deframer().feed(wire) if isinstance(item, bytes)]
        if self.plugged:
            self.monitor.receive(wire, self.now_s)

    def sent_at(self, matches: Callable[[bytes], bool]) -> list[float]:
        return [round(at_s, 2) for at_s, message in self.sent if matches(message)]


def times(items: list[tuple[float, Item]], signal: str) -> list[float]:
    return [at_s for at_s, item in items if isinstance(item, Reading) and item.signal == signal]


def faults(items: list[tuple[float, Item]]) -> list[str]:
    return [item.reason for _, item in items if isinstance(item, Fault)]


def last(items: list[tuple[float, Item]]) -> dict[str, float | None]:
    return {item.signal: item.value for _, item in items if isinstance(item, Reading)}


def is_request(message: bytes) -> bool:
    return message[0] == code.ASSOCIATION_REQUEST


def poll_of(action: int, polled: int, group: int) -> Callable[[bytes], bool]:
    wanted = action.to_bytes(2, "big")
    what = bytes((0, 1, 0, polled)) + group.to_bytes(2, "big")
    return lambda message: message[24:26] == wanted and message[30:36] == what


def is_confirmation(message: bytes) -> bool:
    return message[:8] == bytes.fromhex("E1 00 00 02 00 02 00 14") and message[10:12] == b"\x00\x01"


def ticking(seconds: float, start_s: float = 0.0, step_s: float = 0.1) -> Iterator[float]:
    for count in range(round(seconds / step_s)):
        yield start_s + count * step_s


def test_never_polled_reads_a_recording_and_ignores_the_clients_half() -> None:
    bench = Bench(make())
    wires: list[bytes] = []
    expected = []
    for now_s in ticking(10):
        request = bench.decoder.poll(now_s)
        bench.monitor.receive(request, now_s)
        reply = bench.monitor.send(VITALS, now_s, START + timedelta(seconds=now_s))
        expected += [item for item in bench.decoder.feed(reply) if isinstance(item, Reading)]
        more = bench.decoder.poll(now_s)
        bench.monitor.receive(more, now_s)
        wires += [request, reply, more]
    wires.append(bench.decoder.close())
    assert Decoder().feed(b"".join(wires)) == expected
    assert len(expected) > 100


def test_values_flow_at_once_and_each_second() -> None:
    bench = Bench(make())
    items = bench.run(20)
    assert times(items, "hr")[0] < 0.2
    assert max(b - a for a, b in pairwise(times(items, "hr"))) < 1.2
    assert last(items) == pytest.approx({signal: vital.value for signal, vital in VITALS.items()})
    assert len(times(items, "nibp_sys")) == 1
    cuff = next(item for _, item in items if isinstance(item, Reading) and item.signal == "nibp_sys")
    assert cuff.device_time == START - timedelta(seconds=100)
    assert cuff.age_s == pytest.approx(100, abs=0.2)
    assert faults(items) == []
    assert (bench.decoder.model, bench.decoder.bed_label, bench.decoder.rejects) == ("Philips M8003A", "BED 1", 0)


def test_ten_minutes_of_renewals() -> None:
    bench = Bench(make())
    items = bench.run(600)
    gaps = [b - a for a, b in pairwise(times(items, "hr"))]
    assert max(gaps) < 1.2
    assert faults(items) == []
    assert bench.monitor.associations == 1
    renewals = bench.sent_at(poll_of(code.EXTENDED_POLL, code.NUMERICS, 0))
    assert len(renewals) == 20
    assert [round(b - a) for a, b in pairwise(renewals)] == [30] * 19
    alerts = bench.sent_at(poll_of(code.EXTENDED_POLL, code.ALERTS, code.GROUP_ALERTS))
    assert len(alerts) == 20
    assert len(bench.sent_at(poll_of(code.SINGLE_POLL, code.MDS, 0))) == pytest.approx(9, abs=1)
    keep_alives = bench.sent_at(poll_of(code.SINGLE_POLL, code.ALERTS, code.GROUP_KEEP_ALIVE))
    assert len(keep_alives) == pytest.approx(199, abs=5)
    assert len(bench.sent_at(is_request)) == 1


def test_abort_by_the_monitor_and_recovery() -> None:
    bench = Bench(make())
    bench.run(10)
    bench.monitor.abort()
    items = bench.run(5)
    assert faults(items) == ["association aborted by the monitor"]
    assert times(items, "hr")[0] - 10 < 1.5
    assert bench.monitor.associations == 2
    assert times(items, "nibp_sys") == []  # not new


def test_every_abort_after_good_values_costs_the_same_short_wait() -> None:
    bench = Bench(make())
    for _ in range(5):
        bench.run(10)
        bench.monitor.abort()
        away_s = bench.now_s
        assert times(bench.run(5), "hr")[0] - away_s < 1.5


def test_a_restarted_monitor_is_found_within_three_seconds() -> None:
    bench = Bench(make(ticks_at_start=900_000_000))
    bench.run(10)
    bench.monitor = make(ticks_at_start=0)
    items = bench.run(5)
    assert times(items, "hr")[0] - 10 < 3.0
    hr = next(item for _, item in items if isinstance(item, Reading) and item.signal == "hr")
    assert hr.device_time is not None
    assert (
        abs((hr.device_time - START).total_seconds() - times(items, "hr")[0]) < 1.1
    )  # the monitor tells whole seconds


@pytest.mark.parametrize("away_s", [1, 4, 8, 12, 40, 300])
def test_a_monitor_that_was_off_is_found_within_three_seconds(away_s: float) -> None:
    bench = Bench(make())
    bench.run(10)
    bench.plugged = False
    bench.run(away_s)
    bench.monitor, bench.plugged = make(ticks_at_start=12345), True
    back_s = bench.now_s
    assert times(bench.run(5), "hr")[0] - back_s < 3.0


@pytest.mark.parametrize("away_s", [1, 4, 8])
def test_a_short_break_keeps_the_association(away_s: float) -> None:
    bench = Bench(make())
    bench.run(10)
    bench.plugged = False
    bench.run(away_s)
    bench.plugged = True
    items = bench.run(20)
    assert times(items, "hr")[0] - 10 - away_s < 1.5
    assert bench.monitor.associations == 1
    assert all(f.startswith(("sequence jump", "the monitor refuses")) for f in faults(items))


def test_a_new_client_on_an_old_association() -> None:
    bench = Bench(make())
    bench.run(10)
    bench.decoder = Decoder()  # the program was killed and started again
    items = bench.run(20)
    assert times(items, "hr")[0] - 10 < 5
    assert bench.monitor.associations == 2
    assert not bench.decoder.refused


def test_the_monitor_drops_a_client_that_does_not_keep_alive() -> None:
    bench = Bench(make())
    bench.run(5)
    decoder = Decoder()  # only listens
    wires = [bench.monitor.send(VITALS, now_s, START) for now_s in ticking(15, start_s=5)]
    items = decoder.feed(b"".join(wires))
    assert bench.monitor.state == "free"
    assert [item for item in items if isinstance(item, Reading)]


def test_wrap_of_the_tick_counter_in_a_running_session() -> None:
    bench = Bench(make(ticks_at_start=(1 << 32) - 8000 * 5))
    items = bench.run(12)
    assert faults(items) == []
    stamps = [(at_s, i.device_time) for at_s, i in items if isinstance(i, Reading) and i.signal == "hr"]
    assert all(d is not None and abs((d - START).total_seconds() - at_s) < 0.2 for at_s, d in stamps)
    assert len(stamps) > 10


def test_kpa_site() -> None:
    values = last(Bench(make(kpa=True)).run(3))
    assert values["etco2"] == pytest.approx(38, abs=0.4)
    assert values["nibp_sys"] == pytest.approx(118, abs=0.4)
    assert values["abp_map"] == pytest.approx(81, abs=0.4)


def test_demo_mode_gives_no_values() -> None:
    bench = Bench(make(demo=True), {**VITALS, "no_breath": Vital(1)})
    items = bench.run(5)
    assert set(last(items).values()) == {None}
    assert "no_breath" not in last(items)
    assert bench.decoder.demo
    assert len(faults(items)) == 1


def test_standby_is_no_data_not_disconnected() -> None:
    bench = Bench(make())
    bench.run(5)
    bench.monitor.site = replace(bench.monitor.site, standby=True)
    items = bench.run(60)
    assert items == []
    assert (bench.decoder.state, bench.monitor.associations) == ("polling", 1)
    bench.monitor.site = replace(bench.monitor.site, standby=False)
    assert times(bench.run(2), "hr")


def test_linked_results_above_the_mtu() -> None:
    bench = Bench(make(max_mtu=300))
    items = bench.run(20)
    assert last(items) == pytest.approx({signal: vital.value for signal, vital in VITALS.items()})
    assert faults(items) == []
    bench.monitor.faults = replace(bench.monitor.faults, drop_linked_end=True)
    items = bench.run(20)
    assert set(faults(items)) == {"linked result without its end"}
    assert len(times(items, "hr")) == pytest.approx(20, abs=2)


def test_damaged_frames_cost_values_but_not_the_session() -> None:
    bench = Bench(make(bad_check_every=3, noise=b"\x00\xff\x12"))
    items = bench.run(60)
    assert set(faults(items)) <= {"frame check", "sequence jump: 0 to 2"} | {f for f in faults(items) if "jump" in f}
    assert bench.decoder.reject_reasons["frame check"] > 10
    assert bench.monitor.associations == 1
    assert len(times(items, "hr")) > 20
    assert set(last(items).values()) >= {72.0}


def test_sequence_jumps_of_the_monitor_are_told() -> None:
    bench = Bench(make(skip_sequence_every=5))
    assert any(f.startswith("sequence jump") for f in faults(bench.run(20)))


def test_without_extended_polls_single_ones_do() -> None:
    bench = Bench(make(no_extended_polls=True))
    items = bench.run(20)
    assert len(times(items, "hr")) == pytest.approx(20, abs=2)
    assert bench.sent_at(poll_of(code.EXTENDED_POLL, code.NUMERICS, 0)) == []


def test_a_refusing_monitor() -> None:
    bench = Bench(make(refuse=True))
    bench.run(20)
    assert bench.decoder.refused
    bench.monitor.faults = replace(bench.monitor.faults, refuse=False)
    assert times(bench.run(20), "hr")
    assert not bench.decoder.refused


def test_device_apnoea_from_end_to_end() -> None:
    bench = Bench(make())
    assert times(bench.run(3), "no_breath") == []
    bench.vitals = {**VITALS, "no_breath": Vital(1)}
    items = bench.run(5)
    assert len(times(items, "no_breath")) >= 4
    assert last(items)["no_breath"] == 1.0
    bench.vitals = VITALS
    items = bench.run(5)
    assert [i.value for _, i in items if isinstance(i, Reading) and i.signal == "no_breath"] == [0.0]


def test_close_frees_the_monitor() -> None:
    bench = Bench(make())
    bench.run(3)
    bench.monitor.receive(bench.decoder.close(), bench.now_s)
    assert Deframer().feed(bench.monitor.send(VITALS, bench.now_s, START)) == [messages.RELEASE_RESPONSE]
    assert bench.monitor.state == "free"


def test_confirmations_are_prompt() -> None:
    bench = Bench(make())
    bench.run(3)
    assert bench.sent_at(is_confirmation) == [0.0]
