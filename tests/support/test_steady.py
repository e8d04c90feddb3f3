"""A filter that means the same for everybody is a statement built once, with the same answer."""

from datetime import timedelta
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.support import queues, steady
from portal.support.filter_language import EVERYTHING, parse
from portal.support.models import TicketTag
from portal.support.queue_rows import row_maker
from portal.support.queues import Queue, View, conditions, tickets_in
from tests.cast import make_admin, make_tenant, make_user
from tests.support.desk import make_agent
from tests.support.queue_cast import HOUR, looking, put

FILTERS = (
    *("status:any", "status:solved", "status:open,new", "-status:new", "priority:high", "tag:vip"),
    *("tag:vip,press", "-tag:vip", "tag:vip tag:press", "assignee:me", "assignee:none"),
    *(
        "assignee:bea",
        "team:none",
        "team:mine",
        "plan:enterprise",
        "plan:none",
        "is:unread",
        "is:snoozed",
    ),
    *(
        "-is:snoozed",
        "sort:newest",
        "status:any sort:quiet",
        "has:tag",
        "has:attachment",
        "channel:web priority:high tag:vip",
    ),
)
OTHERS = (
    "flute",
    "created:<7d",
    "created:2026-11-01",
    "due:<2h",
    "tenant:acme",
    "tag:o'brien",
    "assignee:%",
    'tag:"a b"',
)


class Readers(NamedTuple):
    """Two who look at the queues; the tickets are one's own."""

    bea: Admin
    mo: Admin


@pytest.fixture(scope="module")
def readers(file_app):
    """Of tickets of every kind."""
    found = Readers(make_admin("Bea Agent"), make_admin("Mo Manager", Role.MANAGER))
    put_every_kind(found.bea)
    return found


def put_every_kind(bea: Admin) -> None:
    agent, una = make_agent(bea), make_user(make_tenant())
    for tags in ([], ["vip"], ["vip", "press"], ["press"]):
        put(una, tags=tags, priority="high", assignee_id=agent.id, assignee_name="Bea")
        put(una, tags=tags, plan_name="Enterprise", is_unread=False)
        put(una, tags=tags, snoozed_until=clock.now() + HOUR)
        put(una, tags=tags, status="solved", is_open=False)
    for ticket in db.session.scalars(sa.select(queues.SupportTicket)):
        db.session.add_all(TicketTag(ticket_id=ticket.id, tag=tag) for tag in ticket.tags)
    db.session.flush()


def numbers(view, text, admin) -> tuple[list[str], list[str]]:
    """As the page finds them, and as the conditions say."""
    queue, looks = Queue.of(view).narrowed_by(parse(text)), looking(admin)
    query = sa.select(*queues.COLUMNS).where(*conditions(queue, looks))
    query = query.order_by(*queue.order.columns())
    expected = map(row_maker(looks.now), db.session.execute(query.limit(50)).all())
    return [row.number for row in tickets_in(queue, looks).items], [row.number for row in expected]


@pytest.mark.parametrize("most", [0, steady.COMMON])
@pytest.mark.parametrize("text", FILTERS)
def test_it_finds_what_the_conditions_say(readers, monkeypatch, text, most):
    monkeypatch.setattr(steady, "COMMON", most)
    assert steady.is_steady(parse(text))
    found, expected = numbers(View.ALL, text, readers.bea)
    assert found == expected


@pytest.mark.parametrize("view", View)
def test_it_narrows_every_view(readers, view):
    found, expected = numbers(view, "tag:vip", readers.bea)
    assert found == expected


@pytest.mark.parametrize("text", OTHERS)
def test_what_depends_on_the_hour_or_may_end_a_text_is_built_each_time(readers, text):
    assert not steady.is_steady(parse(text))
    built = queues._listing.cache_info().currsize
    found, expected = numbers(View.ALL, text, readers.bea)
    assert found == expected
    assert queues._listing.cache_info().currsize == built


def test_it_knows_who_looks_and_when_although_it_is_built_once(readers):
    queue = Queue.of(View.ALL).narrowed_by(parse("assignee:me priority:high"))
    assert len(tickets_in(queue, looking(readers.bea)).items) == 4
    assert tickets_in(queue, looking(readers.mo)).items == []
    asleep = Queue.of(View.ALL).narrowed_by(parse("is:snoozed"))
    assert len(tickets_in(asleep, looking(readers.bea)).items) == 4
    later = looking(readers.bea, now=clock.now() + timedelta(hours=2))
    assert tickets_in(asleep, later).items == []


def test_nothing_that_a_statement_holds_can_end_a_text():
    assert not steady.is_steady(EVERYTHING)
    for sign in "'\"\\%;()$?:\n\x00é":
        assert steady.is_steady(parse(f"tag:a{sign}b")) is (sign == ":")
