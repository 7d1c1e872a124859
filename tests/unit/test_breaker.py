"""The breaker: what keeps failing rests, and is tried again by one call."""

from bot.breaker import Breaker


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def make_breaker(clock):
    return Breaker(failures=2, rest_seconds=10, now=clock)


def fail(breaker, times=1):
    for _ in range(times):
        breaker.fail(breaker.begin())


def test_calls_go_through_until_as_many_failed_in_a_row():
    breaker = make_breaker(Clock())
    fail(breaker)
    breaker.succeed(breaker.begin())
    fail(breaker)
    assert breaker.begin() is not None
    fail(breaker)
    assert breaker.begin() is None


def test_after_a_rest_one_call_is_the_trial_and_the_others_wait():
    clock = Clock()
    breaker = make_breaker(clock)
    fail(breaker, 2)
    clock.seconds = 11
    trial = breaker.begin()
    assert breaker.begin() is None
    breaker.succeed(trial)
    assert breaker.begin() is not None


def test_a_failed_trial_rests_twice_as_long():
    clock = Clock()
    breaker = make_breaker(clock)
    fail(breaker, 2)
    clock.seconds = 11
    fail(breaker)
    clock.seconds = 22
    assert breaker.begin() is None
    clock.seconds = 32
    assert breaker.begin() is not None


def test_who_asks_for_rest_gets_it_at_once():
    clock = Clock()
    breaker = make_breaker(clock)
    breaker.fail(breaker.begin(), rest_seconds=60)
    clock.seconds = 59
    assert breaker.begin() is None
    clock.seconds = 61
    assert breaker.begin() is not None


def test_a_call_that_was_given_up_tells_nothing():
    clock = Clock()
    breaker = make_breaker(clock)
    fail(breaker, 2)
    clock.seconds = 11
    breaker.leave(breaker.begin())
    assert breaker.begin() is not None


def test_a_call_from_before_a_rest_changes_nothing_after_it():
    clock = Clock()
    breaker = make_breaker(clock)
    old = [breaker.begin() for _ in range(3)]
    fail(breaker, 2)
    breaker.succeed(old[0])
    assert breaker.begin() is None
    clock.seconds = 11
    trial = breaker.begin()
    breaker.leave(old[1])
    assert breaker.begin() is None
    breaker.fail(old[2])
    breaker.succeed(trial)
    assert breaker.begin() is not None


def test_what_may_be_the_questions_fault_counts_less():
    clock = [0.0]
    breaker = Breaker(failures=3, rest_seconds=20.0, now=lambda: clock[0])
    for _ in range(8):
        call = breaker.begin()
        assert call is not None
        breaker.fail(call, blame=0.35)
    call = breaker.begin()
    assert call is not None
    breaker.fail(call, blame=0.35)
    assert breaker.begin() is None
