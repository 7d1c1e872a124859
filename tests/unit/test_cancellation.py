"""What is told to end ends, whatever errors come up on the way out."""

import asyncio

import pytest

from scheduler.cancellation import end_task, pass_on_cancellation


async def go_on_after_errors(started, *, passing_on):
    """Work like a driver that raises an error of its own when it is cancelled, in a loop that goes on after errors."""
    while True:
        try:
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise ConnectionError("cut off in the middle") from None
        except OSError as error:
            if passing_on:
                pass_on_cancellation(error)


async def test_an_error_on_the_way_out_does_not_keep_a_loop_going():
    started = asyncio.Event()
    task = asyncio.create_task(go_on_after_errors(started, passing_on=True))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


async def test_an_error_that_is_no_end_is_left_to_the_loop():
    pass_on_cancellation(ConnectionError("the database is away"))


async def test_a_task_that_swallows_its_end_is_told_again_and_is_not_waited_for_without_end():
    swallowed = 0

    async def stubborn(times):
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > times:
                    raise

    task = asyncio.create_task(stubborn(2))
    await asyncio.sleep(0)
    assert await end_task(task, tries=5, seconds=0.05)
    swallowed = 0
    other = asyncio.create_task(stubborn(3))
    await asyncio.sleep(0)
    assert not await end_task(other, tries=2, seconds=0.01)
    assert await end_task(other, tries=5, seconds=0.05)
