"""Rules 1 to 5 of the clocks, through the deeds of the desk: started, paused, satisfied, broken."""

import pytest

from portal.core.actor import SYSTEM
from portal.support.messages import add_note
from portal.support.models.tickets import NEVER
from portal.support.tickets import Opening, open_ticket
from portal.support.words import Channel, Priority, Status
from tests.cast import make_user
from tests.ledger import events
from tests.support.clocks import HOUR, at, due_of
from tests.support.desk import answer, customer_writes, make_ticket
from tests.support.levels import (
    FIRST,
    NEXT,
    WHOLE,
    make_calendar,
    make_rule,
    meta,
    move_to,
    row,
    rows,
    then,
)


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def rule(app):
    return make_rule()


@pytest.fixture
def ticket(rule, uma):
    """It came on Wednesday at ten."""
    with then(7, "10:00"):
        return make_ticket(uma)


def test_rule_1_a_ticket_starts_with_a_first_response_and_a_resolution(ticket, rule):
    first, whole = row(ticket, FIRST), row(ticket, WHOLE)
    assert (first.state, first.started_at, first.due_at) == (
        "running",
        at(7, "10:00"),
        at(7, "11:00"),
    )
    assert (whole.state, whole.due_at) == ("running", at(8, "10:00"))
    assert {(one.rule_id, one.rule_version, one.calendar_version) for one in (first, whole)} == {
        (rule.id, 1, 1)
    }
    assert rows(ticket, NEXT) == []
    assert (ticket.next_due_at, ticket.queue_at) == (first.due_at, first.due_at)


def test_rule_1_without_a_level_nothing_is_due(uma):
    ticket = make_ticket(uma)
    assert (ticket.next_due_at, ticket.queue_at) == (None, NEVER)
    assert rows(ticket, FIRST) == rows(ticket, WHOLE) == []


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ({"priority": "high"}, True),
        ({"priority": "urgent"}, False),
        ({"channel": "phone"}, True),
        ({"category": "billing"}, False),
        ({"min_plan_level": 0}, True),
        ({"min_plan_level": 1}, False),
        ({"tag": "vip"}, False),
    ],
)
def test_rule_1_a_level_asks_for_what_the_ticket_is(uma, condition, is_met):
    make_rule(**condition)
    ticket = make_ticket(uma, priority=Priority.HIGH, channel=Channel.PHONE)
    assert bool(rows(ticket, WHOLE)) is is_met


def test_rule_1_the_first_level_that_matches_counts(uma):
    calendar = make_calendar()
    make_rule(calendar, name="Urgent", priority="urgent")
    second = make_rule(calendar, name="All")
    make_rule(calendar, name="All others")
    assert row(make_ticket(uma), WHOLE).rule_id == second.id


def test_rule_1_a_ticket_that_we_opened_waits_for_its_customer_to_write(rule, uma, bea):
    opening = Opening("Your press", "We saw it stop.", Channel.WEB, author=bea)
    with then(7, "10:00"):
        ticket = open_ticket(by=SYSTEM, requester=uma, opening=opening)
    assert rows(ticket, FIRST) == []
    with then(7, "12:00"):
        customer_writes(ticket)
    assert row(ticket, FIRST).due_at == at(7, "13:00")


def test_rule_2_and_3_time_with_the_customer_does_not_count(ticket, bea):
    with then(7, "12:00"):
        answer(ticket, bea, status=Status.PENDING)
    whole = row(ticket, WHOLE)
    assert (whole.state, whole.consumed_s, whole.running_since) == ("paused", 2 * HOUR, None)
    assert (whole.due_at, whole.warn_at, ticket.next_due_at) == (None, None, None)
    with then(8, "15:00"):
        customer_writes(ticket)
    assert (row(ticket, WHOLE).due_at, row(ticket, WHOLE).consumed_s) == (due_of("S1"), 2 * HOUR)


def test_rule_2_a_pause_while_closed_changes_nothing(ticket):
    for status, when in ((Status.PENDING, (7, "18:00")), (Status.OPEN, (8, "08:00"))):
        with then(*when):
            move_to(ticket, status)
    assert row(ticket, WHOLE).due_at == due_of("S2") == at(8, "10:00")


def test_rule_2_a_status_excuses_no_silence(ticket):
    with then(7, "10:30"):
        move_to(ticket, Status.PENDING)
    assert (row(ticket, FIRST).state, ticket.next_due_at) == ("running", at(7, "11:00"))


@pytest.mark.parametrize(("pauses", "state"), [(False, "running"), (True, "paused")])
def test_rule_2_on_hold_is_our_delay_unless_the_level_says_otherwise(uma, pauses, state):
    make_rule(pauses_on_hold=pauses)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    with then(7, "12:00"):
        move_to(ticket, Status.ON_HOLD)
    assert row(ticket, WHOLE).state == state


def test_rule_2_from_one_pause_into_another_nothing_changes(uma):
    make_rule(pauses_on_hold=True)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    for status, when in ((Status.PENDING, (7, "12:00")), (Status.ON_HOLD, (7, "14:00"))):
        with then(*when):
            move_to(ticket, status)
    assert (row(ticket, WHOLE).state, row(ticket, WHOLE).consumed_s) == ("paused", 2 * HOUR)


@pytest.mark.parametrize(
    ("text", "state", "breached"),
    [("11:00:00", "met", None), ("11:00:01", "missed", at(7, "11:00"))],
)
def test_rule_4_equal_counts_as_met_and_a_second_later_does_not(ticket, bea, text, state, breached):
    with then(7, text):
        answer(ticket, bea)
    first = row(ticket, FIRST)
    assert (first.state, first.breached_at) == (state, breached)
    assert (first.met_at, first.ended_at) == (at(7, text), at(7, text))


def test_rule_4_a_paused_clock_is_met_when_it_had_not_broken(ticket, bea):
    with then(7, "12:00"):
        move_to(ticket, Status.PENDING)
    with then(30, "12:00"):
        move_to(ticket, Status.SOLVED)
    assert (row(ticket, WHOLE).state, row(ticket, WHOLE).consumed_s) == ("met", 2 * HOUR)


def test_rule_5_what_was_late_before_any_sweep_is_missed_when_it_was_due(ticket, bea):
    with then(9, "12:00"):
        answer(ticket, bea, status=Status.SOLVED)
    first, whole = row(ticket, FIRST), row(ticket, WHOLE)
    assert (first.state, first.breached_at) == ("missed", at(7, "11:00"))
    assert (whole.state, whole.breached_at) == ("missed", at(8, "10:00"))
    assert {meta(event)["metric"] for event in events("ticket.sla_breached")} == {FIRST, WHOLE}


def test_next_response_starts_at_the_oldest_message_that_nobody_answered(rule, uma, bea):
    with then(6, "16:00"):
        ticket = make_ticket(uma)
        answer(ticket, bea)
    for text in ("10:00", "10:30"):
        with then(7, text):
            customer_writes(ticket)
    assert row(ticket, NEXT).due_at == due_of("S8")
    with then(7, "10:50"):
        answer(ticket, bea)
    assert (row(ticket, NEXT).state, row(ticket, NEXT).cycle_no) == ("met", 1)
    with then(7, "16:30"):
        customer_writes(ticket, "thanks")
    with then(7, "16:40"):
        move_to(ticket, Status.SOLVED)
    assert [(one.cycle_no, one.state) for one in rows(ticket, NEXT)] == [
        (1, "met"),
        (2, "cancelled"),
    ]


def test_a_note_satisfies_nothing(ticket, bea):
    add_note(by=SYSTEM, ticket=ticket, author=bea, body="Looking.")
    assert row(ticket, FIRST).state == "running"
