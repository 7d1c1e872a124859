"""The breaker: what keeps failing rests, and is tried again by one call."""

from bot.breaker import Breaker


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def make_breaker(clock):
    return Breaker(failures=2, rest_seconds=10, now=clock)


def test_calls_go_through_until_as_many_failed_in_a_row():
    breaker = make_breaker(Clock())
    breaker.fail()
    breaker.succeed()
    breaker.fail()
    assert breaker.allows()
    breaker.fail()
    assert not breaker.allows()


def test_after_a_rest_one_call_is_the_trial_and_the_others_wait():
    clock = Clock()
    breaker = make_breaker(clock)
    breaker.fail()
    breaker.fail()
    clock.seconds = 11
    assert breaker.allows()
    assert not breaker.allows()
    breaker.succeed()
    assert breaker.allows()


def test_a_failed_trial_rests_twice_as_long():
    clock = Clock()
    breaker = make_breaker(clock)
    breaker.fail()
    breaker.fail()
    clock.seconds = 11
    assert breaker.allows()
    breaker.fail()
    clock.seconds = 22
    assert not breaker.allows()
    clock.seconds = 32
    assert breaker.allows()


def test_who_asks_for_rest_gets_it_at_once():
    clock = Clock()
    breaker = make_breaker(clock)
    breaker.fail(rest_seconds=60)
    clock.seconds = 59
    assert not breaker.allows()
    clock.seconds = 61
    assert breaker.allows()


def test_a_call_that_was_given_up_tells_nothing():
    clock = Clock()
    breaker = make_breaker(clock)
    breaker.fail()
    breaker.fail()
    clock.seconds = 11
    assert breaker.allows()
    breaker.leave()
    assert breaker.allows()
