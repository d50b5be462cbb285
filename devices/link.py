"""The live side of a device: one thread per port that opens, reads, asks, stamps with time, and opens again.

Together with `devices._link_port` the only place that touches a port. A silent peer raises nothing, so silence is
watched by the clock; a lost port is looked for again until `stop`.
"""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import serial

from devices._link_port import PORT_ERRORS, LinkError, PortSettings, Target, explain, normal_url, open_port
from devices.clock import Clock, speed_of
from devices.readings import Fault, Reading
from devices.registry import Decoder, Monitor, PollingDecoder

__all__ = ["Link", "LinkError", "LinkStatus", "PortSettings", "normal_url", "open_port"]

State = Literal["connecting", "open", "live", "lost", "stopped"]
#: What one read gave, with the clock's monotonic seconds and UTC just after the bytes came in.
OnItems = Callable[[list[Reading | Fault], float, datetime], None]
#: Raw bytes as they pass, for a capture file: direction, bytes, monotonic seconds.
Tee = Callable[[Literal["rx", "tx"], bytes, float], None]

FIRST_RETRY_S = 0.5
CHUNK_BYTES = 4096
READ_TIMEOUT_S = 0.1
POLL_INTERVAL_S = 0.05  # twice the ten times a second that decoders are promised
SILENCE_HINT_AFTER_S = 5.0
CHECK_TARGET_AFTER_S = 1.0
#: A network peer that died without a word looks like a quiet one; a new connection costs a quiet one nothing.
REDIAL_AFTER_S = 60.0


class Backoff:
    """How long to wait before the next opening: from 0.5 s, doubled up to the error's own `retry_s`, with jitter
    downwards so that many links do not all knock at once."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.reset()

    def reset(self) -> None:
        self._wait_s = FIRST_RETRY_S

    def next_s(self, limit_s: float) -> float:
        wait_s = min(self._wait_s, limit_s)
        self._wait_s = 2 * wait_s
        return wait_s * self._rng.uniform(0.8, 1.0)


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """Raw counters of one link, at one instant; totals since `start`, over every opening.

    `state`: `connecting` no port yet; `open` port open, no good frame yet; `live` good frames; `lost` the port went
    away, or no good frame for the monitor's `lost_after_s`; `stopped`. `detail` is one line for a person, empty
    when all is well. `age_s`: since the last good frame, None before the first; `silent_s`: the same, or since the start.
    """

    state: State
    detail: str
    bytes_read: int
    bytes_written: int
    frames: int
    rejects: int
    openings: int
    age_s: float | None
    silent_s: float


class Link:
    """Reads one monitor until `stop`. `on_items` is called on the link's thread with every non-empty result.

    `port`: anything `serial.serial_for_url` takes (device path, COM3, socket://HOST:PORT, rfc2217://, loop://) or
    `tcp:HOST:PORT`. `overrides`: fields of `PortSettings` that the station sets otherwise. `rng` spreads the retries.
    Times given out are the clock's; waiting between retries is real time, because ports are real.
    """

    def __init__(
        self,
        monitor: Monitor,
        port: str,
        on_items: OnItems,
        clock: Clock,
        *,
        rng: random.Random | None = None,
        tee: Tee | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self.monitor = monitor
        self.port = port
        self.settings = PortSettings.of(monitor, **(overrides or {}))
        self._on_items = on_items
        self._clock = clock
        self._rng = rng or random.Random()
        self._tee = tee
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"link {port}", daemon=True)
        now_s = clock.mono()
        self._counts = _Counts(started_s=now_s, opened_s=now_s)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 6.0) -> None:
        """Say goodbye where the protocol has a farewell, close the port, end the thread. May be called twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def __enter__(self) -> "Link":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def status(self) -> LinkStatus:
        """The counters now; safe from any thread."""
        with self._lock:
            return self._counts.snapshot(self._clock.mono(), self.monitor, self.settings)

    # The thread.

    def _run(self) -> None:
        backoff = Backoff(self._rng)
        try:
            while not self._stopping.is_set():
                heard = self._counts.bytes_read
                try:
                    self._converse()
                    backoff.reset()  # the name leads elsewhere now: open that at once
                except LinkError as error:
                    if self._counts.bytes_read > heard:
                        backoff.reset()
                    self._note(port_open=False, problem=str(error))
                    self._stopping.wait(backoff.next_s(error.retry_s))
        except BaseException as error:
            self._note(port_open=False, problem=f"{self.port}: reading stopped by an internal error: {error!r}")
            raise
        with self._lock:
            self._counts.stopped = True

    def _converse(self) -> None:
        """Open the port and read until `stop` or until its name leads elsewhere. LinkError when it fails."""
        decoder = self.monitor.make_decoder()
        poller = decoder if isinstance(decoder, PollingDecoder) else None
        timeout_s = self._timeout_s(poller)
        target = Target.of(self.port)
        port = open_port(self.port, self.settings, timeout_s)
        try:
            self._note(port_open=True, problem="")
            while not self._stopping.is_set():
                if port.timeout != (timeout_s := self._timeout_s(poller)):
                    port.timeout = timeout_s  # the clock's speed was changed
                self._read(port, decoder)
                if poller:
                    self._write(port, poller.poll(self._clock.mono()))
                if self._leads_elsewhere(target):
                    return
            if poller:
                self._write(port, poller.close())
                with self._port_failures(), contextlib.suppress(AttributeError, NotImplementedError):
                    port.flush()  # a socket has nothing to wait for
        finally:
            with contextlib.suppress(*PORT_ERRORS):
                port.close()

    def _timeout_s(self, poller: PollingDecoder | None) -> float:
        """A scaled clock needs its polls as densely in its own time."""
        return READ_TIMEOUT_S if poller is None else POLL_INTERVAL_S / max(1.0, speed_of(self._clock))

    def _read(self, port: serial.Serial, decoder: Decoder) -> None:
        """One chunk to the decoder and on. What came before a failure is delivered first."""
        data, failure = b"", None
        try:
            with self._port_failures():
                data = bytes(port.read(1))
                while data and len(data) < CHUNK_BYTES and (waiting := port.in_waiting):
                    data += port.read(min(waiting, CHUNK_BYTES - len(data)))
        except LinkError as error:
            failure = error
        if data:
            now_s, utc = self._clock.mono(), self._clock.utc()
            if self._tee:
                self._tee("rx", data, now_s)
            frames, rejects = decoder.frames, decoder.rejects
            items = decoder.feed(data)
            with self._lock:
                self._counts.read(len(data), decoder.frames - frames, decoder.rejects - rejects, items, now_s)
            if items:
                self._on_items(items, now_s, utc)
        if failure:
            raise failure

    def _write(self, port: serial.Serial, data: bytes) -> None:
        if not data:
            return
        with self._port_failures():
            try:
                port.write(data)
            except serial.SerialTimeoutException:
                return  # the other end holds us off; the protocol asks again
        if self._tee:
            self._tee("tx", data, self._clock.mono())
        with self._lock:
            self._counts.bytes_written += len(data)

    @contextlib.contextmanager
    def _port_failures(self) -> Iterator[None]:
        """Only what the port itself raises means an unplugged port; an error of ours must not look like one."""
        try:
            yield
        except PORT_ERRORS as error:
            raise explain_loss(self.port, error) from error

    def _leads_elsewhere(self, target: Target | None) -> bool:
        """Looked at only while the port is silent: a talking port is the right one."""
        now_s = self._clock.mono()
        silent_s = now_s - self._counts.heard_s
        if target is None:
            redial_s = max(REDIAL_AFTER_S, 10 * self.monitor.frame_interval_s)
            return "://" in normal_url(self.port) and silent_s > redial_s
        if silent_s < CHECK_TARGET_AFTER_S or now_s - self._counts.checked_s < CHECK_TARGET_AFTER_S / 2:
            return False
        self._counts.checked_s = now_s
        return target.moved()

    def _note(self, *, port_open: bool, problem: str) -> None:
        with self._lock:
            self._counts.note(port_open, problem, self._clock.mono())


def explain_loss(port: str, error: Exception) -> LinkError:
    """Why an open port failed. Nearly always the cable; the system's own word otherwise."""
    told = explain(port, error)
    if "cannot be opened" in str(told) or "not reachable" in str(told) or "not a port" in str(told):
        return LinkError(f"{port}: disconnected: check the cable and that the monitor or adapter is on", 1.0)
    return told


@dataclass(slots=True)
class _Counts:
    """Mutable behind the link's lock; `snapshot` is what others see."""

    started_s: float
    opened_s: float
    stopped: bool = False
    port_open: bool = False
    problem: str = ""
    bytes_read: int = 0
    bytes_written: int = 0
    frames: int = 0
    rejects: int = 0
    openings: int = 0
    good_s: float | None = None
    heard_s: float = 0.0
    heard_since_open: int = 0
    good_since_open: bool = False
    last_fault: str = ""
    checked_s: float = 0.0

    def note(self, port_open: bool, problem: str, now_s: float) -> None:
        self.port_open, self.problem = port_open, problem
        if port_open:
            self.openings += 1
            self.opened_s = self.heard_s = now_s
            self.heard_since_open, self.good_since_open, self.last_fault = 0, False, ""

    def read(self, size: int, frames: int, rejects: int, items: list[Reading | Fault], now_s: float) -> None:
        self.bytes_read += size
        self.heard_since_open += size
        self.heard_s = now_s
        self.frames += frames
        self.rejects += rejects
        if frames > 0:
            self.good_s, self.good_since_open = now_s, True
        for item in items:
            if isinstance(item, Fault):
                self.last_fault = item.reason

    def snapshot(self, now_s: float, monitor: Monitor, settings: PortSettings) -> LinkStatus:
        age_s = None if self.good_s is None else max(0.0, now_s - self.good_s)
        return LinkStatus(
            self._state(age_s, monitor),
            self._detail(age_s, now_s, monitor, settings),
            self.bytes_read,
            self.bytes_written,
            self.frames,
            self.rejects,
            self.openings,
            age_s,
            max(0.0, now_s - self.started_s) if age_s is None else age_s,
        )

    def _state(self, age_s: float | None, monitor: Monitor) -> State:
        if self.stopped:
            return "stopped"
        if age_s is not None and (not self.port_open or age_s > monitor.lost_after_s):
            return "lost"
        if not self.port_open:
            return "lost" if self.openings else "connecting"
        return "open" if age_s is None else "live"

    def _detail(self, age_s: float | None, now_s: float, monitor: Monitor, settings: PortSettings) -> str:
        if not self.port_open:
            return self.problem
        good_since_s = self.opened_s if age_s is None or not self.good_since_open else now_s - age_s
        if now_s - good_since_s < max(SILENCE_HINT_AFTER_S, monitor.lost_after_s if self.good_since_open else 0.0):
            return ""
        if self.heard_since_open and now_s - self.heard_s < SILENCE_HINT_AFTER_S:
            why = f" ({self.last_fault})" if self.last_fault else ""
            return f"bytes arrive but no good frame{why}: check the output format and {settings} on the monitor"
        return monitor.silence_hint
