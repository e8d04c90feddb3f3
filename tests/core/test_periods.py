"""Periods are counted from their anchor, on the wall clock of their zone."""

import json
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.periods import nth_boundary, period_at, period_number

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())
INTERVALS = ["hour", "day", "week", "month", "quarter", "year"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - what must be refused
seconds = st.integers(631_152_000, 3_786_912_000)  # 1990 to 2090
instants = seconds.map(lambda second: datetime.fromtimestamp(second, UTC))


def at(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def by_id(name: str) -> dict:
    return next(vector for vector in VECTORS if vector["id"] == name)


@pytest.mark.parametrize("name", ["S5", "L1"])
def test_a_month_end_anchor_does_not_drift(name):
    vector = by_id(name)
    anchor = at(vector["input"]["anchor"])
    found = [nth_boundary(anchor, "month", n, "UTC") for n in vector["input"]["n"]]
    assert [f"{boundary:%Y-%m-%d}" for boundary in found] == vector["expect"]


@pytest.mark.parametrize("name", ["O1", "O2"])
def test_the_period_around_an_instant_is_half_open(name):
    vector = by_id(name)
    found = period_at(at(vector["input"]["anchor"]), "month", at(vector["input"]["at"]), "UTC")
    assert found == tuple(at(text) for text in vector["expect"])


def test_an_anchor_on_the_31st_ends_a_short_month_on_its_last_day():
    vector = by_id("A1")
    assert nth_boundary(at(vector["input"]["from_"]), "month", 1, "UTC") == at(vector["expect"])


@pytest.mark.parametrize(
    ("interval", "before", "later"),
    [
        ("hour", "2024-02-29T09:00", "2024-02-29T12:00"),
        ("day", "2024-02-28T10:00", "2024-03-02T10:00"),
        ("week", "2024-02-22T10:00", "2024-03-14T10:00"),
        ("month", "2024-01-29T10:00", "2024-04-29T10:00"),
        ("quarter", "2023-11-29T10:00", "2024-08-29T10:00"),
        ("year", "2023-02-28T10:00", "2026-02-28T10:00"),
    ],
)
def test_each_interval_has_its_length(interval, before, later):
    anchor = at("2024-02-29T10:00")
    found = [nth_boundary(anchor, interval, n, "Asia/Kolkata") for n in (-1, 0, 2)]
    assert found == [at(before), anchor, at(later)]
    assert period_number(anchor, interval, at(later), "Asia/Kolkata") == 2


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_over_400_years_every_boundary_keeps_the_anchors_day_or_the_last(day):
    anchor = datetime(2000, 1, day, 15, 30, tzinfo=UTC)
    for n in range(400 * 12):
        boundary = nth_boundary(anchor, "month", n, "UTC")
        last = monthrange(boundary.year, boundary.month)[1]
        assert boundary.day == min(day, last)
        assert (boundary.year - 2000) * 12 + boundary.month - 1 == n


@settings(max_examples=300)
@given(instants, st.sampled_from(INTERVALS), instants, st.sampled_from(ZONES))
def test_every_instant_lies_in_exactly_its_own_period(anchor, interval, instant, zone):
    start, end = period_at(anchor, interval, instant, zone)
    assert start <= instant < end
    assert period_at(anchor, interval, start, zone)[0] == start
    assert period_at(anchor, interval, end, zone)[0] == end


def test_a_local_time_that_the_clock_skips_becomes_the_first_instant_after_the_gap():
    anchor = datetime(2026, 3, 28, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert nth_boundary(anchor, "day", 1, "Europe/Berlin") == at("2026-03-29T01:00:00+00:00")


@pytest.mark.parametrize(
    ("anchor", "change"),
    [
        ("1947-04-05T02:59:59.999999+00:00", "1947-04-06T02:00:00+00:00"),
        ("9998-03-28T01:59:59.999999+00:00", "9998-03-29T01:00:00+00:00"),
    ],
)
def test_the_end_of_a_gap_is_found_to_the_microsecond_in_any_century(anchor, change):
    assert nth_boundary(at(anchor), "day", 1, "Europe/Berlin") == at(change)


@pytest.mark.parametrize("minute", range(60))
def test_every_minute_of_a_gap_ends_at_the_same_second(minute):
    anchor = datetime(2026, 3, 28, 2, minute, tzinfo=ZoneInfo("Europe/Berlin"))
    assert nth_boundary(anchor, "day", 1, "Europe/Berlin") == at("2026-03-29T01:00:00+00:00")


def test_a_clock_that_goes_back_to_the_day_before_begins_no_period_again():
    """St. John's put it back at 00:01, to 23:01 of the day before."""
    anchor = datetime(2010, 11, 6, 0, 0, 30, tzinfo=ZoneInfo("America/St_Johns"))
    begins = at("2010-11-07T02:30:30+00:00")
    ends = at("2010-11-08T03:30:30+00:00")
    again = begins + timedelta(minutes=10)
    assert period_at(anchor, "day", again, "America/St_Johns") == (begins, ends)
    assert period_number(anchor, "day", again, "America/St_Johns") == 1


def test_a_local_time_that_comes_twice_is_the_first_of_the_two():
    anchor = datetime(2026, 10, 24, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert nth_boundary(anchor, "day", 1, "Europe/Berlin") == at("2026-10-25T00:30:00+00:00")


def test_a_day_that_a_zone_skipped_altogether_begins_when_the_next_one_does():
    anchor = datetime(2011, 12, 29, 12, 0, tzinfo=ZoneInfo("Pacific/Apia"))
    assert nth_boundary(anchor, "day", 1, "Pacific/Apia") == at("2011-12-30T10:00:00+00:00")


def test_days_follow_the_wall_clock_and_hours_do_not():
    anchor = datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert nth_boundary(anchor, "day", 1, "Europe/Berlin") - anchor.astimezone(UTC) == timedelta(
        hours=23
    )
    assert nth_boundary(anchor, "hour", 24, "Europe/Berlin") == at("2026-03-29T11:00:00+00:00")


def test_a_period_before_the_anchor_is_found_as_well():
    found = period_at(at("2026-01-31"), "month", at("2025-11-30T00:00:00"), "UTC")
    assert found == (at("2025-11-30"), at("2025-12-31"))


@pytest.mark.parametrize(
    "look",
    [
        lambda: nth_boundary(NAIVE, "month", 1, "UTC"),
        lambda: period_at(at("2026-01-01"), "month", NAIVE, "UTC"),
    ],
)
def test_a_naive_instant_is_refused(look):
    with pytest.raises(ValueError, match="time zone"):
        look()


@pytest.mark.parametrize(
    "look",
    [
        lambda a: nth_boundary(a, "fortnight", 1, "UTC"),
        lambda a: period_at(a, "fortnight", a, "UTC"),
    ],
)
def test_an_unknown_interval_is_refused(look):
    with pytest.raises(ValueError, match="no interval"):
        look(at("2026-01-01"))


@pytest.mark.parametrize(("year", "n"), [(9999, 1), (1, -1)])
def test_a_boundary_beyond_the_calendar_overflows(year, n):
    anchor = datetime(year, 6, 1, tzinfo=UTC)
    assert nth_boundary(anchor.replace(year=year - n), "year", n, "UTC") == anchor
    with pytest.raises(OverflowError):
        nth_boundary(anchor, "year", n, "UTC")


@given(instants, st.sampled_from(INTERVALS), instants, st.sampled_from(ZONES))
@settings(max_examples=300)
def test_a_periods_number_is_that_of_its_start(anchor, interval, instant, zone):
    n = period_number(anchor, interval, instant, zone)
    edges = nth_boundary(anchor, interval, n, zone), nth_boundary(anchor, interval, n + 1, zone)
    assert edges == period_at(anchor, interval, instant, zone)
