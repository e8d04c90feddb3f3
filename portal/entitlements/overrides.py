"""What a user or tenant is granted by itself: in force, to come, and run out."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.core.database import db
from portal.entitlements.holders import Entitlement, Holder, is_unended, is_unexpired
from portal.entitlements.superseding import has_run_out

MOST_EXPIRED = 50


@dataclass(frozen=True, slots=True)
class Overrides:
    """`expired` are those that ran out by themselves, the last fifty of them."""

    active: tuple[Entitlement, ...]
    scheduled: tuple[Entitlement, ...]
    expired: tuple[Entitlement, ...]


def overrides_of(holder: Holder, at: datetime) -> Overrides:
    """By feature; what was superseded or taken back is told by the log."""
    model = holder.model
    owner = model.user_id if holder.scope == "user" else model.tenant_id
    mine = sa.select(model).where(owner == holder.id)
    standing = mine.where(is_unended(model, at), is_unexpired(model, at))
    ran_out = mine.where(
        model.expires_at <= at,
        sa.or_(model.ended_at.is_(None), model.ended_at >= model.expires_at),
    )
    rows = db.session.scalars(standing.order_by(model.feature_name, model.starts_at)).all()
    latest = ran_out.order_by(model.expires_at.desc(), model.id.desc()).limit(MOST_EXPIRED)
    return Overrides(
        active=tuple(row for row in rows if row.starts_at <= at),
        scheduled=tuple(row for row in rows if row.starts_at > at),
        expired=tuple(db.session.scalars(latest)),
    )


def state_of(row: Entitlement, at: datetime) -> str:
    """`active`, `scheduled`, `expired` or `ended` (superseded or taken back)."""
    if row.ended_at is not None and row.ended_at <= at:
        is_after = row.expires_at is not None and row.expires_at <= row.ended_at
        return "expired" if is_after else "ended"
    if has_run_out(row, at):
        return "expired"
    return "scheduled" if row.starts_at > at else "active"
