"""A recording as a teaching case: what was measured, and what a simulated session of it is opened with."""

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.models import ConfigError
from config.models.scenario import Scenario
from dashboard.recordings.sessions import read_session
from dashboard.recordings.tables import read_csv
from dashboard.recordings.values import Plan
from dashboard.recordings.vital import read_vital
from dashboard.store import Store, Stores
from simulators.replay import Recording
from simulators.scenario import find_scenario

#: Whoever was recorded, this is what screens and lists say.
NAME = "Replay"
SCENARIO = "replay"
#: Where a bed goes live in a recording unless told otherwise.
JOIN_S = 60.0
READERS = {".csv": read_csv, ".vital": read_vital}
#: What a recording does not tell: a plan to open the session with.
_TYPICAL = "crps-uneventful"


@dataclass(frozen=True, slots=True)
class Case:
    """`source`: the file or session that was named, for messages. `plan`: None for a file, which has none."""

    recording: Recording
    source: str
    plan: Plan | None = None

    def begin_s(self, start_s: float | None, default_s: float = 0.0) -> float:
        """Seconds from the recording's beginning at which to begin. ConfigError past its end."""
        end_s = self.recording.end_s
        begin_s = min(default_s, end_s / 2) if start_s is None else start_s
        if not 0 <= begin_s < end_s:
            raise ConfigError(f"--start {begin_s:g}: {self.source} ends after {end_s:g} s")
        return begin_s

    def scenario(self, live_from_s: float) -> Scenario:
        """What a simulated bed opens its session with: nobody's name, and the recorded weight and plan, which dose and limits depend on.

        The number of the recording stands where a scenario has its seed: a demo that was killed goes on with the same one only.
        """
        typical = find_scenario(_TYPICAL)
        told: dict[str, Any] = {"name": NAME, "age_y": None}
        plan: dict[str, Any] = {
            "protocol": "",
            "title": NAME,
            "live_from_s": live_from_s,
            "duration_s": self.recording.end_s,
        }
        if self.plan is not None:
            told |= {"age_y": self.plan.age_y, "weight_kg": self.plan.weight_kg}
            plan |= {
                "profile": self.plan.profile or typical.profile,
                "protocol": self.plan.protocol,
                "planned_mg": self.plan.planned_mg,
                "planned_min": self.plan.planned_min,
                "concentration_mg_ml": self.plan.concentration_mg_ml,
            }
        return typical.model_copy(
            update={
                "id": SCENARIO,
                "seed": zlib.crc32(repr((self.recording, live_from_s)).encode()),
                # Not validated, on purpose: a patient who was recorded may be outside of what the virtual one can be.
                "patient": typical.patient.model_copy(update=told),
                **plan,
                **dict.fromkeys(("infusion", "effects", "charting", "consciousness_at_s", "expected"), ()),
            }
        )


def replayed(
    source: str | None, data_dir: Path | None, start_s: float | None, *, scenario: str | None, seed: int | None = None
) -> Case | None:
    """The case that the options of a command ask for; None without `--replay`. ConfigError for options that exclude each other, for a
    start past its end, and as `open_case`."""
    if source is None:
        return None
    for option, value in (("--scenario", scenario), ("--seed", seed)):
        if value is not None:
            raise ConfigError(f"--replay and {option} exclude each other: a recording has its own patient")
    case = open_case(source, data_dir)
    case.begin_s(start_s)
    return case


def open_case(source: str, data_dir: Path | None = None) -> Case:
    """The recording `source`: a CSV or `.vital` file, or a session (id, unique prefix, `latest`) of the stores in `data_dir`, which
    are only read. ConfigError, in one line, says what is wrong with it."""
    path = Path(source)
    if path.suffix.lower() in READERS:
        return read_file(path)
    if path.is_file():
        raise ConfigError(f"{path}: a recording is a .csv or a .vital file, or a session")
    return _session(source, data_dir)


def read_file(path: Path) -> Case:
    """A file whose suffix is one of READERS. ConfigError as `open_case`."""
    return _measured(Case(READERS[path.suffix.lower()](path), str(path)))


def read_session_case(store: Store, session_id: str) -> Case:
    """A session of that store, by its whole id. ConfigError as `open_case`."""
    recording, plan = read_session(store, session_id)
    return _measured(Case(recording, f"session {session_id}", plan))


def _measured(case: Case) -> Case:
    if not math.isfinite(case.recording.end_s) or case.recording.end_s <= 0:
        raise ConfigError(f"{case.source}: nothing was measured in it")
    return case


def _session(source: str, data_dir: Path | None) -> Case:
    if data_dir is not None and data_dir.exists() and not data_dir.is_dir():
        raise ConfigError(f"{data_dir}: is not a folder; --data-dir names the folder that holds the sessions")
    with Stores(data_dir) as stores:
        try:
            store, row = stores.find(source)
        except ConfigError as error:
            raise ConfigError(f"--replay: {error} (nor is {source!r} a .csv or .vital file)") from None
        return read_session_case(store, row.id)
