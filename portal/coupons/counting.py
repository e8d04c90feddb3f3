"""Coupons at a glance: how many, which end soon, which are used most, which wait for a yes."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.counting import capped, in_words
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.coupons.models import Coupon, CouponStatus

SOON = timedelta(days=14)
_coupon = Coupon.__table__.c


class Glance(NamedTuple):
    """One coupon in short. `redeem_by` is None for one without an end."""

    id: int
    code: str
    description: str
    times_redeemed: int
    max_redemptions: int | None
    redeem_by: datetime | None
    requested_by: int | None
    by: str
    created_at: datetime


class CouponCounts(NamedTuple):
    """How many coupons can be used, and how many wait for approval."""

    active: str
    waiting: str


def coupon_counts() -> CouponCounts:
    """One statement."""
    return CouponCounts(*map(in_words, _counting().row()))


@cache
def _counting() -> Quick:
    return Quick(
        sa.select(
            *(
                capped(sa.select(_coupon.id).where(_coupon.status == status)).label(status.value)
                for status in (CouponStatus.ACTIVE, CouponStatus.AWAITING_APPROVAL)
            )
        )
    )


def coupons_to_watch(*, few: int) -> tuple[list[Glance], list[Glance]]:
    """Those that can be used not much longer, the next to end first; and the most used ones."""
    now = clock.now()
    found: dict[str, list[Glance]] = {"ending": [], "used": []}
    for kind, _, *row in _watched().rows(now=now, soon=now + SOON, few=few):
        found[kind].append(Glance(*row))
    return found["ending"], found["used"]


@cache
def _watched() -> Quick:
    now, soon = (sa.bindparam(name, type_=UTCDateTime()) for name in ("now", "soon"))
    active = _coupon.status == CouponStatus.ACTIVE
    end, times = _coupon.redeem_by, _coupon.times_redeemed
    return Quick(
        sa.union_all(
            _first("ending", [active, end > now, end <= soon], end),
            _first("used", [active, times > 0], times.desc()),
        ).order_by("kind", "place")
    )


def _first(kind: str, where: list[sa.ColumnElement[bool]], order: Any) -> sa.Select[Any]:
    place = sa.func.row_number().over(order_by=(order, _coupon.id)).label("place")
    rows = sa.select(sa.literal_column(f"'{kind}'").label("kind"), place, *_columns())
    few = rows.where(*where).order_by(order, _coupon.id)
    return few.limit(sa.bindparam("few", type_=sa.Integer)).subquery().select()


def _columns() -> list[sa.ColumnElement[Any]]:
    named = {name: _coupon[name] for name in Glance._fields if name != "by"}
    return [_coupon.created_by_label if n == "by" else named[n] for n in Glance._fields]


def coupons_asked_for(*, few: int) -> list[Glance]:
    """Those that wait for approval, the oldest first."""
    return [Glance(*row) for row in _asked().rows(few=few)]


@cache
def _asked() -> Quick:
    waiting = _coupon.status == CouponStatus.AWAITING_APPROVAL
    query = sa.select(*_columns()).where(waiting).order_by(_coupon.id)
    return Quick(query.limit(sa.bindparam("few", type_=sa.Integer)))
