"""Every request of a long chat, held against the platforms' published specifications where they lie beside the project."""

from datetime import UTC, datetime

import pytest
from channels_house import copy_of, open_house, open_platforms
from simulators.line import make_user
from simulators.published import (
    LINE_REQUESTS,
    LINE_SPEC,
    TELEGRAM_SPEC,
    faults_of,
    judge_line,
    judge_telegram,
    read_line_schemas,
)

CITIZEN, CHAT = make_user(3), 7003
LINE_STEPS = (
    "你好", "旗津渡輪票價多少？", "How much is the Cijin ferry?", "高雄捷運黃線哪一天通車？", "租金補助", "主題", "新創方案", "/subscribe",
    "找真人", "我的資料", "忘記我",
)  # fmt: skip
PRESSES = ("t+transport", "n:daily", "q:on", "o:transport", "c:language", "l:en", "c:help")


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(copy_of(kaohsiung_data, tmp_path), line, telegram, lambda: datetime.now(UTC)) as opened,
    ):
        yield opened


@pytest.mark.skipif(not LINE_SPEC.is_file(), reason="LINE's specification is not beside the project")
async def test_every_request_to_line_fits_lines_own_specification(house):
    line = house.line
    await house.channels["line"].set_up()
    await line.follow(CITIZEN)
    for text in LINE_STEPS:
        await line.say(CITIZEN, text)
    for data in PRESSES:
        await line.press(CITIZEN, data)
    await line.wait_for(CITIZEN, 20)
    pushed = line.make_text(CITIZEN, "How much is the Cijin ferry?")
    line.expire_tokens()
    await line.deliver([pushed])
    await line.wait_for(CITIZEN, len(line.seen(CITIZEN)) + 1)
    assert {LINE_REQUESTS[call.path] for call in line.calls if call.path in LINE_REQUESTS} >= {
        "ReplyMessageRequest", "PushMessageRequest", "RichMenuRequest",
    }  # fmt: skip
    assert judge_line(line.calls) == []
    assert list(
        faults_of(read_line_schemas(), "ReplyMessageRequest", {"replyToken": "x", "messages": [{"type": "text"}]})
    )


@pytest.mark.skipif(not TELEGRAM_SPEC.is_file(), reason="Telegram's specification is not beside the project")
async def test_every_call_of_telegram_has_the_parameters_it_documents(house):
    telegram = house.telegram
    await house.channels["telegram"].set_up()
    for count, text in enumerate(("/start", "旗津渡輪票價多少？", "高雄捷運黃線哪一天通車？", "/topics"), start=1):
        await telegram.say(CHAT, text)
        await telegram.wait_for(CHAT, count)
    assert len({method for method, _, _ in telegram.calls}) > 6
    assert judge_telegram(telegram.calls) == []
    assert judge_telegram([("sendMessage", {"chat_id": 1, "txt": "x"}, 200)])
