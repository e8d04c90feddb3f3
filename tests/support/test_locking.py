"""A ticket that is locked is read once a transaction, and its clocks once a change of many."""

import pytest

from portal.core.database import db
from portal.support.clock_looks import MOST_SHOWN, look_at_clocks
from portal.support.clock_rows import clocks_kept, clocks_of, forget_clocks
from portal.support.rule_terms import levels_in_force, levels_kept
from portal.support.seeing import lock_ticket, ticket_or_404
from tests.cast import actor, make_user
from tests.statements import counted
from tests.support.desk import answer, customer_writes, make_ticket
from tests.support.levels import make_rule


@pytest.fixture
def ticket(app, acme):
    make_rule()
    found = make_ticket(make_user(acme))
    db.session.commit()
    return found


def test_a_ticket_that_was_found_under_a_lock_is_not_read_again(ticket, bea):
    ticket_or_404(actor(bea), ticket.number, lock=True)
    with counted() as statements:
        assert lock_ticket(ticket) is ticket
        with db.session.begin_nested():
            lock_ticket(ticket)
    assert statements == []


def test_the_next_transaction_locks_anew(ticket):
    lock_ticket(ticket)
    db.session.commit()
    with counted() as statements:
        lock_ticket(ticket)
    assert any("FROM support_tickets" in each for each in statements)


def test_what_a_savepoint_locked_goes_with_it(ticket):
    number = ticket.number
    savepoint = db.session.begin_nested()
    lock_ticket(ticket)
    savepoint.rollback()
    with counted() as statements:
        assert lock_ticket(ticket).number == number
    assert statements


def test_inside_a_change_of_many_clocks_and_levels_are_read_once(ticket):
    with levels_kept(), clocks_kept([ticket]):
        book = clocks_of(ticket)
        with counted() as statements:
            assert clocks_of(ticket) is book
            assert len(levels_in_force()) == 1
        assert statements == []
        forget_clocks(ticket.id)
        assert clocks_of(ticket) is not book
    assert clocks_of(ticket) is not book


def test_of_hundreds_of_clocks_the_live_ones_and_the_newest_are_shown(ticket, bea):
    for _ in range(MOST_SHOWN + 5):
        answer(ticket, bea)
        customer_writes(ticket)
    shown = look_at_clocks(ticket)
    assert len(shown) == MOST_SHOWN
    assert shown[0].row.metric == "resolution"
    assert [held.row.cycle_no for held in shown[1:]] == list(range(7, 26))
