"""A second matter becomes a ticket of its own; tickets are linked and unlinked."""

import pytest

from portal.core.actor import SYSTEM
from portal.core.errors import NotFound
from portal.support.bodies import BadSubject
from portal.support.linking import CannotLink, link, related_to, unlink
from portal.support.messages import add_note
from portal.support.splitting import CannotSplit, split
from portal.support.statuses import move
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.support.desk import customer_writes, make_ticket


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def cut(ticket, *messages, subject="Another matter"):
    ids = {message.id for message in messages}
    return split(by=SYSTEM, ticket=ticket, message_ids=ids, subject=subject)


def test_chosen_messages_move_to_a_new_ticket_of_the_same_requester(ticket, bea):
    second = customer_writes(ticket, "Also, the invoice.").message
    made = cut(ticket, second)
    assert (made.requester_id, made.status) == (ticket.requester_id, Status.NEW)
    assert (made.message_count, ticket.message_count) == (1, 1)
    assert made.waiting_since == second.created_at
    words = [(one.words, one.number) for one in related_to(by=actor(bea), ticket=made)]
    assert words == [("Split from", ticket.number)]


def test_a_note_may_go_along_but_not_alone(ticket, bea):
    note = add_note(by=actor(bea), ticket=ticket, author=bea, body="Two matters.").message
    second = customer_writes(ticket, "Also, the invoice.").message
    with pytest.raises(CannotSplit, match="customer wrote"):
        cut(ticket, note)
    assert cut(ticket, note, second).message_count == 2


def test_something_stays_behind(ticket):
    second = customer_writes(ticket).message
    first_id = second.id - 1
    with pytest.raises(CannotSplit, match="Leave at least one"):
        split(by=SYSTEM, ticket=ticket, message_ids={first_id, second.id}, subject="x")


def test_messages_of_another_ticket_are_not_taken(ticket, birch):
    other = customer_writes(make_ticket(make_user(birch)), "Not yours.").message
    with pytest.raises(CannotSplit):
        cut(ticket, other)


def test_a_split_needs_a_subject(ticket):
    with pytest.raises(BadSubject):
        cut(ticket, customer_writes(ticket).message, subject=" ")


def test_what_is_over_is_not_split(ticket):
    second = customer_writes(ticket).message
    move(by=SYSTEM, ticket=ticket, status=Status.CLOSED)
    with pytest.raises(CannotSplit, match="over"):
        cut(ticket, second)


def test_two_tickets_are_linked_once_from_either_side(ticket, birch, bea):
    other = make_ticket(make_user(birch))
    assert link(by=actor(bea), ticket=ticket, other=other)
    assert not link(by=actor(bea), ticket=other, other=ticket)
    for one, its in ((ticket, other), (other, ticket)):
        found = related_to(by=actor(bea), ticket=one)
        assert [(each.words, each.number) for each in found] == [("Related to", its.number)]


def test_a_link_is_taken_away_once(ticket, birch):
    other = make_ticket(make_user(birch))
    link(by=SYSTEM, ticket=ticket, other=other)
    unlink(by=SYSTEM, ticket=other, other=ticket)
    with pytest.raises(NotFound):
        unlink(by=SYSTEM, ticket=ticket, other=other)


def test_a_ticket_is_not_linked_to_itself(ticket):
    with pytest.raises(CannotLink):
        link(by=SYSTEM, ticket=ticket, other=ticket)


def test_where_a_ticket_came_from_is_not_unlinked_by_hand(ticket):
    made = cut(ticket, customer_writes(ticket).message)
    with pytest.raises(NotFound):
        unlink(by=SYSTEM, ticket=made, other=ticket)
