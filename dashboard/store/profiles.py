"""The book of alarm profiles of one store: which text each version had, who proposed it and why, and who approved it.

A session is judged by the limits that were in force when it ran, so the text of a version is recorded when a session opens
with it and never changes afterwards. A changed profile is a new version, which waits for approval: nothing proposed becomes
a patient's limits by itself. The stores of patients and of simulations keep books of their own.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, Row, insert, select, update

from config.models import ConfigError
from config.models.alarms import FOLDER, Profile, load_profile
from dashboard.session.chain import canonical
from dashboard.store import engine as engines
from dashboard.store.errors import StoreError, reason
from dashboard.store.profiles_text import from_toml, same_limits, to_toml
from dashboard.store.rows import at_of, ms_of
from dashboard.store.tables import audit, profile_versions

State = Literal["shipped", "in force once", "proposed", "approved"]
_OWN = re.compile(r"v(\d+)")


@dataclass(frozen=True, slots=True)
class ProfileVersion:
    """One version as the book has it. `state`: `shipped` with this program, `in force once`: a session ran with it. `evidence`: what
    the proposal leans on, as its maker gave it. `recorded_at` None: shipped, and never used in this store."""

    profile: str
    version: str
    title: str
    state: State
    text: str
    hash: str
    recorded_at: datetime | None = None
    proposed_by: str = ""
    reason: str = ""
    base_version: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    approved_by: str = ""
    approved_at: datetime | None = None
    approval_note: str = ""


class ProfileBook:
    """`reader`: connections that cannot write. Writing opens one of its own, for it is rare. Methods may be called from any thread."""

    def __init__(self, url: URL, reader: Engine) -> None:
        self._url, self._reader = url, reader
        self._parsed: dict[str, Profile] = {}

    def resolve(self, profile_id: str, version: str, *, until: datetime | None = None) -> Profile:
        """Exactly that version: its recorded text, else the shipped file when its version is that one. ConfigError otherwise.

        With `until` only an approval given by then counts: one given after a session's end does not make its limits approved.
        """
        with self._reading() as connection:
            row = _row(connection, profile_id, version)
        shipped = _shipped_as(profile_id, version)
        if row is None:
            if shipped is None:
                raise ConfigError(
                    f"alarm profile {profile_id}: version {version} is not recorded here and does not come with this program"
                )
            return shipped
        profile = self._read(row)
        if row.approved_ms is not None and row.approved_by:
            return _with_approval(profile, row.approved_by, at_of(row.approved_ms), until)
        if shipped is not None and shipped.approved and same_limits(shipped, profile):
            return shipped
        return profile

    def current(self, profile_id: str) -> Profile:
        """What a new session starts with: the version approved last in this store, else the shipped file. ConfigError when there is
        neither. A shipped file that says something else than this store recorded under its version has a version of its own."""
        query = (
            select(profile_versions)
            .where(profile_versions.c.profile == profile_id, profile_versions.c.approved_ms.is_not(None))
            .order_by(profile_versions.c.approved_ms.desc(), profile_versions.c.recorded_ms.desc())
        )
        with self._reading() as connection:
            row = connection.execute(query).first()
            if row is not None:
                return _with_approval(self._read(row), str(row.approved_by), at_of(row.approved_ms), None)
            shipped = _shipped(profile_id)
            known = _row(connection, profile_id, shipped.version)
        if known is None or same_limits(self._read(known), shipped):
            return shipped
        return shipped.model_copy(update={"version": _other_version(shipped)})

    def ids(self) -> tuple[str, ...]:
        """Profiles that a session may start with: the shipped ones and those with an approved version, sorted."""
        query = select(profile_versions.c.profile).where(profile_versions.c.approved_ms.is_not(None)).distinct()
        with self._reading() as connection:
            own = connection.execute(query).scalars().all()
        return tuple(sorted({*own, *(path.stem for path in FOLDER.glob("*.toml"))}))

    def known(self) -> tuple[str, ...]:
        """Every profile of which there is any version, sorted."""
        with self._reading() as connection:
            own = connection.execute(select(profile_versions.c.profile).distinct()).scalars().all()
        return tuple(sorted({*own, *(path.stem for path in FOLDER.glob("*.toml"))}))

    def versions(self, profile_id: str) -> list[ProfileVersion]:
        """The newest first; the shipped one is the oldest where it was never used here. Empty for an unknown profile."""
        query = select(profile_versions).where(profile_versions.c.profile == profile_id)
        query = query.order_by(profile_versions.c.recorded_ms.desc(), profile_versions.c.version.desc())
        with self._reading() as connection:
            found = [self._version(row) for row in connection.execute(query)]
        shipped = _shipped_or_none(profile_id)
        if shipped is not None and shipped.version not in {one.version for one in found}:
            text = to_toml(shipped)
            found.append(
                ProfileVersion(profile_id, shipped.version, shipped.title, "approved" if shipped.approved else "shipped", text,
                               _hash(text), approved_by=shipped.approved_by or "", approved_at=_moment(shipped.approved_at))
            )  # fmt: skip
        return found

    def remember(self, profile: Profile) -> None:
        """Record the text of a version that comes into force. Nothing happens when it is there already; ConfigError when that
        version is there with other limits, StoreError when it cannot be saved."""
        with self._reading() as connection:
            row = _row(connection, profile.id, profile.version)
        if row is None:
            with self._writing() as connection:
                row = _row(connection, profile.id, profile.version)  # two beds may open a session in one moment
                if row is None:
                    connection.execute(insert(profile_versions), _new_row(profile))
        if row is not None and not same_limits(self._read(row), profile):
            raise ConfigError(
                f"alarm profile {profile.id}: version {profile.version} is recorded with other limits; a change needs a new version"
            )

    def propose(
        self, profile: Profile, by: str, reason: str, evidence: Mapping[str, Any], *, version: str | None = None
    ) -> str:
        """A changed profile as a new version, to be approved; returns its version. `profile.version` is the one it was made from.
        `version`: keep that name where it is free. ConfigError without name or reason, or when that very profile is there already.
        """
        by, reason = _said("who proposes it", by), _said("the reason", reason)
        with self._writing() as connection:
            query = select(profile_versions).where(profile_versions.c.profile == profile.id)
            rows = connection.execute(query.order_by(profile_versions.c.approved_ms.desc())).all()
            taken = {row.version for row in rows}
            self._refuse_twin(profile, rows)
            base = profile.version if version is None else ""
            if version is None or version in taken or _shipped_as(profile.id, version) is not None:
                version = _next(taken)
            named = profile.model_copy(update={"version": version, "approved_by": None, "approved_at": None})
            row_of = _new_row(
                named, proposed_by=by, reason=reason, base_version=base, evidence=canonical(dict(evidence))
            )
            connection.execute(insert(profile_versions), row_of)
            _audit(connection, "profile_proposed", by, profile.id, version, reason=reason, base_version=base)
        return version

    def approve(self, profile_id: str, version: str, by: str, at: datetime | None = None, note: str = "") -> None:
        """The site approves a version, once and for good; `by` must be somebody who may. ConfigError when there is no such version or it
        is approved already."""
        by = _said("who approves it", by)
        at = datetime.now(UTC) if at is None else at
        with self._writing() as connection:
            row = _row(connection, profile_id, version)
            if row is None:
                shipped = _shipped_as(profile_id, version)
                if shipped is None:
                    raise ConfigError(f"alarm profile {profile_id}: there is no version {version}")
                connection.execute(insert(profile_versions), _new_row(shipped))
                row = _row(connection, profile_id, version)
                assert row is not None
            if row.approved_ms is not None:
                raise ConfigError(
                    f"alarm profile {profile_id}: version {version} was approved by {row.approved_by} on {at_of(row.approved_ms):%Y-%m-%d}"
                )
            where = (profile_versions.c.profile == profile_id) & (profile_versions.c.version == version)
            given = {"approved_by": by, "approved_ms": ms_of(at), "approval_note": note.strip() or None}
            connection.execute(update(profile_versions).where(where).values(**given))
            _audit(connection, "profile_approved", by, profile_id, version, hash=row.hash, note=note.strip())

    def _refuse_twin(self, profile: Profile, rows: Sequence[Row[Any]]) -> None:
        """The same limits may come back as a new version, but not while they are in force or wait for approval. `rows`: the ones
        approved last first."""
        approved = [row for row in rows if row.approved_ms is not None]
        for row in (*approved[:1], *(row for row in rows if row.approved_ms is None)):
            if same_limits(self._read(row), profile):
                raise ConfigError(f"alarm profile {profile.id}: version {row.version} says the same already")
        shipped = None if approved else _shipped_or_none(profile.id)
        if shipped is not None and same_limits(shipped, profile):
            raise ConfigError(f"alarm profile {profile.id}: nothing differs from the shipped version {shipped.version}")

    def _read(self, row: Row[Any]) -> Profile:
        profile = self._parsed.get(row.hash)
        if profile is None:
            profile = self._parsed[row.hash] = from_toml(row.toml, f"alarm profile {row.profile} {row.version}")
        return profile

    def _version(self, row: Row[Any]) -> ProfileVersion:
        state: State = "approved" if row.approved_ms else "proposed" if row.proposed_by else "in force once"
        return ProfileVersion(
            profile=row.profile, version=row.version, title=self._read(row).title, state=state, text=row.toml, hash=row.hash,
            recorded_at=at_of(row.recorded_ms), proposed_by=row.proposed_by or "", reason=row.reason or "",
            base_version=row.base_version or "", evidence=json.loads(row.evidence) if row.evidence else {},
            approved_by=row.approved_by or "", approved_at=at_of(row.approved_ms) if row.approved_ms is not None else None,
            approval_note=row.approval_note or "",
        )  # fmt: skip

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _clear(self._url), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        engine = engines.make_engine(self._url, write=True)
        try:
            with _clear(self._url), engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def next_version(book: ProfileBook, profile_id: str) -> str:
    """What a proposal made now would be called."""
    return _next({one.version for one in book.versions(profile_id)})


def _next(taken: set[str]) -> str:
    own = [int(match[1]) for name in taken if (match := _OWN.fullmatch(name))]
    return f"v{max(own, default=0) + 1}"


@contextmanager
def _clear(url: URL) -> Iterator[None]:
    """StoreError in one line for whatever the database says."""
    try:
        yield
    except (StoreError, ConfigError):
        raise
    except Exception as error:
        raise StoreError(f"{engines.place(url)}: {reason(error)}") from error


@cache
def _shipped(profile_id: str) -> Profile:
    """ConfigError for an id that is not shipped."""
    return load_profile(profile_id)


def _shipped_or_none(profile_id: str) -> Profile | None:
    try:
        return _shipped(profile_id)
    except ConfigError:
        return None


def _shipped_as(profile_id: str, version: str) -> Profile | None:
    """The shipped profile under the version that a session recorded for it; None when it is not that one."""
    shipped = _shipped_or_none(profile_id)
    if shipped is None:
        return None
    if version == shipped.version:
        return shipped
    if not version.startswith(f"{shipped.version}+"):
        return None  # no need to write the whole text out for its hash
    return shipped.model_copy(update={"version": version}) if version == _other_version(shipped) else None


def _other_version(shipped: Profile) -> str:
    """A shipped file was changed without a new version: its own text names it."""
    return f"{shipped.version}+{_hash(to_toml(shipped))[:8]}"


def _row(connection: Connection, profile_id: str, version: str) -> Row[Any] | None:
    where = (profile_versions.c.profile == profile_id) & (profile_versions.c.version == version)
    return connection.execute(select(profile_versions).where(where)).first()


def _new_row(profile: Profile, **proposal: str) -> dict[str, Any]:
    text = to_toml(profile)
    now = datetime.now(UTC)
    approved = {"approved_by": profile.approved_by, "approved_ms": ms_of(_moment(profile.approved_at) or now)}
    return {
        "profile": profile.id, "version": profile.version, "hash": _hash(text), "toml": text, "recorded_ms": ms_of(now), **proposal,
        **(approved if profile.approved else {}),
    }  # fmt: skip


def _with_approval(profile: Profile, by: str, at: datetime, until: datetime | None) -> Profile:
    if until is not None and at > until:
        return profile
    return profile.model_copy(update={"approved_by": by, "approved_at": at.isoformat(timespec="seconds")})


def _moment(text: str | None) -> datetime | None:
    """An ISO date or time as a file has it, in UTC; None where it is neither."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _audit(connection: Connection, action: str, by: str, profile_id: str, version: str, **detail: str) -> None:
    said = canonical({"profile": profile_id, "version": version, **detail})
    connection.execute(insert(audit), {"at_ms": ms_of(datetime.now(UTC)), "by": by, "action": action, "detail": said})


def _said(what: str, words: str) -> str:
    if not (words := words.strip()):
        raise ConfigError(f"a profile version needs {what}")
    return words


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
