"""The rich menu, one a language: drawn, made and kept by `askbay channels setup`.

A menu is named for its content, and its alias is set last: so a run that was cut off is finished by the next, and a
second run changes nothing. Source: developers.line.biz/en/docs/messaging-api/using-rich-menus.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from linebot.v3.messaging import (
    ApiException,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    CreateRichMenuAliasRequest,
    RichMenuRequest,
    SetWebhookEndpointRequest,
    UpdateRichMenuAliasRequest,
)

from connectors.line.drawing import COLUMNS, HEIGHT, ROWS, WIDTH, draw_menu
from connectors.line.sending import TIMEOUT
from connectors.menu import MenuTexts
from connectors.message import Button

_PREFIX = "askbay"
# Raise it when the drawing changes, so that menus are made anew.
_FORM = "1"


async def set_up(api: AsyncMessagingApi, blob: AsyncMessagingApiBlob, texts: MenuTexts, webhook: str) -> list[str]:
    """Make the menus that are missing, remove outdated ones, set the webhook's address. Returns what was changed."""
    changed = []
    made: dict[str, str] = {}
    menus = (await api.get_rich_menu_list(_request_timeout=TIMEOUT)).richmenus
    aliases = {
        entry.rich_menu_alias_id: entry.rich_menu_id
        for entry in (await api.get_rich_menu_alias_list(_request_timeout=TIMEOUT)).aliases
    }
    for language, buttons in texts.tiles.items():
        name = f"{_PREFIX} {language} {_fingerprint(buttons, texts.bar[language])}"
        ready = [menu.rich_menu_id for menu in menus if menu.name == name]
        if aliases.get(make_alias(language)) in ready:
            made[language] = aliases[make_alias(language)]
            continue
        made[language] = await _make(api, blob, name, buttons, texts.bar[language])
        await _point_alias(api, make_alias(language), made[language], known=make_alias(language) in aliases)
        changed.append(f"rich menu {language}")
    changed += await _set_default(api, next(iter(made.values())))
    for menu in menus:
        if menu.name.startswith(f"{_PREFIX} ") and menu.rich_menu_id not in made.values():
            await api.delete_rich_menu(menu.rich_menu_id, _request_timeout=TIMEOUT)
            changed.append(f"old rich menu {menu.name} removed")
    return changed + await _set_webhook(api, webhook)


async def link_menu(api: AsyncMessagingApi, chat: str, language: str) -> None:
    """Show a language's menu to one citizen. Raises ApiException where there is no such menu yet."""
    alias = await api.get_rich_menu_alias(make_alias(language), _request_timeout=TIMEOUT)
    await api.link_rich_menu_id_to_user(chat, alias.rich_menu_id, _request_timeout=TIMEOUT)


def make_alias(language: str) -> str:
    """Return the alias of a language's menu (lower-case letters, digits, hyphens)."""
    return f"{_PREFIX}-{language.lower()}"


async def _make(
    api: AsyncMessagingApi, blob: AsyncMessagingApiBlob, name: str, buttons: Sequence[Button], bar: str
) -> str:
    request = RichMenuRequest.from_dict(
        {
            "size": {"width": WIDTH, "height": HEIGHT},
            "selected": True,
            "name": name,
            "chatBarText": bar,
            "areas": [_area(place, button) for place, button in enumerate(buttons)],
        }
    )
    menu_id = str((await api.create_rich_menu(request, _request_timeout=TIMEOUT)).rich_menu_id)
    picture = draw_menu([button.label for button in buttons])
    await blob.set_rich_menu_image(menu_id, picture, _headers={"Content-Type": "image/png"}, _request_timeout=TIMEOUT)
    return menu_id


def _area(place: int, button: Button) -> dict[str, object]:
    row, column = divmod(place, COLUMNS)
    left, right = WIDTH * column // COLUMNS, WIDTH * (column + 1) // COLUMNS
    top, bottom = HEIGHT * row // ROWS, HEIGHT * (row + 1) // ROWS
    return {
        "bounds": {"x": left, "y": top, "width": right - left, "height": bottom - top},
        "action": {"type": "postback", "label": button.label, "data": button.data, "displayText": button.label},
    }


async def _point_alias(api: AsyncMessagingApi, alias: str, menu_id: str, *, known: bool) -> None:
    if known:
        update = UpdateRichMenuAliasRequest(richMenuId=menu_id)
        await api.update_rich_menu_alias(alias, update, _request_timeout=TIMEOUT)
    else:
        create = CreateRichMenuAliasRequest(richMenuAliasId=alias, richMenuId=menu_id)
        await api.create_rich_menu_alias(create, _request_timeout=TIMEOUT)


async def _set_default(api: AsyncMessagingApi, menu_id: str) -> list[str]:
    try:
        current = (await api.get_default_rich_menu_id(_request_timeout=TIMEOUT)).rich_menu_id
    except ApiException as error:
        if error.status != 404:
            raise
        current = ""
    if current == menu_id:
        return []
    await api.set_default_rich_menu(menu_id, _request_timeout=TIMEOUT)
    return ["default rich menu"]


async def _set_webhook(api: AsyncMessagingApi, webhook: str) -> list[str]:
    if not webhook:
        return []
    try:
        current = (await api.get_webhook_endpoint(_request_timeout=TIMEOUT)).endpoint
    except ApiException as error:
        if error.status != 404:
            raise
        current = ""
    if current == webhook:
        return []
    await api.set_webhook_endpoint(SetWebhookEndpointRequest(endpoint=webhook), _request_timeout=TIMEOUT)
    return [f"webhook {webhook}"]


def _fingerprint(buttons: Sequence[Button], bar: str) -> str:
    content = "\n".join([_FORM, bar, *(f"{button.label} {button.data}" for button in buttons)])
    return hashlib.sha256(content.encode()).hexdigest()[:12]
