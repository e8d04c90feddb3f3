"""Coupons and their uses, the newest first."""

from typing import Any

import sqlalchemy as sa

from portal.coupons.models import Coupon, CouponUsage
from portal.web.paging import ListPage, page_of


def coupons_page(*, status: str | None, cursor: str | None, limit: int) -> ListPage[Any]:
    """Raises BadCursor: the cursor is not of this list."""
    table = Coupon.__table__
    query = sa.select(*table.c).order_by(table.c.id.desc())
    if status is not None:
        query = query.where(table.c.status == status)
    return page_of(query, _as_it_is, cursor=cursor, limit=limit)


def usages_page(
    *,
    coupon_id: int | None,
    tenant_id: int | None,
    status: str | None,
    cursor: str | None,
    limit: int,
) -> ListPage[Any]:
    """Raises BadCursor: the cursor is not of this list."""
    table = CouponUsage.__table__
    query = sa.select(*table.c).order_by(table.c.id.desc())
    wanted = {"coupon_id": coupon_id, "tenant_id": tenant_id, "status": status}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(table.c[name] == value)
    return page_of(query, _as_it_is, cursor=cursor, limit=limit)


def _as_it_is(row: Any) -> Any:
    return row
