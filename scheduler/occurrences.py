"""When an announcement is due: wall-clock times of the city become moments, repeats by RRULE (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime, time, tzinfo

from dateutil.rrule import rrulestr

from scheduler.content import Content, When, parse_span


def to_moment(wall_clock: datetime, zone: tzinfo) -> datetime:
    """Return the moment of a wall-clock time. An hour that the clocks skip is taken as if they had not."""
    return wall_clock.replace(tzinfo=zone).astimezone(UTC)


def find_next(when: When, after: datetime, zone: tzinfo) -> datetime | None:
    """Return the next moment of a repeat after another one, or None at its end.

    The rule is followed on the wall clock ("every Monday 09:00"), and only then turned into a moment.
    """
    if not when.repeat or when.at is None:
        return None
    rule = rrulestr(when.repeat.removeprefix("RRULE:"), dtstart=when.at)
    wall_clock = after.astimezone(zone).replace(tzinfo=None)
    comes = rule.after(wall_clock)
    return to_moment(comes, zone) if comes else None


def find_first(when: When, now: datetime, zone: tzinfo) -> datetime | None:
    """Return the first moment an announcement is due; None where all of them have passed."""
    if when.at is None:
        return now
    if not when.repeat:
        first = to_moment(when.at, zone)
        return first if first >= now else None
    rule = rrulestr(when.repeat.removeprefix("RRULE:"), dtstart=when.at)
    comes = rule.after(now.astimezone(zone).replace(tzinfo=None), inc=True)
    return to_moment(comes, zone) if comes else None


def find_reminders(content: Content, zone: tzinfo) -> list[datetime]:
    """Return when to remind of the event."""
    if content.event_starts is None:
        return []
    return [to_moment(content.event_starts, zone) - parse_span(span) for span in content.when.remind_before]


def find_deadline_reminders(content: Content, zone: tzinfo) -> list[datetime]:
    """Return when to remind of the deadline."""
    if content.deadline is None:
        return []
    return [to_moment(content.deadline, zone) - parse_span(span) for span in content.when.remind_before_deadline]


def find_end(content: Content, zone: tzinfo) -> datetime | None:
    """Return the moment from which an announcement is of no use any more; None where it does not say."""
    if content.valid_until is None:
        return None
    return to_moment(datetime.combine(content.valid_until, time.max), zone)


def find_release(quiet_from: time | None, quiet_until: time | None, now: datetime, zone: tzinfo) -> datetime | None:
    """Return when somebody's quiet hours end, or None where it is not quiet now."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return None
    local = now.astimezone(zone)
    clock = local.time()
    crosses_midnight = quiet_from > quiet_until
    is_quiet = clock >= quiet_from or clock < quiet_until if crosses_midnight else quiet_from <= clock < quiet_until
    if not is_quiet:
        return None
    day = local.date()
    if crosses_midnight and clock >= quiet_from:
        day = day.fromordinal(day.toordinal() + 1)
    return to_moment(datetime.combine(day, quiet_until), zone)
