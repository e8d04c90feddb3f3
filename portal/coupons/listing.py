"""Coupons, the newest first: for programs, and for people who search."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.text import nfc
from portal.coupons.models import Coupon, CouponBatchTenant, CouponTenant, CouponUsage
from portal.coupons.standing import Standing, standing_of, stands
from portal.coupons.words import duration_text, uses_text, worth_text
from portal.customers.models import Tenant
from portal.web.paging import PAGE_SIZE, ListPage, page_of

LONGEST_SEARCH = 200
_coupon = Coupon.__table__.c
COLUMNS = (
    _coupon.id,
    _coupon.code,
    _coupon.description,
    _coupon.basis_points,
    _coupon.amounts,
    _coupon.duration,
    _coupon.periods,
    _coupon.months,
    _coupon.starts_at,
    _coupon.redeem_by,
    _coupon.max_redemptions,
    _coupon.times_redeemed,
    _coupon.is_public,
    _coupon.status,
)


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is narrowed to. What cannot be read narrows nothing."""

    text: str = ""
    standing: Standing | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Search":
        """From a query string."""
        text, status = nfc(given.get("q", "")), given.get("status", "")
        return cls(
            text=text.replace("\x00", "").strip()[:LONGEST_SEARCH],
            standing=Standing(status) if status in set(Standing) else None,
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.standing)


class CouponLine(NamedTuple):
    """One line of the list, ready to be drawn."""

    id: int
    code: str
    description: str
    worth: str
    duration: str
    uses: str
    starts_at: datetime | None
    redeem_by: datetime | None
    is_public: bool
    standing: Standing


def coupons_found(
    search: Search, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[CouponLine]:
    """Those whose code or description holds the text; without one, none of those made by the batch.

    Raises:
        BadCursor: the cursor is not of this list.
    """
    now = clock.now()
    query = sa.select(*COLUMNS).where(*_conditions(search, now)).order_by(_coupon.id.desc())
    return page_of(query, lambda row: _line(row, now), cursor=cursor, limit=limit)


def coupons_for(tenant_id: int, *, most: int) -> list[CouponLine]:
    """Those that are for this tenant by name and can be used or will be, the newest first."""
    now = clock.now()
    is_open = sa.or_(*(stands(each, now) for each in (Standing.ACTIVE, Standing.SCHEDULED)))
    query = (
        sa.select(*COLUMNS)
        .join(CouponTenant, CouponTenant.coupon_id == _coupon.id)
        .where(CouponTenant.tenant_id == tenant_id, is_open)
        .order_by(_coupon.id.desc())
        .limit(most)
    )
    return [_line(row, now) for row in db.session.execute(query)]


def tenants_of(row: Coupon, *, most: int) -> list[tuple[int, str]]:
    """Numbers and names of whom it is for, by name."""
    if row.batch_id is not None:
        return tenants_of_batch(row.batch_id, most=most)
    return _named(CouponTenant.tenant_id, CouponTenant.coupon_id == row.id, most)


def tenants_of_batch(batch_id: int, *, most: int) -> list[tuple[int, str]]:
    """The same of every code of a batch."""
    return _named(CouponBatchTenant.tenant_id, CouponBatchTenant.batch_id == batch_id, most)


def _named(tenant_id: Any, which: sa.ColumnElement[bool], most: int) -> list[tuple[int, str]]:
    query = (
        sa.select(Tenant.id, Tenant.name)
        .where(Tenant.id.in_(sa.select(tenant_id).where(which)))
        .order_by(Tenant.name_key, Tenant.id)
        .limit(most)
    )
    return [(row.id, row.name) for row in db.session.execute(query)]


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


def _conditions(search: Search, now: datetime) -> list[sa.ColumnElement[bool]]:
    found = [stands(search.standing, now)] if search.standing else []
    if not search.text:
        found.append(_coupon.batch_id.is_(None))
    else:
        found.append(
            sa.or_(
                _coupon.code_key.contains(search.text.lower(), autoescape=True),
                _coupon.description.icontains(search.text, autoescape=True),
            )
        )
    return found


def _line(row: Any, now: datetime) -> CouponLine:
    return CouponLine(
        id=row.id,
        code=row.code,
        description=row.description,
        worth=worth_text(row.basis_points, row.amounts),
        duration=duration_text(row.duration, row.periods, row.months),
        uses=uses_text(row.times_redeemed, row.max_redemptions),
        starts_at=row.starts_at,
        redeem_by=row.redeem_by,
        is_public=row.is_public,
        standing=standing_of(row, now),
    )
