"""Batches and their codes as lists, and the codes as a table to hand out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db, glancing
from portal.coupons.batches import name_of, target_of_batch, terms_of_batch
from portal.coupons.models import Coupon, CouponBatch
from portal.coupons.standing import Standing, standing_of
from portal.coupons.terms import Terms
from portal.coupons.words import duration_text, worth_text
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


class BatchLine(NamedTuple):
    """One line of the list, ready to be drawn."""

    id: int
    name: str
    description: str
    worth: str
    duration: str
    standing: Standing
    redeem_by: datetime | None
    created_at: datetime
    created_by_label: str


def batches_found(*, cursor: str | None) -> ListPage[BatchLine]:
    """As `batches_page`, for people."""
    now = clock.now()
    query = sa.select(*_batch).order_by(_batch.id.desc())
    return page_of(query, lambda row: _line(row, now), cursor=cursor)


def _line(row: Any, now: datetime) -> BatchLine:
    terms = terms_of_batch(row)
    return BatchLine(
        id=row.id,
        name=name_of(row),
        description=terms.description,
        worth=worth_text(terms.basis_points, terms.amounts),
        duration=duration_text(terms.duration, terms.periods, terms.months),
        standing=standing_of_batch(row, terms, now),
        redeem_by=terms.redeem_by,
        created_at=row.created_at,
        created_by_label=row.created_by_label,
    )


def standing_of_batch(row: Any, terms: Terms, now: datetime) -> Standing:
    """That of a code of it which nobody used."""
    return standing_of(Unused(row.status, terms.starts_at, terms.redeem_by), now)


class Unused(NamedTuple):
    """What a code says of when it can be used."""

    status: str
    starts_at: datetime | None
    redeem_by: datetime | None
    max_redemptions: int | None = None
    times_redeemed: int = 0


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
