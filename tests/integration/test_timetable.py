import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

from conftest import NOW

from scheduler.refresh import refresh_documents
from scheduler.timetable import list_jobs, start_timetable
from scheduler.upkeep import delete_old_questions
from storage.questions import find_question

ZONE = ZoneInfo("Asia/Taipei")


async def nothing() -> None:
    pass


async def test_every_job_has_a_reason_and_night_work_runs_at_the_citys_night():
    jobs = list_jobs(publish=nothing, digest=nothing, notify=nothing, refresh=nothing, upkeep=nothing, zone=ZONE)
    assert all(job.reason for job in jobs)
    timetable = start_timetable(jobs, ZONE)
    upkeep = timetable.get_job("upkeep")
    assert (upkeep.next_run_time.hour, upkeep.next_run_time.utcoffset()) == (4, timedelta(hours=8))
    timetable.shutdown(wait=False)
    await asyncio.sleep(0)


async def test_a_document_written_while_the_server_runs_is_found_after_the_next_refresh(empty_house):
    folder = empty_house.city_folder / "documents"
    folder.mkdir()
    (folder / "a.md").write_text("# 新公告\n\n河堤公園新增三座涼亭。", encoding="utf-8")
    await refresh_documents(empty_house.load_city_documents, empty_house.library.lexical)
    reply = await empty_house.assistant.handle("河堤公園新增幾座涼亭？", channel="test")
    assert "三座涼亭" in reply.text


async def test_questions_are_kept_no_longer_than_promised(empty_house):
    reply = await empty_house.assistant.handle("你好", channel="test")
    assert await delete_old_questions(empty_house.database, now=NOW + timedelta(days=10), retention_days=30) == 0
    assert await delete_old_questions(empty_house.database, now=NOW + timedelta(days=31), retention_days=30) == 1
    async with empty_house.database.begin() as connection:
        assert await find_question(connection, reply.question_id) is None
