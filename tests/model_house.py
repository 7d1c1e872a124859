"""A house with a simulated language model beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from simulators.model_writers import LANGUAGES, make_phrasebook, read_paraphrases, write_honestly
from simulators.openai import KEY, OpenAiSimulator, Writer

from app.settings import Settings
from app.wiring import Askbay, open_askbay
from bot.conversation import Reply
from storage.model_uses import UseTotal, sum_model_uses

PRICES = (1.0, 4.0)
FERRY = "旗津渡輪大人票價多少？"


def honest_writer() -> Writer:
    book = make_phrasebook(entry for language in LANGUAGES for entry in read_paraphrases(language))
    return lambda prompt: write_honestly(prompt, book)


@asynccontextmanager
async def open_model_house(data: Path, now: datetime, **more: object) -> AsyncIterator[tuple[Askbay, OpenAiSimulator]]:
    """Open a house over a data folder, its answers worded by a simulated model."""
    model = OpenAiSimulator(honest_writer())
    await model.start()
    settings = Settings(
        data=data,
        language_model="openai:simulated",
        language_model_url=model.address,
        language_model_key=KEY,
        language_model_prices=PRICES,
        _env_file=None,
        **more,
    )
    try:
        async with open_askbay(settings, lambda: now) as askbay:
            yield askbay, model
            assert model.notes == []
    finally:
        await model.stop()


async def ask(askbay: Askbay, question: str = FERRY, **more: object) -> Reply:
    return await askbay.assistant.handle(question, channel="test", **more)


async def outcomes(askbay: Askbay) -> dict[str, UseTotal]:
    async with askbay.database.begin() as connection:
        return {use.outcome: use for use in await sum_model_uses(connection, datetime(2020, 1, 1, tzinfo=UTC))}


async def quoted_text(askbay: Askbay, question: str = FERRY) -> str:
    """What goes out without a model."""
    plain = replace(askbay.assistant, writer=None)
    return (await plain.handle(question, channel="test")).text
