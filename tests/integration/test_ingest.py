from dataclasses import replace

import numpy as np
import pytest
from conftest import NOW, TODAY

from app.wiring import STAFF_ORIGIN, open_askbay
from knowledge_base.chunking import chunk_document
from knowledge_base.ingest import ingest_documents, rebuild_if_lost, remove_documents
from knowledge_base.lexical_index import LexicalIndex
from knowledge_base.library import open_library
from knowledge_base.search import find_passages
from knowledge_base.tokens import tokenise
from knowledge_base.vector_index import VectorIndex
from storage.documents import Document, count_versions

DOCUMENT = Document(
    "ferry",
    "zh-TW",
    "渡輪票價",
    "旗津渡輪全票40元。",
    "transport",
    "交通局",
    "",
    "official",
    "2026",
    "",
    "",
    "current",
    "",
)


class HashedEmbeddings:
    """Vectors of hashed tokens: enough for a real Chroma to tell texts apart."""

    name = "hashed-1"
    dimensions = 64

    def embed_passages(self, texts):
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text):
        vector = np.zeros(self.dimensions, dtype=np.float32)
        for token in tokenise(text):
            vector[sum(token.encode()) % self.dimensions] += 1.0
        return vector / (np.linalg.norm(vector) or 1.0)


async def take_in(house, library, *documents, **options):
    return await ingest_documents(house.database, library, documents, origin=STAFF_ORIGIN, at=NOW, **options)


def texts(library, question):
    return [item.passage.text for item in find_passages(library, question, language="zh-TW", today=TODAY)]


async def test_the_same_text_again_changes_nothing(empty_house):
    assert (await take_in(empty_house, empty_house.library, DOCUMENT)).added == ("ferry@zh-TW",)
    again = await take_in(empty_house, empty_house.library, DOCUMENT)
    assert (again.added, again.changed, again.unchanged) == ((), (), ("ferry@zh-TW",))
    async with empty_house.database.begin() as connection:
        assert await count_versions(connection, "ferry@zh-TW") == 1


async def test_a_changed_text_replaces_its_passages_in_both_indexes_and_a_removed_one_leaves(empty_house, tmp_path):
    library = open_library(tmp_path, empty_house.library.glossary, embeddings=HashedEmbeddings())
    question = HashedEmbeddings().embed_query("旗津渡輪")
    await take_in(empty_house, library, DOCUMENT)
    report = await take_in(empty_house, library, replace(DOCUMENT, text="旗津渡輪全票50元。"))
    assert report.changed == ("ferry@zh-TW",)
    assert texts(library, "旗津渡輪") == ["旗津渡輪全票50元。"]
    assert library.nearest.search(question, 5) == ["ferry@zh-TW#0"]
    assert await remove_documents(empty_house.database, library, ["ferry@zh-TW"], NOW) == 1
    assert texts(library, "旗津渡輪") == []
    assert library.nearest.search(question, 5) == []


async def test_what_another_process_takes_in_is_found_by_the_next_question(empty_house, now):
    await take_in(empty_house, empty_house.library, DOCUMENT)
    async with open_askbay(empty_house.settings, now) as other:
        await take_in(other, other.library, replace(DOCUMENT, text="旗津渡輪全票50元。"))
    assert texts(empty_house.library, "旗津渡輪") == ["旗津渡輪全票50元。"]


async def test_vectors_of_two_models_never_stand_in_one_index(tmp_path):
    passages = chunk_document(DOCUMENT)
    vectors = HashedEmbeddings().embed_passages([passage.text for passage in passages])
    VectorIndex(tmp_path / "vectors", "one").replace([], passages, vectors)
    LexicalIndex(tmp_path / "lexical", "one").replace([], passages, vectors)
    assert VectorIndex(tmp_path / "vectors", "other").passage_count == 0
    assert LexicalIndex(tmp_path / "lexical", "other").passage_count == 0
    assert VectorIndex(tmp_path / "vectors", "one").passage_count == 1


async def test_a_document_gone_from_the_citys_folder_leaves_the_knowledge_base(empty_house):
    other = replace(DOCUMENT, id="bus", title="公車", text="公車票價12元。")
    await take_in(empty_house, empty_house.library, DOCUMENT, other, whole_origin=True)
    report = await take_in(empty_house, empty_house.library, DOCUMENT, whole_origin=True)
    assert report.removed == ("bus@zh-TW",)
    assert texts(empty_house.library, "公車票價") != ["公車票價12元。"]


async def test_what_a_crash_left_unindexed_is_indexed_at_the_next_start(empty_house, monkeypatch):
    monkeypatch.setattr("knowledge_base.ingest._index", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        await take_in(empty_house, empty_house.library, DOCUMENT)
    monkeypatch.undo()
    assert texts(empty_house.library, "旗津渡輪") == []
    await empty_house.bring_up_to_date()
    assert texts(empty_house.library, "旗津渡輪") == ["旗津渡輪全票40元。"]


async def test_a_lost_index_is_built_again_from_the_table(empty_house):
    await take_in(empty_house, empty_house.library, DOCUMENT)
    empty_house.library.clear()
    assert await rebuild_if_lost(empty_house.database, empty_house.library)
    await empty_house.bring_up_to_date()
    assert texts(empty_house.library, "旗津渡輪") == ["旗津渡輪全票40元。"]
