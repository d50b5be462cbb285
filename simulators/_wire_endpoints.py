"""The far end of the cable: pseudo-terminal, TCP server or a real serial device. Writing never blocks: a monitor talks
on whether or not somebody listens, and what does not fit is lost, as on a real line."""

import contextlib
import errno
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import serial

from config.models import ConfigError
from devices.link import LinkError, PortSettings, open_port
from devices.registry import Monitor

try:
    import fcntl
    import pty
    import termios
    import tty

    PTY_AVAILABLE = True
except ImportError:  # Windows
    PTY_AVAILABLE = False

READ_BYTES = 4096
LOOK_AGAIN_CALLS = 20  # once a second at the normal pace
LINKS = "pty, pty:PATH, tcp:HOST:PORT or a serial device"


class Endpoint(Protocol):
    """One simulated monitor's socket in the wall. `url`: what a client opens."""

    @property
    def url(self) -> str: ...

    def write(self, data: bytes) -> None:
        """Send, or lose what cannot be sent now. Never blocks, never raises."""
        ...

    def read(self) -> bytes:
        """What the client sent since the last call; often empty. Never blocks, never raises."""
        ...

    def unplug(self) -> None: ...

    def plug(self) -> None:
        """Back after `unplug`, under the same `url`. OSError when it is not possible yet: ask again."""
        ...

    def close(self) -> None:
        """Gone for good; removes what it put into the file system."""
        ...


class PtyEndpoint:
    """A raw pseudo-terminal. With `path` a symbolic link leads to it and is moved at once when it is created anew."""

    def __init__(self, path: Path | None, unread_limit: int, scratch: Path | None = None) -> None:
        self._path = path
        self._scratch = scratch
        self._unread_limit = unread_limit
        self._master = self._slave = -1
        self._name = ""
        self.plug()

    @property
    def url(self) -> str:
        return self._name if self._path is None else str(self._path)

    def plug(self) -> None:
        if self._master >= 0:
            return
        self._master, self._slave = pty.openpty()
        # The slave stays open here: without it the master would fail as soon as a client leaves.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._name = os.ttyname(self._slave)
        if self._path is not None:
            try:
                _point(self._path, self._name)
            except OSError:
                self.unplug()
                raise

    def unplug(self) -> None:
        # The link goes first: the number of a closed terminal is soon another program's.
        with contextlib.suppress(OSError):
            if self._path is not None and os.readlink(self._path) == self._name:  # noqa: PTH115 - the text of the link
                self._path.unlink()
        for descriptor in (self._master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self._master = self._slave = -1

    def write(self, data: bytes) -> None:
        if self._master < 0:
            return
        with contextlib.suppress(OSError):
            # Nobody reads: a client that comes later must not be told old values as new ones.
            if self._unread() > self._unread_limit:
                termios.tcflush(self._slave, termios.TCIFLUSH)
            os.write(self._master, data)

    def read(self) -> bytes:
        with contextlib.suppress(OSError):
            return os.read(self._master, READ_BYTES) if self._master >= 0 else b""
        return b""

    def close(self) -> None:
        self.unplug()
        if self._scratch is not None:
            with contextlib.suppress(OSError):
                self._scratch.rmdir()

    def _unread(self) -> int:
        return int.from_bytes(fcntl.ioctl(self._slave, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder)


def _point(path: Path, target: str) -> None:
    """`path` becomes a link to `target` in one step. FileExistsError when something else than a link is there."""
    if path.exists() and not path.is_symlink():
        raise FileExistsError(errno.EEXIST, "exists and is not a link", str(path))
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(target)
    fresh.replace(path)


class TcpEndpoint:
    """A serial device server: takes one client after another on one address."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._server: socket.socket | None = None
        self._client: socket.socket | None = None
        self.plug()

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"socket://{host}:{self._port}"

    def plug(self) -> None:
        if self._server is not None:
            return
        family, kind, proto, _, address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0]
        server = socket.socket(family, kind, proto)
        try:
            if os.name == "posix":  # elsewhere the option lets two programs share the address
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)
            server.listen(1)
            server.setblocking(False)
        except OSError:
            server.close()
            raise
        self._server = server
        self._port = server.getsockname()[1]  # port 0 asked for any; the same one again after an unplug

    def unplug(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        self._hang_up()

    def write(self, data: bytes) -> None:
        client = self._connected()
        if client is None:
            return
        try:
            client.send(data)
        except BlockingIOError:
            pass
        except OSError:
            self._hang_up()

    def read(self) -> bytes:
        client = self._connected()
        if client is None:
            return b""
        try:
            if data := client.recv(READ_BYTES):
                return data
        except BlockingIOError:
            return b""
        except OSError:
            pass
        self._hang_up()
        return b""

    def close(self) -> None:
        self.unplug()

    def _connected(self) -> socket.socket | None:
        if self._client is None and self._server is not None:
            with contextlib.suppress(OSError):
                client, _ = self._server.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._client = client
        return self._client

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


class DeviceEndpoint:
    """A real serial device with the monitor's settings; a null-modem cable leads to the client."""

    def __init__(self, device: str, settings: PortSettings) -> None:
        self._device = device
        self._settings = settings
        self._port: serial.Serial | None = None
        self._pulled_for = 0
        self.plug()

    @property
    def url(self) -> str:
        return self._device

    def plug(self) -> None:
        if self._port is None:
            try:
                self._port = open_port(self._device, self._settings, read_timeout_s=0)
            except LinkError as error:
                raise OSError(str(error)) from error
            self._port.write_timeout = 0
        self._pulled_for = 0

    def unplug(self) -> None:
        if self._port is not None:
            with contextlib.suppress(OSError, TypeError):
                self._port.close()
        self._port = None

    def write(self, data: bytes) -> None:
        with self._survived():
            if self._port is not None:
                self._port.write(data)

    def read(self) -> bytes:
        if self._pulled_for:
            self._look_again()
        with self._survived():
            return bytes(self._port.read(READ_BYTES)) if self._port is not None else b""
        return b""

    def close(self) -> None:
        self.unplug()

    @contextlib.contextmanager
    def _survived(self) -> Iterator[None]:
        try:
            yield
        except serial.SerialTimeoutException:
            pass  # the buffer is full: lost, as when nobody listens
        except (OSError, TypeError):
            self.unplug()
            self._pulled_for = 1

    def _look_again(self) -> None:
        """The adapter was pulled out, not unplugged by a planned fault: try it at every few calls."""
        self._pulled_for += 1
        if self._pulled_for % LOOK_AGAIN_CALLS == 0:
            with contextlib.suppress(OSError):
                self.plug()


def open_endpoint(link: str, monitor: Monitor, *, stable: bool = False) -> Endpoint:
    """The endpoint for a `--link` argument. ConfigError, in one line, when it cannot be had.

    `stable`: the name must survive an unplug; a plain `pty` then gets a link in a private temporary directory.
    """
    kind, _, rest = link.partition(":")
    try:
        if kind == "pty":
            return _open_pty(rest, monitor, stable)
        if kind == "tcp":
            return _open_tcp(link, rest)
        if kind == "udp":
            raise ConfigError(f"{link}: no monitor of this version has a UDP simulation yet; use {LINKS}")
        if not link or "://" in link:
            raise ConfigError(f"link {link!r}: expected {LINKS}")
        return DeviceEndpoint(link, PortSettings.of(monitor))
    except OSError as error:
        raise ConfigError(f"{link}: {_reason(error).removeprefix(f'{link}: ')}") from None


def _open_pty(rest: str, monitor: Monitor, stable: bool) -> Endpoint:
    if not PTY_AVAILABLE:
        raise ConfigError("pty: this system has no pseudo-terminals; use tcp:127.0.0.1:0")
    unread_limit = max(256, monitor.baud // 10)  # what the line carries in a second
    if rest or not stable:
        return PtyEndpoint(Path(rest) if rest else None, unread_limit)
    scratch = Path(tempfile.mkdtemp(prefix="simulated-monitor-"))
    return PtyEndpoint(scratch / monitor.name, unread_limit, scratch)


def _open_tcp(link: str, rest: str) -> Endpoint:
    host, _, number = rest.lstrip("/").rpartition(":")
    if not host or not number.isdigit() or int(number) > 65535:
        raise ConfigError(f"link {link!r}: expected tcp:HOST:PORT with a port from 0 (any free one) to 65535")
    return TcpEndpoint(host.strip("[]"), int(number))


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "port in use by another program: choose another port or stop that program"
    if error.errno == errno.EADDRNOTAVAIL:
        return "not an address of this computer: use 127.0.0.1 or 0.0.0.0"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission denied: choose a port above 1023 or a place you may write to"
    if isinstance(error, socket.gaierror):
        return "unknown host name: check its spelling"
    return error.strerror or str(error)
