"""Reads files into documents: Markdown, HTML, PDF, DOCX, plain text, CSV. A bad file is refused with its reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from knowledge_base.documents import InvalidDocument, document_from_front_matter
from knowledge_base.yaml_files import load_yaml
from storage.documents import Document

MAX_FILE_BYTES = 20_000_000
# What a packed file (DOCX) may hold: a small file can unpack to fill the memory.
MAX_UNPACKED_BYTES = 60_000_000
MAX_TEXT_CHARACTERS = 2_000_000
MAX_CSV_ROWS = 50_000


class Unreadable(StrEnum):
    """Why a file is refused."""

    MISSING = "missing"
    EMPTY = "empty"
    OVERSIZED = "oversized"
    BINARY = "binary"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    NO_TEXT = "no_text"
    UNKNOWN_FORMAT = "unknown_format"
    BAD_FIELD = "bad_field"


class UnreadableFile(Exception):
    """A file that cannot come in: its name, the reason, and a detail (a size, a field) for the message."""

    def __init__(self, name: str, reason: Unreadable, detail: str = "") -> None:
        super().__init__(f"{name}: {reason}{f' ({detail})' if detail else ''}")
        self.name = name
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Extract:
    """The text of a file and what the file says of itself."""

    text: str
    front: Mapping[str, object] = field(default_factory=dict)


def read_file(path: Path, *, given: Mapping[str, object] | None = None) -> list[Document]:
    """Return the documents of a file: one, or one a row of a CSV that has a text column.

    `given` are fields that the caller states (title, url …); they win over the file's own. Raises UnreadableFile.
    """
    data = _read_bytes(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFile(path.name, Unreadable.UNKNOWN_FORMAT, path.suffix or "-")
    extracts = reader(path.name, data)
    if not extracts:
        raise UnreadableFile(path.name, Unreadable.NO_TEXT)
    documents = []
    for number, extract in enumerate(extracts, start=1):
        fallback_id = path.stem if len(extracts) == 1 else f"{path.stem}-{number}"
        if not extract.text.strip():
            raise UnreadableFile(path.name, Unreadable.NO_TEXT)
        front = {**extract.front, **(given or {})}
        try:
            documents.append(
                document_from_front_matter(extract.text[:MAX_TEXT_CHARACTERS], front, fallback_id=fallback_id)
            )
        except InvalidDocument as error:
            raise UnreadableFile(path.name, Unreadable.BAD_FIELD, f"{error.field}: {error.value[:80]}") from error
    return documents


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnreadableFile(path.name, Unreadable.MISSING)
        if size > MAX_FILE_BYTES:
            raise UnreadableFile(
                path.name, Unreadable.OVERSIZED, f"{size / 1e6:.0f} MB > {MAX_FILE_BYTES / 1e6:.0f} MB"
            )
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(path.name, Unreadable.MISSING, error.strerror or "") from error
    if not data.strip():
        raise UnreadableFile(path.name, Unreadable.EMPTY)
    return data


_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def decode(name: str, data: bytes) -> str:
    """Return text from bytes: UTF-8 or UTF-16 by its mark, else UTF-8, else Big5 as older offices still save it."""
    encoding = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    for candidate in (encoding,) if encoding else ("utf-8", "cp950"):
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if len(_CONTROL.findall(text)) * 100 <= len(text):
            return _CONTROL.sub("", text)
    raise UnreadableFile(name, Unreadable.BINARY)


_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_SIMPLE_FIELD = re.compile(r"^([A-Za-z_][\w-]*):[ \t]*(.*)$", re.MULTILINE)


def split_front_matter(text: str) -> Extract:
    """Return front matter (YAML between two lines of ---) and the text after it."""
    match = _FRONT_MATTER.match(text)
    if not match:
        return Extract(text)
    try:
        front = load_yaml(match[1])
    except (yaml.YAMLError, ValueError):
        # Hand-written front matter often breaks YAML's rules (a title with a colon, a 30 February): take its lines as
        # they stand.
        front = {key: value.strip().strip("\"'") for key, value in _SIMPLE_FIELD.findall(match[1])}
    return Extract(text[match.end() :], front if isinstance(front, dict) else {})


_HTML_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SIGNATURE = re.compile(r"^(Date|Source|日期|來源|資料來源|發布日期)\s*[:：]\s*(.{2,80})$", re.MULTILINE)
_SIGNATURE_FIELDS = {"Date": "date", "日期": "date", "發布日期": "date"}
_HTML_PAGE = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_PAGE_FURNITURE = re.compile(
    r"^[•\s]*(?:Skip to (?:main )?content.*|跳到主要內容.*|Related Picture\(s\)|相關圖片|css-[\w-]+"
    r"|\d*\.?\s*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|:::|Back|回上一頁|Share|分享)\s*$",
    re.IGNORECASE | re.MULTILINE,
)


def _read_text(name: str, data: bytes) -> list[Extract]:
    text = decode(name, data)
    if _HTML_PAGE.search(text[:2000]):
        return _read_html(name, data)
    extract = split_front_matter(text)
    body = _PAGE_FURNITURE.sub("", _HTML_BREAK.sub("\n", extract.text))
    signature: dict[str, object] = {}
    for label, value in _SIGNATURE.findall(body[-400:]):
        signature.setdefault(_SIGNATURE_FIELDS.get(label, "source"), value.strip())
    return [Extract(body, {**signature, **extract.front})]


def _read_html(name: str, data: bytes) -> list[Extract]:
    import trafilatura

    text = decode(name, data)
    try:
        content = trafilatura.extract(text, output_format="markdown", include_tables=True, favor_recall=True)
        about = trafilatura.extract_metadata(text)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile(name, Unreadable.BROKEN) from error
    if not content:
        raise UnreadableFile(name, Unreadable.NO_TEXT)
    front = {"title": about.title, "date": about.date, "url": about.url, "publisher": about.sitename}
    return [Extract(content, {key: value for key, value in front.items() if value})]


def _read_pdf(name: str, data: bytes) -> list[Extract]:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    if not data.startswith(b"%PDF") and b"%PDF" not in data[:1024]:
        raise UnreadableFile(name, Unreadable.BROKEN)
    try:
        pdf = PdfReader(io.BytesIO(data))
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise UnreadableFile(name, Unreadable.ENCRYPTED)
        text = "\n\n".join(page.extract_text() for page in pdf.pages)
        title = pdf.metadata.title if pdf.metadata else None
    except (FileNotDecryptedError, DependencyError) as error:
        raise UnreadableFile(name, Unreadable.ENCRYPTED) from error
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile(name, Unreadable.BROKEN) from error
    return [Extract(_join_wrapped_lines(text), {"title": title} if title else {})]


_WRAPPED_CHINESE = re.compile(r"(?<=[㐀-鿿，、])\n(?=[㐀-鿿，。、；])")


def _join_wrapped_lines(text: str) -> str:
    """A PDF breaks lines where the paper ends, in Chinese in the middle of a word."""
    return _WRAPPED_CHINESE.sub("", text)


_OLE_CONTAINER = b"\xd0\xcf\x11\xe0"


def _read_docx(name: str, data: bytes) -> list[Extract]:
    from zipfile import BadZipFile, ZipFile

    from docx import Document as open_docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import XMLSyntaxError

    if data.startswith(_OLE_CONTAINER):
        # Word wraps a document with a password in the container of its old format.
        raise UnreadableFile(name, Unreadable.ENCRYPTED)
    try:
        unpacked = sum(entry.file_size for entry in ZipFile(io.BytesIO(data)).infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise UnreadableFile(name, Unreadable.OVERSIZED, f"{unpacked / 1e6:.0f} MB")
        docx = open_docx(io.BytesIO(data))
    except (BadZipFile, PackageNotFoundError, XMLSyntaxError, KeyError, ValueError, AttributeError) as error:
        raise UnreadableFile(name, Unreadable.BROKEN) from error
    lines = [_docx_line(paragraph) for paragraph in docx.paragraphs]
    for table in docx.tables:
        lines.extend("｜".join(cell.text.strip() for cell in row.cells) for row in table.rows)
    about = docx.core_properties
    return [Extract("\n".join(lines), {"title": about.title} if about.title else {})]


def _docx_line(paragraph: Any) -> str:
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    if style.startswith("Heading") and style[-1:].isdigit():
        return f"{'#' * int(style[-1])} {paragraph.text}"
    return f"- {paragraph.text}" if style.startswith("List") else str(paragraph.text)


_TEXT_COLUMNS = ("text", "content", "body", "內容", "內文", "說明")
_COLUMN_NAMES = {"標題": "title", "主旨": "title", "發布日期": "published_at", "日期": "published_at", "連結": "url",
                 "網址": "url", "發布單位": "publisher", "單位": "publisher"}  # fmt: skip


def _read_csv(name: str, data: bytes) -> list[Extract]:
    text = decode(name, data)
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = list(csv.DictReader(io.StringIO(text), dialect=dialect))
    except csv.Error as error:
        raise UnreadableFile(name, Unreadable.BROKEN) from error
    if not rows:
        raise UnreadableFile(name, Unreadable.NO_TEXT)
    if len(rows) > MAX_CSV_ROWS:
        raise UnreadableFile(name, Unreadable.OVERSIZED, f"{len(rows)} > {MAX_CSV_ROWS}")
    column = next((column for column in rows[0] if column and column.strip().lower() in _TEXT_COLUMNS), None)
    if column is None:
        return [Extract("\n".join(_row_line(row) for row in rows))]
    return [Extract(row.get(column) or "", _row_fields(row, column)) for row in rows if (row.get(column) or "").strip()]


def _row_line(row: Mapping[str | Any, Any]) -> str:
    return "- " + "；".join(f"{key}：{value}" for key, value in row.items() if key and value)


def _row_fields(row: Mapping[str | Any, Any], text_column: str) -> dict[str, object]:
    named = {str(key).strip(): value for key, value in row.items() if key and value and key != text_column}
    return {_COLUMN_NAMES.get(key, key.lower()): value for key, value in named.items()}


_READERS: Mapping[str, Callable[[str, bytes], list[Extract]]] = {
    ".md": _read_text,
    ".markdown": _read_text,
    ".txt": _read_text,
    ".html": _read_html,
    ".htm": _read_html,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".csv": _read_csv,
}
SUFFIXES = tuple(_READERS)
