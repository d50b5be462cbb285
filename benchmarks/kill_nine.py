"""The server killed at random instants (SIGKILL), again and again, under a stream of entries and alarms; then the record is read.

What was answered must be there, once, as it was answered; what was not answered is sent again with its id and must be there
once too. Baseline for the time to come back: a Python that imports the application and nothing else.
"""

import http.client
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, count, pairwise
from pathlib import Path
from typing import Any

import uuid_utils
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from benchmarks._clinic import NURSE, LineMonitor, wait_healthy, write_station
from dashboard.session.describe import text
from dashboard.session.events import SYSTEM, ServiceResumed, SessionOpened
from dashboard.store import Store, Stores

KILLS = 50
BED = "bed-1"
CONCENTRATION_MG_ML = 1.0
#: A person's entry carries the clock of the session within this of the wall clock, restarts or not.
CLOCKS_AGREE_S = 1.5
BACK_BUDGET_S = 5.0
#: However slow the machine: no life is cut before so many entries are answered, unless that takes longer than the patience.
ENTRIES_A_LIFE = 45
PATIENCE_S = 20.0

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    seq: int
    t_s: float
    text: str


@dataclass
class Client:
    """The person at the bed. `sent` in order; `answered` by id; `acknowledged`: occurrences whose acceptance was answered."""

    rng: random.Random
    sent: list[Entry] = field(default_factory=list)
    answered: dict[str, Answer] = field(default_factory=dict)
    taken_ms: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    retried: int = 0

    def entries(self) -> Iterator[Entry]:
        """A scripted infusion without end; each entry fits the one before."""
        yield self._entry("infusion_started", rate_mg_h=40, concentration_mg_ml=CONCENTRATION_MG_ML)
        for number in count():
            yield self._entry("bolus_given", dose_mg=self.rng.randint(5, 40))
            yield from self._looks(number)
            rate = self.rng.randint(10, 90) / 2
            yield self._entry("infusion_rate_changed", rate_mg_h=rate, concentration_mg_ml=CONCENTRATION_MG_ML)
            yield from self._looks(number)
            yield self._entry("infusion_paused", reason="look first")
            yield self._entry("note", text=f"paused {number}")
            yield self._entry("infusion_resumed")

    def _looks(self, number: int) -> Iterator[Entry]:
        for look in range(self.rng.randint(5, 15)):
            yield self._entry("note", text=f"note {number}.{look}: drowsy, answers to name äöü")
            yield self._entry("consciousness_assessed", scale="moaas", level=str(self.rng.randint(3, 5)))

    @staticmethod
    def _entry(kind: str, **fields: Any) -> Entry:
        return {"id": str(uuid.uuid4()), "bed": BED, "by": NURSE, "type": kind, **fields}

    def send(self, connection: http.client.HTTPConnection, entry: Entry) -> None:
        """Post one entry and keep the answer. OSError or HTTPException when none came."""
        start_s = time.perf_counter()
        connection.request("POST", "/live/record", json.dumps(entry), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        body = json.loads(reply.read())
        if reply.status != 200:
            self.refused.append(f"{entry['type']}: {reply.status} {body}")
            return
        self.taken_ms.append((time.perf_counter() - start_s) * 1000)
        self.answered[entry["id"]] = Answer(body["seq"], body["t_s"], body["text"])

    def send_until_cut(self, base: str, script: Iterator[Entry]) -> None:
        """As fast as it can, until the server is gone. What was on its way then is the last of `sent`."""
        connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
        with suppress(OSError, http.client.HTTPException):
            for entry in script:
                self.sent.append(entry)
                self.send(connection, entry)

    def finish(self, base: str) -> None:
        """Send again, with the same id, what was not answered."""
        connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
        for entry in self.sent[-1:]:
            if entry["id"] not in self.answered:
                self.retried += 1
                self.send(connection, entry)
        connection.close()

    def watch(self, socket: ClientConnection, snapshot: dict[str, Any]) -> None:
        """Accept every alarm that shows up, until the server is gone."""
        asked: list[int] = []
        with suppress(ConnectionClosed, OSError):
            for told in chain([snapshot], map(json.loads, socket)):
                if told["type"] == "reply" and told["do"] == "acknowledge":
                    occurrence = asked.pop(0)
                    if told["ok"]:
                        self.acknowledged.append(occurrence)
                for alarm in told.get("alarms", ()):
                    if not alarm["acknowledged_by"] and alarm["occurrence"] not in asked:
                        asked.append(alarm["occurrence"])
                        ask = {"do": "acknowledge", "bed": BED, "occurrence": asked[-1], "by": NURSE}
                        socket.send(json.dumps(ask))


@dataclass
class Outcome:
    """What `kills` left behind. `faults`: one line for each thing that is not as it must be."""

    kills: int = 0
    answered: int = 0
    retried: int = 0
    lost: int = 0
    doubled: int = 0
    acknowledged: int = 0
    alarms: int = 0
    ticks: int = 0
    taken_ms: list[float] = field(default_factory=list)
    back_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def measure() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder), KILLS, seed=9)
    for fault in outcome.faults:
        print(f"kill_nine: {fault}", file=sys.stderr)
    baseline_s = _bare_start_s()
    back_s = statistics.median(outcome.back_s)
    yield _row("kill_nine_entries_lost", outcome.lost, "entries", 0, None)
    yield _row("kill_nine_entries_doubled", outcome.doubled, "entries", 0, None)
    yield _row("kill_nine_other_faults", len(outcome.faults), "faults", 0, None)
    yield _row("kill_nine_entry_answered", statistics.median(outcome.taken_ms), "ms", 50, None)
    yield _row("kill_nine_back_after", back_s, "s", BACK_BUDGET_S, baseline_s)
    print(
        f"kill_nine: {outcome.kills} kills, {outcome.answered} entries answered, {outcome.retried} sent again, "
        f"{outcome.alarms} alarms, {outcome.acknowledged} accepted, {outcome.ticks} ticks",
        file=sys.stderr,
    )


def run(folder: Path, kills: int, seed: int) -> Outcome:
    rng = random.Random(seed)
    client, outcome = Client(rng), Outcome(kills=kills)
    script = client.entries()
    session = open_session(folder)
    with Speaker() as speaker:
        station = write_station(folder, [speaker.monitor])
        for number in range(kills + 1):
            speaker.spo2 = 97 if number % 8 == 7 else 78
            with started(folder, station) as (process, base, took_s):
                outcome.back_s.append(took_s)
                client.finish(base)
                with connect(f"{base.replace('http', 'ws')}/live/ws?bed={BED}", max_size=None) as socket:
                    snapshot = json.loads(socket.recv())
                    outcome.faults += _dose_faults(client, snapshot)
                    last = number == kills
                    threads = [threading.Thread(target=client.watch, args=(socket, snapshot))]
                    if not last:
                        threads += [threading.Thread(target=client.send_until_cut, args=(base, script))]
                    for thread in threads:
                        thread.start()
                    # The last life ends in peace, and is long enough for the ticks to be seen going on.
                    time.sleep(2.5 if last else rng.uniform(0.2, 2.0))
                    _busy(client, rng, 0 if last else (number + 1) * ENTRIES_A_LIFE)
                    for _ in range(80 if last and not client.acknowledged else 0):
                        time.sleep(0.1)
                        if client.acknowledged:
                            break
                    process.terminate() if last else process.kill()
                    process.wait(20)
                    for thread in threads:
                        thread.join(20)
    with Stores(folder) as stores:
        _examine(stores.live, session, client, outcome, restarts=kills + 1)
    outcome.faults += _rerun_faults(folder, session) + client.refused
    outcome.answered, outcome.retried, outcome.taken_ms = len(client.answered), client.retried, client.taken_ms
    return outcome


def _busy(client: Client, rng: random.Random, answered: int) -> None:
    """Until so many are answered. Looks at random instants, so that the kill may still fall anywhere."""
    end_s = time.monotonic() + PATIENCE_S
    while len(client.answered) < answered and time.monotonic() < end_s:
        time.sleep(rng.uniform(0.02, 0.1))


def open_session(folder: Path, bed: str = BED) -> str:
    with Stores(folder) as stores:
        session = str(uuid_utils.uuid7())
        opened = SessionOpened(
            at=datetime.now(UTC), by=NURSE, t_s=0.0, bed=bed, patient="K. N.", weight_kg=70.0, planned_mg=5000.0, planned_min=600,
            concentration_mg_ml=CONCENTRATION_MG_ML, profile="A-standard-adult", profile_version="0.1.0",
        )  # fmt: skip
        stores.live.writer.open_session(session, opened).result(10)
    return session


class Speaker:
    """A monitor that says `spo2` twice a second, whoever listens: alarms come while it is low, and clear."""

    def __init__(self) -> None:
        self.monitor = LineMonitor()
        self.spo2 = 78
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._speak)

    def _speak(self) -> None:
        while not self._stop.wait(0.5):
            with suppress(OSError):
                self.monitor.say(self.spo2, 71)

    def __enter__(self) -> "Speaker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.monitor.close()


@contextmanager
def started(folder: Path, station: Path) -> Iterator[tuple["subprocess.Popen[str]", str, float]]:
    """The server as a process, its address, and the seconds it took to be healthy."""
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--config", str(station), "--port", "0"]
    start_s = time.monotonic()
    process = subprocess.Popen([*command, "--data-dir", str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        base = process.stdout.readline().split()[2].rstrip("/")
        wait_healthy(base)
        yield process, base, time.monotonic() - start_s
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def naive_given_mg(script: Iterable[tuple[Entry, float]], until_s: float) -> float:
    """What has run in by `until_s`: rate times time between (entry, t_s) in order, plus the boluses. Shares nothing with the
    program's own arithmetic."""
    given_mg = rate = held = last_s = 0.0
    for entry, t_s in script:
        given_mg += rate * (t_s - last_s) / 3600
        last_s = t_s
        match entry["type"]:
            case "infusion_started" | "infusion_rate_changed":
                rate = held = entry["rate_mg_h"]
            case "bolus_given":
                given_mg += entry["dose_mg"]
            case "infusion_paused":
                rate = 0.0
            case "infusion_resumed":
                rate = held
    return given_mg + rate * (until_s - last_s) / 3600


def _dose_faults(client: Client, snapshot: Mapping[str, Any]) -> list[str]:
    """The snapshot after a restart: the session is open, and its dose is what the client's own script says."""
    if not (snapshot["session"] or {}).get("open"):
        return ["after a restart the session is not open"]
    script = [(entry, client.answered[entry["id"]].t_s) for entry in client.sent if entry["id"] in client.answered]
    expected = naive_given_mg(script, snapshot["t_s"])
    got = snapshot["infusion"]["given_mg"]
    if abs(got - expected) > 1e-6 * expected + 5e-5:  # the message has four decimals
        return [f"{got} mg given, the script says {expected}"]
    return []


def _examine(store: Store, session: str, client: Client, outcome: Outcome, restarts: int) -> None:
    faults = outcome.faults
    broken = store.verify(session)
    faults += [f"chain: {broken}"] if broken else []
    record = store.events(session)
    faults += [] if [s.seq for s in record] == list(range(1, len(record) + 1)) else ["the numbers have a hole"]
    with sqlite3.connect(f"file:{store.place}?mode=ro", uri=True) as bare:
        recorded: dict[str, list[int]] = {}
        for request, seq in bare.execute("SELECT request_id, seq FROM events WHERE request_id IS NOT NULL"):
            recorded.setdefault(request, []).append(seq)
    bare.close()
    for entry in client.sent:
        found, answer = recorded.get(entry["id"], []), client.answered.get(entry["id"])
        outcome.doubled += len(found) > 1
        if answer is None:
            continue
        if not found:
            outcome.lost += 1
            continue
        event = record[found[0] - 1].event
        if (found[0], event.t_s, text(event)) != (answer.seq, answer.t_s, answer.text):
            faults.append(f"entry {found[0]} is not as it was answered: {answer}")
    unasked = set(recorded) - {entry["id"] for entry in client.sent}
    faults += [f"{len(unasked)} entries that nobody sent"] if unasked else []
    people = [s for s in record if s.event.by != SYSTEM and not hasattr(s.event, "occurrence")]
    faults += [
        f"entry {b.seq} lies at {b.event.t_s} s, before entry {a.seq} at {a.event.t_s} s"
        for a, b in pairwise(s for s in record if s in people or isinstance(s.event, ServiceResumed))
        if b.event.t_s < a.event.t_s
    ]
    opened_at = record[0].event.at
    for stored in people:
        off_s = (stored.event.at - opened_at).total_seconds() - stored.event.t_s
        if abs(off_s) > CLOCKS_AGREE_S:
            faults.append(f"entry {stored.seq} is {off_s:.1f} s off the session's clock")
    _examine_gaps(store, session, restarts, outcome)
    accepted = [s.event for s in record if type(s.event).__name__ in ("AlarmAcknowledged", "AlarmReset")]
    outcome.alarms = sum(type(s.event).__name__ == "AlarmRaised" for s in record)
    outcome.acknowledged = len(accepted)
    # An acceptance silences at once and is written behind it: of each kill the last one may be missing.
    if len(client.acknowledged) - len(accepted) > outcome.kills + 1:
        faults.append(f"{len(client.acknowledged)} alarms accepted, {len(accepted)} recorded")


def _examine_gaps(store: Store, session: str, restarts: int, outcome: Outcome) -> None:
    """Each restart is recorded, and nothing stands in the time in which nothing ran."""
    columns = store.samples(session)
    outcome.ticks = len(columns)
    resumed = [s for s in store.events(session) if isinstance(s.event, ServiceResumed)]
    if len(resumed) != restarts:
        outcome.faults.append(f"{restarts} restarts, {len(resumed)} recorded")
    for stored in resumed:
        assert isinstance(stored.event, ServiceResumed)
        until = stored.event.at
        since = until - timedelta(seconds=stored.event.gap_s)
        inside = [ms for ms in columns.at_ms if since.timestamp() * 1000 + 1 < ms < until.timestamp() * 1000 - 1]
        if inside:
            outcome.faults.append(f"{len(inside)} samples within the gap of entry {stored.seq}")
    if any(b <= a for a, b in pairwise(columns.t_s.tolist())):
        outcome.faults.append("the session's clock stepped back")


def _rerun_faults(folder: Path, session: str) -> list[str]:
    command = [sys.executable, "-m", "dashboard.cli", "alarms", "--session", session, "--data-dir", str(folder)]
    again = subprocess.run(command, capture_output=True, check=True).stdout
    recorded = subprocess.run([*command, "--recorded"], capture_output=True, check=True).stdout
    if not recorded:
        return ["no alarm was recorded"]
    return [] if again == recorded else ["the alarms run again are not the recorded ones"]


def _bare_start_s() -> float:
    taken = []
    for _ in range(3):
        start_s = time.monotonic()
        subprocess.run([sys.executable, "-c", "import dashboard.app"], check=True)
        taken.append(time.monotonic() - start_s)
    return statistics.median(taken)


def _row(name: str, value: float, unit: str, budget: float, baseline: float | None) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 2), "unit": unit, "budget": budget, "ok": value <= budget,
        "baseline": None if baseline is None else round(baseline, 2),
        "ratio": None if baseline is None else round(value / baseline, 2),
    }  # fmt: skip
