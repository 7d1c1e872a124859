"""Cutting texts into pieces gives what the `tokenizers` library gives for the same file."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from knowledge_base.embedding import SHIPPED_MODEL
from knowledge_base.pieces import PieceCutter

TEXTS = [
    "高雄市政府勞工局辦理中高齡者就業促進說明會", "How do I apply for the childcare subsidy?", "臺北 與 台北，1,234.5 元",
    "①２３ＡＢＣ Ⅷ ﬁ Ünïcode naïve café ｶﾀｶﾅ 한국 a1b2 X光", "龘𠮷野家", "", "。。。", "e\u0301a",
]  # fmt: skip


@cache
def cutters() -> tuple[PieceCutter, Tokenizer]:
    path = SHIPPED_MODEL / "tokenizer.json"
    return PieceCutter(path), Tokenizer.from_file(str(path))


def is_cut_alike(text: str) -> bool:
    ours, theirs = cutters()
    known = [piece for piece in theirs.encode(text, add_special_tokens=False).ids if piece]
    return ours.cut(text) == known


def test_names_sentences_and_odd_characters_are_cut_as_the_library_cuts_them():
    assert [text for text in TEXTS if not is_cut_alike(text)] == []


@given(st.text(alphabet="高雄市政府補助申請捷運台臺灣的a bcdeing12,.５（）\n▁é", max_size=40))
def test_any_mixture_is_cut_as_the_library_cuts_it(text):
    assert is_cut_alike(text)
