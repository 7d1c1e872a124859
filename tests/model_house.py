"""A house with a simulated language model beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from simulators.model_writers import LANGUAGES, make_phrasebook, read_paraphrases, write_honestly
from simulators.openai import KEY, OpenAiSimulator, Writer

from app.settings import Settings
from app.wiring import Askbay, open_askbay

PRICES = (1.0, 4.0)


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
