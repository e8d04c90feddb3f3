"""How each change in the pages of entitlements is driven once."""

from portal.core.actor import SYSTEM
from portal.entitlements.grants import grant_user_feature
from seeds.catalog import seed_catalog
from tests.cast import make_tenant, make_user

REPORTS = "custom_reports"
FIELDS = {"feature_name": REPORTS, "reason": "asked for"}


def _user():
    seed_catalog()
    return make_user(make_tenant("Acme"))


def _grant(s):
    return grant_user_feature(by=SYSTEM, user=_user(), feature_name=REPORTS).row.id


def _bulk(s):
    fields = {**FIELDS, "scope": "user", "subjects": str(_user().id)}
    return s.here.submit("/entitlements/bulk/new", **fields)


def _of_grant(verb):
    return lambda s: s.here.submit(
        f"/entitlements/user-grants/{_grant(s)}/{verb}", **{f"{verb}-reason": "asked for"}
    )


DRIVES = {
    "entitlements.grant_to_user": lambda s: s.here.submit(
        f"/entitlements/users/{_user().id}/grant", **FIELDS
    ),
    "entitlements.grant_to_tenant": lambda s: s.here.submit(
        f"/entitlements/tenants/{_user().tenant_id}/grant", **FIELDS
    ),
    "entitlements.extend_override": _of_grant("extend"),
    "entitlements.revoke_override": _of_grant("revoke"),
    "entitlements.start_bulk": _bulk,
}
