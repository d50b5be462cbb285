"""A made-up but plausible session, and a fake of what the pages ask the program for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from config.models.alarms import Profile, load_profile
from config.models.protocols import Protocol, shipped_protocols
from dashboard.analytics.comparison import together
from dashboard.bedside.before_start import Preparation
from dashboard.bedside.errors import EntryRefused
from dashboard.figures.record import LimitLine, Prediction, RuleText, SessionRecord
from dashboard.history.build import session_alarms
from dashboard.history.model import SessionAlarms
from dashboard.pages.services import (
    BedInfo,
    PlanError,
    ProfileInfo,
    ScaleInfo,
    SessionPlan,
    SessionRow,
    StoreName,
)
from dashboard.plain_limits import Progress
from dashboard.session import events as ev
from dashboard.session.baseline import Readings
from dashboard.session.chain import chain
from dashboard.session.describe import text
from dashboard.session.events import Event
from dashboard.session.fold import check, fold
from dashboard.session.gates import check_role, inside_low_steps, missing
from dashboard.store import Stores
from dashboard.training.cases import Cases
from dashboard.training.library import Library
from dashboard.training.preview import Previews

OPENED = datetime(2026, 11, 21, 13, 4, 0, tzinfo=UTC)
NAN = float("nan")

RULES = {
    "spo2-low-high": RuleText("SpO₂ low", "≤", "%", "spo2"),
    "spo2-low-medium": RuleText("SpO₂ low", "≤", "%", "spo2"),
    "etco2-high-medium": RuleText("EtCO₂ high", "≥", "mmHg", "etco2"),
    "sbp-high-medium": RuleText("SBP high", "≥", "mmHg", "sbp"),
    "hr-rise-low": RuleText("HR above baseline", "≥", "%", "rate"),
    "spo2-lost": RuleText("No SpO₂ signal", "", "s", "spo2"),
}
LIMITS = (
    LimitLine("rate", "≤", "medium", ((0.0, 49.0),)),
    LimitLine("rate", "≥", "medium", ((0.0, 121.0),)),
    LimitLine("spo2", "≤", "medium", ((0.0, 89.0), (9000.0, 91.0))),
    LimitLine("sbp", "≥", "medium", ((0.0, 180.0),)),
    LimitLine("sbp", "≤", "medium", ((0.0, 90.0),)),
    LimitLine("etco2", "≥", "medium", ((0.0, 48.0),)),
    LimitLine("rr", "≤", "medium", ((0.0, 9.0),)),
)


class Script:
    """Writes a session's events in order; `at` times are seconds on the session clock."""

    def __init__(self, opened: datetime = OPENED) -> None:
        self.opened = opened
        self.events: list[Event] = []
        self.count = 0

    def add(self, cls: type[Event], t_s: float, by: str = "R. Nurse", **data: object) -> Script:
        self.events.append(cls(at=self.opened + timedelta(seconds=t_s), by=by, t_s=t_s, **data))
        return self

    def alarm(
        self, rule: str, priority: str, from_s: float, to_s: float | None, value: float | None, limit: float | None, message: str,
        ack_s: float | None = None, by: str = "R. Nurse", kind: str = "physiological",
    ) -> Script:  # fmt: skip
        self.count += 1
        data = {
            "rule": rule,
            "occurrence": self.count,
            "priority": priority,
            "kind": kind,
            "value": value,
            "limit": limit,
            "message": message,
        }
        self.add(ev.AlarmRaised, from_s, "system", **data)
        if ack_s is not None:
            self.add(ev.AlarmAcknowledged, ack_s, by, **data)
        if to_s is not None:
            self.add(ev.AlarmCleared, to_s, "system", **data)
        return self

    def in_order(self) -> list[Event]:
        return sorted(self.events, key=lambda e: e.t_s)


def script(hours: float = 4.0, simulation: bool = False) -> Script:
    s = Script()
    s.add(
        ev.SessionOpened, 0, bed="bed-2", patient="T.N.", weight_kg=62, concentration_mg_ml=2, planned_mg=86.8, planned_min=240,
        profile="A-standard-adult", profile_version="1", age_y=54, protocol="CRPS-10x4H", simulation=simulation,
        scenario="apnoea drill" if simulation else "",
    )  # fmt: skip
    s.add(ev.BaselineTaken, 420, values={"rate": 74, "sbp": 128, "dbp": 78, "spo2": 98, "etco2": 37, "rr": 14})
    s.add(ev.InfusionStarted, 600, rate_mg_h=10.8, concentration_mg_ml=2, ordered_by="Dr. A")
    s.add(ev.PhaseChanged, 600, phase="titration")
    s.add(ev.InfusionRateChanged, 2_200, rate_mg_h=21.7, concentration_mg_ml=2, reason="well tolerated")
    s.add(ev.PhaseChanged, 3_000, phase="steady")
    s.add(ev.DrugGiven, 2_960, drug="ondansetron", dose=4, unit="mg", route="IV")
    s.add(ev.OxygenChanged, 4_440, flow_l_min=2, device="nasal cannula")
    s.add(ev.SideEffect, 5_200, effect="nausea", severity="mild")
    for i, t in enumerate(range(300, int(hours * 3600) - 600, 900)):
        s.add(ev.ConsciousnessAssessed, t, scale="moaas", level="4" if 2 < i < 12 else "5", dissociation=1)
    s.add(ev.Note, 6_000, text="patient comfortable, music on")
    s.add(ev.Correction, 6_060, of=9, reason="wrong dose typed", replacement={"dose": 8.0})
    s.add(ev.InfusionPaused, 7_500, reason="bathroom")
    s.add(ev.InfusionResumed, 7_680)
    s.add(
        ev.LimitChanged,
        9_000,
        by="Dr. A",
        rule="spo2-low-medium",
        old={"value": 89.0},
        new={"value": 91.0},
        reason="sleep apnoea",
    )
    s.add(ev.InfusionStopped, hours * 3600 - 1_200, reason="planned dose reached")
    s.add(ev.PhaseChanged, hours * 3600 - 1_200, phase="recovery")
    s.alarm("hr-rise-low", "low", 1_620, 1_810, 31, 30, "HR 97, 31 % above baseline")
    s.alarm("spo2-lost", "medium", 2_712, 2_756, None, 30, "No SpO₂ signal", 2_717, kind="technical")
    s.alarm("etco2-high-medium", "medium", 4_810, 4_988, 52, 48, "EtCO₂ HIGH 52 mmHg", 4_829)
    s.alarm("spo2-low-medium", "medium", 4_860, 4_905, 88, 89, "SpO₂ LOW 88 %", 4_869)
    s.alarm("spo2-low-high", "high", 4_916, 4_988, 84, 84, "SpO₂ LOW 84 %", 4_923)
    s.alarm("sbp-high-medium", "medium", 8_100, 8_400, 182, 180, "SBP HIGH 182 mmHg", 8_131, "C. Kim")
    s.alarm("spo2-low-medium", "medium", 9_300, 9_317, 90, 91, "SpO₂ LOW 90 %")
    s.alarm("sbp-high-medium", "medium", 10_200, None, 181, 180, "SBP HIGH 181 mmHg")
    return s


def samples(hours: float = 4.0, seed: int = 3) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    t = np.arange(0.0, hours * 3600)
    n = t.size
    slow = np.sin(t / 2_000)

    def noise(scale: float) -> np.ndarray:
        return np.convolve(rng.normal(0, scale * 4, n), np.ones(15) / 15, "same")

    hr = 78 + 8 * slow + noise(1.2)
    spo2 = np.clip(97 + noise(0.4), 0, 100)
    dip = np.exp(-(((t - 4_940) / 60) ** 2))
    spo2 -= 13.5 * dip
    etco2 = 38 + 2 * slow + 14 * np.exp(-(((t - 4_900) / 90) ** 2)) + noise(0.6)
    rr = 14 - 5 * np.exp(-(((t - 4_900) / 90) ** 2)) + noise(0.4)
    for column in (spo2, hr):
        column[2_680:2_756] = NAN
    for column in (hr, spo2, etco2, rr):
        column[6_900:7_020] = NAN
    sys = np.full(n, NAN)
    dia = np.full(n, NAN)
    for at in range(120, n, 300):
        rise = 40 * np.exp(-(((at - 8_800) / 1_500) ** 2))
        sys[at] = round(130 + rise + rng.normal(0, 4))
        dia[at] = round(78 + 0.5 * rise + rng.normal(0, 3))
    columns = {"hr": hr, "pr": hr + 0.4, "spo2": spo2, "etco2": etco2, "rr_co2": rr, "nibp_sys": sys, "nibp_dia": dia}
    columns["nibp_map"] = (sys + 2 * dia) / 3
    keep = (t < 10_800) | (t > 10_950)  # the program was away for 150 s
    return t[keep], {name: np.round(column[keep], 1) for name, column in columns.items()}


def record(
    hours: float = 4.0, *, simulation: bool = False, extra: Sequence[Event] = (), seed: int = 3
) -> SessionRecord:
    events = sorted([*script(hours, simulation).events, *extra], key=lambda e: e.t_s)
    drug = next(i for i, event in enumerate(events, start=1) if isinstance(event, ev.DrugGiven))
    events = [replace(event, of=drug) if isinstance(event, ev.Correction) else event for event in events]
    t_s, columns = samples(hours, seed)
    rise = np.clip((t_s - 600) / 6_000, 0, 1)
    cp = 150 * rise**0.7
    return SessionRecord(
        session=fold(chain("0193-made-up", events)),
        bed_title="Room 2",
        t_s=t_s,
        columns=columns,
        approved=False,
        profile_title="A · standard adult",
        limits=LIMITS,
        rules=RULES,
        prediction=Prediction("Kamp 2020", t_s, cp, cp * 0.7, cp * 1.4, cp * 0.97),
    )


@dataclass(frozen=True, slots=True)
class Prepared(Preparation):
    """Keeps what the profile requires, which the shipped standard profile does not."""

    requires: tuple[str, ...] = ()


def prepare(
    events: Sequence[Event], profile: Profile, seen: tuple[str, ...], requires: tuple[str, ...] = ()
) -> Prepared:
    """A session as the set-up page sees it after these entries."""
    session = fold(chain("0193-new", list(events)))
    values = session.baseline.event.values if session.baseline else {}
    measured = Readings(
        {"rate": 74, "spo2": 93, "etco2": 37, "rr": 14}, {"sbp": "one cuff reading: a second one after 2 min"}
    )
    return Prepared(
        session, profile, session.infusion.started_s is not None, missing(session, requires, seen), seen,
        tuple(inside_low_steps(profile, load_profile(profile.id), values)), measured, requires,
    )  # fmt: skip


def opened_session(depth: str = "minimal") -> list[Event]:
    return [
        ev.SessionOpened(
            at=OPENED, by="R. Nurse", t_s=0.0, bed="bed-1", patient="T.N.", weight_kg=62.0, concentration_mg_ml=2.0, planned_mg=86.8,
            planned_min=240.0, profile="A-standard-adult", profile_version="0.1.0", intended_depth=depth,
        )
    ]  # fmt: skip


PROTOCOLS = tuple(shipped_protocols().values())
PROFILES = (
    ProfileInfo("A-standard-adult", "A · standard adult", "1"),
    ProfileInfo(
        "B-high-respiratory-risk", "B · high respiratory risk", "1", differs="SpO₂ ≤ 94, 91, 88 · needs EtCO₂ to start"
    ),
    ProfileInfo("C-cardiac-risk", "C · cardiac risk", "2", approved_by="Dr. A, 2026-09-01"),
)
SCALES = (ScaleInfo("moaas", "MOAA/S"), ScaleInfo("rass", "RASS"), ScaleInfo("acvpu", "ACVPU"))


def row(i: int, simulation: bool = False) -> SessionRow:
    return SessionRow(
        id=f"0193c{i:03d}-7e57-7000-8000-{i:012d}", bed=f"Room {i % 5 + 1}", patient="TNABJLPSMK"[2 * (i % 5) : 2 * (i % 5) + 2],
        protocol=PROTOCOLS[i % 3].code, opened_at=OPENED - timedelta(hours=7 * i), duration_s=2_400 + 3_100 * (i % 4), given_mg=80 - 9 * (i % 5),
        planned_mg=80, high=i % 3, medium=(i * 5) % 12, low=i % 7, state="open" if i == 0 else "signed" if i % 3 == 0 else "closed",
        approved=i % 4 == 0, scenario="apnoea drill" if simulation else "",
    )  # fmt: skip


@dataclass
class FakeHistories:
    """Histories of the records that a fake program has."""

    records: Mapping[str, SessionRecord]

    def sessions(
        self,
        store: StoreName,
        *,
        bed: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[SessionAlarms]:
        found = [one for key in self.records if (one := self.one(key)) is not None]
        wanted = [one for one in found if one.simulation is (store == "simulation") and bed in (None, one.bed)]
        return wanted[:limit]

    def one(self, session_id: str) -> SessionAlarms | None:
        made = self.records.get(session_id)
        if made is None:
            return None
        found = session_alarms(
            made.session,
            bed_title=made.bed_title,
            end_s=made.end_s,
            rules=made.rules,
            approved=made.approved,
            utc_offset=timedelta(0),
        )
        return replace(found, id=session_id)


@dataclass
class FakeServices:
    """Everything in memory; `opened` collects what was asked for."""

    bed_list: list[BedInfo] = field(default_factory=lambda: [BedInfo(f"bed-{i}", f"Room {i}") for i in range(1, 6)])
    records: dict[str, SessionRecord] = field(default_factory=dict)
    rows: dict[str, list[SessionRow]] = field(default_factory=dict)
    opened: list[tuple[str, SessionPlan, str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    prepared: dict[str, Prepared] = field(default_factory=dict)

    def now(self) -> datetime:
        return OPENED + timedelta(hours=5)

    def station_name(self) -> str:
        return "Infusion clinic"

    def beds(self) -> Sequence[BedInfo]:
        return self.bed_list

    def titles(self) -> dict[str, str]:
        return {**{bed.id: bed.title for bed in self.bed_list}, "train-1": "Training"}

    def people(self) -> Sequence[str]:
        return ["R. Nurse", "C. Kim", "Dr. A. Reviewer"]

    def training_bed(self) -> str | None:
        return "train-1"

    def scenarios(self) -> Library:
        return Library()

    def cases(self) -> Cases:
        return Cases(Stores(Path("nowhere")), Path("nowhere"))

    def previews(self) -> Previews:
        return Previews()

    def protocols(self) -> Sequence[Protocol]:
        return PROTOCOLS

    def profiles(self) -> Sequence[ProfileInfo]:
        return PROFILES

    def default_profile(self) -> str:
        return "A-standard-adult"

    def scales(self) -> Sequence[ScaleInfo]:
        return SCALES

    def sessions(self, store: StoreName) -> Sequence[SessionRow]:
        return self.rows.get(store, [])

    def record(self, session: str) -> SessionRecord | None:
        return self.records.get(session)

    def histories(self) -> FakeHistories:
        return FakeHistories(self.records)

    def window(self, session: str, from_s: float, to_s: float) -> SessionRecord | None:
        return self.records.get(session)

    def review(self, session: str, fields: Mapping[str, Any], request_id: str) -> SessionAlarms:
        found = self.histories().one(session)
        assert found is not None
        return found

    def open_session(self, bed: str, plan: SessionPlan, by: str) -> str:
        if bed in self.taken:
            raise PlanError("a session is open at this bed already")
        self.opened.append((bed, plan, by))
        if bed in self.prepared:
            self.bed_list = [replace(one, open_session="0193-new") if one.id == bed else one for one in self.bed_list]
        return "0193-new"

    def plain_limits(self, sessions: Sequence[str]) -> Progress:
        return Progress(0, 0, 0, together([]))

    def physicians(self) -> Sequence[str]:
        return ["Dr. A. Reviewer"]

    def preparation(self, bed: str) -> Preparation | None:
        return self.prepared.get(bed)

    def enter(self, bed: str, entry: Mapping[str, Any]) -> str:
        """Records it in the prepared session, as the bed would."""
        made = self.prepared[bed]
        fields = {key: value for key, value in entry.items() if key != "session"}
        session = made.session
        event = ev.from_dict({**fields, "at": OPENED, "t_s": session.seq + 1.0})
        try:
            check_role(session, event, "physician" if event.by in self.physicians() else "nurse")
            check(session, event)
        except ev.EventError as error:
            raise EntryRefused(str(error), error.field) from None
        events = [*(one.event for one in session.record), event]
        profile = made.profile
        if isinstance(event, ev.LimitChanged):
            profile = profile.with_limit(event.rule, event.new)
        self.prepared[bed] = prepare(events, profile, made.seen, made.requires)
        return text(event)
