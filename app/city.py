"""Reads a city's folder: city.yaml, documents/, glossary.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from bot.replies import CityWords
from bot.speech import ChatCity, Topic
from cities import CITIES
from knowledge_base.readers import UnreadableFile, read_file
from knowledge_base.yaml_files import load_yaml
from scheduler.announcement_message import CityNames
from storage.documents import Document


class CityInvalid(Exception):
    """A city's folder is missing or its city.yaml is wrong; the message says where."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class City(_Entry):
    """A city as city.yaml tells it; texts by language."""

    id: str
    zone: str
    languages: list[str]
    names: dict[str, str]
    name_forms: list[str]
    hotline: str
    hotline_outside: str
    website: str
    tone: dict[str, str]
    topics: list[dict[str, str]]
    districts: list[dict[str, str]] = []
    suggestions: dict[str, list[str]]

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, zone: str) -> str:
        ZoneInfo(zone)
        return zone

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone its people live in."""
        return ZoneInfo(self.zone)

    def words(self, language: str) -> CityWords:
        """Return what the canned wording says of the city in a language."""
        joint = "、" if language.startswith("zh") else ", "
        return CityWords(
            city=self.names[language],
            hotline=self.hotline,
            hotline_outside=self.hotline_outside,
            website=self.website,
            topics=joint.join(topic[language] for topic in self.topics),
        )


def find_city_folder(name: str) -> Path:
    """Return the folder of a city: one of cities/ by its name, or any folder by its path. Raises CityInvalid."""
    for folder in (CITIES / name, Path(name)):
        if (folder / "city.yaml").is_file():
            return folder
    raise CityInvalid(f"no city.yaml in cities/{name} nor in {name}")


def load_city(folder: Path) -> City:
    """Read city.yaml. Raises CityInvalid."""
    try:
        return City.model_validate(load_yaml((folder / "city.yaml").read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, OSError, KeyError) as error:
        raise CityInvalid(f"{folder.name}/city.yaml: {error}") from error


def read_city_documents(folder: Path) -> Iterator[Document | UnreadableFile]:
    """Yield every document under documents/, or why a file cannot be read; in the order of their paths."""
    for path in sorted((folder / "documents").rglob("*.md")):
        try:
            yield from read_file(path)
        except UnreadableFile as error:
            yield error


def make_chat_city(city: City) -> ChatCity:
    """Return what a chat needs to know of a city."""
    return ChatCity(
        languages=city.languages,
        words={language: city.words(language) for language in city.languages},
        topics=[Topic(item["id"], {name: item[name] for name in city.languages}) for item in city.topics],
        districts=[Topic(item["id"], {name: item[name] for name in city.languages}) for item in city.districts],
    )


def make_city_names(city: City) -> CityNames:
    """Return what announcements need to know of a city."""
    return CityNames(
        languages=city.languages,
        city=city.names,
        topics={topic["id"]: topic for topic in city.topics},
        districts={district["id"]: district for district in city.districts},
    )
