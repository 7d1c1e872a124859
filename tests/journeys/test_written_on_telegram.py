"""A citizen on Telegram sees an answer grow while a language model writes it, and asks why."""

import asyncio
import re
from datetime import UTC, datetime

from channels_house import copy_of, open_house, open_platforms
from model_house import honest_writer
from simulators.openai import KEY, OpenAiSimulator

CITIZEN = 7001
FERRY = "旗津渡輪大人票價多少？"


async def test_on_telegram_the_answer_grows_and_a_button_shows_why(kaohsiung_data, tmp_path):
    model = OpenAiSimulator(honest_writer(), seconds_a_piece=0.05)
    await model.start()
    try:
        async with (
            open_platforms() as (line, telegram),
            open_house(
                copy_of(kaohsiung_data, tmp_path), line, telegram, lambda: datetime.now(UTC),
                language_model="openai:simulated", language_model_url=model.address, language_model_key=KEY,
            ) as house,
        ):  # fmt: skip
            await telegram.say(CITIZEN, FERRY)
            (answer,) = await telegram.wait_for(CITIZEN, 1)
            assert "四十元" in answer["text"]
            assert telegram.drafts[CITIZEN]
            assert all(
                re.sub(r"<[^>]+>", "", draft) in re.sub(r" \[\d\]", "", answer["text"])
                for draft in telegram.drafts[CITIZEN]
            )
            (data,) = [
                button["callback_data"]
                for row in answer["reply_markup"]["inline_keyboard"]
                for button in row
                if "依據" in button["text"]
            ]
            await telegram.press(CITIZEN, data)
            _, why = await telegram.wait_for(CITIZEN, 2)
            assert "40元" in why["text"]
            assert "這些段落" in why["text"]
            await asyncio.sleep(0.1)
            house.assert_no_misuse()
    finally:
        await model.stop()
