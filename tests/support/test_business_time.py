"""Business hours are counted as they really pass, on the wall clock of their zone."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.support.business_time import (
    BadCalendar,
    BusinessCalendar,
    NeverOpen,
    whole_second,
)
from tests.support.calendars import FIRST, LAST, VECTORS, Clerk, hours, instants, published

BERLIN = "Europe/Berlin"
NINE_TO_FIVE = published("nine5")
ALWAYS = published("always")
EVERY_DAY = {weekday: [(0, 1440)] for weekday in range(7)}
NAIVE = datetime(2026, 1, 7)  # noqa: DTZ001 - what must be refused
CASES = settings(derandomize=True, deadline=None, max_examples=150)
"""Of random hours, with forty instants each."""


def at(text: str) -> datetime:
    """UTC with a Z, else the wall clock of Berlin."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(BERLIN))


def hours_between(calendar: BusinessCalendar, start: str, end: str) -> float:
    place = ZoneInfo(calendar.zone)
    first, last = (datetime.fromisoformat(text).replace(tzinfo=place) for text in (start, end))
    return calendar.elapsed(first, last) / 3600


@pytest.mark.parametrize("vector", VECTORS["due"], ids=lambda vector: vector["id"])
def test_a_due_time_is_as_published(vector):
    start = datetime.fromisoformat(vector["start_local"]).replace(tzinfo=ZoneInfo(vector["zone"]))
    due = published(vector["calendar"]).add(start, vector["minutes"] * 60)
    assert due.isoformat() == vector["due"].replace("Z", "+00:00")


@CASES
@given(hours(), instants)
def test_elapsed_time_is_what_a_clerk_counts_minute_by_minute(drawn, seconds):
    calendar, clerk = drawn.calendar, Clerk(drawn)
    for start, end in zip(seconds, reversed(seconds), strict=True):
        found = calendar.elapsed(drawn.instant(start), drawn.instant(end))
        assert found == clerk.elapsed(start, end)
        assert calendar.is_open(drawn.instant(start)) == clerk.is_open[start // 60]


@CASES
@given(hours(), instants, st.integers(1, 200_000))
def test_the_sum_is_the_earliest_instant_that_the_clerk_finds(drawn, seconds, most):
    calendar, clerk = drawn.calendar, Clerk(drawn)
    for number, start in enumerate(seconds):
        wanted = min(clerk.elapsed(start, LAST), most * number // 40)
        found = calendar.add(drawn.instant(start), wanted)
        assert found == drawn.instant(clerk.add(start, wanted) if wanted else start)


@CASES
@given(hours(), instants, st.integers(0, 8_000), st.integers(0, 999_999))
def test_adding_and_measuring_undo_each_other_from_any_fraction_of_a_second(
    drawn, seconds, thousandths, fraction
):
    calendar, clerk = drawn.calendar, Clerk(drawn)
    week = clerk.elapsed(FIRST, FIRST + 7 * 86_400 - 1)
    for number, second in enumerate(seconds):
        start = drawn.instant(second) + timedelta(microseconds=fraction)
        wanted = week * thousandths * number // 40_000
        due = calendar.add(start, wanted)
        assert calendar.elapsed(start, due) == wanted
        assert start <= due <= calendar.add(start, wanted + number)


@CASES
@given(hours(), instants, st.integers(0, 999_999))
def test_splitting_a_run_changes_nothing(drawn, seconds, fraction):
    calendar = drawn.calendar
    first, *between, last = [
        drawn.instant(second) + timedelta(microseconds=fraction * (n % 2))
        for n, second in enumerate(sorted(seconds))
    ]
    whole = calendar.elapsed(first, last)
    for middle in between:
        assert calendar.elapsed(first, middle) + calendar.elapsed(middle, last) == whole
    assert calendar.add(calendar.add(first, whole // 3), 7) == calendar.add(first, whole // 3 + 7)


@CASES
@given(hours(), instants)
def test_the_listed_intervals_are_what_was_counted(drawn, seconds):
    calendar = drawn.calendar
    for start, end in zip(seconds, reversed(seconds), strict=True):
        first, last = drawn.instant(start), drawn.instant(end)
        listed = calendar.intervals(first, last)
        edges = [edge for pair in listed for edge in pair]
        assert edges == sorted(edges)
        assert all(first <= opens < closes <= last for opens, closes in listed)
        total = sum((closes - opens for opens, closes in listed), timedelta())
        assert total.total_seconds() == calendar.elapsed(first, last)


def test_a_time_used_up_as_the_day_ends_is_due_then_and_not_as_the_next_one_opens():
    assert NINE_TO_FIVE.add(at("2026-01-07T16:00"), 3600) == at("2026-01-07T17:00")
    assert NINE_TO_FIVE.add(at("2026-01-07T16:00"), 3601) == at("2026-01-08T09:00:01")


def test_nothing_added_is_the_start_itself_even_when_closed():
    for start in (at("2026-01-07T22:00:00"), at("2026-01-07T12:00:00.400000")):
        assert NINE_TO_FIVE.add(start, 0) == start
        assert NINE_TO_FIVE.elapsed(start, start) == 0


def test_time_does_not_run_backwards():
    assert NINE_TO_FIVE.elapsed(at("2026-01-08T12:00"), at("2026-01-07T12:00")) == 0
    with pytest.raises(ValueError, match="0 or more"):
        NINE_TO_FIVE.add(at("2026-01-07T12:00"), -1)


def test_a_fraction_of_a_second_is_cut_off():
    start = at("2026-01-07T10:00:00.999999")
    assert whole_second(start) == at("2026-01-07T10:00")
    assert NINE_TO_FIVE.add(start, 60) == at("2026-01-07T10:01")
    assert NINE_TO_FIVE.elapsed(at("2026-01-07T10:00"), start) == 0


def test_what_comes_out_is_in_utc():
    for seconds in (0, 1, 100_000):
        assert NINE_TO_FIVE.add(at("2026-01-07T10:00"), seconds).tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "day", "real"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
        ("Atlantic/Azores", date(2026, 10, 24), 24),  # its midnight comes again, an hour later
        ("Atlantic/Azores", date(2026, 10, 25), 25),
        ("Pacific/Apia", date(2011, 12, 30), 0),  # never was
    ],
)
def test_a_day_of_24_hours_is_as_long_as_it_really_was(zone, day, real):
    calendar = BusinessCalendar(zone, {day.weekday(): [(0, 1440)]})
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert calendar.elapsed(noon - timedelta(days=3), noon + timedelta(days=3)) == real * 3600


@pytest.mark.parametrize(
    ("hours", "real"),
    [((60, 150), 1), ((150, 210), 0.5), ((120, 180), 0), ((130, 170), 0), ((60, 240), 2)],
)
def test_a_time_that_the_clock_skips_is_the_first_instant_after_the_gap(hours, real):
    calendar = BusinessCalendar(BERLIN, {6: [hours]})
    assert hours_between(calendar, "2026-03-29T00:00", "2026-03-30T00:00") == real


@pytest.mark.parametrize(
    ("hours", "real"),
    [((60, 150), 2.5), ((150, 210), 2), ((120, 180), 2), ((130, 170), 100 / 60), ((60, 120), 2)],
)
def test_where_a_time_comes_twice_one_opens_at_the_first_and_closes_at_the_second(hours, real):
    calendar = BusinessCalendar(BERLIN, {6: [hours]})
    assert hours_between(calendar, "2026-10-25T00:00", "2026-10-26T00:00") == pytest.approx(real)


def test_neighbours_that_overlap_where_the_clock_goes_back_count_once():
    calendar = BusinessCalendar(BERLIN, {6: [(60, 150), (150, 240)]})
    assert hours_between(calendar, "2026-10-25T00:00", "2026-10-26T00:00") == 4


def test_a_date_that_goes_on_after_a_minute_of_the_next_is_open_in_that_minute():
    calendar = BusinessCalendar("America/St_Johns", {5: [(0, 1440)]})
    in_between = datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC)  # 00:00:30 on Sunday, then 23:01
    assert calendar.is_open(in_between)
    assert calendar.elapsed(in_between, in_between + timedelta(hours=9)) == 3570


def test_a_holiday_is_a_local_date():
    calendar = BusinessCalendar("Pacific/Auckland", EVERY_DAY, [date(2026, 1, 6)])
    assert calendar.add(datetime(2026, 1, 5, 10, tzinfo=UTC), 7200) == datetime(
        2026, 1, 6, 12, tzinfo=UTC
    )


def test_the_hours_of_a_special_day_count_even_on_a_holiday():
    day = date(2026, 1, 6)
    calendar = BusinessCalendar(BERLIN, EVERY_DAY, [day], {day: [(600, 720)]})
    assert hours_between(calendar, "2026-01-06T00:00", "2026-01-07T00:00") == 2


def test_a_special_day_without_hours_is_closed():
    calendar = BusinessCalendar(BERLIN, EVERY_DAY, special_days={date(2026, 1, 6): []})
    assert calendar.add(at("2026-01-05T23:30"), 3600) == at("2026-01-07T00:30")


def test_the_door_is_open_from_the_first_second_to_before_the_last():
    seconds = ["08:59:59", "09:00:00", "16:59:59", "17:00:00"]
    found = [NINE_TO_FIVE.is_open(at(f"2026-01-07T{second}")) for second in seconds]
    assert found == [False, True, True, False]


def test_why_something_is_due_is_told_by_the_hours_in_between():
    start, due = at("2026-01-09T16:30"), at("2026-01-12T09:30")
    assert NINE_TO_FIVE.intervals(start, due) == [
        (at("2026-01-09T16:30"), at("2026-01-09T17:00")),
        (at("2026-01-12T09:00"), at("2026-01-12T09:30")),
    ]
    assert NINE_TO_FIVE.intervals(due, start) == []


def test_a_calendar_keeps_its_hours_when_what_it_was_made_of_changes():
    weekly = {2: [(540, 1020)]}
    calendar = BusinessCalendar(BERLIN, weekly)
    weekly[2].append((1020, 1440))
    assert hours_between(calendar, "2026-01-07T00:00", "2026-01-08T00:00") == 8


@pytest.mark.parametrize(
    ("weekly", "why"),
    [
        ({0: [(540, 540)]}, "Monday: an interval starts before it ends"),
        ({0: [(1320, 360)]}, "Split a night shift"),
        ({1: [(-1, 60)]}, "from 0 to 1440"),
        ({1: [(0, 1441)]}, "from 0 to 1440"),
        ({1: [(9.5, 17)]}, "whole minutes"),
        ({2: [(540, 720), (700, 1020)]}, "Wednesday: 09:00-12:00 and 11:40-17:00 overlap"),
        ({2: [(540, 720), (540, 720)]}, "Join them"),
        ({7: [(540, 720)]}, "0 .Monday. to 6"),
        ({"0": [(540, 720)]}, "0 .Monday. to 6"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_what_to_change(weekly, why):
    with pytest.raises(BadCalendar, match=why):
        BusinessCalendar(BERLIN, weekly)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "Europe", "../etc/passwd", "/etc/passwd"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(BadCalendar, match="No time zone is called"):
        BusinessCalendar(zone, EVERY_DAY)


def test_a_holiday_with_a_time_is_refused_instead_of_never_being_one():
    for days in ({"holidays": [at("2026-01-06")]}, {"special_days": {at("2026-01-06"): []}}):
        with pytest.raises(BadCalendar, match="are dates"):
            BusinessCalendar(BERLIN, EVERY_DAY, **days)


def test_hours_of_a_special_day_are_checked_as_well():
    with pytest.raises(BadCalendar, match="2026-01-06: an interval"):
        BusinessCalendar(BERLIN, EVERY_DAY, special_days={date(2026, 1, 6): [(60, 0)]})


@pytest.mark.parametrize("weekly", [{}, {0: []}])
def test_special_days_alone_are_no_calendar(weekly):
    with pytest.raises(NeverOpen, match="at least one weekday"):
        BusinessCalendar(BERLIN, weekly, special_days={date(2026, 1, 6): [(540, 720)]})


@pytest.mark.parametrize(
    ("weekly", "first", "closed_days", "is_refused"),
    [
        (EVERY_DAY, date(2026, 8, 1), 27, False),
        (EVERY_DAY, date(2026, 8, 1), 28, True),
        ({0: [(540, 1020)]}, date(2026, 8, 3), 15, False),  # three Mondays: 27 days
        ({0: [(540, 1020)]}, date(2026, 8, 3), 22, True),  # four: 34
        (EVERY_DAY, date(9999, 12, 4), 28, True),
        (EVERY_DAY, date(1, 1, 1), 28, True),
    ],
)
def test_28_closed_days_on_end_are_refused(weekly, first, closed_days, is_refused):
    days = [date.fromordinal(first.toordinal() + n) for n in range(closed_days)]
    if not is_refused:
        assert BusinessCalendar(BERLIN, weekly, days).zone == BERLIN
        return
    with pytest.raises(NeverOpen, match="Open a day around"):
        BusinessCalendar(BERLIN, weekly, days)


def test_28_closed_days_are_refused_even_between_two_special_days():
    mondays = [date(2026, 8, 3) + timedelta(weeks=n) for n in range(4)]
    special = {date(2026, 8, 1): [(540, 720)], date(2026, 8, 30): [(540, 720)]}
    with pytest.raises(NeverOpen, match="Open a day around 2026-08"):
        BusinessCalendar(BERLIN, {0: [(540, 1020)]}, mondays, special)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: NINE_TO_FIVE.add(NAIVE, 60),
        lambda: NINE_TO_FIVE.elapsed(NAIVE, at("2026-01-08")),
        lambda: NINE_TO_FIVE.elapsed(at("2026-01-08"), NAIVE),
        lambda: NINE_TO_FIVE.intervals(NAIVE, NAIVE),
        lambda: NINE_TO_FIVE.is_open(NAIVE),
        lambda: whole_second(NAIVE),
    ],
)
def test_a_naive_instant_is_refused(ask):
    with pytest.raises(ValueError, match="time zone"):
        ask()


def test_a_due_time_beyond_the_calendar_overflows():
    with pytest.raises(OverflowError):
        ALWAYS.add(datetime(9999, 12, 30, tzinfo=UTC), 7 * 86_400)


def test_forty_working_days_are_added_in_well_under_a_millisecond():
    start, rounds = at("2026-01-07T10:00"), 200
    began = time.process_time()
    for n in range(rounds):
        NINE_TO_FIVE.add(start + timedelta(hours=n), 40 * 8 * 3600)
    assert (time.process_time() - began) / rounds < 0.001


def test_what_is_late_for_a_year_is_measured_as_quickly_as_what_is_late_for_an_hour():
    now, rounds = at("2027-01-07T10:00"), 200
    began = time.process_time()
    for n in range(rounds):
        NINE_TO_FIVE.elapsed(at("2026-01-07T10:00") + timedelta(hours=n), now)
    assert (time.process_time() - began) / rounds < 0.0005
