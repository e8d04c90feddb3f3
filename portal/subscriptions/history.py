"""What a tenant's plan is and was, in the words of pages and of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.database import db
from portal.customers.models import Tenant
from portal.subscriptions import stays
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription, SubscriptionStatus
from portal.subscriptions.stays import Spanning, gives_access, keep_rows
from portal.web.paging import ListPage, page_of

FEW = 5
COLUMNS = (
    *stays.COLUMNS,
    PlanTemplate.name.label("plan"),
    PlanTemplate.display_name.label("plan_label"),
    Subscription.created_by_label.label("by"),
    Subscription.reason,
)
"""Of a line, and so of the stay that it tells of."""


@dataclass(frozen=True, slots=True)
class StayLine:
    """One stay, as a row of a list."""

    id: int
    plan_id: int
    plan: str
    plan_label: str
    status: str
    starts_at: datetime
    ends_at: datetime | None
    trial_ends_at: datetime | None
    grace_ends_at: datetime | None
    anchor_at: datetime
    by: str
    reason: str | None
    is_lasting: bool
    is_in_force: bool
    state: tuple[str, str]
    """In a word, and its colour."""

    @property
    def is_trial(self) -> bool:
        return self.status == SubscriptionStatus.TRIALING


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts for a tenant now: its own stay, or what everybody gets without one.

    The fallback plan is named only where it counts.
    """

    lasting: StayLine | None
    recent: tuple[StayLine, ...]
    fallback: str | None
    fallback_label: str | None

    @property
    def in_force(self) -> StayLine | None:
        return self.lasting if self.lasting and self.lasting.is_in_force else None

    @property
    def plan(self) -> str | None:
        return self.in_force.plan if self.in_force else self.fallback

    @property
    def plan_label(self) -> str | None:
        return self.in_force.plan_label if self.in_force else self.fallback_label


def standing_of(tenant_id: int) -> Standing:
    """In one statement, which also tells the fallback plan; its rows serve `stays_of`, too."""
    rows = db.session.execute(_everything(tenant_id)).all()
    stays = [row for row in rows if row.id is not None]
    keep_rows(tenant_id, stays[::-1])
    lines = tuple(_line(row) for row in stays)
    lasting = next((line for line in lines if line.is_lasting), None)
    is_covered = lasting is not None and lasting.is_in_force
    return Standing(
        lasting=lasting,
        recent=lines[: FEW + 1],
        fallback=None if is_covered or not rows else rows[0].fallback,
        fallback_label=None if is_covered or not rows else rows[0].fallback_label,
    )


def plan_labels(tenant_ids: Sequence[int]) -> dict[int, str]:
    """The plan that counts now for each tenant of a list, in one query."""
    fallback = sa.select(PlanTemplate.display_name).where(PlanTemplate.is_fallback).limit(1)
    own = sa.and_(Subscription.tenant_id == Tenant.id, in_force(clock.now()))
    label = sa.func.coalesce(PlanTemplate.display_name, fallback.scalar_subquery())
    query = (
        sa.select(Tenant.id, label)
        .outerjoin(Subscription, own)
        .outerjoin(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .where(Tenant.id.in_(tenant_ids))
        .order_by(Subscription.starts_at, Subscription.id)
    )
    return {row[0]: row[1] for row in db.session.execute(query) if row[1] is not None}


def history_page(
    tenant_id: int, *, cursor: str | None = None, limit: int = 20
) -> ListPage[StayLine]:
    """All stays, the latest first.

    Raises:
        BadCursor: not a place in this list.
    """
    return page_of(_history(tenant_id), _line, cursor=cursor, limit=limit)


def _history(tenant_id: int) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*COLUMNS)
        .join(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .where(Subscription.tenant_id == tenant_id)
        .order_by(Subscription.starts_at.desc(), Subscription.id.desc())
    )


def _everything(tenant_id: int) -> sa.Select[*tuple[Any, ...]]:
    """All stays, the latest first, each beside the fallback plan; one empty row without any."""
    fallback = PlanTemplate.__table__.alias("fallback_plan")
    return (
        sa.select(
            *COLUMNS,
            fallback.c.name.label("fallback"),
            fallback.c.display_name.label("fallback_label"),
        )
        .select_from(Tenant)
        .outerjoin(Subscription, Subscription.tenant_id == Tenant.id)
        .outerjoin(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .outerjoin(fallback, fallback.c.is_fallback)
        .where(Tenant.id == tenant_id)
        .order_by(Subscription.starts_at.desc(), Subscription.id.desc())
    )


def _line(row: sa.Row[*tuple[Any, ...]]) -> StayLine:
    now = clock.now()
    is_in_force = gives_access(row, now)
    return StayLine(
        **{column.key: getattr(row, column.key) for column in COLUMNS},
        is_lasting=row.ends_at is None or row.ends_at > now,
        is_in_force=is_in_force,
        state=_state(row, now, is_in_force),
    )


def _state(stay: Spanning, now: datetime, is_in_force: bool) -> tuple[str, str]:
    if stay.ends_at is not None and stay.ends_at <= now:
        return "Ended", "secondary"
    if is_in_force:
        return IN_FORCE[SubscriptionStatus(stay.status)]
    return OVER.get(stay.status, ("Ended", "secondary"))


IN_FORCE = {
    SubscriptionStatus.ACTIVE: ("Active", "green"),
    SubscriptionStatus.TRIALING: ("Trial", "blue"),
    SubscriptionStatus.PAST_DUE: ("Payment late", "yellow"),
    SubscriptionStatus.CANCELED: ("Cancelled, still running", "orange"),
}
OVER = {
    SubscriptionStatus.TRIALING.value: ("Trial over", "yellow"),
    SubscriptionStatus.PAST_DUE.value: ("Payment too late", "red"),
}
