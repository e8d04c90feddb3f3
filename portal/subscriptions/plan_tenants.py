"""Which plan how many tenants are on, and who they are.

Stays whose trial or grace is over count too, as for the catalogue (`plan_use`): somebody has
to decide on them.
"""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.database import UTCDateTime, db
from portal.core.errors import NotFound
from portal.core.quick import Quick
from portal.customers.models import Tenant
from portal.subscriptions.models import Subscription
from portal.web.paging import ListPage, page_of

_stay = Subscription.__table__.c


class PlanCount(NamedTuple):
    """A plan and how many tenants are on it."""

    name: str
    label: str
    tenants: int


class Stay(NamedTuple):
    """A tenant who is on a plan."""

    tenant_id: int
    tenant_name: str
    starts_at: datetime
    trial_ends_at: datetime | None
    ends_at: datetime | None


def plans_in_use() -> list[PlanCount]:
    """Lowest level first; archived plans only while somebody is on them. One statement."""
    rows = _counting().rows(now=clock.now())
    return [PlanCount(*row[:3]) for row in rows if row.tenants or not row.is_archived]


@cache
def _counting() -> Quick:
    now = sa.bindparam("now", type_=UTCDateTime())
    on_it = sa.select(sa.func.count()).where(_stay.plan_id == PlanTemplate.id, _lasts(now))
    return Quick(
        sa.select(
            PlanTemplate.name.label("name"),
            PlanTemplate.display_name.label("label"),
            on_it.correlate(PlanTemplate).scalar_subquery().label("tenants"),
            sa.case((PlanTemplate.archived_at.is_(None), 0), else_=1).label("is_archived"),
        ).order_by(PlanTemplate.level, PlanTemplate.id)
    )


def _lasts(now: Any) -> sa.ColumnElement[bool]:
    return sa.or_(_stay.ends_at.is_(None), _stay.ends_at > now)


def plan_label(name: str) -> str:
    """What people call the plan, archived or not.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(PlanTemplate.display_name).where(PlanTemplate.name == name[:65])
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("There is no such plan.")
    return found


def tenants_on_plan(name: str, *, cursor: str | None = None) -> ListPage[Stay]:
    """Whoever came last stands first.

    Raises:
        BadCursor: not a place in this list.
    """
    query = (
        sa.select(
            _stay.tenant_id,
            Tenant.name,
            _stay.starts_at,
            _stay.trial_ends_at,
            _stay.ends_at,
            _stay.id,
        )
        .join_from(Subscription.__table__, Tenant.__table__)
        .join(PlanTemplate, PlanTemplate.id == _stay.plan_id)
        .where(PlanTemplate.name == name, _lasts(clock.now()))
        .order_by(_stay.id.desc())
    )
    return page_of(query, lambda row: Stay(*row[:5]), cursor=cursor)
