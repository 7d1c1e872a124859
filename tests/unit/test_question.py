import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.glossary import contains_form, fold, make_glossary
from knowledge_base.question import MAX_PARTS, Kind, read_kind, shows_kind, split_question


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("渡輪票價多少？", Kind.MONEY),
        ("貸款利率多少？", Kind.RATE),
        ("What is the interest rate of the loan?", Kind.RATE),
        ("How much is the ferry?", Kind.MONEY),
        ("動物園幾點開門？", Kind.CLOCK),
        ("When is a typhoon day announced?", Kind.WHEN),
        ("召集人是誰？", Kind.WHO),
        ("基地在哪裡？", Kind.WHERE),
        ("復康巴士電話", Kind.PHONE),
        ("企業社可以申請嗎？", Kind.MAY),
        ("有幾個雨水下水道水位計？", Kind.NUMBER),
        ("有哪些領域？", Kind.LIST),
        ("Which companies signed?", Kind.LIST),
    ],
)
def test_the_kind_of_thing_asked_for_is_recognised(question, kind):
    assert read_kind(question) is kind


def test_a_sentence_shows_an_amount_only_if_it_has_one():
    assert shows_kind("最高補助100萬元。", Kind.MONEY)
    assert not shows_kind("補助項目是租金。", Kind.MONEY)


def test_two_questions_in_one_message_are_two_parts_and_the_second_knows_the_first():
    first, second = split_question("地方型SBIR最高補助多少錢？有哪些領域？")
    assert (first.kind, second.kind) == (Kind.MONEY, Kind.LIST)
    assert "SBIR" in second.context


def test_what_a_citizen_tells_of_themselves_is_not_a_part():
    (part,) = split_question("我35歲、公司登記兩年，設籍高雄，可以申請青創補助嗎？")
    assert "35歲" in part.text


@given(st.text(max_size=400))
def test_any_text_has_a_bounded_number_of_parts(text):
    assert 1 <= len(split_question(text)) <= MAX_PARTS


def test_the_longest_name_is_recognised_in_either_language():
    glossary = make_glossary([["前鎮區", "前鎮", "Cianjhen District", "Cianjhen", "Qianzhen"]], [["補助", "subsidy"]])
    (mention,) = glossary.find_mentions("Where in Qianzhen?")
    assert "前鎮" in mention.entry.forms
    assert [m.form for m in glossary.find_mentions("前鎮區的補助")] == ["前鎮區", "補助"]


def test_a_latin_name_is_not_found_inside_another_word():
    assert not contains_form(fold("mango"), fold("man"))
    assert contains_form(fold("台北的MRT站"), fold("mrt"))
