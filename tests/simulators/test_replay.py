"""A recording through simulated monitors: bytes in, the recorded numbers out; gaps stay gaps, at any speed, from any second."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from devices.clock import ScaledClock
from devices.readings import Reading
from devices.registry import PollingDecoder, find_monitor
from simulators.faults import FaultPlan
from simulators.registry import make_simulated
from simulators.replay import Recording, ReplayRun, cuff_events, sample, track
from simulators.vitals import Vitals
from simulators.wire import Grid, Station, _pump

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
STEP_S = 0.05


def numbers(signal: str, *pairs: tuple[float, float | None]):
    return track(sample(signal, at_s, value) for at_s, value in pairs)


def each(signal: str, step_s: float, *values: float | None):
    return numbers(signal, *((i * step_s, value) for i, value in enumerate(values)))


def source(recording: Recording):
    run = ReplayRun(recording)

    def vitals(now_s: float) -> Vitals:
        run.advance(now_s)
        return run.vitals()

    return vitals


def heard(monitor: str, recording: Recording, from_s: float, to_s: float) -> dict[str, list[tuple[float, Reading]]]:
    """Signal -> (time, reading): what a decoder at the other end of the cable makes of it."""
    simulated, decoder, vitals = make_simulated(monitor), find_monitor(monitor).make_decoder(), source(recording)
    out: dict[str, list[tuple[float, Reading]]] = defaultdict(list)
    for step in range(round(from_s / STEP_S), round(to_s / STEP_S)):
        now_s = step * STEP_S
        if isinstance(decoder, PollingDecoder) and (asked := decoder.poll(now_s)):
            simulated.receive(asked, now_s)
        wall = (START + timedelta(seconds=now_s)).replace(tzinfo=None)
        for item in decoder.feed(simulated.send(vitals(now_s), now_s, wall)):
            assert isinstance(item, Reading), item
            out[item.signal].append((now_s, item))
    return out


def said(readings: list[tuple[float, Reading]]) -> list[float | None]:
    return [reading.value for _, reading in readings]


def test_an_oximeter_says_second_by_second_what_was_recorded() -> None:
    spo2, pulse = [97, 96, None, None, 91, 88], [70, 72, None, None, 105, 110]
    found = heard("masimo_ascii", Recording({"spo2": each("spo2", 1, *spo2), "pr": each("pr", 1, *pulse)}), 0, 6)
    assert (said(found["spo2"]), said(found["pr"])) == (spo2, pulse)


def test_every_number_of_a_bedside_monitor_comes_back() -> None:
    level = {
        "hr": 64,
        "pr": 63,
        "spo2": 93,
        "pi": 2.5,
        "etco2": 41,
        "fico2": 1,
        "rr_co2": 12,
        "rr_imp": 13,
        "temp": 36.4,
    }
    pressure = {"abp_sys": 131, "abp_dia": 72, "abp_map": 93}
    tracks = {name: each(name, 1, *[value] * 20) for name, value in {**level, **pressure}.items()}
    cuff = cuff_events([(14.0, {"nibp_sys": 142.0, "nibp_dia": 81.0, "nibp_map": 101.0})])
    found = heard("philips_intellivue", Recording(tracks, cuff), 0, 20)
    last = {name: found[name][-1][1].value for name in (*level, *pressure)}
    assert last == pytest.approx({**level, **pressure}, abs=1e-9)
    assert {name: found[name][-1][1].value for name in ("nibp_sys", "nibp_dia", "nibp_map")} == {
        "nibp_sys": 142, "nibp_dia": 81, "nibp_map": 101,
    }  # fmt: skip
    assert min(at_s for at_s, reading in found["nibp_sys"] if reading.value is not None) >= 14.0


def test_a_cuff_reading_keeps_the_time_of_its_measurement() -> None:
    cuff = cuff_events([(100.0, {"nibp_sys": 120.0, "nibp_dia": 70.0})])
    found = heard("philips_intellivue", Recording({"hr": each("hr", 1, *[60] * 700)}, cuff), 400, 410)
    stamps = {reading.device_time for _, reading in found["nibp_sys"] if reading.value is not None}
    assert stamps == {(START + timedelta(seconds=100)).replace(tzinfo=None)}


@pytest.mark.parametrize(
    ("now_s", "value"),
    [(0.0, 60), (1.95, 60), (2.0, 61), (7.0, 62), (8.95, 62), (9.05, None), (19.95, None), (20.0, 70), (22.0, None), (23.9, None), (24, 72)],
)  # fmt: skip
def test_a_value_holds_until_the_next_or_until_it_is_stale(now_s: float, value: float | None) -> None:
    """Rows each 2 s: a value is stale after 5 s. Nothing stands between 4 s and 20 s, and at 22 s the source says that it has none."""
    recording = Recording({"hr": numbers("hr", (0, 60), (2, 61), (4, 62), (20, 70), (22, None), (24, 72), (26, 72))})
    assert recording.vitals(now_s)["hr"].value == value


def test_what_was_never_recorded_has_no_sensor_and_what_is_impossible_no_value() -> None:
    vitals = Recording({"spo2": each("spo2", 1, 130, 45)}).vitals(0.5)
    assert vitals.keys() == {"spo2"}
    assert (vitals["spo2"].value, vitals["spo2"].status) == (None, "invalid")
    assert Recording({"spo2": each("spo2", 1, 130, 45)}).vitals(1.0)["spo2"].status == "questionable"


def test_statuses_of_the_source_are_shown_again() -> None:
    off = Recording(
        {"spo2": track([(0, 97.0, "ok"), (1, None, "sensor_off"), (2, 97.0, "held")]), "pr": each("pr", 1, 70, 70, 70)}
    )
    assert [off.vitals(t)["spo2"].status for t in (0, 1, 2)] == ["ok", "sensor_off", "held"]
    assert [off.vitals(t)["spo2"].value for t in (0, 1, 2)] == [97, None, None]
    assert said(heard("masimo_ascii", off, 0, 3)["spo2"]) == [97, None, None]


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        # rate 0 from 30 s on: the last breath is that of 30 s, the status comes 20 s later
        ({"rr_co2": [12] * 30 + [0] * 40}, {29: 0, 49: 0, 49.9: 0, 50: 1, 69: 1}),
        # the status ends with the next breath
        ({"rr_co2": [12] * 5 + [0] * 30 + [8] * 5}, {24: 0, 25: 1, 34: 1, 35: 0}),
        # a lost signal tells of nothing, and is no breath
        ({"rr_co2": [12] * 5 + [0] * 10 + [None] * 10 + [0] * 10}, {14: 0, 20: None, 25: 1, 34: 1}),
        ({"etco2": [38] * 10 + [0] * 40}, {29: 0, 30: 1}),
        ({"rr_co2": [None] * 40, "etco2": [38] * 10 + [0] * 30, "rr_imp": [14] * 40}, {29: 0, 30: 1}),
        # the airway is closed while the chest moves: the capnograph counts
        ({"rr_co2": [0] * 40, "rr_imp": [14] * 40}, {19: 0, 20: 1}),
        ({"rr_co2": [None] * 40, "rr_imp": [14] * 10 + [0] * 30}, {29: 0, 30: 1}),
        ({"breath": [0, 5, 19, 20, 25, None]}, {2: 0, 3: 1, 4: 1, 5: None}),
        # what a device itself said goes before what follows from numbers
        ({"rr_co2": [12] * 40, "no_breath": [0] * 10 + [1] * 30}, {9: 0, 10: 1}),
    ],
    ids=str,
)
def test_no_breath_follows_from_what_was_recorded(
    tracks: dict[str, list[float | None]], expected: dict[float, float | None]
) -> None:
    recording = Recording({n: track((float(i), v, "ok") for i, v in enumerate(row)) for n, row in tracks.items()})
    assert {at_s: recording.vitals(at_s)["no_breath"].value for at_s in expected} == expected
    assert "breath" not in recording.vitals(0)


def test_a_monitor_says_no_breath_on_the_wire() -> None:
    silent = {"rr_co2": each("rr_co2", 1, *[12] * 5, *[0] * 40), "etco2": each("etco2", 1, *[38] * 5, *[0] * 40)}
    told = [
        at_s for at_s, reading in heard("philips_intellivue", Recording(silent), 0, 40)["no_breath"] if reading.value
    ]
    assert 25.0 <= told[0] <= 27.1  # within a poll of the alarm list


def test_no_breathing_recorded_says_nothing_of_breaths() -> None:
    assert "no_breath" not in Recording({"spo2": each("spo2", 1, 97)}).vitals(0)


def test_the_same_pressure_told_again_is_one_measurement_and_later_another() -> None:
    same = {"nibp_sys": 120.0, "nibp_dia": 70.0, "nibp_map": None}
    level = [(float(t), same) for t in range(0, 100, 2)]
    assert [event.at_s for event in cuff_events(level)] == [0.0]
    assert [event.at_s for event in cuff_events([(0.0, same), (300.0, same), (302.0, same)])] == [0.0, 300.0]
    upside_down = {"nibp_sys": 70.0, "nibp_dia": 120.0}
    assert cuff_events([(0.0, upside_down), (1.0, {"nibp_dia": 70.0}), (2.0, {"nibp_sys": 999.0})]) == ()


@pytest.mark.parametrize("monitor", ["masimo_ascii", "philips_intellivue"])
def test_from_the_middle_it_is_as_it_was_there(monitor: str) -> None:
    course = [70 + i // 4 for i in range(200)]
    recording = Recording({"pr": each("pr", 1, *course), "spo2": each("spo2", 1, *[97] * 200)})
    found = heard(monitor, recording, 120, 140)["pr"]
    assert found[0][0] < 126
    lag_s = find_monitor(monitor).frame_interval_s
    for at_s, reading in found:
        assert reading.value in {course[int(at_s - lag_s)], course[int(at_s)]}


class Wire:
    """An endpoint that keeps what was written."""

    url = "none"

    def __init__(self) -> None:
        self.sent = bytearray()

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        self.sent += data


@pytest.mark.parametrize("monitor", ["masimo_ascii", "nellcor_ascii"])
def test_the_same_bytes_at_any_speed(monitor: str) -> None:
    course = [90 + i % 10 for i in range(120)]
    tracks = {"spo2": each("spo2", 1, *course), "pr": numbers("pr", *((t / 1.7, 60 + t % 40) for t in range(200)))}

    def sent(speed: float, looked_every_s: float) -> bytes:
        real = [0.0]
        clock = ScaledClock(speed, start_s=30.0, start_utc=START, real=lambda: real[0])
        wire, grid = Wire(), Grid(clock)
        station = Station(wire, make_simulated(monitor), source(Recording(tracks)), FaultPlan())  # type: ignore[arg-type]
        while clock.mono() < 90.0:
            real[0] += looked_every_s
            _pump([station], grid)
        return bytes(wire.sent[:1500])

    once = sent(1.0, 0.05)
    assert len(once) == 1500
    assert sent(20.0, 0.013) == once
    assert sent(7.0, 1.3) == once


def test_charted_entries_come_once_and_recording_changes_nothing() -> None:
    entries = tuple({"t_s": t, "type": "note"} for t in (0.0, 5.0, 5.0, 9.0))
    run = ReplayRun(Recording({"hr": each("hr", 1, 60, 61)}, charted=entries))
    run.advance(1.0)
    run.apply("infusion_paused", {"reason": ""}, 1.0)
    run.advance(0.5)  # a time that has passed
    assert (run.now_s, run.vitals()["hr"].value) == (1.0, 61)
    cuts = [0.0, 5.0, 9.0, 20.0]
    assert [len(run.charted(a, b)) for a, b in pairwise(cuts)] == [1, 2, 1]


def test_a_persons_entry_about_the_infusion_takes_the_pump_from_the_recording() -> None:
    kinds = ("infusion_started", "consciousness_assessed", "bolus_given", "oxygen_changed", "infusion_stopped")
    charted = tuple({"t_s": 10.0 * n, "type": kind} for n, kind in enumerate(kinds))
    run = ReplayRun(Recording({"hr": each("hr", 1, 60)}, charted=charted))
    run.apply("note", {}, 1.0)
    assert [entry["type"] for entry in run.charted(0.0, 100.0)] == list(kinds)
    run.apply("infusion_paused", {}, 15.0)
    run.apply("infusion_resumed", {}, 35.0)
    left = ["infusion_started", "consciousness_assessed", "oxygen_changed"]
    assert [entry["type"] for entry in run.charted(0.0, 100.0)] == left


def test_time_must_rise_and_a_cuff_is_no_track() -> None:
    with pytest.raises(ValueError, match="1 s does not come after 1 s"):
        numbers("hr", (1, 60), (1, 61))
    with pytest.raises(ValueError, match="needs a row"):
        track([])
    with pytest.raises(ValueError, match="events"):
        Recording({"nibp_sys": each("nibp_sys", 1, 120)})
