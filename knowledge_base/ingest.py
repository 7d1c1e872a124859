"""The one door into the knowledge base: documents are saved as versions, then both indexes follow.

The table is the truth. Each document carries the version that is in the indexes; whatever is behind is indexed again:
a crash between saving and indexing costs nothing but the work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from knowledge_base.chunking import chunk_document
from knowledge_base.documents import fingerprint
from knowledge_base.library import Library
from storage import documents as document_store
from storage.database import Database
from storage.documents import Document, IndexTask

# One commit of the indexes; small enough for a progress bar to move, large enough for speed.
BATCH_DOCUMENTS = 200

Progress = Callable[[int], None]


@dataclass(frozen=True)
class IngestReport:
    """What became of the documents: keys that are new, changed, the same as before, removed."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


async def ingest_documents(
    database: Database,
    library: Library,
    documents: Sequence[Document],
    *,
    origin: str,
    at: datetime,
    whole_origin: bool = False,
    on_progress: Progress = lambda done: None,
) -> IngestReport:
    """Save what is new or changed and index it.

    With `whole_origin`, the documents are all there is of this origin: those that are no longer among them are removed.
    `on_progress` gets the number of documents indexed since its last call.
    """
    async with database.begin() as connection:
        keys = [document.key for document in documents]
        known = await document_store.find_fingerprints(connection, keys)
        added: list[str] = []
        changed: list[str] = []
        unchanged: list[str] = []
        for document in documents:
            mark = fingerprint(document)
            before = known.get(document.key)
            if before == mark:
                unchanged.append(document.key)
                continue
            dated = document if document.as_of else replace(document, as_of=at.date().isoformat())
            await document_store.save_document(connection, dated, origin=origin, fingerprint=mark, at=at)
            (changed if before else added).append(document.key)
            known[document.key] = mark
        gone: set[str] = set()
        if whole_origin:
            gone = await document_store.find_keys_of_origin(connection, origin) - set(keys)
            await document_store.remove_documents(connection, gone, at)
    await index_pending(database, library, on_progress=on_progress)
    return IngestReport(tuple(added), tuple(changed), tuple(unchanged), tuple(sorted(gone)))


async def remove_documents(database: Database, library: Library, keys: Collection[str], at: datetime) -> int:
    """Take documents out of the knowledge base and both indexes; returns how many."""
    async with database.begin() as connection:
        count = await document_store.remove_documents(connection, keys, at)
    await index_pending(database, library)
    return count


async def index_pending(database: Database, library: Library, *, on_progress: Progress = lambda done: None) -> int:
    """Bring both indexes up to the newest version of every document; returns how many it were."""
    total = 0
    while True:
        async with database.begin() as connection:
            tasks = await document_store.find_unindexed(connection, limit=BATCH_DOCUMENTS)
        if not tasks:
            return total
        _index(library, tasks)
        async with database.begin() as connection:
            await document_store.mark_indexed(connection, tasks)
        total += len(tasks)
        on_progress(len(tasks))


async def rebuild_if_lost(database: Database, library: Library) -> bool:
    """Ask for everything to be indexed again where an index is empty though documents are there: it was lost, its form
    has changed, or the embedding model has.
    """
    async with database.begin() as connection:
        if library.is_filled or not await document_store.count_documents(connection):
            return False
        library.clear()
        await document_store.mark_all_unindexed(connection)
    return True


def _index(library: Library, tasks: Sequence[IndexTask]) -> None:
    replaced = [task.document.key for task in tasks]
    passages = [passage for task in tasks if not task.removed for passage in chunk_document(task.document)]
    library.replace(replaced, passages)
