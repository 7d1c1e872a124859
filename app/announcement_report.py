"""Announcements on the terminal: previews, reports, and what is wrong, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.markup import escape
from rich.panel import Panel

from app.terminal import Terminal
from scheduler.announcements import Preview, Report
from scheduler.content import ContentInvalid


@dataclass(frozen=True)
class AnnouncementWords:
    """Says what the desk answers, in the terminal's language and the city's time."""

    terminal: Terminal
    zone: tzinfo

    def say(self, key: str, /, **values: object) -> None:
        """Print a line to stderr."""
        self.terminal.err.print(escape(self.word(key).format(**values)))

    def complain(self, key: str, /, **values: object) -> None:
        """Print a problem to stderr."""
        self.terminal.complain("announcements", key, **values)

    def word(self, key: str) -> str:
        """Return a text of the section for announcements."""
        return str(self.terminal.section("announcements")[key])

    def state(self, state: str) -> str:
        """Return a state or a kind in words."""
        known: Mapping[str, str] = self.terminal.section("announcements")["states"]
        return known.get(state, state)

    def reason(self, reason: str) -> str:
        """Return a cause in words; what a platform says stays as it says it."""
        return self._known("reasons", reason)

    def _known(self, section: str, word: str) -> str:
        known: Mapping[str, str] = self.terminal.section("announcements")[section]
        return known.get(word, word)

    def moment(self, at: datetime) -> str:
        """Return a moment in the city's time."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def problems(self, error: ContentInvalid) -> str:
        """Return everything that is wrong with a content, in words."""
        known: Mapping[str, str] = self.terminal.section("announcements")["problems"]
        said = [(field, known.get(kind, known["other"])) for field, kind in error.problems]
        return "; ".join(self.word("problem").format(field=field, problem=problem) for field, problem in said)

    def show_preview(self, preview: Preview) -> None:
        """Print the message in each language, and whom it reaches."""
        for message in preview.messages.values():
            text = "\n".join(
                [message.heading, message.text, *(f"[{item.label}] {item.url}" for item in message.buttons)]
            )
            self.terminal.out.print(Panel(escape(text), title=message.language))
        forecast = preview.forecast
        for channel in sorted({*forecast.at_once, *forecast.by_digest}):
            counts = {"at_once": forecast.at_once.get(channel, 0), "by_digest": forecast.by_digest.get(channel, 0)}
            self._print("reach_channel", channel=channel, **counts)
        self._print("reach", at_once=sum(forecast.at_once.values()), by_digest=sum(forecast.by_digest.values()))
        for channel, quota in forecast.quotas.items():
            self._print("quota", channel=channel, limit=quota.limit, used=quota.used, left=quota.left)
        for channel, missing in forecast.beyond_quota.items():
            self.complain("quota_beyond", channel=channel, missing=missing)
        for channel in forecast.quota_unknown:
            self.complain("quota_unknown", channel=channel)

    def show_report(self, report: Report, used_up: Mapping[str, str]) -> None:
        """Print what was done to an announcement, and its ledger."""
        found = report.announcement
        title = next(iter(report.content.title.values()))
        self.terminal.out.print(f"[bold]{found.number}. {escape(title)}[/bold]  {self.state(found.state)}")
        for step in report.steps:
            states = {"before": self.state(step.before), "after": self.state(step.after)}
            moment = self.moment(step.taken_at)
            staff, what = self._known("people", step.staff), self._known("steps", step.step)
            self._print("step", at=moment, staff=staff, step=what, note=self.reason(step.note), **states)
        for item in report.runs:
            run = item.run
            due_at, kind = self.moment(run.due_at), self.state(run.kind)
            self._print(
                "run",
                run=run.number,
                kind=kind,
                due_at=due_at,
                state=f"{self.state(run.state)} {self.reason(run.reason)}",
            )
            for (channel, state), count in sorted(item.counts.items()):
                self._print("ledger", channel=channel, state=self.state(state), count=count)
            for (channel, state, reason), count in sorted(item.reasons.items()):
                self._print("why", channel=channel, state=self.state(state), reason=self.reason(reason), count=count)
        for channel, since in used_up.items():
            self.complain("quota_used_up", channel=channel, since=self.moment(datetime.fromisoformat(since)))

    def _print(self, key: str, /, **values: object) -> None:
        self.terminal.out.print(escape(self.word(key).format(**values)).rstrip(), soft_wrap=True)
