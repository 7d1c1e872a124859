"""Cuts a document into passages: by headings, then by whole sentences, never through one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge_base.instructions import drop_hidden, is_instruction
from knowledge_base.language import count_cjk
from knowledge_base.sentences import LIST_ITEM, split_sentences
from storage.documents import Document

# A Chinese character carries about as much as three Latin letters; a passage of this weight fills about a phone screen.
MAX_PASSAGE_WEIGHT = 1_500
CJK_WEIGHT = 3

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_MARKDOWN_LINK = re.compile(r"!?\[([^\]]*)\]\((?:[^)\s]+)(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")


@dataclass(frozen=True)
class Passage:
    """A piece of a document that is found and quoted, with all that a citation needs.

    `text` holds one sentence or list item a line. `position` counts the passages of the document from 0.
    """

    id: str
    document_key: str
    document_id: str
    language: str
    topic: str
    title: str
    heading: str
    text: str
    position: int
    publisher: str
    url: str
    trust: str
    published_at: str
    valid_from: str
    valid_until: str
    status: str
    as_of: str


def chunk_document(document: Document) -> list[Passage]:
    """Return the passages of a document, in order; without paragraphs that give orders to an assistant.

    A document whose title or publisher gives orders has none, a section whose heading does is left out.
    """
    if any(is_instruction(text, in_document=True) for text in (document.title, document.publisher)):
        return []
    pieces = [
        (heading, "\n".join(sentences))
        for heading, body in _split_sections(_plain(document.text), document.title)
        if not is_instruction(heading, in_document=True)
        for sentences in _pack(split_sentences(body))
    ]
    return [_passage(document, position, heading, text) for position, (heading, text) in enumerate(pieces)]


def _split_sections(text: str, title: str) -> Iterator[tuple[str, str]]:
    heading = ""
    lines: list[str] = []
    for line in text.splitlines():
        match = _HEADING.match(line.strip())
        if not match:
            lines.append(line)
            continue
        if any(line.strip() for line in lines):
            yield heading, "\n".join(lines)
        heading, lines = ("" if match[2] == title else match[2]), []
    if any(line.strip() for line in lines):
        yield heading, "\n".join(lines)


def _pack(sentences: list[str]) -> Iterator[list[str]]:
    packed: list[str] = []
    weight = 0
    for sentence in (piece for long in sentences for piece in _cut_overlong(long)):
        if packed and weight + _weigh(sentence) > MAX_PASSAGE_WEIGHT:
            introduction = _list_introduction(packed, sentence)
            yield packed
            packed = [introduction] if introduction else []
            weight = sum(map(_weigh, packed))
        packed.append(sentence)
        weight += _weigh(sentence)
    if packed:
        yield packed


def _list_introduction(packed: list[str], following: str) -> str:
    """A list cut in two keeps the line that says what it lists."""
    if not LIST_ITEM.match(following):
        return ""
    before = [sentence for sentence in packed if not LIST_ITEM.match(sentence)]
    return before[-1] if before and before[-1].endswith((":", "：")) else ""


def _cut_overlong(sentence: str) -> list[str]:
    """A "sentence" with no end (a table, a dump) is cut at spaces or commas, at worst in the middle."""
    if _weigh(sentence) <= MAX_PASSAGE_WEIGHT:
        return [sentence]
    size = MAX_PASSAGE_WEIGHT // (CJK_WEIGHT if count_cjk(sentence) * 2 > len(sentence) else 1)
    pieces = []
    while len(sentence) > size:
        window = sentence[:size]
        cut = max(window.rfind(mark) for mark in (" ", "，", "、", ","))
        cut = cut + 1 if cut > size // 2 else size
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:]
    return [piece for piece in (*pieces, sentence.strip()) if piece]


def _weigh(text: str) -> int:
    return len(text) + (CJK_WEIGHT - 1) * count_cjk(text)


def _plain(markdown: str) -> str:
    paragraphs = [_plain_paragraph(paragraph) for paragraph in _PARAGRAPH_END.split(_HTML_COMMENT.sub(" ", markdown))]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _plain_paragraph(markdown: str) -> str:
    """Return a paragraph without markup and without what nobody sees; nothing of one that gives orders.

    A heading stays, so that what stands below it is not taken for the section before: see chunk_document.
    """
    head, _, rest = markdown.strip().partition("\n")
    if _HEADING.match(head):
        return f"{drop_hidden(head)}\n{_plain_paragraph(rest) if rest.strip() else ''}"
    if any(is_instruction(part, in_document=True) for part in (markdown, *split_sentences(markdown))):
        return ""
    text = _HTML_TAG.sub(" ", drop_hidden(markdown))
    text = _MARKDOWN_LINK.sub(r"\1", text)
    return _EMPHASIS.sub(r"\2", text)


def _passage(document: Document, position: int, heading: str, text: str) -> Passage:
    return Passage(
        id=f"{document.key}#{position}",
        document_key=document.key,
        document_id=document.id,
        language=document.language,
        topic=document.topic,
        title=document.title,
        heading=heading,
        text=text,
        position=position,
        publisher=document.publisher,
        url=document.url,
        trust=document.trust,
        published_at=document.published_at,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        status=document.status,
        as_of=document.as_of,
    )
