"""Batches and their codes as lists, and the codes as a table to hand out."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db, glancing
from portal.coupons.batches import target_of_batch
from portal.coupons.models import Coupon, CouponBatch
from portal.web.csv import csv_lines
from portal.web.paging import PAGE_SIZE, ListPage, page_of

AT_ONCE = 1_000
HEADS = ("code", "status", "times_redeemed", "max_redemptions", "redeem_by")
_coupon, _batch = Coupon.__table__.c, CouponBatch.__table__.c
COLUMNS = (
    _coupon.id,
    _coupon.code,
    _coupon.status,
    _coupon.times_redeemed,
    _coupon.max_redemptions,
    _coupon.starts_at,
    _coupon.redeem_by,
)


def batches_page(*, cursor: str | None, limit: int = PAGE_SIZE) -> ListPage[Any]:
    """The newest first. Raises BadCursor: the cursor is not of this list."""
    query = sa.select(*_batch).order_by(_batch.id.desc())
    return page_of(query, _as_it_is, cursor=cursor, limit=limit)


def codes_page(*, batch_id: int, cursor: str | None, limit: int = PAGE_SIZE) -> ListPage[Any]:
    """In the order in which they were made; raises as `batches_page`."""
    query = sa.select(*COLUMNS).where(_coupon.batch_id == batch_id).order_by(_coupon.id)
    return page_of(query, _as_it_is, cursor=cursor, limit=limit)


def uses_of(row: CouponBatch) -> int:
    """Of all its codes together."""
    total = sa.select(sa.func.sum(_coupon.times_redeemed)).where(_coupon.batch_id == row.id)
    return db.session.scalar(total) or 0


def note_codes_csv(*, by: Actor, row: CouponBatch) -> None:
    """Say who takes the codes away: whoever has one may use it."""
    record(Action.COUPON_CODES_EXPORTED, by=by, target=target_of_batch(row))


def codes_csv(*, batch_id: int) -> Iterator[str]:
    """A thousand at a time. Between two parts it holds nothing."""
    after = 0
    yield csv_lines([HEADS])
    while True:
        query = sa.select(*COLUMNS).where(_coupon.batch_id == batch_id, _coupon.id > after)
        with glancing():
            rows = db.session.execute(query.order_by(_coupon.id).limit(AT_ONCE)).all()
        if rows:
            yield csv_lines(map(_cells, rows))
            after = rows[-1].id
        if len(rows) < AT_ONCE:
            return


def _cells(row: Any) -> list[object]:
    until = timestamp(row.redeem_by) if row.redeem_by else None
    return [row.code, row.status, row.times_redeemed, row.max_redemptions, until]


def _as_it_is(row: Any) -> Any:
    return row
