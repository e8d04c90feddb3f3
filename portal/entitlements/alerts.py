"""A word when half, most or all of a limit is used: once a period and threshold."""

from datetime import datetime

from blinker import Namespace

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core.actor import SYSTEM
from portal.core.clock import timestamp
from portal.core.database import db, insert_into
from portal.customers.models import Tenant
from portal.customers.naming import target_of_tenant
from portal.entitlements.buckets import Bucket
from portal.entitlements.models import QuotaAlert

THRESHOLDS = (50, 80, 100)
"""Per cent of a counter's own limit; top-ups do not count."""

quota_alerted = Namespace().signal("quota_alerted")
"""Sent in the transaction of the use, with the tenant's id; `user_id` None for the tenant's own
counter, `feature_name`, `threshold`, `used`, `limit`."""


def crossed(before: int, after: int, limit: int) -> list[int]:
    """The thresholds that a counter reached by going from `before` to `after`."""
    if limit <= 0:
        return []
    return [each for each in THRESHOLDS if before * 100 < each * limit <= after * 100]


def alert(
    *,
    tenant_id: int,
    feature_name: str,
    bucket: Bucket,
    thresholds: list[int],
    limit: int,
    at: datetime,
) -> None:
    """Record each threshold, unless this period has seen it. `bucket` stands as it is now."""
    for threshold in thresholds:
        added = insert_into(QuotaAlert).values(
            bucket_id=bucket.id,
            period_start=bucket.period_start,
            threshold=threshold,
            fired_at=at,
        )
        is_first = added.on_conflict_do_nothing().returning(QuotaAlert.bucket_id)
        if db.session.scalar(is_first) is not None:
            _tell(tenant_id, feature_name, bucket, threshold, limit)


def _tell(tenant_id: int, feature_name: str, bucket: Bucket, threshold: int, limit: int) -> None:
    user_id = bucket.user_key or None
    record(
        Action.QUOTA_ALERTED,
        by=SYSTEM,
        target=_target(tenant_id, user_id),
        tenant_id=tenant_id,
        changes={"used_percent": (None, threshold)},
        meta={
            "feature_name": feature_name,
            "entity_type": "quota",
            "entity_id": bucket.id,
            "user_id": user_id,
            "used": bucket.used,
            "limit": limit,
            "period_start": timestamp(bucket.period_start),
        },
    )
    quota_alerted.send(
        tenant_id,
        user_id=user_id,
        feature_name=feature_name,
        threshold=threshold,
        used=bucket.used,
        limit=limit,
    )


def _target(tenant_id: int, user_id: int | None) -> Target:
    if user_id is not None:
        return Target("user", user_id, f"user {user_id}")
    return target_of_tenant(db.session.get_one(Tenant, tenant_id))
