"""The command line: askbay ask, search, ingest, remove, doctor, serve; more in the other cli_ files."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app import STARTED_AT
from app.cli_announce import announce_app
from app.cli_channels import channels_app, simulate, work
from app.cli_model import evaluate, model_app
from app.cli_staff import inbox_app, tickets_app
from app.running import run_command
from app.terminal import Terminal
from app.wiring import CITY_ORIGIN, STAFF_ORIGIN, Askbay
from bot.conversation import Assistant

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A civic assistant that answers with sources.",
)

CHANNEL = "terminal"
# Starting takes seconds of those that an answer may take; a language model has what is left, but a fair part.
ANSWER_SECONDS, MIN_MODEL_SECONDS = 6.5, 1.5

app.add_typer(tickets_app, name="tickets")
app.add_typer(inbox_app, name="inbox")
app.add_typer(channels_app, name="channels")
app.add_typer(announce_app, name="announce")
app.add_typer(model_app, name="model")
app.command()(evaluate)
app.command()(work)
app.command()(simulate)

Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of text.")]


@app.command()
def ask(question: Annotated[str, typer.Argument(help="In Chinese or English.")], as_json: Json = False) -> None:
    """Answer a question, with sources as footnotes."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        assistant = _limit_model(askbay.assistant)
        reply = await assistant.handle(question, channel=CHANNEL, language=askbay.settings.language)
        if as_json:
            from app.api import to_answer_out

            terminal.print_json(to_answer_out(reply).model_dump_json())
        else:
            terminal.show_reply(reply)

    run_command(run)


def _limit_model(assistant: Assistant) -> Assistant:
    """Return the assistant with no more time for its language model than is left of this process's."""
    if assistant.writer is None:
        return assistant
    left = max(ANSWER_SECONDS - (time.monotonic() - STARTED_AT), MIN_MODEL_SECONDS)
    return replace(assistant, writer=replace(assistant.writer, seconds=min(assistant.writer.seconds, left)))


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

    run_command(run)


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

    run_command(run)


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

    run_command(run)


@app.command()
def doctor() -> None:
    """Check what is configured, what is missing, and what to do."""
    from app.doctor import examine

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        findings = await examine(askbay)
        terminal.show_findings(findings)
        if any(finding.state == "problem" for finding in findings):
            raise typer.Exit(1)

    run_command(run, load=False)


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

    run_command(run)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def main() -> None:
    """The entry point of the askbay command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe with another encoding shows "?" rather than ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
