"""Keeps the knowledge base in line with its sources while the server runs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from knowledge_base.ingest import IngestReport
from knowledge_base.lexical_index import IndexBusy, LexicalIndex

log = logging.getLogger(__name__)


async def refresh_documents(load: Callable[[], Awaitable[IngestReport]], index: LexicalIndex) -> None:
    """Take in what changed in the city's folder, and see what other processes have indexed."""
    try:
        report = await load()
    except IndexBusy:
        log.info("the index is being written by another process; the next round takes it up")
        return
    index.reload()
    if report.added or report.changed or report.removed:
        log.info("documents: %d new, %d changed, %d removed", *map(len, (report.added, report.changed, report.removed)))
