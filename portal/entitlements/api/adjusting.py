"""What staff do to quotas, over JSON: topping up, setting back, and who is over a limit."""

from flask import Response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.tenants import tenant_or_404
from portal.customers.users import user_or_404
from portal.entitlements.api.blueprint import api
from portal.entitlements.over_limit import limits_now, over_limit
from portal.entitlements.quota_schemas import (
    OverLimitQuery,
    OverLimitShape,
    ResetBody,
    ResetShape,
    ToppedUpShape,
    TopUpBody,
    TopUpPath,
    WithdrawBody,
    WithdrawnShape,
)
from portal.entitlements.schemas import HolderPath
from portal.entitlements.topups import reset_quota, top_up
from portal.entitlements.withdrawing import withdraw_top_up
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes
from portal.web.times import machine, machine_or_none


@api.post("/users/<int:holder_id>/top-up", responses={201: ToppedUpShape})
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_TOPPED_UP)
@idempotent
@takes
def top_up_user(path: HolderPath, body: TopUpBody) -> Response:
    """Add to what one user may use."""
    user = user_or_404(path.holder_id)
    return _topped_up(tenant_or_404(user.tenant_id), user, body)


@api.post("/tenants/<int:holder_id>/top-up", responses={201: ToppedUpShape})
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_TOPPED_UP)
@idempotent
@takes
def top_up_tenant(path: HolderPath, body: TopUpBody) -> Response:
    """Add to what a tenant's users may use together."""
    return _topped_up(tenant_or_404(path.holder_id), None, body)


@api.post("/top-ups/<int:top_up_id>/withdraw", responses={200: WithdrawnShape})
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_TOP_UP_WITHDRAWN)
@idempotent
@takes
def withdraw(path: TopUpPath, body: WithdrawBody) -> Response:
    """Take back what is left of a top-up. What is reserved of it may still be used."""
    _, left = withdraw_top_up(by=acting(), top_up_id=path.top_up_id, reason=body.reason)
    return commit_answer(json_answer({"top_up_id": path.top_up_id, "withdrawn": left}))


@api.post("/users/<int:holder_id>/reset-quota", responses={200: ResetShape})
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_RESET)
@idempotent
@takes
def reset_user(path: HolderPath, body: ResetBody) -> Response:
    """Set a user's own counter back to nothing used."""
    user = user_or_404(path.holder_id)
    return _reset(tenant_or_404(user.tenant_id), user, body)


@api.post("/tenants/<int:holder_id>/reset-quota", responses={200: ResetShape})
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_RESET)
@idempotent
@takes
def reset_tenant(path: HolderPath, body: ResetBody) -> Response:
    """Set a tenant's counter back to nothing used."""
    return _reset(tenant_or_404(path.holder_id), None, body)


@api.get("/over-limit", responses={200: OverLimitShape})
@requires(Permission.ENTITLEMENTS_VIEW)
@takes
def list_over_limit(query: OverLimitQuery) -> Response:
    """Who has used more than they may: after a limit was lowered. Nothing of theirs is deleted."""
    listing = over_limit(cursor=query.cursor, limit=query.limit)
    limits = limits_now(listing.items)
    items = [
        {
            "tenant_id": each.tenant_id,
            "user_id": each.user_key or None,
            "feature_name": each.feature_name,
            "used": each.used,
            "limit": limits.get(each.bucket_id),
            "since": machine(each.since),
        }
        for each in listing.items
    ]
    return json_answer({"items": items, "next_cursor": listing.next_cursor})


def _topped_up(tenant: Tenant, user: User | None, body: TopUpBody) -> Response:
    bucket = top_up(
        by=acting(),
        tenant=tenant,
        user=user,
        feature_name=body.feature_name,
        amount=body.amount,
        expires_at=body.expires_at,
        reason=body.reason,
    )
    answer = json_answer(
        {
            "top_up_id": bucket.id,
            "feature_name": bucket.feature_name,
            "amount": bucket.own_limit,
            "expires_at": machine_or_none(bucket.expires_at),
        }
    )
    answer.status_code = 201
    return commit_answer(answer)


def _reset(tenant: Tenant, user: User | None, body: ResetBody) -> Response:
    used = reset_quota(
        by=acting(), tenant=tenant, user=user, feature_name=body.feature_name, reason=body.reason
    )
    return commit_answer(json_answer({"was_used": used}))
