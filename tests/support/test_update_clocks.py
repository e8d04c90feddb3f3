"""The promise that a customer hears again: from one answer to the next, while they need not act."""

from dataclasses import replace

import pytest

from portal.core.actor import SYSTEM
from portal.support.due_words import clock_lines
from portal.support.fields import Wanted, change_fields
from portal.support.messages import add_note
from portal.support.rule_terms import BadLevel, terms_of
from portal.support.rules import change_rule, move_rule
from portal.support.seeing import lock_ticket
from portal.support.sweeping import note_breaches
from portal.support.tickets import Opening, open_ticket
from portal.support.withdrawing import undo_send
from portal.support.words import Channel, Priority, Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.clocks import HOUR, at
from tests.support.desk import answer, customer_writes, make_ticket
from tests.support.levels import (
    UPDATE,
    make_calendar,
    make_rule,
    meta,
    move_to,
    row,
    rows,
    then,
    work,
)


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def ticket(app, uma, bea):
    """It came on Wednesday at ten; at eleven Bea wrote that she looks into it."""
    make_rule(update_s=4 * HOUR)
    with then(7, "10:00"):
        made = make_ticket(uma)
    with then(7, "11:00"):
        answer(made, bea, "We look into it.")
    return made


def test_it_begins_with_an_answer_and_the_next_one_gives_it_and_begins_another(ticket, bea):
    first = row(ticket, UPDATE)
    assert (first.state, first.started_at, first.due_at) == (
        "running",
        at(7, "11:00"),
        at(7, "15:00"),
    )
    with then(7, "14:00"):
        answer(ticket, bea, "The fuse, it seems.")
    assert [one.state for one in rows(ticket, UPDATE)] == ["met", "running"]
    second = row(ticket, UPDATE)
    assert (second.cycle_no, second.due_at) == (2, at(8, "10:00"))


def test_without_an_answer_and_by_a_note_nothing_of_it_begins(app, uma, bea):
    make_rule(update_s=HOUR)
    ticket = make_ticket(uma)
    add_note(by=actor(bea), ticket=ticket, author=bea, body="Hm.")
    assert rows(ticket, UPDATE) == []


def test_what_we_wrote_first_begins_it(app, uma, bea):
    make_rule(update_s=HOUR)
    opening = Opening("Your contract", "It ends.", Channel.EMAIL, author=bea)
    with then(7, "10:00"):
        made = open_ticket(by=actor(bea), requester=uma, opening=opening)
    assert row(made, UPDATE).due_at == at(7, "11:00")


def test_a_level_without_it_promises_none(app, uma, bea):
    make_rule()
    ticket = make_ticket(uma)
    answer(ticket, bea)
    assert rows(ticket, UPDATE) == []


def test_it_stands_still_while_the_customer_has_to_answer(ticket):
    with then(7, "13:00"):
        move_to(ticket, Status.PENDING)
    assert (row(ticket, UPDATE).state, row(ticket, UPDATE).consumed_s) == ("paused", 2 * HOUR)
    with then(8, "09:00"):
        customer_writes(ticket, "It is the blue one.")
    assert (row(ticket, UPDATE).state, row(ticket, UPDATE).due_at) == ("running", at(8, "11:00"))


@pytest.mark.parametrize("status", [Status.SOLVED, Status.SPAM])
def test_it_ends_with_the_ticket(ticket, status):
    with then(7, "12:00"):
        move_to(ticket, status)
    assert row(ticket, UPDATE).state == "cancelled"


def test_an_answer_that_solves_gives_it_and_promises_no_other(ticket, bea):
    with then(7, "12:00"):
        answer(ticket, bea, "Done.", status=Status.SOLVED)
    assert [one.state for one in rows(ticket, UPDATE)] == ["met"]


def test_too_late_it_is_broken_at_the_instant_it_was_due(ticket, bea):
    with then(8, "12:00"):
        note_breaches(at(8, "12:00"))
    assert row(ticket, UPDATE).breached_at == at(7, "15:00")
    with then(8, "13:00"):
        answer(ticket, bea, "Still at it.")
    assert [one.state for one in rows(ticket, UPDATE)] == ["missed", "running"]
    assert "update" in {meta(event)["metric"] for event in events("ticket.sla_breached")}


def test_the_answer_that_is_taken_back_promised_nothing(ticket, bea):
    with then(7, "14:00"):
        sent = answer(ticket, bea, "Too soon.").message
        undo_send(by=actor(bea), ticket=ticket, message_id=sent.id)
    (only,) = rows(ticket, UPDATE)
    assert (only.state, only.due_at, only.met_at) == ("running", at(7, "15:00"), None)


@pytest.mark.parametrize("status", [Status.PENDING, Status.SOLVED])
def test_nor_did_one_that_moved_the_ticket(ticket, bea, status):
    with then(7, "14:00"):
        sent = answer(ticket, bea, "Too soon.", status=status).message
        undo_send(by=actor(bea), ticket=ticket, message_id=sent.id)
    (only,) = rows(ticket, UPDATE)
    assert (only.state, only.due_at) == ("running", at(7, "15:00"))


def test_of_two_answers_the_later_one_stays_an_update(ticket, bea):
    with then(7, "13:00"):
        early = answer(ticket, bea, "One.").message
        with then(7, "13:00:05"):
            answer(ticket, bea, "Two.")
            undo_send(by=actor(bea), ticket=ticket, message_id=early.id)
    assert [one.state for one in rows(ticket, UPDATE)] == ["met", "met", "running"]


def test_another_level_keeps_the_time_so_far(ticket):
    urgent = make_rule(
        make_calendar(name="Other"), name="Urgent", priority="urgent", update_s=2 * HOUR
    )
    move_rule(by=SYSTEM, rule=urgent, steps=1)
    change = {"priority": Wanted(Priority.URGENT)}
    with then(7, "12:00"):
        lock_ticket(ticket)
        change_fields(by=SYSTEM, ticket=ticket, wanted=change)
    assert (row(ticket, UPDATE).target_s, row(ticket, UPDATE).due_at) == (2 * HOUR, at(7, "13:00"))


def test_a_level_that_promises_it_later_promises_it_from_then_on(app, uma, bea):
    rule = make_rule()
    with then(7, "10:00"):
        ticket = make_ticket(uma)
        answer(ticket, bea)
    with then(7, "12:00"):
        terms = replace(terms_of(rule), update_s=HOUR)
        change_rule(by=SYSTEM, rule=rule, version=1, terms=terms)
        work()
    assert (row(ticket, UPDATE).started_at, row(ticket, UPDATE).due_at) == (
        at(7, "12:00"),
        at(7, "13:00"),
    )


def test_alone_it_is_no_level(app):
    nothing = {"first_response_s": None, "next_response_s": None, "resolution_s": None}
    with pytest.raises(BadLevel, match="an answer or a solution"):
        make_rule(**nothing, update_s=HOUR)


def test_the_page_explains_when_it_is_due(ticket):
    with then(7, "12:00"):
        lines = {line.label: line for line in clock_lines(ticket)}
    assert (lines["Next update"].target, lines["Next update"].words) == ("4h", "3h left")


def test_begun_by_an_answer_that_waits_for_the_customer_it_has_not_run(ticket, bea):
    with then(7, "12:00"):
        answer(ticket, bea, "Which fuse is it?", status=Status.PENDING)
    with then(7, "13:00"):
        (line,) = (each for each in clock_lines(ticket) if each.words == "paused, 4h left")
    assert line.spans == ()
