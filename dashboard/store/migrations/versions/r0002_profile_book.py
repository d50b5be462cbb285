"""Profile versions know who proposed them, from which version, why and on what evidence, and what was noted at approval.

From here on the database itself refuses to change the text of a recorded version, or an approval once given.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FIXED = ("profile", "version", "hash", "toml", "recorded_ms", "proposed_by", "reason", "base_version", "evidence")
CHANGED = "a recorded profile version is never changed"


def upgrade() -> None:
    for name in ("proposed_by", "reason", "evidence", "approval_note"):
        op.add_column("profile_versions", sa.Column(name, sa.Text))
    op.add_column("profile_versions", sa.Column("base_version", sa.String(64)))
    if op.get_context().dialect.name == "postgresql":
        changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FIXED)
        op.execute(
            "CREATE FUNCTION keep_profile_versions() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF TG_OP = 'DELETE' OR OLD.approved_ms IS NOT NULL OR {changed} "
            f"THEN RAISE EXCEPTION '{CHANGED}'; END IF; RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER keep_profile_versions BEFORE UPDATE OR DELETE ON profile_versions "
            "FOR EACH ROW EXECUTE FUNCTION keep_profile_versions()"
        )
        return
    for name, when in (
        ("text", f"UPDATE OF {', '.join(FIXED)} ON profile_versions"),
        ("approval", "UPDATE ON profile_versions WHEN OLD.approved_ms IS NOT NULL"),
        ("row", "DELETE ON profile_versions"),
    ):
        op.execute(
            f"CREATE TRIGGER keep_profile_versions_{name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END"
        )
