"""The JSON API of subscriptions: which plan a tenant is on."""

from typing import Any

from flask import Response, jsonify
from flask_openapi import APIBlueprint

from portal.audit.actions import Action
from portal.catalog.plans import plan_named
from portal.core.permissions import Permission
from portal.customers.tenants import tenant_or_404
from portal.subscriptions.assignments import assign_plan, put_on_plan
from portal.subscriptions.history import StayLine, history_page, standing_of
from portal.subscriptions.schemas import (
    HistoryQuery,
    PlanBody,
    Present,
    PresentAndHistory,
    TenantPath,
)
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import PROBLEMS
from portal.web.times import machine, machine_or_none

api = APIBlueprint(
    "subscriptions_api", __name__, url_prefix="/api/subscriptions", abp_responses=PROBLEMS
)


@api.put("/tenants/<int:tenant_id>", responses={200: Present})
@requires(Permission.SUBSCRIPTIONS_ASSIGN)
@audits(Action.SUBSCRIPTION_PLAN_CHANGED, Action.SUBSCRIPTION_TRIAL_CHANGED)
@idempotent
def assign(path: TenantPath, body: PlanBody) -> Response:
    """Put the tenant on a plan from now on; the same again changes nothing."""
    tenant = tenant_or_404(path.tenant_id)
    given: dict[str, Any] = {"by": acting(), "tenant": tenant, "plan": plan_named(body.plan)}
    if body.speaks_of_trial:
        assign_plan(**given, trial_ends_at=body.trial_ends_at, reason=body.reason)
    else:
        put_on_plan(**given, reason=body.reason)
    return commit_answer(jsonify(_present(tenant.id)))


@api.get("/tenants/<int:tenant_id>", responses={200: PresentAndHistory})
@requires(Permission.CUSTOMERS_VIEW)
def history(path: TenantPath, query: HistoryQuery) -> Response:
    """The plan that counts now, and every stay, the latest first."""
    tenant = tenant_or_404(path.tenant_id)
    listing = history_page(tenant.id, cursor=query.cursor, limit=query.limit)
    return jsonify(
        **_present(tenant.id),
        items=[_shape(line) for line in listing.items],
        next_cursor=listing.next_cursor,
    )


def _present(tenant_id: int) -> dict[str, object]:
    standing = standing_of(tenant_id)
    source = "subscription" if standing.in_force else "fallback_plan"
    return {
        "tenant_id": tenant_id,
        "plan": standing.plan,
        "source": source if standing.plan else None,
        "subscription": _shape(standing.lasting) if standing.lasting else None,
    }


def _shape(line: StayLine) -> dict[str, object]:
    return {
        "id": line.id,
        "plan": line.plan,
        "status": line.status,
        "starts_at": machine(line.starts_at),
        "ends_at": machine_or_none(line.ends_at),
        "trial_ends_at": machine_or_none(line.trial_ends_at),
        "grace_ends_at": machine_or_none(line.grace_ends_at),
        "anchor_at": machine(line.anchor_at),
        "is_in_force": line.is_in_force,
        "by": line.by,
        "reason": line.reason,
    }
