"""The command line: askbay ask, search, ingest, remove, evaluate, doctor, serve."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from app.city import CityInvalid
from app.settings import Settings
from app.terminal import Terminal
from app.wiring import CITY_ORIGIN, STAFF_ORIGIN, Askbay, DataFolderUnusable, open_askbay
from knowledge_base.hub import ModelUnavailable
from knowledge_base.lexical_index import IndexBusy
from storage.database import DatabaseUnavailable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A civic assistant that answers with sources.",
)

CHANNEL = "terminal"
WRONG_USE = 2

Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of text.")]


@app.command()
def ask(question: Annotated[str, typer.Argument(help="In Chinese or English.")], as_json: Json = False) -> None:
    """Answer a question, with sources as footnotes."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        reply = await askbay.assistant.handle(question, channel=CHANNEL, language=askbay.settings.language)
        if as_json:
            from app.api import to_answer_out

            terminal.print_json(to_answer_out(reply).model_dump_json())
        else:
            terminal.show_reply(reply)

    _run(run)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What to search for.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many passages.")] = 8,
    as_json: Json = False,
) -> None:
    """Show which passages a question finds, and why each ranked where it did."""
    from dataclasses import asdict

    from knowledge_base.language import detect_language
    from knowledge_base.search import find_passages

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        today = askbay.now().astimezone(askbay.city.time_zone).date()
        language = detect_language(question, default=askbay.settings.language)
        found = find_passages(askbay.library, question, language=language, today=today, limit=limit)
        if as_json:
            terminal.print_json(json.dumps([asdict(item) for item in found], ensure_ascii=False))
        else:
            terminal.show_found(found)

    _run(run)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Markdown, HTML, PDF, DOCX, text or CSV.")],
    title: Annotated[str, typer.Option(help="Title, where the file tells none.")] = "",
    url: Annotated[str, typer.Option(help="Address of the original.")] = "",
    publisher: Annotated[str, typer.Option(help="Who published it.")] = "",
    published_at: Annotated[str, typer.Option(help="2026, 2026-03 or 2026-03-11.")] = "",
    valid_until: Annotated[str, typer.Option(help="Last day it is valid.")] = "",
    topic: Annotated[str, typer.Option(help="A topic of the city.")] = "",
    trust: Annotated[str, typer.Option(help="official, press or other.")] = "",
) -> None:
    """Take files into the knowledge base. A file that cannot be read gets a line and stops nothing."""
    stated = {"title": title, "url": url, "publisher": publisher, "published_at": published_at}
    stated |= {"valid_until": valid_until, "topic": topic, "trust": trust}
    given = {name: value for name, value in stated.items() if value}

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        refused = [path for path in files if not await _ingest_file(askbay, terminal, path, given)]
        if refused:
            raise typer.Exit(1)

    _run(run)


async def _ingest_file(askbay: Askbay, terminal: Terminal, path: Path, given: dict[str, str]) -> bool:
    from knowledge_base.ingest import ingest_documents
    from knowledge_base.readers import SUFFIXES, UnreadableFile, read_file

    try:
        documents = read_file(path, given=given)
    except UnreadableFile as error:
        terminal.complain("unreadable", error.reason, name=error.name, detail=error.detail, formats=", ".join(SUFFIXES))
        return False
    report = await ingest_documents(askbay.database, askbay.library, documents, origin=STAFF_ORIGIN, at=askbay.now())
    counts = {"added": len(report.added), "changed": len(report.changed), "unchanged": len(report.unchanged)}
    terminal.say("read", name=path.name, count=len(documents), **counts)
    return True


@app.command()
def remove(
    document: Annotated[str, typer.Argument(help="A document's id (all languages) or key (id@language).")],
) -> None:
    """Take a document out of the knowledge base."""
    from knowledge_base.ingest import remove_documents
    from storage.documents import find_documents, find_keys_of_origin

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        async with askbay.database.begin() as connection:
            found = await find_documents(connection, document)
        if not found:
            terminal.complain("terminal", "unknown_document", name=document)
            raise typer.Exit(1)
        keys = {item.key for item in found}
        async with askbay.database.begin() as connection:
            of_city = keys & await find_keys_of_origin(connection, CITY_ORIGIN)
        if of_city:
            terminal.complain("terminal", "document_of_city", name=", ".join(sorted(of_city)))
            raise typer.Exit(1)
        terminal.say("removed", count=await remove_documents(askbay.database, askbay.library, keys, askbay.now()))

    _run(run)


@app.command()
def evaluate(
    questions: Annotated[Path, typer.Option(help="JSON lines: question, kind, must_mention …")],
    as_json: Json = False,
) -> None:
    """Judge the answers to a file of questions; with --json the last line is one JSON object."""
    from app.evaluation import QuestionsInvalid, judge_reply, read_questions, summarise

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        try:
            asked = read_questions(questions)
        except QuestionsInvalid as error:
            terminal.complain("terminal", "questions_invalid", detail=error)
            raise typer.Exit(WRONG_USE) from error
        judged = [judge_reply(q, await askbay.assistant.handle(q.question, channel="evaluation")) for q in asked]
        summary = summarise(judged)
        if as_json:
            terminal.print_json(json.dumps(summary, ensure_ascii=False))
        else:
            terminal.out.print_json(json.dumps(summary, ensure_ascii=False))

    _run(run)


@app.command()
def doctor() -> None:
    """Check what is configured, what is missing, and what to do."""
    from app.doctor import examine

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        findings = await examine(askbay)
        terminal.show_findings(findings)
        if any(finding.state == "problem" for finding in findings):
            raise typer.Exit(1)

    _run(run, load=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (ASKBAY_HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on (ASKBAY_PORT).")] = None,
) -> None:
    """Start the web server: the chat page and the API."""
    from app.serving import PortTaken, serve_forever

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        try:
            await serve_forever(askbay, terminal, host or askbay.settings.host, _or(port, askbay.settings.port))
        except PortTaken as error:
            terminal.complain("terminal", "port_taken", address=error.address, reason=error.reason)
            raise typer.Exit(1) from error

    _run(run)


@app.command()
def work(
    told_by_input: Annotated[bool, typer.Option("--told-by-input", hidden=True)] = False,
) -> None:
    """Answer on LINE and Telegram, where serve runs elsewhere; serve starts a worker of its own."""
    from app.serving import start_logging
    from app.worker import work as run_worker

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        start_logging()
        await run_worker(askbay, told_by_input=told_by_input)

    _run(run, load=False, answers_in_threads=False)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


Command = Callable[[Askbay, Terminal], Coroutine[Any, Any, None]]


# What may be wrong with the configuration, and the text of the locale that says what to do.
_CONFIGURATION_PROBLEMS: Mapping[type[Exception], str] = {
    CityInvalid: "city_invalid",
    DataFolderUnusable: "data_unusable",
    DatabaseUnavailable: "database_unavailable",
    ModelUnavailable: "model_unavailable",
}


def _run(command: Command, *, load: bool = True, answers_in_threads: bool = True) -> None:
    """Open the house, bring its documents up to date, run a command; tell problems in a line."""
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = "; ".join(f"ASKBAY_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        Terminal("zh-TW").complain("terminal", "settings_invalid", detail=wrong)
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


def main() -> None:
    """The entry point of the askbay command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe with another encoding shows "?" rather than ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
