"""A recorded session, replayed through monitor, wire, decoder and bed into a session of its own: the same numbers and doses, nobody's
name, and nothing in the patients' store."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.models import ConfigError
from config.models.scenario import Scenario
from dashboard.alarms.values import Tick
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.demo import NURSE, DemoBed
from dashboard.demo_plan import demo_bed
from dashboard.recordings import PHYSICIAN, Case, open_case
from dashboard.replay import rerun_lines
from dashboard.session.events import TYPES, SessionOpened, to_dict, type_name
from dashboard.session.fold import fold
from dashboard.session.state import Session
from dashboard.stations import monitors_of
from dashboard.store import Store, StoredTick, Stores
from simulators.replay import ReplayRun

START = datetime(2026, 3, 2, 13, 11, tzinfo=UTC)
SESSION = "01900000-0000-7000-8000-00000000aaaa"
END_S = 240
#: What must not be found again.
SECRETS = ("Jane", "Ratched", "Public", "Dr. No", "her sister", "ward 7")
GAP = range(100, 130)  # no tick at all: the program stood still
OFF = range(60, 80)  # the finger probe is off
APNOEA = range(175, 225)  # nobody breathes; the monitor says so 20 s later


def course(t: int) -> dict[str, float | None]:
    """Steps of 10 s, so that a number has stood for a while before it is compared."""
    step = t // 10
    off, breathes = t in OFF, t not in APNOEA
    return {
        "hr": 60.0 + step, "spo2": None if off else 99.0 - step % 7, "pr": None if off else 59.0 + step,
        "rr_co2": 12.0 + step % 3 if breathes else 0.0, "etco2": 36.0 + step % 5 if breathes else 0.0,
        "temp": 36.0 + step / 10,
        "no_breath": 1.0 if not breathes and t >= APNOEA.start + 20 else 0.0, "link": 0.2,
        "nibp_sys": 130.0 if t == 45 else 151.0 if t == 165 else None,
        "nibp_dia": 80.0 if t == 45 else 90.0 if t == 165 else None, "nibp_map": None,
    }  # fmt: skip


def opened(**changes: Any) -> SessionOpened:
    plan: dict[str, Any] = {
        "bed": "ward 7", "patient": "Jane Public", "weight_kg": 62.0, "age_y": 44.0, "concentration_mg_ml": 1.0,
        "planned_mg": 40.0, "planned_min": 60.0, "profile": "B-high-respiratory-risk", "profile_version": "0.1.0",
        "protocol": "as her sister had",
    }  # fmt: skip
    return SessionOpened(at=START, by="Ratched", t_s=0.0, **{**plan, **changes})


#: Second, back-dated by, type, fields.
ENTRIES: tuple[tuple[float, float, str, dict[str, Any]], ...] = (
    (5, 0, "note", {"text": "Jane is afraid"}),
    (10, 0, "checklist_answered", {"item": "start_without_temp", "answer": "override", "note": "asked by Dr. No"}),
    (20, 0, "baseline_taken", {"values": {"rate": 61.0, "sbp": 128.0}}),
    (30, 0, "infusion_started", {"rate_mg_h": 300.0, "concentration_mg_ml": 1.0, "ordered_by": "Dr. No", "source": "pump"}),
    (60, 0, "consciousness_assessed", {"scale": "moaas", "level": "4", "note": "says her sister comes"}),
    (70, 0, "infusion_paused", {"reason": "Jane asked"}),
    (80, 0, "infusion_resumed", {"rate_mg_h": 200.0, "reason": "Dr. No"}),
    (92, 12, "bolus_given", {"dose_mg": 20.0, "ordered_by": "Dr. No"}),
    (95, 0, "correction", {"of": 9, "reason": "Jane", "replacement": {"dose_mg": 2.0}}),
    (98, 0, "bolus_given", {"dose_mg": 50.0}),
    (99, 0, "correction", {"of": 11, "reason": "entered for her sister"}),
    (150, 0, "oxygen_changed", {"flow_l_min": 2.0, "device": "mask of ward 7"}),
    (160, 0, "baseline_taken", {"values": {"rate": 70.0}, "reason": "Dr. No said"}),
    (200, 0, "infusion_stopped", {"reason": "Jane"}),
)  # fmt: skip


def write(store: Store, **changes: Any) -> None:
    writer = store.writer
    writer.open_session(SESSION, opened(**changes)).result(10)
    for t_s, back_s, kind, fields in ENTRIES:
        at = START + timedelta(seconds=t_s)
        writer.append(SESSION, TYPES[kind](at=at, by="Ratched", t_s=float(t_s), back_s=float(back_s), **fields)).result(
            10
        )
    for t in range(1, END_S):
        if t not in GAP:
            notes = {"spo2": "sensor_off", "pr": "sensor_off"} if t in OFF else None
            writer.sample(SESSION, StoredTick(START + timedelta(seconds=t), 7.0 + t, Tick(float(t), course(t)), notes))
    assert writer.flush()


def again(case: Case, stores: Stores, scenario: Scenario) -> tuple[Session, dict[int, dict[str, float | None]]]:
    """What the store holds of the session that a bed recorded in front of the replaying monitors."""
    clock = BedClock(datetime.now(UTC) - timedelta(seconds=scenario.live_from_s), 1.0)
    bed = demo_bed(1, scenario)
    people = {NURSE: "nurse", PHYSICIAN: "physician"}
    bedside = Bedside(
        bed,
        monitors_of(bed),
        clock,
        stores.simulation,
        lambda *_: None,
        people=tuple(people),
        simulation=True,
        roles=people,
    )
    demo = DemoBed(bedside, clock, scenario, scenario.seed, recorded=ReplayRun(case.recording))
    demo.begin(time.monotonic(), threading.Event(), 0)
    stores.simulation.writer.flush()
    [row] = stores.simulation.sessions()
    ticks = {int(tick.t_s): dict(tick.values) for tick in stores.simulation.ticks(row.id)}
    return fold(stores.simulation.events(row.id)), ticks


@dataclass(frozen=True)
class Twice:
    """The case of a recorded session, and what came of its replay."""

    case: Case
    session: Session
    ticks: dict[int, dict[str, float | None]]
    live_sessions: int
    rerun: list[dict[str, Any]]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    folder = tmp_path_factory.mktemp("replay")
    with Stores(folder) as stores:
        write(stores.live)
    case = open_case("latest", folder)
    with Stores(folder) as stores:
        session, ticks = again(case, stores, case.scenario(float(END_S)))
        live = len(stores.live.sessions())
    rerun = [json.loads(line) for line in rerun_lines(SESSION, folder)]
    yield Twice(case, session, ticks, live, rerun)


def test_numbers_are_those_that_were_recorded(twice: Twice) -> None:
    """The monitor speaks each 1.024 s and the bed's past is made in steps of half a second: 2 s at most."""
    compared = 0
    for t in range(10, END_S - 1):
        if any(seen in GAP or course(seen) != {**course(t), **cuff_of(seen)} for seen in range(t - 2, t + 1)):
            continue
        for name in ("hr", "spo2", "pr", "rr_co2", "etco2", "temp"):
            assert twice.ticks[t][name] == pytest.approx(course(t)[name]), (t, name)
            compared += 1
    assert compared > 600


def cuff_of(t: int) -> dict[str, float | None]:
    return {name: value for name, value in course(t).items() if name.startswith("nibp")}


def test_an_oximeter_replays_each_tick_alike(twice: Twice, tmp_path: Path) -> None:
    scenario = twice.case.scenario(float(END_S)).model_copy(update={"monitors": ("masimo_ascii",)})
    with Stores(tmp_path) as stores:
        _, ticks = again(twice.case, stores, scenario)
    present = [t for t in range(1, END_S) if t not in GAP]
    assert [(t, ticks[t]["spo2"], ticks[t]["pr"]) for t in present] == [
        (t, course(t)["spo2"], course(t)["pr"]) for t in present
    ]


def test_gaps_stay_gaps(twice: Twice) -> None:
    for t in (*range(OFF.start + 3, OFF.stop), *range(GAP.start + 7, GAP.stop)):
        assert twice.ticks[t]["spo2"] is None, t
    assert twice.ticks[OFF.start + 5]["hr"] == course(OFF.start + 5)["hr"]
    assert all(twice.ticks[t]["hr"] is None for t in range(GAP.start + 7, GAP.stop))


def test_alarms_about_the_patient_are_those_of_the_recorded_session(twice: Twice) -> None:
    """The recorded ticks through the engine again, and what was recorded in front of the replaying monitor. Not in the gap: the engine stood
    still there, and now looks at a monitor without numbers."""
    before = [(one["rule"], one["change"], one["t_s"]) for one in twice.rerun if one["kind"] == "physiological"]
    events = [entry.event for entry in twice.session.alarms if entry.event.kind == "physiological"]
    events = [event for event in events if event.t_s > GAP.stop + 20]
    after = [(event.rule, type_name(event).removeprefix("alarm_"), event.t_s) for event in events]
    [raised_s] = [t_s for rule, change, t_s in before if (rule, change) == ("APNOEA", "raised")]
    assert abs(raised_s - (APNOEA.start + 15)) <= 1  # profile B: 15 s without a breath
    assert [one[:2] for one in after] == [one[:2] for one in before]
    assert all(0 <= late[2] - there[2] <= 3 for there, late in zip(before, after, strict=True))


def test_a_cuff_reading_comes_once(twice: Twice) -> None:
    read = {t: (v["nibp_sys"], v["nibp_dia"]) for t, v in twice.ticks.items() if v.get("nibp_sys") is not None}
    assert list(read.values()) == [(130, 80), (151, 90)]
    assert all(0 <= after - before <= 2 for before, after in zip((45, 165), read, strict=True))


def test_doses_and_levels_are_charted_at_their_times(twice: Twice) -> None:
    session = twice.session
    # 300 mg/h for 40 s, 200 mg/h for 120 s, and 2 mg by hand as the correction says
    assert session.given_mg(END_S) == pytest.approx(300 * 40 / 3600 + 200 * 120 / 3600 + 2.0, abs=300 * 2 / 3600)
    assert [(entry.t_s, entry.event.dose_mg) for entry in session.happened if hasattr(entry.event, "dose_mg")] == [
        (pytest.approx(80, abs=1.1), 2.0)
    ]
    assert [(round(a.t_s), a.event.level) for a in session.assessments] == [(pytest.approx(60, abs=1), "4")]
    assert [entry.event.flow_l_min for entry in session.oxygen_log] == [2.0]
    assert session.baseline is not None
    assert (session.baseline.event.values, session.baseline.by) == ({"rate": 70.0}, PHYSICIAN)
    assert session.checklist["start_without_temp"].by == PHYSICIAN


def test_it_is_a_simulation_and_nobodys(twice: Twice) -> None:
    opened_again = twice.session.opened
    assert opened_again is not None
    assert opened_again.simulation
    assert (opened_again.patient, opened_again.scenario, opened_again.protocol) == ("Replay", "replay", "")
    assert (opened_again.weight_kg, opened_again.age_y, opened_again.planned_mg) == (62.0, 44.0, 40.0)
    assert opened_again.profile == "B-high-respiratory-risk"
    assert twice.live_sessions == 1
    told = repr([to_dict(stored.event) for stored in twice.session.record]) + repr(twice.case)
    assert [secret for secret in SECRETS if secret in told] == []


def test_what_a_session_is_opened_with_names_nobody(tmp_path: Path) -> None:
    """Great age tells who somebody is; limits of another site may not exist here."""
    with Stores(tmp_path) as stores:
        write(stores.live, age_y=97.0, profile="our-own")
    scenario = open_case(SESSION[:20], tmp_path).scenario(60.0)
    assert (scenario.patient.age_y, scenario.profile) == (None, "A-standard-adult")


def test_the_number_of_a_case_tells_recordings_apart(twice: Twice, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("t_s,hr\n0,60\n1,61\n", encoding="utf-8")
    seeds = {case.scenario(s).seed for case in (twice.case, open_case(str(path))) for s in (60.0, 120.0)}
    assert len(seeds) == 4
    assert twice.case.scenario(60.0).seed in seeds


def test_a_refused_entry_is_left_out_and_the_next_one_is_not(tmp_path: Path) -> None:
    """No scale has a level 9; level 3 after it is charted all the same."""
    path = tmp_path / "case.csv"
    path.write_text("t_s,spo2,loc\n0,97,\n5,97,9\n10,97,3\n20,97,\n", encoding="utf-8")
    case = open_case(str(path))
    with Stores(tmp_path / "data") as stores:
        session, _ = again(case, stores, case.scenario(20.0))
    assert [entry.event.level for entry in session.assessments] == ["3"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("latest", "no session is recorded (nor is 'latest' a .csv or .vital file)"),
        ("nothing", "no session 'nothing'; `sessions` lists them (nor is"),
        ("notes.txt", "notes.txt: a recording is a .csv or a .vital file, or a session"),
        ("none.csv", "none.csv: No such file"),
        ("none.vital", "none.vital: No such file"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, told: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").touch()
    with pytest.raises(ConfigError) as error:
        open_case(source, tmp_path / "data")
    assert told in str(error.value)
    assert not (tmp_path / "data").exists()


def test_a_session_without_vitals(tmp_path: Path) -> None:
    with Stores(tmp_path) as stores:
        stores.live.writer.open_session(SESSION, opened()).result(10)
    with pytest.raises(ConfigError, match=f"session {SESSION}: no vitals were recorded in it"):
        open_case("latest", tmp_path)
