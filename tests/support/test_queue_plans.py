"""How a queue is found among ten thousand tickets: by an index, at the cost of one statement."""

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db, is_sqlite
from portal.support.filter_language import parse
from portal.support.queues import Queue, View, counts_of, tickets_in
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
    db.session.execute(sa.text("ANALYZE" if is_sqlite() else "ANALYZE support_tickets"))
    db.session.commit()
    db.session.refresh(bea)
    return bea


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
