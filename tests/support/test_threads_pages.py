"""The page of what belongs to a ticket."""

import pytest

from portal.core.roles import Role
from portal.support.words import Status
from tests.cast import make_admin, make_user, signed_in
from tests.support.desk import customer_writes, make_ticket


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def url(ticket, verb="related"):
    return f"/support/tickets/{ticket.number}/{verb}"


def test_an_agent_merges_by_number_however_it_is_written(bea_client, ticket, acme):
    target = make_ticket(make_user(acme, "Otto Other"))
    answer = bea_client.submit(url(ticket, "merge"), number=f" {target.number.lower()} ")
    assert (answer.status_code, answer.location) == (303, f"/support/tickets/{target.number}")
    assert ticket.status == Status.MERGED


@pytest.mark.parametrize("number", ["", "TCK-2026-999999", "rubbish", "x" * 41, "💥"])
def test_a_number_of_nothing_is_said_at_its_field_and_kept(bea_client, ticket, number):
    for verb in ("merge", "link"):
        answer = bea_client.submit(url(ticket, verb), number=number)
        assert (answer.status_code, "field-error" in answer.text) == (422, True)
        assert number in answer.text


def test_a_split_that_leaves_nothing_is_refused_and_keeps_what_was_chosen(bea_client, ticket):
    second = customer_writes(ticket).message
    answer = bea_client.submit(
        url(ticket, "split"), subject="New", message=[second.id - 1, second.id]
    )
    assert answer.status_code == 422
    assert answer.text.count(" checked") == 2
    assert 'value="New"' in answer.text


def test_a_second_press_of_undo_says_that_it_is_done(bea_client, ticket, acme):
    target = make_ticket(make_user(acme, "Otto Other"))
    bea_client.submit(url(ticket, "merge"), number=target.number)
    assert bea_client.submit(url(ticket, "undo-merge")).status_code == 303
    assert bea_client.submit(url(ticket, "undo-merge")).status_code == 409


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("open", {"merge", "link", "split"}),
        ("solved", {"merge", "link", "split"}),
        ("closed", {"link"}),
        ("merged", {"link"}),
        ("spam", {"link"}),
    ],
)
def test_only_what_the_ticket_can_still_do_is_offered(bea_client, ticket, status, offered):
    ticket.status, ticket.is_open = status, status == "open"
    page = bea_client.soup(url(ticket))
    buttons = " ".join(button.text for button in page.select("main button"))
    words = {"merge": "into it", "link": "Link the two", "split": "Split into"}
    assert {verb for verb, said in words.items() if said in buttons} == offered
    assert page.select_one(f'main a[href="{url(ticket)}"]') is None


def test_whoever_works_on_no_tickets_sees_none_of_it(app, ticket):
    client = signed_in(app, make_admin("Max Marketing", Role.MARKETING, is_second_factor_on=True))
    assert client.get(url(ticket)).status_code == 403
    assert client.submit(url(ticket, "merge"), number=ticket.number).status_code == 403


def test_a_ticket_that_is_not_there_is_a_404(bea_client):
    assert bea_client.get("/support/tickets/TCK-2026-999999/related").status_code == 404
