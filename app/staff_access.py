"""Who may use the API for staff: the holders of its tokens. Each token is a name for the audit."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.locales import choose_language, load_locale
from app.settings import Settings

API_NAME = "API"
SYSTEM_PREFIX = "system:"
_BEARER = HTTPBearer(auto_error=False, description="ASKBAY_STAFF_TOKEN, or one of ASKBAY_STAFF_TOKENS")

StaffCheck = Callable[..., str]


def make_staff_check(settings: Settings) -> StaffCheck:
    """Return a dependency that refuses who has no token, and returns the name of who has."""
    tokens = {name: token.get_secret_value() for name, token in settings.staff_tokens.items()}
    if settings.staff_token.get_secret_value():
        tokens[API_NAME] = settings.staff_token.get_secret_value()

    def check(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> str:
        words = say_for(request, "api")
        if not tokens:
            raise HTTPException(403, words["staff_closed"])
        held = given.credentials.encode() if given else b""
        # Every token is compared, so that the time tells nothing.
        found = [name for name, token in tokens.items() if token and hmac.compare_digest(held, token.encode())]
        if not found:
            raise HTTPException(401, words["staff_token_wrong"], headers={"WWW-Authenticate": "Bearer"})
        return found[0]

    return check


def say_for(request: Request, section: str) -> dict[str, str]:
    """Return a section of the locale in the caller's language."""
    words: dict[str, str] = load_locale(choose_language(request.headers.get("accept-language", "")))[section]
    return words


def is_system(name: str) -> bool:
    """Say whether a token's name is that of a system, which cannot answer for what is published."""
    return name == API_NAME or name.startswith(SYSTEM_PREFIX)
