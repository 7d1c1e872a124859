"""A passage that stands apart from the others is surer to answer than one among its like."""

from dataclasses import replace

from knowledge_base.chunking import Passage
from knowledge_base.search import FoundPassage
from knowledge_base.standing import MEASURED, load_standings, read_signs

HIGH, LOW = dict.fromkeys(MEASURED, 0.8), dict.fromkeys(MEASURED, 0.2)


def find(document, reasons, language=1.0):
    passage = Passage(
        f"{document}@en#0", f"{document}@en", document, "en", "", "", "", "text", 0, "", "", "other", "", "", "", "", ""
    )
    return FoundPassage(passage, reasons["match"], {**reasons, "language": language})


def weigh(item, *others):
    return load_standings().of(item).weigh(read_signs(item, [item, *others]))


def test_a_passage_that_stands_apart_is_surer_than_one_among_its_like():
    best = find("a", HIGH)
    assert weigh(best, find("b", LOW), find("c", LOW)) > weigh(best, find("b", HIGH), find("c", HIGH))


def test_other_passages_of_the_same_document_are_no_rivals():
    best = find("a", HIGH)
    assert weigh(best, find("a", HIGH), find("b", LOW)) == weigh(best, find("b", LOW))


def test_a_passage_alone_leads_by_nothing():
    signs = read_signs(find("a", HIGH), [find("a", HIGH)])
    assert {value for name, value in signs.items() if name.endswith("_lead")} == {0.0}


def test_a_passage_in_the_other_language_has_weights_and_a_threshold_of_its_own():
    own, other = find("a", HIGH), find("a", HIGH, language=0.85)
    standings = load_standings()
    assert standings.of(own) is standings.same_language
    assert standings.of(other) is standings.other_language
    assert replace(standings.of(own), threshold=0.5).log_odds_above(0.5) == 0.0
