"""Judges whether passages answer a question, and which of their sentences do.

Names, numbers and the kind of thing asked for (who, when, where, how much, may I) must be there. How much each
sign counts stands in weights.yaml, fitted by knowledge_base.evaluation.fit_judgement on questions with known answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge_base.judgement import Judgement, Signals
from knowledge_base.library import Library
from knowledge_base.needs import Need, NeedKind, read_needs
from knowledge_base.passage_match import KIND_BONUS, MIN_SUBJECT_WEIGHT, PassageMatch, Sentence
from knowledge_base.question import Kind, QuestionPart
from knowledge_base.search import FoundPassage
from knowledge_base.standing import is_in_own_language, load_standings, read_signs
from knowledge_base.tokens import tokenise_query

# Sections of a document that tell where its sources say different things.
DISAGREEMENT_HEADINGS = ("說法不一", "Where sources differ")

# The rest of the question, for a part that leans on it.
CONTEXT_WEIGHT = 0.5
# What sources dispute is told after what they say.
DISPUTE_HANDICAP = 0.1
# Where one of these is asked for, a passage without one does not answer, whatever else it says.
KINDS_THAT_MUST_SHOW = (Kind.PHONE, Kind.RATE, Kind.MONEY, Kind.WEBSITE, Kind.AGE, Kind.CLOCK, Kind.DURATION)
# A part that leans on another is answered from the document that answers that, if it has this much of its own needs.
MIN_OWN_COVERAGE = 0.5
# A part whose own needs weigh this much, or that has a name of some weight, is about something of its own.
WEIGHT_OF_A_SUBJECT = 1.0


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


def _cannot_answer(
    part: QuestionPart, needs: Sequence[Need], text: PassageMatch, signals: Signals, own_language: bool
) -> bool:
    """Say whether something that must be there is not, whatever else the passage says."""
    if part.kind in KINDS_THAT_MUST_SHOW and not signals.shows_kind:
        return True
    if own_language and any(need.kind is NeedKind.NAME and not need.known for need in needs):
        # A name that no document has: whatever was found is about something else. In the other language the name may
        # only be written otherwise.
        return True
    if text.lacks_other_city() or (text.lacks_subject(part) and not text.has_another_subject()):
        return True
    # Who asks "may I" tells of their own case: the year their firm was founded, the district it is in.
    return part.kind is not Kind.MAY and (text.lacks_year() or text.is_about_a_rival() or text.lacks_focus())


def _rank(rated: RatedPassage) -> float:
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
        rated = [self._rate(part, needs, query, item, found) for item in found if item.passage.text]
        rated.sort(key=_rank, reverse=True)
        if rated and not is_in_own_language(rated[0].found):
            rated[0] = replace(rated[0], sentences=self._rate_by_pieces(part, rated[0].sentences))
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

    def says_nothing(self, part: QuestionPart) -> bool:
        """Say whether a part has no word at all that tells what it is about ("how much is it?")."""
        return not self._read(part.text)

    def _lean(self, verdict: Verdict, answered: Sequence[Verdict]) -> Verdict:
        """Answer a part that asks on ("and how many jobs?") from what was answered before."""
        own = self._read(verdict.part.text)
        for other in answered:
            document = other.rated[0].found.passage.document_id
            same = [rated for rated in other.rated if rated.found.passage.document_id == document]
            for rated in same:
                text = PassageMatch(own, rated.found)
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
        item: FoundPassage,
        found: Sequence[FoundPassage],
    ) -> RatedPassage:
        text = PassageMatch(needs, item)
        sentences = text.rate_sentences(part)
        standing = load_standings().of(item)
        stands = standing.weigh(read_signs(item, found))
        signals = text.read_signals(sentences, query, _margin(item, found), stands)
        if _cannot_answer(part, needs, text, signals, is_in_own_language(item)):
            return RatedPassage(item, signals, 0.0, sentences)
        confidence = self.judgement.confidence_by_standing(standing.log_odds_above(stands))
        if is_in_own_language(item):
            # Most signals can be read in the question's language only.
            confidence = max(confidence, self.judgement.confidence(signals))
        return RatedPassage(item, signals, confidence, sentences)

    def _rate_by_pieces(self, part: QuestionPart, sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
        """Return the sentences of a passage in the other language, best first, by how near the question they lie.

        Few words of the question stand there in a form that is known, so its needs tell the sentences apart badly.
        """
        pieces = self.library.pieces
        features = pieces.measure(part.text, [pieces.describe(sentence.text).stored for sentence in sentences])
        rated = [
            replace(sentence, score=found.piece_match + KIND_BONUS * sentence.has_kind)
            for sentence, found in zip(sentences, features, strict=True)
        ]
        return tuple(sorted(rated, key=lambda sentence: -sentence.score))


def _margin(item: FoundPassage, found: Sequence[FoundPassage]) -> float:
    """Return how far a passage stands above those of other documents, -1 to 1."""
    others = (other.score for other in found if other.passage.document_id != item.passage.document_id)
    rival = max(others, default=0.0)
    return (item.score - rival) / max(item.score, rival, 1e-9)
