"""Citizens on channels: inbox, outbox, subscriptions, watches, tickets; questions know who asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; questions get the citizen and the message they came from."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("chat", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("happened_at", moment, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.String(400), nullable=False, server_default=""),
        sa.UniqueConstraint("channel", "event_id"),
        sa.Index("ix_inbox_state_channel_chat", "state", "channel", "chat"),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("chat", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("messages", sa.JSON, nullable=False),
        sa.Column("reply_token", sa.String(128), nullable=False, server_default=""),
        sa.Column("reply_until", moment),
        sa.Column("message_id", sa.String(64), nullable=False, server_default=""),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("parts_sent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reply_unknown", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("first_tried_at", moment),
        sa.Column("not_before", moment),
        sa.Column("reason", sa.String(400), nullable=False, server_default=""),
        sa.Column("created_at", moment, nullable=False),
        sa.Index("ix_outbox_state_channel_chat", "state", "channel", "chat"),
    )
    op.create_table(
        "citizens",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("chat", sa.String(64), nullable=False),
        sa.Column("is_group", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("language", sa.String(16), nullable=False, server_default=""),
        sa.Column("frequency", sa.String(16), nullable=False, server_default="instant"),
        sa.Column("quiet_from", sa.Time),
        sa.Column("quiet_until", sa.Time),
        sa.Column("reachable", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("awaiting", sa.String(64), nullable=False, server_default=""),
        sa.Column("awaiting_since", moment),
        sa.Column("created_at", moment, nullable=False),
        sa.UniqueConstraint("channel", "chat"),
    )
    citizen = sa.ForeignKey("citizens.id", ondelete="CASCADE")
    op.create_table(
        "subscriptions",
        sa.Column("citizen_id", sa.String(32), citizen, primary_key=True),
        sa.Column("topic", sa.String(64), primary_key=True, index=True),
        sa.Column("subscribed_at", moment, nullable=False),
    )
    op.create_table(
        "watches",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("citizen_id", sa.String(32), sa.ForeignKey("citizens.id", ondelete="CASCADE"), nullable=False),
        sa.Column("question_id", sa.String(36), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.UniqueConstraint("citizen_id", "question_id"),
    )
    op.create_table(
        "tickets",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column(
            "citizen_id", sa.String(32), sa.ForeignKey("citizens.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ticket_lines",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("ticket", sa.Integer, sa.ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("author", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("written_at", moment, nullable=False),
        sa.UniqueConstraint("ticket", "key"),
    )
    with op.batch_alter_table("questions") as questions:
        questions.add_column(sa.Column("citizen_id", sa.String(32), nullable=True))
        questions.add_column(sa.Column("message_id", sa.String(64), nullable=False, server_default=""))
        questions.create_index("ix_questions_citizen_id", ["citizen_id"])


def downgrade() -> None:
    """Drop the tables and the two columns."""
    with op.batch_alter_table("questions") as questions:
        questions.drop_index("ix_questions_citizen_id")
        questions.drop_column("message_id")
        questions.drop_column("citizen_id")
    for table in ("ticket_lines", "tickets", "watches", "subscriptions", "citizens", "outbox", "inbox"):
        op.drop_table(table)
