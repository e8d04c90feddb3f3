"""Who has a ticket open, and who writes in it."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.support.models import TicketPresence
from portal.support.presence import (
    Present,
    forget_presence,
    is_due,
    note_presence,
    present_on,
)
from tests.cast import make_user
from tests.statements import counted
from tests.support.desk import make_ticket


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def later(seconds):
    return clock.now() + timedelta(seconds=seconds)


def here(ticket, admin, **more):
    note_presence(admin_id=admin.id, ticket_id=ticket.id, **more)


def names(ticket, at):
    return [present.name for present in present_on([ticket.id], at).get(ticket.id, [])]


def test_two_people_are_seen_and_who_of_them_writes(ticket, bea, mo):
    here(ticket, bea)
    here(ticket, mo, is_typing=True)
    expected = [Present(bea.id, bea.name, False), Present(mo.id, mo.name, True)]
    assert present_on([ticket.id], clock.now()) == {ticket.id: expected}


def test_somebody_who_says_nothing_is_gone_after_45_seconds(ticket, bea):
    here(ticket, bea)
    assert (names(ticket, later(44)), names(ticket, later(46))) == ([bea.name], [])


def test_writing_is_seen_for_a_minute(ticket, bea):
    here(ticket, bea, is_typing=True)
    start = clock.now()
    for seconds, expected in ((59, True), (61, False)):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            here(ticket, bea)
            assert present_on([ticket.id], clock.now())[ticket.id][0].is_replying is expected


def test_a_sign_of_life_is_written_every_15_seconds_at_most(ticket, bea):
    assert is_due(admin_id=bea.id, ticket_id=ticket.id)
    here(ticket, bea)
    assert not is_due(admin_id=bea.id, ticket_id=ticket.id)
    with time_machine.travel(later(15), tick=False):
        assert is_due(admin_id=bea.id, ticket_id=ticket.id)


def test_many_tickets_are_one_question_and_none_is_no_question(ticket, bea):
    here(ticket, bea)
    with counted() as statements:
        found = present_on([ticket.id, 987_654], clock.now())
        assert present_on([], clock.now()) == {}
    assert (len(statements), list(found)) == (1, [ticket.id])


def test_old_rows_are_swept_out(ticket, bea, mo):
    here(ticket, bea)
    with time_machine.travel(later(7200), tick=False):
        here(ticket, mo)
        forget_presence({})
    assert [row.admin_id for row in db.session.query(TicketPresence)] == [mo.id]
