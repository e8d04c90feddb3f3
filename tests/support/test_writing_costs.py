"""What a press of a button costs: the statements of a whole request, from the cookie on."""

import pytest

from portal.core.database import db
from portal.support.drafts import save_draft
from portal.support.models import SupportTicket
from portal.support.words import MessageKind
from tests.cast import make_user
from tests.statements import counted
from tests.support.crew import make_team
from tests.support.desk import answer, customer_writes, make_agent, make_ticket
from tests.support.levels import make_rule

MOST = 12


@pytest.fixture
def ticket(app, bea, acme):
    """One that Bea has, with clocks of every metric, whose customer waits for the next answer."""
    make_team(make_agent(bea))
    make_rule()
    found = make_ticket(make_user(acme))
    for body in ("And now?", "And the other one?"):
        answer(found, bea)
        customer_writes(found, body)
    return found


@pytest.fixture
def cost(bea_client):
    """The statements that a form of this address sends."""
    token = bea_client.form_token()

    def of(url, **fields):
        db.session.commit()
        db.session.expunge_all()
        data = {"csrf_token": token, **fields}
        with counted() as statements:
            done = bea_client.post(url, data=data, headers={"Sec-Fetch-Site": "same-origin"})
        assert done.status_code == 303, done.text
        return statements

    return of


def reply_to(ticket, **more):
    url = f"/support/tickets/{ticket.number}/reply"
    fields = {"body": "Try again.", "submit_key": "k1", "status": ""}
    return url, {**fields, "seen_message_id": ticket.last_public_message_id, **more}


@pytest.mark.parametrize("status", ["", "pending", "on_hold"])
def test_a_reply_takes_at_most_twelve_statements(ticket, cost, status):
    url, fields = reply_to(ticket, status=status)
    statements = cost(url, **fields)
    assert len(statements) <= MOST, statements


def test_a_reply_from_a_draft_takes_no_more(ticket, cost, bea):
    save_draft(admin_id=bea.id, ticket=ticket, kind=MessageKind.PUBLIC, body="Try")
    url, fields = reply_to(ticket)
    statements = cost(url, **fields)
    assert sum(each.startswith("DELETE FROM ticket_drafts") for each in statements) == 1
    assert len(statements) <= MOST, statements


def test_the_first_reply_to_a_ticket_that_nobody_has_takes_no_more(ticket, cost, acme):
    new = make_ticket(make_user(acme, "Una User"))
    new.assignee_id = new.assignee_name = None
    url, fields = reply_to(new)
    number = new.number
    assert len(cost(url, **fields)) <= MOST
    found = db.session.query(SupportTicket).filter_by(number=number).one()
    assert (found.status, found.assignee_name) == ("open", "Bea Agent")


def test_a_reply_that_solves_takes_no_more_but_for_its_second_mail(ticket, cost, database):
    """The question how it was is a second mail; the agent has room, so a queue is looked at."""
    url, fields = reply_to(ticket, status="solved")
    mails = 2 if database.name == "sqlite" else 1  # each of its rows goes by itself
    assert len(cost(url, **fields)) <= MOST + mails - 1


def test_the_length_of_the_thread_changes_nothing(ticket, cost, bea):
    url, fields = reply_to(ticket)
    short = len(cost(url, **fields))
    found = db.session.query(SupportTicket).filter_by(number=url.split("/")[3]).one()
    for _ in range(10):
        customer_writes(found)
    url, fields = reply_to(found, submit_key="k2")
    assert len(cost(url, **fields)) <= short


@pytest.mark.parametrize("way", ["take", "next"])
def test_a_claim_takes_at_most_twelve_statements(ticket, cost, acme, way):
    new = make_ticket(make_user(acme, "Una User"))
    new.assignee_id = new.assignee_name = None
    url = "/support/next" if way == "next" else f"/support/tickets/{new.number}/take"
    statements = cost(url)
    assert len(statements) <= MOST, statements
