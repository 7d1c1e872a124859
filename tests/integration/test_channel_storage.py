"""The tables of the channels, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from storage import citizens, inbox, outbox, subscriptions, tickets, watches
from storage.citizens import Citizen
from storage.inbox import InboxState, NewEvent
from storage.outbox import OutboxState, Parcel
from storage.tickets import Author, Line, TicketState
from storage.watches import Watch

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
CITIZEN = Citizen("c1", "line", "U1", AT)


def event(number, *, chat="U1", minutes=0):
    return NewEvent("line", f"e{number}", chat, f"m{number}", {"text": "渡輪"}, AT + timedelta(minutes=minutes))


async def test_a_repeated_event_is_stored_once(database):
    async with database.begin() as connection:
        assert await inbox.save_events(connection, [event(1), event(2)], AT) == 2
        assert await inbox.save_events(connection, [event(1), event(3)], AT) == 1
        assert await inbox.count_events(connection) == {"received": 3}


async def test_events_of_a_chat_are_taken_in_the_order_they_happened(database):
    async with database.begin() as connection:
        await inbox.save_events(connection, [event(1, minutes=5), event(2, minutes=1), event(3, chat="U2")], AT)
        first = await inbox.claim_next(connection, "line", "U1")
        await inbox.finish_event(connection, first.id)
        second = await inbox.claim_next(connection, "line", "U1")
        await inbox.finish_event(connection, second.id)
        assert [first.event_id, second.event_id] == ["e2", "e1"]
        assert await inbox.claim_next(connection, "line", "U1") is None
        assert await inbox.find_waiting_chats(connection) == [("line", "U2")]


async def test_an_event_cut_off_while_it_was_handled_counts_an_attempt_and_is_set_aside_at_the_third(database):
    async with database.begin() as connection:
        await inbox.save_events(connection, [event(1)], AT)
        attempts = [(await inbox.claim_next(connection, "line", "U1")).attempts for _ in range(3)]
        assert attempts == [0, 1, 2]
        last = await inbox.claim_next(connection, "line", "U1")
        assert await inbox.fail_event(connection, last, "cut off") is InboxState.SET_ASIDE
        (shown,) = await inbox.find_set_aside(connection)
        assert shown.reason == "cut off"
        assert await inbox.retry_set_aside(connection, shown.id)
        assert (await inbox.claim_next(connection, "line", "U1")).attempts == 0


async def test_a_parcel_goes_through_its_states_and_leaves_no_words_behind(database):
    parcel = Parcel("p1", "line", "U1", "answer", [{"text": "您好"}], AT, reply_token="r", reply_until=AT)
    async with database.begin() as connection:
        await outbox.save_parcel(connection, parcel)
        assert await outbox.find_oldest(connection, "line", "U1", AT) == parcel
        await outbox.mark_sending(connection, parcel)
        assert (await outbox.find_parcel(connection, "p1")).state == OutboxState.SENDING
        await outbox.close_parcel(connection, "p1", OutboxState.UNCERTAIN, "no answer")
        (shown,) = await outbox.find_troubled(connection)
        assert (shown.messages, shown.reason) == ([], "no answer")
        assert await outbox.find_open_chats(connection, AT) == []
        assert await outbox.delete_closed_before(connection, AT + timedelta(days=1)) == 1


async def test_a_citizen_who_goes_takes_everything_along(database):
    async with database.begin() as connection:
        await citizens.save_citizen(connection, CITIZEN)
        await citizens.save_citizen(connection, Citizen("c2", "line", "U1", AT))
        await citizens.change_citizen(connection, "c1", quiet_from=time(22), quiet_until=time(7))
        found = await citizens.find_citizen(connection, "line", "U1")
        assert (found.id, found.quiet_from, found.reachable) == ("c1", time(22), True)
        await subscriptions.subscribe(connection, "c1", ["transport", "health"], AT)
        await subscriptions.subscribe(connection, "c1", ["transport"], AT)
        await subscriptions.unsubscribe(connection, "c1", ["health"])
        assert await subscriptions.find_topics(connection, "c1") == {"transport"}
        for watch_id in ("w1", "w2"):
            await watches.save_watch(connection, Watch(watch_id, "c1", "q1", "何時通車？", "zh-TW", "m1", AT))
        assert len(await watches.find_watches(connection, "c1")) == 1
        lines = [Line("k1", Author.CITIZEN, "請問", AT, message_id="m1")]
        ticket = await tickets.open_ticket(connection, "t1", "c1", "zh-TW", lines, AT)
        assert await tickets.open_ticket(connection, "t1", "c1", "zh-TW", lines, AT) == ticket
        await tickets.set_state(connection, ticket.number, TicketState.ANSWERED)
        assert len(await tickets.find_lines(connection, ticket.number)) == 1
        await citizens.delete_citizen(connection, "c1")
        assert await tickets.find_ticket(connection, ticket.number) is None
        assert await watches.find_watches(connection, "c1") == []
        assert await subscriptions.find_topics(connection, "c1") == set()


async def test_one_process_at_a_time_holds_the_inbox(database):
    async with database.try_holding("inbox") as first:
        assert first
        async with database.try_holding("inbox") as second:
            assert not second
    async with database.try_holding("inbox") as again:
        assert again


async def test_a_statement_that_fails_undoes_its_whole_transaction(database):
    async def store_twice():
        async with database.begin() as connection:
            await citizens.save_citizen(connection, CITIZEN)
            await outbox.save_parcel(connection, Parcel("p", "line", "U", "answer", [], AT))
            await outbox.save_parcel(connection, Parcel("p", "line", "U", "answer", [], AT))

    with pytest.raises(SQLAlchemyError):
        await store_twice()
    async with database.begin() as connection:
        assert await citizens.find_citizen(connection, "line", "U1") is None
