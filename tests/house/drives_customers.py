"""How each change of a tenant or user is driven once."""

from tests.cast import make_tenant, make_user

WHY = {"reason": "They asked for it"}
NEW_TENANT = {"external_id": "cedar", "name": "Cedar", "time_zone": "UTC"}
NEW_USER = {"external_id": "vic", "name": "Vic", "email": "vic@acme.test"}


def _tenant(verb, status="active"):
    return lambda s: s.here.submit(
        f"/customers/tenants/{make_tenant(status=status).id}/{verb}", **WHY
    )


def _user(verb, status="active"):
    return lambda s: s.here.submit(
        f"/customers/users/{make_user(make_tenant(), status=status).id}/{verb}", **WHY
    )


def _edit(s, url, **fields):
    seen = s.here.soup(url).select_one("[name=seen]")["value"]
    return s.here.submit(url, **fields, seen=seen)


def _edit_tenant(s):
    url = f"/customers/tenants/{make_tenant().id}/edit"
    return _edit(s, url, name="Acme Two", time_zone="UTC")


def _edit_user(s):
    url = f"/customers/users/{make_user(make_tenant()).id}/edit"
    return _edit(s, url, name="Uma Two", email="uma@acme.test")


def _look_at_user(verb):
    return f"/customers/users/{make_user(make_tenant()).id}/{verb}"


def _put_user(s):
    make_tenant()
    body = {"name": "Uma", "email": "uma@acme.test"}
    return s.here.call("PUT", "/api/customers/tenants/acme/users/uma", body)


DRIVES = {
    "customers.add_tenant": lambda s: s.here.submit("/customers/tenants/new", **NEW_TENANT),
    "customers.save_tenant": _edit_tenant,
    "customers.suspend": _tenant("suspend"),
    "customers.close": _tenant("close"),
    "customers.reopen": _tenant("reopen", "closed"),
    "customers.add_user": lambda s: s.here.submit(
        f"/customers/tenants/{make_tenant().id}/users/new", **NEW_USER
    ),
    "customers.save_user": _edit_user,
    "customers.edit_user": lambda s: s.here.get(_look_at_user("edit")),
    "customers.unmask_user": lambda s: s.here.submit(_look_at_user("unmask")),
    "customers.deactivate": _user("deactivate"),
    "customers.reactivate": _user("reactivate", "inactive"),
    "customers_api.put_tenant": lambda s: s.here.call(
        "PUT", "/api/customers/tenants/acme", {"name": "Acme"}
    ),
    "customers_api.put_user": _put_user,
}
