from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.documents import (
    InvalidDocument,
    document_from_front_matter,
    fingerprint,
    has_expired,
    last_day,
    parse_partial_date,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026", "2026"),
        ("2026-3", "2026-03"),
        ("2026/3/1", "2026-03-01"),
        ("民國115年3月1日", "2026-03-01"),
        ("113-04-01 09:42", "2024-04-01"),
        (date(2026, 3, 1), "2026-03-01"),
        (2021, "2021"),
        (None, ""),
    ],
)
def test_dates_are_read_as_precisely_as_they_are_written(written, read):
    assert parse_partial_date(written) == read


@pytest.mark.parametrize("written", ["soon", "2026-13-01", "2026-02-30"])
def test_an_impossible_date_is_refused(written):
    with pytest.raises(ValueError, match=r".+"):
        parse_partial_date(written)


def test_a_year_lasts_until_its_last_day():
    assert last_day("2024-02") == date(2024, 2, 29)
    assert last_day("2023") == date(2023, 12, 31)
    assert last_day("") is None


def test_an_item_is_over_the_day_after_its_last_or_when_marked_closed():
    assert not has_expired("2026-11-20", "current", date(2026, 11, 20))
    assert has_expired("2026-11-19", "current", date(2026, 11, 20))
    assert has_expired("", "closed", date(2026, 11, 20))


@pytest.mark.parametrize(
    "front",
    [{"trust": "sure"}, {"url": "javascript:alert(1)"}, {"valid_until": "someday"}, {"status": "maybe"}],
)
def test_front_matter_that_cannot_be_true_is_refused_by_field(front):
    with pytest.raises(InvalidDocument) as caught:
        document_from_front_matter("text", front, fallback_id="x")
    assert caught.value.field in front


def test_any_change_a_citizen_could_see_changes_the_fingerprint():
    one = document_from_front_matter("甲。", {"title": "t"}, fallback_id="x")
    other = document_from_front_matter("甲。", {"title": "t", "valid_until": "2026-01-01"}, fallback_id="x")
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(document_from_front_matter("甲。", {"title": "t"}, fallback_id="x"))


@given(st.dictionaries(st.sampled_from(["title", "id", "publisher", "topic", "source"]), st.text(max_size=80)))
def test_an_id_is_always_safe_as_a_name(front):
    document = document_from_front_matter("文", front, fallback_id="a/../b")
    assert "/" not in document.id
    assert document.id
