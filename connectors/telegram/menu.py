"""Telegram's menu of commands and the words on the bot's page, one set a language; made by `askbay channels setup`.

Source: core.telegram.org/bots/api#setmycommands: the set without a language code is for everybody else.
"""

from __future__ import annotations

from telegram import Bot, BotCommand

from connectors.menu import MenuTexts


async def set_up(bot: Bot, texts: MenuTexts) -> list[str]:
    """Set what differs; returns what was changed."""
    changed = []
    for place, language in enumerate(texts.commands):
        code = language.split("-")[0]
        for wanted_for in (None, code) if place == 0 else (code,):
            changed += await _set_language(bot, texts, language, wanted_for)
    return changed


async def _set_language(bot: Bot, texts: MenuTexts, language: str, code: str | None) -> list[str]:
    shown, changed = code or "default", []
    commands = tuple(BotCommand(name, meaning) for name, meaning in texts.commands[language])
    if await bot.get_my_commands(language_code=code) != commands:
        await bot.set_my_commands(commands, language_code=code)
        changed.append(f"commands {shown}")
    if (await bot.get_my_description(language_code=code)).description != texts.description[language]:
        await bot.set_my_description(texts.description[language], language_code=code)
        changed.append(f"description {shown}")
    short = texts.short_description[language]
    if (await bot.get_my_short_description(language_code=code)).short_description != short:
        await bot.set_my_short_description(short, language_code=code)
        changed.append(f"short description {shown}")
    return changed
