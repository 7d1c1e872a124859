"""Every reason for which a sentence is held back has words in both languages."""

import pytest

from app.terminal import Terminal
from knowledge_base.claims.claim import ClaimKind
from knowledge_base.claims.words import load_claim_words

OF_THE_GUARD = {
    "uncited",
    "citation",
    "length",
    "markup",
    "instruction",
    "language",
    "unsourced",
    "range",
    "group",
    "opposite",
}


@pytest.mark.parametrize("language", ["zh-TW", "en"])
def test_staff_read_why_a_sentence_was_held_back_in_their_language(language):
    words = Terminal(language).section("problem")
    claims = load_claim_words()
    turning = {name for name, known in claims.classes.items() if known.turns}
    assert {*ClaimKind, *claims.held, *claims.held_near, *turning, *OF_THE_GUARD} <= set(words)
