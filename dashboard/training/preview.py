"""What a scenario does when nobody acts, as a person who writes it wants to see it: curves, alarms, and whether the expected ones came;
and how a trainer's run would go on untouched.

Worked out in a process of its own, one at a time, and called off when the text has changed meanwhile: hours of a virtual patient take
seconds of a core, which the live engine must not wait for.
"""

import os
import signal
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock
from typing import Any

from config.models import ConfigError, DashboardError
from config.models.alarms import Profile, load_profile
from config.models.scenario import Scenario
from config.models.scenario_file import read_scenario
from dashboard.alarms import Change, message
from dashboard.training.labels import labels_of
from dashboard.training.untouched import Lived, Untouched, came_at, course, live, unexpected

#: So much of a scenario is shown, in seconds of it: every shipped story is told within the first hour.
LONGEST_S = 7200
#: A preview ends after so many real seconds, wherever it is by then.
PATIENCE_S = 20.0
#: A worker that does not answer for so much longer is ended.
GRACE_S = 10.0
NICENESS = 10
#: The page asks at most so many at a time; of the oldest nothing is known any more.
OWNERS = 16

#: Curve -> name in the hidden truth, or the monitor's own name.
TRUTH = {"sao2": "sao2", "paco2": "paco2", "hr": "hr", "sbp": "sbp", "cp": "cp", "ce": "ce", "rr": "rr"}
SHOWN = {"shown_spo2": "spo2", "shown_etco2": "etco2", "shown_hr": "hr", "shown_rr": "rr_co2", "shown_sbp": "nibp_sys"}

Row = dict[str, Any]


class PreviewError(DashboardError):
    """A preview could not be worked out."""


def preview(scenario: Scenario, go_on: Callable[[int], bool]) -> Row:
    """As JSON. `go_on`: asked with each second; at the first no it ends there."""
    wanted_s = min(int(scenario.duration_s), LONGEST_S)
    lived = live(scenario, until_s=wanted_s, go_on=go_on)
    to_s = len(lived.truth) - 1
    labels = labels_of(scenario.profile)
    return {
        "to_s": to_s,
        "duration_s": scenario.duration_s,
        "whole": to_s >= int(scenario.duration_s),
        "curves": _curves(lived),
        "alarms": _bars(load_profile(scenario.profile), lived.changes, to_s),
        "expected": _expected(scenario, lived.begins(), to_s),
        "unexpected": [
            {"t_s": one.t_s, "rule": one.rule, "label": labels.get(one.rule, one.rule), "priority": one.priority}
            for one in unexpected(scenario, lived.begins())
        ],
    }  # fmt: skip


def _curves(lived: Lived) -> dict[str, list[float | None]]:
    def short(value: float | None) -> float | None:
        return None if value is None else round(value, 2)

    truth = {name: [short(row.get(key)) for row in lived.truth] for name, key in TRUTH.items()}
    shown = {name: [short(row.get(key)) for row in lived.shown] for name, key in SHOWN.items()}
    return {"t_s": [float(second) for second in range(len(lived.truth))], **truth, **shown}


def _bars(profile: Profile, changes: list[Change], to_s: int) -> list[Row]:
    """Each alarm while it stands on a screen, by the step that speaks: a latched one until the end, for nobody acknowledges it."""
    bars: list[Row] = []
    standing: dict[int, Row] = {}
    for change in changes:
        if change.change == "latched":
            continue
        if (before := standing.pop(change.occurrence, None)) is not None:
            before["to_s"] = change.t_s
        if change.change in ("raised", "escalated", "demoted"):
            words = message(profile, change)
            bar = {"rule": change.rule, "priority": change.priority, "text": words, "from_s": change.t_s, "to_s": float(to_s)}  # fmt: skip
            standing[change.occurrence] = bar
            bars.append(bar)
    return bars


def _expected(scenario: Scenario, came: list[Change], to_s: int) -> list[Row]:
    """`label`: what the screen calls it. `met`: yes, no, optional (did not come, and need not), later (its window is not over where the preview ends)."""
    rows, labels = [], labels_of(scenario.profile)
    for alarm in scenario.expected_alarms:
        at_s = came_at(alarm, came)
        met = (
            "yes" if at_s is not None else "later" if alarm.latest_s > to_s else "optional" if alarm.optional else "no"
        )
        rows.append(
            {
                "rule": alarm.rule, "label": labels.get(alarm.rule, alarm.rule), "priority": alarm.priority, "earliest_s": alarm.earliest_s, "latest_s": alarm.latest_s,
                "came_s": at_s, "met": met,
            }
        )  # fmt: skip
    return rows


class Previews:
    """One worker process, started at the first question. Methods may be called from any thread; `ask` waits for its answer."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lock, self._turn = Lock(), Lock()
        self._numbers = count(1)
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._closed = False
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def ask(self, owner: str, text: str) -> Row | None:
        """The preview of a scenario's text. None when `owner` asked for another one meanwhile. PreviewError, ConfigError."""
        return self._ask(owner, text)

    def untouched(self, owner: str, asked: Untouched) -> Row | None:
        """As `untouched.course` tells it, as far as patience lets it. Otherwise as `ask`."""
        return self._ask(owner, asked)

    def _ask(self, owner: str, question: str | Untouched) -> Row | None:
        with self._lock:
            number = next(self._numbers)
            self._newest.pop(owner, None)
            self._newest[owner] = number
            while len(self._newest) > OWNERS:
                self._newest.popitem(last=False)
        with self._turn:
            if not self._wanted(owner, number):
                return None
            try:
                return self._answered(owner, number, question)
            except (OSError, EOFError):
                self._end_worker()
                raise PreviewError("the preview broke off; change the text or try again") from None

    def call_off(self, owner: str) -> None:
        with self._lock:
            self._newest.pop(owner, None)

    def close(self) -> None:
        self._closed = True
        with self._turn:
            self._end_worker()

    def _wanted(self, owner: str, number: int) -> bool:
        with self._lock:
            return not self._closed and self._newest.get(owner) == number

    def _answered(self, owner: str, number: int, question: str | Untouched) -> Row | None:
        line = self._worker()
        line.send((question, self._patience_s))
        give_up = time.monotonic() + self._patience_s + GRACE_S
        off = False
        while not line.poll(0.05):
            if not off and not self._wanted(owner, number):
                line.send(None)
                off, give_up = True, min(give_up, time.monotonic() + GRACE_S)
            if time.monotonic() > give_up:
                self._end_worker()
                if off:
                    return None
                raise PreviewError(f"the preview took longer than {self._patience_s:g} s and was ended")
        answer, error = line.recv()
        if off or not self._wanted(owner, number):
            return None
        if error:
            raise ConfigError(error)
        return dict(answer)

    def _worker(self) -> Connection:
        if self._line is None or self._process is None or not self._process.is_alive():
            self._end_worker()
            context = get_context("spawn")
            self._line, theirs = context.Pipe()
            self._process = context.Process(target=work, args=(theirs,), name="preview", daemon=True)
            self._process.start()
            theirs.close()
        return self._line

    def _end_worker(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._line = self._process = None


def work(line: Connection) -> None:
    """The worker: a question and its patience come, an answer goes; anything that comes before it is done calls it off. Ctrl-C is the server's
    to answer; when the server is gone, so is its end of the line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    while True:
        try:
            asked = line.recv()
            if asked is None:  # called off when it was done already
                continue
            line.send(_answer(line, *asked))
        except (EOFError, OSError):
            return


def _answer(line: Connection, question: str | Untouched, patience_s: float) -> tuple[Row, str]:
    until = time.monotonic() + patience_s

    def go_on(second: int) -> bool:
        return second % 10 > 0 or (time.monotonic() < until and not line.poll())

    try:
        if isinstance(question, Untouched):
            return course(question, go_on), ""
        scenario, problems = read_scenario(question)
        if scenario is None:
            return {}, f"line {problems[0]}"
        return preview(scenario, go_on), ""
    except ConfigError as error:
        return {}, str(error)
    except (
        Exception
    ) as error:  # a story that the model cannot follow is the writer's to change, and no fault of the program
        return {}, f"the virtual patient cannot live this: {type(error).__name__}: {error}"
