"""What the assistant says in a chat: the wording of one language with the city's words filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.replies import CityWords
from connectors.message import Button, OutgoingMessage
from prompts import load_wording


@dataclass(frozen=True)
class Topic:
    """A topic or a district of the city, with its name in each language."""

    id: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class ChatCity:
    """What a chat needs to know of the city. The first language is the one used where nothing tells."""

    languages: Sequence[str]
    words: Mapping[str, CityWords]
    topics: Sequence[Topic]
    districts: Sequence[Topic] = ()

    def speak(self, language: str) -> Speech:
        """Return the city's way of speaking in a language; an unknown one gets the first."""
        chosen = language if language in self.languages else self.languages[0]
        return Speech(chosen, self.words[chosen])

    def find_topic(self, topic_id: str) -> Topic | None:
        """Return a topic by its id, or None."""
        return next((topic for topic in self.topics if topic.id == topic_id), None)


@dataclass(frozen=True)
class Speech:
    """Speaks one language for one city."""

    language: str
    words: CityWords

    def say(self, name: str, /, **values: object) -> str:
        """Return a text of the wording. Raises KeyError for an unknown name."""
        return load_wording(self.language).say(name, **{**vars(self.words), **values})

    def button(self, name: str, data: str) -> Button:
        """Return a button labelled by a text of the wording."""
        return Button(self.say(name), data)

    def message(
        self, name: str, /, *, buttons: Sequence[Button] = (), choices: Sequence[Button] = (), **values: object
    ) -> OutgoingMessage:
        """Return a message that says a text of the wording."""
        return OutgoingMessage(self.say(name, **values), self.language, buttons=tuple(buttons), choices=tuple(choices))
