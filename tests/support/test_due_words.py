"""When something is due, in words, and why."""

from datetime import timedelta

import pytest

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.support.calendars import change_calendar
from portal.support.due_words import clock_lines, due_chip
from portal.support.durations import BadDuration, duration_text, roughly, seconds_of
from portal.support.fields import Wanted, change_fields
from portal.support.queues import Queue, View, tickets_in
from portal.support.rule_terms import hours_by_priority
from portal.support.rules import move_rule
from portal.support.usual_levels import create_usual_levels
from portal.support.words import Priority, Status
from tests.cast import make_user
from tests.statements import counted
from tests.support.clocks import HOUR, OFFICE, at
from tests.support.desk import answer, make_ticket
from tests.support.levels import make_calendar, make_rule, move_to, office, then, work
from tests.support.queue_cast import looking, put


@pytest.fixture
def calendar(app):
    return make_calendar()


@pytest.fixture
def ticket(calendar, acme):
    make_rule(calendar)
    with then(7, "10:00"):
        return make_ticket(make_user(acme))


def lines(ticket, day: int, text: str):
    with then(day, text):
        return clock_lines(ticket)


@pytest.mark.parametrize(
    ("text", "seconds"), [("4h", 14400), ("1d 2h", 93600), ("30m", 1800), ("1D2h 3m", 93780)]
)
def test_a_stretch_of_time_is_read_as_it_is_written(text, seconds):
    assert seconds_of(text) == seconds
    assert seconds_of(duration_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "4", "h", "-4h", "4h 4h", "4.5h", "4 hours", "1h,2m"])
def test_what_is_no_stretch_of_time_is_refused(text):
    with pytest.raises(BadDuration):
        seconds_of(text)


def test_a_stretch_of_time_is_told_roughly():
    told = {seconds: roughly(seconds) for seconds in (0, 59, 60, 3725, 100_000)}
    assert list(told.values()) == ["under 1m", "under 1m", "1m", "1h 2m", "27h"]
    assert duration_text(0) == "0m"


@pytest.mark.parametrize(
    ("text", "colour", "words"),
    [
        ("07:00", "success", "3h left"),
        ("08:01", "warning", "1h 59m left"),
        ("10:00", "warning", "under 1m left"),
        ("10:30", "danger", "30m overdue"),
    ],
)
def test_a_chip_says_what_its_colour_does(text, colour, words):
    chip = due_chip(at(8, "10:00"), at(8, text))
    assert (chip.colour, chip.words) == (colour, words)
    assert due_chip(None, at(8, text)) is None


def test_a_chip_counts_open_hours_where_there_are_single_ones(ticket, calendar):
    chip = due_chip(at(8, "10:00"), at(7, "16:00"), hours_by_priority()["medium"])
    assert (chip.colour, chip.words) == ("success", "2h left")
    night = make_calendar(name="Night", weekly={5: ((0, 1440),)})
    make_rule(night, name="Below what takes all")
    assert set(hours_by_priority()) == set(Priority)
    move_rule(by=SYSTEM, rule=make_rule(night, name="VIPs", tag="vip"), steps=2)
    assert hours_by_priority() == {}


def test_each_priority_has_the_hours_of_its_own_level(app):
    create_usual_levels(by=SYSTEM)
    hours, week = hours_by_priority(), (at(1, "00:00"), at(8, "00:00"))
    open_hours = {name: found.elapsed(*week) // HOUR for name, found in hours.items()}
    assert open_hours == {"low": 40, "medium": 40, "high": 40, "urgent": 168}


def test_a_row_of_the_queue_counts_by_the_hours_of_its_own_priority(acme, bea):
    create_usual_levels(by=SYSTEM)
    uma = make_user(acme)
    with then(7, "16:00"):
        for each in (Priority.LOW, Priority.URGENT):
            put(uma, subject=each.value, priority=each.value, due_in=timedelta(hours=18))
        rows = tickets_in(Queue.of(View.ALL), looking(bea)).items
    assert {row.subject: row.due.words for row in rows} == {"low": "2h left", "urgent": "18h left"}


def test_each_clock_says_how_it_stands_and_by_what(ticket):
    first, whole = lines(ticket, 7, "10:50")
    assert (first.label, first.colour, first.words) == ("First response", "warning", "10m left")
    assert (whole.colour, whole.words, whole.target) == ("success", "7h 10m left", "8h")
    assert (first.rule, first.calendar) == ("Standard, version 1", "Office, version 1")
    assert (first.consumed, first.zone) == ("50m", "Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "text", "colour", "words"),
    [
        (7, "16:00", "success", "2h left"),
        (7, "16:01", "warning", "1h 59m left"),
        (8, "10:00", "warning", "under 1m left"),
        (8, "10:02", "danger", "2m overdue"),
    ],
)
def test_a_clock_says_the_same_on_its_ticket_as_in_the_queue(ticket, day, text, colour, words):
    (whole,) = [line for line in lines(ticket, day, text) if line.label == "Solution"]
    with then(day, text):
        chip = due_chip(whole.due_at, at(day, text), hours_by_priority()["medium"])
    assert (whole.colour, whole.words) == (chip.colour, chip.words) == (colour, words)


def test_clocks_that_still_run_stand_first(ticket, bea):
    assert [line.label for line in lines(ticket, 7, "10:30")] == ["First response", "Solution"]
    with then(7, "10:30"):
        answer(ticket, bea)
    assert [line.label for line in lines(ticket, 7, "10:31")] == ["Solution", "First response"]


def test_a_promise_that_broke_as_its_terms_changed_says_so(calendar, acme):
    make_rule(calendar, priority="urgent", resolution_s=HOUR)
    make_rule(calendar)
    with then(7, "10:00"):
        ticket = make_ticket(make_user(acme))
    first, whole = lines(ticket, 7, "12:00")
    assert (first.colour, first.reason, whole.reason) == ("danger", None, None)
    with then(7, "12:00"):
        change_fields(by=SYSTEM, ticket=ticket, wanted={"priority": Wanted("urgent")})
    whole = lines(ticket, 7, "12:01")[1]
    assert (whole.colour, whole.reason) == ("danger", "its terms changed")


@pytest.mark.parametrize("status", [Status.PENDING, Status.SOLVED])
def test_a_due_time_is_explained_by_the_open_hours_it_uses(ticket, status):
    with then(7, "12:00"):
        move_to(ticket, status)
    with then(8, "15:00"):
        move_to(ticket, Status.OPEN)
    (whole,) = (line for line in lines(ticket, 8, "16:00") if line.label == "Solution")
    assert [(span.start, span.end) for span in whole.spans] == [
        (at(7, "10:00"), at(7, "12:00")),
        (at(8, "15:00"), at(8, "17:00")),
        (at(9, "09:00"), at(9, "13:00")),
    ]
    assert [(span.start, span.end) for span in whole.pauses] == [(at(7, "12:00"), at(8, "15:00"))]
    assert (whole.due_at, whole.spans[0].wall) == (at(9, "13:00"), "Wed 07 Jan, 10:00 to 12:00")


def test_what_is_over_says_how_it_ended_for_ever(ticket, bea):
    with then(7, "11:30"):
        answer(ticket, bea, status=Status.SOLVED)
    for day in (7, 30):
        first, whole = lines(ticket, day, "12:00")
        assert (first.colour, first.words) == ("danger", "missed by 30m")
        assert (whole.colour, whole.words) == ("success", "met with 6h 30m to spare")


def test_late_paused_and_cancelled_are_told_apart(ticket):
    with then(7, "11:30"):
        move_to(ticket, Status.PENDING)
    first, whole = lines(ticket, 7, "12:00")
    assert (first.words, whole.words) == ("1h overdue", "paused, 6h 30m left")
    with then(7, "12:00"):
        move_to(ticket, Status.SPAM)
    assert lines(ticket, 7, "13:00")[1].words == "no longer due"


def test_hours_that_changed_are_told_by_what_they_counted(ticket, calendar):
    with then(7, "12:00"):
        terms = office(weekly=dict.fromkeys(range(5), ((600, 1080),)))
        change_calendar(by=SYSTEM, calendar=calendar, version=1, terms=terms)
        work()
    whole = lines(ticket, 7, "13:00")[1]
    assert (whole.earlier, whole.calendar) == ("2h by version 1", "Office, version 2")
    assert whole.spans[0].start == at(7, "12:00")


def test_hours_of_another_calendar_are_told_by_its_name(calendar, acme):
    always = make_calendar(name="Always", weekly=dict.fromkeys(range(7), ((0, 1440),)))
    make_rule(always, priority="urgent", resolution_s=30 * HOUR)
    make_rule(calendar)
    with then(7, "10:00"):
        ticket = make_ticket(make_user(acme))
    with then(7, "12:00"):
        change_fields(by=SYSTEM, ticket=ticket, wanted={"priority": Wanted("urgent")})
    whole = lines(ticket, 7, "13:00")[1]
    assert (whole.earlier, whole.calendar) == ("2h by Office, version 1", "Always, version 1")
    assert whole.spans[0].start == at(7, "12:00")


def test_long_promises_list_the_latest_hours_alone(calendar, acme):
    make_rule(calendar, resolution_s=30 * 8 * HOUR)
    with then(7, "10:00"):
        ticket = make_ticket(make_user(acme))
    whole = lines(ticket, 7, "10:00")[1]
    assert (len(whole.spans), whole.more) == (12, 19)
    assert OFFICE.elapsed(ticket.created_at, whole.due_at) == 30 * 8 * HOUR


def test_it_costs_few_statements(ticket, bea):
    for day in (7, 8, 9):
        with then(day, "12:00"):
            answer(ticket, bea)
    db.session.flush()
    with counted() as statements:
        assert clock_lines(ticket)
    assert len(statements) <= 4


def test_a_page_explains_what_is_due(ticket, bea_client):
    url = f"/support/tickets/{ticket.number}/clocks"
    text = bea_client.get(url).text
    assert all(words in text for words in ("First response", "Standard, version 1", "8h of open"))
    assert "<html" in text
    assert "<html" not in bea_client.get(url, headers={"HX-Request": "true"}).text
    above = bea_client.soup(url).select(".breadcrumb a")
    assert above[-1]["href"] == f"/support/tickets/{ticket.number}"
    assert bea_client.get("/support/tickets/TCK-2026-999999/clocks").status_code == 404
