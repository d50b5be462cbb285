"""The past of a simulated bed made by another process: the same to the bit, and not lost with that process."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.models.effects import CableOut, Fix
from config.models.scenario import Scenario
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.demo import NURSE, DemoBed
from dashboard.demo_plan import USUAL, demo_bed
from dashboard.past_maker import PastLost, PastMaker
from dashboard.session.events import to_dict, type_name
from dashboard.stations import monitors_of
from dashboard.store import Stores
from simulators.past import STEP_S, End, Job, Step, past, wall_clock
from simulators.scenario import find_scenario

OPENED = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before Europe's clocks go forward
UNTIL_S = 400.0  # past the start of the infusion
SHORT = find_scenario(USUAL).model_copy(
    update={"live_from_s": UNTIL_S, "monitors": ("philips_intellivue", "masimo_ascii")}
)


def job(until_s: float = UNTIL_S) -> Job:
    return Job(SHORT, 7, {"monitor": "philips_intellivue", "finger": "masimo_ascii"}, OPENED, until_s)


def split(made: Sequence[Step | End]) -> tuple[list[Step], End]:
    *steps, end = made
    assert isinstance(end, End)
    return [step for step in steps if isinstance(step, Step)], end


def test_another_process_makes_the_same_past_and_hands_the_patient_over() -> None:
    with closing(PastMaker()) as maker:
        maker.make({"bed-1": job(), "bed-2": job(30.0)})
        first, second = maker.past("bed-1"), maker.past("bed-2")
        assert first is not None and second is not None
        theirs, their_end = split(list(first))
        assert len(list(second)) == 30 / STEP_S + 1
        assert maker.past("bed-3") is None
    ours, our_end = split(list(past(job())))
    assert theirs == ours and len(ours) == UNTIL_S / STEP_S
    assert any(entry["type"] == "infusion_started" for step in ours for entry in step.charted or ())
    assert {device for step in ours for device, items in step.heard if items} == {"monitor", "finger"}
    # Both go on alike: the patient and the monitors' conversations.
    for end in (their_end, our_end):
        end.run.advance(UNTIL_S + 60)
    assert their_end.run.vitals() == our_end.run.vitals()
    wall = wall_clock(OPENED)
    heard = [[end.talk.step(end.run.vitals(), UNTIL_S + n, wall) for n in range(3)] for end in (their_end, our_end)]
    assert heard[0] == heard[1] and any(items for step in heard[0] for _, items in step)


ENDS_EARLY = """
import itertools, pickle, sys
from simulators.past import past, read_message, write_message
[job, *_] = pickle.loads(read_message(sys.stdin.buffer))
write_message(sys.stdout.buffer, pickle.dumps(list(itertools.islice(past(job), 100))))
"""


def test_a_process_that_ends_early_is_told_from_one_that_is_done() -> None:
    with closing(PastMaker((sys.executable, "-P", "-c", ENDS_EARLY))) as maker:
        maker.make({"bed-1": job(), "bed-2": job()})
        first, second = maker.past("bed-1"), maker.past("bed-2")
        assert first is not None and second is not None
        with pytest.raises(PastLost):
            list(first)
        with pytest.raises(PastLost):
            list(second)


def test_a_maker_that_nobody_asks_ends_with_its_program() -> None:
    maker = PastMaker()
    maker.close()
    assert maker._process.poll() is not None
    maker.make({"bed-1": job()})  # too late: no pipe is left to speak through
    made = maker.past("bed-1")
    assert made is not None
    with pytest.raises(PastLost):
        list(made)


def recorded(
    folder: Path, made: Iterator[Step | End] | None, scenario: Scenario = SHORT
) -> tuple[list[Any], list[Any], dict[str, Any], object]:
    """Events, ticks, what a screen gets at the end, and the run that the bed goes on with."""
    clock, bed = BedClock(OPENED, 1.0), demo_bed(1, scenario)
    with Stores(folder) as stores:
        people = {NURSE: "nurse"}
        bedside = Bedside(
            bed, monitors_of(bed), clock, stores.simulation, lambda *_: None, people=tuple(people), simulation=True, roles=people
        )  # fmt: skip
        demo = DemoBed(bedside, clock, scenario, 7, made=made)
        demo._open_session()
        demo._make_past(
            lambda: scenario.live_from_s, threading.Event()
        )  # `begin` would go on to now, a little later each time
        stores.simulation.writer.flush()
        [row] = stores.simulation.sessions()
        events = [(type_name(e.event), e.event.t_s, to_dict(e.event)) for e in stores.simulation.events(row.id)]
        ticks = list(stores.simulation.ticks(row.id))
        bedside.poll()
        return events, ticks, bedside.snapshot()["values"], demo.patient._run


def interrupted() -> Iterator[Step | End]:
    for step in past(
        Job(SHORT, 7, {"philips_intellivue": "philips_intellivue", "masimo_ascii": "masimo_ascii"}, OPENED, UNTIL_S)
    ):
        if isinstance(step, Step) and step.at_s > 333.25:
            raise PastLost
        yield step


def test_the_record_is_the_same_however_its_past_was_made(tmp_path: Path) -> None:
    monitors = {device.name: device.monitor for device in demo_bed(1, SHORT).devices}
    here = recorded(tmp_path / "here", None)
    made = list(past(Job(SHORT, 7, monitors, OPENED, UNTIL_S)))
    there = recorded(tmp_path / "there", iter(made))
    assert there[3] is split(made)[1].run  # handed over, not walked once more
    lost = recorded(tmp_path / "lost", interrupted())
    assert len(here[1]) >= UNTIL_S - 1
    for other in (there, lost):
        assert [(kind, t_s) for kind, t_s, _ in other[0]] == [(kind, t_s) for kind, t_s, _ in here[0]]
    assert [tick.values for tick in there[1]] == [tick.values for tick in here[1]]
    # New conversations were begun in the middle, which read the same patient at other moments; none of it is a gap.
    for name in ("hr", "spo2"):
        pairs = [(a.values.get(name), b.values.get(name)) for a, b in zip(lost[1], here[1], strict=True)]
        assert all(a == b for a, b in pairs[:330])
        assert sum(a is None for a, _ in pairs[330:]) <= 5
        assert all(a is None or b is None or abs(a - b) <= 3 for a, b in pairs[330:])


def test_a_cable_that_was_out_is_a_lost_line_of_the_past_too(tmp_path: Path) -> None:
    """The monitor went on meanwhile: what it measured then is nowhere."""
    pulled = SHORT.model_copy(
        update={"effects": (CableOut(at_s=100, duration_s=900), Fix(at_s=160, what="cable")), "live_from_s": 240.0}
    )
    events, ticks, values, _ = recorded(tmp_path, None, pulled)
    lost = [(kind, t_s) for kind, t_s, fields in events if kind in ("device_lost", "device_connected") and t_s > 10]
    assert [kind for kind, _ in lost] == ["device_lost"] * 2 + ["device_connected"] * 2
    assert all(104 <= t_s <= 107 for kind, t_s in lost if kind == "device_lost")
    alarms = [
        (kind, t_s) for kind, t_s, fields in events if kind.startswith("alarm_") and fields["rule"] == "LINK_LOST"
    ]
    assert alarms[0][0] == "alarm_raised" and 104 <= alarms[0][1] <= 107
    heard = {tick.t_s: tick.values.get("spo2") for tick in ticks}
    assert all(heard[t] is None for t in range(105, 159)) and heard[98] is not None and heard[170] is not None
    assert values["spo2"]["value"] is not None
