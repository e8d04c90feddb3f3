"""The worker's side of a bulk grant: a batch at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import FeatureRow
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.errors import Denied, DomainError, NotFound
from portal.customers.models import Tenant, User
from portal.customers.tenants import raise_version
from portal.entitlements.bulk import KIND, batch_id
from portal.entitlements.facts import Effect
from portal.entitlements.holders import Holder, holder_of, unended_rows_of
from portal.entitlements.models import BulkGrant, BulkGrantRow
from portal.entitlements.superseding import Draft, drafted, write_drafts
from portal.entitlements.terms import Terms, may_only_grant_briefly
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles
from portal.staff.naming import starter

AT_ONCE = 100


@handles(KIND)
def work_off(payload: dict[str, Any]) -> None:
    """The next hundred subjects, and the job for the ones after them."""
    bulk = db.session.get(
        BulkGrant, payload["bulk_grant_id"], with_for_update=True, populate_existing=True
    )
    if bulk is None or bulk.status == "done":
        return
    rows = _waiting(bulk)
    _grant_all(bulk, rows)
    bulk.done += len(rows)
    bulk.failed += sum(row.result == "refused" for row in rows)
    bulk.status = "running"
    if len(rows) == AT_ONCE:
        enqueue(KIND, payload)
    else:
        bulk.status, bulk.finished_at = "done", clock.now()


def _waiting(bulk: BulkGrant) -> Sequence[BulkGrantRow]:
    query = (
        sa.select(BulkGrantRow)
        .where(BulkGrantRow.bulk_grant_id == bulk.id, BulkGrantRow.result.is_(None))
        .order_by(BulkGrantRow.subject_id)
        .limit(AT_ONCE)
    )
    return db.session.scalars(query).all()


def _grant_all(bulk: BulkGrant, rows: Sequence[BulkGrantRow]) -> None:
    holders = _holders(bulk.scope, [row.subject_id for row in rows])
    # Always in this order, so that two batches cannot wait for each other in a circle.
    for tenant_id in sorted({holder.tenant_id for holder in holders.values()}):
        raise_version(tenant_id)
    by, now, drafts = _giver(bulk), clock.now(), []
    draft = _drafting(bulk, by, holders, now)
    for row in rows:
        try:
            drafts.append(draft(row.subject_id))
            row.result = "granted"
        except DomainError as refusal:
            row.result, row.detail = "refused", refusal.message[:500]
    write_drafts(by, drafts, now)


def _drafting(
    bulk: BulkGrant, by: Actor, holders: dict[int, Holder], now: datetime
) -> Callable[[int], Draft]:
    """What prepares the grant of one subject, from what was read for all of them."""
    name, terms = bulk.terms["feature_name"], _terms(bulk)
    feature = db.session.scalar(sa.select(FeatureRow).filter_by(name=name))
    unended = unended_rows_of(holders.values(), name, now)

    def draft(subject_id: int) -> Draft:
        if bulk.scope == "user" and may_only_grant_briefly(by):
            raise Denied("Whoever started this may no longer grant to many.")
        holder = holders.get(subject_id)
        if holder is None:
            raise NotFound(f"There is no such {bulk.scope}.")
        if feature is None or feature.archived_at is not None:
            raise NotFound("This feature is no longer offered.")
        return drafted(by, holder, feature, terms, unended=unended[holder.id], now=now)

    return draft


def _holders(scope: str, ids: list[int]) -> dict[int, Holder]:
    if scope == "tenant":
        tenants = db.session.scalars(sa.select(Tenant).where(Tenant.id.in_(ids)))
        return {tenant.id: holder_of(tenant=tenant) for tenant in tenants}
    users = db.session.scalars(sa.select(User).where(User.id.in_(ids)))
    return {user.id: holder_of(user=user) for user in users if user.erased_at is None}


def _giver(bulk: BulkGrant) -> Actor:
    if bulk.created_by_label == SYSTEM.label and bulk.created_by is None:
        return SYSTEM
    return starter(bulk.created_by, bulk.created_by_label)


def _terms(bulk: BulkGrant) -> Terms:
    """As they were given. A start that has passed meanwhile is now."""
    found = {name: value for name, value in bulk.terms.items() if name != "feature_name"}
    for name in ("starts_at", "expires_at"):
        if name in found:
            found[name] = datetime.fromisoformat(found[name])
    if "starts_at" in found and found["starts_at"] <= clock.now():
        del found["starts_at"]
    return Terms(**(found | {"effect": Effect(found["effect"]), "batch_id": batch_id(bulk)}))
