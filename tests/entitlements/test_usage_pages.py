"""The pages about usage: limits, curves with their table, and adjusting quotas."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.models import QuotaBucket
from portal.entitlements.over_limit import sweep
from portal.entitlements.usage import Report, take_in
from portal.subscriptions.assignments import assign_plan
from tests.cast import make_tenant, make_user
from tests.statements import counted


def place(shop, rest=""):
    return f"/entitlements/tenants/{shop.acme.id}/{rest or 'usage'}"


@pytest.fixture
def used(shop):
    shop.use(amount=4)
    report = Report("e1", "api", "quotes", Decimal("2.5"), clock.now(), tenant_id=shop.acme.id)
    take_in([report])
    db.session.commit()
    return shop


def test_the_limits_and_the_numbers_behind_the_curve_are_shown(ann_client, used):
    page = ann_client.soup(place(used))
    assert "4 of 10" in page.get_text()
    cells = page.select("#usage-points tbody tr")[-1].select("td")
    assert [cell.get_text() for cell in cells] == ["1", "2.5"]
    assert page.select_one("canvas")["data-chart"] == "usage-points"


def test_nothing_reported_says_so(ann_client, shop):
    assert "Nothing was reported" in ann_client.get(place(shop)).text


@pytest.mark.parametrize("interval", ["hour", "day", "month", "nonsense"])
def test_every_step_is_drawn(ann_client, used, interval):
    answer = ann_client.get(place(used), query_string={"interval": interval})
    assert answer.status_code == 200
    assert 'data-value="2.5"' in answer.text


def test_a_top_up_by_form(ann_client, shop):
    fields = {"feature_name": "quotes", "amount": "5", "reason": "Goodwill"}
    named = {f"top_up-{name}": value for name, value in fields.items()}
    assert ann_client.submit(place(shop, "top-up"), **named).status_code == 303
    assert shop.bucket(source="topup").own_limit == 5


def test_a_form_that_is_sent_twice_tops_up_once(ann_client, shop):
    page = ann_client.soup(place(shop))
    once = page.select_one("[name=top_up-once]")["value"]
    fields = {"feature_name": "quotes", "amount": "5", "reason": "Goodwill", "once": once}
    named = {f"top_up-{name}": value for name, value in fields.items()}
    for _ in range(2):
        assert ann_client.submit(place(shop, "top-up"), **named).status_code == 303
    assert shop.bucket(source="topup").own_limit == 5
    other = ann_client.submit(place(shop, "top-up"), **named | {"top_up-amount": "6"})
    assert (other.status_code, "made something else before" in other.text) == (422, True)
    assert ann_client.soup(place(shop)).select_one("[name=top_up-once]")["value"] != once


def test_a_top_up_for_one_user_is_for_one_of_the_tenant(ann_client, shop):
    stranger = make_user(make_tenant("Birch"), "Sid Stranger")
    fields = {"feature_name": "quotes", "amount": "5", "reason": "Goodwill"}
    for user_id, status in ((stranger.id, 422), (99999, 422), (shop.uma.email, 303)):
        named = {f"top_up-{name}": value for name, value in (fields | {"user_id": user_id}).items()}
        assert ann_client.submit(place(shop, "top-up"), **named).status_code == status
    assert shop.bucket(source="topup").user_key == shop.uma.id


def test_a_form_without_amount_or_reason_is_refused(ann_client, shop):
    answer = ann_client.submit(place(shop, "top-up"), **{"top_up-feature_name": "quotes"})
    assert answer.status_code == 422
    assert "Enter a number." in answer.text
    assert "Say why" in answer.text


def test_a_reset_by_form(ann_client, used):
    named = {"reset-feature_name": "quotes", "reset-reason": "Test data"}
    assert ann_client.submit(place(used, "reset-quota"), **named).status_code == 303
    assert used.bucket().used == 0
    answer = ann_client.submit(place(used, "reset-quota"), **named)
    assert (answer.status_code, "Nothing was used" in answer.text) == (422, True)


def test_an_agent_looks_and_adjusts_nothing(bea_client, used):
    assert "Top up" not in bea_client.get(place(used)).text
    assert bea_client.submit(place(used, "top-up")).status_code == 403


def test_who_is_over_the_limit_is_listed(ann_client, used):
    used.bucket().used = 99
    db.session.commit()
    sweep({})
    (row,) = ann_client.soup("/entitlements/usage").select("tbody tr")
    cells = [one.get_text(strip=True) for one in row.select("td")]
    assert cells[:3] == ["Acme", "Quotes", "99 of 10"]
    (item,) = ann_client.get("/api/entitlements/over-limit").get_json()["items"]
    assert (item["tenant_id"], item["used"], item["limit"]) == (used.acme.id, 99, 10)


def over_twice(shop, name):
    """A tenant over a limit of its own, and a user of it over another one."""
    tenant = make_tenant(name)
    user = make_user(tenant)
    assign_plan(by=SYSTEM, tenant=tenant, plan=db.session.scalars(sa.select(PlanTemplate)).first())
    grant_tenant_feature(by=SYSTEM, tenant=tenant, feature_name="parties", quota_limit=4)
    grant_user_feature(by=SYSTEM, user=user, feature_name="quotes", quota_limit=7)
    db.session.commit()
    for feature, amount in (("parties", 4), ("quotes", 7)):
        shop.use(feature, amount, user_id=user.id)
    db.session.execute(sa.update(QuotaBucket).values(used=9))
    db.session.commit()


def test_each_limit_is_that_which_counts_and_many_cost_no_more_than_one(ann_client, shop):
    asked = []
    for name in ("Birch", "Cedar", "Dogwood"):
        over_twice(shop, name)
        sweep({})
        with counted() as statements:
            rows = ann_client.soup("/entitlements/usage").select("td[data-label=Used]")
        asked.append(len(statements))
    assert sorted(row.text for row in rows) == ["9 of 4"] * 3 + ["9 of 7"] * 3
    assert asked[1] == asked[2]


def test_the_tenants_page_shows_what_was_used(ann_client, used):
    page = ann_client.soup(f"/customers/tenants/{used.acme.id}")
    assert place(used) in [link.get("href") for link in page.select("a")]
