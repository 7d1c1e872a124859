"""A thousand lies and a thousand honest sentences, told by a model: no lie of a checked kind goes out.

The honest sentences were written by hand, blind to the check; the lies are made of them by seeded chance. Here each is
held against the guard; `make bench-model` sends them through the whole assistant.
"""

import random
from collections import Counter
from datetime import date
from itertools import zip_longest
from pathlib import Path

import pytest
from simulators.hallucinations import MOVED_MEANING, Lie, make_lies
from simulators.lie_places import says_the_same, stands_elsewhere
from simulators.model_writers import LANGUAGES, read_blind, read_paraphrases

from app.city import find_city_folder, load_city, read_city_documents
from bot.output_guard import OutputGuard
from knowledge_base.chunking import chunk_document
from knowledge_base.claims.support import Checker
from knowledge_base.glossary import NAME, contains_form, fold, load_glossary
from knowledge_base.language import count_cjk
from knowledge_base.traditional import has_simplified

LIES = 1_000
CITY = find_city_folder("kaohsiung")


@pytest.fixture(scope="module")
def guards():
    """A guard over each document, by id and language."""
    names = frozenset(fold(name) for name in load_city(CITY).name_forms)
    checker = Checker(load_glossary(Path(CITY) / "glossary.yaml"), date(2026, 11, 20), names)
    return {
        (document.id, document.language): OutputGuard(checker, document.language, chunk_document(document))
        for document in read_city_documents(CITY)
    }


# What stands in no form in the document.
OF_A_VALUE = {"date", "time", "weekday", "clock", "amount", "percent", "percentage", "phone", "url", "email"}


def find_number(guard, line):
    return next(number for number, passage in enumerate(guard.passages, 1) if line in passage.text)


def make_checked_lies(guards):
    chance = random.Random(7)
    lies = []
    for language in LANGUAGES:
        for entry in read_paraphrases(language):
            guard = guards[entry["document"], language]
            text = "\n".join(f"{p.title}\n{p.heading}\n{p.publisher}\n{p.text}" for p in guard.passages)
            folded = fold(text)
            names = [
                form
                for known in guard.checker.glossary.entries
                # To say "the city government" of the city's own doing is no lie.
                if known.kind == NAME and not guard.checker.known_names & set(known.folded)
                for form in known.forms
                if bool(count_cjk(form)) == (language == "zh-TW")
                and (form in entry["text"] or not any(contains_form(folded, f) for f in known.folded))
            ]
            for lie in make_lies(entry["text"], language, names, chance):
                if lie.lie not in MOVED_MEANING and (
                    lie.lie in (Lie.SIMPLIFIED, Lie.PROMISE) or not stands_elsewhere(lie.planted, text)
                ):
                    lies.append((lie, guard, find_number(guard, entry["source"][0])))
    chance.shuffle(lies)
    by_kind = [[item for item in lies if item[0].lie is kind] for kind in Lie]
    return [item for items in zip_longest(*by_kind) for item in items if item][:LIES]


def test_of_a_thousand_lies_of_the_checked_kinds_none_goes_out(guards):
    lies = make_checked_lies(guards)
    assert len(lies) == LIES
    assert {lie.lie for lie, _, _ in lies} == set(Lie) - MOVED_MEANING
    through = []
    for lie, guard, number in lies:
        guarded = guard.guard(lie.text, [number])
        harmless = lie.lie is Lie.SIMPLIFIED and not has_simplified(guarded.text)
        if guarded.passes and not harmless:
            through.append((lie.lie, lie.text))
    assert through == [], "\n".join(map(str, through))


def test_of_a_thousand_honest_sentences_at_least_97_in_a_hundred_go_out_unchanged(guards):
    honest = [
        (entry, guards[entry["document"], language]) for language in LANGUAGES for entry in read_paraphrases(language)
    ]
    assert len(honest) == 1_000
    unchanged = 0
    for entry, guard in honest:
        guarded = guard.guard(entry["text"], [find_number(guard, entry["source"][0])])
        unchanged += guarded.passes and guarded.text == entry["text"]
    assert unchanged >= 970


def test_of_sentences_written_by_someone_who_had_not_seen_the_check_few_false_ones_go_out_and_most_honest_ones_do(
    guards,
):
    """The shares are kept from growing worse; docs/benchmarks.md has them as they were first measured, too."""
    out = Counter()
    for name in ("false", "honest"):
        for entry in read_blind(name):
            guard = guards[entry["document"], entry["language"]]
            numbers = sorted({find_number(guard, line) for line in entry["source"]})
            passes = guard.guard(entry["text"], numbers).passes
            out[name] += passes
            out["value"] += passes and entry.get("kind") in OF_A_VALUE
    assert out["value"] == 0
    assert out["false"] <= 0.02 * len(read_blind("false"))
    assert out["honest"] >= 0.86 * len(read_blind("honest"))


def test_most_sentences_that_put_the_documents_own_words_and_values_together_anew_do_not_go_out(guards):
    """Their words and values all stand in the document, so that they are told by likeness, not with certainty.

    The shares are kept from growing here; docs/benchmarks.md has the figures.
    """
    chance, told, through = random.Random(7), Counter(), Counter()
    for language in LANGUAGES:
        for entry in read_paraphrases(language):
            guard = guards[entry["document"], language]
            document = "\n".join(passage.text for passage in guard.passages)
            for lie in make_lies(entry["text"], language, [], chance, document):
                if lie.lie in MOVED_MEANING and not (
                    lie.lie is Lie.MOVED and says_the_same(lie.planted, entry["text"])
                ):
                    told[lie.lie] += 1
                    through[lie.lie] += guard.guard(lie.text, [find_number(guard, entry["source"][0])]).passes
    most = {Lie.TURNED: 0.04, Lie.BOUND: 0.08, Lie.OPPOSITE: 0.14, Lie.SWAPPED: 0.18, Lie.MOVED: 0.05}
    assert {lie: through[lie] / told[lie] for lie in most if through[lie] > most[lie] * told[lie]} == {}
    assert sum(told.values()) > 600
