"""The check-up: what is configured, what is missing, what to do."""

from __future__ import annotations

import os
import platform
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any, Literal

from app.city import read_city_documents
from app.settings import Settings
from app.wiring import Askbay
from bot.model_contract import ModelFailed, RewrittenQuestion
from knowledge_base.readers import UnreadableFile
from storage.documents import count_documents

State = Literal["ok", "off", "problem"]


@dataclass(frozen=True)
class Finding:
    """One line of the check-up: `name` is a text of the locale's doctor section."""

    state: State
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


async def examine(askbay: Askbay) -> list[Finding]:
    """Return what there is to say about an open house."""
    async with askbay.database.begin() as connection:
        documents = await count_documents(connection)
        kind = connection.dialect.name
    return [
        Finding("ok", "python", {"version": platform.python_version()}),
        _check_packages(),
        _check_data(askbay.settings),
        _describe_city(askbay),
        *_check_city_documents(askbay),
        Finding("ok", "database", {"kind": kind}),
        Finding("ok", "documents", {"documents": documents, "passages": askbay.library.lexical.passage_count})
        if documents
        else Finding("off", "documents_none"),
        _check_embedding(askbay),
        *_check_channels(askbay.settings),
        await _check_language_model(askbay),
        _check_port(askbay.settings),
    ]


def _describe_city(askbay: Askbay) -> Finding:
    name = askbay.city.names.get(askbay.settings.language, askbay.city.id)
    return Finding("ok", "city", {"city": name, "folder": askbay.city_folder.name})


def _check_embedding(askbay: Askbay) -> Finding:
    return Finding("ok", "embedding", {"model": askbay.library.embeddings.name})


async def _check_language_model(askbay: Askbay) -> Finding:
    """Ask the model one small thing: whether it answers in the form that is asked for."""
    writer = askbay.assistant.writer
    if writer is None:
        return Finding("off", "language_model_off")
    question = {"language": "English", "today": f"{askbay.now():%Y-%m-%d}", "conversation": "", "question": "Hello?"}
    try:
        await writer.model.write(
            "rewrite_question", question, RewrittenQuestion, seconds=writer.seconds, on_usage=lambda usage: None
        )
    except ModelFailed as error:
        return Finding("problem", "language_model_silent", {"model": writer.model.name, "reason": error})
    return Finding("ok", "language_model_on", {"model": writer.model.name})


def _check_channels(settings: Settings) -> Iterator[Finding]:
    half_line = bool(settings.line_channel_secret.get_secret_value()) != bool(
        settings.line_channel_access_token.get_secret_value()
    )
    if half_line:
        yield Finding("problem", "line_half")
    else:
        yield Finding("ok", "line_on") if settings.has_line else Finding("off", "line_off")
    if not settings.has_telegram:
        yield Finding("off", "telegram_off")
    elif settings.public_url:
        yield Finding("ok", "telegram_webhook", {"address": settings.webhook_address("telegram")})
    else:
        yield Finding("ok", "telegram_polls")
    if settings.public_url and not settings.public_url.startswith("https://"):
        yield Finding("problem", "public_url_insecure", {"address": settings.public_url})
    elif settings.has_line and not settings.public_url:
        yield Finding("off", "line_no_public_url")
    if not settings.staff_token.get_secret_value() and not settings.staff_tokens:
        yield Finding("off", "staff_off")


def _check_packages() -> Finding:
    needed = [re.split(r"[\[<>=;! ]", line)[0] for line in requires("askbay") or [] if "extra ==" not in line]
    missing = [name for name in needed if not _is_installed(name)]
    if missing:
        return Finding("problem", "packages_missing", {"names": ", ".join(missing)})
    return Finding("ok", "packages", {"count": len(needed)})


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _check_data(settings: Settings) -> Finding:
    writable = os.access(settings.data, os.W_OK)
    return Finding("ok" if writable else "problem", "data" if writable else "data_problem", {"path": settings.data})


def _check_city_documents(askbay: Askbay) -> Iterator[Finding]:
    bad = [read for read in read_city_documents(askbay.city_folder) if isinstance(read, UnreadableFile)]
    if bad:
        yield Finding("problem", "unreadable", {"count": len(bad), "first": bad[0]})


def _check_port(settings: Settings) -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return Finding("off", "port_taken", {"port": settings.port})
    return Finding("ok", "port", {"port": settings.port})
