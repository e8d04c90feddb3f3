"""Scenes of coupons, and the rows that they show."""

from datetime import timedelta

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.roles import Role
from portal.coupons.coupons import create_coupon, disable_coupon
from portal.coupons.redeeming import redeem_coupon, reserve_coupon
from portal.coupons.terms import Terms
from portal.coupons.validating import Purchase
from portal.customers.models import Tenant, User
from tests.browser.scene import Scene, Who
from tests.cast import actor, make_admin

SCENES: dict[str, list[Scene]] = {
    "coupons.coupons": [
        Scene(Who.ANN, "/coupons"),
        Scene(Who.BEA, "/coupons?status=awaiting_approval"),
        Scene(Who.BARE, "/coupons?q=nothing+like+this"),
    ],
    "coupons.new_coupon": [
        Scene(Who.ANN, "/coupons/new"),
        Scene(Who.BARE, "/coupons/new?like={coupon}&tenant={tenant}"),
        Scene(Who.BEA, "/coupons/new", 403),
    ],
    "coupons.edit_coupon": [
        Scene(Who.ANN, "/coupons/{coupon}/edit"),
        Scene(Who.ANN, "/coupons/{coupon_waiting}/edit"),
    ],
    "coupons.coupon": [
        Scene(Who.ANN, "/coupons/{coupon}"),
        Scene(Who.ANN, "/coupons/{coupon_waiting}"),
        Scene(Who.BEA, "/coupons/{coupon_waiting}"),
        Scene(Who.ANN, "/coupons/{coupon_named}"),
        Scene(Who.ANN, "/coupons/0", 404),
    ],
    "coupons.disable": [Scene(Who.ANN, "/coupons/{coupon}/disable")],
    "coupons.enable": [Scene(Who.ANN, "/coupons/{coupon_off}/enable")],
    "coupons.tenant": [
        Scene(Who.ANN, "/coupons/tenants/{tenant}"),
        Scene(Who.BEA, "/coupons/tenants/{closed_tenant}"),
    ],
    "coupons.usage": [
        Scene(Who.ANN, "/coupons/usage"),
        Scene(Who.BEA, "/coupons/usage?coupon=nothing&status=redeemed"),
    ],
}


def rows(tenant: Tenant, user: User) -> dict[str, object]:
    """One that was used, one that waits, one for a tenant by name, and one that is disabled."""
    now = clock.now()
    used = Terms(
        basis_points=2000,
        duration="repeating",
        periods=3,
        redeem_by=now + timedelta(days=20),
        max_redemptions=100,
        plans=("basic", "professional"),
        is_stackable=True,
        max_per_tenant=2,
        min_amounts={"USD": 5000},
        description="The fair in May",
    )
    coupon = create_coupon(by=SYSTEM, code="SPRING20", terms=used)
    bought = Purchase(tenant.id, "professional", "USD", 9900, user.id)
    redeem_coupon(by=SYSTEM, code="SPRING20", purchase=bought)
    reserve_coupon(by=SYSTEM, code="SPRING20", purchase=bought)
    named = Terms(
        amounts={"USD": 1500, "EUR": 1400}, is_public=False, description="For a long wait"
    )
    for_one = create_coupon(by=SYSTEM, code="SORRY-15", terms=named, tenant_ids=[tenant.id])
    later = Terms(basis_points=1000, starts_at=now + timedelta(days=9))
    create_coupon(by=SYSTEM, code="WINTER-10", terms=later)
    off = create_coupon(by=SYSTEM, code="LEAKED-5", terms=Terms(basis_points=500))
    disable_coupon(by=SYSTEM, coupon_id=off.id, reason="It stood in a forum.")
    meg = actor(make_admin("Meg Marketing", Role.MARKETING))
    half = Terms(basis_points=5000, duration="forever", is_first_time_only=True)
    waits = create_coupon(by=meg, code="HALF-PRICE", terms=half, asks_approval=True)
    return {
        "coupon": coupon.id,
        "coupon_named": for_one.id,
        "coupon_off": off.id,
        "coupon_waiting": waits.id,
    }
