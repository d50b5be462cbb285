"""The tables, in types that mean the same on SQLite and PostgreSQL. Times are UTC milliseconds since 1970.

The revisions in `migrations` spell the same tables out again, frozen; a test holds the two together.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from dashboard.alarms.values import SAMPLED

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

#: `key`: a short number for the rows of `samples`. `last_seq`, `last_hash`: head of the chain, so that entries missing at
#: its end show too. What else stands here is an index of the record, never its source.
sessions = Table(
    "sessions",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("bed", String(64), nullable=False),
    Column("patient", Text, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("profile", String(64), nullable=False),
    Column("profile_version", String(64), nullable=False),
    Column("simulation", Boolean, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("seed", BigInteger),
    Column("opened_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Column("signed_ms", BigInteger),
    Column("signed_by", Text),
    Column("last_seq", Integer, nullable=False),
    Column("last_hash", String(64), nullable=False),
)
Index("ix_sessions_opened_ms", sessions.c.opened_ms)
Index("ix_sessions_bed", sessions.c.bed, sessions.c.closed_ms)

REQUEST_ID_LENGTH = 64

#: `data`: canonical JSON of the event, all that the hash covers beside session, number and the hash before.
#: `request_id`: given by the sender of an entry, so that a retry finds what it already recorded.
events = Table(
    "events",
    metadata,
    Column("session_key", Integer, ForeignKey("sessions.key"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("t_s", Double, nullable=False),
    Column("type", String(64), nullable=False),
    Column("by", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("request_id", String(REQUEST_ID_LENGTH)),
    UniqueConstraint("session_key", "request_id", name="uq_events_request"),
)

#: One tick of one bed. `mask`: bit i set, `SAMPLED[i]` was monitored (its column may still be NULL: no valid value).
#: `notes`: JSON of what is not plain ok, NULL when all is.
samples = Table(
    "samples",
    metadata,
    Column("session_key", Integer, ForeignKey("sessions.key"), primary_key=True),
    Column("t_s", Double, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("mono_ms", BigInteger, nullable=False),
    Column("mask", Integer, nullable=False),
    *(Column(name, Double) for name in SAMPLED),
    Column("notes", Text),
    sqlite_with_rowid=False,
)

#: `data`: little-endian 32-bit floats at `rate_hz`, from `t_s` on.
waveform_chunks = Table(
    "waveform_chunks",
    metadata,
    Column("session_key", Integer, ForeignKey("sessions.key"), primary_key=True),
    Column("signal", String(32), primary_key=True),
    Column("t_s", Double, primary_key=True),
    Column("rate_hz", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("full_name", Text, nullable=False),
    Column("initials", String(16), nullable=False),
    Column("role", String(32), nullable=False),
    Column("password_hash", Text),
    Column("pin_hash", Text),
    Column("active", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger),
)

#: Who saw, changed, exported what. Only ever appended.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("session_id", String(36)),
    Column("detail", Text, nullable=False),
)
Index("ix_audit_at_ms", audit.c.at_ms)

#: The text of every alarm profile that was ever in force, so that an old session can be judged by its own limits, and of every one
#: that was proposed. The text never changes; an approval is given once. `evidence`: JSON, what the proposal leans on.
profile_versions = Table(
    "profile_versions",
    metadata,
    Column("profile", String(64), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("toml", Text, nullable=False),
    Column("approved_by", Text),
    Column("approved_ms", BigInteger),
    Column("recorded_ms", BigInteger, nullable=False),
    Column("proposed_by", Text),
    Column("reason", Text),
    Column("evidence", Text),
    Column("approval_note", Text),
    Column("base_version", String(64)),
)

#: What was attached to a session, and since when.
devices = Table(
    "devices",
    metadata,
    Column("session_key", Integer, ForeignKey("sessions.key"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("monitor", String(64), nullable=False),
    Column("link", Text, nullable=False),
    Column("first_seen_ms", BigInteger, nullable=False),
)
