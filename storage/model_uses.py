"""Uses of the language model: what each cost, how it ended, and what of it was not let through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Float, Integer, Select, String, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, metadata

model_uses = Table(
    "model_uses",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("question_id", String(36), index=True),
    Column("purpose", String(24), nullable=False),
    Column("model", String(120), nullable=False),
    Column("prompt", String(60), nullable=False),
    Column("outcome", String(24), nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cost", Float, nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("used_at", UtcDateTime, nullable=False, index=True),
    Column("dropped", JSON, nullable=False),
)


@dataclass(frozen=True)
class ModelUse:
    """One use. `outcome` is "used", or why the quoted answer went out instead. `cost` is in the currency of the prices.

    `dropped` are the sentences that were not let through: {"sentence", "problems": [[kind, text] …], "instead"}.
    """

    purpose: str
    model: str
    prompt: str
    outcome: str
    used_at: datetime
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    took_ms: float = 0.0
    dropped: list[dict[str, Any]] = field(default_factory=list)
    question_id: str | None = None


@dataclass(frozen=True)
class UseTotal:
    """What the uses of one model for one purpose with one outcome came to."""

    model: str
    purpose: str
    outcome: str
    uses: int
    input_tokens: int
    output_tokens: int
    cost: float


async def save_model_uses(connection: AsyncConnection, question_id: str | None, uses: Sequence[ModelUse]) -> None:
    """Store the uses for a question, or None where nobody waited for its answer."""
    if uses:
        await connection.execute(insert(model_uses), [{**vars(use), "question_id": question_id} for use in uses])


async def sum_model_uses(connection: AsyncConnection, since: datetime) -> list[UseTotal]:
    """Return what the uses since a moment came to."""
    keys = (model_uses.c.model, model_uses.c.purpose, model_uses.c.outcome)
    query = (
        select(
            *keys,
            func.count().label("uses"),
            func.sum(model_uses.c.input_tokens).label("input_tokens"),
            func.sum(model_uses.c.output_tokens).label("output_tokens"),
            func.sum(model_uses.c.cost).label("cost"),
        )
        .where(model_uses.c.used_at >= since)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [UseTotal(**row) for row in (await connection.execute(query)).mappings()]


async def find_dropped(connection: AsyncConnection, limit: int) -> list[ModelUse]:
    """Return the newest uses of which something was not let through, newest first."""
    query = select(model_uses).where(func.json_array_length(model_uses.c.dropped) > 0)
    rows = (await connection.execute(query.order_by(model_uses.c.id.desc()).limit(limit))).mappings()
    return [ModelUse(**{key: value for key, value in row.items() if key != "id"}) for row in rows]


async def forget_questions_in_uses(connection: AsyncConnection, question_ids: Select[tuple[str]]) -> None:
    """Take out of the uses what belongs to questions that are deleted; the figures stay."""
    own = model_uses.c.question_id.in_(question_ids)
    await connection.execute(update(model_uses).where(own).values(question_id=None, dropped=[]))
