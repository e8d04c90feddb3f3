"""Hiding tickets until later, by the clock of whoever hides them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.support.models import TicketEvent
from portal.support.snoozing import BadMoment, NothingToHide, presets, snooze, wake
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.desk import answer, customer_writes, make_ticket

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def chosen(at, zone=BERLIN):
    return {key: found.isoformat() for key, _, found in presets(at, zone)}


def test_the_presets_are_of_the_persons_own_day():
    friday = datetime(2026, 6, 5, 10, tzinfo=UTC)
    assert chosen(friday) == {
        "hour": "2026-06-05T11:00:00+00:00",
        "evening": "2026-06-05T16:00:00+00:00",
        "tomorrow": "2026-06-06T07:00:00+00:00",
        "monday": "2026-06-08T07:00:00+00:00",
    }


def test_an_evening_that_has_begun_is_no_choice_and_monday_is_the_next():
    monday = datetime(2026, 6, 8, 16, tzinfo=UTC)
    found = chosen(monday)
    assert "evening" not in found
    assert found["monday"] == "2026-06-15T07:00:00+00:00"


@pytest.mark.parametrize(
    ("saturday", "tomorrow"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), "2026-03-29T07:00:00+00:00"),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), "2026-10-25T08:00:00+00:00"),
    ],
)
def test_nine_o_clock_is_nine_o_clock_after_the_clocks_changed(saturday, tomorrow):
    assert chosen(saturday)["tomorrow"] == tomorrow


def test_a_day_that_is_another_one_elsewhere():
    night = datetime(2026, 6, 5, 22, tzinfo=UTC)
    assert chosen(night, ZoneInfo("Asia/Tokyo"))["tomorrow"] == "2026-06-07T00:00:00+00:00"


def test_snoozing_hides_and_waking_shows_and_both_are_written_down(ticket, bea):
    until = clock.now() + timedelta(hours=1)
    snooze(by=actor(bea), ticket=ticket, until=until)
    assert ticket.snoozed_until == until
    assert wake(by=actor(bea), ticket=ticket)
    assert not wake(by=actor(bea), ticket=ticket)
    assert (ticket.snoozed_until, len(events("ticket.snoozed"))) == (None, 2)
    assert db.session.query(TicketEvent).filter_by(kind="snoozed").count() == 2


def test_a_customers_message_wakes_it(ticket, bea):
    snooze(by=actor(bea), ticket=ticket, until=clock.now() + timedelta(days=3))
    customer_writes(ticket)
    assert ticket.snoozed_until is None


@pytest.mark.parametrize("hours", [None, 0, -1, 24 * 366])
def test_a_moment_that_is_past_or_far_is_refused(ticket, bea, hours):
    now = datetime(2026, 6, 5, tzinfo=UTC)
    until = None if hours is None else now + timedelta(hours=hours)
    with time_machine.travel(now, tick=False), pytest.raises(BadMoment):
        snooze(by=actor(bea), ticket=ticket, until=until)


def test_a_solved_ticket_has_nothing_to_hide(ticket, bea):
    answer(ticket, bea, status=Status.SOLVED)
    with pytest.raises(NothingToHide):
        snooze(by=actor(bea), ticket=ticket, until=clock.now() + timedelta(hours=1))
