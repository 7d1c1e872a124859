"""Commands: what a citizen can ask of the assistant besides questions, written or tapped."""

from __future__ import annotations

from enum import StrEnum

from bot.speech import Speech
from connectors.message import Button
from knowledge_base.tokens import normalise
from prompts import load_commands

_PUNCTUATION = " \t\n。.!！?？~～、,，"


class Command(StrEnum):
    """A command; `prompts/commands.yaml` says how each is written."""

    HELP = "help"
    LANGUAGE = "language"
    CHINESE = "chinese"
    ENGLISH = "english"
    TOPICS = "topics"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    PROGRAMMES = "programmes"
    PERSON = "person"
    ABOUT_ME = "about_me"
    FORGET_ME = "forget_me"
    DISTRICTS = "districts"
    LINK = "link"
    UNLINK = "unlink"
    CANCEL = "cancel"
    CONFIRM = "confirm"


# About one citizen alone: not in a group.
PRIVATE = frozenset(
    {Command.SUBSCRIBE, Command.PERSON, Command.ABOUT_ME, Command.DISTRICTS, Command.LINK, Command.UNLINK}
)
# Taken as such only where the citizen was asked something.
ONLY_ASKED = frozenset({Command.CANCEL, Command.CONFIRM})
# Shown as quick replies and in the channels' menus, in this order.
SHOWN = (
    Command.SUBSCRIBE,
    Command.TOPICS,
    Command.PROGRAMMES,
    Command.PERSON,
    Command.LANGUAGE,
    Command.HELP,
    Command.UNSUBSCRIBE,
    Command.ABOUT_ME,
    Command.FORGET_ME,
)


def read_command(text: str) -> Command | None:
    """Return the command a message is, or None: the whole message must be one."""
    folded = normalise(text).strip(_PUNCTUATION)
    slash = folded[1:].split(maxsplit=1)[0].partition("@")[0] if folded.startswith("/") and folded[1:] else ""
    for known in load_commands():
        if slash in known.slash or any(pattern.fullmatch(folded) for pattern in known.patterns):
            return Command(known.name)
    return None


def make_choices(speech: Speech) -> tuple[Button, ...]:
    """Return the commands as quick replies."""
    return tuple(speech.button(f"button_{command}", f"c:{command}") for command in SHOWN)
