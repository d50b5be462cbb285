"""The made-up pages (pages_app.py) in a process of their own."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ASSETS = HERE.parents[1] / "dashboard" / "assets"


@contextmanager
def pages_server(folder: Path, beds: int = 6) -> Iterator[str]:
    """Its address. The assets are a copy, so that a file edited meanwhile changes no test that runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assets = folder / "assets"
    shutil.copytree(ASSETS, assets)
    process = subprocess.Popen([sys.executable, str(HERE / "pages_app.py"), str(port), str(beds), str(assets)])
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=1)
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, "the test server did not start"
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def get(url: str) -> str:
    return str(urllib.request.urlopen(url, timeout=5).read().decode())
