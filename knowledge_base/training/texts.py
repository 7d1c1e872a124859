"""Reading the training files, and the split that is held out of training.

A row is a pair of texts. ``par_*``, ``cedict_pairs`` and ``names_*`` hold translations (Chinese, English); ``qp_*``
hold a query and the Chinese passage that answers it.
"""

from __future__ import annotations

import hashlib
import random
import re
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ARCHIVE = "training.tar.xz"

LAW_SHARE, GAZETTE_SHARE, ARTICLE_SHARE = 0.05, 0.03, 0.08
"""The share of laws, of gazette notices and of article passages that is never trained on."""

PASSAGE_LIMIT = 400
"""Passages are cut at this many characters in training: mean pooling gains nothing from a longer one."""

TRANSLATIONS = (
    "par_law_segments", "par_law_titles", "par_law_headings", "par_gazette_titles", "par_tatoeba",
    "par_twmd_sents", "par_twmd_blocks", "par_tico19",
)  # fmt: skip
DICTIONARIES = ("cedict_pairs", "names_tw_roads")
CHINESE_QUERIES = ("qp_zh_law_title", "qp_zh_gazette_title", "qp_zh_gazette_keywords", "qp_zh_twmd")
ENGLISH_QUERIES = ("qp_en_zh_law", "qp_en_zh_gazette", "qp_en_zh_twmd")

VOCABULARY_SAMPLE = {
    "par_law_segments": 25_000, "par_law_titles": 3_000, "par_law_headings": 4_000, "par_gazette_titles": 12_000,
    "par_tatoeba": 40_000, "par_twmd_sents": 50_000, "par_tico19": 4_000, "cedict_pairs": 200_000,
    "names_tw_roads": 6_000, "qp_zh_law_title": 8_000, "qp_zh_gazette_title": 8_000, "qp_zh_twmd": 5_000,
}  # fmt: skip
"""How many rows of each file the tokenizer is learned from: few of the many laws, all of the general texts."""

GENERAL_TEXTS = {"par_tatoeba": 3, "par_twmd_sents": 2, "par_tico19": 2}
"""Texts that count more than once, so that everyday words outweigh the words of the law."""

ALIGNED = (
    "par_tatoeba", "par_twmd_sents", "par_twmd_blocks", "par_tico19", "par_gazette_titles", "par_law_titles",
    "par_law_headings",
)  # fmt: skip
"""The running texts that words are aligned in, beside a part of the law segments."""

_SHORT_SEGMENT, _ALIGNED_SEGMENTS = 70, 90_000
_SENTENCE_END = re.compile(r"[。！？；：\s]+")
_COMMON_SENTENCE = 4
_SHORTEST_SENTENCE = 8

Row = tuple[str, str]


@dataclass
class Texts:
    """All rows by file: those to train on, and those held out."""

    training: dict[str, list[Row]] = field(default_factory=dict)
    held_out: dict[str, list[Row]] = field(default_factory=dict)


def read_rows(path: Path) -> list[Row]:
    """Read a tab-separated file of two columns, without empty, broken or repeated rows."""
    rows: dict[Row, None] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if len(columns) == 2 and columns[0].strip() and columns[1].strip():
                rows[columns[0].strip(), columns[1].strip()] = None
    return list(rows)


@contextmanager
def unpack_texts(folder: Path) -> Iterator[Path]:
    """Give the folder that holds the .tsv files: this one, or a temporary one where only the archive is there."""
    archive = folder / ARCHIVE
    if any(folder.glob("*.tsv")) or not archive.exists():
        yield folder
        return
    with tempfile.TemporaryDirectory() as unpacked, tarfile.open(archive) as packed:
        packed.extractall(unpacked, filter="data")
        yield Path(unpacked)


def read_texts(folder: Path) -> Texts:
    """Read every file and split it."""
    rows = {
        name: read_rows(folder / f"{name}.tsv")
        for name in (*TRANSLATIONS, *DICTIONARIES, *CHINESE_QUERIES, *ENGLISH_QUERIES)
    }
    return split_rows(rows)


def split_rows(rows: dict[str, list[Row]]) -> Texts:
    """Hold out whole laws, gazette notices and article passages, and every translation of their sentences."""
    texts = Texts()
    held_passages: set[str] = set()
    for name in (*CHINESE_QUERIES, *ENGLISH_QUERIES):
        held = [row for row in rows[name] if _is_held_out(name, row)]
        held_passages.update(passage for _, passage in held)
        texts.held_out[name] = held
    held_queries = {query for held in texts.held_out.values() for query, _ in held}
    for name in (*CHINESE_QUERIES, *ENGLISH_QUERIES):
        texts.training[name] = [
            row for row in rows[name]
            if row[1] not in held_passages and row[0] not in held_queries and not _is_held_out(name, row)
        ]  # fmt: skip
    secret = _rare_sentences(held_passages, (row[1] for name in CHINESE_QUERIES for row in rows[name])) | held_queries
    for name in (*TRANSLATIONS, *DICTIONARIES):
        texts.training[name] = [row for row in rows[name] if not _tells(row, secret)]
    return texts


def _is_held_out(name: str, row: Row) -> bool:
    query, passage = row
    if "law" in name:
        title = (query if name.startswith("qp_zh") else passage).split(" ", 1)[0]
        return _draw(title) < LAW_SHARE
    return _draw(passage[:80]) < (GAZETTE_SHARE if "gazette" in name else ARTICLE_SHARE)


def _draw(text: str) -> float:
    """A number between 0 and 1 that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def _rare_sentences(held_passages: set[str], all_passages: Iterable[str]) -> set[str]:
    """Sentences of the held-out passages, without the boilerplate that many passages share."""
    wanted = {sentence for passage in held_passages for sentence in split_sentences(passage)}
    seen = Counter(sentence for passage in set(all_passages) for sentence in split_sentences(passage))
    return {sentence for sentence in wanted if seen[sentence] <= _COMMON_SENTENCE}


def split_sentences(text: str) -> list[str]:
    """The sentences of a Chinese text that are long enough to be told apart."""
    return [part for part in _SENTENCE_END.split(text) if len(part) >= _SHORTEST_SENTENCE]


def _tells(row: Row, secret: set[str]) -> bool:
    return row[0] in secret or row[1] in secret or any(part in secret for part in split_sentences(row[0]))


def sample_for_vocabulary(texts: Texts, draw: random.Random) -> list[str]:
    """The texts the tokenizer is learned from."""
    sample: list[str] = []
    for name, size in VOCABULARY_SAMPLE.items():
        rows = texts.training[name]
        for first, second in draw.sample(rows, min(size, len(rows))):
            sample.extend((first, second[:PASSAGE_LIMIT]) * GENERAL_TEXTS.get(name, 1))
    return sample


def choose_aligned_rows(texts: Texts, draw: random.Random) -> tuple[list[Row], int]:
    """The rows to align words in, running text first, and how many of them are running text."""
    rows: dict[Row, None] = {}
    for name in ALIGNED:
        rows.update(dict.fromkeys(texts.training[name]))
    laws = [row for row in texts.training["par_law_segments"] if len(row[0]) < _SHORT_SEGMENT]
    rows.update(dict.fromkeys(draw.sample(laws, min(_ALIGNED_SEGMENTS, len(laws)))))
    return [*rows, *(row for row in texts.training["cedict_pairs"] if row not in rows)], len(rows)
