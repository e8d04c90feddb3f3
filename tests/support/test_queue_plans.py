"""How a queue is found among ten thousand tickets: by an index, at the cost of one statement."""

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db, is_sqlite
from portal.core.statistics import gather_statistics
from portal.support.filter_language import parse
from portal.support.models import SupportTicket, TicketEvent
from portal.support.queues import Queue, View, counts_of, tickets_in
from portal.support.timers import run_timers
from tests.cast import make_admin, make_tenant, make_user
from tests.statements import counted, plans_of
from tests.support.desk import make_agent
from tests.support.queue_cast import HOUR, looking, put, put_many

BY_INDEX = (View.MINE, View.UNASSIGNED, View.BREACHED, View.DUE_SOON, View.SNOOZED)

OF_ASLEEP = (Queue.of(View.SNOOZED), Queue.of(View.ALL).narrowed_by(parse("is:snoozed")))


@pytest.fixture(scope="module")
def beas(file_app):
    """Bea among many: a fifth is open, over eight agents and nobody; a few are late or due soon."""
    bea = make_admin("Bea Agent")
    agents = [make_agent(bea).id] + [make_agent(make_admin(f"A{n}")).id for n in range(7)]
    now, holders = clock.now(), [*agents, None]
    put_many(
        put(make_user(make_tenant())),
        10_000,
        is_open=lambda place: place % 5 == 0,
        status=lambda place: "open" if place % 5 == 0 else "closed",
        assignee_id=lambda place: holders[place % 9],
        queue_at=lambda place: now + HOUR * (place // 5 - 40),
    )
    put_events()
    gather_statistics()
    if not is_sqlite():
        db.session.execute(sa.text("ANALYZE support_tickets, ticket_events"))
    db.session.commit()
    db.session.refresh(bea)
    return bea


def put_events():
    """One more of every ticket."""
    values = {"kind": "status", "actor_type": "system", "actor_label": "The portal"}
    fixed = [sa.literal(value) for value in values.values()]
    rows = sa.select(SupportTicket.id, SupportTicket.created_at, *fixed)
    names = ["ticket_id", "at", *values]
    db.session.execute(sa.insert(TicketEvent).from_select(names, rows))


def counts_of_one(queue, who):
    return counts_of([queue], who)


def scans(plan: str) -> bool:
    """Does it read the whole table?"""
    if not is_sqlite():
        return "Seq Scan on support_tickets" in plan
    whole = [line for line in plan.splitlines() if line.startswith("SCAN support_tickets")]
    return any("USING" not in line for line in whole)


@pytest.mark.parametrize("view", BY_INDEX)
def test_a_page_is_found_by_an_index(beas, view):
    (plan,) = plans_of(lambda: tickets_in(Queue.of(view), looking(beas)))
    assert "ix_support_tickets_" in plan
    assert not scans(plan), plan


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_finished_tickets_are_found_in_their_order(beas, status):
    queue = Queue.of(View.ALL).narrowed_by(parse(f"status:{status}"))
    (plan,) = plans_of(lambda: tickets_in(queue, looking(beas)))
    assert "ix_support_tickets_" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan, plan


@pytest.mark.parametrize(
    "text",
    [
        *(f"sort:{order}" for order in ("newest", "oldest", "updated", "quiet")),
        *("sort:quiet is:unread", "sort:oldest status:any", "sort:newest status:any"),
    ],
)
def test_tickets_are_found_in_the_order_that_is_asked_for(beas, text):
    queue = Queue.of(View.ALL).narrowed_by(parse(text))
    (plan,) = plans_of(lambda: tickets_in(queue, looking(beas)))
    assert "ix_support_tickets_" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan, plan


def test_the_counts_are_found_by_indexes(beas):
    (plan,) = plans_of(lambda: counts_of([Queue.of(view) for view in BY_INDEX], looking(beas)))
    assert not scans(plan), plan


@pytest.mark.one_database("sqlite")
@pytest.mark.parametrize("ask", [counts_of_one, tickets_in])
@pytest.mark.parametrize("queue", OF_ASLEEP, ids=["its own view", "narrowed"])
def test_what_is_put_off_is_found_by_its_index_without_statistics_too(app, bea, queue, ask):
    """SQLite gathers none by itself."""
    (plan,) = plans_of(lambda: ask(queue, looking(bea)))
    assert "ix_support_tickets_snoozed_until (snoozed_until>?)" in plan


def test_ten_thousand_tickets_cost_no_more_statements_than_none(beas):
    with counted() as statements:
        page = tickets_in(Queue.of(View.ALL), looking(beas))
    assert (len(page.items), len(statements)) == (50, 1)
    assert statements[0].count(" FROM ") == 1
    assert "COUNT(" not in statements[0].upper()


def silent_plan():
    """How the timers look for customers who said nothing."""
    (plan,) = [each for each in plans_of(lambda: run_timers({})) if "ticket_events" in each]
    return plan


def test_silence_is_found_by_an_index_and_when_it_began_by_another(beas):
    plan = silent_plan()
    assert "ix_support_tickets_" in plan
    assert not scans(plan), plan
    assert "ix_ticket_events_ticket_id" in plan


@pytest.mark.one_database("sqlite")
def test_silence_is_found_by_indexes_without_statistics_too(app):
    plan = silent_plan()
    assert "ix_support_tickets_open_last_message_at (is_open=? AND last_message_at<?)" in plan
    assert "ix_ticket_events_ticket_id (ticket_id=?)" in plan
