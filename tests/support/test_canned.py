"""Prepared answers: whose they are, how they are filled in, and where they stand."""

import pytest

from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.staleness import Stale
from portal.staff.identity import BadName
from portal.support.bodies import BadBody
from portal.support.canned import (
    NotYourAnswer,
    answers_list,
    archive_answer,
    change_answer,
    create_answer,
    filled,
    offered,
)
from portal.support.drafts import save_draft
from portal.support.filling import UnknownVariable, filled_text
from portal.support.models import CannedReply
from portal.support.words import MessageKind
from tests.cast import actor, make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.desk import make_ticket

HOSTILE = '"><script>alert(1)</script>{agent_name}{{ 7*7 }}'
ANSWERS = "/support/answers"


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme, "Uma Ursula User"), subject="The press stopped")


def made(person, name="Hello", body="Hello {requester_first_name},", **more):
    return create_answer(by=actor(person), name=name, body=body, **more)


def test_every_variable_is_filled_in(bea, ticket):
    ticket.plan_name = "Gold"
    body = (
        "{requester_name} {requester_first_name} {tenant_name} {plan_name} {ticket_number} "
        "{agent_name} {subject}"
    )
    assert filled(made(bea, body=body).id, ticket, actor(bea)) == (
        f"Uma Ursula User Uma Acme Gold {ticket.number} Bea Agent The press stopped"
    )


@pytest.mark.parametrize(
    ("name", "expected"), [("", "there"), ("  ", "there"), ("uma@acme.test", "there")]
)
def test_what_is_missing_becomes_a_neutral_word(ticket, name, expected):
    ticket.requester_name, ticket.plan_name = name, None
    text = filled_text("Hi {requester_first_name}, {plan_name}", ticket, agent_name="")
    assert text == f"Hi {expected}, your plan"
    assert filled_text("{agent_name}", ticket, agent_name="") == "Support"


def test_braces_that_are_no_variable_stay(ticket):
    text = 'Send {"a": 1}, { x }, {} and {{agent_name}}.'
    assert filled_text(text, ticket, agent_name="Bea") == (
        'Send {"a": 1}, { x }, {} and {agent_name}.'
    )


def test_what_a_customer_wrote_is_not_filled_in_again(ticket):
    ticket.subject = HOSTILE
    assert filled_text("Re: {subject}", ticket, agent_name="Bea") == f"Re: {HOSTILE}"


def test_an_unknown_variable_is_refused_by_its_name(bea):
    with pytest.raises(UnknownVariable, match=r"There is no \{first\}.*\{agent_name\}"):
        made(bea, body="Hello {first}, {agent_name}")
    with pytest.raises(BadName):
        made(bea, name=" ")
    with pytest.raises(BadBody):
        made(bea, body=" ")


def test_ones_own_are_ones_own_and_shared_ones_everybodys(bea, mo, ticket):
    made(bea, "Mine"), made(mo, "Theirs"), made(mo, "Ours", is_shared=True)
    assert [row.name for row in answers_list(actor(bea)).items] == ["Mine", "Ours"]
    found = offered(by=actor(mo), ticket=ticket)
    assert [(one.name, one.is_shared) for one in found] == [("Ours", True), ("Theirs", False)]


def test_shared_ones_are_kept_by_managers(bea, mo):
    with pytest.raises(NotYourAnswer):
        made(bea, is_shared=True)
    ours, theirs = made(mo, is_shared=True), made(mo)
    change = {"by": actor(bea), "name": "x", "body": "y", "version": 1}
    with pytest.raises(NotYourAnswer):
        change_answer(answer_id=ours.id, **change)
    with pytest.raises(NotYourAnswer):
        archive_answer(by=actor(bea), answer_id=ours.id)
    with pytest.raises(NotFound):
        change_answer(answer_id=theirs.id, **change)


def test_of_two_who_save_one_is_told(mo):
    answer = made(mo, is_shared=True)
    change = {"by": actor(mo), "answer_id": answer.id, "body": "y", "version": 1}
    assert change_answer(name="First", **change).version == 2
    with pytest.raises(Stale, match="mo@boxcostpro"):
        change_answer(name="Second", **change)
    assert answer.name == "First"


def test_they_are_searched_by_name(bea, ticket):
    for name in ("Fuse 100%", "Paper jam", "Fuse and paper"):
        made(bea, name)
    names = [one.name for one in offered(by=actor(bea), ticket=ticket, search="fuse")]
    assert names == ["Fuse 100%", "Fuse and paper"]
    assert [one.name for one in offered(by=actor(bea), ticket=ticket, search="100%")] == [names[0]]
    assert offered(by=actor(bea), ticket=ticket, search="nothing") == []


def test_an_archived_one_is_gone_and_stays_in_the_ledger(bea, ticket):
    answer = made(bea)
    archive_answer(by=actor(bea), answer_id=answer.id)
    assert offered(by=actor(bea), ticket=ticket) == []
    with pytest.raises(NotFound):
        filled(answer.id, ticket, actor(bea))
    assert len(events("canned_reply.saved")) == len(events("canned_reply.archived")) == 1


def test_pages_make_change_and_archive_one(bea_client, bea):
    assert "No answer yet" in bea_client.get(ANSWERS).text
    fields = {"name": "Hello", "body": "Hello {requester_name}"}
    assert bea_client.submit(f"{ANSWERS}/new", **fields).status_code == 303
    answer = db.session.query(CannedReply).one()
    url = f"{ANSWERS}/{answer.id}"
    assert bea_client.soup(url).select_one("textarea").get_text().strip() == fields["body"]
    assert bea_client.submit(url, name="Hi", body="Hi", version="1").status_code == 303
    stale = bea_client.submit(url, name="Late", body="Late", version="1")
    assert (stale.status_code, "meanwhile" in stale.text) == (422, True)
    assert bea_client.submit(f"{url}/archive").status_code == 303
    assert bea_client.get(url).status_code == 404


def test_a_wrong_one_says_why(bea_client):
    answer = bea_client.submit(f"{ANSWERS}/new", name="x", body="{nobody}")
    assert (answer.status_code, "There is no {nobody}." in answer.text) == (422, True)
    assert bea_client.submit(f"{ANSWERS}/new", name="", body="").status_code == 422


def test_whoever_answers_no_tickets_sees_none(bea_client, bea, mo):
    ours = made(mo, is_shared=True)
    page = bea_client.soup(f"{ANSWERS}/{ours.id}")
    assert page.select_one("main textarea") is None
    bea.role = "finance"
    assert bea_client.get(ANSWERS).status_code == 403


def test_beside_a_ticket_they_are_filled_in_and_hostile_text_stays_text(bea_client, bea, ticket):
    ticket.subject = HOSTILE
    answer = made(bea, "Hostile <b>", "Re {subject}")
    url = f"/support/tickets/{ticket.number}"
    part = bea_client.get(f"{url}/answers?q=host", headers={"HX-Request": "true"}).text
    assert "<script>alert(1)" not in part
    link = bea_client.soup(f"{url}/answers").select_one("[data-fill]")
    assert link["data-fill"] == f"Re {HOSTILE}"
    assert link["href"] == f"{url}?answer={answer.id}&view=#composer"
    filled_in = bea_client.soup(link["href"]).select_one("#reply-body")
    assert filled_in.get_text().strip() == f"Re {HOSTILE}"


def test_a_draft_is_kept_before_the_answer(bea_client, bea, ticket):
    answer = made(bea, body="Bye.")
    save_draft(admin_id=bea.id, ticket=ticket, kind=MessageKind.PUBLIC, body="I began.")
    url = f"/support/tickets/{ticket.number}?answer={answer.id}"
    body = bea_client.soup(url).select_one("#reply-body").get_text().strip()
    assert body == "I began.\n\nBye."
    assert bea_client.get(f"/support/tickets/{ticket.number}?answer=99999").status_code == 404
    assert bea_client.get(f"/support/tickets/{ticket.number}?answer=x").status_code == 200


def test_a_list_of_answers_costs_the_same_however_long(bea, ticket):
    made(bea)
    db.session.commit()
    with counted() as few:
        offered(by=actor(bea), ticket=ticket)
    for number in range(100):
        made(bea, f"Answer {number:03}")
    db.session.commit()
    with counted() as many:
        assert len(offered(by=actor(bea), ticket=ticket)) == 30
    assert len(few) == len(many)
