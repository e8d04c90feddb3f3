"""Granting, blocking and taking back, over JSON, and the log of it."""

from datetime import datetime
from typing import Any

from flask import Response

from portal.audit.actions import Action
from portal.core import clock
from portal.core.permissions import Permission
from portal.customers.tenants import tenant_or_404
from portal.customers.users import user_or_404
from portal.entitlements.answers import Answer
from portal.entitlements.api.blueprint import api
from portal.entitlements.checks import get_tenant_features, get_user_features
from portal.entitlements.facts import Effect
from portal.entitlements.grant_schemas import (
    FeaturesShape,
    GrantBody,
    GrantedShape,
    LogQuery,
    LogShape,
    OverridePath,
    RevokeBody,
    RevokedShape,
    RevokeQuery,
)
from portal.entitlements.grants import Granted, grant_tenant_feature, grant_user_feature
from portal.entitlements.holders import Entitlement, Holder, holder_of
from portal.entitlements.logs import LogEntry, LogFilters, entitlement_log
from portal.entitlements.overrides import overrides_of, state_of
from portal.entitlements.revoking import Revoked, revoke_feature
from portal.entitlements.schemas import HolderPath
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes
from portal.web.times import machine, machine_or_none


@api.post("/users/<int:holder_id>/grant", responses={201: GrantedShape})
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@audits(Action.ENTITLEMENT_GRANTED, Action.ENTITLEMENT_DISABLED, Action.ENTITLEMENT_DENIED)
@idempotent
@takes
def grant_to_user(path: HolderPath, body: GrantBody) -> Response:
    """Grant or block a feature for one user, in place of what was granted before."""
    granted = grant_user_feature(
        by=acting(),
        user=user_or_404(path.holder_id),
        feature_name=body.feature_name,
        **body.terms(),
    )
    return _granted(granted)


@api.post("/tenants/<int:holder_id>/grant", responses={201: GrantedShape})
@requires(Permission.ENTITLEMENTS_GRANT_TENANT)
@audits(Action.ENTITLEMENT_GRANTED, Action.ENTITLEMENT_DISABLED, Action.ENTITLEMENT_DENIED)
@idempotent
@takes
def grant_to_tenant(path: HolderPath, body: GrantBody) -> Response:
    """Grant or block a feature for all users of a tenant."""
    granted = grant_tenant_feature(
        by=acting(),
        tenant=tenant_or_404(path.holder_id),
        feature_name=body.feature_name,
        **body.terms(),
    )
    return _granted(granted)


@api.delete("/users/<int:holder_id>/features/<feature_name>", responses={200: RevokedShape})
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@audits(Action.ENTITLEMENT_REVOKED)
@idempotent
@takes
def revoke_from_user(path: OverridePath, query: RevokeQuery, body: RevokeBody) -> Response:
    """Take back what this user is granted, blocked or scheduled: the tenant or plan counts again.

    404 `not_found` when there is no override.
    """
    revoked = revoke_feature(
        by=acting(),
        user=user_or_404(path.holder_id),
        feature_name=path.feature_name,
        reason=body.reason or query.reason,
    )
    return _revoked(revoked)


@api.delete("/tenants/<int:holder_id>/features/<feature_name>", responses={200: RevokedShape})
@requires(Permission.ENTITLEMENTS_GRANT_TENANT)
@audits(Action.ENTITLEMENT_REVOKED)
@idempotent
@takes
def revoke_from_tenant(path: OverridePath, query: RevokeQuery, body: RevokeBody) -> Response:
    """Take back what all users of this tenant are granted, blocked or scheduled."""
    revoked = revoke_feature(
        by=acting(),
        tenant=tenant_or_404(path.holder_id),
        feature_name=path.feature_name,
        reason=body.reason or query.reason,
    )
    return _revoked(revoked)


@api.get("/users/<int:holder_id>/features", responses={200: FeaturesShape})
@requires(Permission.ENTITLEMENTS_VIEW)
@takes
def user_features(path: HolderPath) -> Response:
    """Every feature with the decision, its trace, and the user's own overrides."""
    user = user_or_404(path.holder_id)
    return _features(get_user_features(user_id=user.id), holder_of(user=user))


@api.get("/tenants/<int:holder_id>/features", responses={200: FeaturesShape})
@requires(Permission.ENTITLEMENTS_VIEW)
@takes
def tenant_features(path: HolderPath) -> Response:
    """What a user without overrides of their own gets, and the tenant's overrides."""
    tenant = tenant_or_404(path.holder_id)
    return _features(get_tenant_features(tenant_id=tenant.id), holder_of(tenant=tenant))


@api.get("/logs", responses={200: LogShape})
@requires(Permission.ENTITLEMENTS_LOG)
@takes
def logs(query: LogQuery) -> Response:
    """Every change of grants, quotas, plans and features, the newest first."""
    filters = LogFilters(
        user_id=query.user_id,
        tenant_id=query.tenant_id,
        feature_name=query.feature_name,
        action=query.action,
        admin=query.admin,
        since=query.since_at,
        until=query.until_at,
    )
    listing = entitlement_log(filters, cursor=query.cursor, limit=query.limit)
    items = [_entry(entry) for entry in listing.items]
    return json_answer({"items": items, "next_cursor": listing.next_cursor})


def _granted(granted: Granted) -> Response:
    answer = json_answer(
        {
            "grant": shape(granted.row, clock.now()),
            "before": _dated(granted.before),
            "after": _dated(granted.after),
            "at_start": _dated(granted.at_start) if granted.at_start else None,
            "warnings": list(granted.warnings),
        }
    )
    answer.status_code = 201
    return commit_answer(answer)


def _revoked(revoked: Revoked) -> Response:
    answer = {"before": _dated(revoked.before), "after": _dated(revoked.after)}
    return commit_answer(json_answer(answer))


def _dated(answer: Answer) -> dict[str, Any]:
    """Without its versions: the deed raised the tenant's before it asked what was before."""
    return {**answer.decision_json(), "evaluated_at": machine(answer.evaluated_at)}


def _features(answers: list[Answer], holder: Holder) -> Response:
    now = clock.now()
    found = overrides_of(holder, now)
    return json_answer(
        {
            "items": [answer.decision_json(explain=True) for answer in answers],
            "overrides": {
                "active": [shape(row, now) for row in found.active],
                "scheduled": [shape(row, now) for row in found.scheduled],
                "expired": [shape(row, now) for row in found.expired],
            },
        }
    )


def shape(row: Entitlement, now: datetime) -> dict[str, Any]:
    """One override as the API gives it."""
    return {
        "id": row.id,
        "state": state_of(row, now),
        "feature_name": row.feature_name,
        "effect": row.effect,
        "is_enabled": row.effect == Effect.ENABLE,
        "quota_limit": row.quota_limit,
        "unlimited": row.is_unlimited,
        "interval": row.interval,
        "soft": row.is_soft,
        "overage_cap": row.overage_cap,
        "starts_at": machine(row.starts_at),
        "expires_at": machine_or_none(row.expires_at),
        "reason": row.reason,
        "by": row.created_by_label,
        "created_at": machine(row.created_at),
        "ended_at": machine_or_none(row.ended_at),
    }


def _entry(entry: LogEntry) -> dict[str, Any]:
    return {
        "action": entry.action,
        "entity_type": entry.entity_type,
        "entity_id": entry.entity_id,
        "user_id": entry.user_id,
        "tenant_id": entry.tenant_id,
        "feature_name": entry.feature_name,
        "old_value": entry.old_value,
        "new_value": entry.new_value,
        "reason": entry.reason,
        "admin": entry.admin,
        "at": machine(entry.at),
    }
