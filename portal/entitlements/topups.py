"""What staff do to counters: add to a limit for once, and set what was used back to nothing."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.catalog.features import feature_or_404
from portal.catalog.snapshot import Interval
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import second_of, timestamp
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict, Denied, DomainError
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.naming import checked_reason, target_of_tenant, target_of_user
from portal.customers.tenants import raise_version
from portal.entitlements.buckets import PRIORITY, Calendar, Source
from portal.entitlements.checks import standing_of
from portal.entitlements.claims import note, own_claim
from portal.entitlements.counters import SEATS, mark_extras
from portal.entitlements.models import QuotaBucket
from portal.entitlements.pools import TENANT_KEY, Pool, demands_of
from portal.entitlements.quotas import MOST_AT_ONCE, check_amount
from portal.entitlements.refusals import FeatureDenied, NotConsumed
from portal.entitlements.taking import Use

MOST = MOST_AT_ONCE


class BadExpiry(DomainError):
    """A top-up ends later than now."""


class NoCounter(Conflict):
    """Nothing of the feature was counted for this one."""


def top_up(
    *,
    by: Actor,
    tenant: Tenant,
    feature_name: str,
    amount: int,
    user: User | None = None,
    expires_at: datetime | None = None,
    reason: str | None = None,
) -> QuotaBucket:
    """Add `amount` to what the tenant, or one of its users, may use, until it is gone or expires.

    Raises:
        Denied: this person may not.
        NoSuchFeature, AmountRefused, BadExpiry, BadReason: the request.
        NotConsumed: seats are added by a plan or a grant.
    """
    _check(by, feature_name)
    check_amount(amount)
    now = clock.now()
    expires_at = second_of(expires_at) if expires_at else None
    if expires_at is not None and expires_at <= now:
        raise BadExpiry("Choose an instant that lies ahead.", field="expires_at")
    raise_version(tenant.id)
    key = user.id if user else TENANT_KEY
    bucket = QuotaBucket(
        user_key=key,
        feature_name=feature_name,
        own_limit=amount,
        expires_at=expires_at,
        tenant_id=tenant.id,
        source=Source.TOP_UP,
        source_id=_next_number(tenant.id, key, feature_name),
        used=0,
        reserved=0,
        interval=Interval.NEVER,
        period_start=now,
        priority=PRIORITY[Source.TOP_UP],
        created_at=now,
    )
    db.session.add(bucket)
    db.session.flush()
    mark_extras(tenant.id, feature_name, key)
    ends = {"expires_at": (None, timestamp(expires_at))} if expires_at else {}
    _note(tenant.id, user, feature_name, f"top-up {bucket.id}", amount, {"bucket": bucket.id})
    _record(
        Action.QUOTA_TOPPED_UP,
        by,
        tenant,
        user,
        feature_name,
        bucket_id=bucket.id,
        reason=checked_reason(reason),
        changes={"top_up": (None, amount), **ends},
    )
    return bucket


def _next_number(tenant_id: int, key: int, feature_name: str) -> int:
    """One more than the highest; the tenant's row is locked."""
    highest = sa.select(sa.func.coalesce(sa.func.max(QuotaBucket.source_id), 0)).filter_by(
        tenant_id=tenant_id, user_key=key, feature_name=feature_name, source=Source.TOP_UP
    )
    return int(db.session.scalar(highest) or 0) + 1


def reset_quota(
    *,
    by: Actor,
    tenant: Tenant,
    feature_name: str,
    user: User | None = None,
    reason: str | None = None,
) -> int:
    """Let the running period begin anew with nothing used; how much was. Top-ups stay.

    What was taken before belongs to a period that is over, so a refund of it changes no balance.

    Raises:
        Denied: this person may not.
        NoSuchFeature, BadReason: the request.
        NotConsumed: seats count real users.
        NoCounter: there is nothing to set back.
    """
    _check(by, feature_name)
    raise_version(tenant.id)
    now = clock.now()
    pool = _own_pool(tenant, user, feature_name, now)
    base = pool.base
    if not base.taken:
        raise NoCounter("Nothing was used in this period.")
    start = max(now, base.period_start + timedelta(microseconds=1))
    changed_rows(
        sa.update(QuotaBucket)
        .where(QuotaBucket.id == base.id)
        .values(used=0, reserved=0, period_start=start)
    )
    was = {"was_used": base.used, "was_reserved": base.reserved, "bucket": base.id}
    _note(tenant.id, user, feature_name, f"reset {base.id} {timestamp(start)}", base.used, was)
    _record(
        Action.QUOTA_RESET,
        by,
        tenant,
        user,
        feature_name,
        bucket_id=base.id,
        reason=checked_reason(reason),
        changes={"used": (base.used, 0)},
    )
    return base.used


def _own_pool(tenant: Tenant, user: User | None, feature_name: str, at: datetime) -> Pool:
    """The pool of the tenant's own counter or of the user's, locked and rolled."""
    found = standing_of(user_id=user.id) if user else standing_of(tenant_id=tenant.id)
    decision = found.decide(feature_name, at)
    if not decision.allowed:
        raise FeatureDenied(decision.reason, feature_name)
    demands = demands_of(decision, user.id if user else None)
    key = user.id if user else TENANT_KEY
    own = tuple(demand for demand in demands if demand.user_key == key)
    if not own:
        raise NoCounter("This user's uses count on the tenant's counter: set that one back.")
    calendar = Calendar(found.anchor_at, found.zone)
    return Use(tenant.id, key, feature_name, own, calendar).pools(at)[0]


def _check(by: Actor, feature_name: str) -> None:
    if not by.may(Permission.QUOTAS_ADJUST):
        raise Denied("Ask somebody who may adjust quotas.")
    feature_or_404(feature_name)
    if feature_name == SEATS:
        raise NotConsumed("Seats are the tenant's active users: give a higher limit instead.")


def _note(
    tenant_id: int,
    user: User | None,
    feature_name: str,
    key: str,
    amount: int,
    result: dict[str, Any],
) -> None:
    claim = own_claim(tenant_id, user.id if user else None, feature_name, key)
    kind = "reset" if key.startswith("reset") else "adjust"
    note(claim, kind=kind, amount=amount, allocations=[], result=result, at=clock.now())


def _record(
    action: Action,
    by: Actor,
    tenant: Tenant,
    user: User | None,
    feature_name: str,
    *,
    bucket_id: int,
    reason: str | None,
    changes: dict[str, tuple[object, object]],
) -> None:
    record(
        action,
        by=by,
        target=target_of_user(user) if user else target_of_tenant(tenant),
        tenant_id=tenant.id,
        reason=reason,
        changes=changes,
        meta={
            "feature_name": feature_name,
            "entity_type": "quota",
            "entity_id": bucket_id,
            "user_id": user.id if user else None,
        },
    )
