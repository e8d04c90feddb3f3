"""Tickets by the bulk: as the desk's own deeds would have left them, down to the last column."""

from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.customers.models import User
from portal.support.bodies import preview_of
from portal.support.clock_math import ClockState
from portal.support.models import (
    SupportMessage,
    SupportTicket,
    TicketClock,
    TicketEvent,
    TicketNumber,
    TicketParticipant,
    TicketTag,
)
from portal.support.models.tickets import NEVER
from portal.support.recounting import recount
from portal.support.rule_terms import level_for, levels_in_force
from portal.support.sweeping import note_breaches, tell_breaches, warn
from portal.support.text_matching import text_condition
from portal.support.words import OPEN_STATUSES, MessageKind, Status
from seeds.bulk_customers import bulk_customers
from seeds.bulk_desk import NobodyAnswers
from seeds.bulk_outlines import LONGEST
from seeds.bulk_tickets import bulk_tickets
from seeds.catalog import seed_catalog
from tests.cast import make_admin
from tests.conftest import make_app

COUNT = 300
AT = datetime(2026, 11, 18, 10, 30, tzinfo=UTC)
"""A Wednesday, with people at work."""


@pytest.fixture(scope="module")
def filled(file_app):
    assert fill(COUNT)["tickets"] == COUNT
    return file_app


@contextmanager
def fresh(database, folder):
    app = make_app(database.clone(), folder)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def fill(count):
    with clock.standing_at(AT):
        seed_catalog()
        bulk_customers(tenants=20, users=100, overrides=0, seed=7)
        for name in ("Bea Agent", "Cy Agent", "Di Agent", "Ed Agent"):
            make_admin(name)
        db.session.commit()
        return bulk_tickets(count, seed=7)


def rows(model, *order):
    return list(db.session.scalars(sa.select(model).order_by(*(order or (model.id,)))))


def by_ticket(model):
    found = rows(model, model.ticket_id, model.id)
    return {key: list(group) for key, group in groupby(found, lambda row: row.ticket_id)}


def columns_of(ticket):
    return {column.name: getattr(ticket, column.name) for column in SupportTicket.__table__.c}


def test_every_status_of_a_living_desk_is_there(filled):
    found = Counter(ticket.status for ticket in rows(SupportTicket))
    assert set(found) == {*OPEN_STATUSES, Status.SOLVED, Status.CLOSED, Status.SPAM}
    assert found[Status.CLOSED] > COUNT / 2


def test_there_are_about_eight_messages_a_ticket_and_one_thread_of_500(filled):
    counts = sorted(len(found) for found in by_ticket(SupportMessage).values())
    assert counts[-1] == LONGEST
    assert counts[-2] <= 60
    assert 7 < sum(counts[:-1]) / (COUNT - 1) < 9.5


def test_numbers_follow_the_opening_without_a_gap_within_each_year(filled):
    last = {row.year: row.last for row in rows(TicketNumber, TicketNumber.year)}
    opened = rows(SupportTicket, SupportTicket.created_at, SupportTicket.number)
    numbers = {year: [t.number for t in opened if t.created_at.year == year] for year in last}
    for year, found in numbers.items():
        assert found == [f"TCK-{year}-{n:06}" for n in range(1, last[year] + 1)]
    assert sum(last.values()) == COUNT


def test_a_ticket_shows_of_its_thread_what_a_recount_would_find(filled):
    for ticket in rows(SupportTicket):
        before = columns_of(ticket)
        recount(ticket)
        after = columns_of(ticket) | {"version": ticket.version - 1}
        assert before == after, ticket.number
    db.session.rollback()


def test_a_ticket_names_its_customer_as_they_are(filled):
    users = {user.id: user for user in rows(User)}
    for ticket in rows(SupportTicket):
        user = users[ticket.requester_id]
        assert (ticket.tenant_id, ticket.requester_name) == (user.tenant_id, user.name)
        assert ticket.requester_email == user.email
    for other in rows(TicketParticipant):
        assert users[other.user_id].email_key == other.email_key


def test_what_is_due_is_the_earliest_end_of_its_running_clocks(filled):
    clocks = by_ticket(TicketClock)
    for ticket in rows(SupportTicket):
        mine = clocks.get(ticket.id, [])
        due = [row.due_at for row in mine if row.state == ClockState.RUNNING]
        assert ticket.next_due_at == min(due, default=None)
        assert ticket.queue_at == (ticket.next_due_at or NEVER)
        assert ticket.is_open or not any(ClockState(row.state).is_live for row in mine)


def test_clocks_run_by_the_level_that_counts_for_the_ticket(filled):
    levels, clocks = levels_in_force(), by_ticket(TicketClock)
    states = Counter(row.state for found in clocks.values() for row in found)
    assert {"running", "paused", "met", "missed", "cancelled"} == set(states)
    for ticket in rows(SupportTicket):
        level = level_for(ticket, levels)
        assert {row.rule_id for row in clocks[ticket.id]} == {level.rule_id}


def test_a_sweep_finds_nothing_that_was_not_noted_and_told_already(filled):
    assert (note_breaches(AT), tell_breaches(AT), warn(AT)) == (0, 0, 0)
    told = [row for row in rows(TicketClock) if row.breached_at]
    assert told
    assert all(row.breached_at <= row.escalated_at <= AT for row in told)
    assert any(row.warned_at for row in rows(TicketClock))


def test_the_history_of_statuses_leads_to_where_the_ticket_stands(filled):
    events = by_ticket(TicketEvent)
    for ticket in rows(SupportTicket):
        mine = events[ticket.id]
        assert mine[0].kind == "created"
        assert [event.at for event in mine] == sorted(event.at for event in mine)
        status = "new"
        for event in (event for event in mine if event.kind == "status"):
            assert event.old == status
            status = event.new
        assert status == ticket.status


def test_tags_stand_in_the_row_and_in_their_table(filled):
    tagged = by_ticket_tags()
    assert all(sorted(t.tags) == tagged.get(t.id, []) for t in rows(SupportTicket))
    assert tagged


def by_ticket_tags():
    found = rows(TicketTag, TicketTag.ticket_id, TicketTag.tag)
    return {k: [row.tag for row in g] for k, g in groupby(found, lambda row: row.ticket_id)}


def test_the_search_finds_them_by_what_was_said(filled):
    message = next(row for row in rows(SupportMessage) if row.kind == MessageKind.NOTE)
    phrase = " ".join(message.body.replace("\n", " ").split()[:6]).rstrip(".:")
    query = sa.select(SupportTicket.id).where(text_condition([], [phrase]))
    assert message.ticket_id in set(db.session.scalars(query))
    first = rows(SupportTicket)[0]
    assert first.last_message_preview == preview_of(
        db.session.get_one(SupportMessage, first.last_public_message_id).body
    )


def test_the_same_seed_makes_the_same_tickets(database, tmp_path):
    made = []
    for name in ("one", "other"):
        with fresh(database, tmp_path / name):
            fill(20)
            tickets = [columns_of(ticket) for ticket in rows(SupportTicket)]
            made.append((tickets, [message.body for message in rows(SupportMessage)]))
    assert made[0] == made[1]


def test_without_bulk_users_there_is_nothing_to_add_to(app):
    assert bulk_tickets(5, seed=1) == {}


def test_without_agents_nobody_would_have_answered(app, acme):
    db.session.add(
        User(
            tenant_id=acme.id,
            external_id="bulk-1",
            name="Al",
            name_key="al",
            email="al@bulk-1.test",
            email_key="al@bulk-1.test",
            status="active",
            created_at=clock.now(),
        )
    )
    db.session.flush()
    with pytest.raises(NobodyAnswers):
        bulk_tickets(5, seed=1)
