"""Neighbours are found among few passages and among many, and after a crash."""

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


class Indexes:
    def __init__(self, folder):
        self.lexical = LexicalIndex(folder / "lexical", "m")
        self.nearest = NearestPassages(self.lexical, folder / "vectors", "m")

    def replace(self, keys, passages, vectors):
        self.nearest.replace(keys, passages, vectors)
        self.lexical.replace(keys, passages, vectors)
        self.nearest.settle()


def true_nearest(vectors, number, limit=5):
    return [f"p{n}@en#0" for n in np.argsort(-(vectors @ vectors[number]))[:limit]]


@pytest.fixture
def vectors():
    return make_vectors()


def test_few_passages_are_scanned_and_no_chroma_is_made(tmp_path, vectors):
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    assert indexes.nearest.search(vectors[7], 5) == true_nearest(vectors, 7)
    assert not (tmp_path / "vectors").exists()


def test_many_passages_are_found_by_chroma_as_a_scan_finds_them(tmp_path, vectors, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    for number in range(10):
        assert indexes.nearest.search(vectors[number], 5) == true_nearest(vectors, number)
    assert (tmp_path / "vectors").exists()


def test_a_house_that_has_grown_is_taken_over_by_chroma(tmp_path, vectors, monkeypatch):
    Indexes(tmp_path).replace([], make_passages(), vectors)
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)
    assert Indexes(tmp_path).nearest.search(vectors[3], 5) == true_nearest(vectors, 3)


def test_changed_and_removed_passages_follow(tmp_path, vectors, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    changed = make_vectors(seed=2)
    indexes.replace([passage.document_key for passage in make_passages()], make_passages(), changed)
    assert indexes.nearest.search(changed[3], 5) == true_nearest(changed, 3)
    indexes.replace(["p3@en"], [], np.zeros((0, DIMENSIONS), dtype=np.float32))
    assert "p3@en#0" not in indexes.nearest.search(changed[3], 5)


def test_what_a_crash_left_out_of_chroma_is_filled_in_at_the_next_search(tmp_path, vectors, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)
    indexes = Indexes(tmp_path)
    indexes.replace([], make_passages(), vectors)
    changed = make_vectors(seed=3)
    # The lexical index has the new vectors, Chroma was cut off before it took them in.
    indexes.lexical.replace([passage.document_key for passage in make_passages()], make_passages(), changed)
    (tmp_path / "vectors" / "behind").touch()
    again = Indexes(tmp_path)
    assert again.nearest.search(changed[3], 5) == true_nearest(changed, 3)
    assert not (tmp_path / "vectors" / "behind").exists()


def test_an_error_in_chroma_loses_nothing(tmp_path, vectors, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SCANNED", 20)
    indexes = Indexes(tmp_path)
    chroma = indexes.nearest._open_chroma()
    taken_in = chroma.replace
    monkeypatch.setattr(chroma, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    indexes.replace([], make_passages(), vectors)
    monkeypatch.setattr(chroma, "replace", taken_in)
    assert indexes.nearest.search(vectors[3], 5) == true_nearest(vectors, 3)
