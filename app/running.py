"""Runs a command over an open house, and tells what is wrong with the configuration in a line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from app.city import CityInvalid
from app.settings import Settings
from app.terminal import Terminal
from app.wiring import Askbay, DataFolderUnusable, open_askbay
from bot.model_contract import LanguageModelUnusable
from knowledge_base.hub import ModelUnavailable
from knowledge_base.lexical_index import IndexBusy
from storage.database import DatabaseUnavailable

WRONG_USE = 2

Command = Callable[[Askbay, Terminal], Coroutine[Any, Any, None]]


# What may be wrong with the configuration, and the text of the locale that says what to do.
_CONFIGURATION_PROBLEMS: Mapping[type[Exception], str] = {
    CityInvalid: "city_invalid",
    DataFolderUnusable: "data_unusable",
    DatabaseUnavailable: "database_unavailable",
    ModelUnavailable: "model_unavailable",
    LanguageModelUnusable: "language_model_unusable",
}


def run_command(
    command: Command,
    *,
    load: bool = True,
    answers_in_threads: bool = True,
    change: Callable[[Settings], Settings] = lambda settings: settings,
) -> None:
    """Open the house, bring its documents up to date (`load`), run a command; tell problems in a line."""
    try:
        settings = change(Settings())
    except ValidationError as error:
        wrong = "; ".join(f"ASKBAY_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        Terminal(_guess_language()).complain("terminal", "settings_invalid", detail=wrong)
        raise typer.Exit(WRONG_USE) from error
    except SettingsError as error:
        # A setting that has to be JSON and is not.
        Terminal(_guess_language()).complain("terminal", "settings_invalid", detail=error)
        raise typer.Exit(WRONG_USE) from error
    terminal = Terminal(settings.language)
    try:
        with asyncio.Runner(loop_factory=_choose_loop()) as runner:
            runner.run(_open_and_run(settings, terminal, command, load, answers_in_threads))
    except tuple(_CONFIGURATION_PROBLEMS) as error:
        terminal.complain("terminal", _CONFIGURATION_PROBLEMS[type(error)], detail=error)
        raise typer.Exit(WRONG_USE) from error
    except IndexBusy as error:
        terminal.complain("terminal", "index_busy")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _guess_language() -> str:
    """Return the language to complain in where the settings themselves cannot be read."""
    return "en" if os.environ.get("ASKBAY_LANGUAGE") == "en" else "zh-TW"


def _choose_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop, which takes half the time, where the system has it (all but Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _open_and_run(
    settings: Settings, terminal: Terminal, command: Command, load: bool, answers_in_threads: bool
) -> None:
    async with open_askbay(settings, answers_in_threads=answers_in_threads) as askbay:
        if load:
            total = sum(1 for _ in (askbay.city_folder / "documents").rglob("*.md"))
            with terminal.progress(total) as on_progress:
                await askbay.bring_up_to_date(on_progress)
        await command(askbay, terminal)
