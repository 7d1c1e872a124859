from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.chunking import MAX_PASSAGE_WEIGHT, chunk_document
from knowledge_base.sentences import split_sentences
from storage.documents import Document


def make_document(text: str, title: str = "標題") -> Document:
    return Document("d", "zh-TW", title, text, "", "", "", "other", "2026-01-02", "", "", "current", "2026-01-03")


def test_chinese_sentences_end_where_chinese_ends_them():
    assert split_sentences("第一句。第二句！「第三句。」第四句？") == [
        "第一句。",
        "第二句！",
        "「第三句。」",
        "第四句？",
    ]


def test_english_sentences_do_not_end_at_abbreviations_or_decimals():
    assert split_sentences("It costs NT$2.5 million. Call Dr. Lin at ext. 12. Done.") == [
        "It costs NT$2.5 million.",
        "Call Dr. Lin at ext. 12.",
        "Done.",
    ]


def test_a_list_item_is_a_sentence_of_its_own():
    assert split_sentences("項目：\n- 甲\n- 乙") == ["項目：", "- 甲", "- 乙"]


def test_passages_keep_heading_title_and_dates():
    passages = chunk_document(make_document("# 標題\n\n甲。\n\n## 說法不一\n\n乙。"))
    assert [(p.heading, p.text) for p in passages] == [("", "甲。"), ("說法不一", "乙。")]
    assert all(p.title == "標題" and p.published_at == "2026-01-02" for p in passages)


def test_a_long_list_cut_in_two_keeps_the_line_that_says_what_it_lists():
    items = "\n".join(f"- 第{n}項" + "長" * 60 for n in range(20))
    passages = chunk_document(make_document(f"可補助的項目：\n{items}"))
    assert len(passages) > 1
    assert all(p.text.startswith("可補助的項目：") for p in passages)


def test_links_emphasis_comments_and_tags_do_not_reach_the_citizen():
    (passage,) = chunk_document(make_document("**重點**見[網站](https://a.tw)<!-- 密語 --><br>。"))
    assert passage.text.replace(" ", "") == "重點見網站。"


@given(st.text(alphabet=st.sampled_from("甲乙丙。！，a b.\n#-1"), max_size=4000))
def test_no_character_of_a_sentence_is_lost_and_no_passage_is_overlong(text: str):
    passages = chunk_document(make_document(text))
    assert all(len(p.text) <= MAX_PASSAGE_WEIGHT + 400 for p in passages)
    kept = "".join(p.text for p in passages)
    assert kept.count("甲") >= sum(line.count("甲") for line in text.splitlines() if not line.strip().startswith("#"))
