"""Announcements, their runs, the delivery ledger, notices, districts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; citizens get the same person on another channel, watches when they were last looked at."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "announcements",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("author", sa.String(80), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("approved_fingerprint", sa.String(64), nullable=False, server_default=""),
        sa.Column("external_id", sa.String(240), unique=True),
        sa.Column("correction", sa.JSON),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("published_at", moment),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "announcement_steps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("announcement", sa.Integer, sa.ForeignKey("announcements.number"), nullable=False, index=True),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("before", sa.String(16), nullable=False),
        sa.Column("after", sa.String(16), nullable=False),
        sa.Column("staff", sa.String(80), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("taken_at", moment, nullable=False),
        sa.UniqueConstraint("announcement", "id"),
    )
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("announcement", sa.Integer, sa.ForeignKey("announcements.number"), index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False, server_default=""),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_emergency", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("messages", sa.JSON),
        sa.Column("begun_at", moment),
        sa.Column("finished_at", moment),
        sa.Column("reason", sa.String(400), nullable=False, server_default=""),
        sa.UniqueConstraint("announcement", "kind", "due_at", "name"),
        sa.Index("ix_runs_state_due_at", "state", "due_at"),
        sqlite_autoincrement=True,
    )
    run = sa.ForeignKey("runs.number")
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Integer, run, nullable=False),
        sa.Column("citizen_id", sa.String(32)),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("chat", sa.String(64), nullable=False),
        sa.Column("batch", sa.Integer),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(8), nullable=False, server_default=""),
        sa.Column("via", sa.Integer),
        sa.Column("reason", sa.String(400), nullable=False, server_default=""),
        sa.Column("message_id", sa.String(64), nullable=False, server_default=""),
        sa.UniqueConstraint("run", "citizen_id"),
        sa.Index("ix_deliveries_run_batch", "run", "batch"),
        sa.Index("ix_deliveries_citizen", "citizen_id"),
        sa.Index(
            "ix_deliveries_digest",
            "digest",
            sqlite_where=sa.text("digest != ''"),
            postgresql_where=sa.text("digest != ''"),
        ),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.number"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("not_before", moment),
        sa.Column("not_after", moment),
        sa.Column("quiet_from", sa.Time),
        sa.Column("quiet_until", sa.Time),
        sa.Column("leased_until", moment),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("first_tried_at", moment),
        sa.Column("chats", sa.JSON),
        sa.Column("reason", sa.String(400), nullable=False, server_default=""),
        sa.UniqueConstraint("run", "number"),
        sa.Index("ix_batches_channel_state", "channel", "state", "priority", "id"),
    )
    op.create_table(
        "citizen_districts",
        sa.Column("citizen_id", sa.String(32), sa.ForeignKey("citizens.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("district", sa.String(32), primary_key=True, index=True),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("citizen_id", sa.String(32), sa.ForeignKey("citizens.id", ondelete="CASCADE"), index=True),
        sa.Column("conversation_id", sa.String(64), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("message", sa.JSON, nullable=False),
        sa.Column("made_at", moment, nullable=False, index=True),
        sa.Column("told_at", moment),
        sa.Column("not_before", moment),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    with op.batch_alter_table("citizens") as citizens:
        citizens.add_column(sa.Column("linked_to", sa.String(32), nullable=True))
    with op.batch_alter_table("watches") as watches:
        watches.add_column(sa.Column("looked_at", moment, nullable=True))


def downgrade() -> None:
    """Drop the tables and columns."""
    with op.batch_alter_table("watches") as watches:
        watches.drop_column("looked_at")
    with op.batch_alter_table("citizens") as citizens:
        citizens.drop_column("linked_to")
    for table in (
        "marks", "notices", "citizen_districts", "batches", "deliveries", "runs", "announcement_steps", "announcements"
    ):  # fmt: skip
        op.drop_table(table)
