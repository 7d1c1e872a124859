"""What the command line shows: answers with footnotes, search results with their reasons, the check-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.doctor import Finding
from app.locales import load_locale
from bot.conversation import Reply
from knowledge_base.ingest import Progress as OnProgress
from knowledge_base.search import FoundPassage

_STATE_STYLE = {"ok": "green", "off": "yellow", "problem": "red"}


class Terminal:
    """Prints in one language. `out` gets the results, `err` progress and problems."""

    def __init__(self, language: str) -> None:
        self._words = load_locale(language)
        self.out = Console(highlight=False, emoji=False)
        self.err = Console(stderr=True, highlight=False, emoji=False)

    def say(self, key: str, /, **values: object) -> None:
        """Print a text of the locale's terminal section to stderr."""
        self.err.print(escape(self._words["terminal"][key].format(**values)))

    def word(self, key: str) -> str:
        """Return a text of the locale's terminal section."""
        return str(self._words["terminal"][key])

    def state(self, key: str) -> str:
        """Return a state or an author in words."""
        return str(self._words["staff"][key])

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section of the locale."""
        found: Mapping[str, Any] = self._words[name]
        return found

    def heads(self, *keys: str) -> list[str]:
        """Return the heads of a table for staff."""
        return [self.state(key) for key in keys]

    def complain(self, section: str, key: str, /, **values: object) -> None:
        """Print a problem, in red, to stderr."""
        self.err.print(f"[red]{escape(self._words[section][key].format(**values))}[/red]", soft_wrap=True)

    def print_json(self, content: str) -> None:
        """Print JSON as one plain line."""
        print(content)  # noqa: T201

    def show_reply(self, reply: Reply) -> None:
        """Print an answer, its citations as footnotes."""
        self.out.print(Panel(escape(reply.text), border_style="cyan"))
        page = self._words["page"]
        for citation in reply.answer.citations:
            date = citation.published_at or page["undated"]
            self.out.print(
                f"[bold][{citation.number}][/bold] {escape(citation.title)}\n"
                f"    {escape(citation.publisher)}, {date} ({page[citation.trust]})"
                + (f"\n    [link={citation.url}]{escape(citation.url)}[/link]" if citation.url else "")
            )

    def show_found(self, found: Sequence[FoundPassage], snippet_characters: int = 120) -> None:
        """Print search results with why each ranked where it did."""
        terminal = self._words["terminal"]
        if not found:
            self.say("nothing_found")
        for rank, item in enumerate(found, start=1):
            passage = item.passage
            reasons = ", ".join(f"{name} {value:.3g}" for name, value in item.reasons.items())
            self.out.print(f"[bold]{rank}. {escape(passage.title)}[/bold]  {escape(passage.id)}")
            self.out.print(f"   {terminal['score']} {item.score:.3f}; {terminal['why']}: {reasons}")
            self.out.print(f"   {escape(passage.text[:snippet_characters])}\n")

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Print the check-up as a table."""
        doctor = self._words["doctor"]
        table = Table(title=doctor["title"], show_header=False)
        for finding in findings:
            style = _STATE_STYLE[finding.state]
            text = doctor[finding.name].format(**self._readable(finding.values))
            table.add_row(f"[{style}]{doctor[f'state_{finding.state}']}[/{style}]", escape(text))
        self.out.print(table)

    def _readable(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: str(value) for key, value in values.items()}

    @contextmanager
    def progress(self, total: int) -> Iterator[OnProgress]:
        """Show a progress bar of indexing, from the first document on."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.err, transient=True) as progress:
            task = progress.add_task(self._words["terminal"]["indexing"], total=total, visible=False)

            def advance(done: int) -> None:
                progress.update(task, advance=done, visible=True)

            yield advance
