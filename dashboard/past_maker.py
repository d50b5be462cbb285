"""The pasts of simulated beds, made in a process of its own: it starts at once and gets ready while this program still loads.

Nothing heavy is imported here, or that would be for nothing.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.past import End, Job, Step

#: -P: not beside a folder of the same name in which the person happens to stand. An interrupt is for the program that asked.
COMMAND = (
    sys.executable,
    "-P",
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from simulators.past import main; main()",
)


class PastLost(Exception):
    """The process that made the pasts ended before this one was done."""


class PastMaker:
    """`make` once, then take each `past`; `close` it. `command`: replaceable in tests."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._pieces: dict[str, SimpleQueue[bytes | None]] = {}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def make(self, jobs: Mapping[str, "Job"]) -> None:
        """In their order. `jobs`: id of a bed -> its past."""
        self._pieces = {bed: SimpleQueue() for bed in jobs}
        threading.Thread(target=self._run, args=(list(jobs.values()),), name="pasts", daemon=True).start()

    def past(self, bed: str) -> "Iterator[Step | End] | None":
        """What happened at `bed`, as it comes in; None when nobody makes it. Raises PastLost."""
        pieces = self._pieces.get(bed)
        return None if pieces is None else _opened(pieces)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _run(self, jobs: list["Job"]) -> None:
        from simulators.past import read_message, write_message  # whoever made jobs has loaded it

        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            write_message(self._process.stdin, pickle.dumps(jobs))
            for pieces in self._pieces.values():
                piece = None
                while piece != b"":
                    pieces.put(piece := read_message(self._process.stdout))
        except (OSError, EOFError):
            for pieces in self._pieces.values():
                pieces.put(None)
        finally:
            with suppress(OSError):
                self._process.stdin.close()
            self._process.stdout.close()


def _opened(pieces: "SimpleQueue[bytes | None]") -> "Iterator[Step | End]":
    while (piece := pieces.get()) != b"":
        if piece is None:
            raise PastLost
        yield from pickle.loads(piece)
