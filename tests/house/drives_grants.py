"""How each change of what somebody is granted is driven once, over JSON."""

from portal.core.actor import SYSTEM
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from seeds.catalog import seed_catalog
from tests.cast import make_tenant, make_user

FEATURE = "custom_reports"
API = "/api/entitlements"


def _user():
    seed_catalog()
    return make_user(make_tenant("Acme"))


def _tenant():
    seed_catalog()
    return make_tenant("Acme")


def _grant(s, place):
    return s.here.call("POST", f"{API}/{place}/grant", {"feature_name": FEATURE})


def _revoke(s, place):
    return s.here.call("DELETE", f"{API}/{place}/features/{FEATURE}")


def _revoke_from_user(s):
    user = _user()
    grant_user_feature(by=SYSTEM, user=user, feature_name=FEATURE)
    return _revoke(s, f"users/{user.id}")


def _revoke_from_tenant(s):
    tenant = _tenant()
    grant_tenant_feature(by=SYSTEM, tenant=tenant, feature_name=FEATURE)
    return _revoke(s, f"tenants/{tenant.id}")


DRIVES = {
    "entitlements_api.grant_to_user": lambda s: _grant(s, f"users/{_user().id}"),
    "entitlements_api.grant_to_tenant": lambda s: _grant(s, f"tenants/{_tenant().id}"),
    "entitlements_api.revoke_from_user": _revoke_from_user,
    "entitlements_api.revoke_from_tenant": _revoke_from_tenant,
}
