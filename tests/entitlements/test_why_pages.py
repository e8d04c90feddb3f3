"""The Why panel, comparing, and what the pages of customers show of entitlements."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.entitlements.grants import grant_user_feature
from portal.subscriptions.assignments import assign_plan
from portal.web.times import machine
from tests.cast import make_user, signed_in

REPORTS = "custom_reports"


@pytest.fixture
def uma(catalog, acme):
    return make_user(acme)


def why(user, **query):
    url = f"/entitlements/users/{user.id}/why/{REPORTS}"
    return f"{url}?{urlencode(query)}"


def test_a_denial_names_the_plan_that_would_help(bea_client, uma):
    text = bea_client.soup(why(uma)).select_one("#why").get_text(" ", strip=True)
    assert "PLAN_LEVEL_TOO_LOW" in text
    assert "The plan Professional." in text
    assert "A grant to the user or the tenant." in text


def test_a_grant_is_explained_by_who_gave_it_and_why(bea_client, uma):
    grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS, reason="a demo for Mia")
    text = bea_client.soup(why(uma)).select_one("#why").get_text(" ", strip=True)
    assert "by system" in text
    assert "a demo for Mia" in text
    assert "decides: allowed" in text


def test_what_would_have_been_is_shown_for_losing_layers(bea_client, uma, acme):
    assign_plan(by=SYSTEM, tenant=acme, plan=plan_named("professional"))
    grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS)
    assert "would allow" in bea_client.get(why(uma)).text


def test_before_a_grant_the_page_shows_what_was_true_then(bea_client, uma):
    grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS)
    yesterday = machine(clock.now() - timedelta(days=1))
    then = bea_client.soup(why(uma, at=yesterday)).select_one("#why").get_text(" ")
    assert "USER_OVERRIDE" not in then


def test_an_instant_that_cannot_be_read_is_said_and_not_guessed(bea_client, uma):
    answer = bea_client.get(why(uma, at="tomorrow-ish"))
    assert answer.status_code == 422
    assert "Enter a date and a time" in answer.text


@pytest.mark.parametrize("far", ["9999-12-31T23:59", "0001-01-01T00:00Z", "0001-01-01T00:00"])
@pytest.mark.parametrize("name", ["at", "then"])
def test_an_instant_out_of_all_bounds_is_refused(app, bea, uma, far, name):
    bea.time_zone = "Europe/Berlin"
    browser = signed_in(app, bea)
    query = urlencode({"user": uma.id, name: far})
    asked = [browser.get(f"/entitlements/compare?{query}")]
    if name == "at":
        asked.append(browser.get(why(uma, at=far)))
    for answer in asked:
        assert (answer.status_code, "Enter a date" in answer.text) == (422, True)


def test_an_unknown_feature_is_explained_not_hidden(bea_client, uma):
    answer = bea_client.get(f"/entitlements/users/{uma.id}/why/no_such_thing")
    assert answer.status_code == 200
    assert "There is no such feature." in answer.text


def test_htmx_gets_the_panel_alone(bea_client, uma):
    answer = bea_client.get(why(uma), headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert 'id="why"' in answer.text


def test_two_users_differ_by_the_grant_of_one(bea_client, uma, acme):
    ulf = make_user(acme, "Ulf")
    grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS)
    page = bea_client.soup(f"/entitlements/compare?user={uma.id}&other={ulf.id}")
    rows = [row.get_text(" ", strip=True) for row in page.select("tbody tr")]
    assert len(rows) == 1
    assert rows[0].startswith("Custom Reports")


def test_users_are_compared_by_address_and_by_the_products_id(bea_client, uma, acme):
    make_user(acme, "Ulf")
    query = urlencode({"user": uma.email, "other": "acme/ulf", "everything": "y"})
    heads = bea_client.soup(f"/entitlements/compare?{query}").select("th")
    assert [head.get_text() for head in heads[1:3]] == ["Uma User (left)", "Ulf (right)"]


def test_why_leads_to_comparing_this_very_user(bea_client, uma, acme):
    make_user(acme, "Other", external_id=str(uma.id))
    (link,) = bea_client.soup(why(uma)).select('a[href*="/entitlements/compare"]')
    page = bea_client.soup(f"{link['href']}&everything=y")
    assert page.select("th")[1].get_text() == "Uma User (left)"


def test_one_user_is_alike_at_one_instant(bea_client, uma):
    assert "No difference" in bea_client.get(f"/entitlements/compare?user={uma.id}").text


def test_comparing_with_nobody_says_so(bea_client, catalog):
    answer = bea_client.get("/entitlements/compare?user=999")
    assert answer.status_code == 422
    assert "Nobody is “999”." in answer.text


def test_a_users_page_lists_every_feature_with_its_why(bea_client, uma):
    page = bea_client.soup(f"/customers/users/{uma.id}")
    links = page.select(f'a[href*="/entitlements/users/{uma.id}/why/"]')
    assert len(links) == 17


def test_a_tenants_page_shows_what_its_users_may_use(bea_client, uma, acme):
    text = bea_client.soup(f"/customers/tenants/{acme.id}").get_text(" ", strip=True)
    assert "What its users may use" in text
    assert "Custom Reports" in text
