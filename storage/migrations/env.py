"""What Alembic runs to migrate: on the connection, and inside the transaction, that storage.migrate began."""

from alembic import context

from storage.models import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
