"""Noting what ran out. Access ends by the clock alone; this writes it down, once each."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.tenants import raise_version
from portal.entitlements.holders import Entitlement, holder_of_row
from portal.entitlements.models import UNNOTED, TenantEntitlement, UserEntitlement
from portal.entitlements.signals import grant_expired
from portal.entitlements.superseding import about
from portal.entitlements.terms import as_plain
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring

KIND = "entitlements.note_expired"
AT_ONCE = 100
RAN_OUT = "ran out"

recurring(KIND, every=timedelta(minutes=1))


@handles(KIND)
def note_expired(_payload: dict[str, Any]) -> None:
    """A hundred of users and of tenants, and the next job when there may be more."""
    now = clock.now()
    noted = [_note(model, now) for model in (UserEntitlement, TenantEntitlement)]
    if AT_ONCE in noted:
        enqueue(KIND, {})


def _note(model: Any, now: datetime) -> int:
    """How many were due. Of two workers at once the later one finds them noted."""
    due = sa.select(model.id, model.tenant_id).where(UNNOTED, model.expires_at <= now)
    found = db.session.execute(due.order_by(model.expires_at, model.id).limit(AT_ONCE)).all()
    # Always in this order, so that two sweepers cannot wait for each other in a circle.
    for tenant_id in sorted({tenant_id for _, tenant_id in found}):
        raise_version(tenant_id)
    rows = (
        sa.select(model)
        .where(UNNOTED, model.id.in_([row_id for row_id, _ in found]))
        .order_by(model.expires_at, model.id)
        .execution_options(populate_existing=True)
    )
    for row in db.session.scalars(rows).all():
        _note_one(row, now)
    db.session.flush()
    return len(found)


def _note_one(row: Entitlement, now: datetime) -> None:
    row.expiry_noted_at = now
    holder = holder_of_row(row)
    record(
        Action.ENTITLEMENT_EXPIRED,
        by=SYSTEM,
        target=holder.target,
        tenant_id=holder.tenant_id,
        reason=RAN_OUT,
        changes={"grant": (as_plain(row), None)},
        meta=about(holder, row),
    )
    grant_expired.send(holder, row=row, cause_type=row.cause_type, cause_id=row.cause_id)
