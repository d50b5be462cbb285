"""Writes entries and samples to a store until it is killed, and prints each entry that was acknowledged: `seq text`.

One process imports the program once and forks a writer for each name that it reads; a writer says its process id first.
"""

import os
import sys
from datetime import UTC, datetime
from itertools import count

from dashboard.alarms.values import Tick
from dashboard.session.events import Note
from dashboard.store import StoredTick, open_store


def main(path: str, session: str) -> None:
    for name in iter(sys.stdin.readline, ""):
        child = os.fork()  # no thread and no connection is there yet: the writer begins as a process of its own would
        if not child:
            print(os.getpid(), flush=True)
            append(path, session, name.strip())
        os.waitpid(child, 0)
        print("killed", flush=True)


def append(path: str, session: str, name: str) -> None:
    writer = open_store(path).writer
    for i in count():
        at = datetime.now(UTC)
        t_s = int(name) * 1_000_000.0 + i
        writer.sample(session, StoredTick(at, t_s, Tick(t_s, {"hr": 70.0})))
        stored = writer.append(session, Note(at=at, by="R.N.", t_s=t_s, text=f"{name}-{i}")).result()
        print(stored.seq, f"{name}-{i}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
