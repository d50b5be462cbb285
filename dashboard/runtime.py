"""Puts the parts together for the commands that run: `demo`, `serve`, `simulate`."""

import logging
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from filelock import FileLock, Timeout

from config.models import ConfigError, DashboardError
from config.models.station import TRAINING_BED, Bed, Device, Station
from dashboard.app import make_app
from dashboard.bed_clock import BedClock
from dashboard.bedside.bedside import Bedside
from dashboard.bedside.links import link_view
from dashboard.bedside.ward import WAKE_S, Ward
from dashboard.data_dir import own_scenarios
from dashboard.demo import NURSE, DemoBed, close_forgotten
from dashboard.demo_plan import USUAL, DemoPlan
from dashboard.escalation.courier import couriers
from dashboard.escalation.desk import Desk
from dashboard.escalation.screens import Screens
from dashboard.escalation.steps import Step
from dashboard.live.gate import require_loopback
from dashboard.live.hub import Hub
from dashboard.past_maker import PastMaker
from dashboard.recordings import PHYSICIAN, replayed
from dashboard.services import PageServices
from dashboard.stations import monitors_of, read_station
from dashboard.store import Store, StoreError, Stores
from dashboard.store.places import NAMES
from dashboard.training.room import TrainingRoom
from devices.clock import ScaledClock, SystemClock
from devices.link import Link
from simulators.replay import ReplayRun
from simulators.scenario import Run, find_scenario
from simulators.vitals import PatientRun
from simulators.wire import simulate

log = logging.getLogger(__name__)

DEMO_ROLES = {NURSE: "nurse", "C. Charge": "charge", PHYSICIAN: "physician", "T. Trainer": "trainer"}
DEMO_PEOPLE = tuple(DEMO_ROLES)
#: Beside the usual steps, a contact that shows when a physician would be called. Simulated beds send nothing.
DEMO_STEPS = (Step(3, "On-call physician", "high", 60.0), Step(3, "On-call physician", "medium", 300.0))
#: A demo that was killed goes on where it was if it is started again within this time; a later start begins anew.
RESUME_WITHIN_S = 1800.0


class PortTaken(DashboardError):
    """The web page's port cannot be had; the message says who can act."""


def run_demo(plan: DemoPlan, pasts: PastMaker, *, host: str, port: int, browser: bool, data_dir: Path | None) -> None:
    host = require_loopback(host)
    with ExitStack() as stack:
        listening = stack.enter_context(listen(host, port))
        stores = stack.enter_context(_stores(data_dir, stack, simulation=True))
        store = stores.simulation
        hub = Hub(lambda: datetime.now(UTC), apart=(TRAINING_BED,))
        desk = Desk(
            None, Screens(DEMO_PEOPLE, apart=(TRAINING_BED,)), publish=partial(_publish_rows, hub), more=DEMO_STEPS
        )
        demo: list[DemoBed] = []
        for number, one in enumerate(plan.beds, 1):
            publish = partial(_publish, hub, one.bed.id)
            bedside = Bedside(
                one.bed,
                monitors_of(one.bed),
                one.clock,
                store,
                publish,
                people=DEMO_PEOPLE,
                simulation=True,
                desk=desk,
                roles=DEMO_ROLES,
            )
            bedside.hold()
            recorded = ReplayRun(plan.recording) if plan.recording is not None and number == 1 else None
            made = pasts.past(one.bed.id)
            demo.append(DemoBed(bedside, one.clock, one.scenario, one.seed, one.again, recorded, made=made))
        room = _training_room(hub, desk, store, DEMO_ROLES)
        ward = Ward(
            [one.bedside for one in demo],
            partial(_trouble, stores.existing),
            desk,
            training=(room.bedside,),
            wake_s=min(WAKE_S, 0.2 / plan.beds[0].clock.speed),
        )
        services = PageServices(
            ward,
            stores,
            DEMO_PEOPLE,
            "Simulated clinic",
            plan.beds[0].scenario.profile,
            simulation=True,
            roles=DEMO_ROLES,
        )
        stack.callback(services.close)
        stop = threading.Event()
        script = threading.Thread(target=_play, args=(demo, plan.beds[0].began, stop), name="demo", daemon=True)
        room.start_up()
        ward.start()
        script.start()
        try:
            _serve(make_app(ward, hub, services, room), listening, browser=browser)
        finally:
            stop.set()
            room.close()
            script.join(timeout=10)
            ward.stop()  # before the links: a line that we close ourselves is not a device lost
            for bed_of_demo in demo:
                bed_of_demo.stop()
            for row in store.open_sessions():
                close_forgotten(store, row.id)


def _training_room(hub: Hub, desk: Desk, store: Store, roles: Mapping[str, str]) -> TrainingRoom:
    make = partial(_training_bedside, hub, store, roles)
    return TrainingRoom(
        make, watched=partial(desk.screens.anyone, TRAINING_BED), at_bed=partial(desk.screens.people, TRAINING_BED)
    )


def _rooms_of(station: Station, stores: Stores, hub: Hub, desk: Desk, roles: Mapping[str, str]) -> list[TrainingRoom]:
    """The station's training room, over the store of simulations. None where that cannot be had: patients do not wait for it."""
    if not station.training:
        return []
    try:
        _refuse_unwritable(stores.data_dir / NAMES[True])
        return [_training_room(hub, desk, stores.simulation, roles)]
    except DashboardError as error:
        log.warning("no training room: %s", error)
        return []


def _training_bedside(hub: Hub, store: Store, roles: Mapping[str, str], clock: BedClock) -> Bedside:
    """The bed of the training room: one monitor that shows everything, and a desk of its own, since an exercise calls nobody."""
    bed = Bed(
        id=TRAINING_BED,
        title="Training",
        devices=(Device(name="monitor", monitor="philips_intellivue", port="simulated-training"),),
    )
    publish = partial(_publish, hub, bed.id)
    return Bedside(
        bed,
        monitors_of(bed),
        clock,
        store,
        publish,
        people=tuple(roles),
        simulation=True,
        desk=Desk(alone=True),
        roles=roles,
    )


def _play(demo: list[DemoBed], began: float, stop: threading.Event) -> None:
    """Each bed's past in turn; a bed is live as soon as its own is made. Then the scenarios' own entries as they fall due."""
    live: list[DemoBed] = []
    for one in demo:
        if stop.is_set():
            return
        try:
            one.begin(began, stop, RESUME_WITHIN_S)
            one.go_live()
            live.append(one)
        except Exception:
            log.exception("the simulated bed %s could not be started", one.bedside.id)
        finally:
            one.bedside.release()
    while not stop.wait(0.5):
        for one in live:
            try:
                one.chart_script()
            except DashboardError as error:
                # A nurse may have stopped the pump that the script would still change: the person is right.
                log.info("%s: scripted entry left out: %s", one.bedside.id, error)


def run_station(config: Path, *, host: str, port: int, data_dir: Path | None) -> None:
    host = require_loopback(host)
    station = read_station(config)
    people = tuple(person.name for person in station.people)
    roles: dict[str, str] = {person.name: person.role for person in station.people}
    kinds = {bed.id: monitors_of(bed) for bed in station.beds}
    with ExitStack() as stack:
        listening = stack.enter_context(listen(host, port))
        stores = stack.enter_context(_stores(data_dir, stack, simulation=False))
        store = stores.live
        hub = Hub(lambda: datetime.now(UTC), apart=(TRAINING_BED,))
        carriers = couriers(station.escalation.contacts)
        desk = Desk(station.escalation, Screens(people, apart=(TRAINING_BED,)), carriers, partial(_publish_rows, hub))
        stack.callback(desk.stop)
        clock = SystemClock()
        links: list[Link] = []
        bedsides: list[Bedside] = []
        for bed in station.beds:
            publish = partial(_publish, hub, bed.id)
            bedside = Bedside(
                bed, kinds[bed.id], clock, store, publish, people=people, simulation=False, desk=desk, roles=roles
            )
            for device in bed.devices:
                overrides = {"baud": device.baud} if device.baud is not None else None
                take = partial(_take, bedside, device.name)
                link = Link(kinds[bed.id][device.name], device.port, take, clock, overrides=overrides)
                bedside.links[device.name] = link_view(link)
                links.append(link)
            bedsides.append(bedside)
        rooms = _rooms_of(station, stores, hub, desk, roles)
        # Trouble with the store of simulations is none of the patients' record.
        ward = Ward(bedsides, partial(_trouble, lambda: [store]), desk, training=[room.bedside for room in rooms])
        for bedside in bedsides:
            bedside.resume_open()
        for link in links:
            stack.callback(link.stop)
            link.start()
        for room in rooms:
            stack.callback(room.close)
            room.start_up()
        stack.callback(ward.stop)  # the first to stop: a line that we close ourselves is not a device lost
        ward.start()
        services = PageServices(ward, stores, people, station.name, station.profile, simulation=False, roles=roles)
        stack.callback(services.close)
        _serve(make_app(ward, hub, services, *rooms), listening, browser=False)


def run_simulator(
    monitor: str,
    link: str,
    *,
    scenario: str | None,
    seed: int | None,
    duration_s: float | None,
    start_s: float | None,
    faults: tuple[str, ...],
    replay: str | None = None,
    speed: float = 1.0,
    data_dir: Path | None = None,
) -> None:
    """One simulated monitor of a scenario's patient, or of a recording, until its time is over or a signal ends it."""
    run: PatientRun
    if (case := replayed(replay, data_dir, start_s, scenario=scenario)) is not None:
        run, begin_s = ReplayRun(case.recording), case.begin_s(start_s)
        duration_s = case.recording.end_s - begin_s if duration_s is None else duration_s
        seed = seed or 0
    else:
        run = Run(find_scenario(USUAL if scenario is None else scenario, own_scenarios(data_dir)), seed)
        begin_s, seed = run.scenario.live_from_s if start_s is None else start_s, run.seed
        if not begin_s <= run.scenario.duration_s:
            raise ConfigError(f"--start {begin_s:g}: {run.scenario.id} ends after {run.scenario.duration_s:g} s")

    def vitals(now_s: float) -> Mapping[str, Any]:
        run.advance(now_s)
        return run.vitals()

    clock = ScaledClock(speed, start_s=begin_s)
    simulate(monitor, link, vitals, clock=clock, duration_s=duration_s, faults=faults, seed=seed)


def _take(bedside: Bedside, device: str, items: Any, mono_s: float, utc: datetime) -> None:
    bedside.take(device, items, mono_s, utc)


def _publish(hub: Hub, bed: str, kind: str, at: datetime, fields: Mapping[str, Any]) -> None:
    hub.publish(kind, bed, at, fields)


def _publish_rows(hub: Hub, fields: Mapping[str, Any]) -> None:
    hub.publish("escalation", None, datetime.now(UTC), fields)


def _trouble(stores: Callable[[], Iterable[Store]]) -> list[str]:
    out = []
    for store in stores():
        health = store.health()
        if not health.ok:
            waiting = f" ({health.queued} waiting)" if health.queued else ""
            out.append(f"{health.message}{waiting}")
    return out


def _stores(data_dir: Path | None, stack: ExitStack, *, simulation: bool) -> Stores:
    """Both stores of the data folder, which no other Infusion Dashboard may drive at the same time. `simulation`: the one that
    will be written."""
    stores = Stores(data_dir)
    _refuse_unwritable(stores.data_dir / NAMES[simulation])
    try:
        stores.data_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(stores.data_dir / "in-use.lock", timeout=0)
        stack.enter_context(lock)
    except Timeout:
        raise PortTaken(
            f"{stores.data_dir}: another Infusion Dashboard records here; end it, or give another --data-dir"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{stores.data_dir}: cannot be used for sessions: {error.strerror}; give another --data-dir"
        ) from None
    return stores


def _refuse_unwritable(database: Path) -> None:
    """SQLite opens a read-only file without a word and fails at the first entry: too late to be told."""
    if database.exists() and not os.access(database, os.R_OK | os.W_OK):
        raise StoreError(f"{database}: the database may not be written: check the rights of file and folder")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on loopback. PortTaken when another program has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise PortTaken(
            f"port {port} cannot be opened: {error.strerror}; end what uses it, or give another --port"
        ) from None
    return sock


def _serve(app: Any, listening: socket.socket, *, browser: bool) -> None:
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    # Not compressed: a kilobyte a second for each screen costs a near network nothing, packing it a third of the event loop.
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", ws="websockets-sansio", ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    # Port and engine threads hand the interpreter back to the event loop sooner than Python's 5 ms.
    sys.setswitchinterval(0.001)
    print(f"Infusion Dashboard: {url}  (Ctrl-C ends)", flush=True)
    if browser:
        threading.Thread(target=_open_browser, args=(server, url), daemon=True).start()
    with _ended_by_signals(server):
        server.run(sockets=[listening])


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """SIGINT and SIGTERM end the server, and then what called it: uvicorn raises a signal again once it has closed, which
    would cut off the last samples on their way to the disk and the farewell to the monitors."""

    def end(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open_browser(server: uvicorn.Server, url: str) -> None:
    for _ in range(100):
        if server.started:
            webbrowser.open(url)
            return
        time.sleep(0.05)
