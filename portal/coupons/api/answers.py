"""Coupons as the API tells them, by the names of its description."""

from typing import Any

from portal.coupons.models import CouponStatus
from portal.coupons.terms import Terms, terms_of
from portal.web.times import machine, machine_or_none


def terms_answer(terms: Terms) -> dict[str, Any]:
    return {
        "description": terms.description,
        "kind": terms.kind,
        "basis_points": terms.basis_points,
        "amounts": dict(terms.amounts),
        "duration": terms.duration,
        "periods": terms.periods,
        "months": terms.months,
        "carry_remaining": terms.carry_remaining,
        "starts_at": machine_or_none(terms.starts_at),
        "redeem_by": machine_or_none(terms.redeem_by),
        "max_redemptions": terms.max_redemptions,
        "max_per_tenant": terms.max_per_tenant,
        "max_per_user": terms.max_per_user,
        "plans": list(terms.plans),
        "min_amount": dict(terms.min_amounts),
        "first_time_only": terms.is_first_time_only,
        "stackable": terms.is_stackable,
        "is_public": terms.is_public,
    }


def coupon_answer(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "status": row.status,
        "active": row.status == CouponStatus.ACTIVE,
        **terms_answer(terms_of(row)),
        "times_redeemed": row.times_redeemed,
        "batch_id": row.batch_id,
        "created_at": machine(row.created_at),
        "by": row.created_by_label,
    }
