"""Asks every question of a task three times: as it is, without its passage, and without the document that is part of.

What is taken away is taken out of the word counts too, as if it had never been indexed.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from knowledge_base.evaluation.tasks import Query, Task, open_task, read_task
from knowledge_base.evidence import Judge
from knowledge_base.judgement import Signals, load_judgement
from knowledge_base.language import count_cjk
from knowledge_base.lexical_index import LexicalIndex
from knowledge_base.library import Library
from knowledge_base.query_terms import prepare_text
from knowledge_base.question import split_question
from knowledge_base.search import FoundPassage, find_passages
from knowledge_base.standing import read_signs
from knowledge_base.tokens import tokenise

TODAY = date(2026, 11, 20)
# As many passages as the conversation looks at.
LIMIT = 6
NOTHING, PASSAGE, DOCUMENT = "nothing", "passage", "document"
# Where the ids of questions do not name an article, so many passages in a row are one (XQuAD: 240 of 48 articles).
PASSAGES_AN_ARTICLE = 5


@dataclass(frozen=True)
class Rated:
    """A found passage: signs of its standing, the judge's signals, whether it is the right one or holds an answer."""

    signs: dict[str, float]
    signals: Signals
    ruled_out: bool
    right: bool
    holds_answer: bool


@dataclass(frozen=True)
class Asked:
    """One question asked once: what was taken away and what was found, best first. Those of a group share texts."""

    task: str
    group: str
    removed: str
    rated: tuple[Rated, ...]


class ReducedIndex(LexicalIndex):
    """A lexical index whose word counts are as if some texts were not in it."""

    def __init__(self, index: LexicalIndex, gone: Iterable[str]) -> None:
        # The same index, open already: only the counts differ.
        vars(self).update(vars(index))
        self._gone = Counter(token for text in gone for token in _tokens(text))

    def frequency(self, token: str) -> int:
        """Return how many of the remaining passages have a token."""
        return super().frequency(token) - self._gone[token]


def ask_with_removals(folder: Path) -> Iterator[Asked]:
    """Yield every question of a task, asked as it is, without its passages, and without their documents."""
    task = read_task(folder)
    articles = name_articles(task)
    with tempfile.TemporaryDirectory() as index:
        library = open_task(task, Path(index))
        for query in task.queries:
            own = {articles[id_] for id_ in query.relevant}
            document = frozenset(id_ for id_, article in articles.items() if article in own)
            for removed, gone in ((NOTHING, frozenset[str]()), (PASSAGE, query.relevant), (DOCUMENT, document)):
                rated = _ask(library, task, query, gone)
                if rated:
                    # A corpus in two languages tells of the same things: its size names it.
                    yield Asked(task.name, f"{len(task.corpus)}.{min(own)}", removed, rated)


def name_articles(task: Task) -> dict[str, str]:
    """Return the article of each passage: DRCD's question ids begin with it; passages no one asks about follow on."""
    named = {id_: query.id.split("-")[0] for query in task.queries for id_ in query.relevant if "-" in query.id}
    if not named:
        return {id_: str(place // PASSAGES_AN_ARTICLE) for place, id_ in enumerate(task.corpus)}
    articles: dict[str, str] = {}
    article = next(iter(named.values()))
    for id_ in task.corpus:
        article = named.get(id_, article)
        articles[id_] = article
    return articles


def _ask(library: Library, task: Task, query: Query, gone: frozenset[str]) -> tuple[Rated, ...]:
    reduced = replace(library, lexical=ReducedIndex(library.lexical, (task.corpus[id_] for id_ in gone)))
    limit = LIMIT + len(gone)
    found = find_passages(reduced, query.text, language=task.query_language, today=TODAY, limit=limit)
    left = [item for item in found if item.passage.id not in gone][:LIMIT]
    part = split_question(query.text)[-1]
    verdict = Judge(reduced, (), load_judgement()).judge(part, left)
    judged = {rated.found.passage.id: rated for rated in verdict.rated}

    def rate(item: FoundPassage) -> Rated:
        rated = judged[item.passage.id]
        holds = any(answer in item.passage.text for answer in query.answers)
        right = item.passage.id in query.relevant
        return Rated(read_signs(item, left), rated.signals, rated.confidence == 0.0, right, holds)

    return tuple(rate(item) for item in left)


@lru_cache(maxsize=2_000)
def _tokens(text: str) -> frozenset[str]:
    # The index pairs Chinese characters over a comma between them, too.
    paired = (token for token in tokenise(prepare_text(text)) if count_cjk(token))
    return frozenset((*tokenise(text), *paired))
