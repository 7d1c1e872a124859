"""Judges whether passages answer a question, and which of their sentences do.

Names, numbers and the kind of thing asked for (who, when, where, how much, may I) must be there. How much each
sign counts stands in judgement.yaml, fitted by knowledge_base.evaluation.fit_judgement on questions with known answers.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path

import yaml

from knowledge_base.glossary import contains_form, fold
from knowledge_base.library import Library
from knowledge_base.needs import Need, NeedKind, cover, read_needs
from knowledge_base.question import Kind, QuestionPart, is_source_note, shows_kind
from knowledge_base.search import FoundPassage
from knowledge_base.tokens import tokenise, tokenise_query

# Sections of a document that tell where its sources say different things.
DISAGREEMENT_HEADINGS = ("說法不一", "Where sources differ")

# What is in the title counts for every sentence, what stands elsewhere in the passage for half.
TITLE_SHARE = 0.85
PASSAGE_SHARE = 0.45
# The rest of the question, for a part that leans on it.
CONTEXT_WEIGHT = 0.5
KIND_BONUS = 0.15
# A sentence with this share of the best one's coverage may be the one that shows the kind asked for.
DISPUTE_HANDICAP = 0.1
NEAR_BEST = 0.6
# Where one of these is asked for, a passage without one does not answer, whatever else it says.
KINDS_THAT_MUST_SHOW = (Kind.PHONE, Kind.MONEY, Kind.WEBSITE, Kind.AGE, Kind.CLOCK, Kind.DURATION)
# A part that leans on another is answered from the document that answers that, if it has this much of its own needs.
MIN_OWN_COVERAGE = 0.5
# A part whose own needs weigh this much, or that has a name of some weight, is about something of its own.
WEIGHT_OF_A_SUBJECT = 1.0
MIN_SUBJECT_WEIGHT = 0.1
MATCHED_SCALE = 6.0


@dataclass(frozen=True)
class Signals:
    """The signs that a passage answers, each about 0 to 1, larger is better unless the name says lack."""

    coverage: float
    sentence_coverage: float
    title_coverage: float
    matched: float
    shows_kind: float
    term_match: float
    name_lack: float
    number_lack: float
    unknown_lack: float
    margin: float
    overall: float
    focus_lack: float
    focus_far: float


@dataclass(frozen=True)
class Judgement:
    """How much each signal counts, and the confidence from which a passage answers."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float

    def confidence(self, signals: Signals) -> float:
        """Return the probability that a passage with these signals answers."""
        total = self.intercept + sum(self.weights[name] * value for name, value in vars(signals).items())
        return 1.0 / (1.0 + math.exp(-total))


@cache
def load_judgement() -> Judgement:
    """Read judgement.yaml."""
    content = yaml.safe_load((Path(__file__).parent / "judgement.yaml").read_text(encoding="utf-8"))
    return Judgement(content["weights"], content["intercept"], content["threshold"])


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


@dataclass(frozen=True)
class RatedPassage:
    """A passage with its signals, the confidence they give, and its sentences, best first."""

    found: FoundPassage
    signals: Signals
    confidence: float
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Verdict:
    """The judgement on one part of a question: its passages by confidence, and whether the best of them answers."""

    part: QuestionPart
    rated: tuple[RatedPassage, ...]
    answers: bool

    @property
    def confidence(self) -> float:
        """The confidence of the best passage; 0 where nothing was found."""
        return self.rated[0].confidence if self.rated else 0.0


def _cannot_answer(part: QuestionPart, needs: Sequence[Need], text: _PassageText, signals: Signals) -> bool:
    """Say whether something that must be there is not, whatever else the passage says."""
    if part.kind in KINDS_THAT_MUST_SHOW and not signals.shows_kind:
        return True
    if any(need.kind is NeedKind.NAME and not need.known for need in needs):
        # A name that no document has: whatever was found is about something else.
        return True
    if text.lacks_other_city():
        return True
    # Who asks "may I" tells of their own case: the year their firm was founded, the district it is in.
    return part.kind is not Kind.MAY and (text.lacks_year() or text.is_about_a_rival() or text.lacks_focus())


def _standing(rated: RatedPassage) -> float:
    # What sources dispute is told after what they say.
    return rated.confidence - DISPUTE_HANDICAP * (rated.found.passage.heading in DISAGREEMENT_HEADINGS)


@dataclass(frozen=True)
class Judge:
    """Holds what judging needs besides the question: the library and the names every document is about anyway."""

    library: Library
    city_names: tuple[str, ...]
    judgement: Judgement

    def judge(self, part: QuestionPart, found: Sequence[FoundPassage]) -> Verdict:
        """Return the verdict on one part over the passages found for it."""
        needs = self._needs(part)
        query = self._weigh_query(part)
        rated = [self._rate(part, needs, query, item, _margin(item, found)) for item in found if item.passage.text]
        rated.sort(key=_standing, reverse=True)
        return Verdict(part, tuple(rated), bool(rated) and rated[0].confidence >= self.judgement.threshold)

    def judge_all(self, parts: Sequence[QuestionPart], found: Sequence[Sequence[FoundPassage]]) -> list[Verdict]:
        """Return the verdicts on the parts of one question; a part may lean on the document that answers another."""
        verdicts = [self.judge(part, passages) for part, passages in zip(parts, found, strict=True)]
        answered = [verdict for verdict in verdicts if verdict.answers]
        return [
            verdict if verdict.answers else self._lean(verdict, [other for other in answered if verdict.part.context])
            for verdict in verdicts
        ]

    def stands_alone(self, part: QuestionPart) -> bool:
        """Say whether a part names what it is about ("and how much is YouBike?"), so that the rest does not matter."""
        needs = [need for need in self._read(part.text) if not need.rivals and need.kind is not NeedKind.NUMBER]
        names = any(need.kind is NeedKind.NAME and need.weight > MIN_SUBJECT_WEIGHT for need in needs)
        return names or sum(need.weight for need in needs) >= WEIGHT_OF_A_SUBJECT

    def _lean(self, verdict: Verdict, answered: Sequence[Verdict]) -> Verdict:
        """Answer a part that asks on ("and how many jobs?") from what was answered before."""
        own = self._read(verdict.part.text)
        for other in answered:
            document = other.rated[0].found.passage.document_id
            same = [rated for rated in other.rated if rated.found.passage.document_id == document]
            for rated in same:
                text = _PassageText(own, rated.found)
                sentences = tuple(s for s in text.rate_sentences(verdict.part) if s.has_kind)
                if sentences and (not own or sentences[0].coverage >= MIN_OWN_COVERAGE):
                    return Verdict(verdict.part, (replace(rated, sentences=sentences),), True)
        return verdict

    def _needs(self, part: QuestionPart) -> list[Need]:
        own = self._read(part.text)
        seen = {need.forms for need in own}
        leaning = [
            replace(need, weight=need.weight * CONTEXT_WEIGHT, is_focus=False)
            for need in self._read(part.context)
            if need.forms not in seen and need.kind is not NeedKind.NUMBER
        ]
        return own + leaning

    def _read(self, text: str) -> list[Need]:
        return read_needs(text, glossary=self.library.glossary, index=self.library.lexical, city_names=self.city_names)

    def _weigh_query(self, part: QuestionPart) -> dict[str, float]:
        tokens = (token for token in tokenise_query(part.text) if len(token) > 1)
        return {token: self.library.lexical.weigh_token(token) for token in tokens}

    def _rate(
        self,
        part: QuestionPart,
        needs: Sequence[Need],
        query: Mapping[str, float],
        found: FoundPassage,
        margin: float,
    ) -> RatedPassage:
        text = _PassageText(needs, found)
        sentences = text.rate_sentences(part)
        signals = text.read_signals(sentences, query, margin)
        confidence = 0.0 if _cannot_answer(part, needs, text, signals) else self.judgement.confidence(signals)
        return RatedPassage(found, signals, confidence, sentences)


class _PassageText:
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

    def read_signals(self, sentences: Sequence[Sentence], query: Mapping[str, float], margin: float) -> Signals:
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
            overall=matched / self._weight,
            focus_lack=self._lack_focus(anywhere),
            focus_far=self._lack_focus(self._cover(_read_text(sentences[0].text))),
        )

    def lacks_other_city(self) -> bool:
        """Say whether the question is about another city, which the passage does not name."""
        shares = zip(self._needs, self._in_title, self._in_whole, strict=True)
        return any(need.is_other_city and not title and not whole for need, title, whole in shares)

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


def _margin(item: FoundPassage, found: Sequence[FoundPassage]) -> float:
    """Return how far a passage stands above those of other documents, -1 to 1."""
    others = (other.score for other in found if other.passage.document_id != item.passage.document_id)
    rival = max(others, default=0.0)
    return (item.score - rival) / max(item.score, rival, 1e-9)
