"""Who is told what of a ticket, under the bell."""

import pytest

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Notice
from portal.staff.notices import read_all_notices
from portal.support.mentions import mentioned_in
from portal.support.messages import add_note
from portal.support.telling import ticket_assigned
from portal.support.watching import unwatch, watch, watchers_of
from tests.cast import actor, make_admin, make_user
from tests.support.desk import answer, customer_writes, make_agent, make_ticket


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


@pytest.fixture
def agents(bea, mo):
    return [make_agent(bea), make_agent(mo)]


def told(admin):
    rows = db.session.query(Notice).filter_by(admin_id=admin.id).order_by(Notice.id)
    return [(row.kind, row.text) for row in rows]


def kinds(admin):
    return [kind for kind, _ in told(admin)]


def note(ticket, admin, body):
    return add_note(by=actor(admin), ticket=ticket, author=admin, body=body)


def test_a_customers_message_tells_the_assignee_where_to_look(ticket, bea, mo, agents):
    ticket.assignee_id = bea.id
    customer_writes(ticket)
    assert told(bea) == [("ticket.message", f"A customer wrote in {ticket.number} of Acme.")]
    assert db.session.query(Notice).one().url == f"/support/tickets/{ticket.number}"


def test_nobody_is_told_of_a_customer_whose_ticket_is_nobodys(ticket, agents):
    customer_writes(ticket)
    assert db.session.query(Notice).count() == 0


def test_a_second_message_is_told_once_the_first_was_read(ticket, bea, agents):
    ticket.assignee_id = bea.id
    customer_writes(ticket)
    customer_writes(ticket)
    assert len(told(bea)) == 1
    read_all_notices(admin_id=bea.id)
    customer_writes(ticket)
    assert len(told(bea)) == 2


def test_whoever_watches_is_told_of_others_and_never_of_themselves(ticket, bea, mo, agents):
    watch(ticket=ticket, admin_ids=[bea.id, mo.id])
    answer(ticket, bea)
    assert (told(bea), kinds(mo)) == ([], ["ticket.message"])


def test_who_watches_no_more_is_told_no_more(ticket, bea, mo, agents):
    watch(ticket=ticket, admin_ids=[mo.id])
    watch(ticket=ticket, admin_ids=[mo.id])
    unwatch(ticket=ticket, admin_id=mo.id)
    note(ticket, bea, "Nothing new.")
    assert told(mo) == []


def test_a_mention_tells_and_makes_a_watcher(ticket, bea, mo, agents):
    note(ticket, bea, "@mo-manager please look, and @bea too")
    assert (kinds(mo), told(bea)) == (["ticket.mention"], [])
    assert watchers_of(ticket.id) == {mo.id}


def test_a_mention_in_a_public_reply_calls_nobody(ticket, bea, mo, agents):
    answer(ticket, bea, body="@mo will call you")
    assert told(mo) == []


def test_a_new_assignee_is_told_unless_they_took_it(ticket, bea, agents):
    ticket.assignee_id = bea.id
    ticket_assigned(by=actor(bea), ticket=ticket)
    assert told(bea) == []
    ticket_assigned(by=SYSTEM, ticket=ticket)
    assert told(bea) == [("ticket.assigned", f"{ticket.number} of Acme is yours now.")]


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@bea.", {"bea"}),
        ("(@BEA) and @bea-ag", {"bea"}),
        ("@b is too short, and uma@mo.test is an address", set()),
        ("@mo", {"mo"}),
        ("@mon", {"monty"}),
        ("@nobody @ @@ @bea_x", set()),
        ("ask @be", {"bea"}),
    ],
)
def test_whom_a_word_calls(bea, mo, agents, text, called):
    monty = make_admin("Monty Manager", Role.MANAGER)
    make_agent(monty)
    people = {bea.id: "bea", mo.id: "mo", monty.id: "monty"}
    assert {people[admin_id] for admin_id in mentioned_in(text)} == called


def test_who_left_or_works_no_more_on_tickets_is_not_called(bea, mo, cy):
    make_agent(bea, is_active=False)
    make_agent(mo)
    mo.disabled_at = mo.created_at
    assert mentioned_in("@bea @mo @cy") == []
