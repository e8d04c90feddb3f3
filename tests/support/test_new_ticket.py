"""Opening a ticket for a customer."""

import pytest
from bs4 import BeautifulSoup

from portal.core.database import db
from portal.core.roles import Role
from portal.support import outgoing
from portal.support.models import SupportMessage, SupportTicket
from portal.support.words import AuthorType, Channel, Status
from tests.cast import make_admin, make_user, signed_in

NEW = "/support/tickets/new"


@pytest.fixture
def uma(acme):
    return make_user(acme)


def fields(who, **more):
    return {
        "user": str(who.id),
        "subject": "A call",
        "body": "It creaks.",
        "channel": "phone",
        "category": "problem",
        "priority": "high",
        "written_by": "customer",
        **more,
    }


def test_what_a_customer_said_on_the_phone_becomes_their_ticket(bea_client, bea, uma):
    answer = bea_client.submit(NEW, **fields(uma))
    ticket = db.session.query(SupportTicket).one()
    assert answer.headers["Location"] == f"/support/tickets/{ticket.number}"
    assert (ticket.channel, ticket.priority, ticket.category) == ("phone", "high", "problem")
    assert (ticket.status, ticket.created_by) == (Status.NEW, bea.id)
    assert db.session.query(SupportMessage).one().author_type == AuthorType.CUSTOMER


def test_our_own_first_message_goes_to_the_customer_by_mail(bea_client, uma, monkeypatch):
    mailed = []
    monkeypatch.setattr(outgoing, "mail_reply", lambda ticket, message: mailed.append(message.body))
    bea_client.submit(NEW, **fields(uma, written_by="ours", channel=Channel.WEB.value))
    message = db.session.query(SupportMessage).one()
    assert (message.author_type, message.author_name) == (AuthorType.AGENT, "Bea Agent")
    assert mailed == ["It creaks."]
    bea_client.submit(NEW, **fields(uma))
    assert mailed == ["It creaks."]


def test_the_same_form_twice_is_one_ticket(bea_client, uma):
    sent = [bea_client.submit(NEW, **fields(uma, submit_key="once")) for _ in range(2)]
    assert sent[0].headers["Location"] == sent[1].headers["Location"]
    bea_client.submit(NEW, **fields(uma, submit_key="again"))
    assert db.session.query(SupportTicket).count() == 2


def test_from_a_customers_page_the_requester_is_chosen(bea_client, uma):
    soup = bea_client.soup(f"{NEW}?user={uma.id}")
    chosen = soup.select_one("[name=user]")
    assert (chosen["value"], chosen.has_attr("checked")) == (str(uma.id), True)
    assert "Acme" in chosen.parent.get_text()


def test_the_requester_is_found_as_one_types(bea_client, uma, birch):
    make_user(birch, "Umberto Other")
    answer = bea_client.get(f"{NEW}?q=um", headers={"HX-Request": "true"})
    assert ("Uma User" in answer.text, "Birch" in answer.text) == (True, True)
    assert "<html" not in answer.text
    assert "Nobody is found" in bea_client.get(f"{NEW}?q=zzz").text


def test_finding_without_a_script_keeps_what_was_typed(bea_client, uma):
    typed = fields(uma, user="", q="uma", find="1", subject="<b>Typed</b>", body="So far")
    answer = bea_client.submit(NEW, **typed)
    assert answer.status_code == 200
    for words in ("&lt;b&gt;Typed&lt;/b&gt;", "So far", "uma@acme.test"):
        assert words in answer.text
    assert db.session.query(SupportTicket).count() == 0


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"q": "uma"}, 303),
        ({"q": ""}, 303),
        ({"q": "otto"}, 200),
        ({"q": "uma", "user": ""}, 200),
        ({"q": "uma", "subject": ""}, 200),
        ({"q": "", "subject": ""}, 422),
        ({"q": "uma", "body": ""}, 422),
    ],
)
def test_enter_sends_unless_a_search_waits(bea_client, uma, typed, status):
    answer = bea_client.submit(NEW, **{**fields(uma), **typed}, enter="1")
    assert answer.status_code == status
    assert db.session.query(SupportTicket).count() == (status == 303)


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": ""},
        {"user": "0"},
        {"user": "x"},
        {"user": "99999999999999999999"},
        {"subject": " "},
        {"subject": "x" * 301},
        {"body": ""},
        {"body": "x" * 50_001},
        {"priority": "fatal"},
        {"channel": "email"},
        {"written_by": "nobody"},
    ],
)
def test_a_form_with_something_wrong_keeps_the_rest(bea_client, uma, wrong):
    answer = bea_client.submit(NEW, **{**fields(uma), **wrong})
    assert answer.status_code == 422
    assert db.session.query(SupportTicket).count() == 0
    for name, typed in (("subject", "A call"), ("body", "It creaks.")):
        assert name in wrong or typed in answer.text


def test_a_user_who_is_not_there_or_was_erased_gets_no_ticket(bea_client, uma):
    assert bea_client.submit(NEW, **fields(uma, user="987654")).status_code == 422
    uma.erased_at = uma.created_at
    assert bea_client.submit(NEW, **fields(uma)).status_code == 422


def test_who_does_not_work_on_tickets_opens_none(app, uma):
    client = signed_in(app, make_admin("Fay Finance", Role.FINANCE, is_second_factor_on=True))
    assert client.submit(NEW, **fields(uma)).status_code == 403


def test_whoever_forgot_the_requester_is_told_at_its_field(bea_client):
    answer = bea_client.submit(NEW, subject="A call", body="It creaks.")
    field = BeautifulSoup(answer.text, "html.parser").select_one("#user")
    assert (answer.status_code, field["aria-invalid"]) == (422, "true")
    assert field["aria-describedby"] == "user-error"


def test_how_many_are_found_is_said(bea_client, uma):
    assert bea_client.soup(f"{NEW}?q=uma").select_one("[data-announce='1 found']")
    assert not bea_client.soup(NEW).select_one("[data-announce]")
