"""Taking a top-up back: what is left of it counts no more, and what was used of it stays used."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.naming import checked_reason, target_of_tenant, target_of_user
from portal.customers.tenants import raise_version
from portal.entitlements.buckets import Source
from portal.entitlements.claims import note, own_claim
from portal.entitlements.holding import held_too_long, let_go
from portal.entitlements.models import QuotaBucket

MOST_SHOWN = 100
_of = QuotaBucket.__table__.c


class NothingLeft(Conflict):
    """The top-up is used up, or its end has come."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """One that still counts, ready to be drawn."""

    id: int
    feature_name: str
    user_id: int | None
    user_name: str | None
    amount: int
    left: int
    expires_at: datetime | None


def top_up_or_404(top_up_id: int, *, locked: bool = False) -> QuotaBucket:
    """
    Raises:
        NotFound: there is none.
    """
    found = db.session.get(
        QuotaBucket, top_up_id, with_for_update=locked or None, populate_existing=True
    )
    if found is None or found.source != Source.TOP_UP:
        raise NotFound("There is no such top-up.")
    return found


def top_ups_of(tenant_id: int) -> list[TopUp]:
    """Those of the tenant and its users of which something is left, the oldest first."""
    now = clock.now()
    query = (
        sa.select(
            _of.id,
            _of.feature_name,
            User.id.label("user_id"),
            User.name.label("user_name"),
            _of.own_limit.label("amount"),
            (_of.own_limit - _of.used - _of.reserved).label("left"),
            _of.expires_at,
        )
        .outerjoin(User, User.id == _of.user_key)
        .where(_of.tenant_id == tenant_id, _of.source == Source.TOP_UP, _counts(now))
        .order_by(_of.id)
    )
    free = held_too_long(tenant_id, now)
    rows = (TopUp(*row) for row in db.session.execute(query.limit(MOST_SHOWN)))
    found = [replace(row, left=row.left + free.get(row.id, 0)) for row in rows]
    return [row for row in found if row.left > 0]


def _counts(now: datetime) -> sa.ColumnElement[bool]:
    """What is held of it may be free again."""
    is_running = sa.or_(_of.expires_at.is_(None), _of.expires_at > now)
    return sa.and_(is_running, _of.own_limit > _of.used)


def left_of(row: QuotaBucket) -> int:
    """How much of it can still be used; 0 once its end has come."""
    now = clock.now()
    if row.expires_at is not None and row.expires_at <= now:
        return 0
    free = held_too_long(row.tenant_id, now).get(row.id, 0) if row.reserved else 0
    return max(0, (row.own_limit or 0) - row.used - row.reserved + free)


def withdraw_top_up(*, by: Actor, top_up_id: int, reason: str | None = None) -> tuple[int, int]:
    """It ends now: its tenant, and how much was left. What is reserved of it may still be used.

    Raises:
        Denied: this person may not.
        NotFound: there is no such top-up.
        NothingLeft: see the class.
        BadReason: the reason.
    """
    if not by.may(Permission.QUOTAS_ADJUST):
        raise Denied("Ask somebody who may adjust quotas.")
    found, now = top_up_or_404(top_up_id), clock.now()
    tenant_id = found.tenant_id
    raise_version(tenant_id)
    # Ahead of the lock on this one, as it locks what all share, which comes first everywhere.
    if found.reserved:
        let_go(tenant_id, found.feature_name, {found.user_key}, now)
    row = top_up_or_404(top_up_id, locked=True)
    left = left_of(row)
    if not left:
        raise NothingLeft("Nothing of this top-up is left that could be taken back.")
    was, row.expires_at = row.expires_at, now
    user_id = row.user_key or None
    claim = own_claim(tenant_id, user_id, row.feature_name, f"top-up {row.id} withdrawn")
    result = {"bucket": row.id, "withdrawn": left}
    note(claim, kind="adjust", amount=left, allocations=[], result=result, at=now)
    _record(by, row, left, was, checked_reason(reason))
    return tenant_id, left


def _record(
    by: Actor, row: QuotaBucket, left: int, was: datetime | None, reason: str | None
) -> None:
    holder = row.user_key or None
    record(
        Action.QUOTA_TOP_UP_WITHDRAWN,
        by=by,
        target=(
            target_of_user(db.session.get_one(User, holder))
            if holder
            else target_of_tenant(db.session.get_one(Tenant, row.tenant_id))
        ),
        tenant_id=row.tenant_id,
        reason=reason,
        changes={
            "left": (left, 0),
            "expires_at": (_text(was), _text(row.expires_at)),
        },
        meta={
            "feature_name": row.feature_name,
            "entity_type": "quota",
            "entity_id": row.id,
            "user_id": holder,
        },
    )


def _text(at: datetime | None) -> str | None:
    return timestamp(at) if at else None
