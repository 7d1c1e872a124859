"""Step 7: the answer is made of the sentences that answer, quoted, each with its citation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answer import Answer, AnswerContext, AnswerPart, Note, Statement, Status
from bot.citing import Citations
from knowledge_base.chunking import Passage
from knowledge_base.documents import CLOSED, OFFICIAL, PLANNED, has_expired
from knowledge_base.evidence import DISAGREEMENT_HEADINGS, RatedPassage, Verdict
from knowledge_base.passage_match import Sentence
from knowledge_base.question import Kind
from knowledge_base.suspicion import is_suspicious

# Sentences of the best passage within this of the best score belong to the answer.
SAME_PASSAGE_MARGIN = 0.3
OTHER_DOCUMENT_MARGIN = 0.03
MAX_SENTENCES = 4
MAX_SENTENCES_OF_KIND = {Kind.LIST: 5, Kind.MAY: 6, Kind.HOW: 6, Kind.WHAT: 5}
MAX_OTHER_DOCUMENTS = 1
MIN_DISAGREEMENT_COVERAGE = 0.6
MAX_DISPUTED = 2
# Sources differ in values; what a thing is or who may apply they tell alike.
KINDS_OF_VALUES = (Kind.RATE, Kind.MONEY, Kind.WHEN, Kind.NUMBER, Kind.DURATION, Kind.CLOCK)


def compose_answer(context: AnswerContext) -> AnswerContext:
    """Choose and order the sentences, number the citations, and say what is expired, planned or disputed."""
    citations = Citations()
    parts = _drop_repeated([_compose_part(context, verdict, citations) for verdict in context.verdicts])
    complete = all(part.statements for part in parts)
    made = citations.make()
    draft = Answer(
        status=Status.ANSWERED if complete else Status.ANSWERED_PARTLY,
        language=context.language,
        parts=parts,
        citations=made,
        as_of=max((citation.as_of for citation in made), default=""),
    )
    return replace(context, draft=draft, passages_by_citation=citations.lines())


def _drop_repeated(parts: Sequence[AnswerPart]) -> tuple[AnswerPart, ...]:
    """Say nothing twice: a part that was answered with what stands above already is left out."""
    said: set[str] = set()
    kept = []
    for part in parts:
        new = tuple(statement for statement in part.statements if statement.text not in said)
        if new or not part.statements:
            kept.append(replace(part, statements=new))
        said |= {statement.text for statement in new}
    return tuple(kept)


def _compose_part(context: AnswerContext, verdict: Verdict, citations: Citations) -> AnswerPart:
    if not verdict.answers:
        return AnswerPart(verdict.part.text, ())
    chosen, differs = _choose(verdict)
    statements = tuple(Statement(sentence.text, citations.cite(sentence)) for sentence in chosen)
    return AnswerPart(verdict.part.text, statements, make_notes(context, chosen), differs)


def _choose(verdict: Verdict) -> tuple[list[Sentence], bool]:
    best = verdict.rated[0]
    limit = MAX_SENTENCES_OF_KIND.get(verdict.part.kind, MAX_SENTENCES)
    groups = [_of_passage(best, limit), *_other_documents(verdict)]
    groups.sort(key=lambda group: _precedence(group[0].found.passage), reverse=True)
    disputed = _disputed(verdict)
    chosen = [sentence for group in groups for sentence in group]
    chosen.extend(sentence for sentence in disputed if sentence not in chosen)
    return chosen, bool(disputed)


def _of_passage(rated: RatedPassage, limit: int) -> list[Sentence]:
    """Return the sentences near the best one in score that show what was asked, in the order of the text.

    What sounds like an order to the assistant is not said beside others.
    """
    best, *others = rated.sentences
    near = [best, *(item for item in others if item.score >= best.score - SAME_PASSAGE_MARGIN)]
    near = [best, *(item for item in near[1:] if not is_suspicious(item.text))]
    showing = [sentence for sentence in near if sentence.has_kind] or near
    return sorted(showing[:limit], key=lambda sentence: sentence.position)


def _other_documents(verdict: Verdict) -> list[list[Sentence]]:
    best = verdict.rated[0]
    others: dict[str, list[Sentence]] = {}
    for rated in verdict.rated[1:]:
        document = rated.found.passage.document_id
        near = rated.confidence >= best.confidence - OTHER_DOCUMENT_MARGIN
        if near and document != best.found.passage.document_id and rated.sentences[0].has_kind:
            others.setdefault(document, _of_passage(rated, 1))
    return list(others.values())[:MAX_OTHER_DOCUMENTS]


def _disputed(verdict: Verdict) -> list[Sentence]:
    """The sentences of the same document that tell where its sources differ on what was asked."""
    if verdict.part.kind not in KINDS_OF_VALUES:
        return []
    document = verdict.rated[0].found.passage.document_id
    told = [
        sentence
        for rated in verdict.rated
        if rated.found.passage.document_id == document and rated.found.passage.heading in DISAGREEMENT_HEADINGS
        for sentence in rated.sentences
        if sentence.has_kind and sentence.speaks_of_more and sentence.coverage >= MIN_DISAGREEMENT_COVERAGE
    ]
    return told[:MAX_DISPUTED]


def _precedence(passage: Passage) -> tuple[bool, bool, str]:
    """Newest official first; what is over comes last."""
    return (passage.status != CLOSED, passage.trust == OFFICIAL, passage.published_at)


def make_notes(context: AnswerContext, chosen: Sequence[Sentence]) -> tuple[Note, ...]:
    """Return what is to be said of the documents that sentences stand in: over, planned, in the other language."""
    notes: dict[str, tuple[tuple[str, str], ...]] = {}
    for passage in (sentence.found.passage for sentence in chosen):
        if has_expired(passage.valid_until, passage.status, context.today):
            if passage.valid_until:
                notes["expired"] = (("valid_until", passage.valid_until),)
            else:
                notes["closed"] = ()
        elif passage.status == PLANNED:
            notes["planned"] = ()
        if passage.language != context.language:
            notes["other_language"] = ()
    return tuple(notes.items())
