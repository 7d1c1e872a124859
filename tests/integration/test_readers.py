import io
import zipfile
from pathlib import Path

import pytest
from docx import Document as new_docx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from knowledge_base.readers import MAX_FILE_BYTES, SUFFIXES, Unreadable, UnreadableFile, read_file


def make_pdf(text: str) -> bytes:
    """A one-page PDF with a line of text, written by hand (pypdf writes no text)."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (len(objects) + 1, table, trailer)


def make_broken_docx() -> bytes:
    """A Word file whose text is no XML."""
    whole, buffer = io.BytesIO(), io.BytesIO()
    new_docx().save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(buffer, "w") as broken:
        for entry in source.infolist():
            broken.writestr(entry, b"<w:document" if entry.filename == "word/document.xml" else source.read(entry))
    return buffer.getvalue()


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def reason(path: Path) -> Unreadable:
    with pytest.raises(UnreadableFile) as caught:
        read_file(path)
    assert caught.value.name == path.name
    return caught.value.reason


def test_markdown_says_in_its_front_matter_who_published_it_and_when(tmp_path):
    path = write(
        tmp_path, "a.md", "---\nid: x\ntitle: 題\npublished_at: 2026-03-01\npublisher: 局\n---\n# 題\n\n甲。\n"
    )
    (document,) = read_file(path)
    assert (document.id, document.title, document.published_at) == ("x", "題", "2026-03-01")
    assert document.publisher == "局"


def test_a_jekyll_page_keeps_its_title_and_the_date_and_source_written_at_its_end(tmp_path):
    text = "---\ntitle: Port: a new alliance\nlayout: page\n---\nThe city said so.\n<br/>\nDate: 2020-12-01\n<br/>\nSource: Times\n"
    (document,) = read_file(write(tmp_path, "b.txt", text))
    assert document.title == "Port: a new alliance"
    assert (document.published_at, document.publisher, document.language) == ("2020-12-01", "Times", "en")


def test_text_copied_from_a_page_loses_the_pages_furniture(tmp_path):
    text = "Skip to main content block\n\nCommittee\n\n  • css-text01\n\nIt was founded.\n 1. f6781586-3b82-4a1f-a72c-7e3b47e28f3a"
    (document,) = read_file(write(tmp_path, "c.txt", text))
    assert document.title == "Committee"
    assert "css-text01" not in document.text
    assert "f6781586" not in document.text


def test_html_pdf_docx_and_csv_come_in(tmp_path):
    html = "<html><head><title>Ferry</title></head><body><main><h1>Ferry</h1><p>" + "The ferry costs NT$40. " * 20
    (page,) = read_file(write(tmp_path, "a.html", html + "</p></main></body></html>"))
    assert "NT$40" in page.text
    (pdf,) = read_file(write(tmp_path, "a.pdf", make_pdf("The ferry costs NT$40.")))
    assert "NT$40" in pdf.text
    docx = new_docx()
    docx.add_heading("渡輪", level=1)
    docx.add_paragraph("票價40元。")
    buffer = io.BytesIO()
    docx.save(buffer)
    (word,) = read_file(write(tmp_path, "a.docx", buffer.getvalue()))
    assert "# 渡輪" in word.text
    assert "40元" in word.text
    rows = read_file(
        write(tmp_path, "a.csv", "標題,內容,發布日期\n甲,甲的內容。,2026-01-02\n乙,乙的內容。,113/05/06\n")
    )
    assert [(row.title, row.published_at) for row in rows] == [("甲", "2026-01-02"), ("乙", "2024-05-06")]


def test_a_table_without_a_text_column_is_one_document_of_its_rows(tmp_path):
    (table,) = read_file(write(tmp_path, "t.csv", "站,車數\n美麗島,12\n"))
    assert "站：美麗島；車數：12" in table.text


def test_an_old_offices_big5_text_is_read(tmp_path):
    (document,) = read_file(write(tmp_path, "a.txt", "高雄市公告。".encode("cp950")))
    assert document.text == "高雄市公告。"


def test_a_bad_file_is_refused_with_its_reason(tmp_path):
    assert reason(tmp_path / "missing.md") is Unreadable.MISSING
    assert reason(write(tmp_path, "empty.md", "")) is Unreadable.EMPTY
    assert reason(write(tmp_path, "binary.txt", bytes(range(256)) * 20)) is Unreadable.BINARY
    assert reason(write(tmp_path, "a.exe", "MZ")) is Unreadable.UNKNOWN_FORMAT
    assert reason(write(tmp_path, "broken.pdf", "%PDF-1.4 nothing")) is Unreadable.BROKEN
    assert reason(write(tmp_path, "broken.docx", "PK not a zip")) is Unreadable.BROKEN
    assert reason(write(tmp_path, "locked.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600)) is Unreadable.ENCRYPTED
    assert reason(write(tmp_path, "date.md", "---\npublished_at: soon\n---\n甲。")) is Unreadable.BAD_FIELD
    assert reason(write(tmp_path, "february.md", "---\npublished_at: 2026-02-30\n---\n甲。")) is Unreadable.BAD_FIELD
    assert reason(write(tmp_path, "headers.csv", "標題,內容\n甲,\n")) is Unreadable.NO_TEXT
    assert reason(write(tmp_path, "broken_xml.docx", make_broken_docx())) is Unreadable.BROKEN
    assert reason(write(tmp_path, "blank.html", "<html><body></body></html>")) is Unreadable.NO_TEXT
    with (tmp_path / "big.txt").open("wb") as big:
        big.truncate(MAX_FILE_BYTES + 1)
    assert reason(tmp_path / "big.txt") is Unreadable.OVERSIZED


def test_a_pdf_with_a_password_is_refused_as_such(tmp_path):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf("secret"))))
    writer.encrypt("password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    assert reason(write(tmp_path, "locked.pdf", buffer.getvalue())) is Unreadable.ENCRYPTED


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300), suffix=st.sampled_from(SUFFIXES))
def test_whatever_bytes_a_file_holds_it_is_read_or_refused_never_worse(tmp_path, content, suffix):
    path = write(tmp_path, f"any{suffix}", content)
    try:
        documents = read_file(path)
    except UnreadableFile:
        return
    assert all(document.text.strip() for document in documents)
