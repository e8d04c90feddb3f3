"""Who used which coupon, as people look at it: a list, and a table for a spreadsheet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.catalog.models import PlanTemplate
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.currencies import exponent_of, price_text
from portal.core.database import db, glancing
from portal.coupons.models import Coupon, CouponUsage, UsageStatus
from portal.coupons.tenant_names import tenants_named
from portal.coupons.validating import coupon_by_code
from portal.customers.models import Tenant, User
from portal.web.csv import csv_lines
from portal.web.paging import PAGE_SIZE, ListPage, page_of

LONGEST_SEARCH = 200
AT_ONCE = 1_000
REPORT = "coupon-uses"
COLOURS = {"reserved": "azure", "redeemed": "green", "released": "secondary"}
STATUSES = [(status.value, status.value.capitalize()) for status in UsageStatus]
HEADS = (
    "id",
    "coupon",
    "tenant",
    "tenant_external_id",
    "user_id",
    "status",
    "plan",
    "currency",
    "amount",
    "discount",
    "periods_used",
    "periods_total",
    "discounted_until",
    "reserved_at",
    "ended_at",
    "by",
)
_use = CouponUsage.__table__.c
COLUMNS = (
    _use.id,
    _use.coupon_id,
    Coupon.code,
    _use.tenant_id,
    Tenant.name.label("tenant_name"),
    Tenant.external_id,
    _use.user_id,
    User.name.label("user_name"),
    _use.status,
    _use.plan,
    sa.func.coalesce(sa.func.nullif(PlanTemplate.display_name, ""), _use.plan).label("plan_label"),
    _use.currency,
    _use.base_cents,
    _use.discount_cents,
    _use.periods_used,
    _use.periods_total,
    _use.discounted_until,
    _use.reserved_at,
    _use.expires_at,
    _use.ended_at,
    _use.by_label,
)


@dataclass(frozen=True, slots=True)
class UsesSearch:
    """What the uses are narrowed to. A coupon or tenant that does not exist fits no use."""

    coupon: str = ""
    tenant: str = ""
    status: str = ""
    coupon_id: int | None = None
    tenant_id: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "UsesSearch":
        """From a query string: a code, the external id or whole name of a tenant, a status."""
        coupon, tenant = (_clean(given.get(name, "")) for name in ("coupon", "tenant"))
        status = given.get("status", "")
        row = coupon_by_code(coupon) if coupon else None
        found = tenants_named([tenant]) if tenant else None
        return cls(
            coupon=coupon,
            tenant=tenant,
            status=status if status in set(UsageStatus) else "",
            coupon_id=row.id if row else None,
            tenant_id=found.ids[0] if found and found.ids else None,
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.coupon or self.tenant or self.status)

    @property
    def missing(self) -> str:
        """What was asked for and does not exist, in words."""
        if self.coupon and self.coupon_id is None:
            return f"There is no coupon {self.coupon}."
        if self.tenant and self.tenant_id is None:
            return f"There is no tenant {self.tenant}: write its external id or its whole name."
        return ""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        if self.missing:
            return [sa.false()]
        wanted = {"coupon_id": self.coupon_id, "tenant_id": self.tenant_id}
        found = [_use[name] == value for name, value in wanted.items() if value is not None]
        return [*found, _use.status == self.status] if self.status else found

    def asked(self) -> dict[str, str]:
        """As a query string keeps it."""
        said = {"coupon": self.coupon, "tenant": self.tenant, "status": self.status}
        return {name: value for name, value in said.items() if value}


class UseLine(NamedTuple):
    """One line of the list, ready to be drawn."""

    id: int
    coupon_id: int
    code: str
    tenant_id: int
    tenant_name: str
    user_id: int | None
    user_name: str | None
    status: str
    colour: str
    plan: str
    discount: str
    amount: str
    periods: str
    discounted_until: datetime | None
    reserved_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def uses_found(
    search: UsesSearch, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[UseLine]:
    """The newest first.

    Raises:
        BadCursor: the cursor is not of this list.
    """
    query = _joined().where(*search.conditions()).order_by(_use.id.desc())
    return page_of(query, _line, cursor=cursor, limit=limit)


def latest_uses(tenant_id: int, *, most: int) -> list[UseLine]:
    """What a tenant reserved or redeemed last."""
    query = (
        _joined()
        .where(_use.tenant_id == tenant_id, _use.status != UsageStatus.RELEASED)
        .order_by(_use.id.desc())
        .limit(most)
    )
    return [_line(row) for row in db.session.execute(query)]


def note_csv(*, by: Actor, search: UsesSearch) -> None:
    """Say who takes which uses away as a table."""
    record(Action.REPORT_EXPORTED, by=by, meta={"report": REPORT, **search.asked()})


def csv_of(search: UsesSearch) -> Iterator[str]:
    """The oldest first, a thousand at a time. Between two parts it holds nothing."""
    yield csv_lines([HEADS])
    last = 0
    while True:
        query = _joined().where(*search.conditions(), _use.id > last)
        with glancing():
            rows = db.session.execute(query.order_by(_use.id).limit(AT_ONCE)).all()
        yield csv_lines(_cells(row) for row in rows)
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].id


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_SEARCH]


def _joined() -> sa.Select[Any]:
    return (
        sa.select(*COLUMNS)
        .join_from(CouponUsage.__table__, Coupon, Coupon.id == _use.coupon_id)
        .join(Tenant, Tenant.id == _use.tenant_id)
        .outerjoin(User, User.id == _use.user_id)
        .outerjoin(PlanTemplate, PlanTemplate.name == _use.plan)
    )


def _line(row: Any) -> UseLine:
    return UseLine(
        id=row.id,
        coupon_id=row.coupon_id,
        code=row.code,
        tenant_id=row.tenant_id,
        tenant_name=row.tenant_name,
        user_id=row.user_id,
        user_name=row.user_name,
        status=row.status,
        colour=COLOURS[row.status],
        plan=row.plan_label,
        discount=price_text(row.discount_cents, row.currency),
        amount=price_text(row.base_cents, row.currency),
        periods=_periods(row),
        discounted_until=row.discounted_until,
        reserved_at=row.reserved_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )


def _periods(row: Any) -> str:
    """`1 of 3`, of a discount without an end `1`."""
    total = row.periods_total
    return f"{row.periods_used}" if total is None else f"{row.periods_used} of {total}"


def _cells(row: Any) -> list[object]:
    exponent = exponent_of(row.currency)
    return [
        row.id,
        row.code,
        row.tenant_name,
        row.external_id,
        row.user_id,
        row.status,
        row.plan,
        row.currency,
        Decimal(row.base_cents).scaleb(-exponent),
        Decimal(row.discount_cents).scaleb(-exponent),
        row.periods_used,
        row.periods_total,
        timestamp(row.discounted_until) if row.discounted_until else None,
        timestamp(row.reserved_at),
        timestamp(row.ended_at) if row.ended_at else None,
        row.by_label,
    ]
