"""Simulated monitors on the wire: vitals in, bytes out, at the pace of the run's clock.

Monitors are asked on a fixed grid of the run's own time, so a run's bytes are the same however busy the computer was;
one thread serves a whole fleet.
"""

import _thread
import contextlib
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TextIO

from config.models import ConfigError
from devices.clock import Clock, ScaledClock, speed_of
from devices.registry import find_monitor
from simulators._wire_endpoints import Endpoint, open_endpoint
from simulators.faults import Fault, FaultPlan, parse_fault
from simulators.registry import make_simulated
from simulators.vitals import SimulatedMonitor, Vitals

__all__ = ["Endpoint", "Fleet", "Station", "VitalsSource", "open_endpoint", "serve", "simulate"]

#: The patient's vitals at `now_s` of the run's clock.
VitalsSource = Callable[[float], Vitals]
#: Whether the cable is pulled, at the time the vitals were last asked for.
CableOut = Callable[[], bool]

STEP_S = 0.05  # of the run's clock; twice as dense as simulated monitors are promised
MIN_PAUSE_S = 0.005  # real; at high speed several steps are done in one go
SLOWEST = 0.2  # a clock that stands still is looked at this often all the same, in times of the step
MAX_BEHIND_S = 10.0  # of the run's clock; after a longer standstill (a sleeping laptop) the time between is left out


class Station:
    """One simulated monitor at its endpoint. Pumped from one thread."""

    def __init__(
        self,
        endpoint: Endpoint,
        simulated: SimulatedMonitor,
        vitals_source: VitalsSource,
        plan: FaultPlan,
        cable_out: CableOut | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._cable_out = cable_out or (lambda: False)
        self._simulated = simulated
        self._vitals_source = vitals_source
        self._plan = plan
        self._plugged = True

    def step(self, now_s: float, wall: datetime) -> None:
        """One grid step: take what the client sent, send what is due."""
        received = self.endpoint.read()
        if received:
            self._simulated.receive(received, now_s)
        if self._plan.aborts(now_s):
            self._simulated.abort()
        vitals = self._plan.vitals(self._vitals_source(now_s), now_s)
        # The monitor talks on while its cable is out; only nobody hears it.
        data = self._plan.wire(self._simulated.send(vitals, now_s, wall), now_s)
        self._connect(not (self._plan.unplugged(now_s) or self._cable_out()))
        if data and self._plugged:
            self.endpoint.write(data)

    def _connect(self, plugged: bool) -> None:
        if plugged == self._plugged:
            return
        if not plugged:
            self.endpoint.unplug()
            self._plugged = False
            return
        with contextlib.suppress(OSError):  # the old address may still be in use; the next step asks again
            self.endpoint.plug()
            self._plugged = True


class Grid:
    """Which steps of the run's time are due. Step k stands at k x 0.05 s of the clock, whatever the computer does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start_s = clock.mono()
        self._start_wall = clock.utc().astimezone().replace(tzinfo=None)
        self._next = math.ceil(self._start_s / STEP_S)

    def due(self) -> Iterator[tuple[float, datetime]]:
        """Each due step's time on the clock, and on the monitors' own wall clock."""
        last = math.floor(self._clock.mono() / STEP_S + 1e-9)
        self._next = max(self._next, last - round(MAX_BEHIND_S / STEP_S))
        while self._next <= last:
            now_s = self._next * STEP_S
            self._next += 1
            yield now_s, self._start_wall + timedelta(seconds=now_s - self._start_s)

    @property
    def pause_s(self) -> float:
        """Real seconds until looking again is worth while."""
        return max(MIN_PAUSE_S, STEP_S / max(speed_of(self._clock), SLOWEST))


def _pump(stations: Sequence[Station], grid: Grid) -> None:
    for now_s, wall in grid.due():
        for station in stations:
            station.step(now_s, wall)


class Fleet:
    """Many simulated monitors on one clock and one thread. Add them, `start`, `stop`; or use it in a `with`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stations: list[Station] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated monitors", daemon=True)

    def add(
        self,
        monitor_name: str,
        link: str,
        vitals_source: VitalsSource,
        *,
        faults: Sequence[Fault | str] = (),
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        cable_out: CableOut | None = None,
    ) -> Endpoint:
        """A monitor at a new endpoint; its `url` can be opened at once. Call before `start`.

        `faults`: on the clock's scale, as values or in the form of the command line. ConfigError for a bad name,
        option, fault or link.
        """
        station = make_station(
            monitor_name, link, vitals_source, faults=faults, seed=seed, options=options, cable_out=cable_out
        )
        self._stations.append(station)
        return station.endpoint

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close every endpoint. May be called twice, or without `start`."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for station in self._stations:
            station.endpoint.close()

    def __enter__(self) -> "Fleet":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        grid = Grid(self._clock)
        while not self._stopping.wait(grid.pause_s):
            _pump(self._stations, grid)


def make_station(
    monitor_name: str,
    link: str,
    vitals_source: VitalsSource,
    *,
    faults: Sequence[Fault | str] = (),
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    cable_out: CableOut | None = None,
) -> Station:
    """A simulated monitor at a new endpoint. ConfigError for a bad name, option, fault or link."""
    monitor = find_monitor(monitor_name)
    simulated = make_simulated(monitor.name, **(options or {}))
    plan = FaultPlan([_planned(fault) for fault in faults], seed)
    endpoint = open_endpoint(link, monitor, stable=plan.unplugs or cable_out is not None)
    return Station(endpoint, simulated, vitals_source, plan, cable_out)


def _planned(fault: Fault | str) -> Fault:
    return parse_fault(fault) if isinstance(fault, str) else fault


def serve(station: Station, clock: Clock, stop_event: threading.Event, until_s: float = math.inf) -> None:
    """Pump one station on this thread until `stop_event`, or until `until_s` on the clock."""
    grid = Grid(clock)
    while clock.mono() < until_s and not stop_event.wait(grid.pause_s):
        _pump([station], grid)


def simulate(
    monitor_name: str,
    link: str,
    vitals_source: VitalsSource,
    *,
    faults: Sequence[Fault | str] = (),
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    start_s: float = 0.0,
    duration_s: float | None = None,
    out: TextIO | None = None,
    stop_event: threading.Event | None = None,
) -> None:
    """One monitor until `duration_s` of the clock have passed, or until SIGINT or SIGTERM.

    The first line on `out` (standard output) is the link to connect to. The default clock starts at `start_s`, now; the
    vitals source is asked on the clock's scale, the faults count from the beginning of this call. ConfigError for a bad
    name, option, fault, link or duration.
    """
    if duration_s is not None and not duration_s > 0:
        raise ConfigError(f"duration {duration_s}: expected seconds above 0")
    run_clock = clock or ScaledClock(start_s=start_s)
    begin_s = run_clock.mono()
    planned = [replace(fault, start_s=begin_s + fault.start_s) for fault in map(_planned, faults)]
    stop = stop_event or threading.Event()
    station = make_station(monitor_name, link, vitals_source, faults=planned, seed=seed, options=options)
    try:
        with _stopped_by_signals(stop):
            print(station.endpoint.url, file=out or sys.stdout, flush=True)
            until_s = math.inf if duration_s is None else begin_s + duration_s
            serve(station, run_clock, stop, until_s)
    finally:
        station.endpoint.close()


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set `stop` while inside; only the main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    # The handler runs in the thread that waits for `stop`: where that holds the event's lock, setting it here would wait for ever.
    def told(*_: object) -> None:
        _thread.start_new_thread(stop.set, ())

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
