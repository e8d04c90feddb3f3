"""How each change of a quota by staff, and each refund, is driven once."""

from portal.core.actor import Actor, ActorType
from portal.core.permissions import Permission
from portal.entitlements.topups import top_up
from tests.entitlements.shop import Shop, make_shop


def _used(s) -> Shop:
    shop = make_shop()
    shop.use(amount=3)
    return shop


def _call(s, place: str, key: str | None = None, **body):
    headers = {"Idempotency-Key": key} if key else {}
    return s.here.call("POST", f"/api/entitlements{place}", body, headers=headers)


def _reset_user(s):
    shop = make_shop()
    shop.give_own_limit()
    shop.use(amount=3)
    return _call(s, f"/users/{shop.uma.id}/reset-quota", feature_name="quotes")


def _refund(s):
    shop = make_shop()
    return _call(s, f"/consumptions/{shop.use().id}/refund", key="refund")


def _top_up() -> int:
    shop = make_shop()
    by = Actor(ActorType.SYSTEM, None, "system", None, frozenset({Permission.QUOTAS_ADJUST}))
    return top_up(by=by, tenant=shop.acme, feature_name="quotes", amount=5).id


def _page(s, verb: str, prefix: str, **fields: str):
    """Ann's form on the page of a tenant that has used something."""
    values = {"feature_name": "quotes", "reason": "asked for", **fields}
    named = {f"{prefix}-{name}": value for name, value in values.items()}
    return s.here.submit(f"/entitlements/tenants/{_used(s).acme.id}/{verb}", **named)


DRIVES = {
    "entitlements.top_up_quota": lambda s: _page(s, "top-up", "top_up", amount="5"),
    "entitlements.set_back": lambda s: _page(s, "reset-quota", "reset"),
    "entitlements_api.refund": _refund,
    "entitlements_api.top_up_user": lambda s: _call(
        s, f"/users/{make_shop().uma.id}/top-up", feature_name="quotes", amount=5
    ),
    "entitlements_api.top_up_tenant": lambda s: _call(
        s, f"/tenants/{make_shop().acme.id}/top-up", feature_name="quotes", amount=5
    ),
    "entitlements.withdraw": lambda s: s.here.submit(
        f"/entitlements/top-ups/{_top_up()}/withdraw", reason="asked for"
    ),
    "entitlements_api.withdraw": lambda s: _call(s, f"/top-ups/{_top_up()}/withdraw"),
    "entitlements_api.reset_user": _reset_user,
    "entitlements_api.reset_tenant": lambda s: _call(
        s, f"/tenants/{_used(s).acme.id}/reset-quota", feature_name="quotes"
    ),
}
