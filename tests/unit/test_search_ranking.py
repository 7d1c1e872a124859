from dataclasses import replace
from datetime import date
from pathlib import Path

from knowledge_base.chunking import chunk_document
from knowledge_base.glossary import make_glossary
from knowledge_base.library import open_library
from knowledge_base.search import find_passages
from storage.documents import Document

TODAY = date(2026, 11, 20)
BASE = Document(
    "a", "zh-TW", "青創補助", "青創補助最高8萬元。", "", "", "", "official", "2026-01-01", "", "", "current", ""
)


def search(folder: Path, documents, question, language="zh-TW", glossary=None):
    library = open_library(folder, glossary or make_glossary([], []))
    library.replace([], [p for document in documents for p in chunk_document(document)])
    return [item.passage.document_key for item in find_passages(library, question, language=language, today=TODAY)]


def test_a_valid_item_comes_before_an_expired_one(tmp_path):
    old = replace(BASE, id="old", text="青創補助最高9萬元。", valid_until="2023-12-31")
    assert search(tmp_path, [old, BASE], "青創補助最高多少")[0] == "a@zh-TW"


def test_an_official_item_comes_before_the_press(tmp_path):
    press = replace(BASE, id="press", text="青創補助最高9萬元。", trust="press")
    assert search(tmp_path, [press, BASE], "青創補助最高多少")[0] == "a@zh-TW"


def test_a_newer_item_comes_before_an_older_one(tmp_path):
    older = replace(BASE, id="older", text="青創補助最高9萬元。", published_at="2019-01-01")
    assert search(tmp_path, [older, BASE], "青創補助最高多少")[0] == "a@zh-TW"


def test_near_duplicates_are_shown_once(tmp_path):
    assert search(tmp_path, [BASE, replace(BASE, id="copy")], "青創補助") in (["a@zh-TW"], ["copy@zh-TW"])


def test_the_glossary_finds_a_document_in_the_other_language(tmp_path):
    glossary = make_glossary([["前鎮區", "Cianjhen", "Qianzhen"]], [["渡輪", "ferry"]])
    english = replace(BASE, id="en", language="en", title="Ferry", text="The ferry leaves Qianzhen at nine.")
    rival = replace(english, id="rival", text="The ferry leaves Cijin at nine.")
    documents = [BASE, rival, english]
    assert search(tmp_path, documents, "前鎮的渡輪", glossary=glossary)[0] == "en@en"


def test_of_a_document_in_two_languages_the_questions_own_is_given(tmp_path):
    english = replace(
        BASE, language="en", title="青創補助 youth subsidy", text="The youth subsidy (青創補助) is NT$80,000."
    )
    assert search(tmp_path, [BASE, english], "青創補助最高多少") == ["a@zh-TW"]
    assert search(tmp_path / "en", [BASE, english], "youth subsidy 青創補助", language="en") == ["a@en"]
