"""Rules 6 to 10 of the clocks, through the deeds: other terms, edits, reopening, merging."""

from dataclasses import replace

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.support import clocks
from portal.support.calendars import change_calendar
from portal.support.rule_terms import terms_of
from portal.support.rules import change_rule, disable_rule, enable_rule
from portal.support.seeing import lock_ticket
from portal.support.words import MessageKind, Priority, Status
from tests.cast import make_user
from tests.ledger import events
from tests.statements import counted
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
    office,
    row,
    rows,
    then,
    work,
)

LUNCH = dict.fromkeys(range(5), ((540, 720), (780, 1020)))


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def calendar(app):
    return make_calendar()


@pytest.fixture
def urgent(calendar):
    return make_rule(calendar, name="Urgent", priority="urgent", resolution_s=4 * HOUR)


@pytest.fixture
def rule(calendar, urgent):
    return make_rule(calendar)


@pytest.fixture
def ticket(rule, uma, bea):
    """It came on Wednesday at ten, and was answered at once."""
    with then(7, "10:00"):
        work()
        ticket = make_ticket(uma)
        answer(ticket, bea)
    return ticket


def raise_to(ticket, priority: Priority) -> None:
    lock_ticket(ticket)
    ticket.priority = priority
    clocks.terms_changed(ticket, clock.now())


def test_rule_6_consumed_time_counts_against_the_shorter_target(ticket, urgent):
    with then(7, "13:00"):
        raise_to(ticket, Priority.URGENT)
    old, new = rows(ticket, WHOLE)
    assert (old.state, old.consumed_s, old.superseded_by) == ("superseded", 3 * HOUR, new.id)
    assert (new.due_at, new.started_at, new.rule_id) == (due_of("S4a"), at(7, "10:00"), urgent.id)
    assert ticket.next_due_at == new.due_at


def test_rule_6_a_target_that_was_reached_broke_when_it_was(ticket):
    with then(7, "16:00"):
        raise_to(ticket, Priority.URGENT)
    new = row(ticket, WHOLE)
    assert (new.breached_at, new.breach_reason) == (at(7, "14:00"), "target_changed")


def test_rule_6_a_target_reached_before_a_pause_broke_then(ticket):
    for status, text in ((Status.PENDING, "15:00"), (Status.OPEN, "16:00")):
        with then(7, text):
            move_to(ticket, status)
    with then(7, "16:30"):
        raise_to(ticket, Priority.URGENT)
    assert row(ticket, WHOLE).breached_at == at(7, "14:00")


def test_rule_6_a_lower_priority_erases_no_breach(ticket):
    with then(7, "11:00"):
        raise_to(ticket, Priority.URGENT)
    with then(8, "10:30"):
        raise_to(ticket, Priority.MEDIUM)
        move_to(ticket, Status.SOLVED)
    assert [one.state for one in rows(ticket, WHOLE)] == ["superseded", "superseded", "missed"]
    assert row(ticket, WHOLE).breached_at == at(7, "14:00")


def test_rule_6_a_change_while_paused_counts_as_it_goes_on(ticket):
    with then(7, "12:00"):
        move_to(ticket, Status.PENDING)
    with then(7, "13:00"):
        raise_to(ticket, Priority.URGENT)
    assert (row(ticket, WHOLE).state, row(ticket, WHOLE).consumed_s) == ("paused", 2 * HOUR)
    with then(7, "14:00"):
        move_to(ticket, Status.OPEN)
    assert row(ticket, WHOLE).due_at == at(7, "16:00")


def test_rule_6_a_target_passed_before_a_pause_broke_then_however_late_it_goes_on(ticket):
    for status, day, text in ((Status.PENDING, 7, "15:00"), (Status.OPEN, 9, "10:00")):
        with then(day, text):
            move_to(ticket, status)
        if status is Status.PENDING:
            with then(8, "13:00"):
                raise_to(ticket, Priority.URGENT)
            assert row(ticket, WHOLE).due_at is None
    new = row(ticket, WHOLE)
    assert (new.due_at, new.breached_at) == (at(7, "14:00"), at(7, "14:00"))
    assert (new.breach_reason, new.consumed_s) == ("target_changed", 5 * HOUR)


def test_rule_6_time_counts_by_the_hours_that_it_had_whatever_the_new_level_counts_by(
    calendar, uma, bea
):
    always = make_calendar(name="Always", weekly=dict.fromkeys(range(7), ((0, 1440),)))
    make_rule(always, name="Urgent", priority="urgent", resolution_s=8 * HOUR)
    make_rule(calendar, resolution_s=48 * HOUR)
    with then(7, "15:00"):
        ticket = make_ticket(uma)
    with then(8, "16:00"):
        move_to(ticket, Status.PENDING)
    with then(8, "18:00"):
        raise_to(ticket, Priority.URGENT)
    with then(9, "10:00"):
        move_to(ticket, Status.OPEN)
    assert row(ticket, WHOLE).breached_at == at(8, "15:00")


def test_rule_6_a_running_clock_under_other_hours_broke_before_its_pause(calendar, uma):
    always = make_calendar(name="Always", weekly=dict.fromkeys(range(7), ((0, 1440),)))
    make_rule(always, name="Urgent", priority="urgent", resolution_s=4 * HOUR)
    make_rule(calendar, resolution_s=48 * HOUR)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    for status, text in ((Status.PENDING, "15:00"), (Status.OPEN, "16:00")):
        with then(7, text):
            move_to(ticket, status)
    with then(7, "16:30"):
        raise_to(ticket, Priority.URGENT)
    assert row(ticket, WHOLE).breached_at == at(7, "14:00")


def test_rule_6_a_level_may_begin_anew(calendar, uma):
    make_rule(calendar, priority="urgent", resolution_s=4 * HOUR, on_change="restart")
    make_rule(calendar)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    with then(7, "13:00"):
        raise_to(ticket, Priority.URGENT)
    assert (row(ticket, WHOLE).started_at, row(ticket, WHOLE).due_at) == (
        at(7, "13:00"),
        at(7, "17:00"),
    )


def test_rule_6_a_level_that_comes_to_apply_counts_from_then_on(calendar, uma):
    make_rule(calendar, priority="urgent", resolution_s=4 * HOUR)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    assert ticket.next_due_at is None
    with then(7, "12:00"):
        raise_to(ticket, Priority.URGENT)
    assert (row(ticket, FIRST).due_at, row(ticket, WHOLE).due_at) == (
        at(7, "13:00"),
        at(7, "16:00"),
    )
    with then(7, "12:30"):
        raise_to(ticket, Priority.LOW)
    assert (row(ticket, FIRST).state, ticket.next_due_at) == ("cancelled", None)


def test_rule_7_an_edit_of_the_hours_counts_from_now_on(ticket, calendar):
    with then(7, "12:30"):
        change_calendar(by=SYSTEM, calendar=calendar, version=1, terms=office(weekly=LUNCH))
    with then(7, "12:30"):
        work()
    old, new = rows(ticket, WHOLE)
    assert (old.calendar_version, new.calendar_version, new.consumed_s) == (1, 2, 9000)
    # From 13:00 on it is 4 hours until the evening, and the rest on Thursday.
    assert new.due_at == at(8, "10:30")
    rewritten = events("sla_rule.clocks_rewritten")
    assert [meta(one)["count"] for one in rewritten if one.target_type == "calendar"] == [1]


def test_rule_7_an_edit_of_the_target_rewrites_what_runs(ticket, rule):
    terms = terms_of(rule)
    with then(7, "13:00"):
        change_rule(by=SYSTEM, rule=rule, version=1, terms=replace(terms, resolution_s=6 * HOUR))
        work()
    new = row(ticket, WHOLE)
    assert (new.rule_version, new.target_s, new.due_at) == (2, 6 * HOUR, at(7, "16:00"))
    assert ticket.next_due_at == new.due_at


def test_rule_7_a_level_that_is_switched_off_promises_nothing_at_once(ticket, rule):
    with then(7, "12:00"):
        disable_rule(by=SYSTEM, rule=rule)
    assert (row(ticket, WHOLE).state, row(ticket, WHOLE).consumed_s) == ("cancelled", 2 * HOUR)
    assert ticket.next_due_at is None


def test_rule_7_switched_on_again_it_counts_from_then_on(ticket, rule):
    with then(7, "12:00"):
        disable_rule(by=SYSTEM, rule=rule)
    with then(7, "15:00"):
        enable_rule(by=SYSTEM, rule=rule)
        work()
    assert (row(ticket, WHOLE).cycle_no, row(ticket, WHOLE).started_at) == (2, at(7, "15:00"))
    assert row(ticket, FIRST).state == "met"


def test_rule_8_time_as_solved_does_not_count(ticket):
    with then(7, "15:00"):
        move_to(ticket, Status.SOLVED)
    assert (row(ticket, WHOLE).state, ticket.next_due_at) == ("met", None)
    with then(12, "11:00"):
        customer_writes(ticket)
    whole = row(ticket, WHOLE)
    assert (whole.state, whole.due_at, whole.ended_at) == ("running", due_of("S6"), None)
    assert (ticket.first_solved_at, row(ticket, NEXT).due_at) == (at(7, "15:00"), at(12, "12:00"))
    assert [one.state for one in rows(ticket, FIRST)] == ["met"]


def test_rule_8_a_level_may_begin_the_resolution_anew(calendar, uma):
    make_rule(calendar, on_reopen="restart", first_response_s=8 * HOUR)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    with then(7, "15:00"):
        move_to(ticket, Status.SOLVED)
    with then(12, "11:00"):
        customer_writes(ticket)
    cycles = [(one.state, one.cycle_no) for one in rows(ticket, WHOLE)]
    assert cycles == [("met", 1), ("running", 2)]
    # Solved without a word, its first response never comes back.
    assert [one.state for one in rows(ticket, FIRST)] == ["cancelled"]
    assert row(ticket, NEXT).started_at == at(12, "11:00")


def test_rule_9_a_merged_ticket_has_no_clocks_and_its_customer_waits_in_the_other(ticket, uma):
    with then(7, "12:00"):
        source = make_ticket(uma)
    with then(7, "12:30"):
        customer_writes(ticket)
        clocks.merged_away(source, ticket, clock.now())
        lock_ticket(source)
    assert {one.state for one in (row(source, FIRST), row(source, WHOLE))} == {"cancelled"}
    assert source.next_due_at is None
    assert (row(ticket, NEXT).started_at, ticket.next_due_at) == (at(7, "12:00"), at(7, "13:00"))


def test_rule_9_undone_everybody_waits_in_their_own(ticket, uma):
    with then(7, "12:00"):
        source = make_ticket(uma)
    with then(7, "12:30"):
        clocks.merged_away(source, ticket, clock.now())
        clocks.status_changed(source, Status.NEW, Status.MERGED, clock.now())
        source.waiting_since = None
    assert row(ticket, NEXT).started_at == at(7, "12:00")
    with then(7, "13:30"):
        clocks.status_changed(source, Status.MERGED, Status.NEW, clock.now())
        clocks.merge_undone(ticket, clock.now())
    assert row(ticket, NEXT).state == "cancelled"
    # Half an hour was left of it, and an hour as merged does not count.
    assert (row(source, FIRST).state, row(source, FIRST).due_at) == ("running", at(7, "14:00"))


def test_rule_10_as_spam_nothing_is_due_and_a_mistake_is_undone(ticket):
    with then(7, "12:00"):
        move_to(ticket, Status.SPAM)
    assert (row(ticket, WHOLE).state, ticket.next_due_at) == ("cancelled", None)
    with then(7, "14:00"):
        move_to(ticket, Status.OPEN)
    assert (row(ticket, WHOLE).state, row(ticket, WHOLE).due_at) == ("running", at(8, "12:00"))


def test_an_answer_that_was_taken_back_satisfied_nothing(rule, uma, bea):
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    with then(7, "10:20"):
        sent = answer(ticket, bea, status=Status.SOLVED)
    with then(7, "10:21"):
        sent.message.kind = MessageKind.NOTE
        move_to(ticket, Status.OPEN)
        ticket.first_response_at, ticket.waiting_since = None, ticket.created_at
        clocks.reply_withdrawn(ticket, sent.message.created_at)
    first = row(ticket, FIRST)
    assert (first.state, first.met_at, first.due_at) == ("running", None, at(7, "11:00"))
    assert ticket.next_due_at == at(7, "11:00")


@pytest.mark.parametrize(("status", "most"), [(None, 2), (Status.SOLVED, 4)])
def test_the_clocks_of_a_reply_cost_few_statements(ticket, bea, status, most):
    with then(7, "12:00"):
        customer_writes(ticket)
    db.session.flush()
    with then(7, "12:30"), counted() as statements:
        answer(ticket, bea, status=status)
        db.session.flush()
    of_clocks = [each for each in statements if "_sla_" in each]
    assert len(of_clocks) <= most, of_clocks
