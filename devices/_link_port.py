"""Opening a port, and saying in one line why it did not open and who can mend it."""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass, replace
from typing import Any, Literal

import serial

from config.models import DashboardError
from devices.registry import Monitor

try:
    from termios import error as _termios_error
except ImportError:  # Windows has no termios
    _termios_error = OSError  # type: ignore[misc,assignment]

#: Everything a vanishing port has been seen to raise. TypeError: pyserial reads from a handle that is already None.
PORT_ERRORS: tuple[type[Exception], ...] = (serial.SerialException, OSError, TypeError, ValueError, _termios_error)

#: A port that is merely absent is looked for this often: a monitor that comes back must show within 3 s.
ABSENT_RETRY_S = 1.0
#: What only a person can mend (rights, another program) is tried more slowly.
BLOCKED_RETRY_S = 5.0

_ABSENT = {
    errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO, errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED,
    errno.EPIPE, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN,
}  # fmt: skip


class LinkError(DashboardError):
    """A port cannot be used now. The message names it, what is wrong and who can act; the caller retries, at first
    soon and at last each `retry_s`."""

    def __init__(self, message: str, retry_s: float = BLOCKED_RETRY_S) -> None:
        super().__init__(message)
        self.retry_s = retry_s


@dataclass(frozen=True, slots=True)
class PortSettings:
    """Line settings. `dtr` and `rts`: modem lines to force, or None to leave them as the system sets them."""

    baud: int
    bits: int = 8
    parity: Literal["N", "E", "O"] = "N"
    stop: float = 1
    xonxoff: bool = False
    rtscts: bool = False
    dtr: bool | None = None
    rts: bool | None = None

    @classmethod
    def of(cls, monitor: Monitor, **overrides: Any) -> "PortSettings":
        """The monitor's settings, with what a station sets otherwise. TypeError for an unknown setting."""
        own = cls(monitor.baud, monitor.bits, monitor.parity, monitor.stop, monitor.xonxoff)
        return replace(own, **{key: value for key, value in overrides.items() if value is not None})

    def __str__(self) -> str:
        return f"{self.baud} {self.bits}{self.parity}{self.stop:g}"


def normal_url(port: str) -> str:
    """`tcp:HOST:PORT`, as `simulate` takes it, in the form that pyserial knows; anything else unchanged."""
    return f"socket://{port[4:].lstrip('/')}" if port.startswith("tcp:") else port


def open_port(port: str, settings: PortSettings, read_timeout_s: float = 0.1) -> serial.Serial:
    """An open port, exclusively ours where the platform can. Raises LinkError.

    pyserial discards what was received before the opening.
    """
    try:
        try:
            return _open(port, settings, read_timeout_s, exclusive=True)
        except PORT_ERRORS as error:
            if not _lock_unsupported(error):
                raise
            return _open(port, settings, read_timeout_s, exclusive=None)
    except PORT_ERRORS as error:
        raise explain(port, error) from error


def _open(port: str, settings: PortSettings, read_timeout_s: float, exclusive: bool | None) -> serial.Serial:
    opened = serial.serial_for_url(
        normal_url(port),
        do_not_open=True,
        baudrate=settings.baud,
        bytesize=settings.bits,
        parity=settings.parity,
        stopbits=settings.stop,
        xonxoff=settings.xonxoff,
        rtscts=settings.rtscts,
        timeout=read_timeout_s,
        write_timeout=0.5,
        exclusive=exclusive,
    )
    opened.open()
    for line in ("dtr", "rts"):
        wanted = getattr(settings, line)
        if wanted is not None:
            with contextlib.suppress(*PORT_ERRORS):  # pseudo-terminals and sockets have no modem lines
                setattr(opened, line, wanted)
    return opened


def _lock_unsupported(error: Exception) -> bool:
    return "lock" in str(error) and _errno(error) not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, None)


def _errno(error: BaseException | None) -> int | None:
    """The system's error number, from the error or from what caused it (pyserial keeps it only sometimes)."""
    for _ in range(4):
        if error is None:
            return None
        number = getattr(error, "errno", None)
        if isinstance(number, int):
            return number
        error = error.__cause__ or error.__context__
    return None


def explain(port: str, error: Exception) -> LinkError:
    """What went wrong with `port`, in one line."""
    number = _errno(error)
    text = str(error)
    if isinstance(error, ValueError):
        return LinkError(f"{port}: not a port this program can open ({text})")
    if number in (errno.EACCES, errno.EPERM) or "PermissionError" in text:
        hint = "close the other program that uses it" if os.name == "nt" else "add the user to the dialout group"
        return LinkError(f"{port}: permission denied: {hint}")
    if number in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY):
        return LinkError(f"{port}: another program holds the port: close it")
    if number == errno.ECONNREFUSED:
        return LinkError(
            f"{port}: connection refused: start the device server or check its port number", ABSENT_RETRY_S
        )
    if number == errno.ENOENT or "FileNotFoundError" in text:
        return LinkError(
            f"{port}: no such port: plug in the cable or adapter, or correct the port name", ABSENT_RETRY_S
        )
    if number in _ABSENT or "timed out" in text:
        return LinkError(f"{port}: not reachable: check cable, power and network", ABSENT_RETRY_S)
    if number in (errno.ENOTTY, errno.EISDIR) or "Inappropriate ioctl" in text:
        return LinkError(f"{port}: not a serial port: correct the port name")
    return LinkError(f"{port}: cannot be opened: {' '.join(text.split())}")


@dataclass(frozen=True, slots=True)
class Target:
    """What a port name stood for when it was opened. Another program may recreate a pseudo-terminal, or move a link,
    under the same name; the old handle then stays silent for ever without an error."""

    path: str
    real: str
    node: tuple[int, int, int] | None

    @classmethod
    def of(cls, port: str) -> "Target | None":
        """None where there is nothing to compare: network URLs, Windows port names."""
        if os.name == "nt" or "://" in port or port.startswith("tcp:"):
            return None
        return cls(port, os.path.realpath(port), _node(port))

    def moved(self) -> bool:
        """True when the name now leads elsewhere, or nowhere."""
        return os.path.realpath(self.path) != self.real or _node(self.path) != self.node


def _node(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a device name, compared by its numbers
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_rdev) if stat.S_ISCHR(found.st_mode) else None
