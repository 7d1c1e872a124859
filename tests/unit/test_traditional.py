"""Simplified characters are found, also those that Taiwan's character set has as rare variants."""

from pathlib import Path

import pytest

from knowledge_base.traditional import has_simplified, write_traditional


@pytest.mark.parametrize(
    ("written", "traditional"),
    [("智慧城市展上，与沖繩合作", "智慧城市展上，與沖繩合作"), ("机车票价", "機車票價"), ("适用对象", "適用對象")],
)
def test_simplified_characters_are_written_as_taiwan_writes_them(written, traditional):
    assert write_traditional(written) == traditional


def test_what_the_city_writes_is_left_as_it_is():
    for path in Path("cities/kaohsiung/documents").rglob("*.zh-TW.md"):
        assert not has_simplified(path.read_text(encoding="utf-8")), path.name
