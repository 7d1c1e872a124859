"""Documents: what the city published, in versions, and how far each is indexed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice

from sqlalchemy import Column, ForeignKey, Integer, RowMapping, String, Table, Text, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import UtcDateTime, metadata

KEYS_A_STATEMENT = 500


@dataclass(frozen=True)
class Document:
    """One announcement or page in one language.

    Dates are partial ISO dates: "2026", "2026-03", "2026-03-11" or "" where the source states none.
    """

    id: str
    language: str
    title: str
    text: str
    topic: str
    publisher: str
    url: str
    trust: str
    published_at: str
    valid_from: str
    valid_until: str
    status: str
    as_of: str

    @property
    def key(self) -> str:
        """The same document in two languages has one id and two keys."""
        return f"{self.id}@{self.language}"


documents = Table(
    "documents",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("id", String(160), nullable=False, index=True),
    Column("language", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("topic", String(64), nullable=False),
    Column("publisher", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("trust", String(16), nullable=False),
    Column("published_at", String(10), nullable=False),
    Column("valid_from", String(10), nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("status", String(16), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("origin", String(32), nullable=False, index=True),
    Column("fingerprint", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("indexed_version", Integer, nullable=False, server_default="0"),
)

document_versions = Table(
    "document_versions",
    metadata,
    Column("key", String(200), ForeignKey("documents.key"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)

_DOCUMENT_COLUMNS = [documents.c[field.name] for field in fields(Document)]


async def find_fingerprints(connection: AsyncConnection, keys: Collection[str]) -> dict[str, str]:
    """Return the fingerprint of each of these documents that is there and not removed."""
    found: dict[str, str] = {}
    for batch in _batches(keys):
        query = select(documents.c.key, documents.c.fingerprint).where(
            documents.c.key.in_(batch), documents.c.removed_at.is_(None)
        )
        found |= {row.key: row.fingerprint for row in await connection.execute(query)}
    return found


async def find_keys_of_origin(connection: AsyncConnection, origin: str) -> set[str]:
    """Return the keys of the documents that came in by this origin and are not removed."""
    query = select(documents.c.key).where(documents.c.origin == origin, documents.c.removed_at.is_(None))
    return set((await connection.execute(query)).scalars())


async def save_document(
    connection: AsyncConnection, document: Document, *, origin: str, fingerprint: str, at: datetime
) -> int:
    """Save a new or changed document as its next version and return that version's number."""
    current = select(documents.c.version).where(documents.c.key == document.key).with_for_update()
    known = (await connection.execute(current)).scalar_one_or_none()
    version = (known or 0) + 1
    values = {field.name: getattr(document, field.name) for field in fields(Document)}
    values |= {"origin": origin, "fingerprint": fingerprint, "version": version, "saved_at": at, "removed_at": None}
    if known is None:
        await connection.execute(insert(documents).values(key=document.key, **values))
    else:
        await connection.execute(update(documents).where(documents.c.key == document.key).values(**values))
    await connection.execute(
        insert(document_versions).values(
            key=document.key,
            version=version,
            title=document.title,
            text=document.text,
            fingerprint=fingerprint,
            saved_at=at,
        )
    )
    return version


async def remove_documents(connection: AsyncConnection, keys: Collection[str], at: datetime) -> int:
    """Mark documents as removed; their versions stay for the record. Returns how many it were."""
    count = 0
    for batch in _batches(keys):
        query = (
            update(documents)
            .where(documents.c.key.in_(batch), documents.c.removed_at.is_(None))
            .values(removed_at=at, version=documents.c.version + 1)
        )
        count += (await connection.execute(query)).rowcount
    return count


@dataclass(frozen=True)
class IndexTask:
    """A document whose passages in the indexes are behind its version; removed ones have no text to add."""

    document: Document
    version: int
    removed: bool


async def find_unindexed(connection: AsyncConnection, *, limit: int) -> list[IndexTask]:
    """Return documents whose newest version is not in the indexes yet."""
    query = (
        select(*_DOCUMENT_COLUMNS, documents.c.version, documents.c.removed_at)
        .where(documents.c.version != documents.c.indexed_version)
        .order_by(documents.c.key)
        .limit(limit)
    )
    rows = (await connection.execute(query)).mappings()
    return [IndexTask(_document(row), row["version"], row["removed_at"] is not None) for row in rows]


async def mark_indexed(connection: AsyncConnection, tasks: Sequence[IndexTask]) -> None:
    """Note that these versions are in the indexes; a version saved meanwhile stays unindexed."""
    for task in tasks:
        await connection.execute(
            update(documents).where(documents.c.key == task.document.key).values(indexed_version=task.version)
        )


async def mark_all_unindexed(connection: AsyncConnection) -> None:
    """Ask for every document to be indexed again, for an index that was lost or has a new form."""
    await connection.execute(update(documents).values(indexed_version=0))


async def count_documents(connection: AsyncConnection) -> int:
    """Count the documents that are not removed."""
    query = select(func.count()).select_from(documents).where(documents.c.removed_at.is_(None))
    return int((await connection.execute(query)).scalar_one())


async def find_documents(connection: AsyncConnection, id_or_key: str) -> list[Document]:
    """Return the documents of an id (every language) or of one key, not removed."""
    query = select(*_DOCUMENT_COLUMNS).where(
        or_(documents.c.id == id_or_key, documents.c.key == id_or_key), documents.c.removed_at.is_(None)
    )
    return [_document(row) for row in (await connection.execute(query)).mappings()]


async def find_newest_of_topic(connection: AsyncConnection, topic: str, language: str, *, limit: int) -> list[Document]:
    """Return the newest documents of a topic in a language, not removed, newest first."""
    query = (
        select(*_DOCUMENT_COLUMNS)
        .where(documents.c.topic == topic, documents.c.language == language, documents.c.removed_at.is_(None))
        .order_by(documents.c.published_at.desc(), documents.c.key)
        .limit(limit)
    )
    return [_document(row) for row in (await connection.execute(query)).mappings()]


async def count_versions(connection: AsyncConnection, key: str) -> int:
    """Count the versions kept of a document."""
    query = select(func.count()).select_from(document_versions).where(document_versions.c.key == key)
    return int((await connection.execute(query)).scalar_one())


def _batches(keys: Collection[str]) -> Iterator[tuple[str, ...]]:
    # Databases limit how many values a statement may carry.
    remaining = iter(keys)
    while batch := tuple(islice(remaining, KEYS_A_STATEMENT)):
        yield batch


def _document(row: RowMapping) -> Document:
    return Document(**{field.name: row[field.name] for field in fields(Document)})


@dataclass(frozen=True)
class Change:
    """A document that changed or was removed after it could be quoted."""

    document: Document
    version: int
    removed: bool


async def find_changes(connection: AsyncConnection, since: datetime) -> list[Change]:
    """Return the documents that were changed or removed after a moment; new ones are no change."""
    later = or_(documents.c.saved_at > since, documents.c.removed_at > since)
    query = select(*_DOCUMENT_COLUMNS, documents.c.version, documents.c.removed_at).where(
        later, documents.c.version > 1
    )
    rows = (await connection.execute(query)).mappings()
    return [Change(_document(row), row["version"], row["removed_at"] is not None) for row in rows]


async def find_newest_save(connection: AsyncConnection) -> datetime | None:
    """Return when a document came in or changed last."""
    newest: datetime | None = (await connection.execute(select(func.max(documents.c.saved_at)))).scalar_one()
    return newest


async def find_saved_after(connection: AsyncConnection, keys: Collection[str], moment: datetime) -> set[str]:
    """Return which of these documents came in or changed after a moment."""
    query = select(documents.c.key).where(documents.c.key.in_(list(keys)), documents.c.saved_at > moment)
    return set((await connection.execute(query)).scalars())
