"""Processes that never outlive their test, and a free port."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import Feed, Program

Start = Callable[..., Program]
OpenFeed = Callable[..., Feed]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a command as a process; whatever still runs at the end of the test is killed."""
    running: list[Program] = []

    def begin(*args: object, **options: object) -> Program:
        running.append(Program(*args, **options))  # type: ignore[arg-type]
        return running[-1]

    yield begin
    for program in running:
        program.kill()


@pytest.fixture
def feed() -> Iterator[OpenFeed]:
    """Opens the live socket of a server."""
    open_feeds: list[Feed] = []

    def watch(base: str, bed: str | None = None) -> Feed:
        open_feeds.append(Feed(base, bed))
        return open_feeds[-1]

    yield watch
    for one in open_feeds:
        one.close()


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"
