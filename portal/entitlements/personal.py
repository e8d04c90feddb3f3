"""What this room holds of one user: for their export, and emptied when they are erased.

Grants, counters and uses name a user by number alone, so they stay, as bills and sums rest on
them. What a program wrote beside a use may say more, and goes.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portal.core.clock import timestamp
from portal.core.database import changed_rows, db
from portal.customers.models import User
from portal.customers.privacy import NEUTRAL_NAME, register_holding
from portal.entitlements.models import (
    BulkGrant,
    BulkGrantRow,
    QuotaBucket,
    QuotaEvent,
    UsageEvent,
    UserEntitlement,
)

MOST = 10_000
Plain = dict[str, Any]


def _values(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> list[Plain]:
    """Rows as plain values, instants as text."""
    found = [row._asdict() for row in rows]
    return [
        {name: timestamp(one) if hasattr(one, "tzinfo") else one for name, one in row.items()}
        for row in found
    ]


def _overrides(user: User) -> list[Plain]:
    row = UserEntitlement
    query = sa.select(
        row.feature_name,
        row.effect,
        row.quota_limit,
        row.is_unlimited,
        row.interval,
        row.starts_at,
        row.expires_at,
        row.created_at,
        row.ended_at,
    ).where(row.user_id == user.id)
    return _values(db.session.execute(query.order_by(row.starts_at, row.id)).all())


def _counters(user: User) -> list[Plain]:
    row = QuotaBucket
    query = sa.select(
        row.feature_name,
        row.source,
        row.own_limit,
        row.used,
        row.reserved,
        row.interval,
        row.period_start,
        row.period_end,
    ).where(row.tenant_id == user.tenant_id, row.user_key == user.id)
    return _values(db.session.execute(query.order_by(row.feature_name, row.id)).all())


def _consumed(user: User) -> list[Plain]:
    row = QuotaEvent
    query = sa.select(row.feature_name, row.kind, row.amount, row.status, row.at)
    query = query.where(row.tenant_id == user.tenant_id, row.user_id == user.id)
    return _values(db.session.execute(query.order_by(row.id.desc()).limit(MOST)).all())


def _uses(user: User) -> list[Plain]:
    row = UsageEvent
    query = sa.select(row.feature_name, row.value, row.occurred_at, row.properties)
    query = query.where(row.tenant_id == user.tenant_id, row.user_id == user.id)
    return _values(db.session.execute(query.order_by(row.id.desc()).limit(MOST)).all())


def _forget_properties(user: User) -> None:
    mine = sa.and_(UsageEvent.tenant_id == user.tenant_id, UsageEvent.user_id == user.id)
    changed_rows(sa.update(UsageEvent).where(mine).values(properties={}))


def _bulk_rows(user: User) -> sa.ColumnElement[bool]:
    of_users = sa.select(BulkGrant.id).where(BulkGrant.scope == "user")
    return sa.and_(BulkGrantRow.bulk_grant_id.in_(of_users), BulkGrantRow.subject_id == user.id)


def _bulk_grants(user: User) -> list[Plain]:
    row = BulkGrantRow
    query = sa.select(row.bulk_grant_id, row.label, row.result, row.detail)
    return _values(db.session.execute(query.where(_bulk_rows(user))).all())


def _forget_labels(user: User) -> None:
    changed_rows(
        sa.update(BulkGrantRow).where(_bulk_rows(user)).values(label=NEUTRAL_NAME, detail=None)
    )


register_holding("overrides", _overrides)
register_holding("counters", _counters)
register_holding("consumed", _consumed)
register_holding("reported_uses", _uses, erase=_forget_properties)
register_holding("bulk_grants", _bulk_grants, erase=_forget_labels)
