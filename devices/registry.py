"""One protocol, one registry: a module in `devices.monitors` that defines `MONITOR` is the whole registration."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, Protocol, runtime_checkable

from config.models import ConfigError
from devices.readings import Fault, Reading


class Decoder(Protocol):
    """Bytes in, readings out. Never raises on any input; memory stays bounded."""

    #: Good frames so far, and frames or lines rejected so far (raw counters for the devices page and `doctor`).
    frames: int
    rejects: int

    def feed(self, data: bytes) -> list[Reading | Fault]: ...


@runtime_checkable
class PollingDecoder(Protocol):
    """A decoder whose protocol asks for requests. `poll` is called at least ten times a second and after every read,
    with a monotonic time; it returns the bytes to send now (often empty). `close` returns a polite farewell."""

    def poll(self, now_s: float) -> bytes: ...

    def close(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Monitor:
    """One device that this version reads. `frame_interval_s`: longest normal time between good frames.

    `silence_hint` is told to the user after 5 s of silence on an open port. `confidence`: how far the protocol facts
    are to be trusted (H vendor documents, M public implementations).
    """

    name: str
    title: str
    make_decoder: Callable[[], Decoder]
    signals: tuple[str, ...]
    baud: int
    frame_interval_s: float = 1.0
    bits: int = 8
    parity: Literal["N", "E", "O"] = "N"
    stop: float = 1
    xonxoff: bool = False
    kind: Literal["monitor", "pump"] = "monitor"
    transport: Literal["serial", "udp", "tcp"] = "serial"
    confidence: Literal["H", "M-H", "M"] = "H"
    silence_hint: str = "no data: check the cable and the monitor's serial output setting"

    @property
    def lost_after_s(self) -> float:
        """Silence after which the link counts as lost (design section 3)."""
        return max(5.0, 2.5 * self.frame_interval_s)


@cache
def load_monitors() -> dict[str, Monitor]:
    package = import_module("devices.monitors")
    modules = sorted(m.name for m in iter_modules(package.__path__) if not m.name.startswith("_"))
    found = (import_module(f"{package.__name__}.{name}") for name in modules)
    return {module.MONITOR.name: module.MONITOR for module in found if hasattr(module, "MONITOR")}


def find_monitor(name: str) -> Monitor:
    """The monitor of that name; a hyphen is accepted for an underscore. ConfigError names the known ones."""
    monitors = load_monitors()
    try:
        return monitors[name.strip().lower().replace("-", "_")]
    except KeyError:
        known = ", ".join(sorted(monitors))
        raise ConfigError(f"unknown monitor {name!r}; this version reads: {known}") from None
