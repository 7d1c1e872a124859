"""The lexical index: BM25 by tantivy over the house's own tokens. Also the store of the passages themselves."""

from __future__ import annotations

import hashlib
import heapq
import json
import math
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import tantivy

from knowledge_base.chunking import Passage
from knowledge_base.embedding import Vectors
from knowledge_base.language import CJK, count_cjk
from knowledge_base.query_terms import QueryTerms, prepare_text
from knowledge_base.tokens import split_runs

# Part of the folder's name, with the embedding model's: a change of tokens, fields or model leads to a new folder that
# is then filled anew, so that vectors of two models never stand side by side.
FORM = "5"
# Chinese characters and other words; pairs of adjacent Chinese characters. tantivy cuts them out of a prepared text.
WORDS, PAIRS = "words", "pairs"
TOKENIZERS = {
    WORDS: tantivy.Tokenizer.regex(rf"[{CJK}]|[^\s{CJK}]+"),
    PAIRS: tantivy.Tokenizer.ngram(2, 2, prefix_only=False),
}
WRITER_MEMORY_BYTES = 64_000_000
FEWEST_PASSAGES = 300
# Passages are named by the most telling terms of a question, and the surest ways to say each.
MOST_TERMS = 12
MOST_NEEDLES = 3
# A longer word is searched by all its pairs of characters together; they weigh as one term and a little.
PHRASE_WEIGHT = 1.3
SAMPLED_PASSAGES = 200
KEPT_FREQUENCIES = 20_000
STORED_NUMBER = np.float16
SEPARATOR = "\x1f"
NO_VECTOR: Vectors = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class IndexedPassage:
    """A passage as it is stored: its text prepared for rescoring, its vector and its pieces (empty without a model).

    The passage itself is read only when it is asked for: most candidates are dropped after a glance.
    """

    id: str
    language: str
    prepared_text: str
    vector: Vectors
    pieces: bytes
    stored: str

    @property
    def document_id(self) -> str:
        """The id that a document has in every language."""
        return self.id.rsplit("@", 1)[0]

    @property
    def passage(self) -> Passage:
        """The passage."""
        return Passage(*json.loads(self.stored))


class IndexBusy(Exception):
    """Another process is writing to the index; try again when it has finished."""


class LexicalIndex:
    """An index in a folder; it is opened or made there."""

    def __init__(self, folder: Path, model_name: str = "") -> None:
        digest = hashlib.sha256(model_name.encode()).hexdigest()[:12]
        self._folder = folder / f"{FORM}-{digest}"
        self._folder.mkdir(parents=True, exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field(WORDS, tokenizer_name=WORDS, index_option="freq")
        builder.add_text_field(PAIRS, tokenizer_name=PAIRS, index_option="freq")
        builder.add_text_field("document_key", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("passage_id", tokenizer_name="raw", index_option="basic")
        builder.add_bytes_field("passage", stored=True)
        builder.add_bytes_field("prepared_text", stored=True)
        builder.add_bytes_field("vector", stored=True)
        builder.add_bytes_field("pieces", stored=True)
        self._schema = builder.build()
        self._meta_file = self._folder / "meta.json"
        self._index = tantivy.Index(self._schema, path=str(self._folder))
        for name, tokenizer in TOKENIZERS.items():
            self._index.register_tokenizer(name, tantivy.TextAnalyzerBuilder(tokenizer).build())
        self.reload()

    @property
    def passage_count(self) -> int:
        """The number of passages in the index."""
        return int(self._searcher.num_docs)

    @property
    def stamp(self) -> int:
        """The number of what was committed last, as far as this process has seen it; it grows with each commit."""
        return self._view[1]

    @property
    def _searcher(self) -> tantivy.Searcher:
        return self._view[0]

    def replace(
        self,
        document_keys: Iterable[str],
        passages: Sequence[Passage],
        vectors: Vectors = NO_VECTOR,
        pieces: Sequence[bytes] = (),
    ) -> tuple[int, int]:
        """Take out all passages of these documents and put these in, in one commit.

        `vectors` has a row for each passage, `pieces` what is stored of its pieces. Returns the stamps of the states
        before and after. Raises IndexBusy where another process is writing.
        """
        with self._open_writer() as writer:
            before = self._read_stamp()
            for key in document_keys:
                writer.delete_documents_by_term("document_key", key)
            for number, passage in enumerate(passages):
                vector = vectors[number] if len(vectors) else NO_VECTOR
                writer.add_document(self._entry(passage, vector, pieces[number] if pieces else b""))
            after = int(writer.commit())
        self.reload()
        return before, after

    def reload(self) -> None:
        """See what has been committed, by this process or another."""
        # The stamp is read first: what is seen may be newer than it says, never older.
        self._seen_at_ns = self._meta_file.stat().st_mtime_ns
        stamp = self._read_stamp()
        self._index.reload()
        self._view = (self._index.searcher(), stamp)
        # Questions and their translations ask for the same few thousand words again and again.
        self._frequency = lru_cache(KEPT_FREQUENCIES)(self._count_passages)
        sample = self._find(self._searcher, tantivy.Query.all_query(), SAMPLED_PASSAGES)
        lengths = [len(item.prepared_text) for item, _ in sample]
        self.mean_length = sum(lengths) / len(lengths) if lengths else 1.0

    def look_for_changes(self) -> None:
        """See what another process has committed, if it has."""
        if self._meta_file.stat().st_mtime_ns != self._seen_at_ns:
            self.reload()

    def _read_stamp(self) -> int:
        return int(json.loads(self._meta_file.read_text(encoding="utf-8"))["opstamp"])

    def search(self, tokens: Sequence[str], limit: int) -> list[tuple[Passage, float]]:
        """Return the passages with the highest BM25 over these tokens alone, best first."""
        terms = [(tantivy.Occur.Should, self._token(token)) for token in tokens]
        return [(item.passage, score) for item, score in self._find_any(terms, limit)]

    def search_terms(self, terms: QueryTerms, limit: int) -> list[tuple[IndexedPassage, float]]:
        """Return the passages with the highest BM25 over the most telling terms of a question, best first, with it."""
        telling = heapq.nlargest(MOST_TERMS, terms.terms, key=lambda term: term.idf)
        queries = [query for term in telling for query in self._any_of(term.needles[:MOST_NEEDLES])]
        return self._find_any(queries, limit)

    def get_passages(self, passage_ids: Sequence[str]) -> dict[str, IndexedPassage]:
        """Return the passages of these ids that are there."""
        queries = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "passage_id", id_, "basic"))
            for id_ in passage_ids
        ]
        return {item.id: item for item, _ in self._find_any(queries, len(passage_ids))}

    def find_passage_ids(self, document_keys: Sequence[str]) -> list[str]:
        """Return the ids of all passages of these documents."""
        queries = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "document_key", key, "basic"))
            for key in document_keys
        ]
        return [item.id for item, _ in self._find_any(queries, max(1, self.passage_count))]

    def read_vectors(self) -> tuple[list[Passage], Vectors, int]:
        """Return every passage, its vector, one row each, and the stamp of this state."""
        searcher, stamp = self._view
        items = [item for item, _ in self._find(searcher, tantivy.Query.all_query(), max(1, searcher.num_docs))]
        vectors = np.array([item.vector for item in items], dtype=np.float32) if items else NO_VECTOR
        return [item.passage for item in items], vectors, stamp

    def frequency(self, token: str) -> int:
        """Return how many passages have a token."""
        return self._frequency(token)

    def _count_passages(self, token: str) -> int:
        return int(self._searcher.doc_freq(_field_of(token), token))

    def weigh_token(self, token: str) -> float:
        """Return how telling a token is, 0 to 1: BM25's ln(1 + (N - n + 0.5) / (n + 0.5)) over that of an unknown one.

        An index of a few passages counts as one of FEWEST_PASSAGES: that all its passages have a word says little.
        """
        frequency = self.frequency(token)
        count = max(self._searcher.num_docs, FEWEST_PASSAGES)
        return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5)) / math.log(2 + 2 * count)

    def contains(self, token: str) -> bool:
        """Say whether any passage has this token."""
        return self.frequency(token) > 0

    def clear(self) -> None:
        """Remove every passage, and the folders of earlier forms and other models. Raises IndexBusy."""
        with self._open_writer() as writer:
            writer.delete_all_documents()
            writer.commit()
        self.reload()
        for folder in self._folder.parent.iterdir():
            if folder != self._folder and folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _open_writer(self) -> Iterator[tantivy.IndexWriter]:
        """Give the one writer; what is not committed by it is dropped."""
        try:
            writer = self._index.writer(heap_size=WRITER_MEMORY_BYTES, num_threads=1)
        except ValueError as error:
            raise IndexBusy(str(self._folder)) from error
        try:
            yield writer
        finally:
            writer.wait_merging_threads()

    def _find_any(
        self, queries: Sequence[tuple[tantivy.Occur, tantivy.Query]], limit: int
    ) -> list[tuple[IndexedPassage, float]]:
        return self._find(self._searcher, tantivy.Query.boolean_query(queries), limit) if queries else []

    def _find(self, searcher: tantivy.Searcher, query: tantivy.Query, limit: int) -> list[tuple[IndexedPassage, float]]:
        # One searcher for both: after a commit in between, an address may be another passage's.
        found = searcher.search(query, limit=limit, count=False)
        return [(_read(searcher.doc(address)), score) for score, address in found.hits]

    def _any_of(self, needles: Sequence[tuple[str, float]]) -> Iterator[tuple[tantivy.Occur, tantivy.Query]]:
        # One flat list of single tokens, because tantivy can then skip passages that cannot reach the best (block-max
        # WAND); with the words of a translation in a query of their own, a question took ten times as long.
        for needle, weight in needles:
            tokens = [token for is_chinese, run in split_runs(needle) for token in _pieces(is_chinese, run)]
            share = weight / needles[0][1] * (1.0 if len(tokens) == 1 else PHRASE_WEIGHT / len(tokens))
            for token in tokens:
                yield tantivy.Occur.Should, tantivy.Query.boost_query(self._token(token), share)

    def _token(self, token: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, _field_of(token), token, "freq")

    def _entry(self, passage: Passage, vector: Vectors, pieces: bytes) -> tantivy.Document:
        entry = tantivy.Document()
        prepared = prepare_text(f"{passage.title}\n{passage.heading}\n{passage.text}")
        entry.add_text(WORDS, prepared)
        entry.add_text(PAIRS, _OTHER_WORD.sub("\n", prepared))
        entry.add_text("document_key", passage.document_key)
        entry.add_text("passage_id", passage.id)
        stored = json.dumps(list(vars(passage).values()), ensure_ascii=False)
        entry.add_bytes("passage", SEPARATOR.join((passage.id, passage.language, stored)).encode())
        entry.add_bytes("prepared_text", prepared.encode())
        entry.add_bytes("vector", vector.astype(STORED_NUMBER).tobytes())
        entry.add_bytes("pieces", pieces)
        return entry


def _read(entry: tantivy.Document) -> IndexedPassage:
    (stored,), (prepared,), (vector,) = entry["passage"], entry["prepared_text"], entry["vector"]
    id_, language, passage = bytes(stored).decode().split(SEPARATOR, 2)
    return IndexedPassage(
        id=id_,
        language=language,
        prepared_text=bytes(prepared).decode(),
        vector=np.frombuffer(bytes(vector), STORED_NUMBER),
        pieces=bytes(entry["pieces"][0]),
        stored=passage,
    )


_OTHER_WORD = re.compile(f"[^{CJK}]+")


def _field_of(token: str) -> str:
    return PAIRS if len(token) == 2 and count_cjk(token) == 2 else WORDS


def _pieces(is_chinese: bool, run: str) -> list[str]:
    if not is_chinese or len(run) <= 2:
        return [run]
    return [run[i : i + 2] for i in range(len(run) - 1)]
