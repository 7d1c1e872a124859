import regex
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.text_length import count_graphemes, count_utf16, shorten, shorten_utf16, split_text

FAMILY = "👨‍👩‍👧‍👦"
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=400) | st.text("渡輪。，\n 👍🏽é" + FAMILY, max_size=400)


def clusters(text):
    return regex.findall(r"\X", text)


def test_text_counts_as_line_and_telegram_count():
    assert count_utf16("渡輪40元") == 5
    assert count_utf16("👍") == 2
    assert count_graphemes(FAMILY) == 1
    assert count_graphemes("👍🏽é") == 2


def test_a_text_is_cut_between_paragraphs_then_sentences():
    assert split_text("第一段很長的話。\n\n第二段。", 12) == ["第一段很長的話。", "第二段。"]
    assert split_text("一二三四五。六七八九十。", 8) == ["一二三四五。", "六七八九十。"]


@given(ANY_TEXT, st.integers(40, 200))
@example(FAMILY * 30, 40)
def test_no_part_is_too_long_none_is_cut_within_a_character_and_nothing_is_lost(text, limit):
    parts = split_text(text, limit)
    assert all(0 < count_utf16(part) <= limit for part in parts)
    whole = clusters("".join(text.split()))
    assert "".join("".join(parts).split()) == "".join(text.split())
    if max((count_utf16(cluster) for cluster in whole), default=0) <= limit:
        pieces = [cluster for part in parts for cluster in clusters("".join(part.split()))]
        assert "".join(pieces) == "".join(whole)


@given(ANY_TEXT, st.integers(2, 40))
def test_a_label_is_never_longer_than_allowed(text, limit):
    assert count_graphemes(shorten(text, limit)) <= limit
    assert count_utf16(shorten_utf16(text, limit * 2)) <= limit * 2


def test_a_family_of_four_is_never_torn_apart():
    assert shorten(FAMILY * 5, 3) == FAMILY * 2 + "…"
    assert split_text(FAMILY * 4, 25) == [FAMILY * 2, FAMILY * 2]
