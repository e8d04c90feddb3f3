"""Trials that end soon, and those that ended without a decision."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.counting import capped, in_words
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.customers.models import Tenant, TenantStatus
from portal.subscriptions.in_force import is_undecided
from portal.subscriptions.models import Subscription
from portal.web.paging import PAGE_SIZE, ListPage, page_of

SOON = timedelta(days=14)
"""A trial that ends within so long wants somebody to talk to its tenant."""
# Never null where a trial runs, which the pages of a list rely on: the column does not say so.
_END: sa.ColumnClause[datetime] = sa.literal_column("subscriptions.trial_ends_at", UTCDateTime())


@dataclass(frozen=True, slots=True)
class Trial:
    tenant_id: int
    tenant_name: str
    plan_label: str
    began_at: datetime
    ends_at: datetime


def trials_page(
    *,
    is_over: bool,
    within: timedelta | None = None,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> ListPage[Trial]:
    """Running ones, the next to end first, or those over, the latest first.

    `within` leaves out running ones that end later.

    Raises:
        BadCursor: not a place in this list.
    """
    now = clock.now()
    query = (
        sa.select(
            Subscription.tenant_id,
            Tenant.name,
            PlanTemplate.display_name,
            Subscription.starts_at,
            _END,
            Subscription.id,
        )
        .join(Tenant, Tenant.id == Subscription.tenant_id)
        .join(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .where(*_undecided(), now >= _END if is_over else now < _END)
    )
    if is_over:
        query = query.order_by(_END.desc(), Subscription.id.desc())
    else:
        query = query.order_by(_END, Subscription.id)
    if within is not None and not is_over:
        query = query.where(now + within >= _END)
    return page_of(query, _trial, cursor=cursor, limit=limit)


def _trial(row: sa.Row[*tuple[Any, ...]]) -> Trial:
    return Trial(*row[:5])


def _undecided() -> list[sa.ColumnElement[bool]]:
    """On a closed tenant's trial nobody can decide."""
    return [is_undecided(), Tenant.status != TenantStatus.CLOSED.value]


class Trials(NamedTuple):
    """How many trials end within `SOON`, and how many are over without a decision."""

    ending: str
    over: str


def trials_now() -> Trials:
    """One statement."""
    now = clock.now()
    return Trials(*map(in_words, _counting().row(now=now, soon=now + SOON)))


@cache
def _counting() -> Quick:
    now, soon = (sa.bindparam(name, type_=UTCDateTime()) for name in ("now", "soon"))
    trials = (
        sa.select(Subscription.id)
        .join(Tenant, Tenant.id == Subscription.tenant_id)
        .where(*_undecided())
    )
    return Quick(
        sa.select(
            capped(trials.where(now < _END, soon >= _END)).label("ending"),
            capped(trials.where(now >= _END)).label("over"),
        )
    )
