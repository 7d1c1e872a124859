"""Runs the fake language model by itself, to try the assistant with: honest, lying, or failing.

PYTHONPATH=tests .venv/bin/python -m simulators.model --says lies --mood well
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys

from .hallucinations import make_lies
from .model_writers import LANGUAGES, answer_of, make_phrasebook, read_paraphrases, write_honestly
from .openai import KEY, JsonObject, Mood, OpenAiSimulator, SeenPrompt

PORT = 8090


def write_lies(prompt: SeenPrompt, book: dict[str, list[str]], chance: random.Random) -> JsonObject:
    """Say one thing wrong, if there is anything to say, and the rest right."""
    honest = write_honestly(prompt, book, most=2)
    if prompt.schema != "WrittenAnswer" or not honest["sentences"]:
        return honest
    first = honest["sentences"][0]
    language = "en" if "in English" in prompt.human else "zh-TW"
    lie = chance.choice(make_lies(first["text"], language, [], chance))
    return answer_of([(first["passages"], lie.text), *((s["passages"], s["text"]) for s in honest["sentences"][1:])])


async def serve(says: str, mood: str, port: int, *, shows: bool) -> None:
    book = make_phrasebook(entry for language in LANGUAGES for entry in read_paraphrases(language))
    chance = random.Random(1)

    def write(prompt: SeenPrompt) -> JsonObject:
        if shows:
            sys.stdout.write(f"{prompt.human}\n\n")
            sys.stdout.flush()
        return write_lies(prompt, book, chance) if says == "lies" else write_honestly(prompt, book)

    model = OpenAiSimulator(
        write,
        mood=Mood(mood),
        seconds_a_piece=0.02,
    )
    try:
        await model.start(port)
    except OSError as error:
        sys.exit(f"Port {port} cannot be used ({error.strerror}). Choose another with --port.")
    settings = {"": "openai:fake", "_URL": model.address, "_KEY": KEY}
    line = " ".join(f"ASKBAY_LANGUAGE_MODEL{name}={value}" for name, value in settings.items())
    sys.stdout.write(f"A fake language model listens. Put this before the assistant's command:\n{line}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--says", choices=("truth", "lies"), default="truth", help="lies: the first sentence is false")
    parser.add_argument("--mood", choices=[mood.value for mood in Mood], default=Mood.WELL.value)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--shows", action="store_true", help="print what it is asked")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given.says, given.mood, given.port, shows=given.shows))


if __name__ == "__main__":
    main()
