"""Commands for announcements: askbay announce …"""

from __future__ import annotations

import getpass
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.announcement_files import AnnouncementFileUnreadable, read_announcement_file
from app.announcement_report import AnnouncementWords
from app.running import run_command
from app.terminal import Terminal
from scheduler.content import CHINESE, ContentInvalid
from scheduler.steps import AnnouncementUnknown, StepRefused

if TYPE_CHECKING:
    from app.wiring import Askbay
    from scheduler.announcements import AnnouncementDesk

announce_app = typer.Typer(no_args_is_help=True, help="Announcements: write, approve, schedule, see who got them.")

Number = Annotated[int, typer.Argument(min=1, help="The announcement's number.")]
Staff = Annotated[str, typer.Option("--as", help="Who you are; the audit keeps it. Your system's user by default.")]
File = Annotated[Path, typer.Argument(help="A YAML file (CSV for import): docs/announcements.md.")]
Note = Annotated[str, typer.Option("--note", help="Why; the audit keeps it.")]
DeskCommand = Callable[["AnnouncementDesk", AnnouncementWords], Awaitable[None]]
_ME = ""


def _run(command: DeskCommand) -> None:
    """Run a command at the desk, and tell what is refused in a line."""

    async def run(askbay: Askbay, terminal: Terminal) -> None:
        from app.wiring import make_desk, open_channels

        words = AnnouncementWords(terminal, askbay.city.time_zone)
        async with open_channels(askbay) as channels:
            try:
                await command(make_desk(askbay, channels), words)
            except AnnouncementUnknown as error:
                words.complain("unknown")
                raise typer.Exit(1) from error
            except StepRefused as error:
                words.complain(error.reason, number=error.number, state=words.state(error.state))
                raise typer.Exit(1) from error
            except ContentInvalid as error:
                words.complain("content_invalid", problems=words.problems(error))
                raise typer.Exit(1) from error
            except AnnouncementFileUnreadable as error:
                words.complain("file_unreadable", name=error.args[1], detail=error.args[0])
                raise typer.Exit(1) from error

    run_command(run, load=False)


def _read_one(file: Path, words: AnnouncementWords) -> Mapping[str, object]:
    entries = _read(file)
    if len(entries) > 1:
        words.complain("use_import", count=len(entries))
        raise typer.Exit(1)
    return entries[0]


def _read(file: Path) -> list[Mapping[str, object]]:
    try:
        return read_announcement_file(file)
    except AnnouncementFileUnreadable as error:
        raise AnnouncementFileUnreadable(str(error), str(file)) from error


def _name(staff: str) -> str:
    return staff or getpass.getuser()


@announce_app.command("new")
def new(file: File, staff: Staff = _ME) -> None:
    """Store an announcement as a draft."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        words.say("written", number=await desk.write(_read_one(file, words), _name(staff)))

    _run(run)


@announce_app.command("import")
def import_file(file: File, staff: Staff = _ME) -> None:
    """Store every announcement of a YAML or CSV file as a draft; a wrong entry gets a line and stops nothing."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        numbers, failed = [], False
        for row, values in enumerate(_read(file), start=1):
            try:
                numbers.append(await desk.write(values, _name(staff)))
            except ContentInvalid as error:
                failed = True
                words.complain("row_invalid", row=row, problems=words.problems(error))
        words.say("imported", count=len(numbers), numbers=", ".join(map(str, numbers)))
        if failed:
            raise typer.Exit(1)

    _run(run)


@announce_app.command("edit")
def edit(number: Number, file: File, staff: Staff = _ME) -> None:
    """Replace the content; it has to be approved (again)."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        await desk.edit(number, _read_one(file, words), _name(staff))
        words.say("edited", number=number)

    _run(run)


@announce_app.command("preview")
def preview(number: Number) -> None:
    """Show how it reads in each language, whom it reaches now, and what that takes of the quota."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        words.show_preview(await desk.preview(number))

    _run(run)


@announce_app.command("submit")
def submit(number: Number, staff: Staff = _ME) -> None:
    """Ask a colleague to approve it."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        await desk.submit(number, _name(staff))
        words.say("submitted", number=number)

    _run(run)


@announce_app.command("approve")
def approve(number: Number, staff: Staff = _ME, note: Note = "") -> None:
    """Approve what a colleague wrote."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        await desk.approve(number, _name(staff), note)
        words.say("approved", number=number)

    _run(run)


@announce_app.command("send-back")
def send_back(number: Number, staff: Staff = _ME, note: Note = "") -> None:
    """Return it to be changed."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        await desk.send_back(number, _name(staff), note)
        words.say("sent_back", number=number)

    _run(run)


@announce_app.command("schedule")
def schedule(number: Number, staff: Staff = _ME) -> None:
    """Let an approved announcement go out at its time; the running server does it."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        words.say("scheduled", number=number, at=words.moment(await desk.schedule(number, _name(staff))))

    _run(run)


@announce_app.command("pause")
def pause(number: Number, staff: Staff = _ME) -> None:
    """Stop sending for now."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        await desk.pause(number, _name(staff))
        words.say("paused", number=number)

    _run(run)


@announce_app.command("resume")
def resume(number: Number, staff: Staff = _ME) -> None:
    """Go on sending."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        await desk.resume(number, _name(staff))
        words.say("resumed", number=number)

    _run(run)


@announce_app.command("cancel")
def cancel(number: Number, staff: Staff = _ME, note: Note = "") -> None:
    """Send nothing of it any more."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        words.say("cancelled", number=number, count=await desk.cancel(number, _name(staff), note))

    _run(run)


@announce_app.command("recall")
def recall(
    number: Number,
    correction: Annotated[str, typer.Option(help="What is right, in Chinese; who got it is told.")] = "",
    correction_en: Annotated[str, typer.Option(help="The same in English.")] = "",
    staff: Staff = _ME,
) -> None:
    """Take it back: tell who got it, and take it out of the knowledge base."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        told = await desk.recall(number, _name(staff), {CHINESE: correction, "en": correction_en})
        words.say("recalled", number=number, count=told)

    _run(run)


@announce_app.command("decide")
def decide(
    run_number: Annotated[int, typer.Argument(min=1, help="The run that `show` names.")],
    send: Annotated[bool, typer.Option("--send/--skip", help="Send it now, or not at all.")],
    staff: Staff = _ME,
) -> None:
    """Say what to do about a run whose time was missed."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        await desk.decide_missed(run_number, _name(staff), send=send)
        words.say("decided", number=run_number)

    _run(run)


@announce_app.command("retry")
def retry(
    run_number: Annotated[int, typer.Argument(min=1, help="The run that `show` names.")], staff: Staff = _ME
) -> None:
    """Send again to those a run failed for, and only to them."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        words.say("retried", count=await desk.retry_failed(run_number, _name(staff)))

    _run(run)


@announce_app.command("list")
def list_announcements(
    state: Annotated[str, typer.Option(help="Only those in a state, such as scheduled.")] = "",
) -> None:
    """List announcements, newest first."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        found = await desk.list([state] if state else [])
        if not found:
            words.say("none")
            return
        table = Table(*words.terminal.heads("number", "state"), words.word("head_title"), words.word("head_topic"))
        for item in found:
            title = item.content["title"][CHINESE]
            table.add_row(str(item.number), words.state(item.state), escape(title), item.content["topic"])
        words.terminal.out.print(table)

    _run(run)


@announce_app.command("show")
def show(number: Number) -> None:
    """Show who did what, every run, and what became of each delivery."""

    async def run(desk: AnnouncementDesk, words: AnnouncementWords) -> None:
        words.show_report(await desk.report(number), await desk.find_used_up())

    _run(run)
