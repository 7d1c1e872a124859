"""Numbers the documents an answer cites, in the order they are first cited, and quotes what was used of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.answer import Citation
from knowledge_base.language import CHINESE
from knowledge_base.passage_match import Sentence
from knowledge_base.suspicion import is_suspicious

MAX_QUOTE_CHARACTERS = 600
# Sentences on each side of a quoted one that the citation shows with it.
QUOTE_AROUND = 1


@dataclass
class Citations:
    """The documents cited so far, each with its sentences that were used."""

    _cited: dict[str, list[Sentence]] = field(default_factory=dict)

    def cite(self, sentence: Sentence) -> int:
        """Return the footnote number of the document a sentence stands in."""
        key = sentence.found.passage.document_key
        self._cited.setdefault(key, []).append(sentence)
        return list(self._cited).index(key) + 1

    def make(self) -> tuple[Citation, ...]:
        """Return the citations, in the order of their numbers."""
        return tuple(_make_citation(number, used) for number, used in enumerate(self._cited.values(), start=1))

    def lines(self) -> dict[int, Sequence[str]]:
        """Return every line of the passages cited, by number."""
        return {
            number: [line for sentence in used for line in sentence.found.passage.text.splitlines()]
            for number, used in enumerate(self._cited.values(), start=1)
        }


def _make_citation(number: int, used: Sequence[Sentence]) -> Citation:
    passage = used[0].found.passage
    return Citation(
        number=number,
        document_id=passage.document_id,
        language=passage.language,
        title=passage.title,
        publisher=passage.publisher,
        published_at=passage.published_at,
        url=passage.url,
        trust=passage.trust,
        as_of=passage.as_of,
        quote=_quote(used),
    )


def _quote(used: Sequence[Sentence]) -> str:
    """Return the sentences used with their neighbours, verbatim, in the order of the document."""
    separator = "" if used[0].found.passage.language == CHINESE else " "
    excerpts = []
    for passage in {sentence.found.passage.id: sentence.found.passage for sentence in used}.values():
        lines = passage.text.splitlines()
        places = {sentence.position for sentence in used if sentence.found.passage.id == passage.id}
        wanted = sorted(
            {near for position in places for near in range(position - QUOTE_AROUND, position + QUOTE_AROUND + 1)}
            & {place for place, line in enumerate(lines) if place in places or not is_suspicious(line)}
        )
        excerpt = _join(lines, wanted, separator)
        if len(excerpt) > MAX_QUOTE_CHARACTERS:
            excerpt = _join(lines, sorted(places), separator)
        excerpts.append(excerpt)
    return " … ".join(excerpts)


def _join(lines: Sequence[str], positions: Sequence[int], separator: str) -> str:
    text = ""
    previous = None
    for position in positions:
        if previous is not None:
            text += separator if position == previous + 1 else " … "
        text += lines[position]
        previous = position
    return text
