"""Districts: where citizens say they live, so that what concerns one district reaches those it concerns."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_unless_there, metadata

citizen_districts = Table(
    "citizen_districts",
    metadata,
    Column("citizen_id", String(32), ForeignKey("citizens.id", ondelete="CASCADE"), primary_key=True),
    Column("district", String(32), primary_key=True, index=True),
)


async def find_districts(connection: AsyncConnection, citizen_id: str) -> set[str]:
    """Return the districts a citizen chose."""
    query = select(citizen_districts.c.district).where(citizen_districts.c.citizen_id == citizen_id)
    return set((await connection.execute(query)).scalars())


async def choose_district(connection: AsyncConnection, citizen_id: str, district: str) -> None:
    """Note that something in a district concerns a citizen."""
    rows = [{"citizen_id": citizen_id, "district": district}]
    await insert_unless_there(connection, citizen_districts, rows, ("citizen_id", "district"))


async def drop_districts(connection: AsyncConnection, citizen_id: str, district: str | None = None) -> None:
    """Take back one district, or all."""
    query = delete(citizen_districts).where(citizen_districts.c.citizen_id == citizen_id)
    await connection.execute(query if district is None else query.where(citizen_districts.c.district == district))
