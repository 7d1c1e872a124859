"""The chat page at /: made on the server, works without JavaScript; with it, answers come without a reload."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from app.api import WEB_CHANNEL, AnswerOut, to_answer_out
from app.city import City
from app.locales import LANGUAGES, choose_language, load_locale
from bot.conversation import Assistant

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600


def make_chat_page(assistant: Assistant, city: City) -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter(include_in_schema=False)
    templates = Jinja2Templates(directory=TEMPLATES)
    # Jinja sorts the keys of JSON; the reasons for feedback have an order of their own.
    templates.env.policies["json.dumps_kwargs"] = {"sort_keys": False}

    def render(request: Request, question: str = "", answer: AnswerOut | None = None) -> HTMLResponse:
        language = _language(request)
        words = city.words(language)
        page = dict(load_locale(language)["page"])
        if assistant.writer:
            page["automatic"] = page["automatic_written"]
        response = templates.TemplateResponse(
            request,
            "chat.html",
            {
                "language": language,
                "t": {key: _fill(text, vars(words)) for key, text in page.items()},
                "suggestions": city.suggestions.get(language, []),
                "question": question,
                "answer": answer,
            },
        )
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=COOKIE_SECONDS, samesite="lax", httponly=True)
        return response

    @router.get("/", response_class=HTMLResponse)
    async def show(request: Request) -> HTMLResponse:
        return render(request)

    @router.post("/", response_class=HTMLResponse)
    async def ask(
        request: Request, question: Annotated[str, Form()] = "", suggestion: Annotated[str, Form()] = ""
    ) -> HTMLResponse:
        question = suggestion or question
        reply = await assistant.handle(question, channel=WEB_CHANNEL, language=_language(request))
        return render(request, question[:2000], to_answer_out(reply))

    return router


def _language(request: Request) -> str:
    for choice in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if choice in LANGUAGES:
            return choice
    return choose_language(request.headers.get("accept-language", ""))


def _fill(text: object, words: dict[str, str]) -> object:
    return text.format(**words) if isinstance(text, str) else text
