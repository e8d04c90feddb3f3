"""Which plan counts for how many tenants, and who they are.

For whoever has no stay, or one whose trial is over, that is the fallback plan.
"""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.customers.models import Tenant
from portal.subscriptions.in_force import is_undecided
from portal.subscriptions.models import Subscription
from portal.web.paging import ListPage, page_of

_stay = Subscription.__table__.c


class PlanCount(NamedTuple):
    """A plan and how many tenants are on it."""

    name: str
    label: str
    tenants: int


class OnPlan(NamedTuple):
    """A tenant who is on a plan; without `starts_at`, because it is on no other."""

    tenant_id: int
    tenant_name: str
    starts_at: datetime | None
    trial_ends_at: datetime | None
    ends_at: datetime | None


def plans_in_use() -> list[PlanCount]:
    """Lowest level first; archived plans only while somebody is on them. One statement."""
    rows = _counting().rows(now=clock.now())
    staying = sum(row.lasting - row.over for row in rows)
    found = []
    for row in rows:
        tenants = row.lasting - row.over + (row.all_tenants - staying if row.is_fallback else 0)
        if tenants or not row.is_archived:
            found.append(PlanCount(row.name, row.label, tenants))
    return found


@cache
def _counting() -> Quick:
    """What lasts and what is over of it are two counts, each by an index alone."""
    now = sa.bindparam("now", type_=UTCDateTime())
    lasting = sa.select(sa.func.count()).where(_stay.plan_id == PlanTemplate.id, _lasts(now))
    # Not the bare column: SQLite would read the index of all stays in its order instead.
    plan_id = (_stay.plan_id + 0).label("plan_id")
    over = sa.select(plan_id, sa.func.count().label("tenants")).where(_is_trial_over(now))
    by_plan = over.group_by(plan_id).subquery()
    everybody = sa.select(sa.func.count()).select_from(Tenant)
    return Quick(
        sa.select(
            PlanTemplate.name.label("name"),
            PlanTemplate.display_name.label("label"),
            lasting.correlate(PlanTemplate).scalar_subquery().label("lasting"),
            sa.func.coalesce(by_plan.c.tenants, 0).label("over"),
            everybody.scalar_subquery().label("all_tenants"),
            _flag(PlanTemplate.is_fallback).label("is_fallback"),
            _flag(PlanTemplate.archived_at.is_not(None)).label("is_archived"),
        )
        .outerjoin_from(PlanTemplate, by_plan, by_plan.c.plan_id == PlanTemplate.id)
        .order_by(PlanTemplate.level, PlanTemplate.id)
    )


def _flag(condition: Any) -> sa.Case[int]:
    return sa.case((condition, 1), else_=0)


def _lasts(now: Any) -> sa.ColumnElement[bool]:
    return sa.or_(_stay.ends_at.is_(None), _stay.ends_at > now)


def _is_trial_over(now: Any) -> sa.ColumnElement[bool]:
    """Nobody decided on it."""
    return sa.and_(is_undecided(), _stay.trial_ends_at <= now)


def tenants_on_plan(plan: PlanTemplate, *, cursor: str | None = None) -> ListPage[OnPlan]:
    """Whoever came last stands first.

    Raises:
        BadCursor: not a place in this list.
    """
    now = clock.now()
    counts = sa.and_(_lasts(now), sa.not_(sa.func.coalesce(_is_trial_over(now), sa.false())))
    stays, tenants = Subscription.__table__, Tenant.__table__
    columns = (Tenant.id, Tenant.name, _stay.starts_at, _stay.trial_ends_at, _stay.ends_at)
    if plan.is_fallback:
        own = sa.and_(_stay.tenant_id == Tenant.id, counts)
        is_here = sa.or_(_stay.id.is_(None), _stay.plan_id == plan.id)
        query = sa.select(*columns).select_from(tenants.outerjoin(stays, own)).where(is_here)
        query = query.order_by(Tenant.id.desc())
    else:
        query = sa.select(*columns, _stay.id).select_from(stays.join(tenants))
        query = query.where(_stay.plan_id == plan.id, counts).order_by(_stay.id.desc())
    return page_of(query, lambda row: OnPlan(*row[:5]), cursor=cursor)
