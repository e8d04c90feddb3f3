"""How each change of a coupon and of its uses is driven once."""

from portal.core.actor import SYSTEM
from portal.core.roles import Role
from portal.coupons.coupons import create_coupon, disable_coupon
from portal.coupons.redeeming import redeem_coupon, reserve_coupon
from portal.coupons.terms import Terms
from tests.cast import actor, make_admin, make_tenant
from tests.coupons.conftest import buys, make_coupon

URL = "/api/coupons"


def _bought():
    make_coupon()
    acme = make_tenant("Acme")
    bought = {"plan": "pro", "currency": "USD", "amount_cents": 10_000}
    return {"code": "SPRING20", "tenant_id": acme.id, **bought}


def _waiting():
    meg = actor(make_admin("Meg Marketing", Role.MARKETING))
    terms = Terms(basis_points=9000)
    return create_coupon(by=meg, code="HUGE", terms=terms, asks_approval=True).id


def _reserved():
    make_coupon()
    purchase = buys(make_tenant("Acme"))
    return reserve_coupon(by=SYSTEM, code="SPRING20", purchase=purchase).id


def _repeating():
    make_coupon(duration="repeating", periods=3)
    return redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(make_tenant("Acme"))).id


def _post(path, make=None, body=None):
    """A POST to the path, whose number is that of what is made."""
    return lambda s: s.here.call("POST", URL + path.format(make() if make else ""), body or {})


def _waiting_form(s, verb):
    """Ann decides on what Meg asked for, from the page that shows it."""
    url = f"/coupons/{_waiting()}"
    seen = s.here.soup(url).select_one("#approval [name=seen]")["value"]
    return s.here.submit(f"{url}/{verb}", seen=seen, reason="agreed")


def _enable_again(s):
    row = make_coupon()
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    return s.here.submit(f"/coupons/{row.id}/enable", reason="it was not leaked")


def _edited(s):
    url = f"/coupons/{make_coupon().id}/edit"
    seen = s.here.soup(url).select_one("#coupon-form [name=seen]")["value"]
    typed = {"kind": "percent", "percent": "20", "duration": "once", "max_redemptions": "9"}
    return s.here.submit(url, seen=seen, **typed)


NEW = {"code": "FAIR", "kind": "percent", "percent": "5", "duration": "once"}
DRIVES = {
    "coupons.new_coupon": lambda s: s.here.submit("/coupons/new", audience="everybody", **NEW),
    "coupons.edit_coupon": _edited,
    "coupons.approve": lambda s: _waiting_form(s, "approve"),
    "coupons.reject": lambda s: _waiting_form(s, "reject"),
    "coupons.disable": lambda s: s.here.submit(
        f"/coupons/{make_coupon().id}/disable", reason="leaked"
    ),
    "coupons.enable": _enable_again,
    "coupons.usage_csv": lambda s: s.here.get("/coupons/usage.csv"),
    "coupons_api.create": _post("", body={"code": "FAIR", "basis_points": 500}),
    "coupons_api.change": lambda s: s.here.call(
        "PATCH", f"{URL}/{make_coupon().id}", {"max_redemptions": 9}
    ),
    "coupons_api.disable": lambda s: s.here.call("DELETE", f"{URL}/{make_coupon().id}", {}),
    "coupons_api.approve": _post("/{}/approve", _waiting),
    "coupons_api.reject": _post("/{}/reject", _waiting),
    "coupons_api.reserve": lambda s: s.here.call("POST", f"{URL}/reserve", _bought()),
    "coupons_api.redeem": lambda s: s.here.call("POST", f"{URL}/redeem", _bought()),
    "coupons_api.redeem_reserved": _post("/usage/{}/redeem", _reserved),
    "coupons_api.release": _post("/usage/{}/release", _reserved),
    "coupons_api.count": _post("/usage/{}/count-period", _repeating),
}
