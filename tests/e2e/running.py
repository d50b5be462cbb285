"""The program as processes of its own, and a browser's worth of socket: what the end-to-end tests are made of."""

import io
import json
import queue
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stdout, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from dashboard.cli import main

Message = dict[str, Any]
COMMAND = [sys.executable, "-m", "dashboard.cli"]


def until(condition: Callable[[], Any], seconds: float, what: str = "") -> Any:
    """The first true value of `condition`, looked at again and again."""
    end_s = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > end_s:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.02)


def command(*args: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    """One command from beginning to end."""
    line = [*COMMAND, *map(str, args)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, **options)


def command_here(*args: object) -> tuple[int, str]:
    """The same command in this process, where a process of its own would prove nothing more: exit status and standard output."""
    said = io.StringIO()
    with redirect_stdout(said), patch.object(sys, "argv", ["infusion-dashboard", *map(str, args)]):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), said.getvalue()
    raise AssertionError("a command ends with a status")


class Program:
    """A command that runs until it is ended. `first_line`: what it says when it is ready."""

    def __init__(self, *args: object, prefix: Sequence[str] = (), cwd: Path | None = None) -> None:
        self._said: list[str] = []
        self._complained: list[str] = []
        self.started_s = time.monotonic()
        self.process = subprocess.Popen(
            [*prefix, *COMMAND, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd
        )
        self._readers = [
            threading.Thread(target=self._keep, args=pair, daemon=True)
            for pair in ((self.process.stdout, self._said), (self.process.stderr, self._complained))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _keep(pipe: Any, lines: list[str]) -> None:
        lines.extend(iter(pipe.readline, ""))

    @property
    def first_line(self) -> str:
        until(lambda: self._said or self.process.poll() is not None, 60, "the first line of output")
        return self._said[0].strip() if self._said else ""

    @property
    def stderr(self) -> str:
        return "".join(self._complained)

    @property
    def base(self) -> str:
        """Address of a server that is healthy."""
        found = re.search(r"http://\S+", self.first_line)
        assert found, f"no address in {self.first_line!r}; {self.stderr}"
        base = found.group().rstrip("/")
        until(lambda: ask(base, "/healthz")[0] == 200, 60, "healthy")
        return base

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def end(self, signal_number: int = 15) -> int:
        """A signal, and the exit status that it leads to."""
        self.process.send_signal(signal_number)
        return self._end()

    def wait(self) -> int:
        return self._end()

    def _end(self) -> int:
        status = self.process.wait(60)
        for reader in self._readers:
            reader.join(5)
        return status


def ask(base: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """Status and decoded JSON (or text); 0 when nobody answers. `body`: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    except OSError:
        return 0, None
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


class Feed:
    """One viewer: every message in order, with the time at which it came."""

    def __init__(self, base: str, bed: str | None = None) -> None:
        query = f"?bed={bed}" if bed else ""
        self.messages: list[tuple[float, Message]] = []
        self._replies: queue.Queue[Message] = queue.Queue()
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(f"{base.replace('http', 'ws')}/live/ws{query}", max_size=None))
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(ConnectionClosed, OSError):
            for text in self._socket:
                message = json.loads(text)
                self.messages.append((time.monotonic(), message))
                if message["type"] == "reply":
                    self._replies.put(message)

    def close(self) -> None:
        self._open.close()
        self._thread.join(5)

    def do(self, **request: Any) -> Message:
        """Ask the server for something; its reply."""
        return self.send(json.dumps(request))

    def send(self, text: str) -> Message:
        """Any text at all, and the reply to it."""
        self._socket.send(text)
        return self._replies.get(timeout=30)

    def seen(self, wanted: Callable[[Message], Any], since_s: float = 0.0) -> tuple[float, Message] | None:
        """The first message that fits."""
        return next(((at, m) for at, m in list(self.messages) if at >= since_s and wanted(m)), None)

    def wait(
        self, wanted: Callable[[Message], Any], seconds: float, what: str, since_s: float = 0.0
    ) -> tuple[float, Message]:
        found: tuple[float, Message] = until(lambda: self.seen(wanted, since_s), seconds, what)
        return found

    def latest(self, kind: str, bed: str | None = None) -> Message:
        fitting = [m for _, m in list(self.messages) if m["type"] == kind and bed in (None, m["bed"])]
        return fitting[-1]


def is_alarm(rule: str, bed: str | None = None) -> Callable[[Message], bool]:
    """A message that shows an alarm of that rule."""

    def fits(message: Message) -> bool:
        return bed in (None, message["bed"]) and any(a["rule"] == rule for a in message.get("alarms", ()))

    return fits


def value_of(message: Message, signal: str) -> Any:
    return message.get("values", {}).get(signal, {}).get("value")
