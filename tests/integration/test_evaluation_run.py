"""An evaluation with a language model: the same questions with and without it, and a judge if one wants it."""

from datetime import UTC, datetime

import pytest
from channels_house import copy_of
from model_house import open_model_house
from simulators.model_writers import always, write_honestly

from app.evaluation import TestQuestion, summarise
from app.evaluation_run import (
    ChangesInvalid,
    change_settings,
    open_compared,
    read_changes,
    run_evaluation,
    show_changes,
)
from app.settings import Settings
from app.wiring import open_askbay
from storage.database import sqlite_address
from storage.documents import count_documents

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
QUESTIONS = [
    TestQuestion("1", "zh-TW", "旗津渡輪大人票價多少？", "amount", (("40",),), (), ("svc-027",)),
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
    assert with_model["faithfulness"] == with_model["citation_recall"] == with_model["citation_precision"] == 1.0
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
    assert found["judge_tokens"] > 0
    assert found["judge_cost"] > 0


async def test_a_second_configuration_never_touches_the_database_citizens_are_answered_from(kaohsiung_data, tmp_path):
    data = copy_of(kaohsiung_data, tmp_path)
    live = Settings(data=data, database=sqlite_address(tmp_path / "live.db"), _env_file=None)
    async with open_askbay(live, lambda: NOW) as askbay:
        async with askbay.database.begin() as connection:
            before = await count_documents(connection)
        async with (
            open_compared(askbay, {"city": "kaohsiung"}) as (other, _),
            other.database.begin() as connection,
        ):
            assert await count_documents(connection) > 0
        async with askbay.database.begin() as connection:
            assert await count_documents(connection) == before == 0


def test_a_value_may_have_commas_and_a_secret_is_not_shown():
    changes = read_changes("language_model_prices=[1,4], ASKBAY_LANGUAGE_MODEL_KEY=sk-secret")
    assert changes == {"language_model_prices": "[1,4]", "language_model_key": "sk-secret"}
    assert "sk-secret" not in str(show_changes(changes))
    with pytest.raises(ChangesInvalid) as refused:
        change_settings(Settings(_env_file=None), {"language_model_key": "sk-secret", "language_model_seconds": "soon"})
    assert "sk-secret" not in str(refused.value)


def test_another_provider_gets_no_key_or_address_of_the_configured_one():
    own = Settings(
        language_model="openai:one", language_model_key="sk-own", language_model_url="http://own/v1", _env_file=None
    )
    same = change_settings(own, {"language_model": "openai:two"})
    assert same.language_model_key.get_secret_value() == "sk-own"
    for changes in ({"language_model": "anthropic:x"}, {"language_model": "ollama:x"}):
        other = change_settings(own, changes)
        assert (other.language_model_key.get_secret_value(), other.language_model_url) == ("", "")
    given = change_settings(own, {"language_model": "anthropic:x", "language_model_key": "sk-other"})
    assert given.language_model_key.get_secret_value() == "sk-other"
    assert show_changes({"language_model_url": "http://me:secret@host/v1"}) == {
        "language_model_url": "http://***@host/v1"
    }


@pytest.mark.parametrize(
    "text", ["colour=blue", "language_model", ",", "=x", "database=sqlite:///x", "data=/tmp", "staff_token=x"]
)
def test_what_is_no_setting_is_refused(text):
    with pytest.raises(ChangesInvalid):
        read_changes(text)
