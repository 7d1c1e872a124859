import contextlib
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.content import ContentInvalid, When, is_rule, read_content
from scheduler.occurrences import find_first, find_next, find_release, to_moment

TAIPEI, BERLIN = ZoneInfo("Asia/Taipei"), ZoneInfo("Europe/Berlin")


def follow(when, zone, count):
    moments = [find_first(when, datetime(2020, 1, 1, tzinfo=UTC), zone)]
    while len(moments) < count and (following := find_next(when, moments[-1], zone)):
        moments.append(following)
    return [moment.astimezone(zone).replace(tzinfo=None) for moment in moments]


def test_every_monday_at_nine_stays_at_nine_where_clocks_change():
    when = When(at=datetime(2027, 3, 22, 9), repeat="FREQ=WEEKLY;BYDAY=MO")
    moments = [to_moment(wall_clock, BERLIN) for wall_clock in follow(when, BERLIN, 2)]
    assert [moment.hour for moment in moments] == [8, 7]
    assert follow(when, BERLIN, 2)[1] == datetime(2027, 3, 29, 9)


def test_the_last_friday_of_each_month_until_a_day():
    when = When(at=datetime(2027, 1, 29, 9), repeat="FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270401T000000")
    assert [moment.day for moment in follow(when, TAIPEI, 9)] == [29, 26, 26]


def test_a_leap_day_comes_every_four_years():
    when = When(at=datetime(2028, 2, 29, 9), repeat="FREQ=YEARLY")
    assert [moment.year for moment in follow(when, TAIPEI, 3)] == [2028, 2032, 2036]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)), st.times(), st.times())
def test_quiet_hours_end_after_now_and_within_a_day_and_it_is_not_quiet_then(now, quiet_from, quiet_until):
    moment = now.replace(tzinfo=UTC)
    release = find_release(quiet_from, quiet_until, moment, TAIPEI)
    if release is not None:
        assert 0 < (release - moment).total_seconds() <= 24 * 3600
        assert find_release(quiet_from, quiet_until, release, TAIPEI) is None


@pytest.mark.parametrize(
    ("clock", "until"),
    [((21, 59), None), ((22, 0), (2, 7)), ((23, 30), (2, 7)), ((3, 0), (1, 7)), ((7, 0), None), ((12, 0), None)],
)
def test_the_night_is_quiet_until_seven(clock, until):
    now = datetime(2027, 1, 1, *clock, tzinfo=TAIPEI)
    release = find_release(time(22), time(7), now, TAIPEI)
    assert (release and (release.astimezone(TAIPEI).day, release.astimezone(TAIPEI).hour)) == until


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.one_of(
            st.none(),
            st.integers(),
            st.text(max_size=40),
            st.dictionaries(st.sampled_from(["zh-TW", "en", "at", "repeat"]), st.text(max_size=40)),
            st.lists(st.text(max_size=9)),
        ),
        max_size=8,
    )
)
def test_whatever_is_handed_in_is_read_or_refused_with_its_problems(values):
    given_content = {"title": {"zh-TW": "標題"}, "text": {"zh-TW": "內文"}, "topic": "events", **values}
    with contextlib.suppress(ContentInvalid):
        assert read_content(given_content, topics=["events"], districts=[], languages=["zh-TW", "en"]).topic == "events"


@pytest.mark.parametrize(
    "repeat",
    ["FREQ=DAILY;INTERVAL=0", "freq=minutely", "FREQ=DAILY;BYHOUR=1,2,3", "FREQ=HOURLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
     "DTSTART:20270101T000000\nRRULE:FREQ=DAILY", "FREQ=DAILY;COUNT=x", "every day", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;UNTIL=nonsense"],
)  # fmt: skip
def test_a_rule_that_cannot_be_followed_is_refused_at_once(repeat):
    assert not is_rule(repeat, datetime(2027, 1, 1, 9))


@pytest.mark.parametrize(
    "repeat",
    [
        "FREQ=DAILY",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5",
        "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20280101T000000",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_the_rules_of_a_city_are_taken(repeat):
    assert is_rule(repeat, datetime(2027, 1, 1, 9))


@pytest.mark.parametrize(
    ("more", "problem"),
    [({"title": {"zh-TW": "x", "ja": "x"}, "text": {"zh-TW": "x", "ja": "x"}}, "language_unknown"), ({"channels": ["LINE"]}, "channel_unknown"),
     ({"languages": ["zh"]}, "language_unknown"), ({"text": {"zh-TW": "a\x0bb"}}, "control_characters"), ({"title": {"zh-TW": "😀" * 51}}, "too_long")],
)  # fmt: skip
def test_what_nobody_could_get_or_read_is_refused(more, problem):
    values = {"title": {"zh-TW": "標題"}, "text": {"zh-TW": "內文"}, "topic": "events", **more}
    with pytest.raises(ContentInvalid) as refused:
        read_content(values, topics=["events"], districts=[], languages=["zh-TW", "en"])
    assert problem in [kind for _, kind in refused.value.problems]
