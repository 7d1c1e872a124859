"""What stands in the channels' menus: LINE's six tiles, Telegram's list of commands."""

from __future__ import annotations

from bot.commands import SHOWN, Command
from bot.speech import ChatCity, Speech
from connectors.menu import MenuTexts
from connectors.message import Button
from prompts import load_commands

TILES = (Command.SUBSCRIBE, Command.TOPICS, Command.PROGRAMMES, Command.PERSON)


def make_menu_texts(city: ChatCity) -> MenuTexts:
    """Return the texts of the menus in every language of the city."""
    speeches = {language: city.speak(language) for language in city.languages}
    return MenuTexts(
        tiles={language: _make_tiles(speech, city) for language, speech in speeches.items()},
        bar={language: speech.say("menu_bar") for language, speech in speeches.items()},
        commands={language: _make_commands(speech) for language, speech in speeches.items()},
        description={language: speech.say("bot_description") for language, speech in speeches.items()},
        short_description={language: speech.say("bot_short_description") for language, speech in speeches.items()},
    )


def _make_tiles(speech: Speech, city: ChatCity) -> list[Button]:
    other = next((language for language in city.languages if language != speech.language), speech.language)
    return [
        *(speech.button(f"button_{command}", f"c:{command}") for command in TILES),
        speech.button(f"language_{other}", f"l:{other}"),
        speech.button("button_help", f"c:{Command.HELP}"),
    ]


def _make_commands(speech: Speech) -> list[tuple[str, str]]:
    slash = {known.name: known.slash[0] for known in load_commands() if known.slash}
    return [(slash[command], speech.say(f"command_{slash[command]}")) for command in SHOWN]
