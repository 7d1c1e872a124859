"""The API for announcements: another system of the city hands them in, staff approve them, see who got them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from app.staff_access import StaffCheck, is_system, say_for
from scheduler.announcements import AnnouncementDesk, Report
from scheduler.content import Content, ContentInvalid
from scheduler.steps import AnnouncementUnknown, StepRefused
from storage.announcements import Announcement

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
# What a person answers for: a system hands in, and no more than that.
BY_PEOPLE = ("approve", "schedule")
SimpleStep = Literal["submit", "approve", "send-back", "schedule", "pause", "resume", "cancel"]


class HandIn(BaseModel):
    """An announcement to be stored. `external_id`: handing it in again under the same id changes nothing."""

    content: dict[str, Any] = Field(description="the fields of AnnouncementContent (see GET …/content-schema)")
    external_id: str | None = Field(default=None, min_length=1, max_length=120)
    submit: bool = Field(default=False, description="ask for approval at once")


class NoteIn(BaseModel):
    """Why; the audit keeps it."""

    note: str = Field(default="", max_length=2_000)


class RecallIn(BaseModel):
    """What is right, by language; who got the announcement is told."""

    correction: dict[str, Annotated[str, Field(max_length=1_000)]] = {}


class DecisionIn(BaseModel):
    """What to do about a run whose time was missed."""

    send: bool


class AnnouncementOut(BaseModel):
    """Where an announcement stands."""

    number: int
    state: str
    author: str
    external_id: str | None
    content: dict[str, Any]
    created_at: datetime
    published_at: datetime | None


class StepOut(BaseModel):
    """Who did what."""

    step: str
    before: str
    after: str
    staff: str
    note: str
    taken_at: datetime


class LedgerLine(BaseModel):
    """How many deliveries of a run are in a state, and why."""

    channel: str
    state: str
    reason: str = ""
    count: int


class RunOut(BaseModel):
    """A time an announcement went out, or will."""

    number: int
    kind: str
    due_at: datetime
    state: str
    reason: str
    deliveries: list[LedgerLine]
    reasons: list[LedgerLine]


class ReportOut(AnnouncementOut):
    """Everything about an announcement."""

    steps: list[StepOut]
    runs: list[RunOut]
    quota_used_up: dict[str, datetime] = Field(description="channels whose month's messages are used up, since when")


class PreviewOut(BaseModel):
    """How it reads by language, whom it reaches now, and how many messages the quota lacks."""

    messages: dict[str, str]
    at_once: dict[str, int]
    by_digest: dict[str, int]
    quota_left: dict[str, int]
    beyond_quota: dict[str, int]
    quota_unknown: list[str]


def make_announcement_api(desk: AnnouncementDesk, check_staff: StaffCheck) -> APIRouter:
    """Return the routes under /api/staff/announcements and /api/staff/runs."""
    router = APIRouter(prefix="/api/staff", tags=["announcements"])
    staff_member = Depends(check_staff)

    @router.post("/announcements", status_code=201)
    async def hand_in(given: HandIn, staff: str = staff_member) -> AnnouncementOut:
        """Store an announcement as a draft, or submit it for approval at once."""
        # Each system has numbers of its own.
        external_id = f"{staff}/{given.external_id}" if given.external_id else None
        number = await desk.write(given.content, staff, external_id=external_id)
        report = await desk.report(number)
        # Handed in again, it stays as staff left it.
        if given.submit and len(report.steps) == 1:
            await desk.submit(number, staff)
            report = await desk.report(number)
        return _to_out(report)

    @router.get("/announcements")
    async def list_announcements(state: str | None = None, staff: str = staff_member) -> list[AnnouncementOut]:
        """List announcements, newest first."""
        return [_make_out(item) for item in await desk.list([state] if state else [])]

    @router.get("/announcements/content-schema")
    async def show_schema(staff: str = staff_member) -> dict[str, Any]:
        """Return the JSON Schema of an announcement's content."""
        return Content.model_json_schema()

    @router.get("/announcements/{number}")
    async def show(number: Number, staff: str = staff_member) -> ReportOut:
        """Show who did what, every run, and what became of the deliveries."""
        return _to_report(await desk.report(number), await desk.find_used_up())

    @router.get("/announcements/{number}/preview")
    async def preview(number: Number, staff: str = staff_member) -> PreviewOut:
        """Show how it reads and whom it reaches now."""
        found = await desk.preview(number)
        forecast = found.forecast
        return PreviewOut(
            messages={name: f"{message.heading}\n{message.text}" for name, message in found.messages.items()},
            at_once=dict(forecast.at_once),
            by_digest=dict(forecast.by_digest),
            quota_left={name: quota.left for name, quota in forecast.quotas.items()},
            beyond_quota=dict(forecast.beyond_quota),
            quota_unknown=list(forecast.quota_unknown),
        )

    @router.put("/announcements/{number}")
    async def edit(number: Number, content: dict[str, Any], staff: str = staff_member) -> AnnouncementOut:
        """Replace the content; it has to be approved (again)."""
        await desk.edit(number, content, staff)
        return _to_out(await desk.report(number))

    @router.post("/announcements/{number}/recall")
    async def recall(number: Number, given: RecallIn | None = None, staff: str = staff_member) -> dict[str, int]:
        """Take it back; returns how many who got it are being told."""
        return {"told": await desk.recall(number, staff, given.correction if given else {})}

    @router.post("/announcements/{number}/{step}")
    async def take_step(
        number: Number, step: SimpleStep, request: Request, given: NoteIn | None = None, staff: str = staff_member
    ) -> AnnouncementOut:
        """Take a step: submit, approve (not what you wrote), send-back, schedule, pause, resume, cancel."""
        note = given.note if given else ""
        steps: dict[str, Callable[[], Awaitable[object]]] = {
            "submit": lambda: desk.submit(number, staff),
            "approve": lambda: desk.approve(number, staff, note),
            "send-back": lambda: desk.send_back(number, staff, note),
            "schedule": lambda: desk.schedule(number, staff),
            "pause": lambda: desk.pause(number, staff),
            "resume": lambda: desk.resume(number, staff),
            "cancel": lambda: desk.cancel(number, staff, note),
        }
        if step in BY_PEOPLE and is_system(staff):
            raise HTTPException(403, say_for(request, "announcements")["person_needed"])
        await steps[step]()
        return _to_out(await desk.report(number))

    @router.post("/runs/{number}/decide")
    async def decide(number: Number, given: DecisionIn, staff: str = staff_member) -> dict[str, str]:
        """Say what to do about a run whose time was missed."""
        await desk.decide_missed(number, staff, send=given.send)
        return {"status": "stored"}

    @router.post("/runs/{number}/retry")
    async def retry(number: Number, staff: str = staff_member) -> dict[str, int]:
        """Send again to those it failed for, and only to them."""
        return {"again": await desk.retry_failed(number, staff)}

    return router


def explain_refusals(app: FastAPI) -> None:
    """Answer what the desk refuses with what to do, in the caller's language."""

    async def refuse_content(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, ContentInvalid):
            raise error
        words: dict[str, Any] = say_for(request, "announcements")
        known = words["problems"]
        problems = [
            words["problem"].format(field=field, problem=known.get(kind, known["other"]))
            for field, kind in error.problems
        ]
        wrong = [field for field, _ in error.problems]
        message = words["content_invalid"].format(problems="; ".join(problems))
        return JSONResponse({"message": message, "wrong": wrong}, status_code=422)

    async def refuse_step(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, StepRefused):
            raise error
        words: dict[str, Any] = say_for(request, "announcements")
        state = words["states"].get(error.state, error.state)
        return JSONResponse(
            {"message": words[error.reason].format(number=error.number, state=state), "state": error.state},
            status_code=409,
        )

    async def refuse_unknown(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"message": say_for(request, "api")["unknown_ticket"]}, status_code=404)

    app.exception_handler(ContentInvalid)(refuse_content)
    app.exception_handler(StepRefused)(refuse_step)
    app.exception_handler(AnnouncementUnknown)(refuse_unknown)


def _to_out(report: Report) -> AnnouncementOut:
    return _make_out(report.announcement)


def _make_out(announcement: Announcement) -> AnnouncementOut:
    own = announcement.external_id and announcement.external_id.partition("/")[2]
    return AnnouncementOut.model_validate({**vars(announcement), "external_id": own or None})


def _to_report(report: Report, used_up: Mapping[str, str]) -> ReportOut:
    runs = [
        RunOut(
            **{name: getattr(item.run, name) for name in ("number", "kind", "due_at", "state", "reason")},
            deliveries=[
                LedgerLine(channel=channel, state=state, count=count)
                for (channel, state), count in sorted(item.counts.items())
            ],
            reasons=[
                LedgerLine(channel=channel, state=state, reason=reason, count=count)
                for (channel, state, reason), count in sorted(item.reasons.items())
            ],
        )
        for item in report.runs
    ]
    steps = [StepOut.model_validate(vars(step)) for step in report.steps]
    since = {name: datetime.fromisoformat(moment) for name, moment in used_up.items()}
    return ReportOut(**_to_out(report).model_dump(), steps=steps, runs=runs, quota_used_up=since)
