"""Query words in the other language, by the learned table."""

import pytest

from knowledge_base.translation import load_translation_table


@pytest.fixture(scope="module")
def table():
    return load_translation_table()


def test_english_words_are_looked_up_by_their_stem_and_words_without_a_topic_are_not(table):
    assert table.split_query("the garbage trucks") == ["garbag", "truck"]
    assert "垃圾" in {term.term for term in table.translate_word("garbag")}


def test_chinese_words_are_cut_the_longest_first_and_translated(table):
    assert table.split_query("臺灣政府") == ["台灣", "政府"]
    assert "taiwan" in {term.term for term in table.translate_word("台灣")}
    assert "govern" in {term.term for term in table.translate_word("政府")}


def test_the_surest_translation_comes_first_with_weights_between_0_and_1(table):
    weights = [term.weight for term in table.translate_word("subsidi")]
    assert weights == sorted(weights, reverse=True)
    assert weights
    assert all(0.0 < weight <= 1.0 for weight in weights)


def test_a_word_the_table_does_not_know_has_no_translation(table):
    assert table.translate_word("qqqqq") == []
