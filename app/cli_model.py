"""Commands around the quality of answers: askbay evaluate, and askbay model (what the language model cost and did)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from app.running import WRONG_USE, run_command
from app.terminal import Terminal

if TYPE_CHECKING:
    from app.evaluation import TestQuestion
    from app.wiring import Askbay
    from bot.conversation import Assistant

model_app = typer.Typer(no_args_is_help=True, help="What the language model cost, and what of it was not let through.")

# Not in the table: what has tables of its own, and the share of right answers, which is the accuracy.
NOT_IN_TABLE = ("by_kind", "by_language", "failures", "right")
Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of a table.")]


def evaluate(
    questions: Annotated[Path, typer.Option(help="JSON lines: question, kind, must_mention …")],
    compare: Annotated[
        str, typer.Option(help="A second configuration, as settings: language_model=openai:…, or language_model=")
    ] = "",
    judge: Annotated[str, typer.Option(help="A chat model that gives its opinion besides, provider:model.")] = "",
    as_json: Json = False,
) -> None:
    """Judge the answers to a file of questions; with --json the last line is one JSON object."""
    from app.evaluation import QuestionsInvalid, read_questions
    from app.evaluation_run import ChangesInvalid, read_changes

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        try:
            asked = read_questions(questions)
            changes = read_changes(compare) if compare else {}
            found = await _evaluate(askbay, asked, changes, judge)
        except QuestionsInvalid as error:
            terminal.complain("terminal", "questions_invalid", detail=error)
            raise typer.Exit(WRONG_USE) from error
        except ChangesInvalid as error:
            terminal.complain("terminal", "compare_invalid", detail=error)
            raise typer.Exit(WRONG_USE) from error
        if as_json:
            terminal.print_json(json.dumps(found, ensure_ascii=False))
        else:
            _show_evaluation(terminal, found)

    run_command(run)


async def _evaluate(
    askbay: Askbay, asked: list[TestQuestion], changes: Mapping[str, Any], judge: str
) -> dict[str, Any]:
    """Return the figures of this configuration, and those of the one it is compared with.

    Where a model words the answers, the same without it is told besides, whatever else is compared.
    """
    from dataclasses import replace

    from app.evaluation import summarise
    from app.evaluation_run import change_settings, open_compared, run_evaluation, show_changes
    from app.wiring import make_writer

    judged = change_settings(askbay.settings, {"language_model": judge})
    judging = make_writer(judged, askbay.now, askbay.database) if judge else None
    try:

        async def run(house: Askbay, assistant: Assistant) -> dict[str, Any]:
            return summarise(await run_evaluation(house, assistant, asked, judging))

        found = await run(askbay, askbay.assistant)
        if changes:
            async with open_compared(askbay, changes) as (other, assistant):
                found["compared"] = {"changes": show_changes(changes), **await run(other, assistant)}
        elif askbay.assistant.writer:
            without = await run(askbay, replace(askbay.assistant, writer=None))
            found["compared"] = {"changes": {"language_model": ""}, **without}
    finally:
        if judging:
            await judging.model.close()
    return found


def _show_evaluation(terminal: Terminal, found: Mapping[str, Any]) -> None:
    words = terminal.section("evaluation")
    other = found.get("compared")
    changes = ", ".join(f"{name}={value}" for name, value in other["changes"].items()) if other else ""
    if other and other["changes"] == {"language_model": ""}:
        changes = terminal.section("model")["without"]
    heads = [words["figure"], words["this"], *([escape(changes), words["difference"]] if other else [])]
    for name, figures, others in (
        (words["all"], found, other),
        *(
            (language, figures, other["by_language"].get(language) if other else None)
            for language, figures in found["by_language"].items()
        ),
    ):
        table = Table(*heads, title=name)
        for key, value in figures.items():
            if key in (*NOT_IN_TABLE, "compared"):
                continue
            row = [words.get(key, key), _figure(value)]
            if others is not None:
                row += [_figure(others.get(key)), _difference(value, others.get(key))]
            table.add_row(*row)
        terminal.out.print(table)
    terminal.out.print(words["failures"].format(count=len(found["failures"])))
    for failure in found["failures"]:
        terminal.out.print(escape(f"  {failure['id']}  {failure['status']}  {failure['question']}"))


def _figure(value: object) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _difference(one: object, other: object) -> str:
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return ""
    return f"{other - one:+.3f}"


def _name_problem(terminal: Terminal, kind: str) -> str:
    """Return what is wrong with a sentence in the reader's words: "money_out_of_place" is of an amount."""
    words = terminal.section("problem")
    plain, form = kind, "unknown"
    for ending in ("out_of_place", "bound"):
        if kind.endswith(f"_{ending}"):
            plain, form = kind.removesuffix(f"_{ending}"), ending
    return str(words[form].format(what=words.get(plain, plain)))


@model_app.command("usage")
def show_usage(
    days: Annotated[int, typer.Option(min=1, help="How many days back.")] = 30, as_json: Json = False
) -> None:
    """Show what the model was used for, how that ended, and what it cost."""
    from storage.model_uses import sum_model_uses

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            totals = await sum_model_uses(connection, askbay.now() - timedelta(days=days))
        if as_json:
            terminal.print_json(json.dumps([vars(total) for total in totals], ensure_ascii=False))
            return
        words = terminal.section("model")
        if not totals:
            terminal.out.print(words["unused"])
            return
        heads = ("model", "purpose", "outcome", "uses", "tokens_in", "tokens_out", "cost")
        # A narrow terminal breaks the columns rather than cutting them.
        table = Table(*(Column(words[head], overflow="fold") for head in heads))
        for total in totals:
            tokens = (str(total.uses), f"{total.input_tokens:,}", f"{total.output_tokens:,}", f"{total.cost:.4f}")
            table.add_row(total.model, words[total.purpose], words.get(total.outcome, total.outcome), *tokens)
        terminal.out.print(table)

    run_command(run, load=False)


@model_app.command("dropped")
def show_dropped(
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many uses.")] = 20, as_json: Json = False
) -> None:
    """Show the newest sentences that were not let through, and why."""
    from storage.model_uses import find_dropped

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            uses = await find_dropped(connection, limit)
        dropped = [{"used_at": use.used_at.isoformat(), **item} for use in uses for item in use.dropped]
        if as_json:
            terminal.print_json(json.dumps(dropped, ensure_ascii=False))
            return
        words = terminal.section("model")
        if not dropped:
            terminal.out.print(words["nothing_dropped"])
            return
        for item in dropped:
            problems = "; ".join(f"{_name_problem(terminal, kind)}: {text}" for kind, text in item["problems"])
            terminal.out.print(escape(f"{item['used_at'][:16]}  {item['sentence']}"))
            terminal.out.print(escape(f"    {words['because']} {problems}"))
            terminal.out.print(
                escape(f"    {words['instead']} {item['instead']}" if item["instead"] else f"    {words['left_out']}")
            )

    run_command(run, load=False)
