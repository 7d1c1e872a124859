"""The lexical index: BM25 by tantivy over the house's own tokens. Also the store of the passages themselves."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import tantivy

from knowledge_base.chunking import Passage
from knowledge_base.tokens import tokenise

# Part of the folder's name: a change of tokens or fields leads to a new folder, which is then filled anew.
FORM = "v1"
WRITER_MEMORY_BYTES = 64_000_000
FEWEST_PASSAGES = 300


class IndexBusy(Exception):
    """Another process is writing to the index; try again when it has finished."""


class LexicalIndex:
    """An index in a folder; it is opened or made there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FORM
        self._folder.mkdir(parents=True, exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("tokens", tokenizer_name="whitespace", index_option="freq")
        builder.add_text_field("document_key", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("passage_id", tokenizer_name="raw", index_option="basic")
        builder.add_bytes_field("passage", stored=True)
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(self._folder))
        self._searcher = self._index.searcher()

    @property
    def passage_count(self) -> int:
        """The number of passages in the index."""
        return int(self._searcher.num_docs)

    def replace(self, document_keys: Iterable[str], passages: Iterable[Passage]) -> None:
        """Take out all passages of these documents and put these in, in one commit.

        Raises IndexBusy where another process is writing.
        """
        try:
            writer = self._index.writer(heap_size=WRITER_MEMORY_BYTES, num_threads=1)
        except ValueError as error:
            raise IndexBusy(str(self._folder)) from error
        try:
            for key in document_keys:
                writer.delete_documents_by_term("document_key", key)
            for passage in passages:
                writer.add_document(self._entry(passage))
            writer.commit()
        finally:
            writer.wait_merging_threads()
        self.reload()

    def reload(self) -> None:
        """See what has been committed, by this process or another."""
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, weights: Mapping[str, float], limit: int) -> list[tuple[Passage, float]]:
        """Return the passages with the highest BM25 over these tokens (token → weight), best first."""
        if not weights:
            return []
        terms = [(tantivy.Occur.Should, self._term(token, weight)) for token, weight in weights.items()]
        found = self._searcher.search(tantivy.Query.boolean_query(terms), limit=limit, count=False)
        return [(self._read(address), float(score)) for score, address in found.hits]

    def get_passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages of these ids that are there."""
        if not passage_ids:
            return {}
        query = tantivy.Query.term_set_query(self._schema, "passage_id", list(passage_ids))
        found = self._searcher.search(query, limit=len(passage_ids), count=False)
        passages = (self._read(address) for _, address in found.hits)
        return {passage.id: passage for passage in passages}

    def weigh_token(self, token: str) -> float:
        """Return how telling a token is, 0 to 1: BM25's ln(1 + (N - n + 0.5) / (n + 0.5)) over that of an unknown one.

        An index of a few passages counts as one of FEWEST_PASSAGES: that all its passages have a word says little.
        """
        frequency = self._searcher.doc_freq("tokens", token)
        count = max(self._searcher.num_docs, FEWEST_PASSAGES)
        return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5)) / math.log(2 + 2 * count)

    def contains(self, token: str) -> bool:
        """Say whether any passage has this token."""
        return bool(self._searcher.doc_freq("tokens", token))

    def clear(self) -> None:
        """Remove every passage, and the folders of earlier forms of the index."""
        writer = self._index.writer(heap_size=WRITER_MEMORY_BYTES, num_threads=1)
        writer.delete_all_documents()
        writer.commit()
        writer.wait_merging_threads()
        self.reload()
        for folder in self._folder.parent.iterdir():
            if folder != self._folder and folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)

    def _term(self, token: str, weight: float) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, "tokens", token, "freq")
        return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)

    def _entry(self, passage: Passage) -> tantivy.Document:
        entry = tantivy.Document()
        entry.add_text("tokens", " ".join(tokenise(f"{passage.title}\n{passage.heading}\n{passage.text}")))
        entry.add_text("document_key", passage.document_key)
        entry.add_text("passage_id", passage.id)
        entry.add_bytes("passage", json.dumps(list(asdict(passage).values()), ensure_ascii=False).encode())
        return entry

    def _read(self, address: tantivy.DocAddress) -> Passage:
        (stored,) = self._searcher.doc(address)["passage"]
        return Passage(*json.loads(bytes(stored)))
