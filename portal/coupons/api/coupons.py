"""Coupons themselves: made, read, changed, decided on, and asked about."""

from dataclasses import replace

from flask import Response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.coupons.api.answers import coupon_answer
from portal.coupons.api.blueprint import api
from portal.coupons.approvals import approve_coupon, reject_coupon
from portal.coupons.coupons import (
    change_coupon,
    coupon_or_404,
    create_coupon,
    disable_coupon,
    enable_coupon,
)
from portal.coupons.listing import coupons_page
from portal.coupons.models import CouponStatus
from portal.coupons.schemas import (
    CouponChangeBody,
    CouponPath,
    CouponShape,
    CouponsShape,
    CreateBody,
    DecisionBody,
    ListQuery,
    PurchaseBody,
    VerdictShape,
)
from portal.coupons.terms import Terms, terms_of
from portal.coupons.validating import REASONS, validate_coupon
from portal.web.access import acting, audits, reads_only, requires, unaudited
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes


@api.get("", responses={200: CouponsShape})
@requires(Permission.COUPONS_VIEW)
@takes
def coupons(query: ListQuery) -> Response:
    """Every coupon, the newest first."""
    page = coupons_page(status=query.status, cursor=query.cursor, limit=query.limit)
    items = [coupon_answer(row) for row in page.items]
    return json_answer({"items": items, "next_cursor": page.next_cursor})


@api.post("", responses={201: CouponShape})
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_CREATED)
@idempotent
@takes
def create(body: CreateBody) -> Response:
    """Make a coupon. Beyond your limits it waits for approval, when you ask for that."""
    row = create_coupon(
        by=acting(),
        code=body.code,
        terms=Terms(**body.said(), is_public=not body.tenant_ids),
        tenant_ids=body.tenant_ids,
        asks_approval=body.ask_approval,
    )
    answer = json_answer(coupon_answer(row))
    answer.status_code = 201
    return commit_answer(answer)


@api.get("/<int:coupon_id>", responses={200: CouponShape})
@requires(Permission.COUPONS_VIEW)
@takes
def coupon(path: CouponPath) -> Response:
    """One coupon."""
    return json_answer(coupon_answer(coupon_or_404(path.coupon_id, locked=False)))


@api.patch("/<int:coupon_id>", responses={200: CouponShape})
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_CHANGED, Action.COUPON_DISABLED)
@idempotent
@takes
def change(path: CouponPath, body: CouponChangeBody) -> Response:
    """Change what is named. What it is worth is fixed once somebody redeemed it."""
    by, asks = acting(), body.ask_approval
    row = coupon_or_404(path.coupon_id)
    terms = replace(terms_of(row), **body.said())
    row = change_coupon(by=by, coupon_id=row.id, terms=terms, asks_approval=asks)
    is_off = row.status == CouponStatus.DISABLED
    if body.is_active and is_off:
        enable_coupon(by=by, coupon_id=row.id, asks_approval=asks)
    if body.is_active is False and not is_off:
        disable_coupon(by=by, coupon_id=row.id)
    return commit_answer(json_answer(coupon_answer(row)))


@api.delete("/<int:coupon_id>", responses={200: CouponShape})
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_DISABLED)
@idempotent
@takes
def disable(path: CouponPath, body: DecisionBody) -> Response:
    """Disable it: nobody uses it any more, and nothing is forgotten."""
    row = disable_coupon(by=acting(), coupon_id=path.coupon_id, reason=body.reason)
    return commit_answer(json_answer(coupon_answer(row)))


@api.post("/<int:coupon_id>/approve", responses={200: CouponShape})
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_APPROVED)
@idempotent
@takes
def approve(path: CouponPath, body: DecisionBody) -> Response:
    """Let a coupon that somebody else asked for be used."""
    row = approve_coupon(by=acting(), coupon_id=path.coupon_id, reason=body.reason)
    return commit_answer(json_answer(coupon_answer(row)))


@api.post("/<int:coupon_id>/reject", responses={200: CouponShape})
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_REJECTED)
@idempotent
@takes
def reject(path: CouponPath, body: DecisionBody) -> Response:
    """Leave a coupon that somebody else asked for unused."""
    row = reject_coupon(by=acting(), coupon_id=path.coupon_id, reason=body.reason)
    return commit_answer(json_answer(coupon_answer(row)))


@api.post("/validate", responses={200: VerdictShape})
@requires(Permission.COUPONS_REDEEM)
@reads_only
@unaudited("it only asks")
@takes
def validate(body: PurchaseBody) -> Response:
    """Whether the purchase may use the coupon, and what it takes off. Nothing is held."""
    verdict = validate_coupon(code=body.code, purchase=body.purchase())
    return json_answer(
        {
            "valid": verdict.reason is None,
            "reason": verdict.reason,
            "detail": REASONS[verdict.reason] if verdict.reason else None,
            "discount_cents": verdict.discount_cents,
            "remaining_cents": body.amount_cents - verdict.discount_cents,
        }
    )
