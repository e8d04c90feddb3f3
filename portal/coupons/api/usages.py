"""Uses of coupons: held, redeemed, released, counted, and what a refund gives back."""

from typing import Any

from flask import Response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.coupons.api.blueprint import api
from portal.coupons.listing import usages_page
from portal.coupons.redeeming import (
    redeem_coupon,
    redeem_reservation,
    release_reservation,
    reserve_coupon,
)
from portal.coupons.running import count_period, restore_period, return_slot, use_leftover
from portal.coupons.schemas import DecisionBody
from portal.coupons.use_schemas import (
    HistoryQuery,
    LeftoverBody,
    LeftoverShape,
    PeriodBody,
    PurchaseRefundBody,
    PurchaseReserveBody,
    RedeemBody,
    RedeemReservedBody,
    UsagePath,
    UseShape,
    UsesShape,
)
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes
from portal.web.times import machine, machine_or_none


@api.post("/reserve", responses={200: UseShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_RESERVED)
@idempotent
@takes
def reserve(body: PurchaseReserveBody) -> Response:
    """Hold one use while a checkout is open."""
    usage = reserve_coupon(
        by=acting(), code=body.code, purchase=body.purchase(), expires_in=body.span()
    )
    return commit_answer(json_answer(_usage(usage)))


@api.post("/redeem", responses={200: UseShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_RESERVED, Action.COUPON_REDEEMED)
@idempotent
@takes
def redeem(body: RedeemBody) -> Response:
    """Use the coupon at once. 409 with a `reason` when a rule refuses it."""
    usage = redeem_coupon(
        by=acting(),
        code=body.code,
        purchase=body.purchase(),
        is_in_trial=body.is_in_trial,
        period_starts_at=body.period_starts_at,
    )
    return commit_answer(json_answer(_usage(usage)))


@api.get("/usage/history", responses={200: UsesShape})
@requires(Permission.COUPONS_VIEW)
@takes
def history(query: HistoryQuery) -> Response:
    """Who used which coupon, the newest first."""
    page = usages_page(**query.model_dump())
    items = [_usage(row) for row in page.items]
    return json_answer({"items": items, "next_cursor": page.next_cursor})


@api.post("/usage/<int:usage_id>/redeem", responses={200: UseShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_REDEEMED)
@idempotent
@takes
def redeem_reserved(path: UsagePath, body: RedeemReservedBody) -> Response:
    """The checkout succeeded."""
    usage = redeem_reservation(by=acting(), usage_id=path.usage_id, **body.model_dump())
    return commit_answer(json_answer(_usage(usage)))


@api.post("/usage/<int:usage_id>/release", responses={200: UseShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_RELEASED)
@idempotent
@takes
def release(path: UsagePath, body: DecisionBody) -> Response:
    """The checkout failed: the use is free again."""
    usage = release_reservation(by=acting(), usage_id=path.usage_id, reason=body.reason)
    return commit_answer(json_answer(_usage(usage)))


@api.post("/usage/<int:usage_id>/count-period", responses={200: UseShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_PERIOD_COUNTED)
@idempotent
@takes
def count(path: UsagePath, body: PeriodBody) -> Response:
    """Another period was billed with the discount."""
    usage = count_period(by=acting(), usage_id=path.usage_id, **body.model_dump())
    return commit_answer(json_answer(_usage(usage)))


@api.post("/usage/<int:usage_id>/restore-period", responses={200: UseShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_PERIOD_RESTORED)
@idempotent
@takes
def restore(path: UsagePath, body: DecisionBody) -> Response:
    """The invoice of the last period that was counted is void: it is still to come."""
    usage = restore_period(by=acting(), usage_id=path.usage_id, reason=body.reason)
    return commit_answer(json_answer(_usage(usage)))


@api.post("/usage/<int:usage_id>/use-leftover", responses={200: LeftoverShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_LEFTOVER_USED)
@idempotent
@takes
def leftover(path: UsagePath, body: LeftoverBody) -> Response:
    """Take what an amount left over off another invoice, as far as it goes."""
    taken, usage = use_leftover(by=acting(), usage_id=path.usage_id, amount_cents=body.amount_cents)
    return commit_answer(json_answer({"taken_cents": taken, "usage": _usage(usage)}))


@api.post("/usage/<int:usage_id>/return", responses={200: UseShape})
@requires(Permission.COUPONS_REDEEM)
@audits(Action.COUPON_RETURNED)
@idempotent
@takes
def give_back(path: UsagePath, body: PurchaseRefundBody) -> Response:
    """The purchase was refunded in full: the tenant may use the coupon anew."""
    usage = return_slot(by=acting(), usage_id=path.usage_id, **body.model_dump())
    return commit_answer(json_answer(_usage(usage)))


def _usage(row: Any) -> dict[str, Any]:
    names = (
        "id",
        "coupon_id",
        "tenant_id",
        "user_id",
        "status",
        "plan",
        "currency",
        "base_cents",
        "discount_cents",
        "periods_total",
        "periods_used",
        "leftover_cents",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "code": row.terms["code"],
        "months": row.terms.get("months"),
        "discounted_from": machine_or_none(row.discounted_from),
        "discounted_until": machine_or_none(row.discounted_until),
        "remaining_cents": row.base_cents - row.discount_cents,
        "reserved_at": machine(row.reserved_at),
        "expires_at": machine(row.expires_at),
        "ended_at": machine_or_none(row.ended_at),
        "returned_at": machine_or_none(row.returned_at),
        "by": row.by_label,
    }
