"""Neighbours are found among few passages and among many, after a crash, beside another process."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge_base import nearest
from knowledge_base.chunking import Passage
from knowledge_base.lexical_index import LexicalIndex
from knowledge_base.nearest import NearestPassages

COUNT, DIMENSIONS = 60, 16


def make_passages(start: int = 0) -> list[Passage]:
    return [
        Passage(
            f"p{n}@en#0", f"p{n}@en", f"p{n}", "en", "", "", "", f"text {n}", 0, "", "", "other", "", "", "", "", ""
        )
        for n in range(start, start + COUNT)
    ]


def make_vectors(seed: int = 1):
    vectors = np.random.default_rng(seed).normal(size=(COUNT, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


KEYS = [passage.document_key for passage in make_passages()]


class Indexes:
    """What one process holds."""

    def __init__(self, folder):
        self.lexical = LexicalIndex(folder / "lexical", "m")
        self.nearest = NearestPassages(self.lexical, folder / "vectors", "m")

    def replace(self, keys, passages, vectors):
        gone = self.lexical.find_passage_ids(keys)
        stamps = self.lexical.replace(keys, passages, vectors)
        self.nearest.follow(stamps, gone, passages, vectors)
        self.nearest.settle()

    def finds(self, vectors, number):
        return self.nearest.search(vectors[number], 5) == true_nearest(vectors, number)


def true_nearest(vectors, number):
    return [f"p{n}@en#0" for n in np.argsort(-(vectors @ vectors[number]))[:5]]


@pytest.fixture
def vectors():
    return make_vectors()


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)


def test_few_passages_are_scanned_and_no_chroma_is_made(tmp_path, vectors):
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    assert indexes.finds(vectors, 7)
    assert not (tmp_path / "vectors").exists()


@pytest.mark.usefixtures("many")
def test_many_passages_are_found_by_chroma_as_a_scan_finds_them(tmp_path, vectors):
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    assert all(indexes.finds(vectors, number) for number in range(10))
    assert (tmp_path / "vectors").exists()
    assert Indexes(tmp_path).finds(vectors, 3)


def test_a_house_that_has_grown_is_taken_over_by_chroma(tmp_path, vectors, monkeypatch):
    Indexes(tmp_path).replace([], make_passages(), vectors)
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)
    assert Indexes(tmp_path).finds(vectors, 3)


@pytest.mark.usefixtures("many")
def test_changed_and_removed_passages_follow(tmp_path, vectors):
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    changed = make_vectors(seed=2)
    indexes.replace(KEYS, make_passages(), changed)
    assert indexes.finds(changed, 3)
    indexes.replace(["p3@en"], [], np.zeros((0, DIMENSIONS), dtype=np.float32))
    assert "p3@en#0" not in indexes.nearest.search(changed[3], 5)


@pytest.mark.usefixtures("many")
def test_what_a_crash_left_out_of_chroma_is_there_at_the_next_search(tmp_path, vectors):
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    changed = make_vectors(seed=3)
    # The same number of passages, new vectors; Chroma was cut off before it took them in.
    indexes.lexical.replace(KEYS, make_passages(), changed)
    assert Indexes(tmp_path).finds(changed, 3)


@pytest.mark.usefixtures("many")
def test_an_error_in_chroma_loses_nothing_even_where_the_next_batch_succeeds(tmp_path, vectors, monkeypatch):
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    changed = make_vectors(seed=4)
    chroma = indexes.nearest._chroma
    monkeypatch.setattr(chroma, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    indexes.replace(KEYS[:30], make_passages()[:30], changed[:30])
    monkeypatch.undo()
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)
    indexes.replace(KEYS[30:], make_passages()[30:], changed[30:])
    assert indexes.finds(changed, 3)
    assert Indexes(tmp_path).finds(changed, 3)


@pytest.mark.usefixtures("many")
def test_what_another_process_takes_in_is_found_after_the_refresh(tmp_path, vectors):
    server, command = Indexes(tmp_path), Indexes(tmp_path)
    server.replace([], make_passages(), vectors)
    assert server.finds(vectors, 3)
    changed = make_vectors(seed=5)
    command.lexical.reload()
    command.replace(KEYS, make_passages(), changed)
    server.lexical.reload()
    # The first search after the refresh may still see what was there; it starts the catching up.
    server.nearest.search(changed[3], 5)
    server.nearest.settle()
    assert server.finds(changed, 3)
    assert command.finds(changed, 3)


@pytest.mark.usefixtures("many")
def test_threads_that_search_at_the_start_all_find(tmp_path, vectors):
    first = Indexes(tmp_path)
    first.replace([], make_passages(), vectors)
    changed = make_vectors(seed=6)
    first.lexical.replace(KEYS, make_passages(), changed)
    started = Indexes(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: started.finds(changed, number), range(16)))
    assert all(found)


@pytest.mark.usefixtures("many")
def test_a_chroma_that_cannot_be_opened_leaves_the_words(tmp_path, vectors, monkeypatch):
    indexes = Indexes(tmp_path)
    indexes.lexical.replace([], make_passages(), vectors)
    monkeypatch.setattr(indexes.nearest, "_open", lambda: (_ for _ in ()).throw(OSError("no such disk")))
    assert indexes.nearest.search(vectors[3], 5) == []


@pytest.mark.usefixtures("many")
def test_a_cleared_house_keeps_no_vector(tmp_path, vectors):
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    indexes.nearest.clear()
    assert not (tmp_path / "vectors").exists()
