"""What begins and what ends by itself, of all customers: the nearest first."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import UTCDateTime
from portal.customers.models import Tenant, User
from portal.entitlements.holders import is_unended
from portal.entitlements.models import UNNOTED, TenantEntitlement, UserEntitlement
from portal.web.paging import PAGE_SIZE, ListPage, page_of

SOON = timedelta(days=14)
_tenant, _user = Tenant.__table__.c, User.__table__.c


@dataclass(frozen=True, slots=True)
class UpcomingGrant:
    """One line of the lists. `label` is the user's or tenant's name as it is now."""

    id: int
    scope: str
    holder_id: int
    label: str
    tenant_id: int
    tenant_name: str
    feature_name: str
    effect: str
    quota_limit: int | None
    is_unlimited: bool
    starts_at: datetime
    expires_at: datetime | None
    by: str
    reason: str | None


_NAMES = tuple(field.name for field in fields(UpcomingGrant) if field.name != "scope")


def scheduled_grants(
    *, scope: str, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[UpcomingGrant]:
    """Overrides of users or of tenants that have not begun."""
    table, now = _table(scope), clock.now()
    query = _lines(scope).where(table.c.starts_at > now, is_unended(table.c, now))
    return _page(query.order_by(table.c.starts_at, table.c.id), scope, cursor, limit)


def expiring_grants(
    *, scope: str, within: timedelta = SOON, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[UpcomingGrant]:
    """Overrides of users or of tenants that will run out so soon, if nobody does anything."""
    table, now = _table(scope), clock.now()
    # Never null in this list, which its pages rely on: the column alone does not say so.
    end: sa.ColumnClause[datetime] = sa.literal_column(f"{table.name}.expires_at", UTCDateTime())
    query = _lines(scope).where(UNNOTED, end > now, end <= now + within)
    return _page(query.add_columns(end).order_by(end, table.c.id), scope, cursor, limit)


def _table(scope: str) -> Any:
    return (UserEntitlement if scope == "user" else TenantEntitlement).__table__


def _lines(scope: str) -> sa.Select[*tuple[Any, ...]]:
    """Both joins are by primary key, for the lines of one page."""
    table = _table(scope)
    columns = (
        table.c.id,
        table.c.tenant_id,
        _tenant.name.label("tenant_name"),
        table.c.feature_name,
        table.c.effect,
        table.c.quota_limit,
        table.c.is_unlimited,
        table.c.starts_at,
        table.c.expires_at,
        table.c.created_by_label.label("by"),
        table.c.reason,
    )
    of_tenant = table.join(Tenant.__table__, _tenant.id == table.c.tenant_id)
    if scope != "user":
        whose = (_tenant.id.label("holder_id"), _tenant.name.label("label"))
        return sa.select(*columns, *whose).select_from(of_tenant)
    whose = (_user.id.label("holder_id"), _user.name.label("label"))
    of_user = of_tenant.join(User.__table__, _user.id == table.c.user_id)
    return sa.select(*columns, *whose).select_from(of_user)


def _page(
    query: sa.Select[*tuple[Any, ...]], scope: str, cursor: str | None, limit: int
) -> ListPage[UpcomingGrant]:
    def line(row: sa.Row[*tuple[Any, ...]]) -> UpcomingGrant:
        values = row._asdict()
        return UpcomingGrant(scope=scope, **{name: values[name] for name in _NAMES})

    return page_of(query, line, cursor=cursor, limit=limit)
