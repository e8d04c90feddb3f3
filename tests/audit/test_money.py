"""Finance reads what anybody did about money, beside what they did themselves."""

import csv
import io
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from portal.audit.actions import Action
from portal.audit.activity import month_of
from portal.audit.filters import Filters
from portal.audit.kinds import MONEY
from portal.audit.ledger import Target
from portal.core.actor import SYSTEM
from portal.core.roles import Role
from portal.coupons.coupons import target_of
from tests.audit.log_cast import ids, put
from tests.cast import actor, make_admin, signed_in, trusted
from tests.coupons.conftest import make_coupon
from tests.statements import counted

MARCH = "/audit?from=2026-03-01&to=2026-03-31"
COUPON = Target("coupon", 3, "SPRING20")


@pytest.fixture
def fay(app):
    return make_admin("Fay Finance", Role.FINANCE, is_second_factor_on=True)


@pytest.fixture
def fay_client(app, fay):
    return trusted(app, fay)


@pytest.fixture
def march(ann, fay):
    """Those that she sees, the newest first. Beside them lie an invitation and a grant."""
    put(ann, "2026-03-01 09:00")
    put(ann, "2026-03-02 09:00", action=Action.ENTITLEMENT_GRANTED)
    return [
        put(fay, "2026-03-07 09:00", action=Action.COUPON_APPROVED, target=COUPON),
        put(fay, "2026-03-06 09:00", action=Action.PASSWORD_CHANGED),
        put(SYSTEM, "2026-03-05 09:00", action=Action.COUPON_RELEASED, target=COUPON),
        put(ann, "2026-03-04 09:00", action=Action.SUBSCRIPTION_PLAN_CHANGED),
        put(ann, "2026-03-03 09:00", action=Action.COUPON_CREATED, target=COUPON),
    ]


def table(client) -> list[str]:
    text = client.get("/audit/events.csv?from=2026-03-01&to=2026-03-31").text
    return [row["id"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))]


def test_the_log_shows_own_events_and_those_about_money_once(fay_client, march):
    soup = fay_client.soup(MARCH)
    assert ids(soup) == march
    assert "about plans, subscriptions, coupons and goodwill" in soup.select_one("main").get_text()


def test_the_file_and_the_api_hold_the_same(fay_client, march):
    assert table(fay_client) == march
    items = fay_client.get("/api/audit/admin-actions?from=2026-03-01&to=2026-03-31").get_json()
    stream = {event for place, event in enumerate(march) if place not in {1, 3}}
    assert {item["id"] for item in items["items"]} == stream


def test_the_calendar_counts_the_same(fay, march):
    found = month_of(by=actor(fay), filters=Filters(), first=date(2026, 3, 1), zone=ZoneInfo("UTC"))
    assert [day.date.day for day in found.days if day.count] == [3, 4, 5, 6, 7]
    assert found.total == len(march)


def test_one_event_opens_where_it_is_about_money_alone(fay_client, march, ann):
    other = put(ann, "2026-03-08 09:00")
    assert fay_client.get(f"/audit/events/{march[2]}").status_code == 200
    assert fay_client.get(f"/audit/events/{other}").status_code == 404


def test_a_filter_and_words_narrow_both(fay_client, march):
    assert ids(fay_client.soup(f"{MARCH}&q=spring20")) == [march[0], march[2], march[4]]
    assert ids(fay_client.soup(f"{MARCH}&action=password.changed")) == [march[1]]
    assert ids(fay_client.soup(f"{MARCH}&action=staff.invited")) == []


def test_pages_go_on_without_gap_or_repeat(fay_client, fay, ann):
    made = []
    for minute in range(59):
        who, action = (fay, Action.PASSWORD_CHANGED) if minute % 3 else (ann, Action.COUPON_CREATED)
        made.append(put(who, f"2026-03-01 09:{minute:02}", action=action))
    first = fay_client.soup(MARCH)
    second = fay_client.soup(first.select_one('a[rel="next"]')["href"])
    assert ids(first) + ids(second) == made[::-1]


def test_the_story_of_somebody_else_tells_what_is_about_money(fay_client, march, ann, fay):
    put(
        ann,
        "2026-03-09 09:00",
        action=Action.STAFF_DISABLED,
        target=Target("admin", fay.id, fay.email),
    )
    budget = put(
        fay,
        "2026-03-08 09:00",
        action=Action.GOODWILL_BUDGET_CHANGED,
        target=Target("admin", ann.id, ann.email),
    )
    soup = fay_client.soup(f"/audit/people/{ann.id}")
    assert ids(soup) == [budget, march[3], march[4]]
    assert "about plans" in soup.select_one("main").get_text()
    assert fay_client.get("/audit/people/99999").status_code == 200


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.MARKETING])
def test_others_see_their_own_alone(app, march, role):
    client = signed_in(app, make_admin("Zoe Zed", role, is_second_factor_on=True))
    assert ids(client.soup(MARCH)) == []
    assert client.get(f"/audit/events/{march[0]}").status_code == 404


def test_the_page_of_a_coupon_tells_finance_all_of_its_changes(fay_client, ann):
    row = make_coupon()
    made = put(ann, "2026-03-04 09:00", action=Action.COUPON_CHANGED, target=target_of(row))
    soup = fay_client.soup(f"/coupons/{row.id}")
    changes = soup.select("#recent-changes a")
    assert changes[-1]["href"] == f"/audit/events/{made}"
    assert soup.find("h2", string="Recent changes") is not None


@pytest.mark.parametrize(("role", "leads"), [(Role.FINANCE, True), (Role.MARKETING, False)])
def test_the_page_of_a_plan_leads_whoever_may_read_them_to_its_events(app, catalog, role, leads):
    client = signed_in(app, make_admin("Zoe Zed", role, is_second_factor_on=True))
    text = client.soup("/catalog/plans/free").select_one("main").get_text()
    assert ("Events about" in text) is leads


def test_every_subject_about_money_has_actions():
    assert {action.value.partition(".")[0] for action in Action} >= set(MONEY)


def test_it_costs_no_statement_more(fay_client, bea_client, march):
    costs = []
    for client in (fay_client, bea_client):
        client.soup(MARCH)
        with counted() as statements:
            client.soup(MARCH)
        costs.append(len(statements))
    assert costs[0] == costs[1]
