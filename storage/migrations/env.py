"""Runs the migrations on the connection that storage.database hands over."""

from __future__ import annotations

from alembic import context

from storage import (  # noqa: F401  their tables belong to the metadata below
    citizens,
    documents,
    inbox,
    model_uses,
    outbox,
    questions,
    subscriptions,
    tickets,
    watches,
)
from storage.database import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
