"""Runs the migrations on the connection that `idp.store.schema` hands over."""

from alembic import context

from idp.store.schema import declared

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=declared(),
    compare_type=True,
    render_as_batch=False,
)
context.run_migrations()
