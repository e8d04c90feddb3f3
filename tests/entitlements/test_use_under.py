"""Before a plan is changed: what is used by now of what the other one limits."""

import pytest

from portal.catalog.plans import PlanTerms, create_plan
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.grants import grant_tenant_feature
from portal.entitlements.topups import top_up
from tests.cast import actor


@pytest.fixture
def url(shop):
    """The page that compares with a smaller plan."""
    three = PlanFeature(True, Allowance(False, 3, Interval.MONTH))
    features = {"quotes": three, "mails": PlanFeature(True, Allowance(is_unlimited=True))}
    create_plan(by=SYSTEM, name="small", terms=PlanTerms("Small", 0, features=features))
    shop.use(amount=7)
    return f"/subscriptions/tenants/{shop.acme.id}?plan=small"


def after(client, url):
    """What stands in the column of the other plan, by feature."""
    rows = [row.select("td") for row in client.soup(url).select("#effects tr")]
    return {cells[0].text: cells[2].get_text(" ", strip=True) for cells in rows}


def test_what_is_used_is_said_where_the_plan_gives_less(ann_client, shop, url):
    shop.use("parties", 2)
    found = after(ann_client, url)
    assert found["Quotes"] == "3 a month 7 used: over the new limit"
    assert found["Parties"] == "Not included 2 used"
    assert (found["Exports"], found["Mails"]) == ("Not included", "Unlimited")


def test_what_the_tenant_has_beside_its_plan_goes_on_counting(ann_client, ann, shop, url):
    given = {"by": actor(ann), "tenant": shop.acme, "feature_name": "quotes", "reason": "x"}
    top_up(**given, amount=4, expires_at=None)
    db.session.commit()
    assert after(ann_client, url)["Quotes"] == "3 a month 7 used"
    grant_tenant_feature(**given, quota_limit=2)
    db.session.commit()
    assert after(ann_client, url)["Quotes"] == "3 a month 7 used: over the new limit"
