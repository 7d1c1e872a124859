"""Passages that meet the words of a question, in its language or the other, measure higher."""

import numpy as np
import pytest

from knowledge_base.embedding import StaticEmbeddings
from knowledge_base.piece_match import NO_PIECES, PieceMatcher

FERRY = "旗津渡輪\n旗津渡輪全票40元。高雄市民持卡搭乘免費。"
LIBRARY = "市立圖書館\n圖書館每週一休館。借書證可在各分館申辦。"


@pytest.fixture(scope="module")
def embeddings():
    return StaticEmbeddings()


@pytest.fixture(scope="module")
def matcher(embeddings):
    return PieceMatcher(embeddings.model)


def measure(matcher, question, *texts):
    return matcher.measure(question, [matcher.describe(text).stored for text in texts])


@pytest.mark.parametrize("question", ["渡輪票價多少", "How much is the ferry ticket?"])
def test_the_passage_about_the_thing_asked_measures_higher_in_every_way(matcher, question):
    ferry, library = measure(matcher, question, FERRY, LIBRARY)
    for name, value in vars(ferry).items():
        assert value > getattr(library, name), name


def test_a_sentence_that_holds_every_word_is_met_completely(matcher):
    (features,) = measure(matcher, "圖書館每週一休館", LIBRARY)
    assert features.piece_sentence == pytest.approx(1.0, abs=1e-3)
    assert features.dense_sentence == pytest.approx(1.0, abs=0.01)


def test_the_order_of_the_passages_and_those_without_words_change_nothing(matcher):
    alone = measure(matcher, "渡輪票價", FERRY)[0]
    together = measure(matcher, "渡輪票價", "", LIBRARY, FERRY, "……")
    assert together[0] == NO_PIECES == together[3]
    assert vars(together[2]) == pytest.approx(vars(alone), abs=1e-5)
    assert measure(matcher, "？？", FERRY) == [NO_PIECES]


def test_a_described_passage_has_the_vector_that_the_model_gives_it(matcher, embeddings):
    assert np.allclose(matcher.describe(FERRY).vector, embeddings.embed_passages([FERRY])[0], atol=1e-5)


def test_two_sentences_together_answer_what_one_alone_does_not(matcher):
    (features,) = measure(matcher, "旗津渡輪全票40元，高雄市民持卡搭乘免費", FERRY)
    assert features.dense_two > features.dense_sentence
