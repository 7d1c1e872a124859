"""Adds to a model's words the quotes that must not be missing: what was asked for, all of it where sources differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.answer import Answer, AnswerContext, AnswerPart
from bot.model_contract import Failure, ModelFailed
from knowledge_base.claims.claim import Claim, ClaimKind
from knowledge_base.claims.names import read_names
from knowledge_base.claims.numerals import rewrite_numerals
from knowledge_base.claims.reading import read_values
from knowledge_base.claims.stated import is_stated
from knowledge_base.claims.words import read_groups
from knowledge_base.evidence import RatedPassage, Verdict
from knowledge_base.glossary import Glossary
from knowledge_base.question import Kind, QuestionPart, shows_kind

# What answers a question for a value.
VALUES_ASKED: Mapping[Kind, frozenset[ClaimKind]] = {
    Kind.PHONE: frozenset({ClaimKind.PHONE}),
    Kind.WEBSITE: frozenset({ClaimKind.URL}),
    Kind.RATE: frozenset({ClaimKind.PERCENT, ClaimKind.FRACTION}),
    Kind.MONEY: frozenset({ClaimKind.MONEY, ClaimKind.PERCENT, ClaimKind.FRACTION}),
    Kind.AGE: frozenset({ClaimKind.AGE}),
    Kind.CLOCK: frozenset({ClaimKind.CLOCK}),
    Kind.DURATION: frozenset({ClaimKind.DURATION}),
    Kind.WHEN: frozenset({ClaimKind.DATE}),
}


# A statement that fits the question less well than the best one by no more than this must not be missing either.
AS_GOOD = 0.05
MAX_ADDED = 2


@dataclass(frozen=True)
class Kept:
    """A sentence that goes out, written or quoted, the passages that say it, and the line of them it is nearest to."""

    text: str
    passages: tuple[RatedPassage, ...]
    line: str
    is_quote: bool = False


def add_missing(
    context: AnswerContext, quoted: Answer, kept: Sequence[Kept], quote: Callable[[str], Kept | None]
) -> list[Kept]:
    """Return what goes out with the quotes that must not be missing; `quote` makes one of a line of a passage.

    Raises ModelFailed where one of those cannot be had.
    """
    verdicts = {verdict.part.text: verdict for verdict in context.verdicts}
    documents = {citation.number: citation.document_id for citation in quoted.citations}
    glossary = context.knowledge.library.glossary
    complete = list(kept)
    for part in quoted.parts:
        cited = {documents[number] for statement in part.statements for number in statement.citations}
        for text in _list_needed(part, verdicts.get(part.question), complete, cited, glossary):
            added = quote(text)
            if added is None:
                raise ModelFailed(Failure.UNFIT, "leaves out what cannot be quoted beside it")
            complete.append(added)
    return complete


def _list_needed(
    part: AnswerPart, verdict: Verdict | None, kept: Sequence[Kept], documents: Collection[str], glossary: Glossary
) -> list[str]:
    """Return the statements of a part that nothing of what is kept gives."""
    said = {item.text for item in kept} | {item.line for item in kept if item.is_quote}
    statements = [statement.text for statement in part.statements]
    if part.sources_differ:
        return [text for text in statements if text not in said | {item.line for item in kept}]
    if verdict is None or not statements:
        return []
    kind = verdict.part.kind
    own = [item for item in kept if any(rated.found.passage.document_id in documents for rated in item.passages)]
    best = [text for text in _list_best(verdict, statements) if text not in said and not _gives(own, text, kind)]
    named = [*_find_of_group(verdict.part, statements, kept), *_find_of_name(verdict.part, statements, kept, glossary)]
    return list(dict.fromkeys([*named, *best]))


def _find_of_group(part: QuestionPart, statements: Sequence[str], kept: Sequence[Kept]) -> list[str]:
    """Return the first statement on a group that the question names ("and children?") and nothing of what is kept."""
    told = frozenset(group for item in kept for group in read_groups(item.text))
    untold = read_groups(part.text) - told
    return [text for text in statements if read_groups(text) & untold][:1]


def _find_of_name(part: QuestionPart, statements: Sequence[str], kept: Sequence[Kept], glossary: Glossary) -> list[str]:
    """Return the first statement on a place or body that the question names and nothing of what is kept."""
    told = {claim.value for item in kept for claim in read_names(item.text, glossary)}
    untold = {claim.value for claim in read_names(part.text, glossary)} - told
    return [text for text in statements if untold & {claim.value for claim in read_names(text, glossary)}][:1]


def _list_best(verdict: Verdict, statements: Sequence[str]) -> list[str]:
    """Return the statements that give what was asked for, those that fit as well as the best one, but not many."""
    kind = verdict.part.kind
    ranked = [item for rated in verdict.rated for item in rated.sentences if item.text in statements]
    giving = [item for item in ranked if _read_asked(item.text, kind)]
    if not giving:
        return [ranked[0].text if ranked else statements[0]]
    return [item.text for item in giving if item.score >= giving[0].score - AS_GOOD][:MAX_ADDED]


def _read_asked(text: str, kind: Kind) -> list[Claim]:
    """Return the values of a text that are of the kind asked for."""
    return [claim for claim in read_values(text) if claim.kind in VALUES_ASKED.get(kind, ())]


def _gives(kept: Sequence[Kept], best: str, kind: Kind) -> bool:
    """Say whether sentences give what the best statement gives of the kind that was asked for."""
    asked = _read_asked(best, kind)
    told = [claim for item in kept for claim in read_values(item.text)]
    if asked:
        return all(any(is_stated(claim, other) or is_stated(other, claim) for other in told) for claim in asked)
    return any(shows_kind(rewrite_numerals(item.text), kind) for item in kept)
