"""Brings a database to the schema of this version, or says in one line why that cannot be."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from dashboard.store.errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")
#: The newest revision that this version knows. A test holds it to the newest file in `migrations/versions`.
HEAD = "0002"
VERSION_TABLE = "alembic_version"
FOREIGN = "it holds the data of another program: it is left as it is; choose another file or folder"


def revision_of(connection: Connection) -> str | None:
    """The schema a database is at; None for an empty one. StoreError when its tables are not ours."""
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if names:
        raise StoreError(FOREIGN)
    return None


def upgrade(connection: Connection) -> None:
    """To `HEAD`, within the connection's transaction: all of it or nothing."""
    revision = revision_of(connection)
    if revision == HEAD:
        return
    from alembic import command  # only when there is something to do: the import costs a quarter of a second
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if revision is not None:
        try:
            ScriptDirectory.from_config(config).get_revision(revision)
        except CommandError:
            raise StoreError(
                f"it was written by a newer version of this program (schema {revision}, this version knows {HEAD}): "
                "install that version"
            ) from None
    command.upgrade(config, HEAD)
