"""The knowledge base as LangChain's own kinds of parts, for whoever builds chains of their own over it.

The search is a BaseRetriever, the model an Embeddings (python.langchain.com, langchain-core 1). Nothing in the house
imports this file, so the default run does not load LangChain.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings as LangChainEmbeddings
from langchain_core.retrievers import BaseRetriever

from knowledge_base.embedding import Embeddings
from knowledge_base.language import CHINESE, detect_language
from knowledge_base.search import FoundPassage, find_passages


class PassageRetriever(BaseRetriever):
    """Finds the passages for a question, best first, as LangChain documents.

    `page_content` is the passage; `metadata` has what a citation needs: title, publisher, url, published_at,
    valid_until, language, trust, document_id, passage_id, and the score.
    """

    library: Any
    today: Callable[[], date]
    limit: int = 8

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        language = detect_language(query, default=CHINESE)
        found = find_passages(self.library, query, language=language, today=self.today(), limit=self.limit)
        return [_to_document(item) for item in found]


class PassageEmbeddings(LangChainEmbeddings):
    """The vectors of the knowledge base's own model: the shipped one, or the one that is configured."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return a vector of length 1 for each text."""
        return [[float(value) for value in row] for row in self._embeddings.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return [float(value) for value in self._embeddings.embed_query(text)]


def _to_document(found: FoundPassage) -> Document:
    passage = found.passage
    names = ("title", "publisher", "url", "published_at", "valid_until", "language", "trust", "document_id")
    metadata = {name: getattr(passage, name) for name in names}
    return Document(page_content=passage.text, metadata={**metadata, "passage_id": passage.id, "score": found.score})
