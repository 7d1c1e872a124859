"""Documents with their versions; questions with their answers and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "documents",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("id", sa.String(160), nullable=False, index=True),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("publisher", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("trust", sa.String(16), nullable=False),
        sa.Column("published_at", sa.String(10), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_until", sa.String(10), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False, index=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.Column("removed_at", moment),
        sa.Column("indexed_version", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "document_versions",
        sa.Column("key", sa.String(200), sa.ForeignKey("documents.key"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("saved_at", moment, nullable=False),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("conversation_id", sa.String(64), nullable=False, index=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_at", moment, nullable=False, index=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("citations", sa.JSON, nullable=False),
        sa.Column("answer_ms", sa.Float, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("question_id", sa.String(36), sa.ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("vote", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("given_at", moment, nullable=False),
    )


def downgrade() -> None:
    """Drop the four tables."""
    for table in ("feedback", "questions", "document_versions", "documents"):
        op.drop_table(table)
