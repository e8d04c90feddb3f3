"""How each change of many codes, and of a discount after its redemption, is driven once."""

from portal.core.actor import SYSTEM
from portal.core.roles import Role
from portal.coupons.batches import create_batch
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.terms import Terms
from tests.cast import actor, make_admin, make_tenant
from tests.coupons.conftest import buys, make_coupon

URL, API, USES = "/coupons/batches", "/api/coupons/batches", "/api/coupons/usage"
TERMS = Terms(basis_points=500, max_redemptions=1)
TYPED = {"count": "3", "prefix": "", "kind": "percent", "percent": "5", "duration": "once"}
REFUND = {"paid_cents": 8000, "refunded_cents": 8000}


def _batch():
    return create_batch(by=SYSTEM, once="drive", prefix="", count=2, terms=TERMS).id


def _waiting():
    meg = actor(make_admin("Meg Marketing", Role.MARKETING))
    values = {"once": "drive", "prefix": "", "count": 2, "terms": TERMS}
    return create_batch(by=meg, asks_approval=True, **values).id


def _used():
    make_coupon("GIFT", amounts={"USD": 25_000}, carry_remaining=True)
    return redeem_coupon(by=SYSTEM, code="GIFT", purchase=buys(make_tenant("Acme"))).id


def _call(method, path, make, body=None):
    """A request of the API, whose path holds the number of what is made."""
    return lambda s: s.here.call(method, path.format(make()), body or {})


def _submit(verb, make):
    return lambda s: s.here.submit(f"{URL}/{make()}/{verb}", reason="agreed")


DRIVES = {
    "coupons.new_batch": lambda s: s.here.submit(f"{URL}/new", once="drive", **TYPED),
    "coupons.approve_codes": _submit("approve", _waiting),
    "coupons.reject_codes": _submit("reject", _waiting),
    "coupons.disable_codes": _submit("disable", _batch),
    "coupons.batch_csv": lambda s: s.here.get(f"{URL}/{_batch()}/codes.csv"),
    "coupons_api.create_many": lambda s: s.here.call("POST", API, {"count": 2, "basis_points": 5}),
    "coupons_api.disable_many": _call("DELETE", API + "/{}", _batch),
    "coupons_api.approve_many": _call("POST", API + "/{}/approve", _waiting),
    "coupons_api.reject_many": _call("POST", API + "/{}/reject", _waiting),
    "coupons_api.give_back": _call("POST", USES + "/{}/return", _used, REFUND),
    "coupons_api.restore": _call("POST", USES + "/{}/restore-period", _used),
    "coupons_api.leftover": _call("POST", USES + "/{}/use-leftover", _used, {"amount_cents": 5}),
}
