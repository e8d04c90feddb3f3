"""Coupons at a glance: how many, which end soon, which are used most, which wait for a yes.

Codes that were made many at once are no coupons here, as in the list: their batch waits for a yes.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.counting import capped, in_words
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.coupons.models import Coupon, CouponBatch, CouponStatus
from portal.coupons.standing import Standing, stands
from portal.coupons.words import uses_text

SOON = timedelta(days=14)
_coupon, _batch = Coupon.__table__.c, CouponBatch.__table__.c
_ALONE = _coupon.batch_id.is_(None)


class CouponCounts(NamedTuple):
    """How many coupons can be used, and how many wait for approval: as their list has them."""

    active: str
    waiting: str


class Watched(NamedTuple):
    """A coupon in short. `redeem_by` is None for one without an end."""

    id: int
    code: str
    redeem_by: datetime | None
    uses: str


class AskedFor(NamedTuple):
    """A coupon, or codes made at once, that waits for approval. `size` is None for a coupon."""

    id: int
    code: str
    size: int | None
    requested_by: int | None
    by: str
    created_at: datetime


def coupon_counts() -> CouponCounts:
    """One statement."""
    return CouponCounts(*map(in_words, _counting().row(now=clock.now())))


@cache
def _counting() -> Quick:
    now: Any = sa.bindparam("now", type_=UTCDateTime())
    counts = (
        capped(sa.select(_coupon.id).where(_ALONE, stands(standing, now))).label(standing.value)
        for standing in (Standing.ACTIVE, Standing.AWAITING_APPROVAL)
    )
    return Quick(sa.select(*counts))


def coupons_to_watch(*, few: int) -> tuple[list[Watched], list[Watched]]:
    """Those that can be used not much longer, the next to end first; and the most used ones."""
    now = clock.now()
    found: dict[str, list[Watched]] = {"ending": [], "used": []}
    for kind, _, number, code, end, times, most in _watched().rows(
        now=now, soon=now + SOON, few=few
    ):
        found[kind].append(Watched(number, code, end, uses_text(times, most)))
    return found["ending"], found["used"]


@cache
def _watched() -> Quick:
    now: Any = sa.bindparam("now", type_=UTCDateTime())
    soon = sa.bindparam("soon", type_=UTCDateTime())
    end, times = _coupon.redeem_by, _coupon.times_redeemed
    active = stands(Standing.ACTIVE, now)
    both = sa.union_all(
        _first("ending", end, active, end <= soon),
        _first("used", times.desc(), active, times > 0),
    )
    return Quick(both.order_by("kind", "place"))


def _first(kind: str, order: Any, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    rows = sa.select(
        sa.literal_column(f"'{kind}'").label("kind"),
        sa.func.row_number().over(order_by=(order, _coupon.id)).label("place"),
        _coupon.id,
        _coupon.code,
        _coupon.redeem_by,
        _coupon.times_redeemed,
        _coupon.max_redemptions,
    ).where(_ALONE, *where)
    few = sa.bindparam("few", type_=sa.Integer)
    return rows.order_by(order, _coupon.id).limit(few).subquery().select()


def coupons_asked_for(*, few: int) -> list[AskedFor]:
    """Whatever waits for approval, the oldest first."""
    return [AskedFor(*row) for row in _asked().rows(few=few)]


@cache
def _asked() -> Quick:
    waiting = CouponStatus.AWAITING_APPROVAL
    coupons = sa.select(
        _coupon.id.label("id"),
        _coupon.code.label("code"),
        sa.null().label("size"),
        _coupon.requested_by.label("requested_by"),
        _coupon.created_by_label.label("by"),
        _coupon.created_at.label("created_at"),
    ).where(_ALONE, _coupon.status == waiting)
    batches = sa.select(
        _batch.id,
        _batch.prefix,
        _batch.size,
        _batch.requested_by,
        _batch.created_by_label,
        _batch.created_at,
    ).where(_batch.status == waiting)
    both = sa.union_all(coupons, batches).subquery()
    query = sa.select(both).order_by(both.c.created_at, both.c.id)
    return Quick(query.limit(sa.bindparam("few", type_=sa.Integer)))
