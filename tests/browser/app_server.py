"""A made-up application in a process of its own: `python SCRIPT PORT ARGUMENTS…`, ready when it is handed over."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: A busy machine takes long to write the sessions of a made-up clinic.
START_S = 110


def started(script: str, *args: object, **options: Any) -> tuple["subprocess.Popen[Any]", int]:
    """The process, which answers already, and its port. `options` as of Popen."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen([sys.executable, str(HERE / script), str(port), *map(str, args)], **options)
    deadline = time.monotonic() + START_S
    while True:
        try:
            get(f"http://127.0.0.1:{port}/healthz")
            return process, port
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise AssertionError(f"{script} did not start") from None
            time.sleep(0.1)


@contextmanager
def app_server(script: str, *args: object) -> Iterator[str]:
    """Its address."""
    process, port = started(script, *args)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def get(url: str) -> str:
    return str(urllib.request.urlopen(url, timeout=5).read().decode())
