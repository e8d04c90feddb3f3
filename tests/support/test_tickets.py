"""Opening a ticket, and who sees it."""

import pytest

from portal.core.errors import NotFound
from portal.support.bodies import BadBody, BadSubject
from portal.support.seeing import ticket_or_404
from portal.support.tickets import NobodyToAnswer
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.desk import answer, as_customer, customer_writes, make_ticket


@pytest.fixture
def uma(acme):
    return make_user(acme)


def test_numbers_count_up_within_the_year(uma):
    numbers = [make_ticket(uma).number for _ in range(3)]
    year = numbers[0].split("-")[1]
    assert numbers == [f"TCK-{year}-00000{count}" for count in (1, 2, 3)]


def test_a_ticket_of_a_customer_is_new_unread_and_waits(uma):
    ticket = make_ticket(uma)
    assert (ticket.status, ticket.is_open, ticket.is_unread) == (Status.NEW, True, True)
    assert (ticket.waiting_since, ticket.message_count) == (ticket.created_at, 1)
    assert ticket.last_message_preview == "It says E-42."


def test_opening_a_ticket_leaves_its_event(uma):
    ticket = make_ticket(uma)
    event = events("ticket.created")[-1]
    assert (event.target_id, event.tenant_id) == (ticket.number, uma.tenant_id)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"subject": " \n "}, BadSubject),
        ({"subject": "x" * 301}, BadSubject),
        ({"subject": "\u200b"}, BadSubject),
        ({"body": "\x00 "}, BadBody),
        ({"body": "\u200b\n\u3164"}, BadBody),
        ({"body": "x" * 50_001}, BadBody),
    ],
)
def test_a_ticket_needs_a_subject_and_words(uma, fields, error):
    with pytest.raises(error):
        make_ticket(uma, **fields)


def test_nothing_is_said_to_somebody_who_was_erased(uma):
    uma.erased_at = uma.created_at
    with pytest.raises(NobodyToAnswer):
        make_ticket(uma)


def test_a_customer_sees_their_own_ticket_and_nobody_elses(uma, birch, bea):
    ticket, other = make_ticket(uma), make_ticket(make_user(birch, "Otto Other"))
    assert ticket_or_404(as_customer(uma), ticket.number.lower()) is ticket
    with pytest.raises(NotFound):
        ticket_or_404(as_customer(uma), other.number)
    assert ticket_or_404(actor(bea), other.number) is other


@pytest.mark.parametrize("number", ["", "TCK-2026-1", "TCK-2026-999999", "x", "%", "\x00"])
def test_a_number_of_no_ticket_is_not_there(bea, number):
    with pytest.raises(NotFound):
        ticket_or_404(actor(bea), number)


def test_a_reply_opens_the_ticket_and_ends_the_waiting(uma, bea):
    ticket = make_ticket(uma)
    sent = answer(ticket, bea)
    assert (ticket.status, ticket.waiting_since, ticket.is_unread) == (Status.OPEN, None, False)
    assert ticket.last_public_message_id == sent.message.id


def test_a_customer_reopens_a_solved_ticket(uma, bea):
    ticket = make_ticket(uma)
    answer(ticket, bea, status=Status.SOLVED)
    assert (ticket.is_open, ticket.solved_at is not None) == (False, True)
    customer_writes(ticket)
    assert (ticket.status, ticket.reopened_count, ticket.is_unread) == (Status.OPEN, 1, True)
