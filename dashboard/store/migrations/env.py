"""Alembic's entry point: runs the wanted revisions on the connection that `dashboard.store.schema` hands in."""

from alembic import context

from dashboard.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
