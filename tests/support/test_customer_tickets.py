"""Tickets on the pages of a user and of a tenant."""

import pytest

from portal.core import clock
from portal.core.roles import Role
from tests.cast import make_admin, make_user, signed_in
from tests.support.desk import make_ticket


@pytest.fixture
def uma(acme):
    return make_user(acme)


def places(user):
    return f"/support/users/{user.id}/tickets", f"/support/tenants/{user.tenant_id}/tickets"


def test_the_pages_of_user_and_tenant_ask_for_their_tickets(bea_client, uma):
    pages = (f"/customers/users/{uma.id}", f"/customers/tenants/{uma.tenant_id}")
    for page, place in zip(pages, places(uma), strict=True):
        later = bea_client.soup(page).select_one(f'[hx-get="{place}"]')
        assert later.select_one("a")["href"] == place


def test_they_show_their_own_alone(bea_client, uma, birch):
    ticket, other = make_ticket(uma), make_ticket(make_user(birch))
    for place in places(uma):
        text = bea_client.get(place).text
        assert (ticket.number in text, other.number in text) == (
            True,
            other.number == ticket.number,
        )


def test_htmx_gets_the_list_alone(bea_client, uma):
    make_ticket(uma)
    for place in places(uma):
        assert "<html" not in bea_client.get(place, headers={"HX-Request": "true"}).text


def test_an_erased_person_gets_no_new_ticket(bea_client, uma):
    place, _ = places(uma)
    assert "New ticket" in bea_client.get(place).text
    uma.erased_at = clock.now()
    assert "New ticket" not in bea_client.get(place).text


def test_whoever_sees_no_tickets_is_shown_none(app, uma):
    client = signed_in(app, make_admin("Max Marketing", Role.MARKETING, is_second_factor_on=True))
    assert "/support/users" not in client.get(f"/customers/users/{uma.id}").text
    assert [client.get(place).status_code for place in places(uma)] == [403, 403]


def test_nobody_and_nothing_are_not_there(bea_client):
    for place in ("/support/users/0/tickets", "/support/tenants/0/tickets"):
        assert bea_client.get(place).status_code == 404
