"""The shipped model: read without torch, it gives what sentence-transformers gives."""

import numpy as np
import pytest

from knowledge_base.embedding import SHIPPED_MODEL, StaticEmbeddings
from knowledge_base.static_embedding import load_static_model

TEXTS = [
    "高雄市政府勞工局辦理中高齡者就業促進說明會", "How do I apply for the childcare subsidy?", "臺北 與 台北", "2026年6月18日",
    "Beyoncé 12,000 元", "。。。", "龘", "a",
]  # fmt: skip


@pytest.mark.filterwarnings("default")
def test_vectors_equal_those_of_sentence_transformers():
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(SHIPPED_MODEL), device="cpu").encode(TEXTS)
    ours = load_static_model(SHIPPED_MODEL).embed(TEXTS)
    known = np.linalg.norm(ours, axis=1) > 0
    assert known.sum() >= 6
    assert (np.sum(theirs * ours, axis=1)[known] > 0.999).all()


def test_vectors_have_length_1_and_the_wanted_number_of_dimensions():
    model = load_static_model(SHIPPED_MODEL)
    for dimensions in (256, 128):
        vectors = model.embed(TEXTS[:3], dimensions)
        assert vectors.shape == (3, dimensions)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_batch_equals_its_texts_one_by_one():
    model = load_static_model(SHIPPED_MODEL)
    assert np.allclose(model.embed(TEXTS), np.concatenate([model.embed([text]) for text in TEXTS]), atol=1e-6)
    assert model.embed([]).shape == (0, 256)


def test_a_question_lies_nearer_to_its_translation_than_to_another_sentence():
    embeddings = StaticEmbeddings()
    question, other = embeddings.embed_passages(["How do I apply for a subsidy?", "The ferry leaves at nine."])
    chinese = embeddings.embed_query("如何申請補助？")
    assert chinese @ question > chinese @ other


def test_the_model_stays_small_enough_for_a_repository():
    assert sum(path.stat().st_size for path in SHIPPED_MODEL.rglob("*") if path.is_file()) <= 16_000_000
