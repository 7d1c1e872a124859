"""Where things meet: cancelling while it is sent, digests of what was recalled, quotas, times that passed."""

from datetime import time, timedelta

import pytest
from announcement_world import World, at
from announcements import APPROVER, AUTHOR

from connectors.channel import Outcome
from scheduler.steps import StepRefused
from scheduler.upkeep import delete_old_questions
from storage.citizens import change_citizen
from storage.deliveries import count_of_citizen

KITE = ("【公告】旗津風箏節",)


@pytest.fixture
async def world(database):
    return World(database, at(2027, 1, 4, 10))


async def test_what_was_being_sent_when_it_was_cancelled_is_not_left_open(world):
    await world.add("a")
    number = await world.schedule()
    world.line.outcomes = [(Outcome.UNKNOWN, "no answer")]

    async def cancel():
        await world.desk.cancel(number, AUTHOR)

    world.line.during = cancel
    await world.work()
    await world.wait(minutes=5)
    assert await world.ledger(number) == {("line", "uncertain"): 1}


async def test_who_was_being_told_when_it_was_recalled_is_told_that_too(world):
    await world.add("a")
    number = await world.schedule()

    async def recall():
        await world.desk.recall(number, APPROVER, {"zh-TW": "取消"})
        await world.publisher.publish_due()

    world.line.during = recall
    await world.work()
    await world.wait(minutes=1)
    assert world.line.got == [("a", KITE), ("a", ("【更正】旗津風箏節",))]


async def test_a_digest_that_waits_is_made_anew_without_what_was_recalled(world):
    await world.add("a", frequency="daily", quiet_from=time(22), quiet_until=time(9))
    first = await world.schedule()
    second = await world.schedule(title={"zh-TW": "第二則"}, text={"zh-TW": "內文"})
    await world.work()
    await world.work(at(2027, 1, 5, 8))
    await world.desk.recall(first, APPROVER, {})
    await world.work(at(2027, 1, 5, 8, 10))
    await world.work(at(2027, 1, 5, 9, 1))
    assert world.line.got == [("a", ("【公告】第二則",))]
    assert await world.ledger(second) == {("line", "sent"): 1}
    assert await world.ledger(first) == {("line", "skipped"): 1}


async def test_what_is_over_is_not_sent_any_more_and_what_is_late_keeps_quiet_hours(world):
    await world.add("a", quiet_from=time(22), quiet_until=time(7))
    over = await world.schedule(valid_until="2027-01-04", when={"at": "2027-01-04T23:00"})
    await world.work(at(2027, 1, 4, 23))
    await world.work(at(2027, 1, 5, 7, 1))
    assert await world.ledger(over) == {("line", "skipped"): 1}
    world.line.quota = 0
    late = await world.schedule()
    await world.work(at(2027, 1, 5, 12))
    world.line.quota = 10
    await world.work(at(2027, 1, 5, 23))
    assert world.line.got == []
    await world.work(at(2027, 1, 6, 7))
    assert world.line.got == [("a", KITE)]
    assert await world.ledger(late) == {("line", "sent"): 1}


async def test_of_a_quota_that_is_nearly_used_up_everything_is_used(world):
    for chat in "abcde":
        await world.add(chat)
    world.line.quota = 3
    number = await world.schedule()
    await world.work()
    await world.wait(minutes=2)
    assert await world.ledger(number) == {("line", "sent"): 3, ("line", "pending"): 2}
    assert await world.desk.find_used_up()
    world.line.quota = 100
    await world.wait(minutes=2)
    assert await world.ledger(number) == {("line", "sent"): 5}


async def test_what_failed_of_a_digest_is_told_with_its_cause_and_can_be_sent_again(world):
    await world.add("a", frequency="daily")
    number = await world.schedule()
    await world.work()
    world.line.outcomes = [(Outcome.REFUSED, "400 on purpose")]
    await world.work(at(2027, 1, 5, 8))
    (report,) = (await world.desk.report(number)).runs
    assert report.reasons == {("line", "failed", "400 on purpose"): 1}
    assert await world.desk.retry_failed(report.run.number, AUTHOR) == 1
    await world.wait(minutes=1)
    assert world.line.got == [("a", KITE)]
    assert await world.ledger(number) == {("line", "sent"): 1}


async def test_who_linked_a_chat_that_an_announcement_is_not_for_gets_it_in_this_one(world):
    await world.add("a")
    other = await world.add("b", "telegram", topics=())
    async with world.database.begin() as connection:
        await change_citizen(connection, "line-a", linked_to=other.id)
    await world.schedule()
    await world.work()
    assert world.line.got == [("a", KITE)]


async def test_a_missed_time_that_staff_skip_ends_the_announcement_and_one_they_send_goes_out(world):
    await world.add("a")
    skipped = await world.schedule(when={"at": "2027-01-04T11:00", "missed": "ask"})
    sent = await world.schedule(when={"at": "2027-01-04T11:00", "missed": "ask"})
    await world.work(at(2027, 1, 4, 15))
    assert await world.state(skipped) == "scheduled"
    for number, send in ((skipped, False), (sent, True)):
        run = (await world.desk.report(number)).runs[0].run.number
        await world.desk.decide_missed(run, AUTHOR, send=send)
    await world.work()
    assert (await world.state(skipped), await world.state(sent)) == ("cancelled", "published")
    assert world.line.got == [("a", KITE)]


async def test_of_a_repeat_the_first_being_out_does_not_lose_the_second_that_was_missed(world):
    await world.add("a")
    number = await world.schedule(when={"at": "2027-01-04T11:00", "repeat": "FREQ=DAILY;COUNT=2", "missed": "ask"})
    await world.work(at(2027, 1, 4, 11))
    await world.work(at(2027, 1, 5, 15))
    missed = (await world.desk.report(number)).runs[-1].run.number
    await world.desk.decide_missed(missed, AUTHOR, send=True)
    await world.work()
    assert len(world.line.got) == 2
    assert await world.state(number) == "published"


async def test_a_time_that_passed_unsent_is_not_called_published(world):
    number = await world.schedule(when={"at": "2027-01-04T11:00", "missed": "skip"})
    await world.work(at(2027, 1, 4, 15))
    assert await world.state(number) == "cancelled"


async def test_reminders_to_come_can_be_paused_and_cancelled_after_it_is_out(world):
    await world.add("a")
    event = {"event_starts": "2027-01-10T10:00", "when": {"remind_before": ["1d", "2h"]}}
    number = await world.schedule(**event)
    await world.work()
    assert await world.state(number) == "published"
    await world.desk.pause(number, AUTHOR)
    await world.work(at(2027, 1, 9, 10))
    assert len(world.line.got) == 1
    await world.desk.resume(number, AUTHOR)
    await world.work(at(2027, 1, 9, 10, 5))
    assert world.line.got[1:] == [("a", ("【提醒】旗津風箏節",))]
    await world.desk.cancel(number, AUTHOR)
    await world.work(at(2027, 1, 10, 8))
    assert len(world.line.got) == 2
    with pytest.raises(StepRefused):
        await world.desk.cancel(number, AUTHOR)


async def test_a_clock_that_was_far_ahead_and_comes_back_stops_no_digest(world):
    await world.add("a", frequency="daily")
    await world.work(at(2027, 6, 1, 9))
    world.now = at(2027, 1, 4, 10)
    await world.schedule()
    await world.work(at(2027, 1, 4, 10))
    await world.work(at(2027, 1, 5, 8))
    assert world.line.got == [("a", KITE)]


async def test_the_ledger_names_nobody_longer_than_is_promised_and_still_counts(world):
    await world.add("a")
    number = await world.schedule()
    await world.work()
    for days, known in ((29, 1), (31, 0)):
        await delete_old_questions(world.database, now=world.now + timedelta(days=days), retention_days=30)
        async with world.database.begin() as connection:
            assert await count_of_citizen(connection, "line-a") == known
    assert await world.ledger(number) == {("line", "sent"): 1}
