"""What is said of one thing does not answer a question about another."""

import pytest

from knowledge_base.subjects import lacks_subject

ZOO = "壽山動物園（Shoushan Zoo）星期一休園。\nShoushan Zoo is closed on Mondays."


@pytest.mark.parametrize(
    "question", ["美術館星期一有開嗎", "Is the art museum open on Mondays?", "圖書館幾點開門", "育兒津貼資格"]
)
def test_what_the_zoo_says_is_no_answer_for_another_house(question):
    assert lacks_subject(question, ZOO)


@pytest.mark.parametrize("question", ["動物園星期一有開嗎", "Is the zoo open on Mondays?", "星期一有開嗎", "幾點休園"])
def test_a_question_about_the_zoo_or_about_no_house_may_be_answered(question):
    assert not lacks_subject(question, ZOO)


@pytest.mark.parametrize(
    "question",
    ["我開幼兒園，可以申請貸款嗎", "I run a kindergarten, may I apply for a loan?", "爺爺要去醫院，怎麼預約車"],
)
def test_who_tells_of_their_own_case_asks_about_something_else(question):
    assert not lacks_subject(question, "中小企業貸款給公司與商號。")
