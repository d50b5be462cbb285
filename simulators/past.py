"""The past of a simulated bed: patient, simulated monitors and decoders in conversation at full speed, without a port between them.

Nobody was there yet, so nothing in it depends on the program that will show it: a process of its own makes it (`main`), on another
core, while that program still starts.
"""

import copyreg
import os
import pickle
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any

from config.models.scenario import Scenario
from devices.readings import Fault, Reading
from devices.registry import PollingDecoder, find_monitor
from simulators.registry import make_simulated
from simulators.scenario import Run
from simulators.vitals import PatientRun, Vitals

#: The monitors' numbers are asked for this densely; a tick of the engine needs one a second.
STEP_S = 0.5
#: The first bed is waited for; the others may not take a core from the page that shows it.
LATER_BEDS_NICE = 10
#: Steps that are handed over at a time.
PIECE = 500

Heard = list[tuple[str, list[Reading | Fault]]]


class Talk:
    """The monitors of one bed and their decoders. `monitors`: device -> name in the registry."""

    def __init__(self, monitors: Mapping[str, str]) -> None:
        self._pairs = [
            (device, make_simulated(name), find_monitor(name).make_decoder()) for device, name in monitors.items()
        ]
        self._polls = [isinstance(decoder, PollingDecoder) for _, _, decoder in self._pairs]

    def step(self, vitals: Vitals, at_s: float, wall: datetime, *, cable_out: bool = False) -> Heard:
        """What the decoders make of one step. `wall`: the monitors' own clock, local and naive. A monitor talks on while its cable is out."""
        heard: Heard = []
        for (device, simulated, decoder), polls in zip(self._pairs, self._polls, strict=True):
            if polls and (asked := decoder.poll(at_s)) and not cable_out:  # type: ignore[attr-defined]
                simulated.receive(asked, at_s)
            if (data := simulated.send(vitals, at_s, wall)) and not cable_out:
                heard.append((device, list(decoder.feed(data))))
        return heard


@dataclass(frozen=True, slots=True)
class Step:
    """`charted`: what the scenario recorded since the last whole second; None between whole seconds."""

    at_s: float
    heard: Heard
    charted: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Job:
    """One bed's past: from 0 of the scenario's clock, which was at `opened` (UTC), to `until_s`."""

    scenario: Scenario
    seed: int
    monitors: Mapping[str, str]
    opened: datetime
    until_s: float


@dataclass(frozen=True, slots=True)
class End:
    """The run and the conversations as they are after the last step, to be gone on with."""

    run: PatientRun
    talk: Talk


def wall_clock(utc: datetime) -> datetime:
    """Local and naive, as a monitor's own clock is."""
    return utc.astimezone().replace(tzinfo=None)


def past(job: Job) -> Iterator[Step | End]:
    run, talk = Run(job.scenario, job.seed), Talk(job.monitors)
    at_s = charted_s = 0.0
    while at_s < job.until_s:
        run.advance(at_s)
        wall, charted = wall_clock(job.opened + timedelta(seconds=at_s)), None
        heard = talk.step(run.vitals(), at_s, wall, cable_out=run.cable_out)
        if at_s == int(at_s):
            charted, charted_s = run.charted(charted_s, at_s), at_s
        yield Step(at_s, heard, charted)
        at_s += STEP_S
    yield End(run, talk)


# -- between two processes: a length of eight bytes, then a pickle, or nothing at the end of a past ------------------------


# A slotted dataclass is pickled by walking its fields in Python; there are tens of thousands of these.
copyreg.pickle(Reading, lambda r: (Reading, (r.signal, r.value, r.unit, r.status, r.device_time, r.age_s)))


def write_message(stream: IO[bytes], data: bytes) -> None:
    stream.write(struct.pack(">Q", len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes]) -> bytes:
    """EOFError when the other end is gone."""
    (length,) = struct.unpack(">Q", _exactly(stream, 8))
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def main() -> None:
    """A list of jobs from standard input; to standard output the past of each in turn, in pieces."""
    with suppress(EOFError, BrokenPipeError):  # who asked has ended
        jobs: list[Job] = pickle.loads(read_message(sys.stdin.buffer))
        for number, job in enumerate(jobs):
            if number == 1 and hasattr(os, "nice"):
                os.nice(LATER_BEDS_NICE)
            steps = past(job)
            while piece := list(islice(steps, PIECE)):
                write_message(sys.stdout.buffer, pickle.dumps(piece))
            write_message(sys.stdout.buffer, b"")
