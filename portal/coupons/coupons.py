"""Creating, changing, disabling and enabling coupons.

Somebody whose limits are passed asks for approval instead: until somebody else decides, the
coupon cannot be used.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.catalog.overview import plans_on_offer
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db, insert_into
from portal.core.errors import Conflict, NotFound
from portal.core.staleness import Stale, fingerprint
from portal.coupons.given import giver_of, uses_given
from portal.coupons.limits import beyond, is_unlimited, refuse_beyond
from portal.coupons.models import HELD_BACK, Coupon, CouponBatch, CouponStatus, CouponTenant
from portal.coupons.telling import tell_asker
from portal.coupons.terms import (
    WORTH,
    BadTerms,
    Terms,
    as_plain,
    check_terms,
    checked_code,
    code_key,
    terms_of,
)
from portal.customers.models import Tenant


class CodeTaken(Conflict):
    """Another coupon has this code."""


class Frozen(Conflict):
    """Somebody redeemed it: what it is worth cannot be changed any more."""


class InBatch(Conflict):
    """Codes of a batch say the same, and wait together: the whole batch is dealt with."""


class AlreadyDisabled(Conflict):
    """It is disabled already."""


def target_of(row: Coupon) -> Target:
    return Target("coupon", row.id, row.code)


def coupon_or_404(coupon_id: int, *, locked: bool = True) -> Coupon:
    """The coupon as it is now, and until the transaction ends when it is locked.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(
        Coupon, coupon_id, with_for_update=locked or None, populate_existing=True
    )
    if found is None:
        raise NotFound("There is no such coupon.")
    return found


def mark_of(row: Coupon) -> str:
    """What a page carries to say which coupon its reader saw: its terms, its status, if frozen."""
    terms = json.dumps(as_plain(terms_of(row)), sort_keys=True)
    return fingerprint(terms, row.status, str(row.first_redeemed_at is not None))


def check_mark(row: Coupon, seen: str | None) -> None:
    """Is it still the coupon that was seen? None: a program, which saw nothing.

    Raises:
        Stale: see the class.
    """
    if seen is not None and seen != (now := mark_of(row)):
        raise Stale(f"Somebody changed {row.code} a moment ago. Look at it again.", present=now)


def create_coupon(
    *,
    by: Actor,
    code: str,
    terms: Terms,
    tenant_ids: Iterable[int] = (),
    asks_approval: bool = False,
    reason: str | None = None,
    cause: Mapping[str, str] | None = None,
) -> Coupon:
    """A coupon that can be used at once, or that waits for approval. `cause` is for the log alone.

    Raises:
        BadTerms: a term is not right (422).
        CodeTaken: the code exists, in small or large letters.
        BeyondLimits: this person may not give it alone, and did not ask for approval.
    """
    code, tenants = checked_code(code), set(tenant_ids)
    check_terms(terms)
    check_plans(terms.plans)
    check_tenants(terms, tenants)
    now = clock.now()
    is_waiting = must_wait(by, terms, now, asks_approval)
    values = {**new_columns(by, terms, now), "code": code, "code_key": code_key(code)}
    added = insert_into(Coupon).values(**values).on_conflict_do_nothing().returning(Coupon.id)
    coupon_id = db.session.scalar(added)
    if coupon_id is None:
        raise CodeTaken(f"There is a coupon {code} already.", field="code")
    row = coupon_or_404(coupon_id)
    for tenant_id in sorted(tenants):
        db.session.add(CouponTenant(coupon_id=row.id, tenant_id=tenant_id))
    _settle(by, row, is_waiting)
    changes = {name: (None, value) for name, value in as_plain(terms).items() if value}
    meta = {"status": row.status, "tenant_ids": sorted(tenants), **(cause or {})}
    record(
        Action.COUPON_CREATED,
        by=by,
        target=target_of(row),
        reason=reason,
        changes=changes,
        meta=meta,
    )
    return row


def new_columns(by: Actor, terms: Terms, now: datetime) -> dict[str, Any]:
    """What a new row says, but for its code."""
    return {
        **terms.columns(),
        "times_redeemed": 0,
        "created_at": now,
        "created_by_label": by.label,
        "given_at": now,
        "given_by": giver_of(by),
        "status": CouponStatus.ACTIVE,
    }


def change_coupon(
    *,
    by: Actor,
    coupon_id: int,
    terms: Terms,
    asks_approval: bool = False,
    seen: str | None = None,
) -> Coupon:
    """Other terms from now on; who reserved or redeemed it keeps what it said then.

    `seen` is the mark (`mark_of`) of the coupon that the writer saw.

    Raises:
        BadTerms, BeyondLimits: as `create_coupon`.
        Frozen, InBatch, Stale: see the classes.
        NotFound: there is no such coupon.
    """
    check_terms(terms)
    row = coupon_or_404(coupon_id)
    check_mark(row, seen)
    before, after = as_plain(terms_of(row)), as_plain(terms)
    changes = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if not changes:
        return row
    _refuse_in_batch(row)
    _check_frozen(row, changes)
    _check_change(row, terms)
    check_plans(terms.plans, kept=row.plans)
    was, is_off = row.status, row.status == CouponStatus.DISABLED
    is_waiting = not is_off and must_wait(by, terms, row.created_at, asks_approval, without=row.id)
    for name, value in terms.columns().items():
        setattr(row, name, value)
    if not is_off:
        _settle(by, row, is_waiting)
    if was != row.status:
        changes["status"] = (was, row.status)
    record(Action.COUPON_CHANGED, by=by, target=target_of(row), changes=changes)
    return row


def disable_coupon(*, by: Actor, coupon_id: int, reason: str | None = None) -> Coupon:
    """Nobody can reserve or redeem it any more; a discount that was redeemed goes on.

    Raises:
        AlreadyDisabled, NotFound: see the classes.
    """
    row = coupon_or_404(coupon_id)
    if row.status == CouponStatus.DISABLED:
        raise AlreadyDisabled(f"{row.code} is disabled already.")
    changes: dict[str, tuple[object, object]] = {"status": (row.status, CouponStatus.DISABLED)}
    row.status = CouponStatus.DISABLED
    record(Action.COUPON_DISABLED, by=by, target=target_of(row), changes=changes, reason=reason)
    return row


def enable_coupon(
    *, by: Actor, coupon_id: int, asks_approval: bool = False, reason: str | None = None
) -> Coupon:
    """A disabled coupon can be used again, by somebody who might give it anew.

    Raises:
        BeyondLimits, NotFound: as `change_coupon`.
        Conflict: it is not disabled.
        InBatch: its batch is disabled, or waits.
    """
    row = coupon_or_404(coupon_id)
    was = row.status
    if was != CouponStatus.DISABLED:
        raise Conflict(f"{row.code} is not disabled.")
    _refuse_in_batch(row, unless=CouponStatus.ACTIVE)
    terms = terms_of(row)
    may_wait = asks_approval and row.batch_id is None  # those of a batch are approved as one
    _settle(by, row, must_wait(by, terms, row.created_at, may_wait, without=row.id))
    changes: dict[str, tuple[object, object]] = {"status": (was, row.status)}
    record(Action.COUPON_CHANGED, by=by, target=target_of(row), changes=changes, reason=reason)
    return row


def must_wait(
    by: Actor,
    terms: Terms,
    begins: datetime,
    asks_approval: bool,
    *,
    codes: int = 1,
    without: int | None = None,
) -> bool:
    """Within this person's limits it need not; beyond them it must, or is refused.

    Raises:
        BeyondLimits: see the class.
    """
    if is_unlimited(by):
        return False
    others = uses_given(by=by, terms=terms, without=without)
    passed = beyond(terms, begins, codes=codes, others=others)
    if not asks_approval:
        refuse_beyond(passed)
    return bool(passed)


def _settle(by: Actor, row: Coupon, must_wait: bool) -> None:
    was = row.status
    row.status = CouponStatus.AWAITING_APPROVAL if must_wait else CouponStatus.ACTIVE
    if was in HELD_BACK and not must_wait:
        tell_asker(by=by, asker=row.requested_by, about=target_of(row), status=row.status)
    row.requested_by = by.id if must_wait else None
    row.decided_by_label = None
    row.given_by, row.given_at = giver_of(by), clock.now()
    db.session.flush()


def _refuse_in_batch(row: Coupon, unless: CouponStatus | None = None) -> None:
    batch = db.session.get(CouponBatch, row.batch_id) if row.batch_id is not None else None
    if batch is not None and batch.status != unless:
        raise InBatch(f"{row.code} is one of many that were made at once: see the whole batch.")


def _check_frozen(row: Coupon, changes: Iterable[str]) -> None:
    if row.first_redeemed_at is not None and not set(WORTH).isdisjoint(changes):
        raise Frozen(f"{row.code} was redeemed: what it is worth stays. Make another coupon.")


def _check_change(row: Coupon, terms: Terms) -> None:
    if terms.is_public != row.is_public:
        raise BadTerms("Whom it is for is decided when it is made.", field="is_public")
    if terms.max_redemptions is not None and terms.max_redemptions < row.times_redeemed:
        raise BadTerms(f"It was used {row.times_redeemed} times already.", field="max_redemptions")


def check_plans(plans: Iterable[str], kept: Iterable[str] = ()) -> None:
    """Whatever it named before may have been archived since.

    Raises:
        BadTerms: a plan is not on offer.
    """
    named = set(plans) - set(kept)
    offered = {plan.name for plan in plans_on_offer(catalog_now())} if named else set()
    unknown = sorted(named - offered)
    if unknown:
        raise BadTerms(f"There is no plan {unknown[0]} on offer.", field="plans")


def check_tenants(terms: Terms, tenant_ids: set[int]) -> None:
    """
    Raises:
        BadTerms: it is for nobody, for everybody and some, or for one that does not exist.
    """
    if terms.is_public == bool(tenant_ids):
        raise BadTerms("Name tenants where it is not public, and only then.", field="tenant_ids")
    query = sa.select(sa.func.count()).where(Tenant.id.in_(tenant_ids))
    if tenant_ids and db.session.scalar(query) != len(tenant_ids):
        raise BadTerms("One of these tenants does not exist.", field="tenant_ids")
