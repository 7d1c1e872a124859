"""A language model that is slow, wrong, away or made to fail, and faults of our own: the quoted answer goes out."""

import asyncio
import socket
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime

import pytest
from channels_house import copy_of
from model_house import FERRY, ask, open_model_house, outcomes, quoted_text
from simulators.model_writers import write_honestly
from simulators.openai import Mood

from app.settings import Settings
from app.wiring import open_askbay
from bot import conversation
from bot.answer import Status

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with open_model_house(copy_of(kaohsiung_data, tmp_path), NOW) as opened:
        yield opened


@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        (Mood.HALF, "broken"),
        (Mood.CUT, "unreachable"),
        (Mood.BROKEN_JSON, "broken"),
        (Mood.WRONG_FORM, "broken"),
        (Mood.TOO_LONG, "broken"),
        (Mood.OUT_OF_TOKENS, "broken"),
        (Mood.TOOL_CALL, "broken"),
        (Mood.RATE_LIMITED, "rate_limited"),
        (Mood.SERVER_ERROR, "unreachable"),
        (Mood.OVERLOADED, "unreachable"),
        (Mood.WRONG_KEY, "refused"),
        (Mood.NOT_THIS_QUESTION, "refused"),
    ],
)
async def test_whatever_goes_wrong_with_the_model_the_quoted_answer_goes_out(house, mood, outcome):
    askbay, model = house
    model.mood = mood
    reply = await ask(askbay)
    assert not reply.answer.is_written
    assert reply.text == await quoted_text(askbay)
    assert outcome in await outcomes(askbay)


async def test_a_model_that_fences_its_json_is_understood(house):
    askbay, model = house
    model.mood = Mood.FENCED
    assert (await ask(askbay)).answer.is_written


@pytest.mark.parametrize("mood", [Mood.STALL, Mood.STALL_MIDWAY])
async def test_a_stalled_model_costs_no_more_than_its_time(kaohsiung_data, tmp_path, mood):
    async with open_model_house(copy_of(kaohsiung_data, tmp_path), NOW, language_model_seconds=0.6) as (askbay, model):
        model.mood = mood
        started = time.monotonic()
        reply = await ask(askbay)
        # Not how fast, but that it does not wait for what never comes.
        assert time.monotonic() - started < 10
        assert reply.text == await quoted_text(askbay)
        assert "timeout" in await outcomes(askbay)


@pytest.mark.parametrize("mood", [Mood.STALL, Mood.STALL_MIDWAY])
async def test_what_an_answer_cost_is_counted_though_the_citizen_left_before_it_came(house, mood):
    askbay, model = house
    model.mood = mood
    asking = asyncio.create_task(ask(askbay))
    async with asyncio.timeout(10):
        while not model.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    left = (await outcomes(askbay))["given_up"]
    assert left.uses == 1
    assert left.input_tokens > 100


async def test_what_an_answer_cost_is_counted_though_the_citizen_left_while_it_was_stored(house, monkeypatch):
    askbay, _ = house
    begun, goes_on, save = asyncio.Event(), asyncio.Event(), conversation.save_question

    async def save_slowly(connection, question):
        begun.set()
        await goes_on.wait()
        await save(connection, question)

    monkeypatch.setattr(conversation, "save_question", save_slowly)
    asking = asyncio.create_task(ask(askbay))
    async with asyncio.timeout(10):
        await begun.wait()
    asking.cancel()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await outcomes(askbay))["used"].uses == 1


async def test_a_model_that_keeps_failing_rests(house):
    askbay, model = house
    model.mood = Mood.SERVER_ERROR
    for _ in range(5):
        await ask(askbay)
    # Three questions with one retry each; then it is left alone.
    assert len(model.requests) == 6
    assert (await outcomes(askbay))["resting"].uses == 2


@pytest.mark.parametrize("mood", [Mood.NOT_THIS_QUESTION, Mood.OUT_OF_TOKENS, Mood.TOO_LONG])
async def test_questions_made_to_fail_do_not_take_the_model_from_everybody(house, mood):
    askbay, model = house
    model.mood = mood
    for _ in range(5):
        await ask(askbay)
    model.mood = Mood.WELL
    assert (await ask(askbay)).answer.is_written


async def test_a_model_at_whose_address_nobody_answers_is_waited_for_once(kaohsiung_data, tmp_path):
    with socket.socket() as silent, ExitStack() as waiting:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        # Whoever comes after these is not let in, and not sent away either.
        for _ in range(4):
            caller = waiting.enter_context(closing(socket.socket()))
            caller.setblocking(False)
            caller.connect_ex(silent.getsockname())
        settings = Settings(
            data=copy_of(kaohsiung_data, tmp_path),
            language_model="openai:simulated",
            language_model_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1",
            _env_file=None,
        )
        async with open_askbay(settings, lambda: NOW) as askbay:
            for _ in range(3):
                assert (await ask(askbay)).text == await quoted_text(askbay)
            told = await outcomes(askbay)
    assert {name: use.uses for name, use in told.items()} == {"unreachable": 1, "resting": 2}


async def test_a_model_that_asks_for_rest_gets_it(house):
    askbay, model = house
    model.mood = Mood.RATE_LIMITED
    await ask(askbay)
    model.mood = Mood.WELL
    assert not (await ask(askbay)).answer.is_written
    assert len(model.requests) == 1


async def test_a_failure_that_passes_is_tried_once_more(house):
    askbay, model = house
    model.moods = [Mood.SERVER_ERROR]
    assert (await ask(askbay)).answer.is_written


async def test_no_more_calls_than_allowed_are_under_way(kaohsiung_data, tmp_path):
    async with open_model_house(copy_of(kaohsiung_data, tmp_path), NOW, language_model_calls=2) as (askbay, model):
        model.delay_seconds = 0.1
        replies = await asyncio.gather(*(ask(askbay) for _ in range(8)))
        assert model.most_under_way <= 2
        assert all(reply.answer.status is Status.ANSWERED for reply in replies)


async def test_a_server_that_does_not_tell_tokens_is_estimated(house):
    askbay, model = house
    model.tells_usage = False
    await ask(askbay)
    assert (await outcomes(askbay))["used"].input_tokens > 100


async def test_a_fault_while_a_rewritten_follow_up_is_worked_out_leaves_the_answer_there_was(house, monkeypatch):
    askbay, model = house
    first = await ask(askbay)
    model.writer = lambda prompt: (
        {"question": FERRY} if prompt.schema == "RewrittenQuestion" else write_honestly(prompt)
    )
    work_out = conversation.work_out_answer

    def fail_on_the_second(text, **more):
        if text == FERRY:
            raise ValueError("a question nobody can work out")
        return work_out(text, **more)

    monkeypatch.setattr(conversation, "work_out_answer", fail_on_the_second)
    reply = await ask(askbay, "那換成騎摩托車的人呢？", conversation_id=first.conversation_id)
    assert reply.text
    assert "error" in await outcomes(askbay)


async def test_a_fault_while_a_growing_answer_is_shown_is_no_failure_of_the_model(house):
    askbay, _ = house

    def fail(text):
        raise ValueError("nobody to show it to")

    assert (await ask(askbay, on_progress=fail)).answer.is_written


async def test_a_fault_of_our_own_costs_the_citizen_nothing(house, monkeypatch):
    askbay, _ = house

    def fail(*_):
        raise ValueError("a claim that cannot be read")

    monkeypatch.setattr("bot.output_guard.OutputGuard.guard", fail)
    reply = await ask(askbay)
    assert not reply.answer.is_written
    assert reply.answer.status is Status.ANSWERED
    assert "error" in await outcomes(askbay)


async def test_counts_that_nobody_used_are_not_believed(house):
    askbay, model = house
    model.told_tokens = 10**20
    reply = await ask(askbay)
    assert reply.answer.is_written
    assert (await outcomes(askbay))["used"].input_tokens <= 10_000_000
