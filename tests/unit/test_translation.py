"""Query words in the other language, by the learned table."""

import pytest

from knowledge_base.translation import load_translation_table


@pytest.fixture(scope="module")
def table():
    return load_translation_table()


def test_english_words_are_translated_by_their_stem(table):
    assert "垃圾" in {term.term for term in table.translate_query("the garbage trucks")}
    assert all(term.source_term != "the" for term in table.translate_query("the garbage"))


def test_chinese_words_are_translated_the_longest_first(table):
    terms = table.translate_query("臺灣政府")
    assert {"taiwan", "govern"} <= {term.term for term in terms}
    assert {term.source_term for term in terms} == {"台灣", "政府"}


def test_weights_lie_between_0_and_1_and_the_number_is_limited(table):
    terms = table.translate_query("government subsidy for elderly people", max_terms=6)
    assert len(terms) == 6
    assert all(0.0 < term.weight <= 1.0 for term in terms)


def test_a_query_without_known_words_has_no_translation(table):
    assert table.translate_query("qqqqq 12345 ???") == []
