from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storage import documents as store
from storage.documents import Document
from storage.questions import (
    AskedQuestion,
    Feedback,
    delete_questions_before,
    find_feedback,
    find_question,
    save_feedback,
    save_question,
)

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DOCUMENT = Document("a", "zh-TW", "題", "文", "events", "局", "https://a.tw", "official", "2026", "", "", "current", "")
QUESTION = AskedQuestion("q1", "c1", "web", "zh-TW", "渡輪多少錢😀", AT, "answered", "40元", [{"title": "題"}], 3.5)


async def test_a_document_is_kept_in_every_version(database):
    async with database.begin() as connection:
        assert await store.save_document(connection, DOCUMENT, origin="city", fingerprint="1", at=AT) == 1
        changed = replace(DOCUMENT, text="新文")
        assert await store.save_document(connection, changed, origin="city", fingerprint="2", at=AT) == 2
    async with database.begin() as connection:
        assert await store.find_fingerprints(connection, ["a@zh-TW", "b@en"]) == {"a@zh-TW": "2"}
        assert await store.count_versions(connection, "a@zh-TW") == 2
        assert await store.find_documents(connection, "a") == [changed]


async def test_a_version_saved_while_another_was_indexed_is_indexed_too(database):
    async with database.begin() as connection:
        await store.save_document(connection, DOCUMENT, origin="city", fingerprint="1", at=AT)
        tasks = await store.find_unindexed(connection, limit=10)
        await store.save_document(connection, replace(DOCUMENT, text="新"), origin="city", fingerprint="2", at=AT)
        await store.mark_indexed(connection, tasks)
        (task,) = await store.find_unindexed(connection, limit=10)
    assert task.document.text == "新"


async def test_a_removed_document_is_no_longer_found_and_its_passages_are_to_be_taken_out(database):
    async with database.begin() as connection:
        await store.save_document(connection, DOCUMENT, origin="city", fingerprint="1", at=AT)
        await store.mark_indexed(connection, await store.find_unindexed(connection, limit=10))
        assert await store.remove_documents(connection, ["a@zh-TW", "unknown"], AT) == 1
        (task,) = await store.find_unindexed(connection, limit=10)
        assert task.removed
        assert await store.count_documents(connection) == 0
        assert await store.find_keys_of_origin(connection, "city") == set()
        assert await store.find_documents(connection, "a") == []


async def test_a_question_comes_back_as_it_was_asked_with_its_moment_in_utc(database):
    async with database.begin() as connection:
        await save_question(connection, QUESTION)
    async with database.begin() as connection:
        assert await find_question(connection, "q1") == QUESTION
        assert await find_question(connection, "q2") is None


async def test_second_thoughts_replace_feedback_and_unknown_answers_take_none(database):
    async with database.begin() as connection:
        await save_question(connection, QUESTION)
        assert await save_feedback(connection, Feedback("q1", 1, "", ""), AT)
        assert await save_feedback(connection, Feedback("q1", -1, "outdated", "舊"), AT)
        assert not await save_feedback(connection, Feedback("q9", 1, "", ""), AT)
    async with database.begin() as connection:
        assert await find_feedback(connection, "q1") == Feedback("q1", -1, "outdated", "舊")


async def test_old_questions_go_with_their_feedback_and_newer_ones_stay(database):
    async with database.begin() as connection:
        await save_question(connection, QUESTION)
        await save_question(connection, replace(QUESTION, id="q2", asked_at=AT + timedelta(days=2)))
        await save_feedback(connection, Feedback("q1", 1, "", ""), AT)
        assert await delete_questions_before(connection, AT + timedelta(days=1)) == 1
        assert await find_question(connection, "q1") is None
        assert await find_feedback(connection, "q1") is None
        assert await find_question(connection, "q2") is not None
