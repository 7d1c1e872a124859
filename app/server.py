"""The web server: the chat page, the API, and what every response carries."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from app.announcement_api import explain_refusals, make_announcement_api
from app.api import make_api
from app.chat_page import make_chat_page
from app.feeds import make_feeds
from app.locales import choose_language, load_locale
from app.security_headers import SecurityHeaders
from app.staff_access import make_staff_check
from app.staff_api import make_staff_api
from app.wiring import Askbay, make_desk
from connectors.channel import Channel

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1_000_000
STATIC = Path(__file__).parent / "static"

_PHRASES = frozenset(status.phrase for status in HTTPStatus)


def make_app(askbay: Askbay, channels: Mapping[str, Channel] | None = None) -> FastAPI:
    """Return the web application over an open house; `channels` are those that announcements go out on."""
    app = FastAPI(
        title="Askbay",
        description="Answers about a city, only from its own announcements, with sources and dates.",
        max_body_size=MAX_BODY_BYTES,
    )
    app.include_router(make_chat_page(askbay.assistant, askbay.city))
    app.include_router(make_api(askbay.assistant))
    check_staff = make_staff_check(askbay.settings)
    app.include_router(make_staff_api(askbay, check_staff))
    app.include_router(make_announcement_api(make_desk(askbay, channels or {}), check_staff))
    app.include_router(make_feeds(askbay))
    explain_refusals(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/health", tags=["operation"])
    async def health() -> dict[str, str | int]:
        """Say that the server runs and how many passages it can search."""
        return {"status": "ok", "passages": askbay.library.lexical.passage_count}

    app.add_middleware(SecurityHeaders)
    app.exception_handler(RequestValidationError)(_refuse_invalid)
    app.exception_handler(HTTPException)(_explain)
    app.exception_handler(Exception)(_apologise)
    return app


def _words(request: Request) -> dict[str, str]:
    words: dict[str, str] = load_locale(choose_language(request.headers.get("accept-language", "")))["api"]
    return words


async def _refuse_invalid(request: Request, error: Exception) -> JSONResponse:
    # The input itself is left out: it may hold personal data.
    wrong = [".".join(map(str, item["loc"])) for item in getattr(error, "errors", list)()]
    words = _words(request)
    asks = request.url.path.startswith("/api/ask")
    message = words["invalid_request"] if asks else words["invalid_fields"].format(fields=", ".join(wrong))
    return JSONResponse({"message": message, "wrong": wrong}, status_code=422)


async def _explain(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    headers = error.headers if isinstance(error, HTTPException) else None
    known = {404: "not_found", 405: "not_found", 413: "too_large"}
    # What the framework says is its own phrase for the status; what the house says is better.
    message = _words(request)[known[status]] if status in known and detail in _PHRASES else detail
    return JSONResponse({"message": message}, status_code=status, headers=headers)


async def _apologise(request: Request, error: Exception) -> JSONResponse:
    log.error("request to %s failed", request.url.path, exc_info=error)
    return JSONResponse({"message": _words(request)["failed"]}, status_code=500)
