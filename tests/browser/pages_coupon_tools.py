"""Scenes of many codes at once and of the simulator, and the rows that they show."""

from datetime import timedelta

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.roles import Role
from portal.coupons.batches import create_batch, disable_batch
from portal.coupons.coupons import create_coupon
from portal.coupons.terms import Terms
from tests.browser.scene import Scene, Who
from tests.cast import actor, make_admin, make_tenant

ASKED = "/coupons/simulate?tenant={tenant}&plan=professional"
CODES = "SIM-FIFTH%0ASIM-GIFT%0ALEAKED-5%0ANOTHING"

SCENES: dict[str, list[Scene]] = {
    "coupons.batches": [Scene(Who.ANN, "/coupons/batches"), Scene(Who.BEA, "/coupons/batches")],
    "coupons.new_batch": [
        Scene(Who.ANN, "/coupons/batches/new"),
        Scene(Who.BEA, "/coupons/batches/new", 403),
    ],
    "coupons.batch": [
        Scene(Who.ANN, "/coupons/batches/{batch}"),
        Scene(Who.ANN, "/coupons/batches/{batch_waiting}"),
        Scene(Who.ANN, "/coupons/batches/{batch_named}"),
        Scene(Who.BEA, "/coupons/batches/{batch_off}"),
        Scene(Who.ANN, "/coupons/batches/0", 404),
    ],
    "coupons.disable_codes": [Scene(Who.ANN, "/coupons/batches/{batch}/disable")],
    "coupons.simulate": [
        Scene(Who.BEA, "/coupons/simulate"),
        Scene(Who.BEA, "/coupons/simulate?q=acm&find=1"),
        Scene(Who.ANN, f"{ASKED}&codes={CODES}&lines=Five+more+seats+25.00"),
        Scene(Who.BARE, f"{ASKED}&interval=year"),
        Scene(Who.ANN, "/coupons/simulate?plan=enterprise&lines=x", 422),
    ],
}


def rows() -> dict[str, object]:
    """Codes that are used, that wait and that are disabled; two coupons that go together."""
    now = clock.now()
    alike = {"basis_points": 1500, "max_redemptions": 1, "redeem_by": now + timedelta(days=60)}
    fair = Terms(**alike, description="Cards for the fair in May")
    batch = create_batch(by=SYSTEM, once="scene-1", prefix="FAIR", count=120, terms=fair)
    off = create_batch(by=SYSTEM, once="scene-2", prefix="", count=3, terms=Terms(**alike))
    disable_batch(by=SYSTEM, batch_id=off.id, reason="They stood in a forum.")
    named = {"once": "scene-4", "prefix": "VIP", "count": 5, "tenant_ids": [make_tenant("Dell").id]}
    guests = create_batch(by=SYSTEM, terms=Terms(**alike, is_public=False), **named)
    max_ = actor(make_admin("Max Marketing", Role.MARKETING))
    mail = Terms(**alike, description="The mailing of June")
    asked = {"once": "scene-3", "prefix": "JUNE", "count": 500}
    waits = create_batch(by=max_, terms=mail, asks_approval=True, **asked)
    fifth = Terms(basis_points=2000, duration="repeating", periods=3, is_stackable=True)
    create_coupon(by=SYSTEM, code="SIM-FIFTH", terms=fifth)
    gift = Terms(amounts={"USD": 15_000}, carry_remaining=True, is_stackable=True)
    create_coupon(by=SYSTEM, code="SIM-GIFT", terms=gift)
    return {
        "batch_named": guests.id,
        "batch": batch.id,
        "batch_off": off.id,
        "batch_waiting": waits.id,
    }
