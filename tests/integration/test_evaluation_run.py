"""An evaluation with a language model: the same questions with and without it, and a judge if one wants it."""

from datetime import UTC, datetime

import pytest
from channels_house import copy_of
from model_house import open_model_house
from simulators.model_writers import always, write_honestly

from app.evaluation import TestQuestion, summarise
from app.evaluation_run import ChangesInvalid, open_compared, read_changes, run_evaluation

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
QUESTIONS = [
    TestQuestion("1", "zh-TW", "旗津渡輪大人票價多少？", "amount", (("40",),), (), ("svc-036",)),
    TestQuestion("2", "en", "How much is an adult ticket on the Cijin ferry?", "amount", (("40",),), ()),
    TestQuestion("3", "zh-TW", "今天台積電股價多少？", "off-topic", (), ()),
]


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with open_model_house(copy_of(kaohsiung_data, tmp_path), NOW) as opened:
        yield opened


async def test_with_and_without_the_model_the_figures_stand_side_by_side(house):
    askbay, _ = house
    with_model = summarise(await run_evaluation(askbay, askbay.assistant, QUESTIONS))
    assert with_model["written_share"] == 1.0
    assert with_model["faithfulness"] == 1.0
    assert with_model["by_language"]["en"]["questions"] == 1
    async with open_compared(askbay, read_changes("ASKBAY_LANGUAGE_MODEL=")) as (other, assistant):
        without = summarise(await run_evaluation(other, assistant, QUESTIONS))
    assert without["written_share"] == 0.0
    assert without["accuracy"] == 1.0
    assert without["abstention_recall"] == 1.0


async def test_what_a_lying_model_says_does_not_lower_faithfulness_because_it_does_not_go_out(house):
    askbay, model = house
    model.writer = always([([1], "成人搭旗津鼓山渡輪要付900元。")])
    found = summarise(await run_evaluation(askbay, askbay.assistant, QUESTIONS))
    assert found["written_share"] == 0.0
    assert found["faithfulness"] == 1.0


async def test_a_judge_gives_its_opinion_where_one_is_asked(house):
    askbay, model = house
    honest = model.writer

    def write(prompt):
        if prompt.schema == "JudgedAnswer":
            assert prompt.passages
            return {"faithful": True, "answers": False, "reason": "fine"}
        return honest(prompt) if prompt.schema == "WrittenAnswer" else write_honestly(prompt)

    model.writer = write
    found = summarise(await run_evaluation(askbay, askbay.assistant, QUESTIONS, askbay.assistant.writer))
    assert found["judged_faithful"] == 1.0
    assert found["judged_answering"] == 0.0


@pytest.mark.parametrize("text", ["colour=blue", "language_model", ",", "=x"])
def test_what_is_no_setting_is_refused(text):
    with pytest.raises(ChangesInvalid):
        read_changes(text)
