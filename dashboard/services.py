"""What the pages ask of the program (`dashboard.pages.services.Services`), answered from the ward and the stores."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from config.models import ConfigError
from config.models.protocols import Protocol, shipped_protocols
from config.models.scales import shipped_scales
from dashboard.bedside import predicted
from dashboard.bedside.before_start import Preparation, preparation
from dashboard.bedside.errors import EntryRefused
from dashboard.bedside.ward import Ward
from dashboard.data_dir import own_cases, own_scenarios
from dashboard.figures.limits import limit_lines, rule_texts
from dashboard.figures.occurrences import occurrences
from dashboard.figures.record import Prediction, SessionRecord
from dashboard.history.model import SessionAlarms
from dashboard.history.reader import HistoryReader, in_force
from dashboard.history.review import Reviews
from dashboard.pages._profile_words import differences
from dashboard.pages.services import (
    BedInfo,
    PlanError,
    ProfileInfo,
    ScaleInfo,
    SessionPlan,
    SessionRow,
    StoreName,
)
from dashboard.plain_limits import PlainLimits, Progress
from dashboard.session.events import SessionOpened
from dashboard.session.fold import fold
from dashboard.session.gates import PHYSICIAN
from dashboard.session.state import Session
from dashboard.stations import APPROVING
from dashboard.store import Store, StoreError, Stores
from dashboard.store.profiles import ProfileBook
from dashboard.training.cases import Cases
from dashboard.training.library import Library
from dashboard.training.preview import Previews
from dashboard.whatif.jobs import WhatIf

log = logging.getLogger(__name__)

#: What the other profiles are compared with when one is chosen.
STANDARD = "A-standard-adult"
#: What stands for the scenario of a training run that is on.
RUNNING = "training, running"


class PageServices:
    """One for the whole program. `simulation`: whether this station's beds are simulated."""

    def __init__(
        self,
        ward: Ward,
        stores: Stores,
        people: Sequence[str],
        station: str,
        profile: str,
        *,
        simulation: bool,
        roles: Mapping[str, str] | None = None,
    ) -> None:
        self._ward, self._stores, self._roles = ward, stores, dict(roles or {})
        self._people, self._station, self._profile = tuple(people), station, profile
        self._simulation = simulation
        self._closed: dict[tuple[str, int], SessionRow] = {}
        self._histories = HistoryReader(stores, self.titles)
        self._whatif = WhatIf(self._histories)
        self._library, self._previews = Library(own_scenarios(stores.data_dir)), Previews()
        self._cases = Cases(stores, own_cases(stores.data_dir))
        self._plain = PlainLimits(self._histories)
        self._reviews = Reviews(ward, stores, self._histories, self._people)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def station_name(self) -> str:
        return self._station

    def beds(self) -> Sequence[BedInfo]:
        return [
            BedInfo(bed.id, bed.title, bed.simulation, bed.session.id if bed.session else None)
            for bed in self._ward.beds.values()
        ]

    def people(self) -> Sequence[str]:
        return self._people

    def training_bed(self) -> str | None:
        return next(iter(self._ward.training), None)

    def scenarios(self) -> Library:
        return self._library

    def cases(self) -> Cases:
        return self._cases

    def previews(self) -> Previews:
        return self._previews

    def physicians(self) -> Sequence[str]:
        return [name for name in self._people if self._roles.get(name) == PHYSICIAN]

    def protocols(self) -> Sequence[Protocol]:
        return list(shipped_protocols().values())

    def profiles(self) -> Sequence[ProfileInfo]:
        book = self._stores.of(self._simulation).profiles
        found = [book.current(profile_id) for profile_id in book.ids()]
        standard = next((one for one in found if one.id == STANDARD), None)
        return [
            ProfileInfo(
                p.id,
                p.title,
                p.version,
                p.approved_by or "",
                differences(p, standard) if standard else "",
                p.training,
            )
            for p in found
        ]

    def default_profile(self) -> str:
        return self._profile

    def scales(self) -> Sequence[ScaleInfo]:
        return [
            ScaleInfo(scale.id, scale.title, tuple((level.code, level.label) for level in scale.levels))
            for scale in shipped_scales().values()
        ]

    def sessions(self, store: StoreName) -> Sequence[SessionRow]:
        one = self._store(store)
        if one is None:
            return []
        rows = []
        for found in one.sessions(limit=200):
            key = (found.id, found.last_seq)
            row = self._closed.get(key) or self._row(one, found.id)
            if not found.is_open:
                self._closed[key] = row
            rows.append(row)
        return rows

    def record(self, session: str) -> SessionRecord | None:
        for name in ("live", "simulation"):
            store = self._store("live" if name == "live" else "simulation")
            if store is not None and store.session(session) is not None:
                return self._record(store, session)
        return None

    def open_session(self, bed: str, plan: SessionPlan, by: str) -> str:
        one = self._ward.find(bed)
        if one is None:
            raise PlanError(f"there is no bed {bed!r}")
        if by not in self._people:
            raise PlanError("say who opens the session", "by")
        try:
            version = one.store.profiles.current(plan.profile).version
        except ConfigError as error:
            raise PlanError(str(error), "profile") from None
        except StoreError as error:
            raise PlanError(str(error)) from None
        opened = SessionOpened(
            at=one.clock.utc(),
            by=by,
            t_s=0.0,
            bed=bed,
            patient=plan.patient,
            age_y=plan.age_y,
            weight_kg=plan.weight_kg,
            concentration_mg_ml=plan.concentration_mg_ml,
            planned_mg=plan.planned_mg,
            planned_min=plan.planned_min,
            protocol=plan.protocol,
            profile=plan.profile,
            profile_version=version,
            scale=plan.scale,
            intended_depth=plan.intended_depth,
            simulation=one.simulation,
        )
        try:
            session = one.open(opened)
        except EntryRefused as error:
            raise PlanError(str(error), error.field) from None
        for answer in plan.answers:
            try:
                self.enter(bed, {"type": "checklist_answered", "by": by, "session": session, **asdict(answer)})
            except EntryRefused as error:
                # The session is open, which is what matters; set-up goes on saying that the answer is missing.
                log.warning("%s: %s was not recorded: %s", bed, answer.item, error)
        return session

    def preparation(self, bed: str) -> Preparation | None:
        one = self._ward.find(bed)
        return None if one is None else preparation(one, one.store)

    def enter(self, bed: str, entry: Mapping[str, Any]) -> str:
        one = self._ward.find(bed)
        if one is None:
            raise EntryRefused(f"there is no bed {bed!r}", status=404)
        return str(one.record(entry)["text"])

    def close(self) -> None:
        """Ends what was started on behalf of the pages."""
        self._whatif.close()
        self._previews.close()

    def whatif(self) -> WhatIf:
        return self._whatif

    def profile_book(self, store: StoreName) -> ProfileBook:
        return self._stores.of(store == "simulation").profiles

    def approvers(self) -> Sequence[str]:
        return [name for name, role in self._roles.items() if role in APPROVING]

    def approve(self, store: StoreName, profile: str, version: str, by: str, note: str) -> None:
        if by not in self.approvers():
            who = " or ".join(self.approvers()) or "nobody of this station file: it names no physician"
            raise EntryRefused(f"{by} may not approve alarm limits; {who} may", field="by", status=403)
        self.profile_book(store).approve(profile, version, by, note=note)
        for bed in self._ward.beds.values():
            bed.approved()

    def histories(self) -> HistoryReader:
        return self._histories

    def plain_limits(self, sessions: Sequence[str]) -> Progress:
        return self._plain.look(sessions)

    def window(self, session: str, from_s: float, to_s: float) -> SessionRecord | None:
        found = self._histories.one(session)
        store = self._histories.store("simulation" if found and found.simulation else "live")
        if found is None or store is None:
            return None
        columns = store.samples(session, from_s, to_s)
        profile = in_force(store, found.folded)
        return SessionRecord(
            session=found.folded, bed_title=found.bed_title, t_s=columns.t_s, columns=columns.values,
            utc_offset_s=found.utc_offset_s, approved=found.approved, limits=limit_lines(profile, found.folded) if profile else (), rules=found.rules,
        )  # fmt: skip

    def review(self, session: str, fields: Mapping[str, Any], request_id: str) -> SessionAlarms:
        return self._reviews.record(session, fields, request_id)

    def titles(self) -> dict[str, str]:
        return {bed.id: bed.title for bed in (*self._ward.beds.values(), *self._ward.training.values())}

    def _store(self, name: StoreName) -> Store | None:
        return self._histories.store(name)

    def _row(self, store: Store, session_id: str) -> SessionRow:
        session = fold(store.events(session_id))
        opened = session.opened
        assert opened is not None
        last = store.last_tick(session_id)
        end_s = max([session.record[-1].event.t_s, *([last[0]] if last else [])])
        counts = {"high": 0, "medium": 0, "low": 0}
        for one in occurrences(session.alarms):
            counts[one.priority] += 1
        state = "signed" if session.signed else "closed" if session.closed else "open"
        profile = in_force(store, session)
        return SessionRow(
            id=session_id, bed=opened.bed, patient=opened.patient, protocol=opened.protocol, opened_at=opened.at,
            duration_s=end_s, given_mg=session.given_mg(end_s), planned_mg=opened.planned_mg, state=state,
            approved=profile is not None and profile.approved, scenario=self._scenario(session), **counts,
        )  # fmt: skip

    def _record(self, store: Store, session_id: str) -> SessionRecord:
        session = fold(store.events(session_id))
        columns = store.samples(session_id)
        opened = session.opened
        assert opened is not None
        profile = in_force(store, session)
        bed = self._ward.find(opened.bed)
        offset = opened.at.astimezone().utcoffset()
        return SessionRecord(
            session=session,
            bed_title=bed.title if bed else opened.bed,
            t_s=columns.t_s,
            columns=columns.values,
            utc_offset_s=offset.total_seconds() if offset else 0.0,
            approved=profile is not None and profile.approved,
            profile_title=f"{profile.title if profile else opened.profile} {opened.profile_version}",
            limits=limit_lines(profile, session) if profile else (),
            rules=rule_texts(profile) if profile else {},
            prediction=_prediction(session, float(columns.t_s[-1]) if len(columns) else session.record[-1].event.t_s),
            broken=store.verify(session_id),
            intervals=profile.intervals if profile else {},
            scenario=self._scenario(session),
        )

    def _scenario(self, session: Session) -> str:
        """The scenario's name, but not of a run that is on: its trainee could read here what is to come."""
        opened = session.opened
        assert opened is not None
        return RUNNING if session.is_open and opened.bed in self._ward.training else opened.scenario


def _prediction(session: Session, end_s: float) -> Prediction | None:
    at = session.at_of(end_s)
    if at is None or session.opened is None:
        return None
    curve = predicted.prediction(session, at, end_s)
    if not curve["at_ms"]:
        return None
    t_s = np.array(curve["at_ms"], dtype=np.float64) / 1000 - session.opened.at.timestamp() + session.opened.t_s
    cp, ce, low, high = (np.array(curve[name], dtype=np.float64) for name in ("cp_ng_ml", "ce_ng_ml", "low", "high"))
    return Prediction(curve["title"], t_s, cp, low, high, ce if ce.size else None)
