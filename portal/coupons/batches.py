"""Many codes at once: made, decided on and disabled as one thing, with one event."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db, insert_into
from portal.core.errors import Conflict, Denied, NotFound
from portal.core.once import FormUsed
from portal.core.permissions import Permission
from portal.coupons.approvals import NotWaiting, OwnRequest
from portal.coupons.coupons import (
    AlreadyDisabled,
    check_plans,
    check_tenants,
    must_wait,
    new_columns,
)
from portal.coupons.generating import checked_count, checked_prefix, drawn, new_codes
from portal.coupons.models import Coupon, CouponBatch, CouponBatchTenant, CouponStatus
from portal.coupons.telling import tell_asker
from portal.coupons.terms import Terms, as_plain, check_terms, code_key

MOST_ROUNDS = 100
USED = "This form made other codes before. Open a new one."


class CodesUsedUp(Conflict):
    """Whatever is drawn exists already."""


def batch_or_404(batch_id: int, *, locked: bool = False) -> CouponBatch:
    """
    Raises:
        NotFound: there is none.
    """
    found = db.session.get(
        CouponBatch, batch_id, with_for_update=locked or None, populate_existing=True
    )
    if found is None:
        raise NotFound("There are no such codes.")
    return found


def create_batch(
    *,
    by: Actor,
    once: str,
    prefix: str,
    count: int,
    terms: Terms,
    tenant_ids: Iterable[int] = (),
    asks_approval: bool = False,
    draw: Callable[[], str] = drawn,
) -> CouponBatch:
    """So many coupons that say the same, each with a code of its own.

    A form that is sent twice names the same `once` twice, and makes one batch. Of terms that are
    not public, the tenants may use them, whichever of them has a code. `draw` gives the part of a
    code that follows the prefix.

    Raises:
        BadTerms: a term, the prefix or the count is not right.
        BeyondLimits: all codes together are more than this person may give alone.
        FormUsed, CodesUsedUp: see the classes.
    """
    prefix, count = checked_prefix(prefix), checked_count(count)
    check_terms(terms)
    check_plans(terms.plans)
    tenants = set(tenant_ids)
    check_tenants(terms, tenants)
    row, is_new = _claimed(by, once, prefix, count, terms)
    if not is_new:
        _check_same_tenants(row, tenants)
        return row
    db.session.add_all(CouponBatchTenant(batch_id=row.id, tenant_id=each) for each in tenants)
    is_waiting = must_wait(by, terms, row.created_at, asks_approval, codes=count)
    if is_waiting:
        row.status, row.requested_by = CouponStatus.AWAITING_APPROVAL, by.id
    db.session.flush()
    _fill(by, row, terms, draw)
    meta = {"count": count, "prefix": prefix, "terms": row.terms, "status": row.status}
    if tenants:
        meta["tenant_ids"] = sorted(tenants)
    record(Action.COUPON_BATCH_CREATED, by=by, target=target_of_batch(row), meta=meta)
    return row


def approve_batch(*, by: Actor, batch_id: int, reason: str | None = None) -> CouponBatch:
    """Every code can be used from now on, but for those that were disabled meanwhile.

    Raises:
        Denied, OwnRequest, NotWaiting, NotFound: as of `approve_coupon`.
    """
    return _decide(by, batch_id, CouponStatus.ACTIVE, Action.COUPON_BATCH_APPROVED, reason)


def reject_batch(*, by: Actor, batch_id: int, reason: str | None = None) -> CouponBatch:
    """The codes stay unused for good; raises as `approve_batch`."""
    return _decide(by, batch_id, CouponStatus.REJECTED, Action.COUPON_BATCH_REJECTED, reason)


def disable_batch(*, by: Actor, batch_id: int, reason: str | None = None) -> CouponBatch:
    """Nobody uses one of its codes any more, and they stay so. What was redeemed goes on.

    Raises:
        AlreadyDisabled, NotFound: see the classes.
    """
    row = batch_or_404(batch_id, locked=True)
    if row.status == CouponStatus.DISABLED:
        raise AlreadyDisabled("These codes are disabled already.")
    was, row.status = row.status, CouponStatus.DISABLED
    enabled = sa.select(sa.func.count()).where(
        Coupon.batch_id == row.id, Coupon.status != CouponStatus.DISABLED
    )
    codes = db.session.scalar(enabled) or 0
    # Those that are disabled too: one of them may be enabled this moment, and is waited for.
    _move(row, sa.true(), status=CouponStatus.DISABLED)
    _record_move(Action.COUPON_BATCH_DISABLED, by, row, was, codes, reason)
    return row


def may_decide_batch(by: Actor, row: CouponBatch) -> bool:
    """Do its codes wait for this person, among others?"""
    is_waiting = row.status == CouponStatus.AWAITING_APPROVAL
    return is_waiting and by.may(Permission.COUPONS_APPROVE) and row.requested_by != by.id


def batches_waiting_for(by: Actor) -> int:
    """How many batches wait for this person's decision."""
    if not by.may(Permission.COUPONS_APPROVE):
        return 0
    query = sa.select(sa.func.count()).where(
        CouponBatch.status == CouponStatus.AWAITING_APPROVAL,
        CouponBatch.requested_by.is_distinct_from(by.id),
    )
    return db.session.scalar(query) or 0


def terms_of_batch(row: Any) -> Terms:
    """What each of its codes says."""
    instants = {
        name: datetime.fromisoformat(row.terms[name]) if row.terms[name] else None
        for name in ("starts_at", "redeem_by")
    }
    return Terms(**{**row.terms, **instants, "plans": tuple(row.terms["plans"])})


def target_of_batch(row: CouponBatch) -> Target:
    return Target("coupon_batch", row.id, name_of(row))


def name_of(row: Any) -> str:
    """`1,000 codes FAIR-…`."""
    codes = f"{row.size:,} code{'s' if row.size != 1 else ''}"
    return f"{codes} {row.prefix}-…" if row.prefix else codes


def _claimed(
    by: Actor, once: str, prefix: str, count: int, terms: Terms
) -> tuple[CouponBatch, bool]:
    """The row of this form, and whether it is new. A twin that runs at once is waited for."""
    said = {"prefix": prefix, "size": count, "terms": as_plain(terms), "created_by": by.id}
    values = {
        **said,
        "once": once,
        "status": CouponStatus.ACTIVE,
        "created_at": clock.now(),
        "created_by_label": by.label,
    }
    added = insert_into(CouponBatch).values(**values).on_conflict_do_nothing()
    is_new = db.session.scalar(added.returning(CouponBatch.id)) is not None
    row = db.session.scalars(sa.select(CouponBatch).filter_by(once=once)).one()
    if not is_new and any(getattr(row, name) != value for name, value in said.items()):
        raise FormUsed(USED)
    return row, is_new


def _check_same_tenants(row: CouponBatch, tenants: set[int]) -> None:
    query = sa.select(CouponBatchTenant.tenant_id).where(CouponBatchTenant.batch_id == row.id)
    if set(db.session.scalars(query)) != tenants:
        raise FormUsed(USED)


def _fill(by: Actor, row: CouponBatch, terms: Terms, draw: Callable[[], str]) -> None:
    """A code that exists already is left out by its unique key, and another one drawn.

    In order, so that of two that draw the same at once none waits for the other in a ring.
    """
    columns = {**new_columns(by, terms, row.created_at), "batch_id": row.id}
    columns |= {"status": row.status, "requested_by": row.requested_by}
    count = sa.select(sa.func.count()).where(Coupon.batch_id == row.id)
    add = insert_into(Coupon.__table__).on_conflict_do_nothing()
    connection, missing = db.session.connection(), row.size
    for _ in range(MOST_ROUNDS):
        codes = sorted(new_codes(row.prefix, missing, draw))
        connection.execute(
            add, [{**columns, "code": code, "code_key": code_key(code)} for code in codes]
        )
        missing = row.size - (db.session.scalar(count) or 0)
        if not missing:
            return
    raise CodesUsedUp("No other codes could be found. Use another prefix.")


def _decide(
    by: Actor, batch_id: int, status: CouponStatus, action: Action, reason: str | None
) -> CouponBatch:
    if not by.may(Permission.COUPONS_APPROVE):
        raise Denied("You may not approve coupons. Ask a manager.")
    row = batch_or_404(batch_id, locked=True)
    was = row.status
    if was != CouponStatus.AWAITING_APPROVAL:
        raise NotWaiting("These codes do not wait for approval.")
    if row.requested_by is not None and row.requested_by == by.id:
        raise OwnRequest("You asked for this yourself: somebody else decides.")
    row.status, row.decided_by_label = status, by.label
    codes = _move(row, Coupon.status == was, status=status, decided_by_label=by.label)
    _record_move(action, by, row, was, codes, reason)
    tell_asker(by=by, asker=row.requested_by, about=target_of_batch(row), status=status)
    return row


def _move(row: CouponBatch, which: sa.ColumnElement[bool], **values: str) -> int:
    """How many codes it met."""
    db.session.flush()
    moved = changed_rows(sa.update(Coupon).where(Coupon.batch_id == row.id, which).values(**values))
    db.session.expire_all()
    return moved


def _record_move(
    action: Action, by: Actor, row: CouponBatch, was: str, codes: int, reason: str | None
) -> None:
    changes: dict[str, tuple[object, object]] = {"status": (was, row.status)}
    target, meta = target_of_batch(row), {"codes": codes}
    record(action, by=by, target=target, changes=changes, reason=reason, meta=meta)
