"""One passage against the needs of one question part: its sentences by how well they answer, and the signs it gives."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from knowledge_base.glossary import contains_form, fold
from knowledge_base.judgement import Signals
from knowledge_base.needs import Need, NeedKind, cover
from knowledge_base.question import QuestionPart, is_source_note, shows_kind
from knowledge_base.search import FoundPassage
from knowledge_base.subjects import lacks_subject, may_be_asked_of_anything
from knowledge_base.tokens import tokenise

# What is in the title counts for every sentence, what stands elsewhere in the passage for half.
TITLE_SHARE = 0.85
PASSAGE_SHARE = 0.45
KIND_BONUS = 0.15
# A sentence with this share of the best one's coverage may be the one that shows the kind asked for.
NEAR_BEST = 0.6
MATCHED_SCALE = 6.0
# A name that weighs less, as the city's own, is not what a question is about.
MIN_SUBJECT_WEIGHT = 0.1


@dataclass(frozen=True)
class Sentence:
    """A sentence of a passage with how well it answers: `score` to choose by, `coverage` of the needs, 0 to 1.

    `has_kind` says that it shows the kind of thing asked for, `speaks_of_more` that it speaks of more than the names.
    """

    text: str
    found: FoundPassage
    position: int
    coverage: float
    score: float
    has_kind: bool
    speaks_of_more: bool


class PassageMatch:
    """One passage against the needs of one question part."""

    def __init__(self, needs: Sequence[Need], found: FoundPassage) -> None:
        self._needs = needs
        self._found = found
        passage = found.passage
        self._title = _read_text(f"{passage.title}\n{passage.heading}")
        self._whole = _read_text(passage.text)
        self._in_title = self._cover(self._title)
        self._in_whole = self._cover(self._whole)
        self._known_weight = sum(need.weight for need in needs if need.known) or 1.0
        self._weight = sum(need.weight for need in needs) or 1.0

    def rate_sentences(self, part: QuestionPart) -> tuple[Sentence, ...]:
        """Return the passage's sentences, best first."""
        sentences = []
        for position, line in enumerate(self._found.passage.text.splitlines()):
            here = self._cover(_read_text(line))
            shares = [
                max(own, TITLE_SHARE * title, PASSAGE_SHARE * whole)
                for own, title, whole in zip(here, self._in_title, self._in_whole, strict=True)
            ]
            is_beside_the_point = is_source_note(line) or self._names_a_rival(_read_text(line).folded)
            coverage = 0.0 if is_beside_the_point else self._share(shares)
            has_kind = not is_beside_the_point and shows_kind(line, part.kind)
            score = coverage + KIND_BONUS * has_kind
            speaks_of_more = any(
                own and need.kind in (NeedKind.WORD, NeedKind.TEXT) for need, own in zip(self._needs, here, strict=True)
            )
            sentences.append(Sentence(line, self._found, position, coverage, score, has_kind, speaks_of_more))
        return tuple(sorted(sentences, key=lambda sentence: -sentence.score))

    def read_signals(
        self, sentences: Sequence[Sentence], query: Mapping[str, float], margin: float, standing: float
    ) -> Signals:
        """Return the signs that this passage answers."""
        anywhere = [max(title, whole) for title, whole in zip(self._in_title, self._in_whole, strict=True)]
        best = max(sentence.coverage for sentence in sentences)
        near = [sentence for sentence in sentences if sentence.coverage >= NEAR_BEST * best]
        found = self._title.tokens | self._whole.tokens
        matched = sum(need.weight * share for need, share in zip(self._needs, anywhere, strict=True))
        return Signals(
            coverage=self._share(anywhere),
            sentence_coverage=best,
            title_coverage=self._share(self._in_title),
            matched=math.log1p(matched * MATCHED_SCALE) / 4,
            shows_kind=float(any(sentence.has_kind for sentence in near)),
            term_match=_weight_share(query, found),
            name_lack=self._lack(anywhere, NeedKind.NAME),
            number_lack=self._lack(anywhere, NeedKind.NUMBER),
            unknown_lack=sum(need.weight for need in self._needs if not need.known) / self._weight,
            margin=margin,
            standing=standing,
            overall=matched / self._weight,
            focus_lack=self._lack_focus(anywhere),
            focus_far=self._lack_focus(self._cover(_read_text(sentences[0].text))),
        )

    def lacks_other_city(self) -> bool:
        """Say whether the question is about another city, which the passage does not name."""
        shares = zip(self._needs, self._in_title, self._in_whole, strict=True)
        return any(need.is_other_city and not title and not whole for need, title, whole in shares)

    def lacks_subject(self, part: QuestionPart) -> bool:
        """Say whether the question is about a thing (a museum, a passport) of which the passage has no word."""
        return lacks_subject(part.text if part.text else part.context, f"{self._title.text}\n{self._whole.text}")

    def has_another_subject(self) -> bool:
        """Say whether the passage has something else that the question names: who asks about YouBike may be a pupil."""
        shares = zip(self._needs, self._in_title, self._in_whole, strict=True)
        return any(
            need.weight > MIN_SUBJECT_WEIGHT
            and need.kind in (NeedKind.NAME, NeedKind.WORD)
            and not (need.is_generic or may_be_asked_of_anything(need.surface))
            and max(title, whole) >= 1
            for need, title, whole in shares
        )

    def lacks_year(self) -> bool:
        """Say whether the question names a year that the passage does not."""
        shares = zip(self._needs, self._in_title, self._in_whole, strict=True)
        return any(need.is_year and not title and not whole for need, title, whole in shares)

    def is_about_a_rival(self) -> bool:
        """Say whether the question names a district and the passage only others."""
        return self._names_a_rival(f"{self._title.folded} {self._whole.folded}")

    def lacks_focus(self) -> bool:
        """Say whether what is asked of a thing ("the [parking] fee") is an idea the passage does not speak of."""
        shares = zip(self._needs, self._in_title, self._in_whole, strict=True)
        return any(
            need.is_focus and need.kind is NeedKind.WORD and not need.is_generic and not title and not whole
            for need, title, whole in shares
        )

    def _names_a_rival(self, folded: str) -> bool:
        return any(
            need.rivals
            and not any(contains_form(folded, form) for form in need.forms)
            and any(contains_form(folded, rival) for rival in need.rivals)
            for need in self._needs
        )

    def _cover(self, text: _Text) -> list[float]:
        return [cover(need, text.folded, text.tokens) for need in self._needs]

    def _share(self, shares: Sequence[float]) -> float:
        covered = sum(need.weight * share for need, share in zip(self._needs, shares, strict=True) if need.known)
        return covered / self._known_weight

    def _lack_focus(self, shares: Sequence[float]) -> float:
        return max((1 - share for need, share in zip(self._needs, shares, strict=True) if need.is_focus), default=0.0)

    def _lack(self, shares: Sequence[float], kind: NeedKind) -> float:
        lacking = sum(
            need.weight for need, share in zip(self._needs, shares, strict=True) if need.kind is kind and not share
        )
        return lacking / self._weight


@lru_cache(maxsize=4_096)
def _read_text(text: str) -> _Text:
    # The same announcements are asked about again and again; reading their sentences anew was half of an answer's time.
    return _Text(text)


@dataclass(frozen=True)
class _Text:
    """A text as needs are looked up in it."""

    text: str

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def tokens(self) -> frozenset[str]:
        return frozenset(tokenise(self.text))


def _weight_share(weights: Mapping[str, float], present: Container[str]) -> float:
    total = sum(weights.values())
    return sum(weight for token, weight in weights.items() if token in present) / total if total else 0.0
