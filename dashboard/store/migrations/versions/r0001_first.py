"""The first schema: sessions, events, samples, waveform chunks, users, audit, profile versions, devices."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: The signals of version 0.1, frozen here whatever the vocabulary becomes.
SIGNALS = (
    "hr", "pr", "spo2", "pi", "nibp_sys", "nibp_dia", "nibp_map", "abp_sys", "abp_dia", "abp_map", "etco2", "fico2",
    "rr_co2", "rr_imp", "temp", "pump_rate_ml_h", "pump_volume_ml", "pump_state", "link", "no_breath", "nurse_present",
)  # fmt: skip
APPEND_ONLY = ("events", "audit")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("key", sa.Integer, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("bed", sa.String(64), nullable=False),
        sa.Column("patient", sa.Text, nullable=False),
        sa.Column("protocol", sa.Text, nullable=False),
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("profile_version", sa.String(64), nullable=False),
        sa.Column("simulation", sa.Boolean, nullable=False),
        sa.Column("scenario", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger),
        sa.Column("opened_ms", sa.BigInteger, nullable=False),
        sa.Column("closed_ms", sa.BigInteger),
        sa.Column("signed_ms", sa.BigInteger),
        sa.Column("signed_by", sa.Text),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sessions"),
        sa.UniqueConstraint("id", name="uq_sessions_id"),
    )
    op.create_index("ix_sessions_opened_ms", "sessions", ["opened_ms"])
    op.create_index("ix_sessions_bed", "sessions", ["bed", "closed_ms"])
    op.create_table(
        "events",
        sa.Column("session_key", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("t_s", sa.Double, nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64)),
        sa.PrimaryKeyConstraint("session_key", "seq", name="pk_events"),
        sa.ForeignKeyConstraint(["session_key"], ["sessions.key"], name="fk_events_session_key"),
        sa.UniqueConstraint("session_key", "request_id", name="uq_events_request"),
    )
    op.create_table(
        "samples",
        sa.Column("session_key", sa.Integer, nullable=False),
        sa.Column("t_s", sa.Double, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("mono_ms", sa.BigInteger, nullable=False),
        sa.Column("mask", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Double) for name in SIGNALS),
        sa.Column("notes", sa.Text),
        sa.PrimaryKeyConstraint("session_key", "t_s", name="pk_samples"),
        sa.ForeignKeyConstraint(["session_key"], ["sessions.key"], name="fk_samples_session_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "waveform_chunks",
        sa.Column("session_key", sa.Integer, nullable=False),
        sa.Column("signal", sa.String(32), nullable=False),
        sa.Column("t_s", sa.Double, nullable=False),
        sa.Column("rate_hz", sa.Double, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("session_key", "signal", "t_s", name="pk_waveform_chunks"),
        sa.ForeignKeyConstraint(["session_key"], ["sessions.key"], name="fk_waveform_chunks_session_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "users",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("initials", sa.String(16), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("pin_hash", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(36)),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at_ms", "audit", ["at_ms"])
    op.create_table(
        "profile_versions",
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("toml", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_ms", sa.BigInteger),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("profile", "version", name="pk_profile_versions"),
    )
    op.create_table(
        "devices",
        sa.Column("session_key", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("monitor", sa.String(64), nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("session_key", "name", name="pk_devices"),
        sa.ForeignKeyConstraint(["session_key"], ["sessions.key"], name="fk_devices_session_key"),
    )
    for table in APPEND_ONLY:
        _append_only(table)


def _append_only(table: str) -> None:
    """The database itself refuses to change or delete what stands."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is only ever appended to'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION keep_{table}()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER keep_{table}_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is only ever appended to'); END"
        )
