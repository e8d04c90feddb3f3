"""The demo company's coupons: what marketing gave away, what it asked for, and who used it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from random import Random

import sqlalchemy as sa

from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.coupons.approvals import approve_coupon, reject_coupon
from portal.coupons.batches import create_batch
from portal.coupons.coupons import create_coupon, disable_coupon
from portal.coupons.generating import ALPHABET, DRAWN, in_halves
from portal.coupons.models import Coupon
from portal.coupons.redeeming import (
    CouponRefused,
    redeem_coupon,
    release_reservation,
    reserve_coupon,
)
from portal.coupons.running import count_period
from portal.coupons.terms import Duration, Terms, code_key
from portal.coupons.validating import Purchase
from portal.customers.models import Tenant, TenantStatus
from seeds.agenda import Agenda
from seeds.product import Product

DAY, MONTH = timedelta(days=1), timedelta(days=30)
APPROVED, REJECTED, DISABLED = "approved", "rejected", "disabled"
ENDINGS: Mapping[str, Callable[..., object]] = {
    APPROVED: approve_coupon,
    REJECTED: reject_coupon,
    DISABLED: disable_coupon,
}
Use = tuple[int, str, str]
"""So many days ago, by whom, for which plan."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Made so many days ago, to be redeemed for so many days. `ended` is what was decided when."""

    code: str
    days_ago: int
    lasts: int
    terms: dict[str, object]
    description: str
    by: str = "marketing"
    starts_in: int | None = None
    plans: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    ended: tuple[int, str, str] | None = None
    asks: bool = False


def _share(per_cent: int, uses: int = 100, **more: object) -> dict[str, object]:
    return {"basis_points": per_cent * 100, "max_redemptions": uses, **more}


OFFERS = (
    Offer(
        "SUMMER-20",
        170,
        60,
        _share(20, 50, is_first_time_only=True),
        "Welcome of the summer, first invoice",
        uses=(
            (147, "bergamo-espositori", "professional"),
            (139, "coldwater-mailers", "basic"),
            (129, "lomond-board", "basic"),
            (117, "dune-karton", "basic"),
        ),
    ),
    Offer(
        "FAIR-15",
        85,
        89,
        _share(15, 4, duration=Duration.REPEATING, periods=3),
        "Handed out at the packaging fair, three invoices",
        uses=(
            (82, "cascadia-box-works", "enterprise"),
            (79, "estuary-packaging", "basic"),
            (63, "glacier-insulated", "professional"),
            (60, "emu-paperboard", "basic"),
        ),
    ),
    Offer(
        "PARTNER-45",
        96,
        120,
        _share(45, 200),
        "For customers of our ERP partners",
        ended=(94, REJECTED, "45 % for a year is more than we earn from them"),
        asks=True,
    ),
    Offer(
        "MOVE-UP",
        88,
        85,
        {
            "amounts": {"EUR": 2000, "USD": 2000},
            "min_amounts": {"EUR": 7900, "USD": 7900},
            "max_redemptions": 40,
        },
        "20 off the first month of Professional",
        plans=("professional",),
        uses=(
            (45, "rhone-cartonnage", "professional"),
            (40, "bergamo-espositori", "professional"),
        ),
    ),
    Offer(
        "LOYAL-35",
        60,
        90,
        _share(35, 25, is_public=False),
        "Thank you to who is with us for more than a year",
        tenants=("aldgate-cartons", "delta-wellpappe", "kaveri-corrugated", "iris-emballage"),
        uses=((52, "delta-wellpappe", "professional"), (49, "iris-emballage", "professional")),
        ended=(58, APPROVED, "Only for these four"),
        asks=True,
    ),
    Offer(
        "SHARED-ONLINE",
        50,
        60,
        _share(25, 40),
        "For readers of the trade magazine",
        uses=((44, "coldwater-mailers", "basic"), (42, "veld-packaging", "basic")),
        ended=(39, DISABLED, "Was posted on a coupon site"),
    ),
    Offer(
        "WELCOME-20",
        45,
        88,
        _share(20, 60, is_first_time_only=True),
        "Welcome, first invoice",
        uses=(
            (40, "hop-valley-cartons", "basic"),
            (24, "juniper-crates", "basic"),
            (9, "golden-mile-boxes", "professional"),
            (2, "nordlys-kartong", "basic"),
        ),
    ),
    Offer(
        "STAY-3",
        5,
        30,
        _share(30, 1, is_public=False, duration=Duration.REPEATING, periods=3),
        "Offered when they gave notice",
        by="manager",
        tenants=("maple-fold",),
    ),
    Offer(
        "ADVENT-40",
        2,
        27,
        _share(40, 150),
        "Four weeks before the end of the year",
        starts_in=3,
        asks=True,
    ),
    Offer(
        "REFER-A-MILL",
        1,
        180,
        _share(20, 100, is_stackable=True),
        "For customers whom a board mill sends to us",
        asks=True,
    ),
    Offer(
        "NEW-YEAR-25",
        1,
        75,
        _share(25, 80),
        "First invoice of the new year",
        by="finance",
        starts_in=30,
    ),
)
BATCH_DAYS, BATCH_SIZE, BATCH_PREFIX = 20, 30, "EXPO"
BATCH_TERMS = Terms(
    basis_points=1000,
    max_redemptions=1,
    description="On the cards that we gave away at the exhibition",
)
CHECKOUTS_GIVEN_UP = ((30, "veld-packaging", "WELCOME-20"), (4, "pampa-cajas", "WELCOME-20"))


def plan_coupons(agenda: Agenda, staff: Mapping[str, Actor], product: Product) -> list[Offer]:
    """Every coupon whose code is not there, with who used it. What is there stays as it is."""
    known = set(db.session.scalars(sa.select(Coupon.code_key)))
    missing = [offer for offer in OFFERS if code_key(offer.code) not in known]
    for offer in missing:
        by = staff[offer.by]
        at = agenda.until - offer.days_ago * DAY
        agenda.add(at, partial(_make, agenda, offer, staff, product), by=by)
    if len(missing) == len(OFFERS):
        for days_ago, slug, code in CHECKOUTS_GIVEN_UP:
            purchase = (agenda, product, slug, "basic", code)
            agenda.add(
                agenda.until - days_ago * DAY, partial(_give_up, *purchase), by=product.actor
            )
        by = staff["marketing"]
        agenda.add(agenda.until - BATCH_DAYS * DAY, partial(_make_batch, agenda, by), by=by)
    return missing


def _make(agenda: Agenda, offer: Offer, staff: Mapping[str, Actor], product: Product) -> None:
    at = agenda.until - offer.days_ago * DAY
    terms = Terms(
        description=offer.description,
        starts_at=at + offer.starts_in * DAY if offer.starts_in else None,
        redeem_by=at + offer.lasts * DAY,
        plans=offer.plans,
        **offer.terms,  # type: ignore[arg-type]  # each is what its name says
    )
    tenant_ids = [tenant.id for slug in offer.tenants if (tenant := _tenant(slug)) is not None]
    coupon = create_coupon(
        by=staff[offer.by],
        code=offer.code,
        terms=terms,
        tenant_ids=tenant_ids,
        asks_approval=offer.asks,
    )
    for days_ago, slug, plan in offer.uses:
        use = partial(_use, agenda, product, offer, slug, plan)
        agenda.add(agenda.until - days_ago * DAY, use, by=product.actor)
    if offer.ended is not None:
        days_ago, ending, reason = offer.ended
        by = staff["marketing" if ending == DISABLED else "manager"]
        end = partial(ENDINGS[ending], by=by, coupon_id=coupon.id, reason=reason)
        agenda.add(agenda.until - days_ago * DAY, end, by=by)


def _make_batch(agenda: Agenda, by: Actor) -> None:
    terms = replace(BATCH_TERMS, redeem_by=clock.now() + 60 * DAY)
    dice = Random(f"{agenda.seed}:codes")
    create_batch(
        by=by,
        once=f"demo:{agenda.seed}",
        prefix=BATCH_PREFIX,
        count=BATCH_SIZE,
        terms=terms,
        draw=lambda: in_halves("".join(dice.choices(ALPHABET, k=DRAWN))),
    )


def _use(agenda: Agenda, product: Product, offer: Offer, slug: str, plan: str) -> None:
    """Redeemed at a checkout, and counted with each invoice that followed."""
    purchase = _purchase(slug, plan)
    if purchase is None:
        return
    try:
        usage = redeem_coupon(by=product.actor, code=offer.code, purchase=purchase)
    except CouponRefused:
        return
    for later in range(1, usage.periods_total or 1):
        deed = partial(count_period, by=product.actor, usage_id=usage.id)
        agenda.add(usage.reserved_at + later * MONTH, deed, by=product.actor)


def _give_up(agenda: Agenda, product: Product, slug: str, plan: str, code: str) -> None:
    """Held at a checkout that came to nothing."""
    purchase = _purchase(slug, plan)
    if purchase is None:
        return
    usage = reserve_coupon(by=product.actor, code=code, purchase=purchase)
    why = "The card was refused"
    release = partial(release_reservation, by=product.actor, usage_id=usage.id, reason=why)
    agenda.add(usage.reserved_at + timedelta(minutes=12), release, by=product.actor)


def _purchase(slug: str, plan: str) -> Purchase | None:
    tenant = _tenant(slug)
    if tenant is None or tenant.status != TenantStatus.ACTIVE:
        return None
    cents = plan_named(plan).monthly_price_cents or 49_900
    return Purchase(tenant.id, plan, "EUR", cents, is_first_time=True)


def _tenant(slug: str) -> Tenant | None:
    return db.session.scalar(sa.select(Tenant).filter_by(external_id=slug))
