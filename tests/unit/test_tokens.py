from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.language import detect_language
from knowledge_base.tokens import tokenise, tokenise_query


def test_chinese_is_found_by_characters_and_pairs():
    assert tokenise("亞灣") == ["亞", "灣", "亞灣"]


def test_full_width_and_variant_characters_are_found_by_their_common_form():
    assert tokenise("ＴＰＡＳＳ臺北") == tokenise("tpass台北")


def test_english_words_are_found_in_any_inflection():
    assert tokenise("subsidies applying") == tokenise("subsidy apply")


def test_a_number_is_found_with_or_without_its_commas():
    assert "1000000" in tokenise("NT$1,000,000")
    assert "006688" in tokenise("「006688」方案")


def test_question_words_are_not_searched_for_unless_they_are_all_there_is():
    assert tokenise_query("what is the fare") == ["fare"]
    assert tokenise_query("what is") != []


@given(st.text(max_size=300))
def test_any_text_can_be_tokenised(text: str):
    assert all(token and not token.isspace() for token in tokenise(text))


def test_the_language_of_a_question_is_that_of_its_sentence_not_of_its_names():
    assert detect_language("YouBike 2.0E 多少錢") == "zh-TW"
    assert detect_language("What is 亞灣?") == "en"
    assert detect_language("006688", default="en") == "en"
    assert detect_language("地方型SBIR最高補助") == "zh-TW"
