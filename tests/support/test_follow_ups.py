"""What a customer writes always finds a ticket."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.support.follow_ups import write_to
from portal.support.linking import related_to
from portal.support.merging import merge
from portal.support.messages import REOPEN_WINDOW
from portal.support.models import TicketParticipant
from portal.support.participants import add_participant, remove_participant
from portal.support.statuses import move
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.support.desk import answer, as_customer, make_ticket
from tests.support.programs import service_program, user_program


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def vic(acme):
    return make_user(acme, "Vic User")


def writes(ticket, user, body="Again!"):
    return write_to(by=as_customer(user), ticket=ticket, author=user, body=body)


@pytest.mark.parametrize("status", [Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD])
def test_an_open_ticket_gets_the_message(uma, status):
    ticket = make_ticket(uma)
    if status != Status.NEW:
        move(by=SYSTEM, ticket=ticket, status=status)
    sent = writes(ticket, uma)
    assert sent.ticket is ticket
    assert ticket.status == (Status.NEW if status == Status.NEW else Status.OPEN)


def test_a_message_wakes_a_sleeping_ticket(uma):
    ticket = make_ticket(uma)
    ticket.snoozed_until = clock.now() + timedelta(days=3)
    writes(ticket, uma)
    assert ticket.snoozed_until is None


def test_within_fourteen_days_a_solved_ticket_is_opened_again(uma, bea):
    ticket = make_ticket(uma)
    answer(ticket, bea, status=Status.SOLVED)
    with clock.standing_at(ticket.solved_at + REOPEN_WINDOW):
        assert writes(ticket, uma).ticket is ticket
    assert (ticket.status, ticket.reopened_count) == (Status.OPEN, 1)


def test_after_that_a_new_ticket_follows_under_the_same_subject(uma, bea):
    ticket = make_ticket(uma)
    answer(ticket, bea, status=Status.SOLVED)
    with clock.standing_at(ticket.solved_at + REOPEN_WINDOW + timedelta(seconds=1)):
        made = writes(ticket, uma).ticket
    assert (made.subject, made.requester_id) == (ticket.subject, uma.id)
    assert ticket.status == Status.SOLVED
    related = related_to(by=as_customer(uma), ticket=made)
    assert [(one.words, one.number) for one in related] == [("Follow-up of", ticket.number)]


def test_a_closed_ticket_stays_closed_and_its_one_follow_up_gets_the_rest(uma):
    ticket = make_ticket(uma)
    move(by=SYSTEM, ticket=ticket, status=Status.CLOSED)
    first, second = writes(ticket, uma), writes(ticket, uma, "And this.")
    assert (ticket.status, ticket.message_count) == (Status.CLOSED, 1)
    assert first.ticket is second.ticket
    assert first.ticket.message_count == 2


def test_each_who_took_part_in_a_closed_ticket_goes_on_in_one_of_their_own(uma, vic, bea):
    ticket = make_ticket(uma)
    add_participant(by=actor(bea), ticket=ticket, email=vic.email)
    move(by=SYSTEM, ticket=ticket, status=Status.CLOSED)
    his, hers = writes(ticket, vic).ticket, writes(ticket, uma).ticket
    assert (his.requester_id, hers.requester_id) == (vic.id, uma.id)
    assert [writes(ticket, one, "And this.").ticket for one in (vic, uma)] == [his, hers]


def test_who_takes_part_in_the_follow_up_goes_on_there(uma, vic, bea):
    ticket = make_ticket(uma)
    add_participant(by=actor(bea), ticket=ticket, email=vic.email)
    move(by=SYSTEM, ticket=ticket, status=Status.CLOSED)
    made = writes(ticket, uma).ticket
    add_participant(by=actor(bea), ticket=made, email=vic.email)
    assert writes(ticket, vic).ticket is made


def said_where_it_went(program, ticket, body):
    """What its author reads in the ticket that took the message."""
    sent = program.ask("POST", f"/tickets/{ticket.number}/messages", {"body": body})
    went = sent.get_json()["ticket_number"]
    return [one["body"] for one in program.get(f"/tickets/{went}/messages")["items"]]


def test_where_a_message_went_its_author_can_read_it(uma, vic, ann, client):
    ticket = make_ticket(uma)
    add_participant(by=actor(ann), ticket=ticket, email=vic.email)
    move(by=SYSTEM, ticket=ticket, status=Status.CLOSED)
    writes(ticket, vic)
    db.session.commit()
    hers = user_program(client, ann, uma)
    assert said_where_it_went(hers, ticket, "My own matter") == ["My own matter"]


def test_a_merged_ticket_leads_to_the_one_that_lives(uma):
    source, target = make_ticket(uma), make_ticket(uma)
    merge(by=SYSTEM, source=source, target=target)
    assert writes(source, uma).ticket is target


def merged_without(uma, vic, bea):
    """Hers went into his, and she was taken off it since."""
    source, target = make_ticket(uma, subject="Hers"), make_ticket(vic, subject="His")
    merge(by=actor(bea), source=source, target=target)
    part = db.session.query(TicketParticipant).filter_by(ticket_id=target.id).one()
    remove_participant(by=actor(bea), ticket=target, participant_id=part.id)
    return source, target


def test_who_was_taken_off_the_one_that_lives_goes_on_in_one_of_their_own(uma, vic, bea):
    source, target = merged_without(uma, vic, bea)
    first, second = writes(source, uma).ticket, writes(source, uma, "And this.").ticket
    assert (first.requester_id, first.subject) == (uma.id, "Hers")
    assert first is second
    assert (source.status, target.message_count) == (Status.MERGED, 2)
    related = related_to(by=as_customer(uma), ticket=first)
    assert [(one.words, one.number) for one in related] == [("Follow-up of", source.number)]


def test_who_was_taken_off_the_one_that_lives_can_read_where_they_wrote(uma, vic, ann, client):
    source, _ = merged_without(uma, vic, ann)
    db.session.commit()
    hers = user_program(client, ann, uma)
    assert said_where_it_went(hers, source, "Still mine") == ["Still mine"]


def test_what_a_service_tells_of_somebody_goes_where_they_see_it(uma, vic, ann, client):
    source, target = merged_without(uma, vic, ann)
    db.session.commit()
    service = service_program(client, ann, "tickets:read", "tickets:write")
    sent = service.ask("POST", f"/tickets/{source.number}/messages", {"body": "She called."})
    assert sent.get_json()["ticket_number"] not in {source.number, target.number}


def test_who_was_brought_by_a_merge_goes_on_in_the_one_that_lives(uma, vic, bea):
    source, target = make_ticket(uma), make_ticket(vic)
    merge(by=SYSTEM, source=source, target=target)
    assert writes(source, uma).ticket is target
    move(by=SYSTEM, ticket=target, status=Status.CLOSED)
    made = writes(source, uma).ticket
    assert [one.number for one in related_to(by=actor(bea), ticket=made)] == [target.number]


def test_a_merge_into_what_was_put_away_is_no_dead_end(uma):
    source, target = make_ticket(uma), make_ticket(uma)
    merge(by=SYSTEM, source=source, target=target)
    move(by=SYSTEM, ticket=target, status=Status.SPAM)
    assert writes(source, uma).ticket not in {source, target}


def test_a_merge_that_leads_nowhere_drops_nothing(uma):
    source, target = make_ticket(uma), make_ticket(uma)
    merge(by=SYSTEM, source=source, target=target)
    move(by=SYSTEM, ticket=target, status=Status.DELETED)
    sent = writes(source, uma)
    assert (sent.ticket is source, source.status) == (True, Status.OPEN)
