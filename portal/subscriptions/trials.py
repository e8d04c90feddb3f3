"""Trials that end soon, and those that ended without a decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.database import UTCDateTime
from portal.customers.models import Tenant
from portal.subscriptions.models import Subscription, SubscriptionStatus
from portal.web.paging import PAGE_SIZE, ListPage, page_of


@dataclass(frozen=True, slots=True)
class Trial:
    tenant_id: int
    tenant_name: str
    plan_label: str
    began_at: datetime
    ends_at: datetime


def trials_page(
    *, is_over: bool, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[Trial]:
    """Running ones, the next to end first; or those over, the latest first.

    Raises:
        BadCursor: not a place in this list.
    """
    now = clock.now()
    # Never null in this list, which its pages rely on: the column alone does not say so.
    end: sa.ColumnClause[datetime] = sa.literal_column("subscriptions.trial_ends_at", UTCDateTime())
    query = (
        sa.select(
            Subscription.tenant_id,
            Tenant.name,
            PlanTemplate.display_name,
            Subscription.starts_at,
            end,
            Subscription.id,
        )
        .join(Tenant, Tenant.id == Subscription.tenant_id)
        .join(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .where(
            Subscription.status == SubscriptionStatus.TRIALING,
            Subscription.ends_at.is_(None),
            end <= now if is_over else end > now,
        )
    )
    if is_over:
        query = query.order_by(end.desc(), Subscription.id.desc())
    else:
        query = query.order_by(end, Subscription.id)
    return page_of(query, _trial, cursor=cursor, limit=limit)


def _trial(row: sa.Row[*tuple[Any, ...]]) -> Trial:
    return Trial(*row[:5])
