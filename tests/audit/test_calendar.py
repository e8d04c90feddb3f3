"""The calendar counts the days of the reader's zone, and opens them."""

from zoneinfo import ZoneInfo

import pytest

from portal.audit.activity import month_of
from portal.audit.filters import Filters
from portal.core.clock import standing_at
from tests.audit.log_cast import at, ids, put
from tests.cast import actor
from tests.statements import counted

INVITED = Filters(action="staff.invited")


def counts(admin, month: str, zone="UTC", filters=INVITED) -> dict[int, int]:
    first = at(f"{month}-01").date()
    found = month_of(by=actor(admin), filters=filters, first=first, zone=ZoneInfo(zone))
    return {day.date.day: day.count for day in found.days if day.count}


def test_a_day_is_that_of_the_reader(mo, ann):
    put(ann, "2026-03-31 23:30")
    put(ann, "2026-03-01 00:10")
    put(ann, "2026-03-01 18:20")
    assert counts(mo, "2026-03") == {1: 2, 31: 1}
    assert counts(mo, "2026-03", "Asia/Kathmandu") == {1: 1, 2: 1}
    assert counts(mo, "2026-04", "Asia/Kathmandu") == {1: 1}


def test_the_day_on_which_the_clock_jumps_is_counted_once(mo, ann):
    put(ann, "2026-03-28 22:59")
    put(ann, "2026-03-29 21:59")
    put(ann, "2026-03-29 22:00")
    assert counts(mo, "2026-03", "Europe/Berlin") == {28: 1, 29: 1, 30: 1}


def test_days_to_come_have_no_count(mo):
    with standing_at(at("2026-03-10 12:00")):
        first = at("2026-03-01").date()
        found = month_of(by=actor(mo), filters=INVITED, first=first, zone=ZoneInfo("UTC"))
    assert [day.date.day for day in found.days if day.count is None] == list(range(11, 32))
    assert [len(week) for week in found.weeks] == [7] * 6


def test_shades_are_quarters_of_the_busiest_day(mo, ann):
    for day, many in ((1, 1), (2, 2), (3, 4)):
        for _ in range(many):
            put(ann, f"2026-03-0{day} 09:00")
    first = at("2026-03-01").date()
    found = month_of(by=actor(mo), filters=INVITED, first=first, zone=ZoneInfo("UTC"))
    assert [day.shade for day in found.days[:4]] == [1, 2, 4, 0]


def test_an_agent_counts_their_own_events(bea, ann):
    put(ann, "2026-03-01 09:00")
    put(bea, "2026-03-02 09:00")
    assert counts(bea, "2026-03") == {2: 1}


def test_a_day_of_the_calendar_opens_its_events(mo_client, ann):
    event = put(ann, "2026-03-05 09:00")
    soup = mo_client.soup("/audit/calendar?month=2026-03&action=staff.invited")
    day = soup.select_one("td.shade-4 a")
    assert " ".join(day.get_text().split()) == "5 March: 1 event"
    assert ids(mo_client.soup(day["href"])) == [event]


def test_a_year_shows_every_day(mo_client, ann):
    event = put(ann, "2025-12-31 09:00")
    soup = mo_client.soup("/audit/calendar?year=2025&action=staff.invited")
    assert len(soup.select("td a")) == 365
    assert ids(mo_client.soup(soup.select_one("td.shade-4 a")["href"])) == [event]


@pytest.mark.parametrize("query", ["month=2026-13", "month=x", "year=20x6", "year=9999", "ip=x"])
def test_what_is_no_month_is_said(mo_client, query):
    answer = mo_client.get(f"/audit/calendar?{query}")
    assert answer.status_code == 422
    assert "until this is corrected" in answer.text


def test_a_month_is_one_statement_and_a_year_twelve(mo_client):
    with counted() as month:
        mo_client.get("/audit/calendar?month=2025-03")
    with counted() as year:
        mo_client.get("/audit/calendar?year=2025")
    assert (len(month), len(year)) == (2, 13)
