"""A page costs a fixed number of statements, whatever the number of its rows."""

import pytest

from portal.catalog.plans import plan_named
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.subscriptions.assignments import assign_plan
from tests.cast import make_user
from tests.statements import counted

MOST = 8
PAGES = (
    "/customers/users/{user}",
    "/customers/tenants/{tenant}",
    "/entitlements/users/{user}/grant",
    "/entitlements/tenants/{tenant}/grant",
    "/entitlements/users/{user}/why/custom_reports",
    "/entitlements/expiring",
)


@pytest.fixture
def names(catalog, acme):
    """A tenant with a trial, and users with many overrides."""
    assign_plan(by=SYSTEM, tenant=acme, plan=plan_named("basic"))
    users = [make_user(acme, f"U{number}") for number in range(12)]
    for user in users:
        for feature in ("custom_reports", "api_access", "audit_logs"):
            grant_user_feature(by=SYSTEM, user=user, feature_name=feature, quota_limit=5)
    grant_tenant_feature(by=SYSTEM, tenant=acme, feature_name="role_management")
    db.session.commit()
    return {"user": users[0].id, "other": users[1].id, "tenant": acme.id}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_at_most_eight_statements(ann_client, names, path):
    url = path.format(**names)
    with counted() as statements:
        assert ann_client.get(url).status_code == 200
    assert len(statements) <= MOST, "\n".join(statements)
