"""What the ledger says of a tenant's plan: the old values, the new ones, and which stay."""

from datetime import datetime

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.catalog.models import PlanTemplate
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db
from portal.customers.models import Tenant
from portal.customers.naming import target_of_tenant
from portal.subscriptions.models import Subscription
from portal.subscriptions.signals import stay_changed

Values = dict[str, str | None]
NOTHING: Values = {"plan": None, "status": None, "trial_ends_at": None, "ends_at": None}


def values_of(stay: Subscription | None) -> Values:
    if stay is None:
        return NOTHING
    return {
        "plan": db.session.get_one(PlanTemplate, stay.plan_id).name,
        "status": str(stay.status),
        "trial_ends_at": _text(stay.trial_ends_at),
        "ends_at": _text(stay.ends_at),
    }


def record_change(
    action: Action,
    *,
    by: Actor,
    tenant: Tenant,
    stay: Subscription,
    before: Values,
    reason: str | None,
) -> None:
    """Only what differs is told."""
    after = values_of(stay)
    record(
        action,
        by=by,
        target=target_of_tenant(tenant),
        tenant_id=tenant.id,
        changes={name: (old, after[name]) for name, old in before.items() if old != after[name]},
        reason=reason,
        meta={
            "entity_type": "subscription",
            "entity_id": stay.id,
            "feature_name": None,
            "user_id": None,
        },
    )
    stay_changed.send(tenant, by=by)


def _text(at: datetime | None) -> str | None:
    return timestamp(at) if at is not None else None
